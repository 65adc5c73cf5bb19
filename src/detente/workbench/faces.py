"""The JSON of results, declared once: which keys there are, of which type, and where each is read from.

A face is filled from the attributes of a result (`at`: from elsewhere than the attribute of its own name) and written
in the order of its fields. Its JSON Schema is what `detente schema verbs` says of the result. FACES §0.
"""

from __future__ import annotations

import datetime
import math
from collections.abc import Sequence
from dataclasses import asdict
from typing import Annotated, Any, ClassVar

from pydantic import AliasPath, BaseModel, BeforeValidator, ConfigDict, Field

Json = dict[str, Any]


class JsonFace(BaseModel):
    """What is told of a thing as JSON."""

    model_config = ConfigDict(from_attributes=True, frozen=True)
    spare: ClassVar[tuple[str, ...]] = ()
    """Keys that are left out where there is nothing."""

    @classmethod
    def told(cls, thing: Any) -> Json:
        """A thing as JSON data."""
        data = cls.model_validate(thing).model_dump(mode="json", by_alias=True)
        return {k: v for k, v in data.items() if v is not None or k not in cls.spare}

    @classmethod
    def schema_of_it(cls) -> Json:
        """Its JSON Schema; what may be left out is not required."""
        schema = cls.model_json_schema(mode="serialization")
        return {**schema, "required": [key for key in schema.get("required", ()) if key not in cls.spare]}


def at(path: str, name: str | None = None) -> Any:
    """Where a field is read from: a dotted path of attributes; `name`: its key, where Python cannot say it."""
    return Field(validation_alias=AliasPath(*path.split(".")), serialization_alias=name)


def finite(value: float | None) -> float | None:
    """A number as JSON can hold it; None for one that is not finite."""
    return None if value is None or not math.isfinite(value) else float(value)


def _as_json(rows: Sequence[Any]) -> list[Json]:
    """Data classes or named tuples as JSON objects."""
    return [row._asdict() if hasattr(row, "_asdict") else asdict(row) for row in rows]


Real = int | float
Finite = Annotated[float | None, BeforeValidator(finite)]
PartyValues = dict[str, Finite]
JsonRows = Annotated[list[Json], BeforeValidator(_as_json)]
Said = Annotated[list[str], BeforeValidator(lambda said: list(said()))]
PlanJson = Annotated[Json | None, BeforeValidator(lambda plan: None if plan is None else plan.to_dict())]
"""{"entry": ...} and, with divisible measures in the plan, {"share": ...}."""


class ProvenanceFace(JsonFace):
    """Where an answer comes from, and what it cost."""

    run: str
    verb: str
    case: str
    dossier: str
    overlays: list[Json]
    options: Json
    plans: list[str]
    seed: int | None
    versions: dict[str, str]
    solver: Json
    wall_seconds: float | None
    cached: bool


class FindingFace(JsonFace):
    """A problem in what somebody wrote."""

    code: str
    severity: str
    message: str
    file: str | None
    line: int | None
    column: int | None
    path: str
    remedy: str


class SlackFace(JsonFace):
    """A slack row: present values at its moment in the party's points (exposures: at signature).

    `years` is the moment, exact; `date` the day that holds it. `leaves`: when a cheat breaks openly, if not found out.
    """

    kind: str
    party: str | None
    other: str | None
    measure: str | None
    moment: str | None
    date: datetime.date | None
    keep: Finite
    deviate: Finite
    slack: Finite
    name: str | None
    note: str
    years: Finite
    leaves: datetime.date | None
    answer: str | None
    measures: list[str] | None


class WorthFace(JsonFace):
    """What a plan is worth to a party: present value and its annual equivalent, in points."""

    present: Finite
    annual: Finite


class ForgiveFace(JsonFace):
    """How much rather an answerer would forgive a breach for ever than answer it, in points at the date."""

    party: Annotated[str | None, at("other")]
    measure: str | None
    answerer: Annotated[str | None, at("party")]
    date: datetime.date | None
    margin: Annotated[Finite, at("slack")]


class ThinnestFace(JsonFace):
    """The thinnest margin against a temptation, and what shares of it are fear of the end."""

    kind: Annotated[str, at("row.kind")]
    party: Annotated[str | None, at("row.party")]
    date: Annotated[datetime.date | None, at("row.date")]
    moment: Annotated[str | None, at("row.moment")]
    slack: Annotated[Finite, at("row.slack")]
    from_collapse_cost: Finite
    from_no_deal: Finite


def _first_to_fail(then: Sequence[Any] | None) -> Json | None:
    return None if then is None else dict(zip(("kind", "party", "date"), then, strict=True))


class ExitFace(JsonFace):
    """How likely a party walks out within a year, and from which chance on the plan is no longer kept."""

    party: str
    stated_a_year: Annotated[Finite, at("stated")]
    flips_a_year: Annotated[Finite, at("flips")]
    then: Annotated[Json | None, BeforeValidator(_first_to_fail)]


class FootingFace(JsonFace):
    """What a plan rests on: shares and chances as parts of 1, margins in the answerer's points at their date."""

    first_false_alarm_years: Annotated[Finite, at("first_false_alarm")]
    least: ThinnestFace | None
    forgive: list[ForgiveFace]
    empty: list[str]
    exits: Annotated[list[ExitFace], at("walkouts")]
    left_out: list[str]


# --- expectations and critical numbers -----------------------------------------------------------------------------


class HopeFace(JsonFace):
    """A party's best plan somewhere: its own value there, everyone's in truth, and what breaks there in truth."""

    value: Finite
    bound: Finite
    in_truth: Annotated[PartyValues, at("values")]
    breaks: list[str]
    proved: bool


class WithoutFace(JsonFace):
    """What a party gets without a deal, in points."""

    no_deal: Real
    no_deal_thinks: Real | None
    walk_away_thinks: Real | None
    claim: Real


class PartyGapFace(JsonFace):
    """One party's hopes and what comes of them, in its points."""

    consents: bool
    walk_away: Real
    asks: HopeFace | None
    thinks: HopeFace | None
    can: HopeFace
    gets: PartyValues
    belief_less_reality: Annotated[Finite, at("illusion")]
    hopeless: list[str]
    unsettled: list[str]
    without: WithoutFace | None


class BeliefFace(JsonFace):
    """A belief, and the value at which talks could succeed."""

    party: str
    path: str
    believed: Real
    true: Real | None
    unit: str
    succeeds_at: Real | None
    low: Annotated[Real, at("low", "from")]
    high: Annotated[Real, at("high", "to")]
    status: str


class ClaimsFace(JsonFace):
    """The claims of the consenting parties added up, and the greatest sum of values that there is."""

    together: Real
    there_is: Finite
    at_most: Annotated[Finite, at("most")]
    exceed: Finite
    proved: bool


class GapTable(JsonFace):
    """What each party asks, thinks that it can get, can get, and gets."""

    status: str
    success: Annotated[str, at("question.success")]
    parties: Annotated[dict[str, PartyGapFace], BeforeValidator(lambda rows: {row.party: row for row in rows})]
    rules: dict[str, str]
    hopes_together: Annotated[bool | None, at("together")]
    share_of_hopes: Annotated[Finite, at("share")]
    beliefs: list[BeliefFace]
    finished: bool
    claims: ClaimsFace | None


class GapFace(GapTable):
    """The gap table with where it comes from."""

    provenance: ProvenanceFace


class FlipFace(JsonFace):
    """Where the verdict flips as one number moves; `from` and `to` are the range searched, in the number's unit."""

    path: str
    stated: Real
    unit: str
    flips_at: Real | None
    low: Annotated[Real, at("low", "from")]
    high: Annotated[Real, at("high", "to")]
    status: str
    distance: Real | None
    source: str | None
    late: bool


class PairFlipFace(JsonFace):
    """Where the verdict flips as two numbers move together."""

    paths: list[str]
    flips_at: list[Real] | None
    share: Real | None
    status: str
    late: bool


class CriticalTable(JsonFace):
    """The numbers that a verdict hangs on, the nearest to a flip first."""

    verdict: str
    success: Annotated[str, at("question.success")]
    numbers: list[FlipFace]
    pairs: list[PairFlipFace]
    finished: bool


class CriticalFace(CriticalTable):
    """The critical numbers with where they come from."""

    provenance: ProvenanceFace


# --- deals ---------------------------------------------------------------------------------------------------------


class DesignFace(JsonFace):
    """The best plan for a rule."""

    spare: ClassVar[tuple[str, ...]] = ("share", "inspections")
    status: str
    rule: Annotated[str, at("found.rule")]
    rule_used: Annotated[str, at("found.rule_used")]
    entry: dict[str, str | None] | None
    share: dict[str, list[tuple[str, Real]]] | None
    values: Annotated[dict[str, WorthFace] | None, BeforeValidator(lambda worths: worths or None)]
    objective: Annotated[Finite, at("found.objective")]
    bound: Annotated[Finite, at("found.bound")]
    gap: Annotated[Finite, at("found.gap")]
    least_slack: SlackFace | None
    notes: Annotated[list[str], at("found.notes")]
    inspections: Json | None
    provenance: ProvenanceFace


class VerdictFace(JsonFace):
    """The answer to one question of an assessment."""

    status: str
    plan: PlanJson
    rule_used: str
    objective: Finite
    bound: Finite
    gap: Finite
    notes: list[str]


class AssessFace(JsonFace):
    """Which deals are possible, and what the best of them looks like."""

    verdicts: dict[str, VerdictFace]
    shown: Annotated[str | None, at("assessment.shown")]
    dangerous: SlackFace | None
    exposure: list[SlackFace]
    verification: Any
    values: Annotated[dict[str, WorthFace] | None, BeforeValidator(lambda worths: worths or None)]
    assumptions: Annotated[list[str], at("assessment.assumptions")]
    footing: Annotated[FootingFace | None, at("assessment.footing")]
    gap: Annotated[GapTable | None, at("expectations")]
    critical: CriticalTable | None
    provenance: ProvenanceFace


class ConflictFace(JsonFace):
    """Conditions of which no plan meets all."""

    members: list[str]
    proven_minimal: bool


class OpenedFace(JsonFace):
    """A deal that opens, its values in points, and the overlay that opens it."""

    overlay: Json
    status: Annotated[str, at("deal.status")]
    values: Annotated[PartyValues | None, at("deal.verdict.values")] = None
    plan: Annotated[PlanJson, at("deal.plan")]


class ConcessionFace(OpenedFace):
    """What would have to be given up, at what price, and the deal that it opens."""

    give_up: list[str]
    price: Real


class LesserFace(OpenedFace):
    """What would have to be left out of success, and the deal that is then possible."""

    without: list[str]


class ExplainFace(JsonFace):
    """Which conditions rule each other out, and the cheapest ways to a deal."""

    status: str
    success: Annotated[str, at("question.success")]
    openings: Annotated[list[str], at("question.openings")]
    conditions: dict[str, str]
    conflicts: list[ConflictFace]
    complete: bool
    concessions: list[ConcessionFace]
    all_concessions: Annotated[bool, at("ranked")]
    lesser_success: Annotated[list[LesserFace], at("lesser")]
    provenance: ProvenanceFace


class EvaluateFace(JsonFace):
    """A plan under a dossier: every condition with its slack, and what it is worth to each party."""

    satisfactory: bool
    values: Annotated[dict[str, WorthFace], at("worths")]
    slacks: Annotated[list[SlackFace], at("verdict.slacks")]
    footing: FootingFace | None
    provenance: ProvenanceFace


class ComparedFace(JsonFace):
    """One of several plans."""

    spare: ClassVar[tuple[str, ...]] = ("share",)
    satisfactory: bool
    values: dict[str, WorthFace]
    least_slack: SlackFace | None
    entry: dict[str, str | None]
    share: dict[str, list[tuple[str, Real]]] | None


class FrontierFace(JsonFace):
    """The Pareto frontier between the consenting parties, with the points that bargaining rules choose.

    A point has `values` in points; of choices `outcome` (titles) and `measures`, else `plan` and `gap`.
    """

    status: str
    parties: list[str]
    walk_away: dict[str, Real]
    points: Annotated[list[Json], at("points_told")]
    nash: Annotated[Json | None, at("marks_told.nash")]
    kalai_smorodinsky: Annotated[Json | None, at("marks_told.kalai_smorodinsky")]
    egalitarian: Annotated[Json | None, at("marks_told.egalitarian")]
    utilitarian: Annotated[Json | None, at("marks_told.utilitarian")]
    rules_used: Annotated[dict[str, str], at("rule_used")]
    complete: bool
    distinct: int
    how: str
    notes: list[str]
    provenance: ProvenanceFace


class CompareFace(JsonFace):
    """Plans for one dossier side by side."""

    plans: Annotated[dict[str, Json], at("plans_told")]
    provenance: ProvenanceFace


# --- verification --------------------------------------------------------------------------------------------------


class LeastEffortFace(JsonFace):
    """The least effort for an aim, with the regimes and a plan that prove it is enough."""

    kind: Annotated[str, at("aim.kind")]
    name: Annotated[str, at("aim.name")]
    share: Annotated[Real | None, at("aim"), BeforeValidator(lambda aim: aim.share if aim.kind == "progress" else None)]
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
    alarmed: Annotated[list[str], at("found.alarmed"), BeforeValidator(lambda tests: [t.test for t in tests])]
    sentences: Annotated[list[str], at("found.summary")]
    periods: Annotated[JsonRows, at("found.periods")]
    tests: dict[str, BalanceTestFace]
    best_possible: Annotated[Json, at("found.bounds")]
    seen_for_sure_kg: Annotated[Finite, at("found.seen_for_sure_kg")]
    drivers: Annotated[JsonRows, at("found.drivers")]
    compared: list[Json]
    rehearsed: Annotated[JsonRows, at("found.rehearsed")]
    covariance_kg2: Annotated[list[list[Real]], at("found.covariance"), BeforeValidator(lambda c: c.tolist())]
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
    sizes: Annotated[dict[str, SizeFace], at("found.sizes"), BeforeValidator(lambda sizes: {s.rule: s for s in sizes})]
    worst: Annotated[Json | None, at("found.worst"), BeforeValidator(lambda worst: worst and worst._asdict())]
    false_alarm: Annotated[Real | None, at("found.sample.false_alarm")] = None
    deters: Annotated[PartyValues | None, at("found.deters"), BeforeValidator(lambda game: game and game._asdict())]
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
    detection_in_half_a_year: Annotated[Any, at("found.plan.detection"), BeforeValidator(lambda seen: seen(0.5))]
    false_alarm_a_year: Annotated[Any, at("found.plan.false_alarm")]
    deters_at: Annotated[Any, at("found.deters")]
    deters_in_time_at: Annotated[Any, at("found.needs")]
    start: Annotated[datetime.date, at("found.start")]
    effort: Annotated[JsonRows, at("found.efforts")]
    records: Annotated[Json, BeforeValidator(lambda records: records())]
    calendar: Annotated[list[CalendarDayFace], at("found.visits")]
    overlay: Json | None
    changes: JsonRows
    sentences: Said
    findings: list[FindingFace]
    provenance: ProvenanceFace


# --- cases, runs and files -----------------------------------------------------------------------------------------

PathText = Annotated[str, BeforeValidator(str)]
PathOrNone = Annotated[str | None, BeforeValidator(lambda path: None if path is None else str(path))]


class CheckFace(JsonFace):
    """Everything that is wrong with a dossier, or with a plan for it."""

    findings: Annotated[list[FindingFace], at("all_findings")]
    ok: bool


class ChangeFace(JsonFace):
    """One field that is another now."""

    path: str
    kind: str
    before: Annotated[Any, at("before", "from")]
    after: Annotated[Any, at("after", "to")]


class DiffFace(JsonFace):
    """What the second dossier says differently."""

    changes: list[ChangeFace]
    same: bool
    findings: list[FindingFace]


class BundledFace(JsonFace):
    """One bundled case."""

    id: str
    title: str
    parties: list[str]
    measures: int


class CasesFace(JsonFace):
    """The bundled cases."""

    cases: list[BundledFace]


class NewFace(JsonFace):
    """A case to start from, and where it was written."""

    file: PathOrNone
    text: str


class StoredRunFace(JsonFace):
    """One line of the list of stored runs; `written` by the local clock."""

    run: str
    verb: str
    case: str
    rule: str
    success: str | None
    changes: list[str]
    written: Annotated[str, at("minute")]


class RunsFace(JsonFace):
    """The stored runs, the newest first."""

    runs: list[StoredRunFace]


class ForgetFace(JsonFace):
    """The runs that are stored no more."""

    forgotten: list[str]


class SheetsFace(JsonFace):
    """What was written, and where."""

    written: PathText
    title: Annotated[str, at("dossier.title")]


class ExportFace(JsonFace):
    """What was written, and where."""

    written: list[PathText]
    title: Annotated[str, at("dossier.title")]


class ImportFace(JsonFace):
    """A case made from foreign files; its text where it was not written."""

    title: Annotated[str, at("dossier.title")]
    parties: Annotated[list[str], at("dossier.parties"), BeforeValidator(list)]
    measures: Annotated[int, at("dossier.measures"), BeforeValidator(len)]
    file: PathOrNone
    text: Annotated[str | None, at("text_unless_written")]
    findings: list[FindingFace]
    ok: bool = True
