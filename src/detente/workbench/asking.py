"""From what a user names to what the floors below take: cases with their overlays, and plans."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from detente.dossier import Dossier, apply, read, read_overlay
from detente.dossier.changes.overlays import oddities_of
from detente.dossier.files import read_bytes
from detente.dossier.library import path_of
from detente.dossier.places import Places, nearest
from detente.dossier.text.yaml import Parsed, parse
from detente.errors import DossierError, Finding, UsageError
from detente.model.plan import Plan
from detente.workbench.options import CaseOptions, ThreatOptions

Case = str | Path | Dossier
"""A bundled case's id, a file, or a dossier."""
PlanLike = str | Path | Plan | Mapping[str, Any]
"""A plan, its JSON data, a file of them, or a roadmap in a spreadsheet."""


@dataclass(frozen=True)
class Asked:
    """A dossier that is fit for use, with the warnings and notes about it."""

    dossier: Dossier
    findings: tuple[Finding, ...]


def ask(case: Case, options: CaseOptions) -> Asked:
    """The dossier of a case with the scenarios, overlays and settings of the options. Raises DossierError."""
    dossier, findings = (case, []) if isinstance(case, Dossier) else read(case)
    if dossier is None:
        raise DossierError(findings)
    for name in options.scenario:
        dossier = apply(dossier, _scenario(dossier, name), name=f"scenario {name}")
    for file in options.overlay:
        changes, places = read_overlay(file)
        findings = [*findings, *oddities_of(changes, places)]
        dossier = apply(dossier, changes, name=str(file), places=places)
    for setting in options.set:
        path, value = _setting(setting)
        dossier = apply(dossier, {path: value}, name=f"set {path}", places=Places(f"‘set {path}’"))
    if isinstance(options, ThreatOptions) and options.disagreement not in (None, dossier.disagreement):
        dossier = apply(dossier, {"disagreement": options.disagreement}, name="set disagreement")
    return Asked(dossier, tuple(findings))


def _scenario(dossier: Dossier, name: str) -> Mapping[str, Any]:
    if name not in dossier.scenarios:
        raise UsageError(f"the dossier has no scenario {name!r}: {nearest(name, dossier.scenarios)}")
    return dossier.scenarios[name].changes


def _setting(setting: str) -> tuple[str, Any]:
    """A setting as its path and what YAML reads in its value; nothing deletes. Raises UsageError, DossierError."""
    path, equals, text = setting.partition("=")
    if not equals or not path.strip():
        raise UsageError(f"‘set’ needs path=value, such as parties.usa.walk_away=5, found {setting!r}")
    parsed = parse(f"value: {text.strip()}", f"‘set {path.strip()}’")
    if parsed.findings:
        raise DossierError(parsed.findings)
    return path.strip(), parsed.document["value"]


def known_parties(dossier: Dossier, parties: tuple[str, ...]) -> None:
    """Raises UsageError where a party is not one of the dossier's."""
    for name in parties:
        if name not in dossier.parties:
            raise UsageError(f"no party {name!r} in the dossier: {nearest(name, dossier.parties)}")


def read_plan(dossier: Dossier, plan: PlanLike) -> Plan:
    """A plan for a dossier. Raises DossierError with all findings (codes plan.*), each at its line."""
    if isinstance(plan, Plan):
        return plan
    if _is_a_sheet(plan):
        from detente.report.foreign.roadmap_reading import read_roadmap

        return read_roadmap(dossier, str(plan))
    try:
        return Plan.read(dossier, plan)
    except RecursionError:
        remedy = 'write {"entry": {"measure": "date"}}'
        deep = Finding("plan.shape", "error", "the plan is nested too deeply", str(plan), 1, 1, remedy=remedy)
        raise DossierError([deep]) from None
    except DossierError as wrong:
        raise DossierError([_mended(f, plan) for f in placed(wrong.findings, plan)]) from None


_REMEDIES = {
    "plan.json": "a plan is JSON as `design` saves it",
    "plan.file": "check the name; a plan is JSON as `design` saves it",
    "plan.date": "write a date as 2025-12-31",
    "plan.shape": 'write {"entry": {"measure": "2025-12-31"}}',
    "plan.share": 'write [["2025-12-31", 0.5], ["2026-12-31", 1]]',
}


def _mended(finding: Finding, plan: PlanLike) -> Finding:
    """With a remedy where the plan's reader gave none."""
    remedy, message = finding.remedy or _REMEDIES.get(finding.code, ""), finding.message
    if finding.code == "plan.file" and isinstance(plan, str | Path):
        data, unread = read_bytes(Path(plan))
        message = "this is not UTF-8 text" if data is not None else unread[0].message
    if finding.code in ("plan.json", "plan.file") and isinstance(plan, str | Path) and _is_a_case(plan):
        remedy = "this looks like a case: the order is CASE PLAN, and a plan is JSON"
    return replace(finding, remedy=remedy, message=message)


def _is_a_sheet(plan: PlanLike) -> bool:
    """Whether a plan is a roadmap in a spreadsheet, as `detente export xlsx` writes it."""
    return isinstance(plan, str | Path) and Path(plan).suffix.lower() in (".xlsx", ".csv")


def _is_a_case(plan: str | Path) -> bool:
    return Path(plan).suffix.lower() in (".yaml", ".yml") or path_of(str(plan)) is not None


def placed(findings: Iterable[Finding], plan: PlanLike) -> list[Finding]:
    """Findings about a plan with the lines of the file it was read from, where it was."""
    known = list(findings)
    if not isinstance(plan, str | Path) or _is_a_sheet(plan) or all(f.line is not None for f in known):
        return known
    data, _ = read_bytes(Path(plan))
    parsed = parse(data or b"", str(plan))
    return [f if f.line is not None else _with_line(f, parsed) for f in known]


def _with_line(finding: Finding, parsed: Parsed) -> Finding:
    """Where a date stands twice, the line of the second; of what has no place, the first line of all."""
    twice = next((f for f in parsed.findings if f.code == "dossier.duplicate"), None)
    if finding.code == "plan.twice" and twice is not None:
        return replace(finding, line=twice.line, column=twice.column)
    if finding.path:
        return _placed(finding, parsed.places)
    return replace(finding, line=1, column=1) if finding.code == "plan.shape" else finding


def _placed(finding: Finding, places: Places) -> Finding:
    """A measure's line is that of its date; of its shares where it has no date."""
    table, _, measure = finding.path.partition(".")
    paths = [("entry", measure), ("share", measure)] if table == "entry" and measure else [(table, measure)]
    path = next((p for p in paths if p in places.keys), (table,))
    line, column = places.of(path)
    return replace(finding, line=line, column=column)
