"""ARCHITECTURE.md says which functions a dossier passes on its way from file to verdict to page: watched here."""

from __future__ import annotations

import importlib
import re
import sys
import threading
from collections.abc import Iterator
from types import CodeType, FrameType
from typing import Any

import pytest

from detente.cli import run
from tests.checkout import REPO

LINE = re.compile(r"^( *)\d+\. `(detente[\w.]+)`: ", re.MULTILINE)


def way() -> list[tuple[int, str]]:
    """How far each line is indented, and the function that it names."""
    text = (REPO / "ARCHITECTURE.md").read_text(encoding="utf-8")
    part = text.split("### The way of a dossier")[1].split("\n## ")[0]
    return [(len(found[1]), found[2]) for found in LINE.finditer(part)]


def code_of(name: str) -> Any:
    """The code of a function that is named with its module, and its class if it is a method."""
    module, _, rest = name.rpartition(".")
    try:
        found: Any = getattr(importlib.import_module(module), rest)
    except ModuleNotFoundError:
        module, _, of = module.rpartition(".")
        found = getattr(getattr(importlib.import_module(module), of), rest)
    while hasattr(found, "__wrapped__"):
        found = found.__wrapped__
    return found.__code__


def test_the_way_is_ten_functions() -> None:
    assert len(way()) == 10


def above(frame: FrameType | None) -> Iterator[CodeType]:
    """The code of all that called a frame, the callers of its thread's start included."""
    while frame is not None:
        yield frame.f_code
        frame = frame.f_back
    yield from getattr(threading.current_thread(), "started_by", ())


@pytest.fixture
def callers(monkeypatch) -> Iterator[dict[str, set[str]]]:
    """Of each function on the way, those of the others by which it was called, in whatever thread."""
    names = {code_of(name): name for _, name in way()}
    found: dict[str, set[str]] = {name: set() for name in names.values()}

    def watch(frame: FrameType, event: str, _: object) -> None:
        if event == "call" and frame.f_code in names:
            found[names[frame.f_code]] |= {names[code] for code in above(frame.f_back) if code in names}

    def start(thread: threading.Thread) -> None:
        thread.started_by = tuple(above(sys._getframe()))  # type: ignore[attr-defined]
        begin(thread)

    begin = threading.Thread.start
    monkeypatch.setattr(threading.Thread, "start", start)
    threading.setprofile(watch)
    sys.setprofile(watch)
    yield found
    sys.setprofile(None)
    threading.setprofile(None)


def test_each_function_is_called_by_the_one_that_it_stands_under(tmp_path, monkeypatch, capsys, callers) -> None:
    monkeypatch.setenv("DETENTE_HOME", str(tmp_path / "runs"))
    case = str(tmp_path / "river.yaml")
    assert run(["new", case]) == 0
    assert run(["assess", case, "--out", str(tmp_path / "out"), "--jobs", "1", "--no-keep", "--no-hopes"]) == 0
    capsys.readouterr()
    over: list[tuple[int, str]] = []
    for indent, name in way():
        while over and over[-1][0] >= indent:
            over.pop()
        if over:
            assert over[-1][1] in callers[name], f"{name} is not called by {over[-1][1]}"
        over.append((indent, name))


ROWS = re.findall(r"^\| [^|]+ \| ([^|]+) \|$", (REPO / "ARCHITECTURE.md").read_text(encoding="utf-8"), re.MULTILINE)


@pytest.mark.parametrize(
    "row", re.findall(r"^\| [^|]+ \| ([^|]+) \|$", (REPO / "ARCHITECTURE.md").read_text("utf-8"), re.M)
)
def test_what_is_named_where_to_change_what_is_there(row: str) -> None:
    for named in re.findall(r"`([\w./]+/[\w./]*|[\w./]+\.py)`", row):
        places = [REPO / named, REPO / "src" / "detente" / named, *REPO.glob(f"src/detente/**/{named}")]
        places += list(REPO.glob(f"tests/**/{named}")) + list(REPO.glob(f"src/detente/report/{named}"))
        assert any(place.exists() for place in places), named
