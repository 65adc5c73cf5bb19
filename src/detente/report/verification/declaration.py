"""How a judged declaration reads: its page, its tables, and claims beside what others estimate."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from detente.libraries import altair as alt
from detente.report.kit.figure import DANGER, FAINT, INK, PALETTE, Figure, Row, inline
from detente.report.kit.panels import panels
from detente.report.kit.words import day, month, several
from detente.report.verification.page import Mark, Page, Section, table_of
from detente.verify.declaration.closure import RULES
from detente.verify.declaration.comparison import more_than_declared, sentences_of
from detente.verify.declaration.figures import Z_LIMIT, UncertainAmount, chance
from detente.verify.declaration.figures import figure as amount_of
from detente.verify.declaration.history import made_by
from detente.verify.declaration.judgement import Judgement
from detente.verify.declaration.statement import Declaration

PROVES_NOTHING = "That figures add up proves nothing about what is not in them."
FEW = 4
"""Failing rules that the answer names."""
CAPTION = (
    "Points are the figures, bars their central 95 %. Where something is declared, the dashed line is what is declared "
    "and the grey band reaches one significant quantity further: an estimate wholly to the right of the band says that "
    "more than one is missing. The pooled estimate is the inverse-variance mean, widened where the estimates disagree."
)
KEY = (
    "± is one standard uncertainty (a standard deviation). z: declared less estimated, in standard uncertainties of "
    "their difference. SQ: significant quantity, 8 kg of plutonium or 25 kg of U-235 in highly enriched uranium."
)


def headline(judged: Judgement) -> str:
    """The two answers in a sentence, and the sites that are left out."""
    closes = {"yes": "adds up by itself", "no": "does not add up by itself"}
    agrees = {"yes": "agrees with what others estimate", "no": "does not agree with what others estimate"}
    first = closes.get(judged.closes, "does not say enough to be added up")
    second = agrees.get(judged.agrees, "cannot be told from outside to be complete or not")
    joint = "and" if (judged.closes == "no") == (judged.agrees == "no") else "but"
    return f"The declaration {first}, {joint} {second}{_left_out(judged)}."


def _left_out(judged: Judgement) -> str:
    absent, late = judged.sites.left_out, judged.sites.only_later
    if not absent:
        return ""
    further = "but" if judged.agrees == "yes" else "and"
    only = "" if not late else " later" if len(late) == len(absent) else f" ({len(late)} of them only later)"
    return f", {further} leaves out {len(absent)} site{'s' * (len(absent) != 1)} that others list{only}"


def mark(judged: Judgement) -> Mark:
    if "no" in (judged.closes, judged.agrees):
        return "no"
    return "yes" if judged.closes == judged.agrees == "yes" and not judged.sites.left_out else "open"


# --- rows ------------------------------------------------------------------------------------------------------


def claim_rows(d: Declaration, judged: Judgement) -> list[Row]:
    """One row a claim: what is declared, what others estimate, and what may be missing."""
    return [
        {
            "claim": _title(d, c.claim),
            "declared_kg": None if c.declared is None else str(c.declared),
            "estimated_kg": None if c.estimate is None else str(c.estimate),
            "z": c.z,
            "more_SQ": c.gap_sq,
            "undeclared_at_most_kg": c.undeclared_p95,
            "chance_of_over_one_SQ": None if c.chance_over_one_sq is None else chance(c.chance_over_one_sq),
            "agrees": c.agrees,
            "because": c.why,
        }
        for c in judged.comparisons
    ]


def rule_rows(judged: Judgement) -> list[Row]:
    """One row a rule and place in the file."""
    order = {"does not close": 0, "cannot be tested": 1, "closes": 2}
    return [
        {"rule": RULES[r.rule], "where": r.path, "line": r.line, "verdict": r.verdict, "in_numbers": r.message}
        for r in sorted(judged.rules, key=lambda r: order[r.verdict])
    ]


def outside_rows(d: Declaration, judged: Judgement) -> list[Row]:
    """One row an outside estimate: how much, as of when, whence, and why it was not compared with a claim."""
    left_out: dict[str, dict[str, None]] = {}
    for name, why in (pair for c in judged.comparisons for pair in c.left_out):
        left_out.setdefault(name, {})[why] = None
    return [
        {
            "estimate": _estimate_title(d, name),
            "material": f"{e.material.replace('_', ' ')} {e.counts}",
            "kg": str(amount) if (amount := _estimate(d, name)) else None,
            "as_of": day(e.as_of),
            "group": e.group,
            "not_compared_where": "; ".join(left_out.get(name, {})),
            "source": e.source,
        }
        for name, e in d.estimates.items()
    ]


def estimate_rows(d: Declaration, judged: Judgement) -> list[Row]:
    """One row for each declared figure, estimate and pooled estimate that the figure draws."""
    rows: list[Row] = []
    for c in judged.comparisons:
        if c.declared is None:
            continue
        known: Row = {
            "claim": f"{_title(d, c.claim)}\nagrees: {c.agrees}",
            "declared_kg": c.declared.mean,
            "one_sq_more_kg": c.declared.mean + (c.kg_per_sq or 0.0),
        }
        bars = [("declared", "declared", c.declared)]
        bars += [(_estimate_title(d, name), "estimate", a) for name in c.used if (a := _estimate(d, name))]
        bars += [("all estimates together", "pooled", c.estimate)] if c.estimate is not None else []
        rows += [{**known, "figure": title, "kind": kind, **_bar(a)} for title, kind, a in bars]
    return rows


def _bar(a: UncertainAmount) -> dict[str, float]:
    return {"kg": a.mean, "low_kg": max(0.0, a.mean - Z_LIMIT * a.u), "high_kg": a.mean + Z_LIMIT * a.u}


def _estimate(d: Declaration, name: str) -> UncertainAmount | None:
    e = d.estimates[name]
    if e.amount is not None:
        return amount_of(e.amount, e.covers.value if e.covers else None)
    made = made_by(d, e.operations, e.material, e.counts)
    return None if isinstance(made, str) else made.kg


def _title(d: Declaration, claim: str) -> str:
    return _alone(claim, d.claims, lambda name: _claim_words(d, name))


def _claim_words(d: Declaration, claim: str) -> str:
    c = d.claims[claim]
    said = d.statements.get(c.statement)
    words = f"{c.material.replace('_', ' ')} {c.counts}".capitalize()
    return f"{words}, said on {day(said.on)}" if said else f"{words} ({claim})"


def _estimate_title(d: Declaration, name: str) -> str:
    return _alone(name, d.estimates, lambda other: _estimate_words(d, other))


def _estimate_words(d: Declaration, name: str) -> str:
    e = d.estimates[name]
    how = "operating history" if e.operations else d.name_of(e.by)
    return f"{how}, {month(e.as_of)}" if e.counts == "produced" else f"{how}, {month(e.as_of)} ({e.counts})"


def _alone(name: str, names: Iterable[str], words: Callable[[str], str]) -> str:
    """Words for a name; with the name, where the words are another's, too."""
    mine = words(name)
    return f"{mine} ({name})" if sum(words(other) == mine for other in names) > 1 else mine


# --- the figure ------------------------------------------------------------------------------------------------


def figures(d: Declaration, judged: Judgement, run: str = "") -> dict[str, Figure]:
    """Claims beside estimates; nothing where nothing can be drawn."""
    rows = estimate_rows(d, judged)
    if not rows:
        return {}
    caption = f"{CAPTION} {d.title}; {f'run {run}' if run else 'no run recorded'}."
    return {
        "claims": Figure("claims", "What is declared, and what others estimate", caption, _chart(rows), tuple(rows))
    }


def _chart(rows: list[Row]) -> Any:
    most = max(float(str(r["high_kg"])) for r in rows)
    lines = max(sum(r["claim"] == c for r in rows) for c in {r["claim"] for r in rows})
    scale = alt.Scale(domain=[0, 1.04 * most], nice=False)
    colour = alt.Color(
        "kind:N",
        scale=alt.Scale(domain=["declared", "estimate", "pooled"], range=[PALETTE[0], FAINT, DANGER]),
        legend=None,
    )

    def draw(some: list[Row], width: int) -> Any:
        names = [str(r["figure"]) for r in some]
        data, first = alt.Chart(inline(some)), alt.Chart(inline(some[:1]))
        axis = alt.Axis(labelLimit=220, labelColor=INK, ticks=False, domain=False, grid=False)
        y = alt.Y("figure:N", sort=names, title=None, axis=axis)
        band = first.mark_rect(color="#ececea").encode(x=alt.X("declared_kg:Q", scale=scale), x2="one_sq_more_kg:Q")
        line = first.mark_rule(color=PALETTE[0], strokeDash=[4, 3]).encode(x=alt.X("declared_kg:Q", scale=scale))
        bars = data.mark_rule(strokeWidth=2.2).encode(
            x=alt.X("low_kg:Q", title="kg", scale=scale), x2="high_kg:Q", y=y, color=colour
        )
        points = data.mark_point(filled=True, size=60, opacity=1).encode(
            x=alt.X("kg:Q", scale=scale), y=y, color=colour
        )
        return alt.layer(band, line, bars, points)

    return panels(rows, "claim", draw, width=232, height=22 * lines, columns=2)


# --- the page --------------------------------------------------------------------------------------------------


def page(d: Declaration, judged: Judgement) -> Page:
    """The page of a declaration."""
    counted = f"{len(d.claims)} claims, {len(d.materials)} uses of material, {len(d.sites)} sites"
    others = f"{len(d.estimates)} outside estimates and {len(d.site_lists)} lists of sites"
    who = several([d.name_of(v) for v in d.verifiers]) or "nobody in particular"
    decides = f"; disputes are for {d.name_of(d.arbiter)}" if d.arbiter else ""
    checked = f"Declared by {d.name_of(d.by)}; verified by {who}{decides}. {counted}, beside {others}."
    said = judged.sentences()
    parts = [
        Section("claims", "Declared and estimated", (), ("claims",), ("claims",), _of_claims()),
        Section("words", "In words", tuple(_in_words(d, judged))),
        Section("estimates", "What others estimate", (), (), ("estimates",)),
        Section("rules", "Does it add up by itself?", (PROVES_NOTHING,), (), ("rules",)),
    ]
    there = {"claims": judged.comparisons, "words": judged.comparisons, "estimates": d.estimates}
    return Page(
        kicker="declaration",
        title=d.title,
        checked=(checked,),
        question="Can the declaration be believed?",
        headline=headline(judged),
        mark=mark(judged),
        said=(said[0], *_failing(judged), said[1], *_missing(d, judged), *judged.sites.sentences, *_key(judged)),
        turns_on=tuple(turns_on(d, judged)),
        parts=tuple(p for p in parts if there.get(p.id, True)),
    )


def _failing(judged: Judgement) -> Iterator[str]:
    """What does not close, the first of it."""
    failing = [r for r in judged.rules if r.verdict == "does not close"]
    yield from (f"Does not close: {r}." for r in failing[:FEW])
    if len(failing) > FEW:
        yield f"{len(failing) - FEW} more do not close, as the table of rules says."


def _key(judged: Judgement) -> tuple[str, ...]:
    """What the signs mean, where numbers are compared."""
    return (KEY,) if any(c.estimate is not None for c in judged.comparisons) else ()


def _in_words(d: Declaration, judged: Judgement) -> Iterator[str]:
    """A paragraph a claim, after how the claims changed."""
    yield from (f"Its own figures changed: {r.message}." for r in judged.revisions)
    for c in judged.comparisons:
        first, *rest = sentences_of(c, lambda name: _called(d, name))
        later = (text.removeprefix(f"{_title(d, c.claim)}: ") for text in rest)
        yield " ".join([first, *(f"{text[:1].upper()}{text[1:]}" for text in later)])


def _called(d: Declaration, name: str) -> str:
    """What people call a claim, an estimate or a group of estimates; other names stand as they are."""
    if name in d.claims:
        return _title(d, name)
    if name in d.estimates:
        return _estimate_title(d, name)
    grouped = any(e.group == name for e in d.estimates.values())
    return f"all of the group “{name.replace('_', ' ')}”" if grouped else name


def _missing(d: Declaration, judged: Judgement) -> Iterator[str]:
    """Each claim beside the estimates, in kilograms and significant quantities."""
    for c in judged.comparisons:
        if c.declared is None or c.estimate is None or c.chance_over_one_sq is None:
            continue
        yield (
            f"{_title(d, c.claim)}: {c.declared} kg declared, {c.estimate} kg estimated, {more_than_declared(c)}; "
            f"more than one is missing with a chance of {chance(c.chance_over_one_sq)}."
        )


def turns_on(d: Declaration, judged: Judgement) -> Iterator[str]:
    """What drives the answers: the greatest source of doubt, and what would turn an answer."""
    found: dict[str, list[str]] = {}
    for c in judged.comparisons:
        title = _title(d, c.claim)
        if c.shares:
            text = f"The uncertainty comes most of all from {_driver(d, c.shares[0][0])}"
            found.setdefault(text, []).append(f"{title}: {chance(c.shares[0][1])} of it")
        for answer in dict.fromkeys(then for _, then in c.flips):
            named = several([_driver(d, name) for name, then in c.flips if then == answer], "or")
            found.setdefault(f"Leave out {named}, and the answer is '{answer}'", []).append(title)
        if c.if_counted_otherwise:
            found.setdefault(c.if_counted_otherwise, []).append(title)
    for text, where in found.items():
        yield f"{text} ({'; '.join(where)})."
    if not found:
        yield "Nothing in it could be compared with an outside estimate."


def _driver(d: Declaration, label: str) -> str:
    """What a share of the uncertainty comes from, with the input that matters most, where that was computed."""
    name, _, driver = label.partition(" (")
    estimate = "the estimate of " if name in d.estimates else ""
    return estimate + _called(d, name) + (f" ({driver}" if driver else "")


def _of_claims() -> tuple[str, ...]:
    return (
        "SQ: by the IAEA Safeguards Glossary, 2001. Undeclared at most: with 95 %. Agrees is “yes” only where the "
        "difference is within chance and at most a chance of 5 % is left that more than one significant quantity is "
        "missing: an estimate too vague to contradict anything confirms nothing.",
    )


def tables(d: Declaration, judged: Judgement) -> dict[str, Any]:
    """The tables of the page, as they are written to CSV, too."""
    named = {
        "claims": ("Declared and estimated", claim_rows(d, judged)),
        "estimates": ("What others estimate", outside_rows(d, judged)),
        "rules": ("Rules", rule_rows(judged)),
    }
    return {name: table_of(title, rows) for name, (title, rows) in named.items() if rows}
