"""What a GENIUS profile says of the issues of its domain: weights, tables, reservation, discount. INTEROP."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction

from detente.dossier.foreign.domain import Profile, ValueFunction
from detente.dossier.foreign.genius_boxes import boxes_of, may_clip
from detente.dossier.foreign.genius_issues import OTHER, XmlIssue, bounds_of, kind_of
from detente.dossier.foreign.imported import Reading, broken, plain
from detente.dossier.foreign.xml_text import Element

_NOTHING = Fraction(1, 100_000)
"""GENIUS counts an issue whose largest evaluation is below this as worth nothing."""


def profile_of(root: Element, name: str, file: str, issues: Sequence[XmlIssue], reading: Reading) -> Profile | None:
    """A profile on the issues of its domain; None where something is wrong with it."""
    if (form := (root.get("type") or "").strip().lower()) == "constraint":
        remedy = "choose profiles with weights and evaluations, or with hyper-rectangles"
        reading.say("foreign.unknown_type", f"profiles of type {form} are not read", root.line, remedy)
        return None
    elements = _matched(root, issues, reading)
    reservation, discount = _reservation(root, reading), _talks_discount(root, reading)
    utility = next(root.all("utility"), None)
    if utility is not None:
        most = reading.number(utility.get("maxutility"), "maxutility", utility.line)
        if most is not None and most <= 0:
            reading.say(
                "foreign.number", "maxutility is not above 0", utility.line, "write the largest utility of any offer"
            )
        boxes = boxes_of(utility, issues, reading)
        if most is None or boxes is None or broken(reading.findings):
            return None
        clipped = may_clip(boxes, issues, most, utility.line, reading)
        return Profile(
            name, file, boxes=boxes, most=most, clipped=clipped, reservation=reservation, talks_discount=discount
        )
    tables = _tables(root, elements, issues, reading) if not broken(reading.findings) else ()
    if broken(reading.findings):
        return None
    clipped = _may_clip(tables, root.line, reading)
    return Profile(name, file, tables, reservation=reservation, talks_discount=discount, clipped=clipped)


def _may_clip(tables: Sequence[ValueFunction | None], line: int, reading: Reading) -> bool:
    """Whether the best offer adds up to more than 1, which GENIUS counts as 1; says so where it is no rounding."""
    most = sum((t.weight * max(t.evaluations) / t.best for t in tables if t is not None), Fraction(0))
    if most - 1 > Fraction(1, 1000):
        message = (
            f"the best offer adds up to {float(most):.4g}; GENIUS counts more than 1 as 1, and so does `frontier` (the "
            "party's value_ceiling); other verbs count the whole sum"
        )
        reading.say("foreign.clip", message, line, "nothing to do where the weights are meant so", severity="note")
    return most > 1


def _matched(root: Element, issues: Sequence[XmlIssue], reading: Reading) -> dict[int, Element]:
    """The profile's issues by index; a Finding for each that is not the domain's."""
    found: dict[int, Element] = {}
    known = {i.index: i for i in issues}
    for element in root.all("issue"):
        index = reading.whole(element.get("index"), "the index of an issue", element.line)
        if index is None:
            continue
        if index in found:
            reading.say("foreign.duplicate", f"a second issue {index}", element.line, "keep one of the two")
        elif index not in known:
            message = f"issue {index} ({element.get('name')}) is not one of the domain's {len(known)} issues"
            reading.say("foreign.mismatch", message, element.line, OTHER)
        else:
            found[index] = element
            _match(element, known[index], reading)
    for issue in issues:
        if issue.index not in found:
            reading.say("foreign.mismatch", f"the domain's {issue.label} is missing", root.line, OTHER)
    return found


def _match(element: Element, issue: XmlIssue, reading: Reading) -> None:
    name = (element.get("name") or "").strip()
    if name != issue.issue.name:
        message = f"issue {issue.index} is {name!r} here and {issue.issue.name!r} in the domain"
        reading.say("foreign.mismatch", message, element.line, OTHER)
    if (kind := kind_of(element, reading)) not in (None, issue.kind):
        reading.say(
            "foreign.mismatch", f"{issue.label} is {kind} here, {issue.kind} in the domain", element.line, OTHER
        )
    elif kind in ("integer", "real"):
        bounds = bounds_of(element, issue.issue.name, reading)
        if bounds is not None and bounds != (issue.points[0], issue.points[-1]):
            message = f"{issue.label} does not run from {issue.issue.values[0]} to {issue.issue.values[-1]}"
            reading.say("foreign.mismatch", f"{message}, as in the domain", element.line, OTHER)


def _value_of(root: Element, tag: str, reading: Reading) -> tuple[Fraction | None, int]:
    elements = list(root.all(tag))
    if not elements:
        return None, root.line
    if len(elements) > 1:
        reading.say("foreign.duplicate", f"a second <{tag}>", elements[1].line, "keep one of the two")
    return reading.number(elements[0].get("value"), f"the value of <{tag}>", elements[0].line), elements[0].line


def _reservation(root: Element, reading: Reading) -> Fraction:
    """As written, never clamped; 0 where there is none."""
    return _value_of(root, "reservation", reading)[0] or Fraction(0)


def _talks_discount(root: Element, reading: Reading) -> Fraction | None:
    """The discount factor where it is one and not 1."""
    factor, line = _value_of(root, "discount_factor", reading)
    if factor is not None and not 0 < factor <= 1:
        message = f"the discount factor {plain(factor)} is not between 0 and 1, so there is none, as in GENIUS"
        reading.say("foreign.discount", message, line, "write a number above 0, at most 1", severity="warning")
        return None
    return None if factor == 1 else factor


def _tables(
    root: Element, elements: dict[int, Element], issues: Sequence[XmlIssue], reading: Reading
) -> tuple[ValueFunction | None, ...]:
    weights = _weights(root, issues, reading)
    tables: list[ValueFunction | None] = []
    for issue in issues:
        element, weight = elements[issue.index], weights.get(issue.index)
        table = _table(element, issue, weight, reading) if weight is not None else None
        tables.append(table)
        if table is not None and not any(table.evaluations):
            message = f"all evaluations of {issue.label} are 0, so it counts for nothing here"
            reading.say("foreign.worthless", message, element.line, "right if it is meant so", severity="note")
    total = sum(weights.values(), Fraction(0))
    if not broken(reading.findings) and abs(total - 1) > Fraction(1, 50):
        message = f"the weights add up to {float(total):.4g}, not 1; they are kept as they are"
        reading.say("foreign.weights", message, root.line, "right if it is meant so", severity="warning")
    return tuple(tables)


def _weights(root: Element, issues: Sequence[XmlIssue], reading: Reading) -> dict[int, Fraction]:
    """Weights by index of the issue; those of groups of issues, which GENIUS does not read, are left out."""
    found: dict[int, Fraction] = {}
    groups = {e.get("index") for e in root.all("objective")}
    for element in root.all("weight"):
        index = reading.whole(element.get("index"), "the index of a weight", element.line)
        weight = reading.number(element.get("value"), "a weight", element.line)
        if index is None or weight is None:
            continue
        if index in found:
            reading.say("foreign.duplicate", f"a second weight of issue {index}", element.line, "keep one of the two")
        elif all(i.index != index for i in issues):
            if element.get("index") not in groups:
                reading.say("foreign.mismatch", f"a weight of issue {index}, which is not there", element.line, OTHER)
        elif weight < 0:
            reading.say("foreign.number", f"the weight of issue {index} is negative", element.line, "write 0 or more")
        else:
            found[index] = weight
    if not broken(reading.findings):
        for issue in issues:
            if issue.index not in found:
                reading.say("foreign.missing", f"{issue.label} has no weight", root.line, "add its <weight>")
    return found


def _table(element: Element, issue: XmlIssue, weight: Fraction, reading: Reading) -> ValueFunction | None:
    """Discrete issues are normalised by their largest evaluation; integer and real ones are on [0, 1] already."""
    if issue.kind != "discrete":
        evaluations = _evaluated(element, issue, reading)
        return None if evaluations is None else ValueFunction(weight, Fraction(1), evaluations)
    found = _evaluations(element, issue, reading)
    missing = [v for v in issue.issue.values if v not in found]
    if missing and not broken(reading.findings):
        reading.say("foreign.mismatch", f"{issue.label} does not say what {missing[0]!r} is worth", element.line, OTHER)
    if broken(reading.findings):
        return None
    best = max(found.values())
    if best < _NOTHING:
        return ValueFunction(weight, Fraction(1), (Fraction(0),) * len(issue.issue.values))
    return ValueFunction(weight, best, tuple(found[v] for v in issue.issue.values))


def _evaluations(element: Element, issue: XmlIssue, reading: Reading) -> dict[str, Fraction]:
    """What each value is worth; of one that stands twice the last counts, as in GENIUS."""
    found: dict[str, Fraction] = {}
    for item in element.find("item"):
        value = (item.get("value") or "").strip()
        if value not in issue.issue.values:
            reading.say("foreign.mismatch", f"{value!r} is not a value of the domain's {issue.label}", item.line, OTHER)
            continue
        number = reading.number(item.get("evaluation"), f"the evaluation of {value!r}", item.line)
        if number is None:
            continue
        if value in found:
            before, last = plain(found[value]), plain(number)
            told = f"evaluated {before} and then {last}: the last counts, as in GENIUS" if before != last else "alike"
            message = f"{value!r} stands twice in {issue.label}, {told}"
            reading.say("foreign.duplicate", message, item.line, "keep one of the two", severity="warning")
        found[value] = number
    return found


def _evaluated(element: Element, issue: XmlIssue, reading: Reading) -> tuple[Fraction, ...] | None:
    """What an evaluator makes of each point. Linear: offset + slope · (value − lower bound), clipped to [0, 1]."""
    evaluators = element.find("evaluator")
    if not evaluators:
        reading.say("foreign.missing", f"{issue.label} has no <evaluator>", element.line, "add its <evaluator>")
        return None
    evaluator = evaluators[0]
    form = (evaluator.get("ftype") or "linear").strip().lower()

    names, evaluate = _form(form, issue, sloped=evaluator.get("slope") is not None)
    if evaluate is not None:
        read = [reading.number(evaluator.get(n), f"the {n} of {issue.label}", evaluator.line) for n in names]
        given = [r for r in read if r is not None]
        return tuple(evaluate(p, *given) for p in issue.points) if len(given) == len(names) else None
    message = f"evaluators of type {form!r} are not known for {issue.kind} issues"
    reading.say(
        "foreign.unknown_type", message, evaluator.line, "known: linear; for real issues also constant, triangular"
    )
    return None


def _form(form: str, issue: XmlIssue, *, sloped: bool) -> tuple[tuple[str, ...], Callable[..., Fraction] | None]:
    """The parameters of an evaluator, and the function of a point and of them."""
    if form == "linear" and (issue.kind == "integer" or sloped):
        return ("offset", "slope"), lambda p, offset, slope: _clipped(offset + slope * (p - issue.points[0]))
    if issue.kind == "real":
        if form == "linear":
            return ("parameter0", "parameter1"), lambda p, level, slope: _clipped(level + slope * p)
        if form == "constant":
            return ("parameter0",), lambda p, level: level
        if form == "triangular":
            return ("parameter0", "parameter1", "parameter2"), _triangle
    return (), None


def _clipped(value: Fraction) -> Fraction:
    return max(Fraction(0), min(Fraction(1), value))


def _triangle(point: Fraction, lower: Fraction, upper: Fraction, top: Fraction) -> Fraction:
    """0 at the two ends and beyond, 1 at the top."""
    if point < lower or (point >= upper and point >= top):
        return Fraction(0)
    return (point - lower) / (top - lower) if point < top else 1 - (point - top) / (upper - top)
