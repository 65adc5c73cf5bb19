"""One reader of tables: however a table was saved, its rows are the same, and what is no table is told."""

from __future__ import annotations

import csv
import io
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import Workbook

from detente.dossier.text.contents import Unread, contents
from detente.dossier.text.sheet_files import address, csv_sheet, folder_sheets, read_sheet, read_sheets

ROWS = [["name", "mass", "note"], ["a", "2.5", "x, y"], ["b", "4", 'z; "q"']]


def saved(between: str, rows: list[list[str]] = ROWS) -> str:
    stream = io.StringIO()
    csv.writer(stream, delimiter=between, lineterminator="\n").writerows(rows)
    return stream.getvalue()


def rows_of(data: bytes) -> list[list[str]]:
    return [list(line.cells) for line in csv_sheet(data, "x").lines]


@pytest.mark.parametrize("between", [",", ";", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("declared", [False, True])
def test_however_it_was_saved_it_says_the_same(between: str, encoding: str, declared: bool) -> None:
    text = (f"sep={between}\n" if declared else "") + saved(between)
    assert rows_of(text.encode(encoding)) == ROWS
    assert rows_of(text.replace("\n", "\r\n").encode(encoding)) == ROWS


def test_rows_and_lines_are_counted_apart() -> None:
    """A line sep= is no row; a cell of two lines is one row."""
    sheet = csv_sheet(b'sep=;\n\nname;note\n"a";"one\ntwo"\n;\nb;three\n', "x")
    assert [(line.row, line.line) for line in sheet.lines] == [(2, 3), (3, 4), (5, 7)]
    assert sheet.lines[1].cells == ("a", "one\ntwo")


@pytest.mark.parametrize(
    ("cells", "read"),
    [
        (["2,5", "3"], ["2.5", "3"]),
        (["2,5 kg", "1,25 %"], ["2.5 kg", "1.25 %"]),
        (["-0,5 /year", "1e-3"], ["-0.5 /year", "1e-3"]),
        (["1,500", "0,5"], ["1.500", "0.5"]),
        (["1,500", "2,500"], ["1,500", "2,500"]),  # thousands, or not: nobody knows
        (["2,5", "3.5"], ["2,5", "3.5"]),
        (["1,2,3", "x, 5"], ["1,2,3", "x, 5"]),
        (["2025-01-31", "2,5"], ["2025-01-31", "2.5"]),
    ],
)
def test_decimal_commas_are_points_where_they_can_be_nothing_else(cells: list[str], read: list[str]) -> None:
    text = "name;v\n" + "".join(f"{cell};{cell}\n" for cell in cells)
    sheet = csv_sheet(text.encode(), "x").with_points(lambda c: c == 1)
    assert [line.cells for line in sheet.lines[1:]] == list(zip(cells, read, strict=True))
    commas = csv_sheet(saved(",", [["name", "v"], *([c, c] for c in cells)]).encode(), "x")
    assert commas.with_points(lambda _: True) == commas


def test_a_workbook_is_known_by_what_is_in_it(tmp_path: Path) -> None:
    book = Workbook()
    assert book.active is not None
    book.active.title = "_notes"
    book.active.append(["anything"])
    sheet = book.create_sheet("Masses")
    for row in [["name", "mass"], [None, None], [" a ", 2.0], ["b", 2.5], ["c", True]]:
        sheet.append(row)
    book.save(tmp_path / "x.xlsx")
    data = (tmp_path / "x.xlsx").read_bytes()
    for name in ("y.XLSX", "y.csv"):
        (tmp_path / name).write_bytes(data)
        sheet = read_sheet(tmp_path / name)
        assert sheet.name == "Masses"
        assert [(n.row, *n.cells) for n in sheet.lines] == [
            (1, "name", "mass"),
            (3, "a", "2"),
            (4, "b", "2.5"),
            (5, "c", "true"),
        ]
    assert list(read_sheets(tmp_path / "y.csv")) == ["_notes", "Masses"]


def test_a_folder_of_tables(tmp_path: Path) -> None:
    (tmp_path / "one.CSV").write_text("a,b\n")
    (tmp_path / "two.tsv").write_text("a\tb\n")
    (tmp_path / "readme.txt").write_text("no table")
    found = folder_sheets(tmp_path, lambda _: True)
    assert (list(found), found["one"].header(), found["two"].header()) == (["one", "two"], ["a", "b"], ["a", "b"])
    (tmp_path / "one.csv").write_text("a,b\n")
    with pytest.raises(Unread, match="two of its files are tables called 'one'"):
        folder_sheets(tmp_path, lambda _: True)
    assert list(folder_sheets(tmp_path, lambda name: name == "two")) == ["two"]


def test_what_is_no_file_is_not_opened(tmp_path: Path) -> None:
    """A named pipe would block for ever."""
    os.mkfifo(tmp_path / "pipe.csv")
    for path in (tmp_path / "pipe.csv", Path("/dev/zero")):
        with pytest.raises(Unread, match="a pipe, a device or a socket") as caught:
            contents(path, 10)
        assert "/dev/stdin" in caught.value.remedy
    (tmp_path / "long").write_bytes(b"x" * 11)
    with pytest.raises(Unread) as caught:
        contents(tmp_path / "long", 10)
    assert caught.value.kind == "size"


def test_cells_have_the_names_that_spreadsheets_show() -> None:
    assert [address(1, 0), address(4, 25), address(4, 26), address(10, 701)] == ["A1", "Z4", "AA4", "ZZ10"]


CELLS = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=6).map(str.strip)


@given(st.lists(st.lists(CELLS, min_size=2, max_size=4), min_size=1, max_size=5), st.sampled_from(",;\t"))
def test_what_a_program_writes_is_read_as_it_was(rows: list[list[str]], between: str) -> None:
    text = f"sep={between}\n" + saved(between, rows)
    assert rows_of(text.encode()) == [row for row in rows if any(row)]


@given(st.binary(max_size=120) | st.text(max_size=120).map(lambda t: t.encode("utf-8", "surrogatepass")))
def test_any_bytes_are_a_table_or_none(data: bytes) -> None:
    try:
        sheet = csv_sheet(data, "x")
    except Unread:
        return
    assert all(any(line.cells) for line in sheet.lines)
    assert [n.line for n in sheet.lines] == sorted(n.line for n in sheet.lines)
    pointed = sheet.with_points(lambda _: True)
    assert [len(n.cells) for n in pointed.lines] == [len(n.cells) for n in sheet.lines]
