"""Faces of plans: their conditions, values and footing; what is found, judged and compared."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from typing import Annotated, Any, ClassVar

from detente.workbench.faces.face import Finite, Json, JsonFace, PlanJson, Real, at, made
from detente.workbench.faces.questions import CriticalTable, GapTable
from detente.workbench.faces.source import ProvenanceFace

ShareDays = dict[str, list[tuple[str, Real]]]
"""Days at which the shares of measures rise, and to what."""


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
    then: Annotated[Json | None, made(_first_to_fail)]


class FootingFace(JsonFace):
    """What a plan rests on: shares and chances as parts of 1, margins in the answerer's points at their date."""

    first_false_alarm_years: Annotated[Finite, at("first_false_alarm")]
    least: ThinnestFace | None
    forgive: list[ForgiveFace]
    empty: list[str]
    exits: Annotated[list[ExitFace], at("walkouts")]
    left_out: list[str]


class DesignFace(JsonFace):
    """The best plan for a rule."""

    spare: ClassVar[tuple[str, ...]] = ("share", "inspections")
    status: str
    rule: Annotated[str, at("found.rule")]
    rule_used: Annotated[str, at("found.rule_used")]
    entry: Annotated[dict[str, str | None] | None, at("plan"), made(lambda plan: plan and plan.to_dict()["entry"])]
    share: Annotated[ShareDays | None, at("plan"), made(lambda plan: plan and plan.to_dict().get("share"))]
    values: Annotated[dict[str, WorthFace] | None, made(lambda worths: worths or None)]
    objective: Annotated[Finite, at("found.objective")]
    bound: Annotated[Finite, at("found.bound")]
    gap: Annotated[Finite, at("found.gap")]
    least_slack: SlackFace | None
    notes: Annotated[list[str], at("found.notes")]
    inspections: Json | None
    answers: Json | None
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
    values: Annotated[dict[str, WorthFace] | None, made(lambda worths: worths or None)]
    assumptions: Annotated[list[str], at("assessment.assumptions")]
    footing: Annotated[FootingFace | None, at("assessment.footing")]
    gap: Annotated[GapTable | None, at("expectations")]
    critical: CriticalTable | None
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
    share: ShareDays | None


class CompareFace(JsonFace):
    """Plans for one dossier side by side."""

    plans: Annotated[dict[str, ComparedFace], at("plans_told")]
    provenance: ProvenanceFace
