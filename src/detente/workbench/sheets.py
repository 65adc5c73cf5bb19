"""`sheets export` and `sheets import`: a case as a workbook or a folder of CSV files, and back."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from detente.dossier import Dossier, reads
from detente.dossier.sheets import from_csv, from_xlsx, to_csv, to_xlsx
from detente.dossier.text.yaml import written
from detente.errors import DossierError, UsageError
from detente.workbench.asking import Case, ask
from detente.workbench.envelope import answers
from detente.workbench.faces.housekeeping import SheetsFace
from detente.workbench.options import CaseOptions, ImportOptions
from detente.workbench.results import Result
from detente.workbench.writing import file_for, folder_for

WORKBOOK = ".xlsx"


@dataclass(frozen=True, repr=False)
class SheetsResult(Result):
    """What was written, and where."""

    face = SheetsFace

    dossier: Dossier
    written: Path

    def sentences(self) -> tuple[str, ...]:
        return (f"Wrote {self.written}.",)


@answers("sheets export")
def export_sheets(case: Case, to: str | Path, chosen: CaseOptions) -> SheetsResult:
    """Write a case as a spreadsheet: an .xlsx file, or a folder of CSV files."""
    return write_sheets(case, to, chosen)


def write_sheets(case: Case, to: str | Path, chosen: CaseOptions) -> SheetsResult:
    """A case with what the options change in it, written as a workbook or a folder of CSV files. Raises UsageError."""
    path = Path(to)
    if path.is_file() and path.suffix.lower() != WORKBOOK:
        raise UsageError(f"{path} is a file: name an {WORKBOOK} file, or a folder for CSV files")
    place = file_for if path.suffix.lower() == WORKBOOK else folder_for
    place(path)
    dossier = ask(case, chosen).dossier
    if path.suffix.lower() == WORKBOOK:
        path.parent.mkdir(parents=True, exist_ok=True)
        to_xlsx(dossier, path)
    else:
        to_csv(dossier, path)
    return SheetsResult(dossier, path)


@answers("sheets import")
def import_sheets(source: str | Path, file: str | Path, chosen: ImportOptions) -> SheetsResult:
    """Write the case of a spreadsheet, an .xlsx file or a folder of CSV files, as YAML. Raises DossierError."""
    path = file_for(file)
    if path.exists() and not chosen.force:
        raise UsageError(f"{path} is there already: choose another name, or overwrite it with ‘force’")
    dossier = from_csv(source) if Path(source).is_dir() else from_xlsx(source)
    text = as_yaml(dossier)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return SheetsResult(dossier, path)


def as_yaml(dossier: Dossier) -> str:
    """A dossier as a YAML file that says the same."""
    text = written(dossier.document)
    again, findings = reads(text)
    if again is None:
        raise DossierError(findings)
    return text
