"""`import`: cases from the files of other programs. INTEROP."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from detente.dossier import Dossier
from detente.dossier.foreign import Imported, read_genius, read_ktab, read_negmas
from detente.errors import DossierError, Finding, UsageError
from detente.workbench.envelope import answers
from detente.workbench.faces.housekeeping import ImportFace
from detente.workbench.options import ImportCaseOptions, ImportGeniusOptions
from detente.workbench.results import Result, Tables
from detente.workbench.writing import file_for


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
    return _imported(read_genius(source, chosen.profiles, steps=chosen.steps), out, force=chosen.force)


@answers("import negmas")
def import_negmas(source: str | Path, out: str | Path | None, chosen: ImportCaseOptions) -> ImportResult:
    """Read a NegMAS scenario folder. Raises DossierError."""
    return _imported(read_negmas(source), out, force=chosen.force)


@answers("import ktab")
def import_ktab(source: str | Path, out: str | Path | None, chosen: ImportCaseOptions) -> ImportResult:
    """Read a KTAB file, as parties and stakes without measures. Raises DossierError."""
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
