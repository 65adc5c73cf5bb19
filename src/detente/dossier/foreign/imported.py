"""What a reader of a foreign format hands back, and how it says what it met on the way."""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path as FilePath
from typing import Any

from detente.dossier.files import judged_document
from detente.dossier.schema import Dossier
from detente.dossier.text.contents import Unread, contents
from detente.dossier.text.yaml import MAX_BYTES, text_problem, written
from detente.errors import Finding, Severity

_DECIMAL = re.compile(r"\s*[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d{1,3})?\s*")
_LONGEST_NUMBER = 60
_LARGEST = Fraction(10) ** 12


@dataclass(frozen=True)
class Imported:
    """A raw dossier built from foreign files: plain data, fit for `detente.dossier.from_dict`."""

    document: dict[str, Any]
    sources: tuple[FilePath, ...]

    def as_yaml(self) -> str:
        """The document as a YAML file that a person can read and edit."""
        return written(self.document)

    def judged(self) -> tuple[Dossier | None, list[Finding]]:
        """The dossier, by the same rules as a file, with what there is to say about it."""
        return judged_document(self.document, str(self.sources[0]), [])


@dataclass
class Reading:
    """Findings about one foreign file, as they are met."""

    file: str
    findings: list[Finding] = field(default_factory=list)

    def say(self, code: str, message: str, line: int | None, remedy: str = "", *, severity: Severity = "error") -> None:
        self.findings.append(Finding(code, severity, message, self.file, line, remedy=remedy))

    def number(self, text: str | None, what: str, line: int | None) -> Fraction | None:
        """A plain decimal number, exactly as written; None and a Finding for anything else."""
        if text is None:
            self.say("foreign.missing", f"{what} is missing", line, "write a number")
            return None
        if not is_number(text):
            shown = text if len(text) < _LONGEST_NUMBER else f"{text[:20]}…"
            self.say(
                "foreign.number",
                f"{what} is {shown!r}, which is not a number",
                line,
                "write a number such as 12 or 0.5",
            )
            return None
        value = Fraction(text.strip())
        if abs(value) > _LARGEST:
            said = f"{what} is {text.strip()}, beyond what is read (10^12)"
            self.say("foreign.number", said, line, "use another unit")
            return None
        if value and abs(value) < 1 / _LARGEST:
            said = f"{what} is {text.strip()}, which is read as 0: so little is left of rounding"
            self.say("foreign.rounding", said, line, "use another unit where it is meant", severity="note")
            return Fraction(0)
        return value

    def whole(self, text: str | None, what: str, line: int | None) -> int | None:
        """A whole number."""
        value = self.number(text, what, line)
        if value is not None and value.denominator != 1:
            self.say("foreign.number", f"{what} is {text!r}, which is not a whole number", line, "write a whole number")
            return None
        return None if value is None else int(value)

    def name(self, text: str | None, what: str, line: int | None) -> str | None:
        """A name that can stand in a dossier, without space around it."""
        if text is None or not text.strip():
            self.say("foreign.missing", f"{what} has no name", line, "name it")
            return None
        if problem := text_problem(text):
            self.say("foreign.name", f"the name of {what} cannot be read: {problem}", line, "write it in plain text")
            return None
        return text.strip()


def is_number(text: str) -> bool:
    """Whether a text is a plain decimal number."""
    return len(text) <= _LONGEST_NUMBER and _DECIMAL.fullmatch(text) is not None


def broken(findings: Iterable[Finding]) -> bool:
    return any(f.severity == "error" for f in findings)


def file_bytes(path: FilePath) -> tuple[bytes | None, list[Finding]]:
    """The bytes of a foreign file of reasonable size, or a Finding."""
    try:
        return contents(path, MAX_BYTES), []
    except Unread as problem:
        return None, [problem.finding("foreign", str(path), "check the name")]


def plain(value: Fraction) -> int | float:
    """An exact number as it stands in a dossier: whole where it is whole, else the nearest float."""
    return int(value) if value.denominator == 1 else float(value)


def exact(value: float) -> Fraction | None:
    """A number of a dossier as the decimal that it is written as; None beyond what is read."""
    found = Fraction(repr(value)) if math.isfinite(value) else None
    return found if found is not None and abs(found) <= _LARGEST else None


class Names:
    """Legal, unique ids for names in any script: "60 Gb" → harddisk_60_gb."""

    def __init__(self) -> None:
        self._taken: set[str] = set()

    def of(self, *parts: str, otherwise: str = "x") -> str:
        """An id from some names; `otherwise` where they have no letter or digit of the Latin alphabet."""
        stem = "_".join(s for s in map(_slug, parts) if s)[:60].strip("_") or otherwise
        stem = stem if stem[0].isalpha() else f"n{stem}"
        name, n = stem, 2
        while name in self._taken:
            name, n = f"{stem}_{n}", n + 1
        self._taken.add(name)
        return name


def _slug(text: str) -> str:
    plain_letters = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", "_", plain_letters.lower()).strip("_")
