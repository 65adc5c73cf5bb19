"""How much verification a deal needs, in sentences."""

from __future__ import annotations

from collections.abc import Iterator

from detente.design.inspections.needs import Aim, Least, Raise, Rate, VerificationNeeds
from detente.dossier.schema import Verify
from detente.model.rows.detection import watch
from detente.report.kit.words import LEVELS, measure, number, percent, several, years

GAINS = "the gains of the parties (geometric mean, under the Nash rule)"


def aim_words(found: VerificationNeeds, aim: Aim) -> str:
    if aim.kind == "success":
        return LEVELS[aim.name].capitalize()
    return f"{percent(aim.share)} of {aim.name}" if aim.kind == "progress" else measure(found.dossier, aim.name)


def with_words(found: VerificationNeeds) -> str:
    """What a measure is asked for besides."""
    level = found.question.success
    return "A deal with" if level == "none" else f"{LEVELS[level].capitalize()} with"


def inspected(found: VerificationNeeds, s: Least) -> list[tuple[str, str]]:
    """The measures that are inspected at some effort, with their regimes."""
    verified = {m: found.dossier.measures[m].verification for m in s.regimes}
    chosen = [(m, r) for m, r in s.regimes.items() if r is not None]
    return [(m, r) for m, r in chosen if (v := verified[m]) is not None and v.effort(r, found.effort) > 0]


def needs_sentences(found: VerificationNeeds) -> tuple[str, ...]:
    """The answer first, then what more effort buys, then what to know about the answer."""
    return tuple(_said(found))


def _said(found: VerificationNeeds) -> Iterator[str]:
    yield _first(found)
    steps = [s for s in found.steps if s.aim != found.least.aim]
    if further := [s for s in steps if s.aim.kind == "success" and s.status != "undecided"]:
        yield " ".join(_step(found, s) for s in further)
    if never := [_named(found, s.aim) for s in steps if s.status == "none_exists" and s.aim.kind != "success"]:
        yield f"No regimes on the menus are enough for {several(never, 'or')}."
    yield from _next(found)
    yield from _bought(found)
    yield from _detection(found)
    if not found.finished:
        yield "The search stopped before all was settled; what it left open is said to be."
    yield from found.notes


def _next(found: VerificationNeeds) -> Iterator[str]:
    """What more effort than the least opens first."""
    opens = found.next_step
    if opens is not None and opens.effort is not None:
        more = number(opens.effort - (found.least.effort or 0.0))
        named = several([_named(found, s.aim) for s in found.steps if s.effort == opens.effort and _more(found, s)])
        yield f"What opens next, at {number(opens.effort)} {found.unit}, {more} more: {named}."


def _more(found: VerificationNeeds, s: Least) -> bool:
    return s.aim.implies(found.least.aim, found.dossier)


def _named(found: VerificationNeeds, aim: Aim) -> str:
    words = aim_words(found, aim)
    if aim.kind == "measure":
        deal = with_words(found)
        return f"{deal[:1].lower()}{deal[1:]} “{words}”"
    return words[:1].lower() + words[1:]


def _first(found: VerificationNeeds) -> str:
    level, s = LEVELS[found.question.success], found.least
    if s.status == "none_exists":
        return f"No effort on the menus is enough for {level}: with none of the regimes does a satisfactory deal exist."
    if s.effort is None:
        return f"How much effort {level} takes was not settled in time."
    if s.effort == 0:
        return f"{level.capitalize()} needs no inspection beyond what the case has without any regime.{_alarms(s)}"
    kept = [f"“{measure(found.dossier, m)}” ({r})" for m, r in inspected(found, s)]
    least = "The least effort" if s.status == "satisfactory" else "Enough effort (less may do)"
    return f"{least} for {level} is {number(s.effort)} {found.unit}: {several(kept)}.{_alarms(s)}"


def _alarms(s: Least) -> str:
    if not s.false_alarms:
        return ""
    return f" The deal found with it would have a false alarm about every {years(1 / s.false_alarms)}."


def _step(found: VerificationNeeds, s: Least) -> str:
    words = aim_words(found, s.aim)
    if s.status == "none_exists":
        return f"{words}: no regimes on the menus are enough."
    return f"{words}: {number(s.effort)} {found.unit}."


def _bought(found: VerificationNeeds) -> Iterator[str]:
    """Where the next effort is worth most, or that it is worth nothing that is sure."""
    best = next((r for r in found.raises if r.sure and r.more is not None and r.more > 0), None)
    if best is not None:
        yield _best_buy(found, best)
    elif known := [r.most for r in found.raises if r.most is not None]:
        unknown = len(found.raises) - len(known)
        rest = f"; {unknown} more were not settled in time" if unknown else ""
        yield (
            f"Beyond that, no single next regime is sure to add to {GAINS}: by {percent(max(0.0, max(known)))} "
            f"at the most{rest}."
        )


def _best_buy(found: VerificationNeeds, r: Raise) -> str:
    alarms = f" It brings {number(r.false_alarms)} more false alarms a year." if r.false_alarms > 0 else ""
    takes, growth = f"{number(r.effort)} {found.unit} more", percent(r.more or 0.0)
    return (
        f"The next effort is worth most, for what it takes, on “{measure(found.dossier, r.measure)}”: “{r.after}” "
        f"takes {takes}, and {GAINS} could grow by {growth}.{alarms}"
    )


def _detection(found: VerificationNeeds) -> Iterator[str]:
    """The least chance of detection, of one measure at a time, and what a cheaper regime would do."""
    settled = [r for r in found.rates if r.status == "found" and r.chance is not None]
    if settled:
        named = [f"“{measure(found.dossier, r.measure)}” {percent(r.chance or 0.0)}" for r in settled]
        yield f"The least chance of detection within a year that will do, one measure at a time: {several(named)}."
    if more := [f"“{measure(found.dossier, r.measure)}”" for r in settled if lowest(found, r)]:
        yield (
            f"The regime of {several(more)} is the lowest on its menu that takes effort, and sees more than that: a "
            "cheaper one may do as well, and the least effort is no less than what the menus offer."
        )
    if free := [measure(found.dossier, r.measure) for r in found.rates if unseen(found, r)]:
        yield f"In the deal found, nobody need see whether one of these is kept: {several(free, 'or')}."


def lowest(found: VerificationNeeds, r: Rate) -> bool:
    """Whether a measure has the least of its regimes that take effort, and is seen better there than it need be."""
    verify, regime = found.dossier.measures[r.measure].verify, found.least.regimes.get(r.measure)
    if not isinstance(verify, Verify) or regime is None or r.chance is None:
        return False
    effort = verify.effort(regime, found.effort)
    below = [x for x in verify.regimes if 0 < verify.effort(x, found.effort) < effort]
    return effort > 0 and not below and 1 - float(watch(verify.under(regime)).survival(1.0)) > r.chance


def unseen(found: VerificationNeeds, r: Rate) -> bool:
    """Whether a measure stands in the deal of the least effort, and need not be seen."""
    plan = found.least.plan
    return r.status == "none_needed" and plan is not None and plan.entry.get(r.measure) is not None
