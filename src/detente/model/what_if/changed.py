"""Which of some paths differ from what they were under other numbers: what does not is not worked out again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields, is_dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from detente.model.numeric import Flags, Indices
from detente.model.rows.breaches import Branch, Deviation
from detente.model.rows.detection import Watches
from detente.model.rows.fates import Fates, Times
from detente.model.rows.laws import Exits, Rhos


def changed(now: Any, was: Any, n: int) -> Flags:
    """[n] whether two things differ in what they say of each path; what holds for all paths is told of all.

    Arrays [n, …] say something of each, and so do `Watches`; of others any difference is one for all.
    """
    if now is was:
        return np.zeros(n, bool)
    if type(now) is not type(was):
        return np.ones(n, bool)
    if isinstance(now, Watches):
        differ = np.array([a != b for a, b in zip(now.each, was.each, strict=False)], bool)
        return differ[now.which] if len(now.each) == len(was.each) else np.ones(n, bool)
    if isinstance(now, Fates | Times | Exits):
        return _told(now, was, n)
    if isinstance(now, np.ndarray):
        return _rows_differ(now, was, n)
    if isinstance(now, tuple | list):
        differing = [changed(a, b, n) for a, b in zip(now, was, strict=False)]
        return _any(differing, n) | (len(now) != len(was))
    if is_dataclass(now):
        return _any([changed(getattr(now, f.name), getattr(was, f.name), n) for f in fields(now)], n)
    return np.full(n, bool(now != was))


def _told(now: Any, was: Any, n: int) -> Flags:
    """The same of what holds arrays that say nothing of each path, too."""
    if isinstance(now, Fates):
        differing = [changed(getattr(now, x), getattr(was, x), n) for x in ("stop", "made", "later", "back")]
        differing.append(np.full(n, bool(now.keeps.tobytes() != was.keeps.tobytes())))
        return _any(differing, n)
    if isinstance(now, Exits):
        return changed(now.leavings, was.leavings, n)  # the moments are the same
    moves = now.moves.shape != was.moves.shape or (now.moves.ndim == 1 and bool(np.any(now.moves != was.moves)))
    if moves or len(now.years) != len(was.years):
        return np.ones(n, bool)
    differing = [_rows_differ(now.years, was.years, n)]
    if now.moves.ndim > 1:
        differing.append(_rows_differ(now.moves, was.moves, n))
    return _any(differing, n)


def _any(several: Sequence[Flags], n: int) -> Flags:
    found: Flags = np.logical_or.reduce([np.zeros(n, bool), *several])
    return found


def _rows_differ(now: NDArray[Any], was: NDArray[Any], n: int) -> Flags:
    differ: Flags = np.asarray(now != was) if now.shape == was.shape else np.ones(1, bool)
    if differ.ndim and len(differ) == n:
        return differ if differ.ndim == 1 else np.asarray(differ.any(axis=1))
    return np.full(n, bool(differ.any()))


def chosen_of(path: Deviation, i: Indices) -> Deviation:
    """Deviations from some of the moments, in order."""
    branches, aftermath = (tuple(_branch(x, i) for x in several) for several in (path.branches, path.aftermath))
    mover = path.mover if isinstance(path.mover, int) else path.mover[i]
    return replace(path, branches=branches, aftermath=aftermath, mover=mover)


def taken(branch: Branch, i: Indices, rates: Rhos = ()) -> Branch:
    """As from some of its moments, in order; `rates`: discount rates of all, and of these."""
    names = ("low", "high", "first_answer", "upto", "just_after", "just_after_fixed")
    arrays: dict[str, Any] = {name: getattr(branch, name)[i] for name in names}
    return replace(branch, law=branch.law.at(i, rates), **arrays)


def _branch(branch: Branch, i: Indices) -> Branch:
    fates = _fates(branch.fates, i)
    return replace(
        taken(branch, i),
        fates=fates,
        inspected=fates if branch.inspected is branch.fates else _fates(branch.inspected, i),
        leaver=branch.leaver if isinstance(branch.leaver, int) else branch.leaver[i],
        held=None if branch.held is None else branch.held[i],
    )


def _fates(fates: Fates, i: Indices) -> Fates:
    def of(times: Times) -> Times:
        if len(times.years) == 1:
            return times
        return Times(times.years[i], times.moves[i] if times.moves.ndim > 1 else times.moves)

    made = of(fates.made)
    return Fates(of(fates.stop), made, made if fates.later is fates.made else of(fates.later), fates.keeps)
