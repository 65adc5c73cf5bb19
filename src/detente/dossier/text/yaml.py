"""YAML 1.2 text → plain data with the place of every field, or Findings; never a traceback. One way for every file.

The document is built here from parser events rather than by a YAML constructor, so that dates stay text, `no` stays
"no", duplicate keys are seen, and anchors, aliases, merge keys and tags (which would make a file say what it does not
show) are refused. JSON is YAML, so JSON files are read by the same way.
"""

from __future__ import annotations

import io
import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError

from detente.dossier.places import Path, Place, Places
from detente.errors import Finding, Severity

MAX_BYTES = 5_000_000
MAX_DEPTH = 40
MAX_NODES = 100_000

_NULL = frozenset({"", "~", "null", "Null", "NULL"})
_TRUE = frozenset({"true", "True", "TRUE"})
_FALSE = frozenset({"false", "False", "FALSE"})
_INT = re.compile(r"[-+]?\d+")
_FLOAT = re.compile(r"[-+]?(?:\.\d+|\d+(?:\.\d*)?)(?:[eE][-+]?\d+)?")
_NOT_FINITE = re.compile(r"[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)")
_BASED = {"0x": (16, re.compile(r"[0-9a-fA-F]{1,32}")), "0o": (8, re.compile(r"[0-7]{1,32}"))}
_UNPRINTABLE = re.compile("[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff\ufffe\uffff]")
_ODD_SPACE = "\u00a0\u1680\u2000-\u200b\u202f\u205f\u2060\u3000\ufeff"
"""Spaces that look like a space, or like nothing, and are none to YAML."""
_ODD_ENDS = re.compile(f"^[{_ODD_SPACE}]|[{_ODD_SPACE}]$")
_ODD_PLACES = re.compile(f"^[ -]*([{_ODD_SPACE}])|^[^#'\"\\n]*?:([{_ODD_SPACE}])", re.MULTILINE)
"""Where such a space stands for the indentation, or for the space after a colon."""
_MINUS = re.compile(r"(?<![^\s{\[(eE])[\u2010-\u2015\u2212\ufe63\uff0d](?=\s*\.?\d)")
"""A sign that is printed for a minus, before a number."""


@dataclass(frozen=True)
class FileKind:
    """What a file is to hold, for what is said of it: the first part of codes, a noun, and where to start from."""

    code: str
    noun: str
    start: str


DOSSIER = FileKind("dossier", "a dossier", "`detente new` writes a dossier to start from")


@dataclass(frozen=True)
class Parsed:
    """What a text says: a plain document (None where there is none to speak of), and what is wrong with it."""

    document: Any
    places: Places
    findings: tuple[Finding, ...]


def parse(text: str | bytes, file: str | None = None, subject: FileKind = DOSSIER) -> Parsed:
    """Read one YAML or JSON document. A broken text gives Findings, in terms of the subject, and no document."""
    reader = _Reader(file, subject)
    try:
        document = reader.document(_decoded(text, subject))
    except _Stop as stop:
        last = stop.finding(file, subject)
        reader.findings = [
            f for f in reader.findings if (f.code, f.line, f.column) != (last.code, last.line, last.column)
        ]
        reader.findings.append(last)
        document = None
    return Parsed(document, Places(file, reader.keys, reader.values), tuple(reader.findings))


def written(document: Mapping[str, Any]) -> str:
    """A raw document as YAML text for people: fields in their order, short parts on one line."""
    yaml = YAML(typ="safe", pure=True)
    yaml.default_flow_style, yaml.allow_unicode, yaml.width = None, True, 120
    yaml.representer.sort_base_mapping_type_on_output = False
    stream = io.StringIO()
    yaml.dump(dict(document), stream)
    return stream.getvalue()


def text_problem(text: str, noun: str = DOSSIER.noun) -> str | None:
    """Why a text cannot stand in a dossier (control characters, half surrogates), None where it can."""
    if text.isascii() and text.isprintable():
        return None
    found = _UNPRINTABLE.search(text)
    return f"the character U+{ord(found[0]):04X} cannot stand in {noun}" if found else None


def with_hyphens(text: str) -> str | None:
    """A number as it reads with a plain hyphen, where a typographic minus sign stands in it; None where none does."""
    changed = _MINUS.sub("-", text)
    return changed if changed != text else None


class _Stop(Exception):
    """The text cannot be read any further; the code is what follows that of the subject."""

    def __init__(self, code: str, message: str, place: Place | tuple[None, None] = (None, None), remedy: str = ""):
        super().__init__(message)
        self.code, self.message, self.place, self.remedy = code, message, place, remedy

    def finding(self, file: str | None, subject: FileKind) -> Finding:
        line, column = self.place
        return Finding(
            f"{subject.code}.{self.code}",
            "error",
            message=self.message,
            file=file,
            line=line,
            column=column,
            path="",
            remedy=self.remedy,
        )


def _decoded(text: str | bytes, subject: FileKind) -> str:
    if len(text) > MAX_BYTES:
        message = f"larger than {MAX_BYTES // 1_000_000} MB"
        raise _Stop("size", message, (1, 1), remedy=f"this is hardly {subject.noun}")
    if isinstance(text, bytes):
        try:
            text = text.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            line = error.object.count(b"\n", 0, error.start) + 1
            raise _Stop("encoding", "this is not UTF-8 text", (line, 1), "save the file as UTF-8") from None
    text = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    if found := _UNPRINTABLE.search(text):
        raise _Stop("text", text_problem(found[0], subject.noun) or "", _place_in(text, found.start()), "remove it")
    if not text.strip():
        raise _Stop("empty", "the file is empty", (1, 1), subject.start)
    return text


def _place_in(text: str, offset: int) -> Place:
    return text.count("\n", 0, offset) + 1, offset - text.rfind("\n", 0, offset)


@dataclass
class _Reader:
    """Builds plain data from parser events, noting places and problems on the way."""

    file: str | None
    subject: FileKind = DOSSIER
    keys: dict[Path, Place] = field(default_factory=dict)
    values: dict[Path, Place] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)
    nodes: int = 0

    def document(self, text: str) -> Any:
        events = _events(text)
        first = next(events, None)
        if first is None:
            raise _Stop("empty", "nothing is written here", (1, 1), self.subject.start)
        document = self.node(first, events, ())
        if (another := next(events, None)) is not None:
            place = _place(another)
            raise _Stop("documents", "a second document begins here", place, f"keep {self.subject.noun} to a file")
        return document

    def node(self, event: Any, events: Iterator[Any], path: Path) -> Any:
        self._count(event, path)
        self._refuse_indirection(event, path)
        kind = type(event).__name__
        if kind == "ScalarEvent":
            if event.value or event.style:  # an empty value has no place of its own
                self.values[path] = _place(event)
            return self._scalar(event, path)
        if kind == "SequenceStartEvent":
            return self._sequence(events, path)
        return self._mapping(events, path) if kind == "MappingStartEvent" else None

    def _sequence(self, events: Iterator[Any], path: Path) -> list[Any]:
        items: list[Any] = []
        while type(event := next(events)).__name__ != "SequenceEndEvent":
            here = (*path, len(items))
            self.values[here] = _place(event)
            items.append(self.node(event, events, here))
        return items

    def _mapping(self, events: Iterator[Any], path: Path) -> dict[str, Any]:
        entries: dict[str, Any] = {}
        while type(event := next(events)).__name__ != "MappingEndEvent":
            key = self._key(event, events, path)
            here = (*path, key)
            if key in entries:
                self._twice(event, here)
            else:
                self.keys[here] = _place(event)
            value = self.node(next(events), events, here)
            entries.setdefault(key, value)
        return entries

    def _key(self, event: Any, events: Iterator[Any], path: Path) -> str:
        """A key is always its text: 2018 and no are "2018" and "no"."""
        self._refuse_indirection(event, path)
        if type(event).__name__ != "ScalarEvent":
            message = "expected a name before the colon, found a list, mapping or alias"
            raise _Stop("yaml", message, _place(event), "put quotes round a text that begins with [, { or *")
        if event.value == "<<" and not event.style:
            self._note("indirection", "merge keys (<<) are not read", event, path, "write the fields out")
        self._check_text(event, path)
        self._check_ends(event, path)
        return str(event.value)

    def _scalar(self, event: Any, path: Path) -> Any:
        text = str(event.value)
        self._check_text(event, path)
        self._check_ends(event, path)
        if event.style or event.tag == "!":
            return text
        try:
            return plain_scalar(text)
        except ValueError as error:
            self._note("number", str(error), event, path, "write a finite number")
            return None

    def _twice(self, event: Any, path: Path) -> None:
        line = self.keys[path][0]
        message = f"{path[-1]!r} is written twice; the first is on line {line}"
        self._note("duplicate", message, event, path, "keep one of them, or give the other another name")

    def _check_text(self, event: Any, path: Path) -> None:
        if problem := text_problem(str(event.value), self.subject.noun):
            self._note("text", problem, event, path, "remove it")

    def _check_ends(self, event: Any, path: Path) -> None:
        """Complain of what only looks like a space round what is written without quotes."""
        text = str(event.value)
        if not event.style and not text.isascii() and (found := _ODD_ENDS.search(text)):
            line, column = _place(event)
            place = (line, column + found.start()) if "\n" not in text else (line, column)
            where = ".".join(str(p) for p in path)
            stop = _odd_space(found[0], place)
            self.findings.append(replace(stop.finding(self.file, self.subject), path=where))

    def _refuse_indirection(self, event: Any, path: Path) -> None:
        if type(event).__name__ == "AliasEvent":
            self._note("indirection", f"aliases (*{event.anchor}) are not read", event, path, "write it out")
        elif event.anchor:
            self._note("indirection", f"anchors (&{event.anchor}) are not read", event, path, "remove it")
        elif event.tag and event.tag != "!":
            self._note("indirection", "YAML tags (!) are not read", event, path, "remove the tag")

    def _count(self, event: Any, path: Path) -> None:
        self.nodes += 1
        if self.nodes > MAX_NODES:
            raise _Stop("size", f"more than {MAX_NODES} fields", _place(event), f"this is hardly {self.subject.noun}")
        if len(path) > MAX_DEPTH:
            raise _Stop("depth", f"nested more than {MAX_DEPTH} levels deep", _place(event), "nest less")

    def _note(
        self, code: str, message: str, event: Any, path: Path, remedy: str, *, severity: Severity = "error"
    ) -> None:
        line, column = _place(event)
        code, where = f"{self.subject.code}.{code}", ".".join(str(p) for p in path)
        self.findings.append(
            Finding(
                code, severity, message=message, file=self.file, line=line, column=column, path=where, remedy=remedy
            )
        )


def _place(event: Any) -> Place:
    return event.start_mark.line + 1, event.start_mark.column + 1


_FRAME = frozenset({"StreamStartEvent", "StreamEndEvent", "DocumentStartEvent", "DocumentEndEvent"})
_READ_OTHERWISE = re.compile("[\t\x85\u2028\u2029]|^[%.-]|[|>][^\n]*\n *[#\n]", re.MULTILINE)
"""Where libyaml may read otherwise: tabs, ends of lines, directives and documents, texts on lines of their own of
which the first is blank or begins with a number sign."""


def _events(text: str) -> Iterator[Any]:
    """The events of every document, without those of the stream. Raises _Stop where the text is not YAML."""
    quick = _quick_events(text)
    return _thorough_events(text) if quick is None else iter(quick)


def _quick_events(text: str) -> list[Any] | None:
    """The events of a plain text, by libyaml; None where it finds fault with it, which is then told by the other."""
    try:
        from yaml import CBaseLoader, YAMLError  # type: ignore[import-untyped]
    except ImportError:  # PyYAML without libyaml
        return None
    if _READ_OTHERWISE.search(text):
        return None
    found, parser = [], CBaseLoader(text)
    try:
        while parser.check_event():
            found.append(parser.get_event())
    except (YAMLError, ValueError):
        return None
    found = [event for event in found if type(event).__name__ not in _FRAME]
    indirect = any(getattr(event, "anchor", None) or getattr(event, "tag", None) for event in found)
    return None if indirect else found


def _thorough_events(text: str) -> Iterator[Any]:
    try:
        for event in YAML(typ="safe", pure=True).parse(text):
            if type(event).__name__ not in _FRAME:
                yield event
    except MarkedYAMLError as error:
        raise _broken(error, text) from None
    except _Stop:
        raise
    except (YAMLError, ValueError, TypeError, AttributeError, LookupError, AssertionError, OverflowError) as error:
        # Beyond its own errors the parser lets plain ones through (a bad escape, a bad directive): as broken a text.
        raise _Stop("yaml", f"this is not YAML: {str(error)[:200]}", (1, 1)) from None


def _odd_space(space: str, place: Place) -> _Stop:
    name = "a non-breaking space" if space in "\u00a0\u202f" else f"the space U+{ord(space):04X}"
    return _Stop("space", f"{name} stands here, which is no space to YAML", place, "write an ordinary space")


def _broken(error: Any, text: str) -> _Stop:
    mark = error.problem_mark or error.context_mark
    place = (mark.line + 1, mark.column + 1) if mark else (1, 1)
    lines = text.split("\n")[: place[0]]
    for number, line in reversed(list(enumerate(lines, start=1))[-3:]):
        if found := _ODD_PLACES.search(line):
            at = found.start(1) if found[1] else found.start(2)
            return _odd_space(line[at], (number, at + 1))
    problem = str(error.problem or error.context or "not YAML")
    if "'\\t'" in problem or "tab" in problem.lower():
        return _Stop("tab", "a tab where YAML wants spaces", place, "indent with spaces")
    context = f" {error.context}" if error.context else ""
    return _Stop("yaml", f"this is not YAML:{context} {problem}"[:300], place, _yaml_remedy(problem))


def _yaml_remedy(problem: str) -> str:
    if "mapping values are not allowed" in problem:
        return "put quotes round a text that contains ': ', and check the indentation"
    if "expected <block end>" in problem or "could not find expected ':'" in problem:
        return "check the indentation of this line and of the line above, and that a colon follows the name"
    return "check quotes, brackets and indentation here and on the line above"


def plain_scalar(text: str) -> bool | int | float | str | None:
    """An unquoted scalar by the core rules of YAML 1.2. Raises ValueError for infinity, NaN and numbers too large."""
    if text in _NULL:
        return None
    if text in _TRUE or text in _FALSE:
        return text in _TRUE
    if _NOT_FINITE.fullmatch(text):
        raise ValueError(f"{text} is not a finite number")
    if len(text) < 400 and (_INT.fullmatch(text) or _FLOAT.fullmatch(text)):
        value = float(text)
        if not math.isfinite(value):
            raise ValueError(f"{text[:20]} is too large a number")
        return int(text) if _INT.fullmatch(text) else value
    base, digits = _BASED.get(text[:2], (0, _INT))
    return int(text[2:], base) if base and digits.fullmatch(text[2:]) else text
