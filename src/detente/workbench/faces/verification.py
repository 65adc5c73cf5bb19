"""Faces of what is verified: declarations, balances, samples, inspections, and how much of it a deal needs."""

from __future__ import annotations

import datetime
from typing import Annotated, Any

from detente.workbench.faces.face import Finite, Json, JsonFace, JsonRows, PartyValues, PlanJson, Real, Said, at, made
from detente.workbench.faces.source import FindingFace, ProvenanceFace


class LeastEffortFace(JsonFace):
    """The least effort for an aim, with the regimes and a plan that prove it is enough."""

    kind: Annotated[str, at("aim.kind")]
    name: Annotated[str, at("aim.name")]
    share: Annotated[Real | None, at("aim"), made(lambda aim: aim.share if aim.kind == "progress" else None)]
    status: str
    effort: Finite
    bound: Finite
    false_alarms_per_year: Annotated[Finite, at("false_alarms")]
    regimes: dict[str, str | None]
    overlay: Json
    plan: PlanJson


class RaiseFace(JsonFace):
    """What one more step of effort on one measure does."""

    measure: str
    before: Annotated[str | None, at("before", "from")]
    after: Annotated[str, at("after", "to")]
    effort: Real
    growth_of_gains: Annotated[Finite, at("more")]
    growth_of_gains_at_most: Annotated[Finite, at("most")]
    sure: bool
    more_false_alarms_per_year: Annotated[Real | None, at("false_alarms")]


class LeastDetectionFace(JsonFace):
    """The least detection of one measure with which a deal exists."""

    measure: str
    status: str
    rate: Finite
    chance_per_year: Annotated[Finite, at("chance")]


class NeedsFace(JsonFace):
    """The least inspection effort for a deal, and what more of it buys."""

    status: str
    success: Annotated[str, at("question.success")]
    openings: Annotated[list[str], at("question.openings")]
    unit: str
    stated_effort: Real
    most_effort: Annotated[Real, at("most")]
    least: LeastEffortFace
    steps: list[LeastEffortFace]
    opens_next: Annotated[LeastEffortFace | None, at("next_step")]
    raises: list[RaiseFace]
    detection: Annotated[list[LeastDetectionFace], at("rates")]
    notes: list[str]
    sentences: Said
    findings: list[FindingFace]
    finished: bool
    provenance: ProvenanceFace


class AmountFace(JsonFace):
    """An amount and its standard uncertainty."""

    mean: Finite
    u: Finite


Pairs = list[tuple[str, Any]]


class RuleFace(JsonFace):
    """One rule applied to one part of a declaration, with its place in the file."""

    rule: str
    path: str
    verdict: str
    message: str
    difference: AmountFace | None
    z: Finite
    unit: str
    file: str | None
    line: int | None
    column: int | None


class PooledFace(JsonFace):
    """Several estimates as one, and how well they agree."""

    amount: AmountFace
    chi2: Finite
    degrees: int
    birge: Finite
    p: Finite
    weights: Pairs


class ClaimFace(JsonFace):
    """One claim beside all outside estimates of the same thing at about the same time."""

    claim: str
    agrees: str
    why: str
    declared: AmountFace | None
    estimate: AmountFace | None
    z: Finite
    undeclared_mean: Finite
    undeclared_p95: Finite
    chance_over_one_sq: Finite
    kg_per_sq: Finite
    bayes_factor: Finite
    chance_complete: Finite
    pooled: PooledFace | None
    used: list[str]
    days_apart: Pairs
    left_out: Pairs
    shares: Pairs
    flips: Pairs
    if_counted_otherwise: str | None
    verifiers: list[str]
    arbiter: str | None


class RevisionFace(JsonFace):
    """Two of the declaring party's own figures for the same thing, one after the other."""

    earlier: str
    later: str
    change: AmountFace
    z: Finite
    message: str


class RecaptureFace(JsonFace):
    """How many sites there are, from two lists made independently of each other."""

    first: int
    second: int
    both: int
    total: Finite
    sd: Finite
    low: Finite
    high: Finite


class SitesFace(JsonFace):
    """How complete the declared list of sites is."""

    declared: list[str]
    undeclared_by_list: list[tuple[str, list[str]]]
    only_later: list[str]
    still_hidden: Pairs
    unseen_mean: Finite
    chance_none_unseen: Finite
    recapture: RecaptureFace | None
    sentences: list[str]


class DeclarationFace(JsonFace):
    """Whether a declaration closes by itself, and agrees with what others know."""

    title: Annotated[str, at("found.title")]
    rules: Annotated[list[RuleFace], at("found.rules")]
    comparisons: Annotated[list[ClaimFace], at("found.comparisons")]
    revisions: Annotated[list[RevisionFace], at("found.revisions")]
    sites: Annotated[SitesFace, at("found.sites")]
    closes: Annotated[str, at("found.closes")]
    agrees: Annotated[str, at("found.agrees")]
    sentences: Annotated[Said, at("found.sentences")]
    findings: list[FindingFace]
    provenance: ProvenanceFace


class BalanceTestFace(JsonFace):
    """What one test says of a balance area."""

    title: str
    statistic: list[Real]
    threshold: Real
    alarms: list[str]
    false_alarm_rate: Real
    scope: str
    detects: dict[str, Real]
    alarm_by_period: dict[str, list[Real]]


class BalanceFace(JsonFace):
    """What is missing from a balance area, and whether that is more than error."""

    title: Annotated[str, at("found.area.title")]
    loss_kg: Annotated[Real, at("found.loss_kg")]
    false_alarm_rate: Annotated[Real, at("found.false_alarm_rate")]
    alarmed: Annotated[list[str], at("found.alarmed"), made(lambda tests: [t.test for t in tests])]
    sentences: Annotated[list[str], at("found.summary")]
    periods: Annotated[JsonRows, at("found.periods")]
    tests: dict[str, BalanceTestFace]
    best_possible: Annotated[Json, at("found.bounds")]
    seen_for_sure_kg: Annotated[Finite, at("found.seen_for_sure_kg")]
    drivers: Annotated[JsonRows, at("found.drivers")]
    compared: list[Json]
    rehearsed: Annotated[JsonRows, at("found.rehearsed")]
    covariance_kg2: Annotated[list[list[Real]], at("found.covariance"), made(lambda c: c.tolist())]
    findings: list[FindingFace]
    provenance: ProvenanceFace


class SizeFace(JsonFace):
    """How many items one rule draws, and what that sees."""

    drawn: int | None
    detection: Real | None


class ItemsFace(JsonFace):
    """How many items of one kind to draw, and what a sample sees."""

    items: Annotated[int, at("found.items")]
    mean_kg: Annotated[Real, at("found.mean_kg")]
    goal_kg: Annotated[Real, at("found.goal_kg")]
    share: Annotated[Real, at("found.share")]
    sees: Annotated[Real, at("found.sees")]
    defects: Annotated[int, at("found.defects")]
    wanted: Annotated[Real, at("found.wanted")]
    sizes: Annotated[dict[str, SizeFace], at("found.sizes"), made(lambda sizes: {s.rule: s for s in sizes})]
    worst: Annotated[Json | None, at("found.worst"), made(lambda worst: worst and worst._asdict())]
    false_alarm: Annotated[Real | None, at("found.sample.false_alarm")] = None
    deters: Annotated[PartyValues | None, at("found.deters"), made(lambda game: game and game._asdict())]
    sentences: Said
    findings: list[FindingFace]
    provenance: ProvenanceFace


class StrataFace(JsonFace):
    """What to draw from each of several strata that share a budget, and what that sees."""

    title: Annotated[str, at("found.title")]
    goal_kg: Annotated[Real, at("found.goal_kg")]
    budget: Annotated[Real, at("found.budget")]
    draws: Annotated[dict[str, Real], at("found.drawn")]
    detection: Annotated[Finite, at("found.detection")]
    whole_items: Annotated[dict[str, Real], at("found.whole")]
    whole_items_detection: Annotated[Real, at("found.whole_detection")]
    lottery: list[Json] | None
    lottery_detection: Annotated[Real | None, at("found.game.mixed_detection")] = None
    sentences: Said
    findings: list[FindingFace]
    provenance: ProvenanceFace


class WorstSiteFace(JsonFace):
    """The worst violation under a plan of inspections."""

    site: Annotated[str, at("site.name")]
    value: Real


class CalendarDayFace(JsonFace):
    """A visit."""

    date: Annotated[datetime.date, at("day")]
    site: str
    inspector_days: Annotated[Real, at("days")]


class InspectFace(JsonFace):
    """A plan of inspections, the worst violation under it, and how soon that is seen."""

    title: Annotated[str, at("found.assignment.title")]
    plan_id: Annotated[str, at("found.plan.plan_id")]
    complies: bool
    days: Annotated[Real, at("found.plan.days")]
    budget: Annotated[Real, at("found.plan.task.days")]
    schedule: Annotated[str, at("found.plan.task.schedule")]
    visits: Annotated[dict[str, Real], at("found.plan.visits")]
    worst: Annotated[WorstSiteFace | None, at("found.plan.adversary")]
    detection_in_half_a_year: Annotated[Any, at("found.plan.detection"), made(lambda seen: seen(0.5))]
    false_alarm_a_year: Annotated[Any, at("found.plan.false_alarm")]
    deters_at: Annotated[Any, at("found.deters")]
    deters_in_time_at: Annotated[Any, at("found.needs")]
    start: Annotated[datetime.date, at("found.start")]
    effort: Annotated[JsonRows, at("found.efforts")]
    records: Annotated[Json, made(lambda records: records())]
    calendar: Annotated[list[CalendarDayFace], at("found.visits")]
    overlay: Json | None
    changes: JsonRows
    sentences: Said
    findings: list[FindingFace]
    provenance: ProvenanceFace
