"""What an assessment says, in sentences. Every sentence names its success level and says no more than was shown."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from detente.design.plan.designs import Design
from detente.design.questions.assessment import Assessment, describe
from detente.dossier.schema import Dossier
from detente.model.judge.facts import Facts
from detente.model.judge.terms import Terms
from detente.report.kit.words import (
    LEVELS,
    interest,
    measure,
    percent,
    requirement,
    rule_named,
)
from detente.report.questions import answer_words
from detente.report.roadmap.conditions import dangerous, exposed

KEPT = (
    "everyone whose consent is needed prefers it to no deal, nobody is ever better off breaking it, openly or in "
    "secret, and it crosses no red line"
)

MARKS = {"undecided": "open"}
"""How the page marks an answer that is neither yes nor no."""
PROVED = (
    "No plan on this time grid meets every condition. Proved by exhausting the possibilities at these numbers; it says "
    "nothing about why or about other numbers."
)


def headline(a: Assessment) -> str:
    """The answer in one sentence."""
    if a.shown is not None:
        return f"{_shown(a)} exists and would be kept: {KEPT}."
    ruled_out = {name for name, v in a.verdicts.items() if v.status == "none_exists"}
    if "none" in ruled_out or (ruled_out and ruled_out == set(a.verdicts)):
        asked = "no deal of any kind" if "none" in ruled_out else "no deal that meets what was asked for"
        return f"On these numbers {asked} is satisfactory: this was proved, not merely not found."
    rest = "not all were ruled out" if ruled_out else "none was ruled out"
    return f"No satisfactory deal was found, and {rest}: the search stopped at its limit."


def _shown(a: Assessment) -> str:
    if a.shown == "none":
        return "A deal"
    return f"A deal that meets {LEVELS.get(a.shown or '', str(a.shown))}"


def qualifications(a: Assessment) -> tuple[str, ...]:
    """What the headline does not say: the other success levels, the opening positions, how good the plan is."""
    said = [*_levels(a), *_openings(a), *_quality(a)]
    return tuple(said)


def _levels(a: Assessment) -> Iterator[str]:
    for level in ("full", "minimal"):
        verdict = a.verdicts.get(level)
        if verdict is None or level == a.shown:
            continue
        if verdict.plan is not None:
            yield f"A deal that meets {LEVELS[level]} exists too."
        elif verdict.status == "none_exists":
            yield f"No satisfactory deal meets {LEVELS[level]} (proved)."
        else:
            yield f"Whether a satisfactory deal can meet {LEVELS[level]} is undecided: the search stopped at its limit."
    if a.shown == "none":
        if {"minimal", "full"} & set(a.verdicts):
            yield "The deal shown meets no level of success: it is the best deal of any kind, and may be a small one."
        else:
            yield "The dossier names no level of success, so any deal that would be kept counts, however small."


def _openings(a: Assessment) -> Iterator[str]:
    together = a.verdicts.get("openings")
    if together is None:
        return
    said = {
        "none_exists": "No satisfactory deal meets all opening positions together (proved).",
        "undecided": "Whether a satisfactory deal can meet all opening positions together is undecided.",
        "satisfactory": "A satisfactory deal can meet all opening positions together.",
    }
    yield said["satisfactory" if together.plan is not None else together.status]


def _quality(a: Assessment) -> Iterator[str]:
    design = a.verdicts.get(a.shown or "")
    if design is None or design.plan is None:
        return
    if design.status == "undecided":
        most = f"; the best is at most {percent(design.gap)} better" if design.gap is not None else ""
        better = f"whether a better one exists by the {rule_named(design.rule_used)} rule is undecided{most}"
        yield f"The plan shown was checked; {better}."
    elif design.rule_used != design.rule:
        used, asked = rule_named(design.rule_used), rule_named(design.rule)
        yield f"The plan was chosen by the {used} rule instead of the {asked} rule."


@dataclass(frozen=True)
class _Answer:
    """A verdict in words."""

    question: str
    answer: str
    mark: str
    """yes, no or open: how the page shows it."""
    detail: str


def answer(a: Assessment, name: str) -> _Answer:
    """The answer to one question: what it is and rests on, and how good or how sure it is."""
    design = a.verdicts[name]
    said = answer_words.answer(design)
    answered = f"{said.capitalize()}: {answer_words.because(design)}"
    return _Answer(describe(name, a.dossier), answered, MARKS.get(said, said), _detail(design))


def _detail(design: Design) -> str:
    if design.plan is not None:
        return _goodness(design)
    if design.status == "none_exists":
        return PROVED
    of = "" if design.bound is None else f" The bound is of the {rule_named(design.rule_used)} rule."
    return f"The search stopped at its limit.{of}"


def _goodness(design: Design) -> str:
    plan = design.plan
    count = sum(1 for d in plan.entry.values() if d is not None) if plan else 0
    said = f"{count} measures. " if count != 1 else "1 measure. "
    if design.gap is None:
        return f"{said}How far it is from the best by the {rule_named(design.rule_used)} rule is not known."
    if design.gap < 5e-5:
        return f"{said}The best by the {rule_named(design.rule_used)} rule."
    return f"{said}Within {percent(design.gap)} of the best by the {rule_named(design.rule_used)} rule."


def danger(a: Assessment) -> tuple[str, ...]:
    """The most dangerous moment, with its numbers."""
    if a.dangerous is None:
        return (dangerous(a.dossier, None),) if a.plan else ()
    return (
        dangerous(a.dossier, a.dangerous),
        "Margins are in each party's own points, so this names the thinnest margin, not the likeliest breach.",
    )


def exposures(a: Assessment) -> tuple[str, ...]:
    """The largest exposure of each party that has a limit."""
    return tuple(exposed(a.dossier, s) for s in a.exposure)


@dataclass(frozen=True)
class Judged:
    """A requirement, and whether the shown plan meets it."""

    name: str
    words: str
    met: bool
    note: str


def success(a: Assessment, level: str) -> tuple[Judged, ...]:
    """The requirements of a success level, judged on the shown plan."""
    required = a.dossier.success.minimal if level == "minimal" else a.dossier.success.full
    if a.plan is None:
        return ()
    notes = _notes(a, a.dossier, level, ())
    return tuple(
        Judged(f"{level}.{i}", requirement(a.dossier, r), f"{level}.{i}" not in notes, notes.get(f"{level}.{i}", ""))
        for i, r in enumerate(required)
    )


def demands(a: Assessment) -> dict[str, Judged]:
    """Every demand, judged on the shown plan, whether it binds or not."""
    if a.plan is None:
        return {}
    notes = _notes(a, _binding(a.dossier), "none", tuple(a.dossier.parties))
    return {
        name: Judged(name, requirement(a.dossier, d.require), name not in notes, notes.get(name, ""))
        for name, d in a.dossier.demands.items()
    }


def _binding(dossier: Dossier) -> Dossier:
    """The dossier with its preferences as openings, so that they are judged; nothing is solved with it."""
    demands = {
        name: d.model_copy(update={"firmness": "opening"}) if d.firmness == "preference" else d
        for name, d in dossier.demands.items()
    }
    return dossier.model_copy(update={"demands": demands})


def _notes(a: Assessment, dossier: Dossier, level: str, openings: Sequence[str]) -> dict[str, str]:
    """How the shown plan fails demands and success requirements, by name."""
    assert a.plan is not None
    terms = Terms(dossier, Facts(dossier), level, openings)
    timing = terms.clock.timing(a.plan)
    failed = {t.name: t.judge(timing) for t in terms.all if t.kind in ("demand", "success") and t.name is not None}
    return {name: _named(dossier, breach.note) for name, breach in failed.items() if breach is not None}


def _named(dossier: Dossier, note: str) -> str:
    """A judge's note with titles in place of names."""

    def title(word: str) -> str:
        if word in dossier.measures and dossier.measures[word].title:
            return f"“{measure(dossier, word)}”"
        return interest(dossier, word)

    note = re.sub(r" stands at (\S+) (\S+) years on", r" at \1, \2 years on", note)
    return " ".join(title(word) for word in note.split(" "))
