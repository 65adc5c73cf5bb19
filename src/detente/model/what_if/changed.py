"""Which of some paths differ from what they were under other numbers: what does not is not worked out again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields, is_dataclass, replace
from typing import Any

import numpy as np

from detente.model.numeric import Flags, Indices
from detente.model.rows.breaches import Branch, Deviation
from detente.model.rows.detection import Watches
from detente.model.rows.fates import Fates, Times
from detente.model.rows.laws import Rates


def changed(now: Any, was: Any, n: int) -> Flags:
    """[n] whether two things differ in what they say of each path; what holds for all paths is told of all.

    Arrays [n, …] say something of each, as do `Watches`; of others any difference is one for all.
    """
    if now is was:
        return np.zeros(n, bool)
    if type(now) is not type(was):
        return np.ones(n, bool)
    if isinstance(now, Watches):
        differ = np.array([a != b for a, b in zip(now.each, was.each, strict=False)])
        return differ[now.which] if len(now.each) == len(was.each) else np.ones(n, bool)
    if isinstance(now, np.ndarray):
        return _arrays(now, was, n)
    if isinstance(now, tuple | list):
        return _any([changed(a, b, n) for a, b in zip(now, was, strict=False)], n) | (len(now) != len(was))
    if is_dataclass(now):
        return _any([changed(getattr(now, f.name), getattr(was, f.name), n) for f in fields(now)], n)
    return np.full(n, bool(now != was))


def _any(several: Sequence[Flags], n: int) -> Flags:
    return np.logical_or.reduce([np.zeros(n, bool), *several])


def _arrays(now: np.ndarray[Any, Any], was: np.ndarray[Any, Any], n: int) -> Flags:
    if now.shape != was.shape:
        return np.ones(n, bool)
    differ = now != was
    if now.ndim and now.shape[0] == n:
        return np.asarray(differ.any(axis=tuple(range(1, now.ndim))))
    return np.full(n, bool(differ.any()))


def some(path: Deviation, i: Indices) -> Deviation:
    """Deviations from some of the moments, in order."""
    branches, aftermath = (tuple(_branch(x, i) for x in several) for several in (path.branches, path.aftermath))
    mover = path.mover if isinstance(path.mover, int) else path.mover[i]
    return replace(path, branches=branches, aftermath=aftermath, mover=mover)


def taken(branch: Branch, i: Indices, rates: Rates = ()) -> Branch:
    """As from some of its moments, in order; `rates`: discount rates of all, and of these."""
    names = ("low", "high", "first_answer", "upto", "just_after", "just_after_fixed")
    return replace(branch, law=branch.law.at(i, rates), **{name: getattr(branch, name)[i] for name in names})


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
