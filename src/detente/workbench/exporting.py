"""`export`: cases and plans for other programs. INTEROP."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from detente.dossier import Dossier, apply
from detente.dossier.foreign import write_ktab, write_negmas
from detente.dossier.library import path_of
from detente.errors import UsageError
from detente.model.judge.check import check
from detente.model.plan import Plan
from detente.report.foreign.calendar import ics
from detente.report.foreign.gambit import efg, game_of
from detente.report.foreign.roadmap_sheet import write_roadmap
from detente.workbench.asking import Case, PlanLike, ask, read_plan
from detente.workbench.envelope import answers
from detente.workbench.faces.housekeeping import ExportFace
from detente.workbench.options import CaseOptions, ExportOptions
from detente.workbench.provenance import provenance
from detente.workbench.results import Result
from detente.workbench.sheets import write_sheets
from detente.workbench.writing import file_for, folder_for


@dataclass(frozen=True, repr=False)
class ExportResult(Result):
    """What was written, and where."""

    face = ExportFace

    dossier: Dossier
    written: tuple[Path, ...]

    def sentences(self) -> tuple[str, ...]:
        return tuple(f"Wrote {p}." for p in self.written)


@answers("export negmas")
def export_negmas(case: Case, out: str | Path, chosen: ExportOptions) -> ExportResult:
    """Write a case that is nothing but choices as a NegMAS scenario folder. Raises UsageError where it is more."""
    dossier = ask(case, chosen).dossier
    return ExportResult(dossier, write_negmas(dossier, folder_for(out)))


@answers("export ktab")
def export_ktab(case: Case, out: str | Path, chosen: ExportOptions) -> ExportResult:
    """Write the parties of a case, their influence and stakes as a KTAB file. Raises UsageError where it has none."""
    dossier = ask(case, chosen).dossier
    return ExportResult(dossier, (write_ktab(dossier, file_for(out)),))


@answers("export efg")
def export_efg(case: Case, plan: PlanLike | None, out: str | Path | None, chosen: ExportOptions) -> ExportResult:
    """Write the commit-or-break game of a plan for Gambit. A plan alone names its case itself."""
    dossier, read = _planned(case, plan, chosen)
    return ExportResult(dossier, (_write(out or "plan.efg", efg(game_of(dossier, read)).encode()),))


@answers("export ics")
def export_ics(case: Case, plan: PlanLike | None, out: str | Path | None, chosen: ExportOptions) -> ExportResult:
    """Write the due dates of a plan as a calendar. A plan alone names its case itself."""
    dossier, read = _planned(case, plan, chosen)
    place = Path(out or "plan.ics")
    before = place.read_bytes() if place.is_file() else b""
    return ExportResult(dossier, (_write(place, ics(dossier, read, replaces=before)),))


@answers("export xlsx")
def export_xlsx(case: Case, plan: PlanLike | None, out: str | Path | None, chosen: ExportOptions) -> ExportResult:
    """Write a plan's roadmap, values and conditions as a workbook (.xlsx), a table (.csv) or a folder of tables.

    A plan alone names its case itself; a case alone is written as `sheets export` writes it.
    """
    out = out or "plan.xlsx"
    if plan is None and not _is_plan(case):
        done = write_sheets(case, out, chosen)
        return ExportResult(done.dossier, (done.written,))
    dossier, read = _planned(case, plan, chosen)
    source = provenance("export", dossier, chosen, (read.to_dict(),)).to_json()
    place = file_for if Path(out).suffix else folder_for
    files = write_roadmap(dossier, read, check(dossier, read), place(out), source)
    return ExportResult(dossier, tuple(files))


def _write(out: str | Path, data: bytes) -> Path:
    path = file_for(out)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return path


def _is_plan(case: Case) -> bool:
    return isinstance(case, str | Path) and Path(case).suffix.lower() == ".json" and Path(case).is_file()


def _planned(case: Case, plan: PlanLike | None, options: CaseOptions) -> tuple[Dossier, Plan]:
    """A case and a plan for it; a plan that `design` saved names its case and what was changed in it."""
    if plan is not None:
        dossier = ask(case, options).dossier
        return dossier, read_plan(dossier, plan)
    if not _is_plan(case):
        raise UsageError("name a plan after the case: JSON as `design` saves it")
    with open(str(case), encoding="utf-8") as stream:
        try:
            source: Any = json.load(stream).get("provenance") or {}
        except (ValueError, AttributeError, RecursionError):
            source = {}
    if not isinstance(source, dict) or not isinstance(source.get("case"), str):
        raise UsageError(f"{case} does not say which case it is for: name the case first, then the plan")
    named = source["case"]
    if path_of(named) is None and not Path(named).is_file():
        raise UsageError(f"{case} was made for {named!r}, which is no file here: name the case first, then the plan")
    dossier = _changed(ask(named, options).dossier, source.get("overlays") or ())
    return dossier, read_plan(dossier, Path(str(case)))


def _changed(dossier: Dossier, overlays: Sequence[Any]) -> Dossier:

    for overlay in overlays:
        dossier = apply(dossier, overlay.get("changes") or {}, name=overlay.get("name"))
    return dossier
