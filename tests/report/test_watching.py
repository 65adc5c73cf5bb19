"""How cheating would be seen: the section says what the dossier and the proof say."""

from __future__ import annotations

import json
import math
from dataclasses import replace

import numpy as np
import pytest

from detente.design.questions.assessment import Assessment, assess
from detente.dossier import apply, loads
from detente.model.judge.check import check
from detente.report.assessment.charts import figures
from detente.report.assessment.watching import (
    detection_rows,
    effort_rows,
    watched,
    watching_json,
    watching_said,
    watching_table,
)
from tests.report.conftest import EVERYTHING

VISITED = {
    "days": "40 /year",
    "visits": {"every": "6 months", "detects": "60 %"},
    "delay": "3 months",
    "false_alarms": "0.25 /year",
}


@pytest.fixture(scope="module")
def inspected() -> Assessment:
    """One measure visited twice a year under a regime; days limited."""
    changes = {
        "measures.freeze.verify.regimes": {"visited": VISITED, "never": {"days": "0 /year", "detects": "0 %/year"}},
        "measures.freeze.verify.regime": "visited",
        "capacity": {"inspectors": {"limit": "100 days/year", "inspections": "days", "uses": {"scrap": 15}}},
    }
    return assess(apply(loads(EVERYTHING), changes), time_limit=60)


def test_every_step_that_can_be_faked_is_there_with_its_own_margin(everything: Assessment) -> None:
    assert everything.plan is not None
    found = watched(everything)
    faked = {m for m, b in everything.dossier.measures.items() if b.fakeable and everything.plan.entry.get(m)}
    assert {w.measure for w in found} == faked == {"freeze", "scrap"}
    verdict = check(everything.dossier, everything.plan, success="minimal")
    for w in found:
        rows = [s.slack for s in verdict.slacks if s.kind == "covert" and s.measure == w.measure]
        assert w.margin is not None
        assert w.margin.slack == pytest.approx(min(rows))


def test_chances_and_halves_by_hand(everything: Assessment) -> None:
    """95 %/year, said a month later: 1 − 0.05^(11/12) within the first year, half after ln 2/−ln 0.05 and a month."""
    freeze = next(w for w in watched(everything) if w.measure == "freeze")
    assert freeze.chance(1.0) == pytest.approx(1 - 0.05 ** (11 / 12))
    assert freeze.chance(0.05) == 0.0
    assert freeze.chance(1 / 12 + 0.01) == pytest.approx(1 - 0.05**0.01)
    assert freeze.half == pytest.approx(math.log(2) / -math.log(0.05) + 1 / 12, abs=2e-6)
    assert freeze.confirms == pytest.approx(0.25)


def test_visits_are_atoms(inspected: Assessment) -> None:
    """Visits after 6 and 12 months that see 60 % each, beside the rate of 95 %/year; said three months later."""
    freeze = next(w for w in watched(inspected) if w.measure == "freeze")
    rate = -math.log(0.05)
    assert freeze.chance(0.74) == pytest.approx(1 - math.exp(-rate * 0.49))
    assert freeze.chance(0.75) == pytest.approx(1 - 0.4 * math.exp(-rate * 0.5))
    blind = apply(inspected.dossier, {"measures.freeze.verify.detects": "0 %/year"})
    assert next(w for w in watched(replace(inspected, dossier=blind)) if w.measure == "freeze").half == pytest.approx(
        0.75, abs=2e-6
    )


def test_what_is_never_seen_has_no_half(inspected: Assessment) -> None:
    blind = apply(
        inspected.dossier, {"measures.freeze.verify.regime": "never", "measures.freeze.verify.detects": "0 %/year"}
    )
    unseen = next(w for w in watched(replace(inspected, dossier=blind)) if w.measure == "freeze")
    assert unseen.half is None
    assert unseen.chance(50.0) == 0.0
    assert any("may well never be seen" in s for s in watching_said(replace(inspected, dossier=blind)))


def test_strips_never_fade(everything: Assessment) -> None:
    for name in {r["step"] for r in detection_rows(everything)}:
        seen = [r["seen"] for r in detection_rows(everything) if r["step"] == name]
        assert np.all(np.diff(seen) >= 0)
        assert 0 <= seen[0] <= seen[-1] <= 1


def test_effort_over_time_is_what_stands(inspected: Assessment) -> None:
    """40 days while the freeze stands, 15 more while scrapping stands, under the limit of 100."""
    assert inspected.plan is not None
    entry = inspected.plan.entry
    rows = [r for r in effort_rows(inspected) if r["line"] == "in use"]
    assert {r["amount"] for r in effort_rows(inspected) if r["line"] == "limit"} == {100.0}
    for r in rows:
        wanted = 40.0 * (entry["freeze"] <= r["date"]) + 15.0 * (entry["scrap"] <= r["date"])
        assert r["amount"] == pytest.approx(wanted)
    assert any("55 days/year, of 100 that there are" in s for s in watching_said(inspected))
    assert {"detection", "effort"} <= set(figures(inspected))


def test_days_count_without_a_limit_too(inspected: Assessment) -> None:
    free = replace(inspected, dossier=apply(inspected.dossier, {"capacity": None}))
    rows = effort_rows(free)
    assert {r["line"] for r in rows} == {"in use"}
    assert max(float(r["amount"]) for r in rows) == 40.0  # type: ignore[arg-type]


def test_words_table_and_json_agree(inspected: Assessment) -> None:
    table, data = watching_table(inspected), watching_json(inspected)
    json.dumps(data, allow_nan=False)
    assert [row[0] for row in table.rows] == [w.title for w in watched(inspected)]
    assert [row[2] for row in table.rows] == [d["regime"] or "–" for d in data]
    alarms = sum(d["false_alarms_per_year"] for d in data)
    assert alarms == pytest.approx(0.25)
    assert any("about every 4 years" in s for s in watching_said(inspected))


def test_nothing_to_fake_is_said(bare: Assessment, nothing: Assessment) -> None:
    assert watching_said(bare) == ("Nothing in this roadmap can be faked in secret: all of it is seen by everyone.",)
    assert watching_said(nothing) == ()
    assert watching_json(nothing) == []
    assert "detection" not in figures(bare)
