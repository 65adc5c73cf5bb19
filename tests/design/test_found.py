"""Dossiers on which a designed plan once was not the best, or was denied; each a transcript of what must hold."""

from __future__ import annotations

from typing import Any

import pytest

from detente.dossier.schema import Dossier
from tests.design.test_exhaustive import agree

QUIET = {"discount": "5 %/year", "response_time": 0, "walk_away": 1, "collapse_cost": 2, "exposure_limit": 5}


def case(parties: dict[str, Any], measures: dict[str, Any], **more: Any) -> Dossier:
    interests = {i: {"unit": "u", "worst": 0, "best": 5} for i in ("x", "y")}
    bodies = {m: {"conditional_on": [], "verify": "open"} | body for m, body in measures.items()}
    document = {"detente": 1, "title": "found", "start": "2020-01-31", "periods": ["2 x 1 year"]}
    return Dossier.model_validate(
        document | {"interests": interests, "parties": parties, "measures": bodies, "success": MINIMAL} | more
    )


MINIMAL = {"minimal": [{"in_force": "m0", "by": "2020-01-31"}]}
BOTH = ["a", "b"]
JOINT = {
    "m0": {"by": BOTH},
    "m1": {"by": BOTH, "after": ["m0"], "needs": {"verified": ["m0"]}},
    "m3": {"by": BOTH},
    "m4": {"by": "b", "effects": {"x": {"level": 1}}},
}


@pytest.mark.parametrize("a", [{"no_deal": "0.5 /year"}, {"stakes": {"x": 1}}], ids=["loses by a deal", "has a stake"])
def test_a_party_that_performs_nothing_has_no_temptation(a: dict[str, Any]) -> None:
    agree(case({"a": QUIET | a, "b": QUIET | {"no_deal": "-1 /year"}}, JOINT), "none", ())


def test_robust_counts_a_party_with_something_at_stake() -> None:
    parties = {
        "a": {"discount": "5 %/year", "stakes": {"x": -1}, "response_time": 0, "exposure_limit": 5, "consents": False},
        "b": QUIET | {"no_deal": "-1 /year"},
        "c": {"discount": "40 %/year", "stakes": {"x": -1}, "no_deal": "-1 /year", "walk_away": 1, "collapse_cost": 2},
    }
    measures = {
        "m0": {"by": "a"},
        "m1": {"by": "a", "effects": {"x": {"per_year": -0.2}}, "after": ["m0"]},
        "m2": {"by": BOTH, "after": ["m0"]},
    }
    agree(case(parties, measures), "none", ())


def test_minimal_success_met_on_a_date_off_the_grid() -> None:
    minimal = {"minimal": [{"interest": "x", "at_least": 0, "from": "2020-07-30"}]}
    parties = {"a": QUIET | {"consents": False}, "b": QUIET | {"stakes": {"y": 1}, "no_deal": "-1 /year"}}
    measures = {"m0": {"by": BOTH, "effects": {"y": {"level": 1}}}, "m1": {"by": BOTH, "after": ["m0"]}}
    agree(case(parties, measures, success=minimal), "none", ())
