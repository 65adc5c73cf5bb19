"""Every verb says of the bundled cases what it said before: see tools/golden.py."""

from __future__ import annotations

import importlib.util
import json
from types import ModuleType

import pytest

from tests.checkout import REPO

GOLDEN = REPO / "tests" / "golden"


@pytest.fixture(scope="module")
def golden() -> ModuleType:
    spec = importlib.util.spec_from_file_location("golden_answers", REPO / "tools" / "golden.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_every_verb_says_what_it_said(golden):
    assert golden.compare(GOLDEN) == []


def test_every_question_has_an_answer(golden):
    assert {f"{name}.json" for name in golden.QUESTIONS} == {file.name for file in GOLDEN.iterdir()}


def test_another_plan_will_do_only_within_the_gap(golden):
    old = {"rule_used": "nash", "objective": 10.0, "bound": 10.1, "entry": {"a": "2025-01-01"}, "values": {"p": 1.0}}
    assert list(golden.differences(old, old | {"bound": 12.0})) == []
    assert list(golden.differences(old, old | {"values": {"p": 2.0}})) != []
    other = old | {"entry": {"a": None}, "values": {"p": 2.0}}
    assert list(golden.differences(old, other | {"objective": 10.04})) == []
    assert list(golden.differences(old, other | {"objective": 10.2})) != []
    assert list(golden.differences(json.loads("[1, 2]"), [1])) != []
