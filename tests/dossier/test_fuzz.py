"""Whatever is thrown at the loader, it answers with Findings."""

from __future__ import annotations

import contextlib
import copy
import json
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detente.dossier import apply, from_dict, loads, reads
from detente.dossier.changes.setting import plain
from detente.errors import DossierError, Finding
from tests.dossier.good import GOOD

_GOOD = loads(GOOD)
DOCUMENT: dict[str, Any] = plain(_GOOD.document)
SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=12),
    st.sampled_from(
        ["never", "open", "8 %/year", "3 months", "-1 kg", "2020-01-31", "cut", "east", "arms", "1e999", 10**400]
    ),
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)


def _judge(text: str | bytes) -> None:
    dossier, findings = reads(text, "fuzz.yaml")
    assert all(isinstance(f, Finding) for f in findings)
    assert (dossier is None) == any(f.severity == "error" for f in findings)
    for f in findings:
        assert not re.search(r"<\w+>|\[key\]", f.path), "pydantic's own words leaked into the path"
        str(f)


@given(st.binary(max_size=200))
def test_random_bytes(data: bytes) -> None:
    _judge(data)


@given(st.text(max_size=200) | st.text(alphabet="abc:-[]{}\"'\n \t#&*!|>%@,?~01.<=", max_size=60))
def test_random_text(text: str) -> None:
    try:
        _judge(text)
    except UnicodeEncodeError:
        pytest.fail("a half surrogate reached an encoder")


@given(st.data())
def test_random_edits_of_the_text(data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(GOOD)))
    end = data.draw(st.integers(start, min(len(GOOD), start + 30)))
    inserted = data.draw(st.text(alphabet="abc:-[]{}\"'\n \t#&*!|>%01.", max_size=8))
    _judge(GOOD[:start] + inserted + GOOD[end:])


def _paths(node: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    children = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    return [p for k, child in children for p in [(*path, k), *_paths(child, (*path, k))]]


PATHS = _paths(DOCUMENT)


@given(
    st.lists(
        st.tuples(st.sampled_from(PATHS), st.one_of(VALUES, st.sampled_from(["<delete>", "<rename>"]))), max_size=3
    )
)
def test_random_mutations_of_the_document(mutations: list[tuple[tuple[Any, ...], Any]]) -> None:
    """The same document, judged as Python and as JSON text, is good or broken alike."""
    document = copy.deepcopy(DOCUMENT)
    for path, value in mutations:
        _mutate(document, path, value)
    with contextlib.suppress(DossierError):
        assert isinstance(hash(from_dict(document)), int)
    _judge(json.dumps(document))


def _mutate(document: Any, path: tuple[Any, ...], value: Any) -> None:
    node = document
    try:
        for part in path[:-1]:
            node = node[part]
        if value == "<delete>":
            del node[path[-1]]
        elif value == "<rename>":
            node[f"{path[-1]}x"] = node.pop(path[-1])
        else:
            node[path[-1]] = copy.deepcopy(value)
    except (KeyError, IndexError, TypeError, AttributeError):
        return


@given(
    st.dictionaries(st.sampled_from([".".join(map(str, p)) for p in PATHS]) | st.text(max_size=20), VALUES, max_size=3)
)
def test_random_overlays(changes: dict[str, Any]) -> None:
    """An overlay gives the dossier that validating the changed document gives, or findings."""
    try:
        changed = apply(_GOOD, changes)
    except DossierError:
        return
    again = from_dict(changed.document)
    assert again == changed
    assert again.model_dump() == changed.model_dump()
