"""Spreadsheets lose nothing, run nothing, and answer a bad sheet with Findings."""

from __future__ import annotations

import contextlib
import csv
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import Workbook, load_workbook

from detente.dossier import Dossier, apply, fingerprint, from_dict, load, loads
from detente.dossier.library import starter
from detente.dossier.sheets import from_csv, from_xlsx, sheet_names, to_csv, to_xlsx
from detente.dossier.text.cells import columns, read, value_of, written
from detente.dossier.text.tables import TabledDocument, from_tables, to_tables
from detente.errors import DossierError
from tests.dossier.good import ANSWERED, GOOD
from tests.strategies import documents

TEXTS = st.text(alphabet=st.characters(exclude_categories=["Cc", "Cs"], exclude_characters="\ufffe\uffff"), max_size=20)
AWKWARD = st.sampled_from(
    [
        "",
        "30",
        "null",
        "true",
        "=1+1",
        "+1",
        "-2 /year",
        "@x",
        " a ",
        "a\nb",
        "a\tb",
        '"',
        "'",
        "1e5",
        "_x0041_",
        "a, b",
        ".inf",
    ]
)
SCALARS = st.one_of(
    TEXTS, AWKWARD, st.integers(), st.floats(allow_nan=False, allow_infinity=False), st.booleans(), st.none()
)
VALUES = st.recursive(
    SCALARS, lambda v: st.lists(v, max_size=3) | st.dictionaries(TEXTS | AWKWARD, v, max_size=3), max_leaves=8
)


def _both(dossier: Dossier, folder: Path) -> None:
    to_xlsx(dossier, folder / "case.xlsx")
    to_csv(dossier, folder / "case")
    for again in (from_xlsx(folder / "case.xlsx"), from_csv(folder / "case")):
        assert again == dossier
        assert fingerprint(again) == fingerprint(dossier)
        assert list(again.measures) == list(dossier.measures)
        assert list(again.parties) == list(dossier.parties)
        assert again.model_dump() == dossier.model_dump()


@pytest.mark.parametrize("name", ["good", "answers", "starter", "korea-2018"])
def test_round_trip(name: str, tmp_path: Path) -> None:
    texts = {"good": GOOD, "answers": ANSWERED, "starter": starter()}
    _both(loads(texts[name]) if name in texts else load(name), tmp_path)


def test_round_trip_of_awkward_values(tmp_path: Path) -> None:
    """Formulas, quotes, lines, words that look like numbers, fractions, empty and odd structures."""
    title = '=HYPERLINK("x") "q" \'s\' \n\tend '
    changes: dict[str, Any] = {
        "title": title,
        "summary": "_x0041_ 1,5",
        "parties.east.name": "",
        "parties.west.name": "null",
        "parties.agency.description": "30",
        "parties.east.stakes.arms": {"value": 0.1 + 0.2},
        "parties.west.stakes.money": 1e-320,
        "parties.agency.stakes": {},
        "measures.cut.title": "-1+1",
        "measures.cut.conditional_on": [],
        "measures.pay.effects": {},
        "measures.pay.by": "west",
        "measures.pay.note": None,
        "sources.a.b": None,
        "terms.word": {},
        "scenarios.none": {},
        "success.full": [],
        "interests.money.course": [],
        "side_conditions": [],
    }
    del changes["sources.a.b"], changes["measures.pay.note"]
    dossier = apply(loads(GOOD), changes)
    document = {**dossier.document, "sources": {"a.b": "x", "=c": "y", "1": "z"}, "id": None}
    _both(from_dict(document), tmp_path)


@given(st.booleans().flatmap(lambda answers: documents(answers=answers)))
def test_round_trip_of_generated_tables(document: dict[str, Any]) -> None:
    dossier = from_dict(document)
    tables = {t.layout.name: t for t in to_tables(dict(dossier.document))}
    tabled = from_tables(tables, TabledDocument("x"), lambda *_: "A1")
    assert tabled.findings == []
    assert tabled.document == dossier.document


@given(SCALARS)
def test_a_scalar_survives_its_cell(value: Any) -> None:
    text = written(value)
    assert text
    assert text[0] not in "=+@\t\r"
    assert text[0] != "-" or isinstance(value, int | float)
    again = read(text)
    assert again == value
    assert isinstance(again, bool) == isinstance(value, bool)
    assert isinstance(again, str) == isinstance(value, str)


@given(VALUES)
def test_any_value_survives_its_columns(value: Any) -> None:
    assert value_of(columns(value)) == value


def test_nothing_runs_as_a_formula(tmp_path: Path) -> None:
    dossier = apply(loads(GOOD), {"measures.cut.title": "=1+1", "parties.east.name": "@SUM(A1)"})
    to_xlsx(dossier, tmp_path / "x.xlsx")
    book = load_workbook(tmp_path / "x.xlsx")
    assert not [c for sheet in book for row in sheet.iter_rows() for c in row if c.data_type == "f"]
    to_csv(dossier, tmp_path / "x")
    for file in (tmp_path / "x").glob("*.csv"):
        with file.open(encoding="utf-8-sig", newline="") as stream:
            rows = list(csv.reader(stream))
        assert not [c for row in rows for c in row if c and c[0] in "=+@\t"]


def test_headers_are_explained(tmp_path: Path) -> None:
    to_xlsx(loads(GOOD), tmp_path / "x.xlsx")
    book = load_workbook(tmp_path / "x.xlsx")
    assert tuple(book.sheetnames) == sheet_names()
    headers = {c.value: c.comment.text for c in book["measures"][1] if c.comment}
    assert headers["by[]"] == "Who performs it; a list makes it joint"
    assert "Work from what it needs" in headers["takes"]
    assert [c.value for c in book["stakes"][1]] == [
        "party",
        "interest",
        "value",
        "low",
        "mode",
        "high",
        "source",
        "confidence",
    ]


def test_a_person_edits(tmp_path: Path) -> None:
    """A stake is changed, a measure added, a date typed as a date, and a sheet of notes kept."""
    import datetime

    file = tmp_path / "x.xlsx"
    to_xlsx(loads(GOOD), file)
    book = load_workbook(file)
    stakes = book["stakes"]
    stakes.append(["agency", "arms", 3])
    book["parties"].cell(4, [c.value for c in book["parties"][1]].index("discount") + 1).value = "5 %/year"
    book["measures"].append(["ask", "Ask again", "west"])
    start = next(row for row in book["dossier"].iter_rows() if row[0].value == "start")
    start[1].value = datetime.datetime(2020, 2, 29)
    book.create_sheet("_notes").append(["anything"])
    headers = [c.value for c in book["measures"][1]]
    assert "by" in headers
    for row in book["measures"].iter_rows(min_row=5, max_row=5):
        for cell, name in zip(row, headers, strict=False):
            cell.value = {"measure": "ask", "title": "Ask again", "by": "west"}.get(str(name))
    book.save(file)
    dossier = from_xlsx(file)
    assert dossier.parties["agency"].stakes["arms"].value == 3
    assert dossier.measures["ask"].by == ("west",)
    assert dossier.start == datetime.date(2020, 2, 29)


def test_what_a_deal_ends_with_is_edited_in_sheets(tmp_path: Path) -> None:
    """A turn of a course of losses, an effect once over, one of a regime, an exit and a bound."""
    file = tmp_path / "x.xlsx"
    to_xlsx(loads(GOOD), file)
    book = load_workbook(file)
    assert [[c.value for c in row] for row in book["losses"].iter_rows()][:2] == [
        ["party", "date", "flow"],
        ["agency", "2020-01-31", -1],
    ]
    book["losses"]["C3"].value = "-3 /year"
    book["losses"].append(["agency", "2022-01-31", -4])
    book["if_over"].append(["pay", "money", 2])
    assert [c.value for c in book["if_over"][1]] == ["measure", "interest", "level"]
    assert [c.value for c in book["regime_effects"][2]] == ["pay_more", "close", "money", -1]
    book["regimes"].append(["cut", "thorough"])
    book["shocks"].append(["bored"])
    headers = [c.value for c in book["shocks"][1]]
    for name, text in {"ends": "east", "rate": "1 %/year"}.items():
        book["shocks"].cell(book["shocks"].max_row, headers.index(name) + 1).value = text
    book.save(file)
    dossier = from_xlsx(file)
    assert [flow for _, flow in dossier.parties["agency"].no_deal_course(dossier.start)] == [-1, -3, -4]
    assert dossier.measures["pay"].if_over["money"].level.value == 2
    assert list(dossier.measures["cut"].verify.regimes) == ["thorough"]  # type: ignore[union-attr]
    assert dossier.shocks["bored"].ends == "east"
    book["losses"]["C2"].value = "lots"
    book.save(file)
    with pytest.raises(DossierError, match=r"losses!C2: expected a number"):
        from_xlsx(file)


def _edited(tmp_path: Path, sheet: str, cell: str, value: Any) -> str:
    file = tmp_path / "x.xlsx"
    to_xlsx(loads(GOOD), file)
    book = load_workbook(file)
    if sheet not in book.sheetnames:
        book.create_sheet(sheet)
    book[sheet][cell].value = value
    book.save(file)
    with pytest.raises(DossierError) as raised:
        from_xlsx(file)
    assert all(f.file == str(file) for f in raised.value.findings)
    return str(raised.value)


@pytest.mark.parametrize(
    ("sheet", "cell", "value", "words"),
    [
        ("stakes", "A2", "est", "stakes!A2: there is no 'est' in the sheet 'parties'"),
        ("stakes", "A2", None, "stakes!A2: this row has no party"),
        ("stakes", "A2", "west", "stakes!B4: 'arms' has another row already"),
        ("stakes", "C2", "lots", "stakes!C2: expected a number"),
        ("stakes", "C2", "=1+1", "stakes!C2: this is a formula"),
        ("stakes", "C2", '"broken', "stakes!C2"),
        ("stakes", "J9", "stray", "stakes!J9: this column has no header"),
        ("stakes", "A1", "who", "the headers must begin with party, interest"),
        ("stakes", "G1", "low", "repeat none"),
        ("measures", "C2", "est", "measures!C2: there is no party 'est'"),
        ("dossier", "B4", "2020-02-31", "dossier!B4: '2020-02-31' is not a day"),
        ("dossier", "A4", "strat", "dossier!B4: unknown field 'strat'"),
        ("dossier", "A4", "title", "is written twice"),
        ("one_of", "C2", "[[[", "one_of!C2"),
        ("mesures", "A1", "x", "did you mean 'measures'"),
    ],
)
def test_a_bad_sheet_names_its_cell(tmp_path: Path, sheet: str, cell: str, value: Any, words: str) -> None:
    assert words in _edited(tmp_path, sheet, cell, value)


def test_what_is_no_workbook(tmp_path: Path) -> None:
    import zipfile

    text, archive = tmp_path / "text.xlsx", tmp_path / "archive.xlsx"
    text.write_text("no")
    with zipfile.ZipFile(archive, "w") as z:
        z.writestr("[Content_Types].xml", "<a>")
    for file in (text, archive, tmp_path / "none.xlsx", tmp_path):
        with pytest.raises(DossierError, match=r"sheets\.file"):
            from_xlsx(file)
    Workbook().save(tmp_path / "empty.xlsx")
    with pytest.raises(DossierError, match=r"sheets\.unknown_sheet"):
        from_xlsx(tmp_path / "empty.xlsx")


def test_what_is_no_folder_of_csv(tmp_path: Path) -> None:
    with pytest.raises(DossierError, match=r"sheets\.file"):
        from_csv(tmp_path / "none")
    (tmp_path / "parties.csv").write_bytes(b"party\n\xff\n")
    with pytest.raises(DossierError, match="UTF-8"):
        from_csv(tmp_path)
    (tmp_path / "parties.csv").write_text('party,name\n"east\n')
    with pytest.raises(DossierError, match=r"sheets\.file"):
        from_csv(tmp_path)
    (tmp_path / "parties.csv").write_text("party,name\neast,East\n\n,,\n")
    with pytest.raises(DossierError, match="'title' is missing"):
        from_csv(tmp_path)


LEAST = {
    "dossier": 'field,value\ndetente,1\ntitle,t\nstart,2025-01-01\n"periods[]",2 x 1 year\n',
    "interests": "interest,unit,worst,best\nhay,t,0,10\n",
    "parties": "party,discount,response_time\nann,8 %/year,1 month\nbob,8 %/year,1 month\n",
    "stakes": "party,interest,value\nann,hay,2.5\nbob,hay,-1.5\n",
}


def _folder(folder: Path, **changes: str) -> Path:
    for name, text in {**LEAST, **changes}.items():
        (folder / f"{name}.csv").write_text(text, encoding="utf-8")
    return folder


def test_a_folder_in_other_manners_says_the_same(tmp_path: Path) -> None:
    """Semicolons and decimal commas, a line sep=, upper case in headers and in names of files."""
    same = from_csv(_folder(tmp_path))
    european = LEAST["stakes"].replace(",", ";").replace(".", ",").replace("value", "Value")
    assert from_csv(_folder(tmp_path, stakes=european)) == same
    assert from_csv(_folder(tmp_path, stakes="sep=;\n" + european)) == same
    (tmp_path / "stakes.csv").rename(tmp_path / "Stakes.CSV")
    assert from_csv(tmp_path) == same
    (tmp_path / "stakes.csv").write_text(LEAST["stakes"])
    with pytest.raises(DossierError, match="a second sheet 'stakes'"):
        from_csv(tmp_path)


def test_a_row_that_ends_early_names_its_cell(tmp_path: Path) -> None:
    with pytest.raises(DossierError, match=r"stakes\.csv!B4: this row has no interest"):
        from_csv(_folder(tmp_path, stakes=LEAST["stakes"] + "ann\n"))


def test_a_fault_in_a_part_of_a_range_names_the_cell_of_that_part(tmp_path: Path) -> None:
    stakes = 'party,interest,low,mode,high\nann,hay,1,"1,5",2\nbob,hay,-3,-2,lots\n'
    with pytest.raises(DossierError) as raised:
        from_csv(_folder(tmp_path, stakes=stakes))
    found = [f.message.partition(":")[0] for f in raised.value.findings if f.severity == "error"]
    assert found == ["stakes.csv!D2", "stakes.csv!E3"]


def test_a_text_too_long_for_a_cell(tmp_path: Path) -> None:
    with pytest.raises(DossierError, match=r"sheets\.too_long"):
        to_xlsx(apply(loads(GOOD), {"summary": "x" * 40_000}), tmp_path / "x.xlsx")


@given(st.binary(max_size=60))
def test_random_csv(data: bytes) -> None:
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "measures.csv").write_bytes(b"measure,by,undo.in\r\n" + data)
        with pytest.raises(DossierError) as raised:
            from_csv(folder)
        assert raised.value.findings


def _good_files() -> dict[str, str]:
    """The good dossier as CSV files."""
    with TemporaryDirectory() as folder:
        to_csv(loads(GOOD), folder)
        return {file.name: file.read_text(encoding="utf-8-sig") for file in sorted(Path(folder).iterdir())}


FILES = _good_files()
BITS = st.sampled_from(
    [",", ";", "\t", "\n", '"', "sep=;\n", "1,5", "−1", "\u00a0", "=1", "{", "[]", "\x00", "é", "\ud800", ""]
)


@settings(max_examples=40)
@given(st.data())
def test_random_edits_of_tables(data: st.DataObject) -> None:
    """A folder of tables is a dossier, or findings."""
    texts = dict(FILES)
    for name in data.draw(st.lists(st.sampled_from(sorted(FILES)), min_size=1, max_size=2, unique=True)):
        at = data.draw(st.integers(0, len(texts[name])))
        length = data.draw(st.sampled_from([0, 1, 8]))
        texts[name] = texts[name][:at] + data.draw(BITS) + texts[name][at + length :]
    with TemporaryDirectory() as folder:
        for name, text in texts.items():
            (Path(folder) / name).write_bytes(text.encode("utf-8", "surrogatepass"))
        with contextlib.suppress(DossierError):
            assert isinstance(hash(from_csv(folder)), int)
