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
from detente.dossier.setting import plain
from detente.errors import DossierError, Finding
from tests.dossier.good import ANSWERED

_GOOD = loads(ANSWERED)
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
    start = data.draw(st.integers(0, len(ANSWERED)))
    end = data.draw(st.integers(start, min(len(ANSWERED), start + 30)))
    inserted = data.draw(st.text(alphabet="abc:-[]{}\"'\n \t#&*!|>%01.", max_size=8))
    _judge(ANSWERED[:start] + inserted + ANSWERED[end:])


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


def _at(path: tuple[Any, ...]) -> Any:
    node: Any = DOCUMENT
    for part in path:
        node = node[part]
    return node


def _dotted(path: tuple[Any, ...]) -> str:
    return ".".join(map(str, path))


def _like(path: tuple[Any, ...]) -> st.SearchStrategy[tuple[str, Any]]:
    """A field, with what a field of that name holds somewhere in the document: most of these overlays are good."""
    return st.tuples(st.just(_dotted(path)), st.sampled_from([_at(p) for p in PATHS if p[-1] == path[-1]]))


ANYTHING = st.dictionaries(st.sampled_from([_dotted(p) for p in PATHS]) | st.text(max_size=20), VALUES, max_size=3)
FIELDS = [p for p in PATHS if isinstance(p[-1], str) and not isinstance(_at(p), dict | list)]
CHANGES = ANYTHING | st.lists(st.sampled_from(FIELDS).flatmap(_like), min_size=1, max_size=3).map(dict)


def test_random_overlays() -> None:
    """An overlay gives the dossier that validating the changed document gives, or findings; both often enough."""
    fine: list[bool] = []

    @given(CHANGES)
    def applied(changes: dict[str, Any]) -> None:
        fine.append(False)
        with contextlib.suppress(DossierError):
            changed = apply(_GOOD, changes)
            fine[-1] = True
        if fine[-1]:
            again = from_dict(changed.document)
            assert again == changed
            assert again.model_dump() == changed.model_dump()

    applied()
    assert sum(fine) >= 15
    assert len(fine) - sum(fine) >= 15
