"""Where each amount of a party stands among all that are a point, or points a year."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from detente.model.numeric import Array, Flags
from detente.model.rows.paths import Valued
from detente.model.what_if.numbers import Numbers


@dataclass(frozen=True)
class Slots:
    """Where each amount of any party stands in [N]; what is felt while in force with when that ends at the latest."""

    flows: tuple[tuple[slice, float], ...]
    """Points a year, by layer."""
    once: slice
    """At entry."""
    inspection: tuple[tuple[slice, float], ...]
    """The same of inspecting."""
    inspection_once: slice
    over: slice
    """Once the deal is over."""
    no_deal: slice
    """At each point of the course of no deal; of a party with fewer points than others the last ones are 0."""
    collapse: int

    @classmethod
    def of(cls, numbers: Numbers) -> Slots:
        columns, measures = numbers.once.shape[-1], numbers.over.shape[-1]
        flows, added = [x.until for x in numbers.flows], [x.until for x in numbers.intrusion]
        turns = max(len(x.years) for x in numbers.no_deal)
        sizes = [columns] * (len(flows) + 1) + [measures] * (len(added) + 2) + [turns]
        ends = np.cumsum([0, *sizes]).tolist()
        places = [slice(a, b) for a, b in pairwise(ends)]
        first, then = places[: len(flows)], places[len(flows) + 1 : -3]
        return cls(
            flows=tuple(zip(first, flows, strict=True)),
            once=places[len(flows)],
            inspection=tuple(zip(then, added, strict=True)),
            inspection_once=places[-3],
            over=places[-2],
            no_deal=places[-1],
            collapse=ends[-1],
        )

    @property
    def size(self) -> int:
        return self.collapse + 1

    def kinds(self, inspection: bool) -> list[tuple[slice, float | None]]:
        """Where what is felt while in force stands, with when it ends at the latest; and (None) at entry."""
        if inspection:
            return [(self.inspection_once, None), *self.inspection]
        return [(self.once, None), *self.flows]

    def amounts(self, numbers: Numbers) -> Array:
        """[..., P, N]; 0 of parties that value nothing."""
        flows, added = [x.points for x in numbers.flows], [x.points for x in numbers.intrusion]
        turns = self.no_deal.stop - self.no_deal.start
        padded = [_padded(x.points, turns) for x in numbers.no_deal]
        no_deal = np.stack(np.broadcast_arrays(*padded), axis=-2)
        parts = [*flows, numbers.once, *added, numbers.intrusion_once, numbers.over, no_deal]
        parts.append(numbers.collapse[..., None])
        draws = np.broadcast_shapes(*(x.shape[:-2] for x in parts))
        whole = np.concatenate([np.broadcast_to(x, (*draws, *x.shape[-2:])) for x in parts], axis=-1)
        return np.where(numbers.valued[:, None], whole, 0.0)

    def felt(self, amounts: Array) -> Flags:
        """[..., P, N] which amounts are worked out: all of no deal and collapse, of others those that are not 0."""
        felt: Flags = amounts != 0
        felt[..., self.no_deal] = felt[..., self.collapse] = True
        return felt

    def within(self, part: Valued, *, no_deal: bool) -> Array:
        """[N] 1 for the amounts of a part of a path, 0 for the others."""
        within = np.zeros(self.size)
        interactions = np.zeros(self.once.stop - self.once.start - len(part.measures), bool)
        interactions[list(part.interactions)] = True
        for place, _ in self.kinds(False):
            within[place] = np.concatenate([part.measures, interactions])
        for place, _ in self.kinds(True):
            within[place] = part.measures
        within[self.over], within[self.no_deal] = part.over, no_deal
        return within


def _padded(points: Array, size: int) -> Array:
    return np.concatenate([points, np.zeros((*points.shape[:-1], size - points.shape[-1]))], axis=-1)
