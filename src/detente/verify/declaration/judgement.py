"""What a verifier concludes from a declaration: does it close by itself, does it agree with what others know?"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from detente.verify.declaration.closure import RuleResult, closure
from detente.verify.declaration.comparison import Comparison, Conclusion, Revision, compare, revisions, sentences_of
from detente.verify.declaration.estimates import Recapture, recapture, sites_unseen, still_hidden
from detente.verify.declaration.figures import UncertainAmount, figure
from detente.verify.declaration.figures import chance as percent
from detente.verify.declaration.statement import Declaration, Unseen


@dataclass(frozen=True)
class SitesJudgement:
    """How complete the declared list of sites is."""

    declared: tuple[str, ...]
    undeclared_by_list: tuple[tuple[str, tuple[str, ...]], ...]
    """Of each outside list: the sites on it that the declaration does not name."""
    only_later: tuple[str, ...]
    """Of these, the sites that only lists dated later than the last statement name."""
    still_hidden: tuple[tuple[str, float], ...]
    unseen_mean: float | None
    chance_none_unseen: float | None
    recapture: Recapture | None
    sentences: tuple[str, ...]

    @property
    def left_out(self) -> tuple[str, ...]:
        """The sites that others list and the declaration does not name, each once."""
        return tuple(dict.fromkeys(s for _, absent in self.undeclared_by_list for s in absent))


@dataclass(frozen=True)
class Judgement:
    """All results about one declaration; nothing in it is a threshold that the file does not show."""

    title: str
    rules: tuple[RuleResult, ...]
    comparisons: tuple[Comparison, ...]
    revisions: tuple[Revision, ...]
    sites: SitesJudgement
    closes: Conclusion
    agrees: Conclusion

    def sentences(self) -> list[str]:
        """The judgement in words, the answers first."""
        return list(_sentences(self))


def judge(d: Declaration) -> Judgement:
    """Put every closure rule to a declaration, and compare it with what others know. VERIFICATION §5."""
    rules = tuple(closure(d))
    compared = tuple(compare(d, name) for name in d.claims)
    return Judgement(
        title=d.title,
        rules=rules,
        comparisons=compared,
        revisions=tuple(revisions(d)),
        sites=_sites(d),
        closes=_closes(rules),
        agrees=_agrees([c.agrees for c in compared]),
    )


def _closes(rules: Sequence[RuleResult]) -> Conclusion:
    """No where any rule fails; yes only where at least one balance of material closes."""
    if any(r.verdict == "does not close" for r in rules):
        return "no"
    balanced = any(r.verdict == "closes" and r.difference is not None for r in rules)
    return "yes" if balanced else "cannot say"


def _agrees(answers: Sequence[Conclusion]) -> Conclusion:
    if "no" in answers:
        return "no"
    return "yes" if answers and all(a == "yes" for a in answers) else "cannot say"


def _sites(d: Declaration) -> SitesJudgement:
    c = d.completeness
    declared = {name for name, s in d.sites.items() if s.declared}
    missing = [(n, tuple(s for s in lst.sites if s not in declared)) for n, lst in d.site_lists.items()]
    hidden = [(n, still_hidden(k.prior.value, k.detects.value, k.looks)) for n, k in c.looks.items()]
    unseen, caught = _unseen(c.unseen) if c.unseen else None, _recaptured(d)
    mean, none = unseen or (None, None)
    return SitesJudgement(
        declared=tuple(sorted(declared)),
        undeclared_by_list=tuple(missing),
        only_later=_only_later(d, missing),
        still_hidden=tuple(hidden),
        unseen_mean=mean,
        chance_none_unseen=none,
        recapture=caught,
        sentences=tuple(_of_sites(d, missing, hidden, unseen, caught)),
    )


def _recaptured(d: Declaration) -> Recapture | None:
    """What the two lists that a declaration names say together."""
    lists = d.completeness.lists
    if not lists or any(n not in d.site_lists for n in lists):
        return None
    a, b = (set(d.site_lists[n].sites) for n in lists)
    return recapture(len(a), len(b), len(a & b))


def _only_later(d: Declaration, missing: Sequence[tuple[str, tuple[str, ...]]]) -> tuple[str, ...]:
    """The sites that no list of the declaration's day or before holds."""
    early = {s for n, absent in missing if not _later(d, n) for s in absent}
    return tuple(sorted({s for _, absent in missing for s in absent} - early))


def _declared_on(d: Declaration) -> date | None:
    """The day of the declaring party's last statement."""
    return max((s.on for s in d.statements.values() if s.by == d.by), default=None)


def _later(d: Declaration, site_list: str) -> bool:
    on = _declared_on(d)
    return on is not None and d.site_lists[site_list].as_of > on


def _unseen(judged: Unseen) -> tuple[float, float]:
    expected = figure(judged.expected)
    return sites_unseen(expected.mean, judged.detects.value, expected.u)


def _of_sites(
    d: Declaration,
    missing: Sequence[tuple[str, tuple[str, ...]]],
    hidden: Sequence[tuple[str, float]],
    unseen: tuple[float, float] | None,
    caught: Recapture | None,
) -> Iterator[str]:
    whole = [_list_of(d, name) for name, absent in missing if not absent]
    if whole:
        yield f"Every site is declared that stands on {' and on '.join(whole)}."
    for name, absent in missing:
        if absent:
            named = ", ".join((d.sites[s].name if s in d.sites else None) or s for s in absent)
            late = f" (later than the declaration of {_declared_on(d)})" if _later(d, name) else ""
            count = len(set(d.site_lists[name].sites))
            yield f"Not declared, of the {count} sites on {_list_of(d, name)}{late}: {named}."
    for name, chance in hidden:
        look = d.completeness.looks[name]
        before = f"{percent(look.prior.value)} before {look.looks} looks that found nothing"
        yield f"{look.site}: there and undeclared with a chance of {percent(chance)} ({before})."
    if unseen:
        none = f"none at all with a chance of {percent(unseen[1])}"
        yield f"Undeclared sites still unseen: {UncertainAmount(unseen[0])} on average; {none}."
    if caught:
        yield from _of_recapture(caught)


def _list_of(d: Declaration, name: str) -> str:
    of = d.site_lists[name]
    return f"the list of {d.name_of(of.by)} of {of.as_of}"


def _of_recapture(caught: Recapture) -> Iterator[str]:
    shared = f"lists of {caught.first} and {caught.second} that share {caught.both}"
    if caught.low is None or caught.high is None:
        yield f"Capture and recapture says nothing ({shared}): one list holds the whole of the other."
        return
    low, high = max(caught.seen, math.floor(caught.low)), math.ceil(caught.high)
    span = f"95 %: {low:,} to {high:,}; {caught.seen} are known"
    sites = UncertainAmount(caught.total, caught.sd)
    yield f"Capture and recapture ({shared}) points to {sites} sites in all ({span})."
    yield "Lists that lean on the same images share too many sites, and then this is too few."


def _sentences(j: Judgement) -> Iterator[str]:
    closes, fails, untested = (
        sum(r.verdict == v for r in j.rules) for v in ("closes", "does not close", "cannot be tested")
    )
    fail = "does not" if fails == 1 else "do not"
    yield f"Closes by itself: {j.closes} ({closes} tests close, {fails} {fail}, {untested} cannot be made)."
    yield f"Agrees with outside estimates: {j.agrees}."
    yield from (f"Does not close: {r}." for r in j.rules if r.verdict == "does not close")
    yield from (f"Not tested: {r}." for r in j.rules if r.verdict == "cannot be tested")
    yield from (f"Its own figures changed: {r.message}." for r in j.revisions)
    for c in j.comparisons:
        yield from sentences_of(c)
    yield from j.sites.sentences
