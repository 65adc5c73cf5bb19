"""The page says all that it should, whatever the case lacks, loads nothing from elsewhere, and runs nobody's text."""

from __future__ import annotations

import json
import re

import pytest

from detente.report.assessment.tables import tables
from detente.report.kit.files import write_files
from detente.report.kit.page import script_json, shown
from detente.report.write import report_files
from tests.report.conftest import FINDINGS, NASTY, PROVENANCE
from tests.report.page import Page

SECTIONS = [
    "verdict",
    "roadmap",
    "values",
    "temptation",
    "exposure",
    "verification",
    "progress",
    "success",
    "demands",
    "words",
    "assumptions",
    "findings",
    "reading",
    "inputs",
    "provenance",
]
CASES = ["everything", "starter", "bare", "nothing", "stopped"]


@pytest.fixture(scope="module")
def written(tmp_path_factory, request):
    """Each assessment's report, written once."""
    done = {}

    def write(name):
        if name not in done:
            folder = tmp_path_factory.mktemp(name)
            findings = FINDINGS if name == "everything" else ()
            paths = write_files(folder, report_files(request.getfixturevalue(name), PROVENANCE, findings))
            done[name] = (folder, paths, (folder / "report.html").read_text(encoding="utf-8"))
        return done[name]

    return write


@pytest.mark.parametrize("name", CASES)
def test_every_section_is_present(written, name):
    page = Page(written(name)[2])
    assert [i for i in page.ids if i in SECTIONS] == SECTIONS
    assert len(page.ids) == len(set(page.ids))
    anchors = [link[1:] for link in page.links if link.startswith("#")]
    assert set(anchors) <= set(page.ids)


@pytest.mark.parametrize("name", CASES)
def test_nothing_comes_from_elsewhere(written, name):
    text = written(name)[2]
    page = Page(text)
    assert [address for address in page.loaded if not address.startswith("#")] == []
    assert not {"iframe", "object", "embed", "link", "img", "base"} & set(page.tags)
    assert "@import" not in text
    assert re.findall(r"url\((?!#)[^)]*", text.partition("<script>")[0]) == []
    style = re.search(r"<style>(.*?)</style>", text, re.DOTALL)[1]
    assert "http" not in style


@pytest.mark.parametrize("name", CASES)
def test_no_number_is_broken(written, name):
    text = Page(written(name)[2]).text
    assert not re.search(r"\b(NaN|nan|[Ii]nf(inity)?|None|undefined)\b(?! exists)", text)


def test_every_measure_of_the_plan_appears(written, everything):
    text = Page(written("everything")[2]).text
    for m, entry in everything.plan.entry.items():
        assert " ".join((everything.dossier.measures[m].title or m).split()) in text
        assert entry is None or f"{entry.day} " in text
    assert "Not in the plan: Surrender." in text


def test_every_table_s_cells_are_on_the_page(written, everything):
    text = Page(written("everything")[2]).text
    for name, table in tables(everything, FINDINGS).items():
        for row in shown(table):
            for _, said in row:
                assert " ".join(said.split()) in text or name == "inputs", (name, said)


def test_text_stays_text(written):
    """Titles hold script elements, quotes, comments and template signs; none of them does anything."""
    text = written("everything")[2]
    page = Page(text)
    assert NASTY in page.text
    assert not [s for s in page.scripts if s.strip() == "alert(1)"]
    assert page.handlers == []
    assert "b" not in page.tags
    assert "<em>failed</em>" not in text


def test_chart_data_cannot_end_its_script(written):
    page = Page(written("everything")[2])
    specs = [s for s in page.scripts if s.lstrip().startswith("{")]
    assert len(specs) == 7
    for spec in specs:
        assert "vega-lite" in json.loads(spec)["$schema"]
        assert not set("<>&") & set(spec)
    assert json.loads(script_json({"a": NASTY})) == {"a": NASTY}


def test_sources_are_plain_links(written):
    links = [link for link in Page(written("everything")[2]).links if not link.startswith("#")]
    assert set(links) == {"https://example.org/money", "https://example.org/memo?a=1&b=<2>"}


def test_charts_are_there_twice(written):
    """Drawn, for paper and where scripts are off; and as data, for the live chart."""
    page = Page(written("everything")[2])
    for name in ("roadmap", "values", "temptation", "exposure", "detection", "progress", "interests"):
        assert f"figure-{name}" in page.ids
        assert f"chart-{name}" in page.ids
    assert page.tags.count("svg") == page.tags.count("figure") == page.tags.count("figcaption") == 7


def test_captions_and_provenance_name_the_run(written):
    text = Page(written("everything")[2]).text
    assert text.count("run 0123456789ab") >= 8
    for said in ("sha256:feed", "options.gap", "0.005", "versions.detente"):
        assert said in text


HEADLINES = {
    "everything": "A deal that meets minimal success exists and would be kept",
    "starter": "A deal that meets full success exists and would be kept",
    "bare": "A deal exists and would be kept",
    "nothing": "this was proved, not merely not found",
    "stopped": "none was ruled out: the search stopped at its limit",
}


@pytest.mark.parametrize("name", CASES)
def test_the_headline_names_its_level_and_its_status(written, name):
    text = Page(written(name)[2]).text
    assert HEADLINES[name] in text


SAID = {
    "everything": [
        "No satisfactory deal meets full success (proved).",
        "No satisfactory deal meets all opening positions together (proved).",
        "The most dangerous moment",
        "a margin of",
        "not read by the solver",
        "What nobody minds goes on, and so does all that does not answer to the breaker",
        "What this rests on",
        "The thinnest margin is ",
        "It is no longer kept once a party is this likely to walk out within a year: ",
        "that secret cheating does not pay there, or to leave there after it, is not proved",
        "said in the corridor",
        "nothing moves",
        "case.yaml:3:5",
        "Recorded in the dossier, not used by this answer: 3 prices of demands, 1 level on a course that no condition "
        "bounds and 1 bound in a preference.",
        "computed at the point values",
    ],
    "bare": [
        "The dossier names no level of success",
        "No party states a limit",
        "The dossier states no demands.",
        "The checks found nothing to complain of.",
        "no course of any interest",
        "The dossier does not say what would count as success.",
    ],
    "nothing": [
        "There is no plan to show",
        "No plan, so nothing to keep or break.",
        "No: none exists, proved",
        "nothing about why",
    ],
    "stopped": ["Undecided", "none found, none ruled out", "none found, none ruled out, bound 12.5"],
}


@pytest.mark.parametrize("name", SAID)
def test_what_is_said(written, name):
    text = Page(written(name)[2]).text
    assert [said for said in SAID[name] if said not in text] == []


def test_what_overlays_change_stands_under_the_title(bare, tmp_path):
    from dataclasses import replace

    from detente.dossier import apply

    changed = apply(bare.dossier, {"parties.a.stakes.x": 2}, name="set parties.a.stakes.x")
    changed = apply(changed, {"parties.a.stakes.x": 3, "measures.do.title": "<Do>"}, name="scenario thaw")
    write_files(tmp_path, report_files(replace(bare, dossier=changed), PROVENANCE))
    text = Page((tmp_path / "report.html").read_text(encoding="utf-8")).text
    assert "With: parties.a.stakes.x = 2 With: scenario thaw (parties.a.stakes.x = 3; measures.do.title = <Do>)" in text


def test_steps_on_the_last_date_of_the_grid_are_named(bare):
    from dataclasses import replace

    from detente.model.plan import Plan
    from detente.report.roadmap.steps import on_last_date

    late = replace(bare, plan=Plan({"do": bare.dossier.grid.dates[-1]}))
    assert on_last_date(late).startswith("1 step falls on the last date of the grid (1 Jan 2025);")
    assert on_last_date(replace(bare, plan=Plan({"do": bare.dossier.start}))) == ""


def test_history_stands_apart_and_only_where_there_is_one(written):
    assert "history" in Page(written("everything")[2]).ids
    assert "history" not in Page(written("bare")[2]).ids


def test_a_page_without_charts_carries_no_chart_program(written):
    assert len(written("nothing")[2]) < 100_000 < len(written("bare")[2])


def test_files(written, everything):
    folder, paths, _ = written("everything")
    assert sorted(paths) == sorted(p for p in folder.rglob("*") if p.is_file())
    names = {p.relative_to(folder).as_posix() for p in paths}
    for figure in ("roadmap", "temptation", "exposure", "values", "detection", "progress", "interests"):
        assert {f"figures/{figure}.{kind}" for kind in ("png", "svg", "csv")} <= names
    for name, table in tables(everything, FINDINGS).items():
        assert (folder / "tables" / f"{name}.csv").read_bytes().decode("utf-8-sig") == table.csv()
    plans = {name for name in names if name.startswith("plan-")}
    assert plans == {"plan-openings-east.json", "plan-minimal.json"}
    saved = json.loads((folder / "plan-minimal.json").read_text(encoding="utf-8"))
    assert saved == json.loads(json.dumps(everything.plan.to_dict()))
    assert (folder / "figures" / "values.png").read_bytes().startswith(b"\x89PNG")


def test_no_plan_no_figures(written):
    folder, paths, _ = written("nothing")
    assert not (folder / "figures").exists()
    assert not [p for p in paths if p.name.startswith("plan-")]


def test_charts_that_nobody_draws_load_no_library_that_draws():
    import subprocess
    import sys

    code = "import sys, detente.report.assessment.charts; print('altair' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.strip() == "False"
