"""A plan of inspections as an overlay on a dossier: what it sees is a regime of each measure, and the one chosen."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from math import isfinite
from typing import Any, NamedTuple

from detente.dossier.places import nearest
from detente.dossier.schema import Dossier, Verify
from detente.errors import Finding, UsageError
from detente.model.rows.detection import Watch, watch
from detente.verify.inspection.plan import InspectionPlan, SitePlan
from detente.verify.inspection.timing import watch_of

REGIME = "plan"
"""The name of the regime that an overlay adds."""


def overlay_of(
    plan: InspectionPlan, dossier: Dossier, sites: Mapping[str, str] | None = None, *, regime: str = REGIME
) -> dict[str, Any]:
    """Changes by which each measure that can be faked is seen as a plan sees the worst of its sites.

    A measure is inspected at the sites that its `verify.sites` name; `sites` (measure → site) says otherwise. Cheating
    may happen at any of them where the plan reckons with a violation, so the one where it goes unseen the longest
    counts, from its worst start, in the discounting of the plan's violator. Days of a site are shared evenly by the
    measures that it serves. What the plan leaves out says `coverage`. Raises UsageError where no measure is inspected
    at the plan's sites, or a name is unknown.
    """
    planned = {s.site.name: s for s in plan.sites}
    inspected = {m: tuple(planned[name] for name in names) for m, names in _inspected(dossier, planned, sites).items()}
    served = [s.site.name for found in inspected.values() for s in found]
    changes: dict[str, Any] = {}
    for m, found in inspected.items():
        worst = min(_violated(found) or found, key=lambda s: s.worst.laplace(plan.task.discount))
        days = sum(s.days / served.count(s.site.name) for s in found)
        quiet = 1.0
        for s in found:
            quiet *= 1 - s.false_alarm
        changes[f"measures.{m}.verify.regimes.{regime}"] = {
            "title": f"Inspection plan {plan.plan_id}",
            "days": f"{days:.12g} /year",
            **seen(watch_of(worst.worst)),
            "false_alarms": f"{100 * min(1 - quiet, 0.999999):.9g} %/year",
            "source": _source(worst),
        }
        changes[f"measures.{m}.verify.regime"] = regime
    return changes


def coverage(plan: InspectionPlan, dossier: Dossier, sites: Mapping[str, str] | None = None) -> tuple[Finding, ...]:
    """What an overlay of the plan cannot say: sites of its measures that it does not visit, and visits for nothing."""
    planned = {s.site.name: s for s in plan.sites}
    inspected = _inspected(dossier, planned, sites)
    found = [gap for m, here in inspected.items() for gap in _gaps(dossier, planned, m, here, asked=m in (sites or {}))]
    if idle := [s for s in planned if all(s not in here for here in inspected.values())]:
        said = f"no measure that can be faked is inspected at {', '.join(idle)}"
        remedy = "add it to a measure's `verify.sites`, or leave it out of the plan"
        found.append(Finding("inspect.idle", "note", said, path="sites", remedy=remedy))
    return tuple(found)


def _gaps(
    dossier: Dossier, planned: Mapping[str, SitePlan], m: str, here: Sequence[str], *, asked: bool
) -> Iterator[Finding]:
    """Where cheating may go that the overlay does not see; `asked`: its sites are not those of the case."""
    verify, path = dossier.measures[m].verify, f"measures.{m}.verify.sites"
    stated = tuple(dict.fromkeys(verify.sites if isinstance(verify, Verify) else ()))
    if asked and (left := [s for s in stated if s not in here]):
        said = f"cheating on {m!r} may go to {', '.join(left)}, too, which is left aside here, as asked"
        remedy = "let it count, too, or the overlay may see more than the plan does"
        yield Finding("inspect.uncovered", "warning", said, path=path, remedy=remedy)
    if missing := [s for s in (here if asked else stated) if s not in planned]:
        said = f"cheating on {m!r} may go to {', '.join(missing)}, which the plan does not visit"
        remedy = "add it to the plan, or the overlay sees more than the plan does"
        yield Finding("inspect.uncovered", "warning", said, path=path, remedy=remedy)
    if not _violated([planned[s] for s in here]):
        said = f"at the sites of {m!r} the plan reckons with no violation, so the overlay has it never seen"
        remedy = "say in the plan what a violation there would be"
        yield Finding("inspect.uncovered", "warning", said, path=path, remedy=remedy)


class Changed(NamedTuple):
    """What an overlay changes in how a measure is verified."""

    measure: str
    title: str
    counted: tuple[str, ...]
    """The sites that it is inspected at."""
    left_out: tuple[str, ...]
    """Those it names that the plan does not visit, or that were left aside."""
    days_before: float | None
    """Inspector-days a year; None where the case does not say."""
    days: float
    seen_before: float
    """The chance that faking it is seen within a year, from its worst start."""
    seen: float


def changed(
    plan: InspectionPlan, dossier: Dossier, after: Dossier, sites: Mapping[str, str] | None = None
) -> tuple[Changed, ...]:
    """What a plan's overlay changed in a dossier, measure by measure."""
    found = []
    for m, here in _inspected(dossier, {s.site.name: s for s in plan.sites}, sites).items():
        was, now = dossier.measures[m].verify, after.measures[m].verify
        assert isinstance(was, Verify)
        assert isinstance(now, Verify)
        chosen = was.regimes.get(was.regime or "")
        stated = was.effort(was.regime, "days") if chosen is not None and chosen.days is not None else None
        left = tuple(s for s in dict.fromkeys(was.sites) if s not in here)
        seen_before, seen = (1 - float(watch(v.chosen).survival(1.0)) for v in (was, now))
        title = dossier.measures[m].title or m.replace("_", " ")
        found.append(
            Changed(
                measure=m,
                title=title,
                counted=here,
                left_out=left,
                days_before=stated,
                days=now.effort(now.regime, "days"),
                seen_before=seen_before,
                seen=seen,
            )
        )
    return tuple(found)


def _violated(sites: Sequence[SitePlan]) -> list[SitePlan]:
    """The sites where a violation is possible."""
    return [s for s in sites if s.violation is not None]


def seen(watch: Watch) -> dict[str, Any]:
    """A time to detection as `detects` and `visits` write it."""
    said: dict[str, Any] = {"detects": f"{watch.rate!r} /year"}
    if watch.visits:
        said["visits"] = {"times": [[f"{t!r} years", chance] for t, chance in watch.visits]}
        if isfinite(watch.every):
            said["visits"]["every"] = f"{watch.every!r} years"
    else:
        # over whatever visits the block around the regime has
        said["visits"] = {"random": 0, "detects": 0}
    return said


def _source(s: SitePlan) -> str:
    pattern = f", {s.violation.pattern}" if s.violation is not None else ""
    return f"computed: the worst violation at {s.site.name}{pattern}, from its worst start, {s.visits} visits a year"


def _inspected(
    dossier: Dossier, planned: Mapping[str, SitePlan], sites: Mapping[str, str] | None
) -> dict[str, tuple[str, ...]]:
    """Measure → the plan's sites where it is inspected."""
    _check_names(dossier, planned, sites or {})
    found: dict[str, tuple[str, ...]] = {}
    for name, measure in dossier.measures.items():
        if isinstance(measure.verify, Verify) and measure.fakeable:
            named = (sites[name],) if sites and name in sites else measure.verify.sites
            found[name] = tuple(dict.fromkeys(s for s in named if s in planned))
    if not any(found.values()):
        raise UsageError("no measure that can be faked names a site of this plan: add it to its `verify.sites`")
    return {name: here for name, here in found.items() if here}


def _check_names(dossier: Dossier, planned: Mapping[str, SitePlan], sites: Mapping[str, str]) -> None:
    for m, site in sites.items():
        if m not in dossier.measures or not dossier.measures[m].fakeable:
            known = [n for n, x in dossier.measures.items() if x.fakeable]
            raise UsageError(f"no measure {m!r} that can be faked: {nearest(m, known)}")
        if site not in planned:
            raise UsageError(f"the plan has no site {site!r}: {nearest(site, planned)}")
