"""Pages of the frontier, the gap, the critical numbers and explanations, on small dossiers and hand-made results."""

from __future__ import annotations

import csv
import io
import json
import re
from dataclasses import replace

import pytest

from detente.design.programme.question import Question
from detente.design.questions.beliefs import Belief
from detente.design.questions.conflicts import Conflict
from detente.design.questions.critical import critical
from detente.design.questions.explain import Explanation, explain
from detente.design.questions.frontier import Frontier, Point, frontier
from detente.design.questions.gap import Hope, gap
from detente.dossier import loads
from detente.model.judge.check import check
from detente.model.plan import Plan
from detente.report.assessment.charts import figures
from detente.report.assessment.tables import tables
from detente.report.kit.files import write_files
from detente.report.pages import critical_files, explanation_files, frontier_files, gap_files
from detente.report.questions.conflict_words import (
    condition,
    conflict,
    explain_sentences,
    explain_tables,
    failing,
    number_at,
)
from detente.report.questions.critical_chart import critical_figure, critical_rows, critical_sentences
from detente.report.questions.frontier_chart import frontier_figure, frontier_rows, frontier_sentences, stops, thinned
from detente.report.questions.gap_chart import gap_figure, gap_rows, gap_sentences, settled
from detente.report.write import report_files
from tests.report.conftest import NASTY, PROVENANCE
from tests.report.page import Page

TRADE = f"""
detente: 1
title: {json.dumps(NASTY)}
start: 2024-01-01
periods: [2 x 1 year]
interests: {{x: {{title: Peace, unit: u, worst: 0, best: 10}}, y: {{unit: v, worst: 0, best: 10}}}}
parties:
  a: {{name: Alba, discount: 5 %/year, stakes: {{x: {{low: 1, mode: 10, high: 12}}, y: -4}}, response_time: 1 month}}
  b: {{name: Borea, discount: 5 %/year, stakes: {{y: 10, x: -4}}, response_time: 1 month}}
measures:
  give: {{title: Give way, by: b, effects: {{x: {{level: 6}}}}, undo: {{in: 1 month}}, verify: open}}
  pay: {{title: Pay, by: a, effects: {{y: {{level: 6}}}}, undo: {{in: 1 month}}, verify: open}}
  yield_all: {{title: Yield all, by: b, effects: {{x: {{level: 4}}}}, undo: {{in: 1 month}}, verify: open}}
demands:
  all: {{title: Everything at once, by: a, firmness: opening, price: 3,
        require: {{in_force: yield_all, by: 2024-01-01}}}}
  never: {{title: No yielding, by: b, firmness: red_line, price: 9, require: {{never: yield_all}}}}
success: {{minimal: [{{in_force: give, by: 2025-01-01}}]}}
views:
  a: {{parties.b.stakes.y: 40}}
"""


@pytest.fixture(scope="module")
def trade():
    return loads(TRADE)


@pytest.fixture(scope="module")
def roadmaps(trade):
    return frontier(trade, Question("minimal"), points=6)


@pytest.fixture(scope="module")
def hopes(trade):
    return gap(trade, beliefs=False, time_limit=60)


@pytest.fixture(scope="module")
def hinges(trade):
    return critical(trade, only=["parties.a.stakes.x", "parties.b.stakes"], jobs=1)


@pytest.fixture(scope="module")
def why(trade):
    return explain(trade, Question("none", ("a",)))


def choices(dossier, n=3):
    """A frontier of outcomes, as of a case that is nothing but choices."""
    points = [Point({"a": float(i), "b": float(n - i)}, outcome=("give", "pay")[: 1 + i % 2]) for i in range(n)]
    marks = {"nash": points[n // 2], "kalai_smorodinsky": points[n // 2], "egalitarian": None, "utilitarian": points[0]}
    walk = {"a": 0.0, "b": 0.0}
    return Frontier(dossier, Question(), "satisfactory", ("a", "b"), walk, tuple(points), marks, {}, True, "by hand")


# --- words -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "holds", "fails"),
    [
        ("demands.all", "Alba: Everything at once", "not met: Alba: Everything at once"),
        ("success.minimal.0", "Minimal success: “Give way” in force by 1 Jan 2025", None),
        ("consent.b", "Borea prefers the deal to no deal", "Borea would rather not sign"),
        ("breakout.a", "Alba is never better off breaking out", "Alba would break out"),
        ("covert.b", "Borea is never better off cheating in secret", "Borea would cheat in secret"),
        ("exposure.a", "Alba never stands to lose more than its limit", "Alba would be exposed beyond its limit"),
    ],
)
def test_conditions_have_words(trade, name, holds, fails):
    assert condition(trade, name) == holds
    assert failing(trade, name) == (fails or f"not met: {holds}")


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("parties.a.stakes.x", "Alba: stakes, Peace"),
        ("parties.b.response_time", "Borea: response time"),
        ("measures.give.undo.in", "“Give way”: undo, in"),
        ("interests.x.course.0.1", "Peace: course, 0, 1"),
        ("demands.all.price", "Alba: Everything at once: price"),
        ("periods", "periods"),
    ],
)
def test_numbers_have_words(trade, path, words):
    assert number_at(trade, path) == words


@pytest.mark.parametrize(
    ("members", "words"),
    [
        ((), "No plan on the time grid can be carried out at all, whatever is asked of it."),
        (("demands.all",), "Alba: “Everything at once” cannot be had, whatever else is agreed."),
        (
            ("demands.all", "demands.never"),
            "Alba: “Everything at once” and Borea: “No yielding” cannot be had together, whatever else is agreed.",
        ),
        (("demands.all", "consent.b"), "With Alba: “Everything at once”, Borea would rather not sign."),
        (
            ("consent.b", "breakout.b", "covert.a"),
            "Whatever is agreed, Borea would rather not sign or would break out, or Alba would cheat in secret.",
        ),
    ],
)
def test_conflicts_are_told_the_other_way_round(trade, members, words):
    assert conflict(trade, Conflict(members, True)) == words


# --- explain ---------------------------------------------------------------------------------------------------------


def test_an_explanation_says_why_and_what_it_would_take(why):
    said = explain_sentences(why)
    assert said[0] == "No satisfactory deal exists that meets the opening position of Alba (proved)."
    assert "price 3 points): Alba gives up “Everything at once”. That opens a deal." in said[2]
    built = explain_tables(why)
    rows = built["concessions"].rows
    assert [row[:5] for row in rows if row[0] == 1] == [(1, "Alba", "Everything at once", 3.0, 3.0)]
    values = why.concessions[0].deal.verdict.values
    assert rows[0][-2:] == (values["a"], values["b"])
    assert len(built["conflicts"].rows) == len(why.conflicts)
    assert len(built["conditions"].rows) == len(why.members)


def test_explanations_without_conflicts_and_without_answers(trade):
    yes = Explanation(trade, Question("minimal"), "satisfactory", (), (), True, (), True, ())
    assert explain_sentences(yes) == (
        "A satisfactory deal exists that meets minimal success: nothing stands in its way.",
    )
    assert "undecided" in explain_sentences(replace(yes, status="undecided"))[0]
    stuck = replace(yes, status="none_exists", complete=False, ranked=False)
    assert explain_sentences(stuck)[-1].startswith("No set of concessions that opens a deal was found")
    assert "has no price" in explain_sentences(replace(stuck, ranked=True))[-1]


def test_the_page_of_an_explanation(why, tmp_path):
    paths = write_files(tmp_path, explanation_files(why, PROVENANCE))
    names = {p.relative_to(tmp_path).as_posix() for p in paths}
    assert {"explain.html", "tables/conflicts.csv", "tables/concessions.csv", "concession-1.json"} <= names
    overlay = json.loads((tmp_path / "concession-1.json").read_text(encoding="utf-8"))
    assert overlay == {"demands.all.firmness": "preference"}
    assert check(loads(TRADE), Plan.read(loads(TRADE), tmp_path / "plan-concession-1.json")).satisfactory
    page = Page((tmp_path / "explain.html").read_text(encoding="utf-8"))
    assert {"conflicts", "concessions", "provenance"} <= set(page.ids)
    assert NASTY in page.text


# --- gap and critical ------------------------------------------------------------------------------------------------


def test_the_gap_s_marks_are_its_numbers(hopes):
    rows = gap_rows(hopes)
    a = next(p for p in hopes.parties if p.party == "a")
    of_a = {r["what"]: r for r in rows if r["party"] == "Alba" and not r["rule"]}
    assert of_a["can get"]["present"] == a.can.value
    assert of_a["thinks it can get"]["present"] == a.thinks.value
    assert of_a["walks away below"]["present"] == a.walk_away
    assert of_a["asks for"]["annual"] == pytest.approx(a.asks.value * loads(TRADE).parties["a"].discount.value)
    assert {r["present"] for r in rows if r["party"] == "Alba" and r["rule"]} == {
        v for v in a.gets.values() if v is not None
    }
    assert gap_figure(hopes, "r").png(scale=1).startswith(b"\x89PNG")


def test_a_belief_is_an_illusion_only_where_that_is_sure(hopes):
    p = replace(
        next(p for p in hopes.parties if p.thinks),
        thinks=Hope(12.0, 12.0, {}, (), True),
        can=Hope(10.0, 15.0, {}, (), False),
    )
    assert not settled(p)
    assert settled(replace(p, can=Hope(10.0, 11.0, {}, (), False)))
    assert settled(replace(p, can=Hope(13.0, 15.0, {}, (), False)))
    said = gap_sentences(replace(hopes, parties=(p,)))
    assert any("On the best plans found, though more may be possible, it hopes for" in s for s in said)
    for proved, words in ((True, "which is what it can get"), (False, "by the best plans found: more may be possible")):
        same = replace(p, can=replace(p.can, proved=proved), thinks=replace(p.can, proved=True))
        assert any(words in s for s in gap_sentences(replace(hopes, parties=(same,))))


def test_beliefs_have_sentences(hopes):
    belief = Belief("a", "parties.b.stakes.y", 40.0, 10.0, "", 12.0, 5.0, 80.0, "succeeds_at")
    said = gap_sentences(replace(hopes, beliefs=(belief,)))
    assert "Hopes could be met if Alba believed 12 of “Borea: stakes, y” instead of 40; in truth it is 10." in said
    assert gap_sentences(replace(hopes, status="none_exists"))[0].startswith("No satisfactory deal exists (proved)")
    assert gap_figure(replace(hopes, status="none_exists")) is None


def test_critical_rows_are_the_flips(hinges):
    flips = [f for f in hinges.numbers if f.status == "flips"]
    rows = critical_rows(hinges)
    assert flips
    assert [(r["path"], r["flips_at"]) for r in rows] == [(f.path, f.flips_at) for f in flips]
    said = critical_sentences(hinges)
    assert said[0] == "As the numbers stand, a deal exists (minimal success)."
    assert f"Of {len(hinges.numbers)} numbers, each moved alone within its range, {len(flips)} change" in said[1]
    assert critical_figure(hinges, "r").png(scale=1).startswith(b"\x89PNG")


def test_nothing_flips(hinges):
    still = tuple(replace(f, status="no_flip_in_range", flips_at=None, distance=None) for f in hinges.numbers)
    quiet = replace(hinges, numbers=still)
    assert critical_figure(quiet) is None
    n = len(still)
    said = f"No single number, moved within its range, changes the verdict: {n} were tried."
    assert critical_sentences(quiet)[1] == said
    open_ = replace(hinges, numbers=(replace(still[0], status="undecided"), *still[1:]))
    assert said not in critical_sentences(open_)
    assert "1 could not be settled: at some value no deal was found, nor ruled out." in critical_sentences(open_)
    late = replace(hinges, numbers=(replace(still[0], status="undecided", late=True), *still[1:]))
    assert critical_sentences(late)[2:] == ("1 could not be settled in time.",)


def test_a_flip_that_is_perhaps_not_the_nearest_says_so(hinges):
    flip = next(f for f in hinges.numbers if f.status == "flips")
    said = critical_sentences(replace(hinges, numbers=(replace(flip, status="undecided", late=True),)))
    assert said[2].endswith("no deal is possible any more, perhaps nearer.")
    assert said[3] == "1 could not be settled in time."


def test_pages_of_gap_and_critical(hopes, hinges, tmp_path):
    for files, name in ((gap_files(hopes, PROVENANCE), "gap"), (critical_files(hinges, PROVENANCE), "critical")):
        paths = write_files(tmp_path / name, files)
        names = {p.relative_to(tmp_path / name).as_posix() for p in paths}
        assert {f"{name}.html", f"tables/{name}.csv"} | {f"figures/{name}.{k}" for k in ("png", "svg", "csv")} <= names
        page = Page((tmp_path / name / f"{name}.html").read_text(encoding="utf-8"))
        assert {name, f"figure-{name}", f"table-{name}"} <= set(page.ids)
        assert len(page.ids) == len(set(page.ids))
        assert not re.search(r"\b(NaN|nan|inf|None|undefined)\b", page.text)


def test_the_report_of_a_case_takes_both_in(bare, hopes, hinges, tmp_path):
    write_files(tmp_path, report_files(bare, PROVENANCE, gap=hopes, critical=hinges))
    page = Page((tmp_path / "report.html").read_text(encoding="utf-8"))
    order = [i for i in page.ids if i in ("verdict", "gap", "critical", "roadmap")]
    assert order == ["verdict", "gap", "critical", "roadmap"]
    assert {"#gap", "#critical"} <= set(page.links)
    assert {"gap", "critical"} <= set(figures(bare, gap=hopes, critical=hinges)) & set(
        tables(bare, gap=hopes, critical=hinges)
    )
    assert "gap" not in figures(bare)
    assert "gap" not in tables(bare)


# --- frontier --------------------------------------------------------------------------------------------------------


def test_stops_hold_every_point_and_every_mark(roadmaps):
    found = stops(roadmaps)
    assert [s.number for s in found] == list(range(1, len(found) + 1))
    assert {tuple(s.point.values.values()) for s in found} >= {tuple(p.values.values()) for p in roadmaps.points}
    assert sorted(r for s in found for r in s.rules) == sorted(roadmaps.marks)
    values = [s.point.values["a"] for s in found]
    assert values == sorted(values)


def test_marks_on_a_point_are_told_there(trade):
    found = stops(choices(trade))
    assert [s.chosen_by for s in found] == ["Utilitarian", "Nash and Kalai–Smorodinsky", ""]
    assert not any(s.beside for s in found)
    assert frontier_sentences(choices(trade))[0].startswith(
        "3 deals on the frontier between Alba and Borea: that is all"
    )
    assert [s.number for s in thinned(choices(trade, 100), 10)] == sorted({1, 51, *range(10, 101, 10)})


def test_the_figure_holds_every_stop(roadmaps):
    drawn = frontier_figure(roadmaps, "0123456789ab")
    assert len(drawn.rows) == len(stops(roadmaps))
    spec = json.dumps(drawn.spec())
    for label in ("Nash", "Kalai–Smorodinsky", "Egalitarian", "Utilitarian"):
        assert json.dumps(label)[1:-1] in spec
    assert "0123456789ab" in drawn.caption
    rows = list(csv.DictReader(io.StringIO(drawn.table.csv())))
    assert [float(r["value_a"]) for r in rows] == [r["value_a"] for r in frontier_rows(roadmaps)]
    assert frontier_figure(replace(roadmaps, points=(), marks={})) is None


def test_the_page_opens_every_point(roadmaps, trade, tmp_path):
    paths = write_files(tmp_path, frontier_files(roadmaps, PROVENANCE))
    page = Page((tmp_path / "frontier.html").read_text(encoding="utf-8"))
    found = stops(roadmaps)
    assert {f"point-{s.number}" for s in found} <= set(page.ids)
    assert {f"#point-{s.number}" for s in found} <= set(page.links)
    assert len(page.ids) == len(set(page.ids))
    assert {link[1:] for link in page.links if link.startswith("#")} <= set(page.ids)
    assert [address for address in page.loaded if not address.startswith("#")] == []
    assert page.handlers == []
    data = json.loads((tmp_path / "points.json").read_text(encoding="utf-8"))["points"]
    for entry in data:
        plan = Plan.read(trade, tmp_path / entry["plan"])
        verdict = check(trade, plan, success="minimal")
        assert verdict.satisfactory
        assert {p: verdict.values[p] for p in entry["values"]} == pytest.approx(entry["values"])
    assert {p.suffix for p in paths if p.parent.name == "figures"} == {".png", ".svg", ".csv"}


def test_outcomes_open_as_lists_of_measures(trade, tmp_path):
    write_files(tmp_path, frontier_files(choices(trade), PROVENANCE))
    page = Page((tmp_path / "frontier.html").read_text(encoding="utf-8"))
    assert "The outcome of a point" in page.text
    assert "Give way Pay" in page.text
    assert not (tmp_path / "plans").exists()
    data = json.loads((tmp_path / "points.json").read_text(encoding="utf-8"))["points"]
    assert [d["outcome"] for d in data] == [["give"], ["give", "pay"], ["give"]]


def test_no_frontier_has_a_page_too(trade, tmp_path):
    empty = Frontier(trade, Question(), "none_exists", (), {}, (), dict.fromkeys(("nash",)), {}, True, "")
    write_files(tmp_path, frontier_files(empty, PROVENANCE))
    page = Page((tmp_path / "frontier.html").read_text(encoding="utf-8"))
    assert "No satisfactory deal exists (proved), so there is no frontier." in page.text


# --- in a browser ----------------------------------------------------------------------------------------------------

CLICK = """<script>
document.addEventListener("chart", function (event) {
  var view = event.detail.view;
  setTimeout(function () {
    var marks = Array.prototype.slice.call(document.querySelectorAll("#chart-frontier .mark-symbol path"));
    var mark = marks.filter(function (m) { return m.__data__ && m.__data__.datum.stop === 1; })[0];
    var box = mark.getBoundingClientRect();
    var at = { bubbles: true, view: window, clientX: box.x + box.width / 2, clientY: box.y + box.height / 2 };
    ["mousedown", "mouseup", "click"].forEach(function (kind) { mark.dispatchEvent(new MouseEvent(kind, at)); });
    setTimeout(function () { document.title = "open " + location.hash + " ring " + view.signal("chosen"); }, 300);
  }, 300);
});
</script>"""


def shown_points(dom):
    return [
        n
        for n, attributes in re.findall(r'<section class="point" id="point-(\d+)"([^>]*)>', dom)
        if "hidden" not in attributes
    ]


@pytest.mark.browser
def test_a_click_on_a_point_opens_its_roadmap(chromium, roadmaps, tmp_path):
    write_files(tmp_path, frontier_files(roadmaps, PROVENANCE))
    page = tmp_path / "frontier.html"
    nash = next(str(s.number) for s in stops(roadmaps) if "nash" in s.rules)
    first = chromium.dom(page)
    assert shown_points(first) == [nash]
    assert chromium.console(page) == []
    text = page.read_text(encoding="utf-8")
    page.write_text(text.replace("</main>", f"</main>{CLICK}", 1), encoding="utf-8")
    clicked = chromium.dom(page)
    assert shown_points(clicked) == ["1"]
    assert "<title>open #point-1 ring 1</title>" in clicked
    assert re.search(r'<tr data-point="1" class="chosen">', clicked)


@pytest.mark.browser
def test_a_link_from_the_table_opens_it_too(chromium, roadmaps, tmp_path):
    write_files(tmp_path, frontier_files(roadmaps, PROVENANCE))
    page = tmp_path / "frontier.html"
    text = page.read_text(encoding="utf-8")
    press = (
        '<script>window.addEventListener("load", function () { document.querySelector("#table-frontier a").click(); });'
    )
    page.write_text(text.replace("</main>", f"</main>{press}</script>", 1), encoding="utf-8")
    assert shown_points(chromium.dom(page)) == ["1"]
