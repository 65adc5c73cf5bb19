"""Inspection games against vectors, exhaustive strategies, and pygambit."""

from __future__ import annotations

import io
from fractions import Fraction
from itertools import product
from math import comb

import numpy as np
import pygambit
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

from detente.errors import UsageError
from detente.verify.inspection import games
from detente.verify.inspection.games import OneShot, Stages, playing_for_time, zero_sum
from tests.verify.balances import vectors

# --- vectors -----------------------------------------------------------------------------------------------------


def test_dresher_value_b1(shared):
    known = vectors(shared)["dresher_value_b1"]
    got = {f"v({n},{m})": Stages(n, m).value for n in range(1, 7) for m in range(n + 1)}
    assert got == pytest.approx(known["expected"], abs=known["tolerance"])


def test_dresher_inspect_probability(shared):
    known = vectors(shared)["dresher_inspect_probability"]
    got = {f"p({n},{m})": Stages(n, m).inspects_now for n in range(2, 6) for m in range(1, n)}
    expected = known["expected"]
    assert {k: got[k] for k in expected} == pytest.approx(expected, abs=known["tolerance"])


def test_one_shot_inspection_game(shared):
    known = vectors(shared)["one_shot_inspection_game"]
    v, expected = known["inputs"], known["expected"]
    game = OneShot(
        gain=v["inspectee_gain"],
        caught=v["inspectee_loss_detected"],
        missed=v["inspector_loss_undetected"],
        seen=v["inspector_loss_detected"],
        cost=v["inspection_cost"],
        miss=v["beta"],
    )
    together, announced = game.together(), game.announced()
    assert together.inspects == pytest.approx(expected["p_inspect"], abs=known["tolerance"])
    assert together.violates == pytest.approx(expected["q_violate"], abs=known["tolerance"])
    assert together.inspector == pytest.approx(expected["inspector_eq_payoff"], abs=known["tolerance"])
    assert announced.inspector == pytest.approx(expected["inspector_leader_payoff"], abs=known["tolerance"])
    assert announced.violates == 0


def test_deterrence_threshold(shared):
    known = vectors(shared)["deterrence_threshold"]
    v, expected = known["inputs"], known["expected"]
    plain = games.detection_to_deter(v["d"], v["b"])
    alarmed = games.detection_to_deter(v["d"], v["b"], accused=v["f_false_alarm_loss"], false_alarm=v["alpha"])
    assert plain == pytest.approx(expected["critical_detection_probability"], abs=known["tolerance"])
    assert 1 - alarmed == pytest.approx(expected["critical_beta_with_false_alarm"], abs=known["tolerance"])


def test_timeliness_game_discrete(shared):
    known = vectors(shared)["timeliness_game_discrete"]
    cases = zip(known["inputs"]["grid"], known["inputs"]["k_interim"], strict=True)
    got = [playing_for_time(grid, k).value for grid, k in cases]
    assert got == pytest.approx(known["expected"], abs=known["tolerance"])


# --- matrix games ------------------------------------------------------------------------------------------------


@given(st.integers(1, 5), st.integers(1, 5), st.integers(0, 2**32 - 1))
def test_no_side_of_a_matrix_game_regrets(rows, columns, seed):
    A = np.random.default_rng(seed).integers(-3, 4, (rows, columns)).astype(float)
    value, row, column = zero_sum(A)
    assert row.sum() == pytest.approx(1)
    assert column.sum() == pytest.approx(1)
    assert (row @ A).min() == pytest.approx(value, abs=1e-8)
    assert (A @ column).max() == pytest.approx(value, abs=1e-8)


# --- one shot ----------------------------------------------------------------------------------------------------

amounts = st.floats(0.0, 5.0).map(lambda x: round(x, 3))
one_shots = st.builds(
    lambda gain, caught, seen, more, cost, miss, false_alarm, accused, embarrassed: OneShot(
        gain, caught, seen + more, seen, cost, miss, false_alarm, accused, embarrassed
    ),
    gain=amounts,
    caught=st.floats(0.1, 5.0).map(lambda x: round(x, 3)),
    seen=amounts,
    more=st.floats(0.1, 5.0).map(lambda x: round(x, 3)),
    cost=amounts,
    miss=st.floats(0, 1).map(lambda x: round(x, 3)),
    false_alarm=st.floats(0, 0.5).map(lambda x: round(x, 3)),
    accused=amounts,
    embarrassed=amounts,
)


def expected(game: OneShot, p: float, q: float) -> tuple[float, float]:
    mine, theirs = game.payoffs
    weight = np.outer([p, 1 - p], [1 - q, q])
    return float((weight * mine).sum()), float((weight * theirs).sum())


@given(one_shots)
def test_nobody_regrets_moving_together(game):
    p, q, mine, theirs = game.together()
    assert (mine, theirs) == pytest.approx(expected(game, p, q), abs=1e-9)
    assert mine >= max(expected(game, r, q)[0] for r in (0, 1)) - 1e-9
    assert theirs >= max(expected(game, p, r)[1] for r in (0, 1)) - 1e-9


def test_a_sure_inspection_that_just_deters():
    """(1 − β)(b + d) − fα = d but for rounding: complying is as good, so the announced inspection is complied with."""
    game = OneShot(gain=1, caught=2, missed=23, seen=3, cost=4, miss=0.4, false_alarm=0.4, accused=2, embarrassed=3)
    assert game.announced() == (1.0, 0.0, pytest.approx(-5.2), pytest.approx(-0.8))


@given(one_shots)
def test_the_announced_plan_is_the_best_of_a_fine_grid(game):
    p, q, mine, theirs = game.announced()
    assert (mine, theirs) == pytest.approx(expected(game, p, q), abs=1e-9)
    assert theirs >= max(expected(game, p, r)[1] for r in (0, 1)) - 1e-9
    assert mine >= game.together().inspector - 1e-9
    for r in np.linspace(0, 1, 101):  # the follower's best answers, ties broken for the inspector
        answers = [expected(game, float(r), s) for s in (0, 1)]
        best = max(a[1] for a in answers)
        assert mine >= max(a[0] for a in answers if a[1] >= best - 1e-12) - 1e-9


def efg(title: str, lines: list[str]) -> pygambit.Game:
    text = "\n".join([f'EFG 2 R "{title}" {{ "inspector" "inspectee" }}', '""', *lines])
    return pygambit.read_efg(io.BytesIO(text.encode()))


def test_one_shot_against_pygambit():
    game = OneShot(
        gain=1, caught=2, missed=3, seen=0.5, cost=0.2, miss=0.1, false_alarm=0.05, accused=0.4, embarrassed=0.3
    )
    mine, theirs = game.payoffs
    lines = ['p "" 1 1 "" { "inspect" "not" } 0']
    for i in range(2):
        lines.append('p "" 2 1 "" { "comply" "violate" } 0')
        lines += [f't "" {2 * i + j + 1} "" {{ {mine[i, j]!s}, {theirs[i, j]!s} }}' for j in range(2)]
    found = pygambit.nash.lcp_solve(efg("one shot", lines), rational=False).equilibrium
    assert float(found.payoffs["inspector"]) == pytest.approx(game.together().inspector)
    assert float(found.payoffs["inspectee"]) == pytest.approx(game.together().inspectee)


# --- stages ------------------------------------------------------------------------------------------------------


@given(st.integers(1, 14), st.integers(0, 15), st.sampled_from([0.25, 1.0, 2.0, 10.0]))
def test_recursion_is_closed_form(n, m, b):
    game = Stages(n, m, b)
    assert game.values()[n, m] == pytest.approx(game.value, abs=1e-13)
    if 0 < m < n:
        assert game.value == pytest.approx(comb(n - 1, m) / sum(comb(n, i) * b ** (m - i) for i in range(m + 1)))


def decision_trees(n: int) -> list[dict[tuple[int, ...], bool]]:
    """All plans of the inspectee: from what it has seen inspected so far, whether it violates now."""

    def trees(seen: tuple[int, ...]) -> list[dict[tuple[int, ...], bool]]:
        if len(seen) == n:
            return [{}]
        later = [{seen: False, **a, **b} for a, b in product(trees((*seen, 0)), trees((*seen, 1)))]
        return [{seen: True}, *later]

    return trees(())


def plays(n: int, m: int, caught: float, missed: float) -> np.ndarray:
    """[inspector's sequences, inspectee's trees] what the play brings; complying brings 0."""
    rows = []
    for inspected in (s for s in product((0, 1), repeat=n) if sum(s) <= m):
        row = []
        for tree in decision_trees(n):
            at = next((t for t in range(n) if tree[inspected[:t]]), None)
            row.append(0.0 if at is None else caught if inspected[at] else missed)
        rows.append(row)
    return np.array(rows)


@pytest.mark.parametrize(("n", "m", "b"), [(2, 1, 1), (3, 1, 1), (3, 2, 0.5), (4, 1, 2), (4, 2, 1), (4, 3, 0.25)])
def test_stages_by_linear_programme_over_all_decision_trees(n, m, b):
    solved = zero_sum(-plays(n, m, -b, 1.0))
    assert -solved.value == pytest.approx(Stages(n, m, b).value, abs=1e-9)


@pytest.mark.parametrize(("n", "m"), [(2, 1), (3, 1), (3, 2)])
@pytest.mark.parametrize("seen", [-0.5, 0.0, 0.6])
def test_announced_stages_by_one_programme_for_each_answer(n, m, seen):
    """Brute-force Stackelberg: for each plan of the inspectee, the best lottery to which that plan is a best answer."""
    theirs, mine = plays(n, m, -1.0, 1.0), plays(n, m, -seen, -1.0)
    values = []
    for j in range(theirs.shape[1]):
        done = linprog(
            -mine[:, j],
            A_ub=(theirs - theirs[:, [j]]).T,
            b_ub=np.zeros(theirs.shape[1]),
            A_eq=np.ones((1, len(mine))),
            b_eq=[1.0],
        )
        if done.status == 0:
            values.append(-done.fun)
    game = Stages(n, m)
    assert max(values) == pytest.approx(game.inspector_announced(), abs=1e-9)
    assert game.inspector_announced() >= game.inspector_together(seen) - 1e-12


@given(st.integers(1, 9), st.integers(0, 9), st.floats(0.1, 5), st.floats(-5, 0.99))
def test_announcing_never_hurts_the_inspector(n, m, b, seen):
    game = Stages(n, m, b)
    assert game.inspector_announced() >= game.inspector_together(max(seen, -b)) - 1e-9
    assert game.inspector_together(-b) == pytest.approx(-game.value)


def stages_tree(n: int, m: int, caught: float, seen: float) -> pygambit.Game:
    lines: list[str] = []
    leaves, sets = [0], [0]

    def leaf(mine: float, theirs: float) -> None:
        leaves[0] += 1
        lines.append(f't "" {leaves[0]} "" {{ {mine}, {theirs} }}')

    def stage(n: int, m: int) -> None:
        if n == 0:
            return leaf(0, 0)
        sets[0] += 1
        mine = sets[0]
        if m:
            lines.append(f'p "" 1 {mine} "" {{ "inspect" "not" }} 0')
        for inspected in (1, 0) if m else (0,):
            lines.append(f'p "" 2 {mine} "" {{ "comply" "violate" }} 0')
            stage(n - 1, m - inspected)
            leaf(-seen, -caught) if inspected else leaf(-1, 1)
        return None

    stage(n, m)
    return efg("stages", lines)


@pytest.mark.parametrize(("n", "m"), [(2, 1), (3, 1), (3, 2), (4, 2)])
@pytest.mark.parametrize("seen", [-1, 0.5])
def test_stages_against_pygambit(n, m, seen):
    found = pygambit.nash.lcp_solve(stages_tree(n, m, 1, seen), rational=True).equilibrium
    assert float(found.payoffs["inspectee"]) == pytest.approx(Stages(n, m).value)
    assert float(found.payoffs["inspector"]) == pytest.approx(Stages(n, m).inspector_together(seen))
    if seen == -1:
        game = Stages(n, m)
        for player, action, chance in (
            ("inspector", "inspect", game.inspects_now),
            ("inspectee", "violate", game.violates_now),
        ):
            _, first = next(iter(found[player]))
            assert float(first[action]) == pytest.approx(chance)


@pytest.mark.parametrize("caught", [1e-3, 0.5, 1.0, 7.0, 1e3])
def test_many_stages(caught):
    """Where factorials leave the range of floats: the closed form is the recursion's, and in whole numbers exact."""
    for n, m in ((300, 3), (300, 150), (300, 299)):
        assert Stages(n, m, caught).value == pytest.approx(Stages(n, m, caught).values()[n, m], rel=1e-9)
    whole = sum(comb(2000, i) for i in range(501))
    assert Stages(2000, 500).value == pytest.approx(float(Fraction(comb(1999, 500), whole)), rel=1e-12)
    assert Stages(20, 5, 1e300).value == 0.0
    assert 0 < Stages(2000, 500, caught).inspects_now < 1


# --- playing for time --------------------------------------------------------------------------------------------


@settings(max_examples=20)
@given(st.integers(2, 7), st.integers(0, 3))
def test_delays_of_playing_for_time_by_hand(grid, interim):
    """The lotteries that are returned hold the value against every pure answer."""
    assume(interim < grid)
    solved = playing_for_time(grid, interim)

    def delay(times: tuple[float, ...], start: float) -> float:
        return min([t for t in times if t > start + 1e-9], default=1.0) - start

    for start in range(grid):
        held = sum(w * delay(times, start / grid) for times, w in solved.inspections)
        assert held <= solved.value + 1e-8
    for times in {t for t, _ in solved.inspections}:
        assert sum(w * delay(times, s) for s, w in solved.starts) >= solved.value - 1e-8


def test_playing_for_time_tends_to_one_over_e():
    values = [playing_for_time(n).value for n in (10, 40, 160)]
    assert values == sorted(values, reverse=True)
    assert values[-1] == pytest.approx(np.exp(-1), abs=3e-3)


@pytest.mark.parametrize(
    "call",
    [
        lambda: OneShot(gain=1, caught=1, missed=1, seen=1),
        lambda: OneShot(gain=-1, caught=2, missed=1),
        lambda: OneShot(gain=1, caught=2, missed=1, miss=1.5),
        lambda: OneShot(gain=float("nan"), caught=2, missed=1),
        lambda: OneShot(gain=1, caught=2, missed=1e308),
        lambda: Stages(3, -1),
        lambda: Stages(3, 1, caught=0.0),
        lambda: Stages(3, 1).inspector_together(1.0),
        lambda: playing_for_time(3, 3),
        lambda: playing_for_time(400, 4),
        lambda: zero_sum([[float("nan")]]),
        lambda: zero_sum(np.zeros((0, 3))),
    ],
)
def test_misuse_is_said(call):
    with pytest.raises(UsageError):
        call()
