"""Faces of expectations, critical numbers, conflicts and the frontier."""

from __future__ import annotations

from typing import Annotated

from detente.workbench.faces.face import Finite, Json, JsonFace, PartyValues, PlanJson, Real, at, made
from detente.workbench.faces.source import ProvenanceFace


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
    parties: Annotated[dict[str, PartyGapFace], made(lambda rows: {row.party: row for row in rows})]
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
