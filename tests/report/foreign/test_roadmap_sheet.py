"""A roadmap in a spreadsheet loses nothing, runs nothing, and what people break in it is named by its cell."""

from __future__ import annotations

import csv
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import Workbook, load_workbook

from detente.dossier.schema import Dossier
from detente.errors import DossierError
from detente.model.judge.check import check
from detente.model.plan import Plan, complete
from detente.report.foreign.roadmap_reading import read_roadmap
from detente.report.foreign.roadmap_sheet import roadmap_sheets, write_roadmap
from tests.report.foreign.case import DOSSIER, PLAN, THIRD
from tests.report.foreign.conftest import Designed
from tests.strategies import dossiers, plans

PLACES = ("x.xlsx", "x.csv", "folder")


def written(folder: Path, name: str = "x.xlsx", dossier: Dossier = DOSSIER, plan: Plan = PLAN) -> Path:
    write_roadmap(dossier, plan, check(dossier, plan), folder / name, {"run": "0123", "options": {"gap": 0.005}})
    return folder / name


@pytest.mark.parametrize("name", PLACES)
def test_korea_there_and_back(korea: Designed, tmp_path: Path, name: str) -> None:
    dossier, plan, verdict = korea
    files = write_roadmap(dossier, plan, verdict, tmp_path / "deep" / name)
    assert all(f.is_file() for f in files)
    assert read_roadmap(dossier, tmp_path / "deep" / name) == complete(dossier, plan)


@pytest.mark.parametrize("name", PLACES)
def test_parts_and_what_is_done_already_come_back(tmp_path: Path, name: str) -> None:
    assert PLAN.share["scrap"][0][1] == THIRD
    assert read_roadmap(DOSSIER, written(tmp_path, name)) == PLAN


@settings(max_examples=40)
@given(st.data())
def test_a_round_trip_loses_nothing(tmp_path_factory: pytest.TempPathFactory, data: st.DataObject) -> None:
    dossier = data.draw(dossiers(divisible=True))
    plan = data.draw(plans(dossier))
    folder = tmp_path_factory.mktemp("sheet")
    file = written(folder, data.draw(st.sampled_from(PLACES)), dossier, plan)
    assert read_roadmap(dossier, file) == complete(dossier, plan)


# --- what people see ----------------------------------------------------------------------------------------------


def test_the_steps_in_order() -> None:
    table = roadmap_sheets(DOSSIER, PLAN, check(DOSSIER, PLAN))["Roadmap"]
    rows = [dict(zip(table.columns, row, strict=True)) for row in table.rows]
    assert [(r["measure"], r["date"], r["month"], r["part in force"]) for r in rows] == [
        ("meet", date(2023, 5, 1), -9, 1.0),
        ("survey", date(2023, 8, 31), -5, 1.0),
        ("release", date(2024, 4, 30), 3, 1.0),
        ("scrap", date(2024, 7, 31), 6, THIRD),
        ("scrap", date(2024, 10, 31), 9, 0.5),
        ("scrap", date(2025, 1, 31), 12, 1.0),
    ]
    release = rows[2]
    assert release["verified on"] == date(2024, 6, 30)
    assert release["verified by"] == "Gauge, Ltd"
    assert release["phase"] == "First"
    assert rows[0]["who"] == "=Up and Down"
    assert rows[3]["needs"] == "+Release water (verified)"
    assert rows[1]["verified on"] == date(2024, 8, 31)


def test_the_other_sheets_say_what_check_says(korea: Designed) -> None:
    dossier, plan, verdict = korea
    sheets = roadmap_sheets(dossier, plan, verdict, {"run": "0123", "title": "no other title", "options": {"a": 1}})
    assert list(sheets) == ["Roadmap", "Values", "Conditions", "Progress", "Provenance"]
    names = {body.name or p: p for p, body in dossier.parties.items()}
    assert {names[str(r[0])]: r[2] for r in sheets["Values"].rows} == {
        p: v for p, v in verdict.values.items() if dossier.parties[p].discount is not None
    }
    assert [r[8] for r in sheets["Conditions"].rows] == [s.slack for s in verdict.slacks]
    said = {row[0]: row[1] for row in sheets["Provenance"].rows}
    assert said["title"] == dossier.title
    assert said["run"] == "0123"
    assert said["options"] == '{"a": 1}'
    assert str(said["dossier"]).startswith("sha256:")


def test_progress_by_date() -> None:
    """By hand: parts of scrap count as verified at once; release may run 20 % ahead of it."""
    table = roadmap_sheets(DOSSIER, PLAN, check(DOSSIER, PLAN))["Progress"]
    assert table.columns == (
        "date",
        "disarmament: verified",
        "step by step: in force",
        "step by step: allowed",
    )
    assert [(row[0], *map(pytest.approx, row[1:])) for row in table.rows] == [
        (date(2024, 1, 31), 0.0, 0.0, 0.2),
        (date(2024, 4, 30), 0.0, 1.0, 0.2),
        (date(2024, 7, 31), 0.3, 1.0, 0.5),
        (date(2024, 10, 31), 0.5, 1.0, 0.7),
        (date(2025, 1, 31), 1.0, 1.0, 1.0),
    ]


def test_a_workbook_is_made_for_people(tmp_path: Path) -> None:
    book = load_workbook(written(tmp_path))
    sheet = book["Roadmap"]
    assert sheet.freeze_panes == "A2"
    assert sheet["A2"].value == datetime(2023, 5, 1)
    assert sheet["A2"].is_date
    assert sheet["A1"].font.bold
    assert sheet["E6"].number_format == "0.##%"
    assert all(7 < d.width <= 50 for d in sheet.column_dimensions.values())
    assert isinstance(book["Values"]["C2"].value, float)


def test_nothing_runs_as_a_formula(tmp_path: Path) -> None:
    book = load_workbook(written(tmp_path))
    cells = [c for sheet in book for row in sheet.iter_rows() for c in row]
    assert not any(c.data_type == "f" for c in cells)
    dangerous = [c for c in cells if isinstance(c.value, str) and c.value.startswith(("=", "+"))]
    assert {"=Up", "+Release water", "=Up and Down"} <= {c.value for c in dangerous}
    assert all(c.quotePrefix for c in dangerous)
    for file in (written(tmp_path, "x.csv"), *written(tmp_path, "folder").iterdir()):
        with file.open(encoding="utf-8-sig", newline="") as stream:
            texts = [cell for row in csv.reader(stream) for cell in row]
        assert not any(t.startswith(("=", "+", "@")) for t in texts)
        assert not any(t.startswith("-") and not t[1:].replace(".", "").replace("e-", "").isdigit() for t in texts)


def test_control_characters_and_old_dates_do_no_harm(tmp_path: Path) -> None:
    state = {"meet": {"since": "1850-01-01"}}
    dossier = Dossier.model_validate(
        {**DOSSIER.document, "title": "bell \x07 rings", "state": {"in_force": state}, "success": {}}
    )
    plan = complete(dossier, Plan({"release": date(2024, 4, 30)}))
    file = written(tmp_path, dossier=dossier, plan=plan)
    assert load_workbook(file)["Roadmap"]["A2"].value == "1850-01-01"
    assert read_roadmap(dossier, file) == plan


# --- what people change -------------------------------------------------------------------------------------------


def edited(folder: Path, change: Callable[[Any], None]) -> Path:
    file = written(folder)
    book = load_workbook(file)
    change(book["Roadmap"])
    book.save(file)
    return file


def test_a_date_that_is_moved_is_read(tmp_path: Path) -> None:
    """Release is on row 4; notes and new rows are welcome."""

    def change(sheet: Any) -> None:
        sheet["A4"] = datetime(2024, 10, 31)
        sheet["D4"] = "whatever"
        sheet.append(["2025-01-31", *[None] * 11, "never"])
        sheet.append([None, None, "a note to myself"])

    plan = read_roadmap(DOSSIER, edited(tmp_path, change))
    assert plan.entry["release"] == date(2024, 10, 31)
    assert plan.entry["never"] == date(2025, 1, 31)
    assert plan.share == PLAN.share


def test_a_csv_with_the_least_columns_is_enough(tmp_path: Path) -> None:
    """A divisible measure with a date alone rises at full pace; parts may be in per cent."""
    file = tmp_path / "least.csv"
    file.write_text("Measure,Date\nrelease,2024-04-30\nscrap,2024-10-31\nnever,\n", encoding="utf-8")
    assert read_roadmap(DOSSIER, file) == complete(
        DOSSIER, Plan({"release": date(2024, 4, 30), "scrap": date(2024, 10, 31)})
    )
    file.write_text("measure,date,part in force\nscrap,2024-10-31,25 %\nscrap,2025-01-31,0.5\n", encoding="utf-8")
    assert read_roadmap(DOSSIER, file).share == {"scrap": ((date(2024, 10, 31), 0.25), (date(2025, 1, 31), 0.5))}


@pytest.mark.parametrize("between", [";", "\t"])
def test_a_csv_in_any_manner_is_the_same_plan(tmp_path: Path, between: str) -> None:
    """Decimal commas, a line sep= and upper case in the name of the file."""
    text = "Measure,Date,Part in force\nscrap,2024-10-31,0.25\nscrap,2025-01-31,50 %\n"
    (tmp_path / "plan.csv").write_text(text, encoding="utf-8")
    (tmp_path / "other.CSV").write_text(
        f"sep={between}\n" + text.replace(",", between).replace(".", ","), encoding="utf-16"
    )
    assert read_roadmap(DOSSIER, tmp_path / "other.CSV") == read_roadmap(DOSSIER, tmp_path / "plan.csv")


WRONG: list[tuple[str, list[tuple[str, Any]], list[tuple[str, str]]]] = [
    ("a date that is none", [("A4", "soon")], [("plan.date", "Roadmap!A4: expected a date")]),
    ("a formula", [("A4", "=TODAY()")], [("sheets.cell", "Roadmap!A4: this is a formula")]),
    ("a measure that is none", [("M4", "releas")], [("plan.measure", "Roadmap!M4: the dossier has no measure")]),
    ("no measure", [("M4", None)], [("sheets.cell", "Roadmap!M4: this row has no measure")]),
    ("a part that is none", [("E6", "much")], [("sheets.cell", "Roadmap!E6: expected how much")]),
    ("a part of more than all", [("E5", 3)], [("plan.share", "Roadmap!E5: a cumulative share")]),
    ("a part of what has none", [("E4", 0.5)], [("plan.share", "Roadmap!E4: 'release' does not come in parts")]),
    ("a second row", [("M5", "release")], [("plan.share", "Roadmap!M5: 'release' has another row already, 4")]),
    ("no column", [("M1", "thing")], [("sheets.cell", "Roadmap!A1: there is no column 'measure'")]),
    (
        "two things",
        [("A4", "soon"), ("M3", "surveys"), ("E6", "much")],
        [("sheets.cell", "Roadmap!E6"), ("plan.measure", "Roadmap!M3"), ("plan.date", "Roadmap!A4")],
    ),
]


@pytest.mark.parametrize(("cells", "expected"), [w[1:] for w in WRONG], ids=[w[0] for w in WRONG])
def test_mistakes_are_named_by_cell(
    tmp_path: Path, cells: list[tuple[str, Any]], expected: list[tuple[str, str]]
) -> None:
    def change(sheet: Any) -> None:
        for place, value in cells:
            sheet[place] = value

    file = edited(tmp_path, change)
    with pytest.raises(DossierError) as caught:
        read_roadmap(DOSSIER, file)
    found = [(f.code, f.message) for f in caught.value.findings]
    for code, message in expected:
        assert any(c == code and m.startswith(message) for c, m in found), found
    assert all(f.file == str(file) and f.severity == "error" for f in caught.value.findings)


def test_what_is_no_roadmap(tmp_path: Path) -> None:
    text, book = tmp_path / "x.xlsx", Workbook()
    text.write_text("no workbook", encoding="utf-8")
    book.create_sheet("Other")
    book.save(tmp_path / "other.xlsx")
    (tmp_path / "empty.csv").write_text("", encoding="utf-8")
    (tmp_path / "folder").mkdir()
    for name in ("x.xlsx", "other.xlsx", "empty.csv", "folder", "absent.csv"):
        with pytest.raises(DossierError):
            read_roadmap(DOSSIER, tmp_path / name)
