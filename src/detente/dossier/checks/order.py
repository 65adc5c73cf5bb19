"""What must come before what: cycles, and the earliest date at which each measure can enter. DESIGN §5, Entry."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping

from detente.dossier.places import Path
from detente.dossier.quantities import ROUNDING
from detente.dossier.schema import Before, Dossier
from detente.errors import Finding

Graph = Mapping[str, Iterable[str]]


def prerequisites(dossier: Dossier) -> dict[str, tuple[str, ...]]:
    """For each measure, the known measures that must be in force or verified before its work starts."""
    needed: dict[str, list[str]] = {m: [] for m in dossier.measures}
    for name, measure in dossier.measures.items():
        needed[name] += [*measure.after, *measure.needs.in_force, *measure.needs.verified]
    for side in dossier.side_conditions:
        if side.before in needed:
            needed[side.before].append(side.needs)
    return {m: tuple(dict.fromkeys(n for n in names if n in needed)) for m, names in needed.items()}


def cycles(dossier: Dossier) -> Iterator[Finding]:
    """Measures that need themselves, at once or by way of others."""
    graph = prerequisites(dossier)
    for name in (m for m, needed in graph.items() if m in needed):
        message = f"{name!r} needs itself"
        yield dossier.places.finding("dossier.needs_itself", message, _edge(dossier, name), remedy="leave it out")
    for loop in loops({m: [n for n in needed if n != m] for m, needed in graph.items()}):
        chain = " needs ".join([*loop, loop[0]])
        message = f"none of these can ever start: {chain}"
        remedy = "leave out one of these prerequisites"
        yield dossier.places.finding("dossier.cycle", message, _edge(dossier, loop[0]), remedy=remedy)


def _edge(dossier: Dossier, measure: str) -> Path:
    field = "after" if dossier.measures[measure].after else "needs"
    return ("measures", measure, field)


def loops(graph: Graph) -> list[list[str]]:
    """One cycle from each knot of a graph: what is left when everything that can start has started, walked round."""
    left = {m: set(needed) for m, needed in graph.items()}
    while ready := [m for m, needed in left.items() if not needed & left.keys()]:
        for m in ready:
            del left[m]
    found, seen = [], set[str]()
    for start in left:
        path: list[str] = []
        node = start
        while node not in seen:
            seen.add(node)
            path.append(node)
            node = next(n for n in graph[node] if n in left)
        if node in path:
            found.append(path[path.index(node) :])
    return found


def earliest(dossier: Dossier) -> dict[str, tuple[float, float]]:
    """For each measure (years at which its work can start, years of its first possible grid entry), inf for never.

    Entries before signature count as in force from the start, and as verified where the state says so.
    """
    graph, times = prerequisites(dossier), dict[str, tuple[float, float]]()
    if loops(graph):
        return dict.fromkeys(graph, (math.inf, math.inf))
    grid = dossier.grid.years
    for name in sequence(graph):
        times[name] = _times(dossier, name, graph[name], times, grid)
    return times


def _times(
    dossier: Dossier,
    name: str,
    needed: Iterable[str],
    times: Mapping[str, tuple[float, float]],
    grid: tuple[float, ...],
) -> tuple[float, float]:
    if name in dossier.state.in_force:
        return 0.0, 0.0
    verified = dossier.measures[name].needs.verified
    starts = [0.0, *(_done(dossier, n, times[n][1], verified=n in verified) for n in needed)]
    start = max(starts)
    ready = start + dossier.measures[name].takes.value - ROUNDING
    return start, next((t for t in grid if t >= ready), math.inf)


def _done(dossier: Dossier, needed: str, entry: float, *, verified: bool) -> float:
    standing = dossier.state.in_force.get(needed)
    if not verified or (standing is not None and standing.verified is not None):
        return entry
    return entry + dossier.measures[needed].confirms_in


def with_demanded_order(dossier: Dossier) -> dict[str, list[str]]:
    """Prerequisites, and the orders that demands ask for: what each measure is to follow."""
    graph = {m: list(needed) for m, needed in prerequisites(dossier).items()}
    for demand in dossier.demands.values():
        if isinstance(demand.require, Before) and demand.require.before[1] in graph:
            first, then = demand.require.before
            if first in graph and first not in graph[then]:
                graph[then].append(first)
    return graph


def ancestors(graph: Graph) -> dict[str, set[str]]:
    """Everything that must come before each measure, near and far; for a graph without cycles."""
    found: dict[str, set[str]] = {}
    for name in sequence(graph):
        found[name] = set().union(*({n} | found[n] for n in graph[name]))
    return found


def sequence(graph: Graph) -> list[str]:
    """The measures of a graph without cycles, each after all that it needs."""
    left = {m: set(needed) for m, needed in graph.items()}
    order: list[str] = []
    while ready := [m for m, needed in left.items() if not needed & left.keys()]:
        order += ready
        for m in ready:
            del left[m]
    return order
