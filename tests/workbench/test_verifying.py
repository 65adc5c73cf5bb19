"""`verify` from a notebook: what each result can do, what it writes, and that it says the same as its numbers."""

from __future__ import annotations

import csv
import io
import json
import re
from datetime import date

import pytest
from icalendar import Calendar

import detente as dt
from detente.errors import DossierError, UsageError
from detente.verify.inspection.sampling import detection

VERBS = {
    "declaration": lambda: dt.verify_declaration("dprk-2008"),
    "balance": lambda: dt.verify_balance("practice"),
    "sample": lambda: dt.verify_sample(items=120, mean_kg=2.0, method=["40@10%", "8@1%"]),
    "strata": lambda: dt.verify_sample("practice-store"),
    "inspect": lambda: dt.verify_inspect("yongbyon-2018", days=200),
}


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DETENTE_HOME", str(tmp_path_factory.mktemp("home")))
        return {name: ask() for name, ask in VERBS.items()}


@pytest.mark.parametrize("name", VERBS)
def test_a_result_can_do_all_that_results_do(name, results):
    result = results[name]
    data = json.loads(json.dumps(result.to_json(), allow_nan=False))
    assert data["provenance"]["run"] == result.provenance.run
    assert len(result.sentences()) >= 3
    assert all(s.endswith(".") for s in result.sentences())
    assert all(rows for rows in result.tables().values())
    assert json.dumps(result.tables())
    for figure in result.figures().values():
        assert figure.rows
        assert result.provenance.run in figure.caption
    assert "<table>" in result._repr_html_()


@pytest.mark.parametrize("name", ["strata", "inspect", "declaration"])
def test_the_page_is_one_file_with_the_answer_first(name, results, tmp_path):
    result = results[name]
    files = result.write(tmp_path / "out")
    page = next(f for f in files if f.suffix == ".html").read_text("utf-8")
    answer, turns_on = page.index('class="headline'), page.index("What the answer turns on")
    assert answer < turns_on < page.index("<figure")
    assert re.search(r'(src|href)="https?:', page) is None
    assert all(f.stat().st_size > 0 for f in files)
    suffixes = {f.suffix for f in files}
    assert {".html", ".png", ".svg", ".csv", ".json"} <= suffixes
    for table in result.tables():
        assert (tmp_path / "out" / "tables" / f"{table}.csv").is_file()


def said(result):
    """A result's JSON without what it cost and whether it came from the cache."""
    return {k: v for k, v in result.to_json().items() if k != "provenance"}


def test_the_same_question_is_the_same_run(results):
    again = dt.verify_sample(items=120, mean_kg=2.0, method=["40@10%", "8@1%"])
    assert again.provenance.run == results["sample"].provenance.run
    assert said(again) == said(results["sample"])
    assert dt.verify_sample(items=121, mean_kg=2.0).provenance.run != again.provenance.run
    told = dt.show(again.provenance.run)
    assert told.sentences() == again.sentences()
    assert told.to_json() == again.to_json()


def test_the_declaration_of_2008_closes_and_does_not_agree(results):
    r = results["declaration"]
    assert (r.closes, r.agrees, r.ok) == ("yes", "no", False)
    assert "adds up by itself, but does not agree" in r.sentences()[0]
    (figure,) = r.figures().values()
    declared = [row["kg"] for row in figure.rows if row["kind"] == "declared"]
    assert declared == pytest.approx([30, 37, 42, 30.8])
    pooled = next(row for row in figure.rows if row["kind"] == "pooled")
    assert pooled["kg"] == pytest.approx(r.found.comparisons[0].estimate.mean)


def test_the_declaration_itself_lies_beside_its_judgement(results, tmp_path):
    files = results["declaration"].write(tmp_path)
    copy = next(f for f in files if f.name == "as-declared.yaml")
    assert dt.verify_declaration(copy).to_json()["comparisons"] == results["declaration"].to_json()["comparisons"]


def test_nothing_to_compare_is_said_so():
    r = dt.verify_declaration("dprk-2018")
    assert (r.closes, r.agrees) == ("cannot say", "cannot say")
    assert r.figures() == {}
    assert any("Kangson" in s for s in r.sentences())


def test_the_loss_of_a_balance_is_a_significant_quantity_of_its_material():
    assert dt.verify_balance("practice").found.loss_kg == 8
    assert dt.verify_balance("practice", material="heu").found.loss_kg == 25
    r = dt.verify_balance("practice", loss=2, false_alarms="1 %")
    assert (r.found.loss_kg, r.found.false_alarm_rate) == (2, 0.01)
    assert dt.verify_balance("practice", false_alarms=0.01, loss=2).to_json()["tests"] == r.to_json()["tests"]


def test_a_known_opening_inventory_is_exact():
    measured, known = (dt.verify_balance("practice", known_opening=k).found for k in (False, True))
    assert known.area.opening_is_known
    assert known.periods[0].sigma_kg < measured.periods[0].sigma_kg


def test_sizes_see_what_was_asked(results):
    plan = results["sample"].found
    for size in plan.sizes:
        assert size.detection == pytest.approx(detection(plan.items, plan.defects, size.drawn))
        assert size.detection >= plan.wanted
    exact = plan.size("exact").drawn
    assert detection(plan.items, plan.defects, exact - 1) < plan.wanted
    assert results["sample"].ok is False  # 85.4 % at worst is less than the 90 % asked for
    assert plan.worst.detection == pytest.approx(0.854, abs=1e-3)


def test_what_no_sample_can_see():
    r = dt.verify_sample(items=120, mean_kg=8.0, sees="80 %")
    assert r.to_json()["sizes"]["exact"]["drawn"] is None
    assert "measuring every item is not enough" in r.sentences()[0]


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({}, "‘items 100’"),
        ({"items": 3, "mean_kg": 1.0}, "less than the goal"),
        ({"items": 30, "mean_kg": 1.0, "detection": "100 %"}, r"‘detection’ .100 %.: .* below 100 %"),
        ({"items": 30, "mean_kg": 1.0, "detection": "often"}, r"‘detection’ .often.: write it as 5% or 0.05"),
        ({"items": 30, "mean_kg": 1.0, "method": "all@1%"}, "‘method’"),
        ({"items": 30, "mean_kg": 1.0, "method": "40@1%"}, "cannot be drawn"),
        ({"items": 30, "mean_kg": 1.0, "budget": 3}, "strata"),
        ({"items": 0, "mean_kg": 1.0}, "items"),
        ({"itms": 3}, "did you mean"),
    ],
)
def test_misuse_is_told(given, says):
    with pytest.raises(UsageError, match=says):
        dt.verify_sample(**given)


def test_strata_say_themselves_what_one_kind_of_items_says():
    with pytest.raises(UsageError, match="'items' is for one kind"):
        dt.verify_sample("practice-store", items=3)
    with pytest.raises(UsageError, match="less than the goal"):
        dt.verify_sample("practice-store", goal_kg=1000)
    whole = dt.verify_sample("practice-store", budget=1e6).found
    assert whole.detection == 1
    assert list(whole.drawn.values()) == [60, 40, 25]


def test_files_of_inspections(results, tmp_path):
    r = results["inspect"]
    files = {f.name: f for f in r.write(tmp_path)}
    record = json.loads(files["record.json"].read_text("utf-8"))
    assert set(record) == {s.site.name for s in r.found.plan.sites}
    assert record["reactor"]["provenance"]["run"] == r.provenance.run
    events = Calendar.from_ical(files["visits.ics"].read_bytes()).walk("VEVENT")
    rows = list(csv.DictReader(io.StringIO(files["visits.csv"].read_text("utf-8-sig"))))
    assert [e["dtstart"].dt for e in events] == [date.fromisoformat(row["date"]) for row in rows]
    assert len({e["uid"] for e in events}) == len(events) == sum(r.found.plan.visits.values())
    assert sum(int(row["inspector days"]) for row in rows) == r.found.plan.days <= 200


def test_random_visits_are_drawn_from_the_seed():
    a, b, c = (
        dt.verify_inspect("yongbyon-2018", days=120, schedule="random", seed=seed, cache=False) for seed in (1, 1, 2)
    )
    assert said(a) == said(b)
    a, b, c = (result.to_json() for result in (a, b, c))
    assert a["calendar"] != c["calendar"]
    assert a["provenance"]["run"] != c["provenance"]["run"]


def test_a_plan_in_a_case(case, tmp_path):
    r = dt.verify_inspect("yongbyon-2018", case=str(case), measure="release_water=reactor")
    r.write(tmp_path)
    changed = dt.apply(dt.load(case), dt.read_overlay(tmp_path / "overlay.yaml")[0])
    assert changed.measures["release_water"].verify.regime == f"plan_{r.found.plan.plan_id}"
    for wrong in ("release_watr=reactor", "release_water", "release_water=raector", "free_captives=reactor"):
        with pytest.raises(UsageError, match=r"did you mean|MEASURE=SITE|known:"):
            dt.verify_inspect("yongbyon-2018", case=str(case), measure=wrong)
    with pytest.raises(UsageError, match="‘measure’ needs ‘case’"):
        dt.verify_inspect("yongbyon-2018", measure="release_water=reactor")
    with pytest.raises(UsageError, match="no measure that can be faked names a site"):
        dt.verify_inspect("yongbyon-2018", case=str(case))


def test_the_bundled_case_names_the_sites_of_the_bundled_plan():
    overlay = dt.verify_inspect("yongbyon-2018", case="korea-2018").overlay
    chosen = {path.split(".")[1] for path in overlay if path.endswith("verify.regime")}
    assert chosen == {"yongbyon_access", "yongbyon_disabled", "enrichment_disabled", "enrichment_dismantled"}


def test_what_a_plan_changes_in_a_case_is_told_everywhere(tmp_path):
    r = dt.verify_inspect("yongbyon-2018", case="korea-2018", measure="yongbyon_access=reactor")
    said = " ".join(r.sentences())
    assert "“Open Yongbyon to IAEA inspection and monitoring” goes from 600 to 12 inspector-days a year" in said
    row = r.tables()["changes"][0]
    assert (row["sites visited"], row["sites not visited"]) == ("reactor", "reprocessing, centrifuges")
    assert (row["inspector-days a year: was"], row["inspector-days a year: now"]) == (600, 12)
    assert row["seen within a year %: was"] == pytest.approx(90)
    told = r.to_json()["changes"][0]
    assert (told["measure"], told["days_before"], told["days"]) == ("yongbyon_access", 600, 12)
    page = next(f for f in r.write(tmp_path) if f.suffix == ".html").read_text("utf-8")
    assert "What it changes in the case" in page
    findings = page[page.index('id="findings"') :]
    warnings = sum(f.severity == "warning" for f in r.findings)
    assert f"<p>{warnings} warnings</p>" in findings
    assert findings.index("inspect.uncovered") < findings.index("<details")
    assert "none of them an error" not in page


def test_a_case_is_told_from_the_files_of_other_verbs():
    for verb in (dt.verify_declaration, dt.verify_inspect):
        with pytest.raises(UsageError, match=r"korea-2018 is a case.*verify needs korea-2018"):
            verb("korea-2018")


def test_files_that_are_not_there():
    for verb in (dt.verify_declaration, dt.verify_balance, dt.verify_sample, dt.verify_inspect):
        with pytest.raises(DossierError) as wrong:
            verb("nosuch")
        assert wrong.value.findings[0].code.endswith(".file")
