"""The commit-or-break game of a plan, for Gambit and whatever else reads its .efg files.

Parties sign in turn, then at every moment of the model each party that could break the deal keeps it, breaks out, or
cheats in secret on one of its measures. Signing and keeping go on; all else ends the game. What an ending pays is the
value of that path, present value at signature in each party's own points, from the same paths as the conditions of
DESIGN §5; where parties may leave, expected over that. So keeping for ever is a subgame perfect equilibrium exactly
where no consent and no temptation condition of the plan fails on its dates. Breaks between two dates, and cheating that
ends in an open break, are judged by `check` and are no moves here; nor are exposure, demands and links.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from detente.dossier.schema import Dossier
from detente.errors import UsageError
from detente.model.judge.requirements import SLIGHT
from detente.model.numeric import Array
from detente.model.plan import Plan
from detente.model.rows.arrays import Model
from detente.model.rows.breaches import Deviation, Maker
from detente.model.rows.detection import SNAP
from detente.model.rows.laws import Exits
from detente.model.rows.linear import Rows, truth
from detente.model.rows.moments import Moments
from detente.model.rows.paths import Valuation
from detente.model.rows.temptation import NOTHING
from detente.report.kit.words import party
from detente.report.roadmap.steps import TimedPlan

DECIMALS = 12
"""Decimals of a payoff; that decimal number is what is written (OpenSpiel reads no fractions beyond 32 bits)."""


@dataclass(frozen=True)
class Ending:
    """Where the game stops, and what that is worth to each player: points, present value at signature."""

    label: str
    payoffs: tuple[float, ...]


@dataclass(frozen=True)
class Move:
    """A player's choice: to go on (sign, keep), or one of the exits, each of which ends the game."""

    label: str
    player: int
    go_on: str
    exits: tuple[tuple[str, Ending], ...]


@dataclass(frozen=True)
class Game:
    """One move after the other; the end is reached where everyone goes on each time."""

    title: str
    comment: str
    players: tuple[str, ...]
    """Names of the parties that move, each once."""
    moves: tuple[Move, ...]
    end: Ending


COMMENT = (
    "The commit-or-break game of a plan. Payoffs are present values at signature in each party's own stake points, "
    "against no deal: between players they cannot be compared. No deal pays each party its walk-away value, so a "
    "party signs where it consents. After a breach others answer as their response times say; the breaker pays its "
    "collapse cost, and losses without a deal return to everyone, at the first answer. Faking a measure is faking it "
    "together with all of the party's measures that are seen no faster and cost it something; its payoffs are expected "
    "values over the time to detection. Gains from breaking within the tolerance of check are written as ties. "
    "Moves lie on the dates of the plan: breaking between them, and cheating that ends in an open break before it is "
    "found out, are conditions of check that the game does not have."
)


def game_of(dossier: Dossier, plan: Plan) -> Game:
    """The commit-or-break game of a plan. Raises UsageError where nothing enters, or nobody has anything at stake."""
    timed = TimedPlan.of(dossier, plan)
    if not any(e >= 0 for rises in timed.timing.rises for e, _ in rises):
        raise UsageError("nothing enters in this plan, so there is no deal to keep or break: give a plan with steps")
    maker = _Maker(Model.of(dossier), timed)
    if not maker.players:
        raise UsageError("no party has anything at stake, so there is no game to play: give the parties stakes")
    return maker.game()


@dataclass(frozen=True)
class _Breach:
    """A way for a party to break the deal, at which moments it can, and what the path is worth to each party then."""

    label: str
    moments: frozenset[int]
    worth: Mapping[int, Array]
    """By party: [moments] points at signature."""


class _Worths:
    """What keeping the deal, and each way to break it, is worth. Moments are numbered as in `model.rows.paths`."""

    def __init__(self, model: Model, timed: TimedPlan) -> None:
        self.model, self.rises, self.moments = model, timed.timing.rises, model.moments
        shares = [[timed.timing.share(m, k) for k in range(-1, model.K)] for m in range(model.M)]
        self.shares: Array = np.array(shares, float).reshape(model.M, model.K + 1)
        self.valuations = {p: Valuation(model, p) for p in range(len(model.parties)) if model.valued[p]}
        self.maker = Maker(model, self.moments)
        self.kept = {p: self._amounts(v.keeping(self.maker)) for p, v in self.valuations.items()}
        """At each moment, nobody having left, at signature."""
        self.whole = {p: float(kept[0]) for p, kept in self.kept.items()}
        """V_p(f; 0)"""
        exits = Exits.of(model.exits, Moments.of([self.moments[0]]))
        alone = [[i] for i in range(len(self.moments))]
        self.lasts = np.concatenate([exits.until(self.moments.years[i], ~self.moments.before[i]) for i in alone])
        """The chance that nobody has left by each moment."""

    def breaches(self, p: int) -> Iterator[_Breach]:
        """Breaking out, where the plan has p perform something and that matters to it; then cheating in secret."""
        model = self.model
        every = frozenset(range(len(self.moments)))
        mine = [m for m in range(model.M) if model.by[p, m] and self.rises[m]]
        if mine:
            worth = self._worth(p, self.maker.breakout(p))
            if float(np.abs(worth[p] - self.whole[p]).max()) > NOTHING:
                yield _Breach("break out", every, worth)
        for m in mine:
            if model.fakeable[m]:
                yield from self._secret(p, m)

    def _secret(self, p: int, m: int) -> Iterator[_Breach]:
        """Faking a measure at its entry and, where it can be undone, undoing it in secret later."""
        model, name, e = self.model, self.model.measures[m], self.rises[m][0][0]
        numbered = list(enumerate(self.moments))
        entry = [i for i, at in numbered if at.side == "before" and at.base == e - 1 and at.years == model.tau[e]]
        later = [i for i, at in numbered if at.base >= e and np.isfinite(model.undo[m])]
        worth = self._worth(p, self.maker.covert(p, m))
        if e >= 0:
            yield _Breach(f"fake {name}", frozenset(entry), worth)
        if later:
            yield _Breach(f"undo {name} in secret", frozenset(later), worth)

    def _worth(self, p: int, path: Deviation) -> dict[int, Array]:
        """To each party, at each moment: the deal, less what p's breaking it loses where nobody has left before."""
        return {
            q: self.whole[q] - self.lasts * (self.kept[q] - self._amounts(v.after(self.maker, path, no_deal=True)))
            for q, v in self.valuations.items()
        }

    def _amounts(self, rows: Rows) -> Array:
        """[moments] rows as numbers, for this plan."""
        terms = [sum(c * truth(e, self.shares) for e, c in t.items()) for t in rows.terms]
        amounts: Array = rows.const + np.tensordot(rows.coef, self.shares, axes=2) + np.array(terms)
        return amounts


class _Maker:
    """Works out who moves when, and what each ending pays."""

    def __init__(self, model: Model, timed: TimedPlan) -> None:
        self.model, self.moments, self.worths = model, model.moments, _Worths(model, timed)
        self.entered = {e for rises in timed.timing.rises for e, _ in rises}
        self.breaches = {p: list(self.worths.breaches(p)) for p in self.worths.valuations}
        self.players = [p for p in self.breaches if model.consents[p] or self.breaches[p]]

    def game(self) -> Game:
        end = self._ending("the deal is kept", self.worths.whole)
        moves = [self._sign(p) for p in self.players if self.model.consents[p]]
        moves += [self._keep(p, i) for i in self._moments() for p in self.players if self._open(p, i)]
        title = f"{self.model.dossier.title}: keep the deal or break it"
        return Game(title, COMMENT, self._names(), tuple(moves), end)

    def _names(self) -> tuple[str, ...]:
        ids = tuple(self.model.parties[p] for p in self.players)
        names = tuple(_name(party(self.model.dossier, p), p) for p in ids)
        return names if len(set(names)) == len(ids) else ids

    # --- moves ----------------------------------------------------------------------------------------------------

    def _moments(self) -> Iterator[int]:
        """Two moments a date; one where nothing happens on it, since before and after are then the same."""
        return (i for i, moment in enumerate(self.moments) if moment.side == "before" or self._split(i))

    def _split(self, i: int) -> bool:
        """Whether something enters, or somebody may leave, on a moment's date."""
        after = self.moments[i if self.moments[i].side == "after" else i + 1]
        entered = after.base in self.entered and self.model.tau[after.base] == after.years
        return entered or any(x.chance and abs(x.at - after.years) < SNAP for x in self.model.exits)

    def _open(self, p: int, i: int) -> list[_Breach]:
        return [b for b in self.breaches[p] if i in b.moments]

    def _sign(self, p: int) -> Move:
        model, name = self.model, self.model.parties[p]
        worth = {q: float(model.walk_away[q]) if model.consents[q] else 0.0 for q in self.players}
        worth[p] = _forgiven(worth[p], self.worths.whole[p], self.worths.whole[p], 1.0)
        label = f"{name} signs"
        return Move(label, self.players.index(p), "sign", (("refuse", self._ending(f"{name} refuses", worth)),))

    def _keep(self, p: int, i: int) -> Move:
        """The move of a party that can break the deal at a moment."""
        label = f"{self.model.parties[p]} {self._when(i)}"
        ahead = float(np.exp(self.model.rho[p] * self.moments.years[i]))
        keep = float(self.worths.kept[p][i]) * ahead
        exits = []
        for breach in self._open(p, i):
            worth = {q: float(breach.worth[q][i]) for q in self.players}
            worth[p] = _forgiven(worth[p], self.worths.whole[p], keep, ahead)
            exits.append((breach.label, self._ending(f"{label}: {breach.label}", worth)))
        return Move(label, self.players.index(p), "keep", tuple(exits))

    def _when(self, i: int) -> str:
        moment = self.moments[i]
        day = self.model.dossier.grid.day(moment.years).isoformat()
        return f"{moment.side} {day}" if self._split(i) else f"on {day}"

    def _ending(self, label: str, worth: Mapping[int, float]) -> Ending:
        return Ending(label, tuple(worth[p] for p in self.players))


def _forgiven(payoff: float, end: float, keep: float, ahead: float) -> float:
    """What breaking pays: as much as keeping to the end where it gains no more than `check` forgives."""
    gain = (payoff - end) * ahead
    return end if 0 < gain <= SLIGHT * max(1.0, abs(keep)) else payoff


# --- the file -------------------------------------------------------------------------------------------------------


def efg(game: Game) -> str:
    """A game as the text of an .efg file (ASCII): nodes in prefix order, payoffs as decimals, no quotes within texts.

    https://gambitproject.readthedocs.io/en/latest/formats.efg.html
    """
    head = f"EFG 2 R {_quoted(game.title)} {{ {' '.join(map(_quoted, game.players))} }}"
    nodes: list[str] = []
    for i, move in enumerate(game.moves):
        actions = " ".join(map(_quoted, [move.go_on, *(label for label, _ in move.exits)]))
        number = 1 + sum(before.player == move.player for before in game.moves[:i])
        label = _quoted(move.label)
        nodes.append(f"p {label} {move.player + 1} {number} {label} {{ {actions} }} 0")
    endings = [game.end, *(ending for move in reversed(game.moves) for _, ending in move.exits)]
    nodes += [_terminal(n, ending) for n, ending in enumerate(endings, start=1)]
    return "\n".join([head, _quoted(game.comment), "", *nodes, ""])


def _terminal(number: int, ending: Ending) -> str:
    payoffs = ", ".join(map(_decimal, ending.payoffs))
    return f"t {_quoted(ending.label)} {number} {_quoted(ending.label)} {{ {payoffs} }}"


def _decimal(value: float) -> str:
    text = f"{value:.{DECIMALS}f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def _quoted(text: str) -> str:
    return f'"{_text(text)}"'


def _name(name: str, otherwise: str) -> str:
    """A name as a label can hold it; `otherwise` where it is not in printable ASCII, which Gambit asks for."""
    return _text(name) if name.isascii() and name.isprintable() and _text(name) else otherwise


def _text(text: str) -> str:
    """Text in ASCII on one line, accents and typographic signs made plain, what has no likeness there left out.

    Without backslashes, which Gambit does not read as written, and quotes, which OpenSpiel takes for the end.
    """
    likened = unicodedata.normalize("NFKD", text.translate(_PLAIN)).encode("ascii", "ignore").decode()
    printable = "".join(c if c.isprintable() else " " for c in likened)
    return " ".join(printable.split())


_PLAIN = str.maketrans(
    {"\\": "/", '"': "'", "“": "'", "”": "'", "„": "'", "‘": "'", "’": "'"} | dict.fromkeys("‐‑‒–—−", "-")
)
