"""The hyper-rectangles of a nonlinear GENIUS profile: utilities of the boxes that hold an offer, or do not. INTEROP."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction

from detente.dossier.foreign.domain import MAX_BOXES, Box
from detente.dossier.foreign.genius_issues import HARDLY, OTHER, XmlIssue
from detente.dossier.foreign.imported import Reading, broken, plain
from detente.dossier.foreign.xml_text import Element


def boxes_of(utility: Element, issues: Sequence[XmlIssue], reading: Reading) -> tuple[Box, ...] | None:
    """The hyper-rectangles of a nonlinear profile, each with its utility times the weights around it."""
    outer = utility.find("ufun")
    if len(outer) != 1:
        reading.say("foreign.missing", f"expected one <ufun>, found {len(outer)}", utility.line, "keep one <ufun>")
        return None
    found: list[Box] = []
    for element, weight in _rectangles(outer[0], Fraction(1), reading):
        if len(found) >= MAX_BOXES:
            reading.say("foreign.size", f"more than {MAX_BOXES} hyper-rectangles", element.line, HARDLY)
            return None
        box = _box(element, weight, issues, reading)
        if box is not None:
            found.append(box)
    if not found and not broken(reading.findings):
        reading.say("foreign.missing", "the profile has no hyper-rectangles", utility.line, "add its <hyperRectangle>s")
    return tuple(found)


def _rectangles(ufun: Element, weight: Fraction, reading: Reading) -> Iterator[tuple[Element, Fraction]]:
    """Every rectangle with the product of the weights of the functions around it (the outermost one has none)."""
    how = (ufun.get("aggregation") or "sum").strip().lower()
    if how != "sum":
        reading.say(
            "foreign.unknown_type", f"utility functions that take the {how!r} are not read", ufun.line, "known: sum"
        )
        return
    for element in ufun.children:
        if element.tag == "hyperRectangle":
            yield element, weight
        elif element.tag == "ufun":
            inner = reading.number(element.get("weight") or "1", "the weight of a utility function", element.line)
            if inner is not None:
                yield from _rectangles(element, weight * inner, reading)


def _box(element: Element, weight: Fraction, issues: Sequence[XmlIssue], reading: Reading) -> Box | None:
    utility = reading.number(element.get("utility"), "the utility of a hyper-rectangle", element.line)
    own = reading.number(element.get("weight") or "1", "the weight of a hyper-rectangle", element.line)
    bounds = element.find("INCLUDES", "EXCLUDES")
    tags = {b.tag for b in bounds}
    if len(tags) > 1:
        message, remedy = "a hyper-rectangle with both INCLUDES and EXCLUDES", "write two hyper-rectangles"
        reading.say("foreign.unknown_type", message, element.line, remedy)
        return None
    chosen: dict[int, tuple[int, ...]] = {}
    for bound in bounds:
        inside = _within(bound, issues, reading)
        if inside is not None:
            place, values = inside
            chosen[place] = tuple(v for v in chosen.get(place, values) if v in values)
    if utility is None or own is None:
        return None
    return Box(utility * own * weight, tuple(chosen.items()), outside=tags == {"EXCLUDES"})


def _within(bound: Element, issues: Sequence[XmlIssue], reading: Reading) -> tuple[int, tuple[int, ...]] | None:
    """(issue, its values) between the ends of a bound, both included."""
    index = reading.whole(bound.get("index"), "the index of a bound", bound.line)
    lower = reading.number(bound.get("min"), "the min of a bound", bound.line)
    upper = reading.number(bound.get("max"), "the max of a bound", bound.line)
    if index is None or lower is None or upper is None:
        return None
    place = next((n for n, i in enumerate(issues) if i.index == index), None)
    if place is None:
        reading.say("foreign.mismatch", f"a bound on issue {index}, which is not there", bound.line, OTHER)
        return None
    if issues[place].kind == "discrete":
        message = f"a bound on {issues[place].label}, which is not an integer issue"
        reading.say("foreign.unknown_type", message, bound.line, "bound integer issues only")
        return None
    if lower > upper:
        message = f"a bound on {issues[place].label} with min above max holds for no value"
        reading.say("foreign.empty_bound", message, bound.line, "swap them, or leave it so", severity="warning")
    return place, tuple(v for v, p in enumerate(issues[place].points) if lower <= p <= upper)


def may_clip(boxes: Sequence[Box], issues: Sequence[XmlIssue], most: Fraction, line: int, reading: Reading) -> bool:
    """Whether some offer might exceed maxutility, which GENIUS counts as 1; says so, since a plain sum has no bound."""
    if _bound(boxes, [len(i.issue.values) for i in issues]) <= most:
        return False
    message = (
        f"the hyper-rectangles might add up to more than maxutility ({plain(most)}) at some offer; GENIUS counts such "
        "an offer as 1, and so does `frontier` (the party's value_ceiling); other verbs count the whole sum"
    )
    remedy = "nothing to do where maxutility is the largest utility of any offer, as it should be"
    reading.say("foreign.clip", message, line, remedy, severity="note")
    return True


def _bound(boxes: Sequence[Box], sizes: Sequence[int]) -> Fraction:
    """No less than the largest sum at any offer: the best value of each issue by itself, at its least favourable."""
    total = sum((max(b.utility, Fraction(0)) for b in boxes), Fraction(0))
    bound = total
    for issue, size in enumerate(sizes):
        lost = [Fraction(0)] * size  # by value: the boxes that it keeps from counting
        for box in boxes:
            bounds = dict(box.chosen)
            if box.utility > 0 and issue in bounds and not (box.outside and len(bounds) > 1):
                for v in set(range(size)) ^ set(bounds[issue]) if not box.outside else bounds[issue]:
                    lost[v] += box.utility
        bound = min(bound, total - min(lost))
    return bound
