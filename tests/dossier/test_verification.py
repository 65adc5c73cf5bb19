"""Visits and inspection regimes as they are written: what is read, what is refused, and an overlay that chooses one."""

from __future__ import annotations

from pathlib import Path

import pytest

from detente.design.questions.sources import inputs
from detente.dossier import Dossier, apply, from_dict, loads
from detente.dossier.checks import check
from detente.dossier.sheets import from_csv, from_xlsx, to_csv, to_xlsx
from detente.errors import DossierError, Finding
from detente.model.rows.detection import watch
from detente.report.assessment.inputs import listed
from detente.report.roadmap.steps import detection
from tests.dossier.good import GOOD

WRITTEN = "verify: {by: agency, detects: 90 %/year, delay: 1 month, false_alarms: 2 %/year}"
REGIMES = """verify:
      by: agency
      detects: 5 %/year
      sites: [reactor, mine]
      channels: cameras
      regimes:
        light: {days: 40/year, detects: {low: 20 %/year, mode: 30 %/year, high: 40 %/year}, cost: 1 million USD/year}
        full: {days: 4 weeks/year, visits: {every: 3 months, detects: 60 %}, delay: 1 month, false_alarms: 2 %/year}
      regime: light"""


def written(verify: str) -> str:
    assert WRITTEN in GOOD
    return GOOD.replace(WRITTEN, verify)


def read(verify: str) -> Dossier:
    return loads(written(verify))


def test_regimes_and_the_overlay_that_chooses_one() -> None:
    dossier = read(REGIMES)
    verify = dossier.measures["cut"].verify
    assert verify.sites == ("reactor", "mine")
    assert verify.channels == ("cameras",)
    assert {name: r.days.value for name, r in verify.regimes.items()} == {"light": 40, "full": 28}
    assert watch(verify.chosen).survival(1.0) == pytest.approx(0.7)
    assert dossier.measures["cut"].confirms_in == 0
    full = apply(dossier, {"measures.cut.verify.regime": "full"}).measures["cut"]
    assert watch(full.verification).survival(1.0) == pytest.approx(0.95 * 0.4**4)
    assert full.confirms_in == pytest.approx(1 / 12)
    none = apply(dossier, {"measures.cut.verify.regime": None}).measures["cut"]
    assert watch(none.verification).survival(1.0) == pytest.approx(0.95)


def test_a_plan_of_inspections_is_an_overlay() -> None:
    """A computed distribution, with its effort, becomes one more regime."""
    plan = {
        "days": "130.5 days/year",
        "visits": {"times": [["0.25 years", 0.3], ["1.0 years", 0.5]], "every": "1 year"},
    }
    changes = {"measures.cut.verify.regimes.plan": plan, "measures.cut.verify.regime": "plan"}
    cut = apply(read(WRITTEN), changes).measures["cut"]
    assert watch(cut.verification).survival(2.0) == pytest.approx(0.1**2 * 0.5**2)


def test_spreadsheets_keep_regimes(tmp_path: Path) -> None:
    plan = {"visits": {"times": [["3 months", "30 %"], ["1 year", "50 %"]], "every": "1 year"}}
    dossier = apply(read(REGIMES), {"measures.cut.verify.regimes.plan": plan})
    to_xlsx(dossier, tmp_path / "case.xlsx")
    to_csv(dossier, tmp_path / "case")
    assert from_xlsx(tmp_path / "case.xlsx") == from_csv(tmp_path / "case") == from_dict(dict(dossier.document))


REFUSED = [
    ("visits: {every: 0, detects: 60 %}", "dossier.visits", "visits.every"),
    ("visits: {every: 2 months}", "dossier.visits", "visits"),
    ("visits: {detects: 60 %}", "dossier.visits", "visits"),
    ("visits: {every: 2 months, detects: 160 %}", "dossier.number", "visits.detects"),
    ("visits: {random: -1 /year, detects: 60 %}", "dossier.number", "visits.random"),
    ("visits: {random: 4 /year, times: [[1 year, 30 %]]}", "dossier.visits", "visits.random"),
    ("visits: {detects: 10 %, times: [[1 year, 30 %]]}", "dossier.visits", "visits.detects"),
    ("visits: {times: [[1 year, 30 %], [6 months, 40 %]]}", "dossier.visits", "visits.times"),
    ("visits: {times: [[0, 30 %]]}", "dossier.visits", "visits.times"),
    ("visits: {times: [[6 months, 30 %], [1 year, 20 %]]}", "dossier.visits", "visits.times"),
    ("visits: {times: [[6 months, 30 %], [2 years, 50 %]], every: 1 year}", "dossier.visits", "visits.every"),
    ("visits: {times: [[6 months, 130 %]]}", "dossier.number", "visits.times.0.1"),
    ("visits: {evry: 2 months, detects: 60 %}", "dossier.unknown_field", "visits.evry"),
    ("detects: 5 %/year, regime: ful, regimes: {full: {days: 40}}", "dossier.unknown_regime", "regime"),
    ("detects: 5 %/year, regimes: {full: {days: -40}}", "dossier.capacity", "regimes.full.days"),
    ("detects: 5 %/year, regimes: {full: {days: 40 kg}}", "dossier.unit", "regimes.full.days"),
    ("detects: 5 %/year, regimes: {a: {cost: 4 USD/year}, b: {cost: 4 kg}}", "dossier.unit", "regimes.b.cost"),
    ("regimes: {full: {days: 40, detects: 90 %/year}}", "dossier.missing_detects", "detects"),
    ("regime: a, regimes: {a: {detects: 9 %/year}, b: {days: 4}}", "dossier.missing_detects", "regimes.b.detects"),
    (
        "detects: 5 %/year, regimes: {a: {visits: {every: 1 hour, detects: 60 %}}}",
        "dossier.number",
        "regimes.a.visits.every",
    ),
    (
        "detects: 5 %/year, regimes: {a: {visits: {every: 0.1 days, detects: 60 %}}}",
        "dossier.visits",
        "regimes.a.visits.every",
    ),
]


@pytest.mark.parametrize(("verify", "code", "path"), REFUSED)
def test_what_is_refused(verify: str, code: str, path: str) -> None:
    with pytest.raises(DossierError) as refused:
        read(f"verify: {{by: agency, {verify}}}")
    (finding,) = refused.value.findings
    assert (finding.code, finding.path) == (code, f"measures.cut.verify.{path}")
    assert finding.line == 32
    assert finding.remedy


def test_numbers_of_regimes_that_are_not_chosen_are_not_used() -> None:
    dossier = read(REGIMES)
    used = {i.path: i.used for i in inputs(dossier) if i.path.startswith("measures.cut.verify")}
    path = "measures.cut.verify"
    assert used == {
        f"{path}.detects": False,
        f"{path}.regimes.light.days": False,
        f"{path}.regimes.light.cost": False,
        f"{path}.regimes.light.detects": True,
        f"{path}.regimes.full.days": False,
        f"{path}.regimes.full.visits.every": False,
        f"{path}.regimes.full.visits.detects": False,
        f"{path}.regimes.full.delay": False,
        f"{path}.regimes.full.false_alarms": False,
    }
    units = {row[0]: row[6] for row in listed(dossier).rows}
    assert units[f"{path}.regimes.light.days"] == units[f"{path}.regimes.full.days"] == "inspector-days a year"
    assert units[f"{path}.regimes.light.cost"] == "million USD/year"
    assert units[f"{path}.regimes.full.visits.every"] == "years"
    assert units[f"{path}.regimes.full.visits.detects"] == "share of 1"
    assert units[f"{path}.regimes.light.detects"] == "a year, continuous"


def test_detection_in_words() -> None:
    assert detection(read(WRITTEN), "cut") == "90 % a year"
    assert detection(read(REGIMES), "cut") == "30 % a year"
    assert detection(read("verify: {visits: {every: 6 months, detects: 60 %}}"), "cut") == "84 % within a year"
    assert detection(read("verify: {visits: {every: 6 months, detects: 100 %}}"), "cut") == "100 % within a year"


def findings_of(text: str) -> list[Finding]:
    """Errors, else what is odd."""
    try:
        return list(check(loads(text)))
    except DossierError as error:
        return list(error.findings)


def codes(text: str) -> list[str]:
    return [f.code for f in findings_of(text)]


def limited(limit: str, kind: str = "days", uses: str = "{}") -> str:
    """The good dossier under REGIMES, with inspections that count against a limit."""
    capacity = "capacity: {inspectors: {limit: 300 days/year, uses: {cut: 120}}}"
    assert capacity in GOOD
    more = f"capacity: {{inspectors: {{limit: {limit}, inspections: {kind}, uses: {uses}}}}}"
    return written(REGIMES).replace(capacity, more)


@pytest.mark.parametrize(
    ("limit", "kind", "fits"),
    [
        ("300 days/year", "days", True),
        ("300", "days", True),
        ("300 /year", "days", True),
        ("25 days/month", "days", False),
        ("300 hours", "days", False),
        ("2 million USD/year", "cost", True),
        ("2 million EUR/year", "cost", False),
        ("2", "cost", True),
    ],
)
def test_a_limit_on_inspections_is_in_their_unit(limit: str, kind: str, fits: bool) -> None:
    assert ("dossier.unit" in codes(limited(limit, kind))) is not fits


def test_what_is_used_follows_the_regime() -> None:
    dossier = loads(limited("300 days/year", uses="{cut: 10}"))
    resource = dossier.capacity["inspectors"]
    assert dossier.uses(resource) == {"cut": 50.0}
    assert apply(dossier, {"measures.cut.verify.regime": "full"}).uses(resource) == {"cut": 38.0}
    assert apply(dossier, {"measures.cut.verify.regime": None}).uses(resource) == {"cut": 10.0}


def test_effort_is_used_where_a_limit_counts_it() -> None:
    used = {i.path for i in inputs(loads(limited("300 days/year"))) if i.used}
    assert "measures.cut.verify.regimes.light.days" in used
    assert "measures.cut.verify.regimes.light.cost" not in used
    assert "measures.cut.verify.regimes.light.days" not in {i.path for i in inputs(read(REGIMES)) if i.used}


def test_what_is_counted_twice_is_said() -> None:
    assert "dossier.counted_twice" in codes(limited("300 days/year", uses="{cut: 10}"))
    assert "dossier.counted_twice" not in codes(limited("300 days/year"))


@pytest.mark.parametrize(
    ("mine", "other", "slip"),
    [
        ("reactor", "Reactor", True),
        ("weapons store", "weapon store", True),
        ("hall 1", "hall 2", False),
        ("building A", "building B", False),
        ("reactor", "mine", False),
    ],
)
def test_sites_of_almost_the_same_name_are_said(mine: str, other: str, slip: bool) -> None:
    sites = REGIMES.replace("[reactor, mine]", f'["{mine}", "{other}"]')
    found = [f for f in findings_of(written(sites)) if f.code == "dossier.site"]
    assert bool(found) is slip
    assert all(f.severity == "warning" and mine in f.message for f in found)


def test_a_misspelt_regime_is_one_finding() -> None:
    """What is seen without a regime is not asked where one was meant."""
    meant = REGIMES.replace("      detects: 5 %/year\n", "")
    assert codes(written(meant.replace("regime: light", "regime: lihgt"))) == ["dossier.unknown_regime"]
    assert "dossier.missing_detects" in codes(written(meant.replace("      regime: light", "")))
