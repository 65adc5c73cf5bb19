"""The thinnest margins of a judged plan: where it is most dangerous, and where each party is most exposed."""

from __future__ import annotations

from collections.abc import Sequence

from detente.model.judge.check import Slack, Verdict

TEMPTATIONS = ("breakout", "covert", "lapse", "never")
"""Kinds of conditions that weigh keeping a deal against something else."""
VALUED = ("consent", *TEMPTATIONS, "exposure", "secret_exposure", "forgive")
"""Kinds of conditions with values."""


def least(slacks: Sequence[Slack], kinds: Sequence[str] = VALUED) -> Slack | None:
    """The first row with the least slack among those of some kinds; rounding does not decide which."""
    rows = [s for s in slacks if s.kind in kinds and s.slack is not None]
    return min(rows, key=lambda s: round(s.slack or 0.0, 9), default=None)


def dangerous(proof: Verdict) -> Slack | None:
    """The most dangerous moment: who is most tempted, when, to what."""
    return least(proof.slacks, TEMPTATIONS)


def exposures(proof: Verdict) -> tuple[Slack, ...]:
    """The tightest exposure of each party that has a limit."""
    kinds = ("exposure", "secret_exposure")
    parties = dict.fromkeys(s.party for s in proof.slacks if s.kind in kinds)
    rows = [least([s for s in proof.slacks if s.party == p], kinds) for p in parties]
    return tuple(s for s in rows if s is not None)
