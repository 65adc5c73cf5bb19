"""What changed between two dossiers; a condition added after performance."""

from __future__ import annotations

from detente.dossier import apply, from_dict, loads
from detente.dossier.changes.diff import Change, added_conditions, diff
from tests.dossier.good import GOOD

BASE = apply(loads(GOOD), {"state.in_force.cut": {"since": "2019-01-01"}})


def test_nothing_changed() -> None:
    assert diff(BASE, BASE) == []
    assert added_conditions(BASE, BASE) == []


def test_fields_and_items() -> None:
    changes = {
        "measures.cut.takes": "9 months",
        "parties.east.stakes.money": 15,
        "measures.look": {"by": "agency", "verify": "open"},
        "parties.agency.response_time": 0,
        "demands.soon": None,
        "history.1": {"date": "2019-06", "what": "Talks stall"},
        "measures.pay.by": ["west", "east"],
    }
    found = {c.path: c for c in diff(BASE, apply(BASE, changes))}
    assert set(found) == set(changes)
    assert found["measures.cut.takes"] == Change("measures.cut.takes", "3 months", "9 months", "changed")
    assert str(found["measures.cut.takes"]) == "measures.cut.takes: 3 months → 9 months"
    assert str(found["measures.look"]) == "measures.look: + {by: agency, verify: open}"
    assert found["demands.soon"].kind == "removed"
    assert str(found["demands.soon"]).startswith("demands.soon: - {by: west")
    assert found["history.1"].kind == "added"
    assert str(found["measures.pay.by"]) == "measures.pay.by: [west] → [west, east]"


def test_diff_is_read_backwards() -> None:
    other = apply(BASE, {"measures.cut.takes": "9 months", "scenarios.patient": None})
    kinds = {c.path: c.kind for c in diff(other, BASE)}
    assert kinds == {"measures.cut.takes": "changed", "scenarios.patient": "added"}


def test_a_condition_added_after_performance() -> None:
    """The verification protocol of 2008: asked for after the plant had been disabled."""
    protocol = {"measures.protocol": {"by": "east", "verify": "open"}}
    after = apply(BASE, {**protocol, "measures.pay.after": ["cut", "protocol"]})
    (finding,) = added_conditions(BASE, after)
    assert finding.code == "lesson.added_condition"
    assert finding.message == "'pay' now also needs protocol, after cut was performed"

    after = apply(BASE, {**protocol, "measures.cut.needs": {"in_force": ["protocol"]}})
    assert "'cut' has been performed and now also needs protocol" in added_conditions(BASE, after)[0].message

    after = apply(BASE, {**protocol, "side_conditions.1": {"needs": "protocol", "before": "cut"}})
    assert len(added_conditions(BASE, after)) == 1

    demand = {"by": "west", "firmness": "red_line", "require": {"before": ["pay", "cut"]}}
    (finding,) = added_conditions(BASE, apply(BASE, {"demands.late": demand}))
    assert finding.path == "demands.late"


def test_conditions_on_what_is_still_to_come_are_no_breach_of_faith() -> None:
    document = {k: v for k, v in BASE.document.items() if k != "state"}
    before = from_dict(document)
    assert added_conditions(before, apply(before, {"measures.pay.after": ["cut", "pay_more"]})) == []
