"""The issues of a GENIUS domain: discrete, integer and real, each as a list of values. INTEROP."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from detente.dossier.foreign.domain import MAX_VALUES, Issue, beyond_limits
from detente.dossier.foreign.imported import Reading, plain
from detente.dossier.foreign.xml_text import Element

KINDS = ("discrete", "integer", "real")
HARDLY = "this is hardly a negotiation domain"
OTHER = "choose profiles of this domain"
"""Remedies."""


@dataclass(frozen=True)
class XmlIssue:
    """An issue of the domain file: its values, and for integer and real issues where they stand on the scale."""

    index: int
    kind: str
    issue: Issue
    points: tuple[Fraction, ...] = ()

    @property
    def label(self) -> str:
        return f"issue {self.index} ({self.issue.name})"


def issues_of(root: Element, reading: Reading, steps: int) -> list[XmlIssue]:
    """The issues of a domain in the order of the file."""
    found: list[XmlIssue] = []
    for element in root.all("issue"):
        issue = _issue(element, reading, steps)
        if issue is None:
            continue
        if any(i.index == issue.index for i in found):
            reading.say(
                "foreign.duplicate", f"a second issue {issue.index}", element.line, "number the issues 1, 2, 3, ..."
            )
        found.append(issue)
        if problem := beyond_limits([i.issue for i in found]):
            reading.say("foreign.size", problem, element.line, HARDLY)
            return []
    if not found and not reading.findings:
        reading.say("foreign.missing", "the domain has no issues", root.line, "choose a domain with issues")
    return found


def _issue(element: Element, reading: Reading, steps: int) -> XmlIssue | None:
    index = reading.whole(element.get("index"), "the index of an issue", element.line)
    name = reading.name(element.get("name"), "an issue", element.line)
    kind = kind_of(element, reading)
    if index is None or name is None or kind is None:
        return None
    if kind == "discrete":
        values = _item_values(element, name, reading)
        return XmlIssue(index, kind, Issue(name, values)) if values else None
    bounds = bounds_of(element, name, reading)
    if bounds is None:
        return None
    if kind == "integer":
        return _integer_issue(index, name, bounds, element.line, reading)
    lower, upper = bounds
    points = tuple(lower + (upper - lower) * k / steps for k in range(steps + 1)) if upper > lower else (lower,)
    message = f"the real issue {name!r} is cut into {len(points) - 1} steps, {len(points)} values"
    reading.say("foreign.grid", message, element.line, "choose another number of steps", severity="note")
    return XmlIssue(index, kind, Issue(name, tuple(str(plain(p)) for p in points)), points)


def _integer_issue(
    index: int, name: str, bounds: tuple[Fraction, Fraction], line: int, reading: Reading
) -> XmlIssue | None:
    lower, upper = bounds
    if lower.denominator != 1 or upper.denominator != 1:
        reading.say(
            "foreign.number", f"the bounds of the integer issue {name!r} are not whole", line, "write whole numbers"
        )
        return None
    if upper - lower >= MAX_VALUES:
        reading.say("foreign.size", f"the integer issue {name!r} has more than {MAX_VALUES} values", line, HARDLY)
        return None
    points = tuple(Fraction(v) for v in range(int(lower), int(upper) + 1))
    return XmlIssue(index, "integer", Issue(name, tuple(str(int(p)) for p in points)), points)


def kind_of(element: Element, reading: Reading) -> str | None:
    kind = (element.get("type", "vtype", "etype") or KINDS[0]).strip().lower()
    if kind not in KINDS:
        reading.say(
            "foreign.unknown_type", f"issues of type {kind!r} are not known", element.line, f"known: {', '.join(KINDS)}"
        )
        return None
    return kind


def bounds_of(element: Element, name: str, reading: Reading) -> tuple[Fraction, Fraction] | None:
    """Lower and upper bound, on the issue or on a <range> in it."""
    ranges = element.find("range")
    holder = ranges[0] if ranges else element
    lower = reading.number(holder.get("lowerbound"), f"the lowerbound of issue {name!r}", holder.line)
    upper = reading.number(holder.get("upperbound"), f"the upperbound of issue {name!r}", holder.line)
    if lower is None or upper is None:
        return None
    if lower > upper:
        reading.say(
            "foreign.number", f"the lowerbound of issue {name!r} is above its upperbound", holder.line, "swap them"
        )
        return None
    return lower, upper


def _item_values(element: Element, name: str, reading: Reading) -> tuple[str, ...]:
    values: list[str] = []
    for item in element.find("item"):
        value = reading.name(item.get("value"), f"a value of issue {name!r}", item.line)
        if value in values:
            message = f"{value!r} stands twice in issue {name!r}: the second is left out"
            reading.say("foreign.duplicate", message, item.line, "keep one of the two", severity="warning")
        elif value is not None:
            values.append(value)
    if not element.find("item"):
        reading.say("foreign.missing", f"issue {name!r} has no values", element.line, "add its <item>s")
    return tuple(values)
