"""Every name that a dossier uses is one that it defines."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from detente.dossier.places import Path, at, nearest
from detente.dossier.schema import (
    Answer,
    Before,
    Condition,
    Dossier,
    InForce,
    InterestBound,
    Measure,
    Never,
    ProgressBy,
    Require,
    Scale,
    Suspensions,
    Verify,
)
from detente.dossier.units import requirements
from detente.errors import Finding, Severity

Referent = Literal["party", "measure", "interest", "progress", "term"]
_SECTIONS: dict[Referent, str] = {
    "party": "parties",
    "measure": "measures",
    "interest": "interests",
    "progress": "progress",
    "term": "terms",
}


@dataclass(frozen=True, slots=True)
class Reference:
    """A place that names something."""

    path: Path
    name: str
    kind: Referent
    severity: Severity = "error"


def unknown(dossier: Dossier) -> Iterator[Finding]:
    """A Finding for each name that is used and not defined."""
    known = {kind: _defined(dossier, section) for kind, section in _SECTIONS.items()}
    for ref in references(dossier):
        if ref.name not in known[ref.kind]:
            path, message = _as_written(dossier, ref.path), f"there is no {ref.kind} {ref.name!r}"
            remedy, code = nearest(ref.name, sorted(known[ref.kind])), f"dossier.unknown_{ref.kind}"
            yield dossier.places.finding(code, message, path, remedy=remedy, severity=ref.severity)


def _defined(dossier: Dossier, section: str) -> set[str]:
    """The names in a section, those of broken items included."""
    raw = dossier.document.get(section)
    return {*getattr(dossier, section), *(raw if isinstance(raw, dict) else ())}


def _as_written(dossier: Dossier, path: Path) -> Path:
    """`by: usa` is a list of one: the file shows no index."""
    parent = at(dossier.document, path[:-1])
    return path[:-1] if isinstance(path[-1], int) and isinstance(parent, str) else path


def references(dossier: Dossier) -> Iterator[Reference]:
    """Every name that a dossier uses."""
    for party, p in dossier.parties.items():
        yield from _each(p.stakes, "interest", ("parties", party, "stakes"))
    for name, measure in dossier.measures.items():
        yield from _of_measure(measure, ("measures", name))
    for path, require in requirements(dossier):
        yield from _of_require(require, path)
    for name, demand in dossier.demands.items():
        yield Reference(("demands", name, "by"), demand.by, "party")
    yield from _of_groups(dossier)
    yield from _of_scales(dossier)
    yield from _of_beliefs(dossier)
    yield from _of_record(dossier)


def _each(names: Iterable[str], kind: Referent, path: Path, severity: Severity = "error") -> Iterator[Reference]:
    """References of a mapping's keys, or of a list's items."""
    if isinstance(names, Mapping):
        yield from (Reference((*path, n), n, kind, severity) for n in names)
    else:
        yield from (Reference((*path, i), n, kind, severity) for i, n in enumerate(names))


def _of_measure(measure: Measure, path: Path) -> Iterator[Reference]:
    yield from _each(measure.by, "party", (*path, "by"))
    yield from _each(measure.conditional_on or (), "party", (*path, "conditional_on"))
    yield from _each(measure.effects, "interest", (*path, "effects"))
    yield from _each(measure.if_over, "interest", (*path, "if_over"))
    for which, regime in measure.verify.regimes.items() if isinstance(measure.verify, Verify) else ():
        yield from _each(regime.effects, "interest", (*path, "verify", "regimes", which, "effects"))
    yield from _each(measure.after, "measure", (*path, "after"))
    yield from _each(measure.needs.in_force, "measure", (*path, "needs", "in_force"))
    yield from _each(measure.needs.verified, "measure", (*path, "needs", "verified"))
    yield from _each(measure.terms, "term", (*path, "terms"))


def _of_require(require: Require, path: Path) -> Iterator[Reference]:
    match require:
        case InForce():
            yield Reference((*path, "in_force"), require.in_force, "measure")
        case Never():
            yield Reference((*path, "never"), require.never, "measure")
        case Before():
            yield from _each(require.before, "measure", (*path, "before"))
        case InterestBound():
            yield Reference((*path, "interest"), require.interest, "interest")
        case ProgressBy():
            yield Reference((*path, "progress"), require.progress, "progress")


def _of_groups(dossier: Dossier) -> Iterator[Reference]:
    for name, group in dossier.one_of.items():
        for i, alternative in enumerate(group.of):
            yield from _each(alternative, "measure", ("one_of", name, "of", i))
    for name, interaction in dossier.interactions.items():
        path: Path = ("interactions", name)
        lifted = "when" not in (at(dossier.document, path) or {})
        yield from _of_condition(interaction.when, path if lifted else (*path, "when"))
        yield from _each(interaction.effects, "interest", (*path, "effects"))
    for name, resource in dossier.capacity.items():
        yield from _each(resource.uses, "measure", ("capacity", name, "uses"))


def _of_condition(condition: Condition, path: Path) -> Iterator[Reference]:
    if condition.measure is not None:
        yield Reference(path, condition.measure, "measure")
    for side, parts in (("all", condition.all or ()), ("any", condition.any or ())):
        for i, part in enumerate(parts):
            yield from _of_condition(part, (*path, side, i))


def _of_scales(dossier: Dossier) -> Iterator[Reference]:
    for name, shares in dossier.progress.items():
        yield from _each(shares, "measure", ("progress", name))
    for name, link in dossier.links.items():
        for side, scale in (("share", link.share), ("at_most", link.at_most), ("at_least", link.at_least)):
            yield from _of_scale(scale, ("links", name, side))


def _of_scale(scale: Scale | None, path: Path) -> Iterator[Reference]:
    if isinstance(scale, str):
        yield Reference(path, scale, "progress")
    elif scale is not None:
        yield from _each(scale, "measure", path)


def _of_beliefs(dossier: Dossier) -> Iterator[Reference]:
    yield from _each(dossier.views, "party", ("views",))
    yield from _each(dossier.types, "party", ("types",))
    for party, types in dossier.types.items():
        for name, one in types.items():
            if isinstance(one.prior, Mapping):
                yield from _each(one.prior, "party", ("types", party, name, "prior"))
    for name, shock in dossier.shocks.items():
        if shock.ends is not None:
            yield Reference(("shocks", name, "ends"), shock.ends, "party")
    for name, answer in dossier.answers.items():
        yield from _of_answer(answer, ("answers", name))
    for term, readings in dossier.terms.items():
        yield from _each(readings, "party", ("terms", term), "warning")


def _of_answer(answer: Answer, path: Path) -> Iterator[Reference]:
    yield from _each(answer.to, "measure", (*path, "to"))
    if isinstance(answer.stops, Suspensions):
        for i, stops in enumerate(answer.stops.one_of):
            yield from _each(stops, "measure", (*path, "stops", "one_of", i))
    else:
        yield from _each(answer.stops, "measure", (*path, "stops"))


def _of_record(dossier: Dossier) -> Iterator[Reference]:
    for i, side in enumerate(dossier.side_conditions):
        yield Reference(("side_conditions", i, "needs"), side.needs, "measure", "warning")
        yield Reference(("side_conditions", i, "before"), side.before, "measure")
    yield from _each(dossier.state.in_force, "measure", ("state", "in_force"))
    for i, event in enumerate(dossier.history):
        if event.measure is not None:
            yield Reference(("history", i, "measure"), event.measure, "measure")
