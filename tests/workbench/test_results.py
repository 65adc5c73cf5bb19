"""What a notebook reads of a result."""

from __future__ import annotations

from detente.workbench import assess, design


def test_an_assessment_hands_on_what_was_found(case):
    result = assess(case)
    assert result.verdicts["minimal"].status == "satisfactory"
    assert result.plan is result.assessment.plan
    assert set(result.values) == {"north", "south"}
    assert result.dangerous is result.assessment.dangerous
    assert result.exposure == result.assessment.exposure


def test_a_design_hands_on_its_plan(case):
    result = design(case)
    assert result.plan is result.found.plan
    assert set(result.values) == {"north", "south"}
    assert not design(case, set="parties.north.walk_away=100000").values
