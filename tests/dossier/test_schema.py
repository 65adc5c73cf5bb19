"""The published JSON Schema accepts what the loader accepts, and refuses what is plainly wrong."""

from __future__ import annotations

import json
import re
from typing import Any

import jsonschema
import pytest
from hypothesis import given

from detente.dossier import cases, load, loads
from detente.dossier.library import starter
from detente.dossier.schema_json import json_schema
from tests.dossier.good import GOOD
from tests.strategies import documents

VALIDATOR = jsonschema.Draft202012Validator(json_schema())


def test_it_is_a_schema() -> None:
    jsonschema.Draft202012Validator.check_schema(json_schema())
    assert json.loads(json.dumps(json_schema())) == json_schema()


@pytest.mark.parametrize("case", [c.id for c in cases()])
def test_bundled_cases_are_valid(case: str) -> None:
    VALIDATOR.validate(load(case).document)


def test_the_good_and_the_starter_are_valid() -> None:
    VALIDATOR.validate(loads(GOOD).document)
    VALIDATOR.validate(loads(starter()).document)


@given(documents())
def test_generated_dossiers_are_valid(document: dict[str, Any]) -> None:
    VALIDATOR.validate(document)


@pytest.mark.parametrize(
    "change",
    [
        {"tittle": "x"},
        {"start": 3},
        {"parties": {}},
        {"measures": {"m": {}}},
        {"measures": {"m": {"by": "a", "undo": "maybe"}}},
    ],
    ids=str,
)
def test_what_is_plainly_wrong_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(jsonschema.ValidationError):
        VALIDATOR.validate({**loads(GOOD).document, **change})


def test_it_says_nothing_that_only_those_who_build_it_understand() -> None:
    assert not re.search("DESIGN|ANSWERS|§", json.dumps(json_schema(), ensure_ascii=False))


def test_every_field_is_described() -> None:
    for model in [json_schema(), *json_schema()["$defs"].values()]:
        bare = [name for name, field in model["properties"].items() if not field.get("description")]
        assert bare == [], model["title"]
