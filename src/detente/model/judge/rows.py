"""The conditions that compare values, as rows of keep and deviate: who would gain by what, when. DESIGN §5, ANSWERS.

A row says keep ≥ deviate at one moment. Rows of one family (kind, parties, measure) are arrays over its moments, or
over its moments and the later ones at which a cheat may leave.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from copy import copy
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from detente.dossier.quantities import Number
from detente.dossier.schema import Dossier
from detente.model.judge.detection import NEVER
from detente.model.judge.facts import Facts
from detente.model.judge.interior import Interior
from detente.model.judge.paths import BETWEEN, Calendar, Instants, Paths
from detente.model.judge.terms import Kind, Terms, Timing
from detente.model.judge.values import (
    NOT_AT_ALL,
    Continuation,
    Holds,
    Made,
    Past,
    Portion,
    Secret,
    Worths,
    secret,
    table,
)
from detente.model.numeric import Array
from detente.model.tolerance import FULL, SLIGHT

_Path = Literal["kept", "broken", "faked", "left", "forgone"]
MOST = 1 << 24
"""Numbers that are kept from family to family, and from plan to plan."""
RECENT = 4
"""Plans whose conditions are kept once weighed: who asks whether one is accepted asks next what it misses."""


class Family(NamedTuple):
    """Conditions that differ only in their moment. `late`: those that no calendar of moments lists, but a search finds.

    That is faking that ends in an open break, and breaking out between two dates.
    """

    kind: Kind
    party: int
    other: int | None = None
    measure: int | None = None
    entry: int | None = None
    """The period in which the measure enters."""
    late: bool = False


class Comparisons(NamedTuple):
    """Conditions with values of one kind: `party` keeps by `keep` ≥ `deviate` at each moment; arrays [rows]."""

    kind: Kind | Literal["forgive"]
    party: int
    other: int | None
    measure: int | None
    norm: float
    at: Instants | None
    keep: Array
    deviate: Array
    leaves: Instants | None = None
    collapse: Array | None = None
    no_deal: Array | None = None

    @property
    def slack(self) -> Array:
        return self.keep - self.deviate

    def flat(self) -> Comparisons:
        """[moments, 1] → [moments]."""
        assert self.at is not None
        arrays = (self.keep, self.deviate, self.collapse, self.no_deal)
        keep, deviate, collapse, no_deal = (
            None if x is None else np.broadcast_to(x, (len(self.at), 1))[:, 0] for x in arrays
        )
        assert keep is not None
        assert deviate is not None
        return self._replace(keep=keep, deviate=deviate, collapse=collapse, no_deal=no_deal)

    @property
    def accepted(self) -> NDArray[np.bool_]:
        size = np.maximum(np.maximum(np.abs(self.keep), np.abs(self.deviate)), self.norm)
        return np.asarray(self.slack >= -SLIGHT * size)

    def only(self, chosen: NDArray[np.intp]) -> Comparisons:
        """Some of the rows."""
        at, leaves, some = self.at, self.leaves, (self.collapse, self.no_deal)
        collapse, no_deal = (None if x is None else x[chosen] for x in some)
        return self._replace(
            at=None if at is None else at[chosen],
            keep=self.keep[chosen],
            deviate=self.deviate[chosen],
            leaves=None if leaves is None else leaves[chosen],
            collapse=collapse,
            no_deal=no_deal,
        )


class _Scope(NamedTuple):
    """What of a path counts: which part of each measure, and which interactions."""

    measures: tuple[Portion | None, ...]
    togethers: tuple[bool, ...]

    def rest(self) -> _Scope:
        """What of a path counts where this does not."""
        return _Scope(tuple(REST[part] for part in self.measures), tuple(not counts for counts in self.togethers))


REST: Mapping[Portion | None, Portion | None] = {"whole": None, "base": "over", "over": "base", None: "whole"}


class Read:
    """A plan as the judge reads it: entries with their share, and what of others they wait for."""

    def __init__(self, timing: Timing, waits: Sequence[Sequence[tuple[int, int]]]) -> None:
        self.timing = timing
        self.rises = dict(enumerate(timing.rises))
        self.entries = [(m, e, rise) for m, rises in enumerate(timing.rises) for e, rise in rises]
        self.waits = waits
        self._made: dict[tuple[int, ...], list[tuple[Made, float]]] = {}
        self._holds: dict[tuple[int, ...], dict[int, Holds]] = {}
        self.kept: dict[int, Array] = {}
        self.standing: dict[tuple[int, int], Array] = {}
        self.rows: dict[tuple[Family, bool], list[Comparisons]] = {}
        """What of its conditions has been weighed."""

    def holds(self, movers: tuple[int, ...]) -> dict[int, Holds]:
        """Of each measure: from when on all that it directly needs of each mover is complete."""
        found = self._holds.get(movers)
        if found is None:
            each = [self._needed(q) for q in movers]
            found = {m: tuple(needed.get(m) for needed in each) for m in self.rises}
            self._holds[movers] = found
        return found

    def _needed(self, q: int) -> dict[int, int]:
        needed: dict[int, int] = {}
        for m, n in self.waits[q]:
            full = self.timing.full[n]
            if full is None or full >= 0:
                needed[m] = max(needed.get(m, -1), NOT_AT_ALL if full is None else full)
        return needed

    def made(self, movers: tuple[int, ...]) -> list[tuple[Made, float]]:
        found = self._made.get(movers)
        if found is None:
            holds = self.holds(movers)
            found = self._made[movers] = [((m, e, holds[m]), share) for m, e, share in self.entries]
        return found


class Weighing:
    """Weighs keeping a plan against every deviation from it, for the plans of one dossier."""

    def __init__(self, dossier: Dossier, facts: Facts, terms: Terms) -> None:
        self.dossier = dossier
        self.facts = facts
        self.togethers = [together for together, _ in terms.togethers]
        self.calendar = Calendar(dossier, facts)
        self.past = Past(facts, self.calendar.all)
        self._set_parties()
        self._set_acts()
        self._set_paths(Paths(dossier, facts))

    def leaving_at(self, q: int, rate: float) -> Weighing:
        """The same where a party leaves at one rate a year instead of those stated; what no exit bends is shared."""
        weighing = copy(self)
        weighing._set_paths(self.paths.leaving_at(q, rate))
        bent = [a or b for a, b in zip(self.outlived, weighing.outlived, strict=True)]
        for p in range(len(bent)):
            if not bent[p] and (stream := self._streams.get(("broken", p))):
                weighing._streams["broken", p] = stream
        return weighing

    def _set_paths(self, paths: Paths) -> None:
        self.paths = paths
        self.leavers = sorted({q for q, _ in paths.rates} | {q for _, q, _ in paths.dated})
        self.touched = [p for p in self.walk_away if self._felt(self.tables[p])]
        self._set_scopes()
        self._streams: dict[tuple[object, ...], Continuation] = {}
        self._fixed: dict[tuple[int, int], tuple[Array, Array]] = {}
        self._interiors: dict[int, Interior] = {}
        self._recent: dict[object, Read] = {}

    def read(self, timing: Timing) -> Read:
        """A plan, as it is weighed."""
        key = timing.rises, *timing.off.items(), *timing.shrinks.items()
        read = self._recent.pop(key, None) or Read(timing, self.waits)
        self._recent[key] = read
        if len(self._recent) > RECENT:
            del self._recent[next(iter(self._recent))]
        return read

    def _spare_memory(self) -> None:
        """Forget what paths are worth where that has grown too large."""
        if sum(stream.size for stream in self._streams.values()) > MOST:
            for stream in self._streams.values():
                stream.forget()

    # what is known before any plan

    def _set_parties(self) -> None:
        """Parties with values, and their constants in points."""
        facts, parties = self.facts, list(self.dossier.parties.values())

        def points(amount: Number, p: int) -> float:
            return amount.value / facts.rho[p] if amount.flow else amount.value

        self.valued = [p for p, party in enumerate(parties) if facts.rho[p] > 0 and self._matters(p)]
        interactions = list(self.dossier.interactions.values())
        self.tables: dict[int, Worths] = {p: table(self.dossier, facts, p, interactions) for p in self.valued}
        self.collapse = {p: points(parties[p].collapse_cost, p) for p in self.valued}
        self.walk_away = {p: points(parties[p].walk_away, p) for p in self.valued if parties[p].must_consent}
        limits = [(p, parties[p].exposure_limit) for p in self.valued]
        self.limit = {p: points(limit, p) for p, limit in limits if limit is not None}

    def _felt(self, worths: Worths) -> bool:
        """Whether a party feels anything while the deal is kept, which somebody may leave."""
        over = worths.if_over if self.leavers else []
        return any(w.felt for w in [*worths.whole, *over, *worths.together])

    def _matters(self, p: int) -> bool:
        party = self.dossier.parties[self.facts.parties[p]]
        amounts = (party.collapse_cost, party.walk_away)
        return bool(party.stakes) or party.loses or party.exposure_limit is not None or any(a.value for a in amounts)

    def _set_acts(self) -> None:
        """Who performs what, and which entries wait for which of a mover's measures."""
        facts = self.facts
        parties, measures = range(len(facts.parties)), range(len(facts.measures))
        self.acts = [[m for m in measures if q in facts.by[m]] for q in parties]
        self.fakes = [[m for m in self.acts[q] if facts.fakeable[m]] for q in parties]
        self.waits = [
            [
                (m, n)
                for m in measures
                if q in facts.answers_to[m] and q not in facts.by[m]
                for n in facts.needs[m]
                if q in facts.by[n]
            ]
            for q in parties
        ]

    def _set_scopes(self) -> None:
        """What counts on the path of a breach by each party, and what the breach leaves standing.

        That goes on as planned, exits included, as if there were no breach; but if somebody answers the breach, the
        deal is over then, and what is felt from then on is of the breach's path. Where nobody leaves, both paths are
        worth the same.
        """
        parties = range(len(self.facts.parties))
        every: Portion = "whole"
        self.everything = _Scope((every,) * len(self.facts.bodies), (True,) * len(self.togethers))
        self.outlived = [bool(self.leavers) and self._outlived(q) for q in parties]
        """Whether exits still make a difference on the path of a breach by each party once it is known."""
        self.concerned = [self._concerned(q) if self.leavers else self.everything for q in parties]
        self.left_standing = [scope.rest() for scope in self.concerned]

    def _concerned(self, q: int) -> _Scope:
        facts = self.facts
        others: Portion | None = "over" if facts.first[q] < NEVER else None
        concerned = [facts.answering(m, q) for m in range(len(facts.bodies))]
        togethers = (any(concerned[m] for m in together.measures) for together in self.togethers)
        return _Scope(tuple("whole" if there else others for there in concerned), tuple(togethers))

    def _outlived(self, q: int) -> bool:
        """Whether anything that is felt once the deal is over ends with an exit after q's breach, or begins with it.

        That may be what does not answer to a breach that is answered, and what does to one that nobody answers.
        """
        answered = self.facts.first[q] < NEVER
        some = [m for m in range(len(self.facts.bodies)) if self.facts.answering(m, q) != answered]
        return any(worths.if_over[m].felt for worths in self.tables.values() for m in some)

    # paths, built when they are asked for

    def _stream(self, kind: _Path, *of: int) -> Continuation:
        stream = self._streams.get((kind, *of))
        if stream is None:
            stream = self._streams[kind, *of] = self._build(kind, *of)
        return stream

    def _build(self, kind: _Path, *of: int) -> Continuation:
        """ "kept"; "broken" by q; "forgone" (m); or q fakes m, which enters in e, and perhaps leaves: "faked", "left"
        (q, m, e, only).

        `only`: only at its entry.
        """
        facts, paths, every = self.facts, self.paths, self.calendar.all
        if kind == "kept":
            return Continuation(facts, every, paths.kept(every.column()), self.leavers)
        if kind == "broken":
            return self._broken(every[self.calendar.of[of[0], None]], of[0])
        if kind == "forgone":
            forgone = Secret(frozenset(of), frozenset(of), openly=True)
            return Continuation(facts, every, paths.kept(every.column()), self.leavers, forgone)
        q, m, e, only = of
        now = every[self._chances(q, m, e)[:1] if only else self._chances(q, m, e)]
        hidden = secret(facts, q, m)
        if kind == "faked":
            return Continuation(facts, now, paths.faked(now.column(), q, m), self.leavers, hidden)
        then = every[self.calendar.leaving[q, m]].row()
        branches = paths.faked_and_left(now.column(), then, q, m)
        return Continuation(facts, now, branches, sorted({q, *self.leavers}), hidden)

    def _broken(self, now: Instants, q: int) -> Continuation:
        movers = sorted({q, *self.leavers}) if self.outlived[q] else [q]
        return Continuation(self.facts, now, self.paths.broken(now.column(), q), movers)

    def _chances(self, q: int, m: int, e: int) -> NDArray[np.intp]:
        """Moments at which m, entering in period e, can be faked (before its entry) or undone in secret (later)."""
        entry = [] if e < 0 else [self.calendar.entry[e]]
        of = self.calendar.of[q, m]
        later = of[self.calendar.all.base[of] >= e] if self.facts.undo[m] < NEVER else of[:0]
        return np.array([*entry, *later.tolist()], np.intp)

    def _along(self, stream: Continuation | Past, p: int, plan: Read, scope: _Scope | None = None) -> Array:
        """Value along paths from each of their moments on, present value at signature, without no_deal and collapse."""
        worths, scope = self.tables[p], scope or self.everything
        movers = stream.movers if isinstance(stream, Continuation) else ()
        total: Array = np.zeros((1, 1))
        for made, share in plan.made(movers):
            if part := scope.measures[made[0]]:
                value = stream.entry(worths, p, made, part)
                total = total + (value if share == 1.0 else share * value)
        for i, together in enumerate(self.togethers):
            if worths.together[i].felt and scope.togethers[i]:
                total = total + stream.together(worths, p, i, together, plan.rises, plan.holds(movers))
        return total

    def _after(self, stream: Continuation, p: int, q: int, plan: Read, at: NDArray[np.intp]) -> Array:
        """Value to p, as `_along`, from moments of the calendar on at which q breaks the deal."""
        if (p, q) not in plan.standing:
            value = self._along(self._stream("kept"), p, plan, self.left_standing[q])
            plan.standing[p, q] = np.broadcast_to(value, (len(self.calendar.all), 1))
        return plan.standing[p, q][at] + self._along(stream, p, plan, self.concerned[q])

    def _lost(self, stream: Continuation, p: int) -> tuple[Array, Array]:
        """What p's collapse_cost, and its `no_deal` to come, take from the first answer on."""
        key = (id(stream), p)
        if key not in self._fixed:
            course = self.tables[p].course
            collapse, no_deal = np.zeros((1, 1)), np.zeros((1, 1))
            for branch in stream.branches:
                if branch.pays == p and self.collapse[p]:
                    collapse = collapse + self.collapse[p] * branch.answered(course.rho)
                if course.felt:
                    no_deal = no_deal + branch.spared(course)
            self._fixed[key] = collapse, no_deal
        return self._fixed[key]

    def _lost_by(self, stream: Continuation, p: int, exits: Array) -> tuple[Array, Array]:
        """As `_lost`, by p's own breach: where nobody answers it, only exits take what `no_deal` spares."""
        collapse, no_deal = self._lost(stream, p)
        return collapse, no_deal if self.facts.first[p] < NEVER else exits

    def _kept(self, plan: Read, p: int) -> Array:
        """Value of keeping from each moment on, present value at signature, without no_deal: [moments]."""
        if p not in plan.kept:
            value = self._along(self._stream("kept"), p, plan)
            plan.kept[p] = np.broadcast_to(value, (len(self.calendar.all), 1))[:, 0]
        return plan.kept[p]

    def _spared(self, p: int) -> tuple[Array, Array]:
        """What no_deal is from each moment on, and what exits take of it."""
        _, lost = self._lost(self._stream("kept"), p)
        return self.tables[p].course.spared(self.calendar.all.t), np.broadcast_to(lost, (len(self.calendar.all), 1))[
            :, 0
        ]

    # the conditions with values

    def families(self, plan: Read) -> Iterator[Family]:
        """All that are listed, in order of cost."""
        yield from (Family("consent", p) for p in self.walk_away)
        for p in self.valued:
            if self._acting(plan, p):
                yield Family("breakout", p)
        for p in self.valued:
            yield from (Family("covert", p, None, m, e) for m, e in self._faked(plan, p))
        for p in self.limit:
            others = [q for q in range(len(self.facts.parties)) if q != p and self._acting(plan, q)]
            yield from (Family("exposure", p, q) for q in others)
            yield from self._secret_exposures(plan, p)

    def late_families(self, plan: Read) -> Iterator[Family]:
        """Those that a search finds."""
        for p in self.valued:
            yield from (Family("covert", p, None, m, e, late=True) for m, e in self._faked(plan, p))
        for p in self.limit:
            yield from (family._replace(late=True) for family in self._secret_exposures(plan, p))
        for p in self.valued:
            if self._acting(plan, p):
                yield Family("breakout", p, late=True)

    def _secret_exposures(self, plan: Read, p: int) -> Iterator[Family]:
        for q in range(len(self.facts.parties)):
            for m, e in self._faked(plan, q) if q != p else ():
                if e >= 0:
                    yield Family("secret_exposure", p, q, m, e)

    def rows(self, plan: Read, family: Family, *, worst: bool = True) -> list[Comparisons]:
        """The rows of a family; `worst`: of breakouts between dates only what is broken."""
        key = family, worst
        if key not in plan.rows:
            self._spare_memory()
            plan.rows[key] = list(self._weighed(plan, family, worst=worst))
        return plan.rows[key]

    def _weighed(self, plan: Read, family: Family, *, worst: bool) -> Iterator[Comparisons]:
        match family.kind:
            case "consent":
                yield self._consent(plan, family.party)
            case "breakout" if family.late:
                yield from self._within(plan, family.party, worst=worst)
            case "breakout":
                yield from self._breakouts(plan, family.party)
            case "covert" if family.late:
                yield from self._leavings(plan, family)
            case "covert":
                yield from self._coverts(plan, family)
            case "exposure":
                yield self._exposure(plan, family)
            case "secret_exposure" if family.late:
                yield from self._secret_leavings(plan, family)
            case "secret_exposure":
                yield self._secret_exposure(plan, family)

    def listed(self, plan: Read) -> Iterator[Comparisons]:
        """All at the moments of the calendar, in order of cost."""
        for family in self.families(plan):
            yield from self.rows(plan, family)

    def unlisted(self, plan: Read, *, worst: bool) -> Iterator[Comparisons]:
        """Faking that ends in an open break, and moments the calendar lacks; `worst`: only what is broken."""
        for family in self.late_families(plan):
            yield from self.rows(plan, family, worst=worst)

    def _consent(self, plan: Read, p: int) -> Comparisons:
        keep, deviate = np.array([self.value(plan, p)]), np.array([self.walk_away[p]])
        return Comparisons("consent", p, None, None, self.facts.norm[p], None, keep, deviate)

    def value(self, plan: Read, p: int) -> float:
        spared, lost = self._spared(p)
        return float(self._kept(plan, p)[0] + spared[0] - lost[0])

    def _acting(self, plan: Read, p: int) -> bool:
        """Whether a plan gives a party something to perform."""
        return any(plan.timing.rises[m] for m in self.acts[p])

    def _tempted(
        self, plan: Read, p: int, stream: Continuation, at: NDArray[np.intp], kind: Kind, measure: int | None
    ) -> Comparisons:
        """Keeping against deviating at some moments of the calendar: [moments, leaving moments or 1]."""
        now = self.calendar.all[at]
        ahead = np.exp(self.facts.rho[p] * now.t)[:, None]
        spared, exits = (x[at][:, None] for x in self._spared(p))
        collapse, no_deal = self._lost_by(stream, p, exits)
        keep = (self._kept(plan, p)[at][:, None] + spared - exits) * ahead
        deviate = (self._after(stream, p, p, plan, at) + spared - no_deal - collapse) * ahead
        parts = [np.broadcast_to(x * ahead, deviate.shape) for x in (collapse, no_deal - exits)]
        return Comparisons(kind, p, None, measure, self.facts.norm[p], now, keep, deviate, None, *parts)

    def _breakouts(self, plan: Read, p: int) -> Iterator[Comparisons]:
        """Keeping against breaking out at every moment; none where p saves and loses nothing at any of them."""
        rows = self._tempted(plan, p, self._stream("broken", p), self.calendar.of[p, None], "breakout", None).flat()
        if (np.abs(rows.slack) > 1e-12 * np.maximum(1.0, np.abs(rows.keep))).any() or self._at_stake(plan, p):
            yield rows

    def _at_stake(self, plan: Read, p: int) -> bool:
        """Whether breaking out saves or loses p anything, even where gains and losses cancel."""
        if self.facts.first[p] < NEVER and (self.tables[p].course.felt or self.collapse[p]):
            return True
        kept, broken, at = self._stream("kept"), self._stream("broken", p), self.calendar.of[p, None]
        saved = self._items(broken, plan, p)
        for item, value in self._items(kept, plan, p).items():
            here = np.broadcast_to(value, (len(self.calendar.all), 1))[at]
            if (np.abs(here - saved[item]) > 1e-9).any():
                return True
        return False

    def _items(self, stream: Continuation, plan: Read, p: int) -> dict[int, Array]:
        """What each measure that p's breach concerns contributes to a path's value, and (as −1) the interactions."""
        worths, scope = self.tables[p], self.concerned[p]
        items: dict[int, Array] = {-1: np.zeros((1, 1))}
        for made, share in plan.made(stream.movers):
            if part := scope.measures[made[0]]:
                items[made[0]] = items.get(made[0], np.zeros((1, 1))) + share * stream.entry(worths, p, made, part)
        holds = plan.holds(stream.movers)
        for i, together in enumerate(self.togethers):
            if scope.togethers[i]:
                items[-1] = items[-1] + stream.together(worths, p, i, together, plan.rises, holds)
        return items

    def _coverts(self, plan: Read, of: Family) -> Iterator[Comparisons]:
        """Keeping against faking m, and what goes with it, at its entry or against undoing it later."""
        p, m, e = _faking(of.party, of)
        at = self._chances(p, m, e)
        if len(at):
            yield self._tempted(plan, p, self._stream("faked", p, m, e, False), at, "covert", m).flat()

    def _faked(self, plan: Read, q: int) -> Iterator[tuple[int, int]]:
        """What of a plan a party can fake, and when it enters."""
        for m in self.fakes[q]:
            e = plan.timing.first[m]
            if e is not None:
                yield m, e

    def _leavings(self, plan: Read, of: Family) -> Iterator[Comparisons]:
        """As `_coverts`, and breaking openly at whichever later moment is best. ANSWERS R2."""
        p, m, e = _faking(of.party, of)
        at = self._chances(p, m, e)
        if len(at) and len(then := self.calendar.leaving[p, m]):
            rows = self._tempted(plan, p, self._stream("left", p, m, e, False), at, "covert", m)
            yield from self._best(rows, at, then)

    def _best(self, rows: Comparisons, at: NDArray[np.intp], then: NDArray[np.intp]) -> Iterator[Comparisons]:
        """The worst leaving moment of each row: [moments, leaving moments] → [moments]."""
        later = then[None, :] > at[:, None]
        some = np.flatnonzero(later.any(axis=1))
        slack = np.where(later, rows.keep - rows.deviate, np.inf)[some]
        if not len(some):
            return
        best = np.argmin(slack, axis=1)

        def pick(x: Array | None) -> Array:
            assert x is not None
            return np.asarray(np.broadcast_to(x, later.shape)[some, best])

        yield rows._replace(
            at=self.calendar.all[at[some]],
            keep=pick(rows.keep),
            deviate=pick(rows.deviate),
            leaves=self.calendar.all[then[best]],
            collapse=None if rows.collapse is None else pick(rows.collapse),
            no_deal=None if rows.no_deal is None else pick(rows.no_deal),
        )

    def _enjoyed(self, plan: Read, p: int) -> Array:
        """What p has enjoyed from signature until each moment."""
        return np.broadcast_to(self._along(self.past, p, plan), (len(self.calendar.all), 1))

    def _exposure(self, plan: Read, of: Family) -> Comparisons:
        """Value since signature when another party breaks out at any moment."""
        assert of.other is not None
        p, q, at = of.party, of.other, self.calendar.of[of.other, None]
        value = self._enjoyed(plan, p)[at] + self._after(self._stream("broken", q), p, q, plan, at)
        return self._exposed("exposure", p, q, None, at, value).flat()

    def _secret_exposure(self, plan: Read, of: Family) -> Comparisons:
        """Value since signature when another party fakes a measure from its entry."""
        p, (q, m, e) = of.party, _faking(of.other, of)
        at = self._chances(q, m, e)[:1]
        value = self._enjoyed(plan, p)[at] + self._after(self._stream("faked", q, m, e, True), p, q, plan, at)
        return self._exposed("secret_exposure", p, q, m, at, value).flat()

    def _exposed(
        self,
        kind: Kind,
        p: int,
        q: int,
        m: int | None,
        at: NDArray[np.intp],
        value: Array,
        leaves: Instants | None = None,
    ) -> Comparisons:
        limit = np.full(value.shape, -self.limit[p])
        return Comparisons(kind, p, q, m, self.facts.norm[p], self.calendar.all[at], value, limit, leaves)

    def _secret_leavings(self, plan: Read, of: Family) -> Iterator[Comparisons]:
        """As the secret exposures, where the faker breaks openly at whichever later moment is worst for p."""
        p, (q, m, e) = of.party, _faking(of.other, of)
        at, then = self._chances(q, m, e)[:1], self.calendar.leaving[q, m]
        if len(then):
            value = self._enjoyed(plan, p)[at] + self._after(self._stream("left", q, m, e, True), p, q, plan, at)
            yield from self._best(self._exposed("secret_exposure", p, q, m, at, value), at, then)

    def _within(self, plan: Read, p: int, *, worst: bool) -> Iterator[Comparisons]:
        """Breakouts between the moments of the calendar, where exits or a moving no_deal bend their slack."""
        if not (self.paths.rates or self.tables[p].course.moves):
            return
        if p not in self._interiors:
            times, turns = self.calendar.all.t[self.calendar.of[p, None]], self.tables[p].course.ends
            self._interiors[p] = Interior(times, turns, self.facts.rho[p] + self.paths.leaving)
        interior = self._interiors[p]
        if not interior.pieces:
            return
        sampled = self.at_any_time(plan, p, interior.samples(self.facts.tau), ("samples", p))
        if not (np.abs(sampled.slack) > SLIGHT * np.maximum(1.0, np.abs(sampled.keep))).any():
            return  # nothing is at stake
        found = interior.least(sampled.slack, broken=worst)
        if found:
            yield self.at_any_time(plan, p, Instants.at(self.facts.tau, found, [BETWEEN] * len(found)), None)

    # would an answerer rather forgive?

    def forgiving(self, plan: Read) -> Iterator[Comparisons]:
        """What each answerer q gets if a breach of m alone is forgiven for ever (keep), and if it is answered.

        Of each measure m of the plan, each performer p of it, and each other party q that performs something in the
        plan that answers to p: one row for each moment, from just before m's first entry on, at which p could still
        drop it. Forgiven: m's entries to come do not happen; what is in force of it is undone `undo.in` later, down to
        what it `keeps`, with what its inspection does; the rest of the plan goes on, exits and all. Answered: the path
        after an open breach by p, on which `no_deal` returns and `if_over` is felt. Points, at the moment.
        """
        for m in plan.rises:
            first = plan.timing.first[m]
            if first is None:
                continue
            for p in sorted(self.facts.by[m]):
                at = self._breaches(plan, p, m, first)
                for q in self._answerers(plan, p) if len(at) else ():
                    yield self._forgiving(plan, p, m, q, at)

    def _breaches(self, plan: Read, p: int, m: int, first: int) -> NDArray[np.intp]:
        """Moments from its first entry on at which p could still not perform m."""
        of, last = self.calendar.of[p, None], plan.rises[m][-1][0]
        since = of[of >= (0 if first < 0 else self.calendar.entry[first])]
        if self.facts.undo[m] < NEVER and self.facts.keeps[m] < FULL:
            return since
        return since[self.calendar.all.base[since] < last]

    def _answerers(self, plan: Read, p: int) -> list[int]:
        """The valued parties that perform something in a plan that answers to p."""
        acts = [n for n, rises in plan.rises.items() if rises and self.facts.answering(n, p)]
        return sorted({q for n in acts for q in self.facts.by[n] if q != p} & set(self.valued))

    def _forgiving(self, plan: Read, p: int, m: int, q: int, at: NDArray[np.intp]) -> Comparisons:
        here = np.searchsorted(self.calendar.of[p, None], at)
        ahead = np.exp(self.facts.rho[q] * self.calendar.all.t[at])[:, None]
        spared, exits = (x[at][:, None] for x in self._spared(q))
        broken = self._stream("broken", p)
        every = self.calendar.of[p, None]
        ended = self._after(broken, q, p, plan, every) - self._lost(broken, q)[1]
        ended = np.broadcast_to(ended, (len(every), 1))[here]
        kept = self._kept(plan, q)[at][:, None]
        change = np.broadcast_to(self._without(plan, m, q), (len(self.calendar.all), 1))[at]
        keep, deviate = (kept + change + spared - exits) * ahead, (ended + spared) * ahead
        return Comparisons("forgive", q, p, m, self.facts.norm[q], self.calendar.all[at], keep, deviate).flat()

    def _without(self, plan: Read, m: int, q: int) -> Array:
        """What changes for q, from each moment on, if m is no longer performed and all else goes on."""
        worths, kept, forgone = self.tables[q], self._stream("kept"), self._stream("forgone", m)
        total: Array = np.zeros((1, 1))
        for made, share in plan.made(kept.movers):
            if made[0] == m:
                total = total + share * (forgone.entry(worths, q, made) - kept.entry(worths, q, made))
        for i, together in enumerate(self.togethers):
            if worths.together[i].felt and m in together.measures:
                some = (q, i, together, plan.rises, plan.holds(kept.movers))
                total = total + forgone.together(worths, *some) - kept.together(worths, *some)
        return total

    def at_any_time(self, plan: Read, p: int, now: Instants, key: tuple[object, ...] | None) -> Comparisons:
        """Keeping against breaking out at times that the calendar need not have."""
        keys = [(*key, kind) if key else (kind, "once") for kind in ("kept", "broken")]
        if key is None or keys[0] not in self._streams:
            self._streams[keys[0]] = Continuation(self.facts, now, self.paths.kept(now.column()), self.leavers)
            self._streams[keys[1]] = self._broken(now, p)
        kept, broken = (self._streams[k] for k in keys)
        ahead = np.exp(self.facts.rho[p] * now.t)[:, None]
        spared = self.tables[p].course.spared(now.t)[:, None]
        _, exits = self._lost(kept, p)
        collapse, no_deal = self._lost_by(broken, p, exits)
        standing = self._along(kept, p, plan, self.left_standing[p])
        keep = (self._along(kept, p, plan) + spared - exits) * ahead
        deviate = (standing + self._along(broken, p, plan, self.concerned[p]) + spared - no_deal - collapse) * ahead
        parts = (collapse * ahead, (no_deal - exits) * ahead)
        if key is None:
            for k in keys:
                self._fixed.pop((id(self._streams.pop(k)), p), None)
        return Comparisons("breakout", p, None, None, self.facts.norm[p], now, keep, deviate, None, *parts).flat()


def _faking(faker: int | None, of: Family) -> tuple[int, int, int]:
    """Who fakes what, and when it enters."""
    assert faker is not None
    assert of.measure is not None
    assert of.entry is not None
    return faker, of.measure, of.entry
