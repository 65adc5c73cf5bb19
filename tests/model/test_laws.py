"""The law of somebody's leaving once a breach is known, against a sum over a fine lattice of both times."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detente.dossier import load
from detente.model.judge.check import Judge
from detente.model.rows.detection import Watch
from detente.model.rows.laws import Exits, Leaving, LeftLater
from detente.model.rows.moments import Moment, Moments

STEPS = 2000
HORIZON = 60.0

watches = st.one_of(
    st.builds(Watch, st.sampled_from([0.3, 1.5])),
    st.builds(Watch, st.sampled_from([0.0, 0.4]), st.just(((0.5, 0.6),)), st.just(0.5)),
    st.builds(Watch, st.just(0.0), st.just(((0.3, 0.2), (1.1, 0.7)))),
)
exits = st.lists(
    st.one_of(
        st.builds(Leaving, st.integers(0, 1), st.sampled_from([0.1, 0.6]), st.just(0.0), st.just(0.0)),
        st.builds(Leaving, st.integers(0, 1), st.just(0.0), st.sampled_from([0.77, 1.93, 3.01]), st.just(0.4)),
    ),
    min_size=1,
    max_size=3,
)


@settings(max_examples=60)
@given(
    watch=watches,
    leavings=exits,
    delay=st.sampled_from([0.0, 0.21]),
    lag=st.sampled_from([0.0, 0.15, 0.9]),
    other=st.sampled_from([0.0, 0.4, 1.7]),
    moves=st.booleans(),
    until=st.sampled_from([None, 1.3]),
    window=st.sampled_from([(-1.0, np.inf), (0.6, np.inf), (0.6, 2.2)]),
)
def test_the_later_of_an_answer_and_an_undoing_after_a_leaving(
    watch, leavings, delay, lag, other, moves, until, window
) -> None:
    """The lattice rounds times to 0.03 years: by no more than ρ times that are its sums off, and ties half counted."""
    rho = 0.11
    law = LeftLater(
        0,
        Exits.of(leavings, Moments.of([Moment(0.0, "before", -1)])),
        watch,
        delay,
        until=None if until is None else np.array([until]),
    )
    a, b = (np.array([[x]]) for x in window)
    found = float(law.partial_after(rho, np.array([[lag]]), np.array([[other]]), moves, a, b)[0, 0])

    edges = np.linspace(0.0, HORIZON, STEPS + 1)
    k = (edges[:-1] + edges[1:]) / 2 + delay
    chance_k = watch.partial(0.0, np.where(edges[:-1] == 0, -1.0, edges[:-1]), edges[1:])
    chance_k = np.where(edges[1:] <= (np.inf if until is None else until), chance_k, 0.0)
    x, chance_x = leaving_of_0(leavings, edges)
    inside = (x > window[0]) & (x <= window[1])
    late = np.maximum(k[:, None] + lag, (x[None, :] if moves else 0.0) + other)
    both = chance_k[:, None] * np.where(inside, chance_x, 0.0) * (k[:, None] < x[None, :])
    assert found == pytest.approx(float(np.sum(both * np.exp(-rho * late))), abs=0.012)


def leaving_of_0(leavings, edges) -> tuple[np.ndarray, np.ndarray]:
    """Times at which party 0 leaves first, with their chances: of each cell the middle, then the dates."""
    rate, mine = sum(x.rate for x in leavings), sum(x.rate for x in leavings if x.party == 0)
    middle = (edges[:-1] + edges[1:]) / 2
    dated = sorted((x for x in leavings if x.chance > 0), key=lambda x: x.at)

    def stays(t: np.ndarray) -> np.ndarray:
        gone = [np.where(x.at < t, 1 - x.chance, 1.0) for x in dated]
        return np.prod(np.array([np.exp(-rate * t), *gone]), axis=0)

    chances = mine * stays(middle) * np.diff(edges)
    before = [np.prod([1 - y.chance for y in dated[:i] if y.at == x.at]) for i, x in enumerate(dated)]
    atoms = [x.chance * c * float(stays(np.array(x.at))) * (x.party == 0) for x, c in zip(dated, before, strict=True)]
    return np.concatenate([middle, [x.at for x in dated]]), np.concatenate([chances, atoms])


def test_the_later_of_an_answer_and_a_leaving_at_constant_rates() -> None:
    """λ/(λ+h+ρ) · (e^(−ρℓ)(1 − e^(−hℓ)) + h/(h+ρ) e^(−(h+ρ)ℓ)): K at λ, X at h, the later of K + ℓ and X."""
    seen, h, rho, lag = 1.5, 0.6, 0.11, 0.9
    exits = Exits.of([Leaving(0, h, 0.0, 0.0)], Moments.of([Moment(0.0, "before", -1)]))
    ends = np.array([[-1.0]]), np.array([[np.inf]])
    found = LeftLater(0, exits, Watch(seen)).partial_after(rho, np.array([[lag]]), np.zeros((1, 1)), True, *ends)
    late = np.exp(-rho * lag) * (1 - np.exp(-h * lag)) + h / (h + rho) * np.exp(-(h + rho) * lag)
    assert float(found[0, 0]) == pytest.approx(seen / (seen + h + rho) * late, rel=1e-12)


def test_who_has_cheated_may_leave_whenever_an_open_breach_is_tried() -> None:
    calendar = Judge(load("korea-2018")).weighing.values.calendar
    for (q, m), moments in calendar.leaving.items():
        assert set(calendar.breaking[q]) | set(calendar.faking[q, m]) == set(moments)
