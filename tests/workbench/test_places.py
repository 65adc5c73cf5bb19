"""A plan's findings stand at its lines; a broken template is refused as any broken dossier is."""

from __future__ import annotations

from pathlib import Path

import pytest

from detente.errors import DossierError
from detente.workbench import catalogue, judging


def found(case: Path, folder: Path, text: str) -> dict[str, int | None]:
    file = folder / "written.json"
    file.write_text(text)
    return {f.code: f.line for f in judging.check(case, file).findings if f.severity == "error"}


@pytest.mark.parametrize(
    ("text", "code", "line"),
    [
        ('{"entry": {\n  "gauges": "2025-07-01",\n  "release_water": "2025-08-15"}}', "plan.grid", 3),
        ('{"entry": {\n  "gauges": "2025-07-01",\n  "release_watr": "2025-10-01"}}', "plan.measure", 3),
        ('{"entry": {\n  "gauges": "2025-17-01"}}', "plan.date", 2),
        ('{"entry": {"gauges": "2025-07-01"},\n "share":\n  {"gauges": [["2025-07-01", 1]]}}', "plan.share", 3),
        ("[" * 100_000, "plan.shape", 1),
        ('{"entry": {\n  "gauges": null,\n  "gauges": "2025-07-01"}}', "plan.twice", 3),
        ('["gauges"]', "plan.shape", 1),
    ],
)
def test_a_finding_about_a_plan_names_its_line(case: Path, tmp_path: Path, text: str, code: str, line: int) -> None:
    assert found(case, tmp_path, text)[code] == line


@pytest.mark.parametrize("written", [None, b"\xf8\x00"])
def test_a_plan_that_is_no_text_is_refused_in_plain_words(case: Path, tmp_path: Path, written: bytes | None) -> None:
    file = tmp_path / "plan.json"
    file.mkdir() if written is None else file.write_bytes(written)
    (finding,) = judging.check(case, file).findings
    assert finding.code == "plan.file"
    assert finding.message == ("cannot read it: it is a folder" if written is None else "this is not UTF-8 text")


def test_a_folder_is_no_case(tmp_path: Path) -> None:
    (finding,) = judging.check(tmp_path).findings
    assert (finding.code, finding.message) == ("dossier.file", "cannot read it: it is a folder")


def test_a_broken_template_is_refused(tmp_path: Path) -> None:
    broken = tmp_path / "broken.yaml"
    broken.write_text("detente: 1\ntitle: x\n")
    with pytest.raises(DossierError):
        catalogue.new(tmp_path / "new.yaml", template=str(broken))
    assert not (tmp_path / "new.yaml").exists()
