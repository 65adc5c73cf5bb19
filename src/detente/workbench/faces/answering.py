"""The face of what follows the breaches of a plan."""

from __future__ import annotations

import datetime
from typing import Annotated, Any

from detente.workbench.faces.face import Finite, Json, JsonFace, PartyValues, PlanJson, at, made
from detente.workbench.faces.source import ProvenanceFace


def _forward(step: tuple[str, datetime.date, datetime.date] | None) -> Json | None:
    return None if step is None else {"measure": step[0], "from": step[1].isoformat(), "to": step[2].isoformat()}


class BreachFace(JsonFace):
    """A measure that its performer might drop or fake. Points at the date; lengths in years.

    `shortest`: null where no suspension deters it; `longest`: null where none would be carried out, or, if `credible`,
    where any would. Where the dossier has no `answer`, `loses` is what the end of the deal takes from the breacher, and
    the rest is of a suspension of all that it would miss.
    """

    measure: str
    party: str
    open: bool
    answer: str | None
    stops: list[str]
    answerers: list[str]
    date: Annotated[datetime.date | None, at("at.date")]
    gain: Finite
    loses: Finite
    shortest: Finite
    longest: Finite
    needed_flow: Finite
    available_flow: Finite
    bring_forward: Annotated[Json | None, made(_forward)]
    credible: bool
    margin: Finite


class JointFace(JsonFace):
    """The lapse under a set of answers that comes nearest to paying, with its slack in points."""

    party: str | None
    answers: Annotated[list[str], at("answer"), made(lambda ids: (ids or "").split("+"))]
    measures: list[str] | None
    date: datetime.date | None
    slack: Finite


def _triggers(best: Any) -> dict[str, Json | None]:
    return {name: None if one is None else {"for_years": one.years, "regime": one.regime} for name, one in best.items()}


class AlarmsFace(JsonFace):
    """False alarms a year, years to the first, the shortest lengths that deter, what they cost each party in points."""

    per_year: Finite
    expected_years_to_first: Annotated[Finite, at("first")]
    best: Annotated[dict[str, Json | None], made(_triggers)]
    cost: PartyValues


class AnswersFace(JsonFace):
    """What follows each breach of a plan, and which answers would do."""

    status: Annotated[str, at("found.status")]
    plan: Annotated[PlanJson, at("found.plan")]
    breaches: Annotated[list[BreachFace], at("found.breaches")]
    joint: Annotated[list[JointFace], at("found.joint")]
    alarms: Annotated[AlarmsFace, at("found.alarms")]
    clauses: dict[str, str]
    finished: bool
    provenance: ProvenanceFace
