"""What rules maximise: a party's gain, the sum of gains, the least of them, the sum of their logarithms. DESIGN §5."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

import numpy as np

from detente.design.plan.gains import Gains, counted
from detente.design.plan.objective import Objective
from detente.design.plan.solve import Solver
from detente.design.programme.linear import Linear, combine, total
from detente.model.numeric import Array

POSITIVE = 1e-9
"""A gain counts as positive above this part of what the party has at stake (`Gains.at_stake`)."""
LEAST_GAIN = 1e-6
"""The gain, in the unit that the programme counts in, below which it takes the logarithm for a straight line."""
FINEST, FINE = 1e-8, 0.05
"""The logarithm may lie above what it is by this part of the gap, shared by the bargainers; and by so much at least."""
WHOLE = 1e-6
"""Distance from a whole number that is rounding."""
MOST_GAP = 0.99
"""A gap of all of a product would let anything pass."""


def within(gap: float, unit: float = 1.0) -> Callable[[float], float]:
    """Within which distance of a bound an objective is good enough: see `counted`."""
    return lambda value: gap * counted(value, unit)


def gain_of(gains: Gains, p: int, gap: float) -> Objective:
    """The gain of one party."""
    least, unit = float(gains.threat[p]), gains.at_stake(p)
    return Objective(
        gains.linear(p),
        lambda s: gains.value(p, s) - least,
        slack_for=within(gap, unit),
        worth=lambda values: values[p] - least,
        unit=unit,
    )


def sum_of(gains: Gains, gap: float) -> Objective:
    """The sum of the bargainers' gains."""
    target = total((1.0, gains.linear(p)) for p in gains.bargainers)
    return Objective(
        target,
        lambda s: float(gains.of(s).sum()),
        slack_for=within(gap, gains.unit),
        worth=lambda values: gains.from_values(values).sum(axis=-1),
        unit=gains.unit,
    )


def least_of(gains: Gains, weights: Mapping[int, float], gap: float, counted_in: float = 1.0) -> Objective:
    """max t with t ≤ weight·gain for each party (bargainers, by number)."""
    if not weights:
        return Objective(Linear({}), lambda s: 0.0, slack_for=within(gap))
    program = gains.problem.program
    grain = min(weight * gains.grain(p) for p, weight in weights.items())
    unit = min(weight * gains.at_stake(p) for p, weight in weights.items())
    t = program.add_column(-math.inf, math.inf)
    for p, weight in weights.items():
        gain, size = gains.linear(p), weight * gains.grain(p)
        row = combine((weight / size, gain.row), (-grain / size, {t: 1.0}))
        program.add_row(row, low=-weight * gain.const / size)
    factor = np.array([weights.get(p, 0.0) for p in gains.bargainers])
    chosen = np.array([p in weights for p in gains.bargainers])

    def score(shares: Array) -> float:
        return float((factor * gains.of(shares))[chosen].min())

    def worth(values: Array) -> Array:
        least: Array = (factor * gains.from_values(values))[..., chosen].min(axis=-1)
        return least

    return Objective(Linear({t: grain}), score, slack_for=within(gap, counted_in), worth=worth, unit=unit)


def least_gain(gains: Gains, gap: float) -> Objective:
    """The least of the bargainers' gains."""
    return least_of(gains, dict.fromkeys(gains.bargainers, 1.0), gap, gains.unit)


def sum_of_logarithms(gains: Gains, solver: Solver, gap: float) -> Objective:
    """Σ ln g, the logarithms from above by tangents, drawn where solutions fall."""
    logs = _Logarithms(gains, solver, gap)
    enough = -math.log1p(-min(gap, MOST_GAP))
    return Objective(logs.target, logs.of, logs.refine, slack_for=lambda v: enough, worth=logs.worth)


class _Logarithms:
    """Columns for gains, in units that the programme counts in, and for their logarithms."""

    def __init__(self, gains: Gains, solver: Solver, gap: float) -> None:
        self.gains, self.solver, self.program = gains, solver, gains.problem.program
        self.fine = max(FINEST, FINE * gap / max(1, len(gains.bargainers)))
        self.units = np.array([gains.grain(p) for p in gains.bargainers])
        self.positive = np.array([POSITIVE * gains.at_stake(p) for p in gains.bargainers])
        """[bargainers] a greater gain is one."""
        most = [float(gains.problem.valued.closeness.sizes.most[p]) for p in gains.bargainers]
        self.most = np.maximum(1.0, np.array(most) / self.units)
        self.columns = [self._added(i, p) for i, p in enumerate(gains.bargainers)]
        """(gain, its logarithm) of each bargainer."""
        for (g, z), most_gain in zip(self.columns, self.most, strict=True):
            for decade in range(math.ceil(math.log10(most_gain)) + 1):
                self._tangent(g, z, 10.0**decade)
        self.target = Linear({z: 1.0 for _, z in self.columns}, float(np.log(self.units).sum()))

    def _added(self, i: int, p: int) -> tuple[int, int]:
        gain, unit, most = self.gains.linear(p), float(self.units[i]), float(self.most[i])
        g = self.program.add_column(0.5 * float(self.positive[i]) / unit, most)
        z = self.program.add_column(math.log(LEAST_GAIN) - 1.0, math.log(most) + 1.0)
        self.program.add_row(combine((1 / unit, gain.row), (-1.0, {g: 1.0})), low=-gain.const / unit)
        return g, z

    def _tangent(self, g: int, z: int, at: float) -> None:
        even = math.sqrt(at)
        self.program.add_row({z: even, g: -1.0 / even}, high=even * (math.log(at) - 1.0))

    def refine(self, x: Array) -> bool:
        """Draw tangents where a solution has a logarithm too high, or cut off a plan that gives somebody no gain."""
        loose = [(g, z) for g, z in self.columns if x[z] - math.log(max(LEAST_GAIN, x[g])) > self.fine]
        for g, z in loose:
            self._tangent(g, z, max(LEAST_GAIN, float(x[g])))
        return bool(loose) or self._forbid_loss(x)

    def of(self, shares: Array) -> float:
        """Of a plan; −∞ where somebody does not gain."""
        gains = self.gains.of(shares)
        return float(np.log(gains).sum()) if np.all(gains > self.positive) else -math.inf

    def worth(self, values: Array) -> Array:
        """Of plans that are worth so much to the parties [P, ...]; where somebody does not gain, the less the more."""
        gains = self.gains.from_values(values)
        total: Array = (np.log(np.maximum(gains, self.positive)) + np.minimum(gains, 0.0)).sum(axis=-1)
        return total

    def _forbid_loss(self, x: Array) -> bool:
        """Cut off a plan that gives somebody no gain by so little that the programme cannot tell; whether x is one."""
        problem = self.gains.problem
        f = x[: problem.width]
        if problem.valued.closeness.partial or not np.all(np.abs(f - np.round(f)) < WHOLE):
            return False
        candidate = self.solver.examiner.read(x)
        loss = bool(np.any(self.gains.of(candidate.shares) <= self.positive))
        if loss:
            self.solver.forbid(candidate)
        return loss
