"""Coefficients in blocks, and on expressions, are those of the matrices that they stand for."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from detente.model.rows.arrays import Model
from detente.model.rows.blocks import Block, Blocks
from detente.model.rows.linear import TermRows
from tests.strategies import dossiers

AMOUNTS = st.sampled_from([0.0, 0.0, 0.0, 1.0, -2.0, 0.5])


@st.composite
def several(draw: st.DrawFn) -> tuple[Model, list[np.ndarray]]:
    """A model, and coefficients [rows, M, K+1] of a few blocks of rows; some say nothing of early periods."""
    model = Model.of(draw(dossiers(divisible=True)))
    found = []
    for _ in range(draw(st.integers(1, 3))):
        shape = draw(st.integers(1, 3)), model.M, model.K + 1
        cells = draw(st.lists(AMOUNTS, min_size=int(np.prod(shape)), max_size=int(np.prod(shape))))
        coef = np.array(cells).reshape(shape)
        coef[:, :, 1 : 1 + draw(st.integers(0, model.K))] = 0.0
        found.append(coef)
    return model, found


def blocks(model: Model, parts: list[np.ndarray]) -> Blocks:
    return Blocks((model.M, model.K), tuple(Block.of(model, coef) for coef in parts))


@settings(max_examples=60, deadline=None)
@given(several(), st.data())
def test_blocks_are_the_matrix(case: tuple[Model, list[np.ndarray]], data: st.DataObject) -> None:
    model, parts = case
    whole, dense = blocks(model, parts), np.concatenate(parts)
    rows = np.flatnonzero(data.draw(st.lists(st.booleans(), min_size=len(dense), max_size=len(dense))))
    f = np.array(data.draw(st.lists(st.floats(0, 1), min_size=model.M * model.K, max_size=model.M * model.K)))
    f = f.reshape(model.M, model.K)
    for some, wanted in ((whole, dense), (whole.only(rows), dense[rows])):
        assert len(some) == len(wanted)
        np.testing.assert_array_equal(some.whole(), wanted[:, :, 1:])
        np.testing.assert_allclose(some.times(f), np.sum(wanted[:, :, 1:] * f, axis=(1, 2)), atol=1e-12)
        for r, row in enumerate(wanted):
            np.testing.assert_array_equal(some.of(r), row[:, 1:])
            np.testing.assert_array_equal(some.standing_of(r), row[:, 0] * model.state)


@settings(max_examples=60, deadline=None)
@given(several())
def test_the_least_is_that_of_the_worst_way_to_enter(case: tuple[Model, list[np.ndarray]]) -> None:
    """Every share that enters in one period, or never: what stands already stays, and rises if it is divisible."""
    model, parts = case
    whole, dense = blocks(model, parts), np.concatenate(parts)[:, :, 1:]
    ways = np.concatenate([np.triu(np.ones((model.K, model.K))), np.zeros((1, model.K))])
    for r, row in enumerate(dense):
        for m, coef in enumerate(row):
            state = model.state[m] if model.divisible[m] else float(model.state[m] > 0)
            least = min(float(coef @ (state + (1 - state) * way)) for way in ways)
            assert abs(whole.least_of(r)[m] - least) < 1e-12
        assert abs(whole.least[r] - whole.least_of(r).sum()) < 1e-12


EXPRESSIONS: list[tuple[Any, ...]] = [("in", 0, 1), ("in", 1, 1), ("all", (("in", 0, 1), ("in", 1, 2)))]
ROWS = st.lists(st.dictionaries(st.sampled_from(EXPRESSIONS), st.sampled_from([1.0, -2.0, 0.5])), max_size=4)


@given(ROWS, ROWS, st.data())
def test_terms_are_the_coefficients_of_each_row(
    one: list[dict[tuple[Any, ...], float]], other: list[dict[tuple[Any, ...], float]], data: st.DataObject
) -> None:
    rows = one + other
    joined = TermRows.joined([TermRows.of(one), TermRows.of(other)])
    chosen = np.flatnonzero(data.draw(st.lists(st.booleans(), min_size=len(rows), max_size=len(rows))))
    for terms, wanted in ((joined, rows), (joined.only(chosen), [rows[r] for r in chosen])):
        assert list(terms) == wanted
        low, high = (dict(zip(EXPRESSIONS, x, strict=True)) for x in ((0.0, 0.25, 0.5), (0.5, 1.0, 0.5)))
        total = terms.total(*(np.array([end[e] for e in terms.expressions]) for end in (low, high)))
        most = [sum(max(c * low[e], c * high[e]) for e, c in row.items()) for row in wanted]
        np.testing.assert_allclose(total, most, atol=1e-12)
