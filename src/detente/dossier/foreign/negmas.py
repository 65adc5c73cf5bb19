"""NegMAS scenario folders: one YAML file for the outcome space, one for each party's utility function. INTEROP.

Format and semantics are those of NegMAS 0.16: https://negmas.readthedocs.io (Mohammad, Nakadai, Greenwald 2021,
doi:10.1007/978-3-030-69322-0_23).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path as FilePath
from typing import Any

from detente.dossier.foreign.domain import (
    MAX_BOXES,
    MAX_VALUES,
    Box,
    Domain,
    Issue,
    Profile,
    ValueFunction,
    beyond_limits,
)
from detente.dossier.foreign.imported import Imported, Reading, broken, exact, file_bytes, plain
from detente.dossier.places import Path, Places
from detente.dossier.text.yaml import parse
from detente.errors import Finding

LISTED = ("CategoricalIssue", "OrdinalIssue", "DiscreteOrdinalIssue", "CardinalIssue", "DiscreteCardinalIssue")
RANGED = "ContiguousIssue"
ADDITIVE = "LinearAdditiveUtilityFunction"
BOXED = "HyperRectangleUtilityFunction"
LINEAR = ("AffineFun", "LinearFun", "IdentityFun")
SIGNS = {"-.inf": -1, ".inf": 1, "+.inf": 1}
_HARDLY = "this is hardly a negotiation domain"
_FOLDER = "name a NegMAS scenario folder"
_Values = Mapping[str, int | float | None]
"""Text of each value of an issue, in order → the number that it is, if it is one."""


class _Refused(Exception):
    """This file cannot be used."""

    def __init__(self, finding: Finding):
        super().__init__(finding.message)
        self.finding = finding


@dataclass(frozen=True)
class _File:
    """A YAML file that says its type."""

    path: FilePath
    document: dict[str, Any]
    places: Places
    infinite: int = 0
    """The sign of an infinite reserved_value, which no dossier can hold."""

    @property
    def type(self) -> str:
        return _last(self.document.get("type"))

    def refused(self, code: str, message: str, remedy: str, *at: str | int) -> _Refused:
        return _Refused(self.places.finding(code, message, at, remedy=remedy))

    def number(self, raw: Any, what: str, *at: str | int) -> Fraction:
        if isinstance(raw, bool) or not isinstance(raw, int | float) or (value := exact(raw)) is None:
            raise self.refused(
                "foreign.number", f"{what} is {raw!r}, which is not such a number", "write a number", *at
            )
        return value

    def listed(self, name: str, what: str) -> list[Any]:
        found = self.document.get(name)
        if not isinstance(found, list):
            raise self.refused("foreign.missing", f"expected a list of {what} in {name!r}", f"add {name!r}", name)
        return found


def read_negmas(folder: str | FilePath) -> tuple[Imported | None, list[Finding]]:
    """The dossier of a NegMAS scenario folder. None where a finding is an error."""
    path, reading = FilePath(folder), Reading(str(folder))
    if not path.is_dir():
        reading.say("foreign.file", "this is not a folder", None, _FOLDER)
        return None, reading.findings
    files, findings = _files(path)
    spaces = [f for f in files if "OutcomeSpace" in f.type]
    functions = [f for f in files if "fun" in f.type.lower()]
    if len(spaces) != 1 or not functions:
        found = f"{len(spaces)} outcome spaces and {len(functions)} utility functions"
        message = f"expected one outcome space and a utility function for each party, found {found}"
        reading.say("foreign.root", message, None, _FOLDER)
    findings += reading.findings
    if broken(findings):
        return None, findings
    domain = _domain(spaces[0], functions, findings)
    if domain is None or broken(findings):
        return None, findings
    return Imported(domain.document(), tuple(f.path for f in (spaces[0], *functions))), findings


def _files(path: FilePath) -> tuple[list[_File], list[Finding]]:
    """Every YAML file of the folder that says its type."""
    files: list[_File] = []
    findings: list[Finding] = []
    for file in sorted(p for p in path.iterdir() if p.suffix in (".yml", ".yaml") and not p.name.startswith(".")):
        data, problems = file_bytes(file)
        findings += problems
        if data is None:
            continue
        parsed = parse(data, str(file))
        infinite, others = _infinite(parsed.findings)
        findings += others
        if isinstance(parsed.document, dict) and isinstance(parsed.document.get("type"), str):
            files.append(_File(file, parsed.document, parsed.places, infinite))
    return files, findings


def _infinite(findings: Sequence[Finding]) -> tuple[int, list[Finding]]:
    """The sign of a reserved_value that is infinite, 0 where it is not, and the findings that are not about that."""
    for found in findings:
        about = (found.code, found.path) == ("dossier.number", "reserved_value")
        if about and (sign := SIGNS.get(found.message.split()[0].lower())):
            return sign, [f for f in findings if f is not found]
    return 0, list(findings)


def _domain(space: _File, functions: Sequence[_File], findings: list[Finding]) -> Domain | None:
    try:
        issues = _issues(space)
    except _Refused as no:
        findings.append(no.finding)
        return None
    profiles: list[Profile] = []
    for file in functions:
        try:
            profiles.append(_profile(file, issues, findings))
        except _Refused as no:
            findings.append(no.finding)
    title = str(space.document.get("name") or "").strip()
    title = space.path.resolve().parent.name if title in ("", "domain") else title
    return Domain(title, space.path.name, tuple(Issue(n, tuple(v)) for n, v in issues.items()), tuple(profiles))


def _issues(space: _File) -> dict[str, _Values]:
    """The issues of the outcome space by name."""
    found: dict[str, _Values] = {}
    reading = Reading(str(space.path))
    for n, raw in enumerate(space.listed("issues", "issues")):
        if not isinstance(raw, Mapping) or not isinstance(raw.get("name"), str):
            raise space.refused(
                "foreign.missing", "expected an issue with a name", "write {name, type, values}", "issues", n
            )
        name = reading.name(raw["name"], "an issue", None)
        if name is None or name in found:
            message = f"{raw['name']!r} is no name for an issue, or stands twice"
            raise space.refused("foreign.duplicate", message, "give each issue its own name", "issues", n, "name")
        found[name] = _values(space, raw, name, n)
    if problem := beyond_limits([Issue(n, tuple(v)) for n, v in found.items()]):
        raise space.refused("foreign.size", problem, _HARDLY, "issues")
    if not found:
        raise space.refused("foreign.missing", "the outcome space has no issues", "choose one with issues", "issues")
    return found


def _values(space: _File, raw: Mapping[str, Any], name: str, n: int) -> _Values:
    kind = _last(raw.get("type"))
    if kind == RANGED:
        return _whole_numbers(space, raw.get("values"), name, n)
    if kind in LISTED:
        return _listed(space, raw.get("values"), name, n)
    known = f"known: {', '.join((*LISTED, RANGED))}"
    raise space.refused("foreign.unknown_type", f"issues of type {kind!r} are not read", known, "issues", n, "type")


def _whole_numbers(space: _File, values: Any, name: str, n: int) -> _Values:
    """[first, last], [first, last, step], or how many from 0 on."""
    at = ("issues", n, "values")
    ends: list[Any] = [0, values - 1] if type(values) is int else values if isinstance(values, list) else []
    whole = len(ends) in (2, 3) and all(type(e) is int for e in ends)
    if not whole or ends[0] > ends[1] or min(ends[2:], default=1) < 1:
        raise space.refused("foreign.number", f"the issue {name!r} needs [first, last]", "write two whole numbers", *at)
    if ends[1] - ends[0] >= MAX_VALUES:
        raise space.refused("foreign.size", f"the issue {name!r} has more than {MAX_VALUES} values", _HARDLY, *at)
    return {str(v): v for v in range(ends[0], ends[1] + 1, *ends[2:])}


def _listed(space: _File, values: Any, name: str, n: int) -> _Values:
    at = ("issues", n, "values")
    if not isinstance(values, list) or not values or any(isinstance(v, list | dict | None) for v in values):
        raise space.refused("foreign.missing", f"the issue {name!r} needs a list of values", "write its values", *at)
    texts = [_text(v) for v in values]
    if len(set(texts)) < len(texts) or not all(texts):
        said = f"a value of {name!r} stands twice, or is empty"
        raise space.refused("foreign.duplicate", said, "name each value", *at)
    return {t: v if isinstance(v, int | float) else None for t, v in zip(texts, values, strict=True)}


def _profile(file: _File, issues: Mapping[str, _Values], findings: list[Finding]) -> Profile:
    """A party's utility function."""
    if file.type not in (ADDITIVE, BOXED):
        known = f"known: {ADDITIVE}, {BOXED}"
        raise file.refused(
            "foreign.unknown_type", f"utility functions of type {file.type!r} are not read", known, "type"
        )
    bias = file.number(file.document.get("bias") or 0, "bias", "bias")
    boxes = _boxes(file, issues) if file.type == BOXED else []
    tables = _tables(file, issues) if file.type == ADDITIVE else []
    boxes += [Box(bias, ())] if bias else []
    most = sum((abs(b.utility) for b in boxes), Fraction(0)) or Fraction(1)
    reservation = _reservation(file, tables, boxes, findings)
    name = str(file.document.get("name") or file.path.stem).strip()
    return Profile(
        name=name,
        source=file.path.name,
        tables=tuple(tables),
        boxes=tuple(boxes),
        most=most,
        worth=most,
        reservation=reservation,
    )


def _reservation(
    file: _File, tables: Sequence[ValueFunction], boxes: Sequence[Box], findings: list[Finding]
) -> Fraction:
    """As stated; with none, or −∞, no more than any outcome is worth; with +∞, more than any."""
    reserved = file.document.get("reserved_value")
    if reserved is not None:
        return file.number(reserved, "reserved_value", "reserved_value")
    if file.infinite > 0:
        reservation = _most(tables, boxes) + 1
        message = f"an infinite reservation, so {plain(reservation)}: nothing is acceptable"
    else:
        reservation = _least(tables, boxes)
        message = f"no reservation, so {plain(reservation)}, no more than any outcome is worth"
    at, remedy = ("reserved_value",), "write walk_away in the dossier"
    findings.append(file.places.finding("foreign.reservation", message, at, remedy=remedy, severity="note"))
    return reservation


def _most(tables: Sequence[ValueFunction], boxes: Sequence[Box]) -> Fraction:
    """No less than the greatest utility of any outcome."""
    most = sum((max(t.weight * e / t.best for e in t.evaluations) for t in tables), Fraction(0))
    return most + sum((max(b.utility, Fraction(0)) for b in boxes), Fraction(0))


def _least(tables: Sequence[ValueFunction], boxes: Sequence[Box]) -> Fraction:
    """No more than the least utility of any outcome."""
    least = sum((min(t.weight * e / t.best for e in t.evaluations) for t in tables), Fraction(0))
    return least + sum((min(b.utility, Fraction(0)) for b in boxes), Fraction(0))


def _tables(file: _File, issues: Mapping[str, _Values]) -> list[ValueFunction]:
    """Weights and tables in the order of the issues; utility = Σ weight · table[value], as they stand."""
    functions = _by_issue(file, "values", issues)
    weights = _by_issue(file, "weights", issues) if file.document.get("weights") is not None else [1] * len(issues)
    tables = []
    for n, (raw, (name, values)) in enumerate(zip(functions, issues.items(), strict=True)):
        weight = file.number(weights[n], f"the weight of {name!r}", "weights", n)
        evaluations = _evaluations(file, raw, name, values, n)
        best = max(abs(e) for e in evaluations)
        best = Fraction(1) if best <= 1 else best  # a table on [0, 1] stays as it is written
        tables.append(ValueFunction(weight * best, best, evaluations))
    return tables


def _by_issue(file: _File, field: str, issues: Mapping[str, _Values]) -> list[Any]:
    """A list in the order of the issues, or a mapping by their names, as a list."""
    raw = file.document.get(field)
    raw = [raw.get(name) for name in issues] if isinstance(raw, Mapping) else raw
    if not isinstance(raw, list) or len(raw) != len(issues):
        found = f"found {len(raw)}" if isinstance(raw, list) else "found none"
        message = f"expected {len(issues)} {field}, one for each issue, {found}"
        raise file.refused("foreign.mismatch", message, "choose utility functions of this outcome space", field)
    return raw


def _evaluations(file: _File, raw: Any, name: str, values: _Values, n: int) -> tuple[Fraction, ...]:
    """What a function of one issue makes of each value."""
    at = ("values", n)
    if not isinstance(raw, Mapping):
        raise file.refused(
            "foreign.missing", f"expected a function of {name!r}", "write {type: TableFun, mapping}", *at
        )
    kind = _last(raw.get("type")) if "type" in raw else "TableFun"
    if kind == "TableFun":
        return _mapped(file, raw.get("mapping", {} if "type" in raw else raw), name, values, at)
    if kind not in (*LINEAR, "ConstFun"):
        known = f"known: TableFun, {', '.join(LINEAR)}, ConstFun"
        raise file.refused("foreign.unknown_type", f"functions of type {kind!r} are not read", known, *at)
    rise = file.number(raw.get("slope", 1), "a slope", *at) if kind in LINEAR else Fraction(0)
    level = file.number(raw.get("bias", 0), "a bias", *at)
    if kind in LINEAR and None in values.values():
        said = f"{kind} needs numbers, which {name!r} does not have"
        raise file.refused("foreign.mismatch", said, "use a TableFun", *at)
    return tuple(level + rise * (exact(v or 0) or 0) for v in values.values())


def _mapped(file: _File, mapping: Any, name: str, values: _Values, at: Path) -> tuple[Fraction, ...]:
    table = mapping if isinstance(mapping, Mapping) else {}
    found = {_text(k): v for k, v in table.items()}
    strange = [k for k in found if k not in values]
    missing = [v for v in values if v not in found]
    if strange or missing:
        what = f"does not say what {missing[0]!r} is worth" if missing else f"has no value {strange[0]!r}"
        remedy = "choose utility functions of this outcome space"
        raise file.refused("foreign.mismatch", f"the table of {name!r} {what}", remedy, *at)
    return tuple(file.number(found[v], f"the worth of {v!r}", *at, "mapping", v) for v in values)


def _boxes(file: _File, issues: Mapping[str, _Values]) -> list[Box]:
    ranges, utilities = file.listed("outcome_ranges", "ranges"), file.listed("utilities", "numbers")
    weights = file.document.get("weights") or [1] * len(ranges)
    if not isinstance(weights, list) or not len(ranges) == len(utilities) == len(weights):
        message = "outcome_ranges, utilities and weights are not of one length"
        raise file.refused("foreign.mismatch", message, "write one of each for every hyper-rectangle", "outcome_ranges")
    if len(ranges) > MAX_BOXES:
        raise file.refused("foreign.size", f"more than {MAX_BOXES} hyper-rectangles", _HARDLY, "outcome_ranges")
    boxes = []
    for n, raw in enumerate(ranges):
        utility = file.number(utilities[n], "a utility", "utilities", n)
        weight = file.number(weights[n], "a weight", "weights", n)
        boxes.append(Box(utility * weight, _bounds(file, {} if raw is None else raw, issues, n)))
    return boxes


def _bounds(file: _File, raw: Any, issues: Mapping[str, _Values], n: int) -> tuple[tuple[int, tuple[int, ...]], ...]:
    """The values that an outcome range allows, by issue."""
    at = ("outcome_ranges", n)
    names = list(issues)
    if not isinstance(raw, Mapping):
        raise file.refused("foreign.missing", "expected a mapping from issues to ranges", "write {0: [1, 3]}", *at)
    bounds = []
    for key, spec in raw.items():
        place = names.index(key) if key in names else int(key) if key.isdecimal() and len(key) < 6 else -1
        if not 0 <= place < len(names):
            raise file.refused(
                "foreign.mismatch", f"a range of the issue {key!r}, which is not there", "correct it", *at, key
            )
        allowed = enumerate(issues[names[place]].items())
        bounds.append((place, tuple(v for v, (text, number) in allowed if _allows(spec, text, number))))
    return tuple(bounds)


def _allows(spec: Any, text: str, number: int | float | None) -> bool:
    """As NegMAS reads it: two numbers are an open interval, a longer list the values or intervals allowed."""
    if not isinstance(spec, list):
        return _text(spec) == text
    if len(spec) == 2 and all(isinstance(s, int | float) for s in spec):
        return number is not None and spec[0] < number < spec[1]
    return any(_allows(s, text, number) for s in spec)


def _last(kind: Any) -> str:
    """negmas.preferences.TableFun → TableFun."""
    return str(kind).rpartition(".")[2]


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value).strip()
