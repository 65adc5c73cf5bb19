"""The commit-or-break game says what the judge says, and Gambit reads it so."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterator
from datetime import date
from fractions import Fraction
from pathlib import Path
from typing import Any

import pygambit
import pytest
from hypothesis import assume, given, reject, settings
from hypothesis import strategies as st

from detente.dossier import from_dict
from detente.dossier.schema import Dossier
from detente.errors import UsageError
from detente.model.judge.check import Judge, Slack, check
from detente.model.judge.facts import Facts
from detente.model.plan import Plan
from detente.model.rows.arrays import Model
from detente.report.foreign.gambit import Ending, Game, Move, efg, game_of
from detente.report.kit.words import on_date
from tests.report.foreign.conftest import Designed
from tests.strategies import all_plans, documents, dossiers, plans

TEMPTATIONS = ("breakout", "covert")
Key = tuple[str, str, str | None, bool, Any]
"""Kind, party, measure, whether the day's entries are done, date."""


@st.composite
def played(draw: st.DrawFn) -> tuple[Dossier, Plan, Game]:
    dossier = draw(dossiers(divisible=draw(st.booleans())))
    plan = draw(plans(dossier))
    assume(not Judge(dossier).terms.clock.timing(plan).empty)
    assume(Model.of(dossier).valued.any())
    try:
        return dossier, plan, game_of(dossier, plan)
    except UsageError:  # whoever has something at stake neither signs nor performs anything
        reject()


def mover(game: Game, move: Move, dossier: Dossier) -> str:
    names = {body.name or p: p for p, body in dossier.parties.items()}
    return names[game.players[move.player]]


def exits(dossier: Dossier, game: Game) -> dict[Key, tuple[Move, Ending]]:
    """Every way to break the deal, by the name that the judge has for it; "on" a date stands for both its moments."""
    found: dict[Key, tuple[Move, Ending]] = {}
    for move in game.moves:
        if move.go_on != "keep":
            continue
        p, when, day = move.label.split()
        for label, ending in move.exits:
            words = label.split()
            kind, measure = ("breakout", None) if label == "break out" else ("covert", words[1])
            for done in {"before": [False], "after": [True], "on": [False, True]}[when]:
                found[kind, p, measure, done, day] = (move, ending)
        assert p == mover(game, move, dossier)
    return found


def in_game(dossier: Dossier, row: Slack) -> bool:
    """The game's moves lie on the dates of the plan; who cheats in it waits to be found out."""
    return row.leaves is None and (row.date is None or on_date(dossier, row))


def judged(dossier: Dossier, plan: Plan) -> dict[Key, Slack]:
    rows = (s for s in Judge(dossier).slacks(plan) if s.kind in TEMPTATIONS and in_game(dossier, s))
    return {(s.kind, s.party or "", s.measure, s.moment == "after", str(s.date)): s for s in rows}


def margin(dossier: Dossier, game: Game, move: Move, ending: Ending) -> float:
    """What the mover gains by keeping, in present value at the move's date."""
    p = mover(game, move, dossier)
    discount = dossier.parties[p].discount
    assert discount is not None
    ahead = math.exp(discount.value * dossier.grid.time(day_of(move, dossier)))
    return (game.end.payoffs[move.player] - ending.payoffs[move.player]) * ahead


def day_of(move: Move, dossier: Dossier) -> Any:
    return next(day for day in dossier.grid.dates if move.label.endswith(day.isoformat()))


@settings(max_examples=80)
@given(played())
def test_what_breaking_costs_is_the_slack_of_the_judge(case: tuple[Dossier, Plan, Game]) -> None:
    dossier, plan, game = case
    rows, found = judged(dossier, plan), exits(dossier, game)
    assert set(found) <= set(rows)
    for key, row in rows.items():
        assert row.slack is not None
        assert row.keep is not None
        if key in found:
            near = 2e-6 * max(1.0, abs(row.keep))  # what the judge forgives is written as a tie
            assert margin(dossier, game, *found[key]) == pytest.approx(row.slack, abs=near)
        else:
            assert key[0] == "breakout"
            assert abs(row.slack) < 1e-8
    values = check(dossier, plan).values
    for i, name in enumerate(game.players):
        p = next(p for p, body in dossier.parties.items() if (body.name or p) == name)
        assert game.end.payoffs[i] == pytest.approx(values[p], abs=1e-8)


def solved(game: Game) -> tuple[bool, tuple[float, ...]]:
    """Backward induction, going on where that is as good: whether everyone always goes on, and what is paid."""
    always, paid = True, game.end.payoffs
    for move in reversed(game.moves):
        best = max((ending.payoffs for _, ending in move.exits), key=lambda payoffs: payoffs[move.player])
        if best[move.player] > paid[move.player]:
            always, paid = False, best
    return always, paid


def kept(dossier: Dossier, rows: tuple[Slack, ...]) -> bool:
    return all(r.accepted for r in rows if r.kind in ("consent", *TEMPTATIONS) and in_game(dossier, r))


@settings(max_examples=120)
@given(played())
def test_going_on_for_ever_is_perfect_where_no_condition_fails(case: tuple[Dossier, Plan, Game]) -> None:
    dossier, plan, game = case
    always, paid = solved(game)
    assert always == kept(dossier, Judge(dossier).slacks(plan))
    assert not always or paid == game.end.payoffs


def test_others_get_what_the_judge_says_of_the_exposed() -> None:
    """Every party is given an exposure limit, so that the judge values each breach to each."""
    seen: Counter[str] = Counter()

    @settings(max_examples=60)
    @given(st.data())
    def compared(data: st.DataObject) -> None:
        document = data.draw(documents())
        for party in document["parties"].values():
            party["exposure_limit"] = 1000
        dossier = from_dict(document)
        plan = data.draw(plans(dossier))
        assume(any(day in dossier.grid.dates for m, day in plan.entry.items() if m not in dossier.state.in_force))
        assume(Model.of(dossier).valued.any())
        seen.update(exposed(dossier, plan))

    compared()
    assert seen["exposure"] >= 50, seen
    assert seen["secret_exposure"] >= 5, seen


def exposed(dossier: Dossier, plan: Plan) -> Iterator[str]:
    """The kinds of the judge's exposures that are in the game, each compared with what it pays."""
    game, facts = game_of(dossier, plan), Facts(dossier)
    found = exits(dossier, game)
    for row in Judge(dossier).slacks(plan):
        if row.kind not in ("exposure", "secret_exposure") or row.party not in game.players:
            continue
        kind = "breakout" if row.kind == "exposure" else "covert"
        key = (kind, row.other or "", row.measure, row.moment == "after", str(row.date))
        lost = dossier.parties[row.party].no_deal.value / facts.rho[facts.party[row.party]]
        if not in_game(dossier, row) or key not in found or (lost and kind == "covert"):
            continue
        _, ending = found[key]
        p, q = facts.party[row.party], facts.party[row.other or ""]
        answer = dossier.grid.time(row.date) + facts.first[q] if row.date else 0.0
        spared = -lost * (1 - math.exp(-facts.rho[p] * answer))
        assert row.keep is not None
        assert ending.payoffs[game.players.index(row.party)] == pytest.approx(row.keep + spared, abs=1e-8)
        yield row.kind


# --- as Gambit reads it ----------------------------------------------------------------------------------------------


def read(game: Game, folder: Path) -> Any:
    file = folder / "game.efg"
    file.write_text(efg(game), encoding="utf-8")
    return pygambit.read_efg(str(file))


def infosets(tree: Any) -> int:
    return sum(len(tree.get_infosets(p)) for p in tree.players)


def regret_of_going_on(game: Game, tree: Any) -> Fraction:
    """The most that any player could gain by leaving the profile in which everyone goes on, exactly."""
    first = [[[1, *[0] * len(m.exits)] for m in game.moves if m.player == p] for p in range(len(game.players))]
    worst = tree.mixed_behavior_profile(first, rational=True).max_regret()
    return Fraction(int(worst.numerator), int(worst.denominator))


TOY = {
    "detente": 1,
    "title": 'Toys: "yours" and mine – 장난감 \\ end\\',
    "start": "2020-01-01",
    "periods": ["1 x 1 year", "1 x 1 year"],
    "interests": {"guns": {"unit": "guns", "worst": 10, "best": 0}, "money": {"unit": "m", "worst": 0, "best": 10}},
    "parties": {
        "a": {
            "name": 'A "the first"',
            "discount": "10 %/year",
            "stakes": {"guns": -4, "money": 5},
            "response_time": "6 months",
            "collapse_cost": 1,
        },
        "b": {
            "name": "Б",
            "discount": "5 %/year",
            "stakes": {"guns": 9, "money": -3},
            "response_time": "3 months",
            "walk_away": 2,
        },
    },
    "measures": {
        "scrap": {
            "by": "a",
            "effects": {"guns": {"level": -8}},
            "undo": {"in": "3 months"},
            "verify": {"by": "b", "detects": "60 %/year"},
        },
        "pay": {"by": "b", "effects": {"money": {"level": 8}}, "undo": {"in": "1 month"}, "verify": "open"},
    },
}


def goes_on(tree: Any, player: str, strategy: str) -> bool:
    return set(tree.get_behavior(player, strategy).values()) <= {"sign", "keep"}


def test_gambit_agrees_with_check_on_every_plan_of_a_toy(tmp_path: Path) -> None:
    """Two parties: the profile of going on is among Gambit's equilibria exactly where check says satisfactory."""
    dossier = from_dict(TOY)
    verdicts = Counter[bool]()
    for plan in all_plans(dossier):
        if not any(plan.entry.values()):
            continue
        game = game_of(dossier, plan)
        tree = read(game, tmp_path)
        verdict = check(dossier, plan).satisfactory
        assert (regret_of_going_on(game, tree) == 0) == verdict
        going_on = {p: next(s for s in tree.get_strategies(p) if goes_on(tree, p, s)) for p in tree.players}
        found = pygambit.nash.enumpure_solve(tree).equilibria
        assert any(all(profile[p][s] == 1 for p, s in going_on.items()) for profile in found) == verdict
        verdicts[verdict] += 1
    assert min(verdicts[True], verdicts[False]) >= 2


@settings(max_examples=25)
@given(played())
def test_gambit_finds_no_regret_where_no_condition_fails(
    tmp_path_factory: pytest.TempPathFactory, case: tuple[Dossier, Plan, Game]
) -> None:
    dossier, plan, game = case
    tree = read(game, tmp_path_factory.mktemp("efg"))
    assert (regret_of_going_on(game, tree) == 0) == kept(dossier, Judge(dossier).slacks(plan))


def test_labels_and_titles_come_through(tmp_path: Path) -> None:
    dossier = from_dict(TOY)
    tree = read(game_of(dossier, Plan({"scrap": dossier.start, "pay": dossier.grid.dates[1]})), tmp_path)
    assert tree.title == "Toys: 'yours' and mine - / end/: keep the deal or break it"
    assert list(tree.players) == ["A 'the first'", "b"]  # ids where a name has no likeness in ASCII
    assert "walk-away value" in tree.description


def test_the_file_is_as_narrow_as_its_readers() -> None:
    """Gambit asks for printable ASCII in labels; OpenSpiel for decimals, and no quotes within texts."""
    dossier = from_dict(TOY)
    text = efg(game_of(dossier, Plan({"scrap": dossier.start, "pay": dossier.grid.dates[1]})))
    assert text.isascii()
    assert "\\" not in text
    for line in text.splitlines():
        assert line.count('"') % 2 == 0
    paid = [part for line in text.splitlines() if line.startswith("t ") for part in line.split("{")[1].split(",")]
    assert paid
    for payoff in paid:
        assert re.fullmatch(r" ?-?\d+(\.\d{1,12})?(?: })?", payoff), payoff


def test_parties_of_one_name_go_by_their_ids() -> None:
    parties = {p: {**body, "name": "Same"} for p, body in TOY["parties"].items()}  # type: ignore[attr-defined]
    dossier = from_dict({**TOY, "parties": parties})
    assert game_of(dossier, Plan({"scrap": dossier.start})).players == ("a", "b")


def test_without_steps_there_is_no_game() -> None:
    with pytest.raises(UsageError, match="no deal to keep"):
        game_of(from_dict(TOY), Plan({}))
    idle = {p: {**body, "stakes": {}} for p, body in TOY["parties"].items()}  # type: ignore[attr-defined]
    bare = {p: {k: body[k] for k in ("name", "discount", "response_time", "stakes")} for p, body in idle.items()}
    with pytest.raises(UsageError, match="anything at stake"):
        game_of(from_dict({**TOY, "parties": bare}), Plan({"scrap": date(2020, 1, 1)}))


def test_korea(korea: Designed, tmp_path: Path) -> None:
    """A satisfactory plan: Gambit counts as many nodes as were written, and nobody regrets keeping it."""
    game = game_of(korea.dossier, korea.plan)
    assert game.players == ("United States", "North Korea", "South Korea", "China")
    tree = read(game, tmp_path)
    endings = [game.end, *(ending for move in game.moves for _, ending in move.exits)]
    assert infosets(tree) == len(game.moves) > 100
    assert sorted(tree.get_outcomes()) == sorted(e.label for e in endings)
    labels = [move.label for move in game.moves]
    assert len({*labels}) == len(labels)
    for ending in endings:
        paid = tree.get_outcome_payoffs(ending.label)
        for name, value in zip(game.players, ending.payoffs, strict=True):
            assert Fraction(str(paid[name])) == Fraction(f"{value:.12f}")
    assert solved(game) == (True, game.end.payoffs)
    assert regret_of_going_on(game, tree) == 0
