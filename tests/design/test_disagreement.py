"""What gains are counted from: walk-away values, or no deal with walk-away values as a condition only. ANSWERS R6."""

from __future__ import annotations

from typing import Any

import pytest

from detente.design.plan.rules import design
from detente.design.questions.frontier import frontier
from detente.dossier import Dossier, from_dict


def pie(walk_away: float, disagreement: str) -> Dossier:
    """A pie of 1 divided between two parties, in twentieths; the first walks away for so much, the other for nothing.

    First party's share under nash, by hand: (1 + w)/2 from walk-away values; max(w, 1/2) from no deal.
    """
    shares = {f"s{i}": i / 20 for i in range(21)}
    party: dict[str, Any] = {"discount": "5 %/year", "response_time": 0}

    def measure(s: float) -> dict[str, Any]:
        return {"by": ["a", "b"], "verify": "open", "effects": {"x": {"once": s}, "y": {"once": 1 - s}}}

    return from_dict(
        {
            "detente": 1,
            "title": "A pie",
            "start": "2020-01-31",
            "periods": ["1 x 1 year"],
            "interests": {i: {"unit": "pies", "worst": 0, "best": 1} for i in ("x", "y")},
            "parties": {
                "a": party | {"stakes": {"x": 1}, "walk_away": walk_away},
                "b": party | {"stakes": {"y": 1}},
            },
            "measures": {name: measure(s) for name, s in shares.items()},
            "one_of": {"division": {"of": [[name] for name in shares]}},
            "disagreement": disagreement,
        }
    )


SHARES = [
    # walk-away, counted from, nash, egalitarian
    (0.2, "walk_away", 0.6, 0.6),
    (0.7, "walk_away", 0.85, 0.85),
    (0.2, "no_deal", 0.5, 0.5),
    (0.7, "no_deal", 0.7, 0.7),
]


@pytest.mark.parametrize(("walk_away", "disagreement", "nash", "egalitarian"), SHARES)
def test_the_threat_point(walk_away: float, disagreement: str, nash: float, egalitarian: float) -> None:
    for rule, share in {"nash": nash, "egalitarian": egalitarian}.items():
        found = design(pie(walk_away, disagreement), rule, gap=0.0)  # type: ignore[arg-type]
        assert found.verdict is not None
        assert found.verdict.values["a"] == pytest.approx(share, abs=1e-9)
        assert found.rule_used == rule


def test_kalai_smorodinsky_weighs_gains_from_no_deal() -> None:
    """Best for each from no deal, a walking away below 0.7: 1 and 0.3. So s/1 = (1 − s)/0.3, and s = 1/1.3."""
    found = design(pie(0.7, "no_deal"), "kalai_smorodinsky", gap=0.0)
    assert found.verdict is not None
    assert found.verdict.values["a"] == pytest.approx(0.75, abs=1e-9)  # the nearest twentieth to 0.769 from below
    assert found.objective == pytest.approx(0.75)


def test_a_frontier_of_choices_counts_as_its_dossier_says() -> None:
    for walk_away, disagreement, nash, egalitarian in SHARES:
        found = frontier(pie(walk_away, disagreement))
        assert found.complete
        for rule, share in {"nash": nash, "egalitarian": egalitarian}.items():
            point = found.marks[rule]
            assert point is not None
            assert point.values["a"] == pytest.approx(share)
        assert ("from no deal" in found.notes[0]) == (disagreement == "no_deal")


def test_the_answer_says_what_gains_were_counted_from() -> None:
    assert design(pie(0.7, "no_deal")).notes == (
        "Gains are counted from no deal; walk-away values are a condition only.",
    )
    assert design(pie(0.7, "walk_away")).notes == ("Gains are counted from walk-away values.",)
    assert design(pie(0, "no_deal")).notes == ()
