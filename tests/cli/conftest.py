"""Commands run in this process, with runs kept where the test says."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from detente.cli import run
from tests.faces import write_broken, write_case, write_plan


@dataclass(frozen=True)
class Said:
    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


Detente = Callable[..., Said]


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    place = tmp_path / "home"
    monkeypatch.setenv("DETENTE_HOME", str(place))
    monkeypatch.setenv("COLUMNS", "80")
    return place


@pytest.fixture
def detente(capsys: pytest.CaptureFixture[str]) -> Detente:
    def call(*argv: str | Path) -> Said:
        capsys.readouterr()
        code = run([str(a) for a in argv])
        said = capsys.readouterr()
        return Said(code, said.out, said.err)

    return call


@pytest.fixture
def case(tmp_path: Path) -> Path:
    return write_case(tmp_path)


@pytest.fixture
def broken(tmp_path: Path) -> Path:
    return write_broken(tmp_path)


@pytest.fixture
def plan(tmp_path: Path) -> Path:
    return write_plan(tmp_path)
