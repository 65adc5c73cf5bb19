"""Measurements in files: what is good is read whole, what is bad comes back as Findings with line and remedy."""

from __future__ import annotations

import csv
import io
import math
import re
import zipfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import Workbook

from detente.verify.balance.area import Remeasured
from detente.verify.balance.closing import close_balance
from detente.verify.balance.files import COLUMNS, MOST_FINDINGS, practice_area, read_area
from tests.verify.test_balance import numbers

GOOD = """\
period,location,kind,amount_kg,random_sd,systematic_sd,instrument,calibration,items,id
0,store,inventory,20,1 %,0.5 %,monitor,a,,
1,store,inventory,20.5,0.01,0.005,monitor,a,,
2,store,inventory,19.8,0.01,0.005,monitor,a,,
1,receipts,input,10.2,0.004,0.003,scale,a,4,R1
2,receipts,input,9.9,0.004,0.003,scale,a,4,R2
1,product,output,9.6,0.004,0.003,scale,a,4,P1
2,product,output,10.4,0.004,0.003,scale,a,4,P2
"""
DATED = """\
date;kp;kind;gross_kg;assay;amount_kg;random_sd;systematic_sd;_remark
2018-06-30;store;inventory;;;20;0.01;0.005;opening
2018-07-01;receipts;input;12;85 %;;0.004;0.003;
2018-07-31;receipts;input;4;0.5;2;0.004;0.003;the day of the inventory
2018-07-31;store;inventory;;;32.2;0.01;0.005;
2018-08-01;product;output;;;10;0.004;0.003;
2018-08-31;store;inventory;;;22.1;0.01;0.005;
"""


def written(folder: Path, text: str, name: str = "area.csv") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def codes(folder: Path, text: str) -> list[tuple[str, int | None]]:
    area, findings = read_area(written(folder, text))
    assert all(f.message and (f.file or "").endswith("area.csv") for f in findings)
    assert (area is None) == any(f.severity == "error" for f in findings)
    return [(f.code, f.line) for f in findings]


def test_a_good_file(tmp_path):
    area, findings = read_area(written(tmp_path, GOOD))
    assert findings == ()
    assert area.periods == ("1", "2")
    assert area.title == "area"
    first = area.measurements[0]
    assert (first.random, first.systematic, first.items, first.line) == (0.01, 0.005, 1, 2)
    assert area.measurements[3].items == 4
    assert area.muf == pytest.approx([20 + 10.2 - 9.6 - 20.5, 20.5 + 9.9 - 10.4 - 19.8])
    assert read_area(written(tmp_path, GOOD), opening_is_known=True)[0].opening_is_known


def test_dates_and_assays(tmp_path):
    """The day of an inventory belongs to the period that it ends; amounts come from gross and assay."""
    area, findings = read_area(written(tmp_path, DATED))
    assert findings == ()
    assert area.periods == ("2018-07-31", "2018-08-31")
    assert area.muf == pytest.approx([20 + 10.2 + 2 - 32.2, 32.2 - 10 - 22.1])


@pytest.mark.parametrize("between", [";", "\t"])
def test_other_separators(tmp_path, between):
    area, _ = read_area(written(tmp_path, GOOD.replace(",", between)))
    assert area.measurements == read_area(written(tmp_path, GOOD))[0].measurements


AGAIN = "inspector_kg,inspector_random_sd,inspector_systematic_sd,inspector_instrument"


def with_inspector(cells: str) -> str:
    """GOOD, of whose second inventory an inspector says this."""
    head, *rows = GOOD.splitlines()
    told = [row + ("," + cells if i == 1 else ",,,,") for i, row in enumerate(rows)]
    return "\n".join([f"{head},{AGAIN}", *told]) + "\n"


def test_what_an_inspector_measured(tmp_path):
    area, findings = read_area(written(tmp_path, with_inspector("20.1,2 %,0.01,counter")))
    assert findings == ()
    assert area.measurements[1].again == Remeasured(20.1, 0.02, 0.01, "counter")
    assert [m.again for m in area.measurements if m.line != 3] == [None] * 6


@pytest.mark.parametrize(
    ("cells", "code"),
    [
        (",0.02,0.01,counter", "balance.missing"),
        ("20.1,,0.01,counter", "balance.missing"),
        ("20.1,0.02,,counter", "balance.missing"),
        ("-1,0.02,0.01,", "balance.negative"),
        ("nan,0.02,0.01,", "balance.number"),
        ("20.1,2,0.01,", "balance.unit"),
        ("20.1,0.02,-0.01,", "balance.negative"),
        ("20100,0.02,0.01,", "balance.unit"),
        (f"20.1,0.02,0.01,{'x' * 99}", "balance.name"),
    ],
)
def test_what_is_wrong_with_an_inspectors_measurement(tmp_path, cells, code):
    assert codes(tmp_path, with_inspector(cells)) == [(code, 3)]


def test_a_time_of_day_is_left_out(tmp_path):
    for time in ("T10:30", " 10:30:59", "T10:30:59.5"):
        area, _ = read_area(written(tmp_path, DATED.replace("2018-08-01", "2018-08-01" + time)))
        assert area.measurements == read_area(written(tmp_path, DATED))[0].measurements


def test_a_workbook_reads_as_its_csv(tmp_path):
    book = Workbook()
    book.active.title = "_notes"
    book.active.append(["anything"])
    sheet = book.create_sheet("measurements")
    for row in csv.reader(io.StringIO(GOOD)):
        sheet.append([float(c) if c.replace(".", "", 1).isdigit() else c or None for c in row])
    book.save(tmp_path / "area.xlsx")
    area, findings = read_area(tmp_path / "area.xlsx")
    assert findings == ()
    assert area.measurements == read_area(written(tmp_path, GOOD))[0].measurements


def test_dates_of_a_workbook(tmp_path):
    from datetime import date, datetime

    book = Workbook()
    for row in csv.reader(io.StringIO(DATED), delimiter=";"):
        day = datetime.fromisoformat(row[0]) if row[0] != "date" else row[0]
        book.active.append([day if row[1] != "store" or row[0] == "date" else date.fromisoformat(row[0]), *row[1:]])
    book.save(tmp_path / "area.xlsx")
    area, findings = read_area(tmp_path / "area.xlsx")
    assert findings == ()
    assert area.measurements == read_area(written(tmp_path, DATED))[0].measurements


def test_the_practice_area_is_whole():
    area = practice_area()
    assert len(area.periods) == 12
    assert {m.location for m in area.measurements} == {"vault", "process", "receipts", "product", "waste"}


HEAD = GOOD.splitlines()[0]
ASSAYED = "period,location,kind,gross_kg,assay,amount_kg,random_sd,systematic_sd"


@pytest.mark.parametrize(
    ("text", "code", "line"),
    [
        ("", "balance.empty", None),
        (HEAD + "\n", "balance.empty", None),
        (GOOD.replace("10.2", "-10.2"), "balance.negative", 5),
        (GOOD.replace("10.2", "nan"), "balance.number", 5),
        (GOOD.replace("10.2", "inf"), "balance.number", 5),
        (GOOD.replace("10.2", "1e99"), "balance.unit", 5),
        (GOOD.replace("10.2", "1_0"), "balance.number", 5),
        (GOOD.replace("10.2", "10.2 kg"), "balance.unit", 5),
        (GOOD.replace("10.2", '"10,2"'), "balance.number", 5),
        (GOOD.replace("10.2", ""), "balance.missing", 5),
        (GOOD.replace("1,receipts,input", "1,receipts,inputt"), "balance.kind", 5),
        (GOOD.replace("1,receipts,input", "1,receipts,"), "balance.missing", 5),
        (GOOD.replace("1,receipts,input", "1,,input"), "balance.missing", 5),
        (GOOD.replace("1,receipts,input", "0,receipts,input"), "balance.period", 5),
        (GOOD.replace("1,receipts,input", "-1,receipts,input"), "balance.number", 5),
        (GOOD.replace("1,receipts,input", "1000,receipts,input"), "balance.number", 5),
        (GOOD.replace("10.2,0.004", "10.2,4"), "balance.unit", 5),
        (GOOD.replace("10.2,0.004", "10.2,-0.004"), "balance.negative", 5),
        (GOOD.replace("10.2,0.004", "10.2,1e-12"), "balance.zero_variance", 5),
        (GOOD.replace("10.2,0.004", "10.2,"), "balance.missing", 5),
        (GOOD.replace("a,4,R1", "a,0,R1"), "balance.number", 5),
        (GOOD.replace("R2", "R1"), "balance.repeated", 6),
        (GOOD.replace("2,store,inventory,19.8,0.01,0.005,monitor,a,,\n", ""), "balance.missing_inventory", 2),
        (GOOD.replace("amount_kg", "amount_g"), "balance.unit", 1),
        (GOOD.replace("amount_kg", "amont_kg"), "balance.column", 1),
        (GOOD.replace("period,", "day,"), "balance.column", 1),
        (GOOD.replace("period,location", "location,location"), "balance.column", 1),
        (GOOD.replace("R1\n", "R1,left over\n"), "balance.column", 5),
        (GOOD.replace("id\n", 'id\n"unclosed'), "balance.file", None),
        (f"{ASSAYED}\n1,r,input,10,1.2,,0.01,0\n", "balance.assay", 2),
        (f"{ASSAYED}\n1,r,input,10,0.5,6,0.01,0\n", "balance.assay", 2),
        (f"{ASSAYED}\n1,r,input,10,,12,0.01,0\n", "balance.assay", 2),
        (f"{ASSAYED}\n1,r,input,10,,,0.01,0\n", "balance.missing", 2),
        (f"{ASSAYED}\n0,s,inventory,,,1,0.01,0\n", "balance.period", None),
        (DATED.replace("2018-08-01", "2018-09-01"), "balance.period", 6),
        (DATED.replace("2018-08-01", "2018-06-30"), "balance.period", 6),
        (DATED.replace("2018-08-01", "01.08.2018"), "balance.date", 6),
        (DATED.replace("2018-08-01", ""), "balance.missing", 6),
        (DATED.replace("2018-08-01", "2018-08-011"), "balance.date", 6),
        (DATED.replace("2018-08-01", "2018-08-01?"), "balance.date", 6),
        (GOOD.replace("10.2", "=10+0.2"), "balance.number", 5),
        (GOOD.replace("1,receipts", "1,rece\0ipts"), "balance.name", 5),
        (GOOD.replace("R1", "R" * 100), "balance.name", 5),
        (GOOD.replace("10.2,0.004", "10.2,0.4"), "balance.unit", 5),
        (GOOD + "3\n", "balance.missing", 9),
        (DATED.replace("inventory", "input"), "balance.period", None),
    ],
)
def test_what_is_wrong_is_named_by_line(tmp_path, text, code, line):
    found = codes(tmp_path, text)
    assert (code, line) in found, found
    assert len(found) <= 2 or text.endswith("\n3\n"), "one mistake, one finding"


def test_all_mistakes_come_at_once(tmp_path):
    bad = GOOD.replace("input", "inputs").replace("20.5", "-20.5")
    assert len(codes(tmp_path, bad)) == 3


EUROPEAN = GOOD.replace(",", ";").replace(".", ",")


@pytest.mark.parametrize("between", [";", "\t"])
def test_decimal_commas_where_commas_do_not_part_cells(tmp_path, between):
    area, findings = read_area(written(tmp_path, EUROPEAN.replace(";", between)))
    assert findings == ()
    assert [m.amount_kg for m in area.measurements] == [20, 20.5, 19.8, 10.2, 9.9, 9.6, 10.4]
    assert area.measurements[0].systematic == 0.005


@pytest.mark.parametrize(
    ("text", "count"),
    [
        (EUROPEAN.replace("20,5", "20.5"), 18),
        (EUROPEAN.replace("20,5", "1.020,5"), 19),
        (EUROPEAN.replace("20,5", "1,020,500"), 19),
        (f"{HEAD[:54]}\n1,a,input,1'020,1 %,1 %\n1,b,input,2'500,1 %,1 %\n".replace(",", ";").replace("'", ","), 2),
    ],
)
def test_commas_that_can_mean_thousands_are_one_finding(tmp_path, text, count):
    area, (finding,) = read_area(written(tmp_path, text))
    assert area is None
    assert finding.message.endswith(f"; {count} cells have such a comma")
    assert finding.remedy == "write a decimal point, and nothing between thousands"


@pytest.mark.parametrize("name", ["Amount (kg)", "amount [kg]", "AMOUNT_KG", "amount kg"])
def test_a_unit_in_the_name_of_a_column(tmp_path, name):
    area, findings = read_area(written(tmp_path, GOOD.replace("amount_kg", name)))
    assert findings == ()
    assert area.measurements[0].amount_kg == 20


@pytest.mark.parametrize("name", ["Inspector (kg)", "inspector amount [kg]"])
def test_a_unit_in_the_name_of_what_an_inspector_found(tmp_path, name):
    text = GOOD.replace("id\n", f"id,{name},inspector_random_sd,inspector_systematic_sd\n")
    area, _ = read_area(written(tmp_path, text.replace("a,4,R1", "a,4,R1,10.1,1 %,0")))
    assert area.measurements[3].again == Remeasured(10.1, 0.01, 0.0)


@pytest.mark.parametrize("wrong", ["nan", "abc"])
def test_what_is_no_number_is_to_be_one(tmp_path, wrong):
    _, (finding,) = read_area(written(tmp_path, GOOD.replace("10.2", wrong)))
    assert finding.remedy == "write a number"


def test_a_row_that_stands_twice(tmp_path):
    """Without an id it can be meant: both lines are named, and both counted."""
    row = "1,waste,output,0.3,0.01,0.005,scale,a,,\n"
    area, findings = read_area(written(tmp_path, GOOD + row + row))
    finding = next(f for f in findings if f.code == "balance.repeated")
    assert (finding.code, finding.severity, finding.line) == ("balance.repeated", "warning", 10)
    assert finding.message == "line 10 says the same as line 9: both are counted"
    assert len(area.measurements) == 9


def test_a_workbook_whose_cells_lack_references(tmp_path):
    book = Workbook()
    for cells in csv.reader(io.StringIO(GOOD)):
        book.active.append(cells)
    book.save(tmp_path / "whole.xlsx")
    with zipfile.ZipFile(tmp_path / "whole.xlsx") as whole, zipfile.ZipFile(tmp_path / "area.xlsx", "w") as bare:
        for name in whole.namelist():
            bare.writestr(name, re.sub(rb'<c r="[A-Z]+\d+"', b"<c", whole.read(name)))
    assert read_area(tmp_path / "area.xlsx")[0].measurements == read_area(tmp_path / "whole.xlsx")[0].measurements


def test_no_flood_of_findings(tmp_path):
    _, findings = read_area(written(tmp_path, HEAD + "\n" + "1,x,input,-1,0,0,,,,\n" * 500))
    assert len(findings) == MOST_FINDINGS + 1
    assert findings[-1].message == "and 400 more"


@pytest.mark.parametrize("name", ["none.csv", "none.xlsx"])
def test_a_file_that_is_not_there(tmp_path, name):
    _, (finding,) = read_area(tmp_path / name)
    assert finding.code == "balance.file"


def test_files_that_are_something_else(tmp_path):
    (tmp_path / "area.csv").write_bytes(b"\xff\xfe\x00period")
    (tmp_path / "area.xlsx").write_bytes(b"PK no workbook")
    (tmp_path / "folder.csv").mkdir()
    (tmp_path / "folder.xlsx").mkdir()
    for name in ("area.csv", "area.xlsx", "folder.csv", "folder.xlsx"):
        _, (finding,) = read_area(tmp_path / name)
        assert finding.code == "balance.file"
        assert finding.remedy


def test_every_column_is_explained():
    text = (Path(__file__).parents[2] / "docs" / "howto" / "close-a-material-balance.md").read_text(encoding="utf-8")
    assert [c for c in COLUMNS if f"`{c}`" not in text] == []


WORDS = ["input", "output", "inventory", "store", "2018-06-30", "2018-07-31", "50 %", "1,5", "=1+1", "٣", "0x10", "nan"]
FIGURES = ["0", "1", "2", "12", "0.01", "-1", "", "1e6", "1e400", "1e-9", "1e-300", "9" * 5000]
CELLS = st.one_of(
    st.sampled_from([*WORDS, *FIGURES]),
    st.floats(0, 100).map(str),
    st.text(max_size=6),
)


GRIDS = [GOOD, DATED.replace(";", ","), with_inspector("20.1,2 %,0.01,counter")]


def survives(path: Path) -> None:
    """Findings, or an area all of whose numbers are numbers."""
    area, findings = read_area(path)
    assert area is not None or any(f.severity == "error" for f in findings)
    assert all(f.code.startswith("balance.") for f in findings)
    if area is not None:
        assert all(math.isfinite(x) for x in numbers(close_balance(area)))


@given(text=st.text(max_size=200) | st.binary(max_size=200))
def test_any_text_is_survived(tmp_path_factory, text):
    path = tmp_path_factory.getbasetemp() / "any.csv"
    path.write_bytes(text if isinstance(text, bytes) else text.encode("utf-8", "surrogatepass"))
    survives(path)


@given(st.data())
def test_any_cells_are_survived(tmp_path_factory, data):
    names = data.draw(st.lists(st.sampled_from([*COLUMNS, "kp", "note", "", "amount_g"]), min_size=1, max_size=10))
    rows = data.draw(st.lists(st.lists(CELLS, max_size=11), max_size=6))
    path = tmp_path_factory.getbasetemp() / "cells.csv"
    with path.open("w", encoding="utf-8", newline="") as stream:
        csv.writer(stream).writerows([names, *rows])
    survives(path)


@settings(max_examples=150)
@given(st.data())
def test_changed_cells_of_a_good_file_are_survived(tmp_path_factory, data):
    grid = list(csv.reader(io.StringIO(data.draw(st.sampled_from(GRIDS)))))
    for _ in range(data.draw(st.integers(1, 4))):
        row = data.draw(st.integers(0, len(grid) - 1))
        grid[row][data.draw(st.integers(0, len(grid[row]) - 1))] = data.draw(CELLS)
    path = tmp_path_factory.getbasetemp() / "changed.csv"
    with path.open("w", encoding="utf-8", newline="") as stream:
        csv.writer(stream).writerows(grid)
    survives(path)


@settings(max_examples=25)
@given(st.data())
def test_any_workbook_is_survived(tmp_path_factory, data):
    texts = st.text(st.characters(exclude_categories=["Cc", "Cs"], exclude_characters="\ufffe\uffff"), max_size=5)
    cells = st.one_of(texts, st.floats(allow_nan=False, allow_infinity=False), st.booleans(), st.none(), st.dates())
    book = Workbook()
    book.active.append(next(csv.reader([HEAD])))
    for row in data.draw(st.lists(st.lists(cells, max_size=11), max_size=4)):
        book.active.append(list(row))
    path = tmp_path_factory.getbasetemp() / "any.xlsx"
    book.save(path)
    survives(path)


def test_amounts_however_small_or_large_make_numbers(tmp_path):
    for factor in (1e-9, 1e-4, 1e4):
        rows = list(csv.DictReader(io.StringIO(GOOD)))
        for row in rows:
            row["amount_kg"] = repr(float(row["amount_kg"]) * factor)
        path = tmp_path / "scaled.csv"
        with path.open("w", encoding="utf-8", newline="") as stream:
            writer = csv.DictWriter(stream, list(rows[0]))
            writer.writeheader()
            writer.writerows(rows)
        survives(path)
