"""`import` and `export`: cases and plans in the formats of other programs. INTEROP."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from detente.dossier import Dossier
from detente.dossier.library import path_of
from detente.errors import DossierError, Finding, UsageError
from detente.workbench.asking import Case, PlanLike, ask, read_plan
from detente.workbench.envelope import answers
from detente.workbench.faces.housekeeping import ExportFace, ImportFace
from detente.workbench.options import (
    CaseOptions,
    ExportOptions,
    ImportCaseOptions,
    ImportGeniusOptions,
)
from detente.workbench.provenance import provenance
from detente.workbench.results import Result, Tables
from detente.workbench.sheets import write_sheets
from detente.workbench.writing import file_for, folder_for

if TYPE_CHECKING:
    from detente.dossier.foreign import Imported
    from detente.model.plan import Plan


@dataclass(frozen=True, repr=False)
class ImportResult(Result):
    """A case made from foreign files; `file` says where it was written, None where it was not."""

    face = ImportFace

    dossier: Dossier
    text: str
    file: Path | None
    findings: tuple[Finding, ...]
    """What was repaired or read in one of several ways, and what there is to say about the case."""

    @property
    def text_unless_written(self) -> str | None:
        return None if self.file else self.text

    def tables(self) -> Tables:
        return {"findings": [f.as_dict() for f in self.findings]}

    def sentences(self) -> tuple[str, ...]:
        d = self.dossier
        sizes = (("party", "parties", d.parties), ("issue", "issues", d.one_of), ("measure", "measures", d.measures))
        counted = ", ".join(f"{len(found)} {one if len(found) == 1 else many}" for one, many, found in sizes)
        made = f"{d.title}: {counted}."
        return (made, f"Wrote {self.file}.") if self.file else (made,)


@answers("import genius")
def import_genius(source: str | Path, out: str | Path | None, chosen: ImportGeniusOptions) -> ImportResult:
    """Read a GENIUS domain and its profiles (a folder, or a domain file with profiles named). Raises DossierError."""
    from detente.dossier.foreign import read_genius

    return _imported(read_genius(source, chosen.profiles, steps=chosen.steps), out, force=chosen.force)


@answers("import negmas")
def import_negmas(source: str | Path, out: str | Path | None, chosen: ImportCaseOptions) -> ImportResult:
    """Read a NegMAS scenario folder. Raises DossierError."""
    from detente.dossier.foreign import read_negmas

    return _imported(read_negmas(source), out, force=chosen.force)


@answers("import ktab")
def import_ktab(source: str | Path, out: str | Path | None, chosen: ImportCaseOptions) -> ImportResult:
    """Read a KTAB file, as parties and stakes without measures. Raises DossierError."""
    from detente.dossier.foreign import read_ktab

    return _imported(read_ktab(source), out, force=chosen.force)


def _imported(read: tuple[Imported | None, Sequence[Finding]], out: str | Path | None, *, force: bool) -> ImportResult:
    found, findings = read
    if found is None:
        raise DossierError(findings)
    dossier, more = found.judged()
    if dossier is None:
        raise DossierError([*findings, *more])
    text, file = found.as_yaml(), None
    if out is not None:
        file = file_for(out)
        if file.exists() and not force:
            raise UsageError(f"{file} is there already: choose another name, or overwrite it with ‘force’")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    return ImportResult(dossier, text, file, (*findings, *more))


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
    from detente.dossier.foreign import write_negmas

    dossier = ask(case, chosen).dossier
    return ExportResult(dossier, write_negmas(dossier, folder_for(out)))


@answers("export ktab")
def export_ktab(case: Case, out: str | Path, chosen: ExportOptions) -> ExportResult:
    """Write the parties of a case, their influence and stakes as a KTAB file. Raises UsageError where it has none."""
    from detente.dossier.foreign import write_ktab

    dossier = ask(case, chosen).dossier
    return ExportResult(dossier, (write_ktab(dossier, file_for(out)),))


@answers("export efg")
def export_efg(case: Case, plan: PlanLike | None, out: str | Path | None, chosen: ExportOptions) -> ExportResult:
    """Write the commit-or-break game of a plan for Gambit. A plan alone names its case itself."""
    from detente.report.foreign.gambit import efg, game_of

    dossier, read = _planned(case, plan, chosen)
    return ExportResult(dossier, (_write(out or "plan.efg", efg(game_of(dossier, read)).encode()),))


@answers("export ics")
def export_ics(case: Case, plan: PlanLike | None, out: str | Path | None, chosen: ExportOptions) -> ExportResult:
    """Write the due dates of a plan as a calendar. A plan alone names its case itself."""
    from detente.report.foreign.calendar import ics

    dossier, read = _planned(case, plan, chosen)
    place = Path(out or "plan.ics")
    before = place.read_bytes() if place.is_file() else b""
    return ExportResult(dossier, (_write(place, ics(dossier, read, replaces=before)),))


@answers("export xlsx")
def export_xlsx(case: Case, plan: PlanLike | None, out: str | Path | None, chosen: ExportOptions) -> ExportResult:
    """Write a plan's roadmap, values and conditions as a workbook (.xlsx), a table (.csv) or a folder of tables.

    A plan alone names its case itself; a case alone is written as `sheets export` writes it.
    """
    from detente.model.judge.check import check
    from detente.report.foreign.roadmap_sheet import write_roadmap

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
    from detente.dossier import apply

    for overlay in overlays:
        dossier = apply(dossier, overlay.get("changes") or {}, name=overlay.get("name"))
    return dossier
