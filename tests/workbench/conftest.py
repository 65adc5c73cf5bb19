"""Runs are kept where the test says, and nowhere else."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.faces import write_case, write_plan


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    place = tmp_path / "home"
    monkeypatch.setenv("DETENTE_HOME", str(place))
    return place


@pytest.fixture
def case(tmp_path: Path) -> Path:
    return write_case(tmp_path)


@pytest.fixture
def plan(tmp_path: Path) -> Path:
    return write_plan(tmp_path)
