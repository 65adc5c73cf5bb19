"""What an assessment says in sentences: no more than was shown, with numbers that are the judge's and add up.

Verdicts are combined in every way that an assessment can hold them, so that no combination claims what none of its
verdicts shows. Numbers in sentences are read back and compared with the judge's conditions.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import date

import pytest

from detente.design.plan.designs import Design
from detente.design.questions.assessment import Assessment
from detente.dossier.schema import Before, Dossier, InForce, Never
from detente.model.judge.check import Judge, Slack
from detente.model.plan import Plan
from detente.report.assessment import story

STATUSES = ("satisfactory", "none_exists", "undecided")
LEVELS = {"minimal": "minimal success", "full": "full success"}


def verdict(status: str, plan: Plan | None = None, gap: float | None = 0.0) -> Design:
    found = plan or (Plan({"meet": date(2024, 3, 31)}) if status == "satisfactory" else None)
    bound = 1.5 if status == "undecided" else None
    return Design(status, "nash", "nash", found, None, None, bound, gap, None)  # type: ignore[arg-type]


def combined(a: Assessment, **statuses: str) -> Assessment:
    """An assessment with such verdicts, and the roadmap shown that `Assessment` says."""
    verdicts = {name: verdict(status) for name, status in statuses.items()}
    shown = next((n for n in ("full", "minimal", "none") if n in verdicts and verdicts[n].plan is not None), None)
    return replace(a, verdicts=verdicts, shown=shown, plan=verdicts[shown].plan if shown else None)


def every_way(*names: str) -> Iterator[dict[str, str]]:
    for statuses in itertools.product(STATUSES, repeat=len(names)):
        yield dict(zip(names, statuses, strict=True))


ASKED = (
    ("minimal",),
    ("full",),
    ("none",),
    ("minimal", "full"),
    ("openings", "minimal", "full"),
    ("minimal", "full", "none"),
)


# --- the answer in a sentence --------------------------------------------------------------------------------------


@pytest.mark.parametrize("names", ASKED, ids="+".join)
def test_the_headline_claims_what_was_shown_and_no_more(everything: Assessment, names: tuple[str, ...]) -> None:
    """A deal only where its plan is shown, a proof only where every verdict is one, and else neither."""
    kinds = set()
    for statuses in every_way(*names):
        a, found = combined(everything, **statuses), set(statuses.values())
        if a.shown is None and len(found) > 1:
            continue  # some of it proved and some not: below
        said = story.headline(a)
        claims = "exists and would be kept" in said
        assert claims == (a.shown is not None)
        assert ("proved" in said) == (found == {"none_exists"})
        if a.shown in LEVELS:
            assert said.startswith(f"A deal that meets {LEVELS[a.shown]} exists")
        elif a.shown == "none":
            assert said.startswith("A deal exists")
        elif "proved" in said:
            assert ("no deal of any kind" in said) == ("none" in statuses)
        elif a.shown is None and found == {"undecided"}:
            assert "none was ruled out" in said
        kinds.add((claims, "proved" in said))
    assert kinds == {(True, False), (False, True), (False, False)}


@pytest.mark.parametrize(
    "statuses",
    [
        {"minimal": "none_exists", "full": "undecided"},
        {"minimal": "undecided", "full": "none_exists"},
        {"openings": "none_exists", "minimal": "undecided", "full": "undecided"},
    ],
    ids=str,
)
def test_what_was_ruled_out_is_not_denied_in_the_headline(everything: Assessment, statuses: dict[str, str]) -> None:
    """Beneath it stands that some of it was: "No satisfactory deal meets minimal success (proved)"."""
    a = combined(everything, **statuses)
    assert any("(proved)" in sentence for sentence in story.qualifications(a))
    assert "none was ruled out" not in story.headline(a)


def test_where_any_deal_is_ruled_out_all_are(everything: Assessment) -> None:
    """Minimal success was not settled in its share of the time, and then it was proved that no deal is satisfactory."""
    a = combined(everything, minimal="undecided", none="none_exists")
    assert "no deal of any kind is satisfactory: this was proved" in story.headline(a)


@pytest.mark.parametrize("names", ASKED, ids="+".join)
def test_each_level_that_is_not_shown_is_told_once_as_its_verdict_has_it(
    everything: Assessment, names: tuple[str, ...]
) -> None:
    words = {"satisfactory": "exists too", "none_exists": "(proved)", "undecided": "is undecided"}
    for statuses in every_way(*names):
        a = combined(everything, **statuses)
        said = story.qualifications(a)
        for level, name in LEVELS.items():
            told = [x for x in said if f"meets {name}" in x or f"meet {name}" in x]
            assert len(told) == (level in statuses and level != a.shown), (statuses, said)
            for sentence in told:
                assert [w for w in words.values() if w in sentence] == [words[statuses[level]]]
        together = [x for x in said if "all opening positions together" in x]
        assert len(together) == ("openings" in statuses)
        for sentence in together:
            assert ("proved" in sentence) == (statuses["openings"] == "none_exists")
            assert ("undecided" in sentence) == (statuses["openings"] == "undecided")


def test_a_deal_that_meets_no_level_is_said_to_be_one(everything: Assessment) -> None:
    (met,) = [x for x in story.qualifications(combined(everything, none="satisfactory")) if "however small" in x]
    assert "names no level of success" in met
    a = combined(everything, minimal="none_exists", none="satisfactory")
    assert any("meets no level of success" in x for x in story.qualifications(a))
    assert not any("no level" in x for x in story.qualifications(combined(everything, minimal="satisfactory")))


@pytest.mark.parametrize(
    ("gap", "word"), [(None, "is not known"), (0.0, "The best by"), (4e-5, "The best by"), (0.0123, "Within 1.23 %")]
)
def test_how_good_a_plan_is_said_to_be(everything: Assessment, gap: float | None, word: str) -> None:
    three = Plan(dict.fromkeys(("meet", "scrap", "freeze"), date(2024, 3, 31)) | {"pay": None})
    a = replace(everything, verdicts={"minimal": verdict("satisfactory", three, gap)}, shown="minimal", plan=three)
    told = story.answer(a, "minimal")
    assert (told.question, told.answer, told.mark) == ("Minimal success", "Yes: deal found and checked", "yes")
    assert told.detail.startswith("3 measures. ")
    assert word in told.detail
    alone = replace(a, verdicts={"minimal": verdict("satisfactory", None, gap)})
    assert story.answer(alone, "minimal").detail.startswith("1 measure. ")


def test_an_answer_is_marked_as_its_verdict(everything: Assessment) -> None:
    a = combined(everything, minimal="none_exists", full="undecided")
    none, open_ = (story.answer(a, name) for name in ("minimal", "full"))
    assert (none.mark, none.answer) == ("no", "No: none exists, proved")
    assert (open_.mark, open_.answer) == ("open", "Undecided: none found, none ruled out, bound 1.5")
    assert open_.detail == "The search stopped at its limit. The bound is of the Nash rule."


def test_a_plan_found_by_another_rule_or_not_proved_best_is_said_to_be(everything: Assessment) -> None:
    a = combined(everything, minimal="satisfactory")
    other = replace(a, verdicts={"minimal": replace(a.verdicts["minimal"], rule_used="egalitarian")})
    assert story.qualifications(other)[-1] == "The plan was chosen by the egalitarian rule instead of the Nash rule."
    late = replace(a, verdicts={"minimal": replace(a.verdicts["minimal"], status="undecided", gap=0.25)})
    assert story.qualifications(late)[-1].endswith("by the Nash rule is undecided; the best is at most 25 % better.")
    assert story.qualifications(a) == ()


# --- the most dangerous moment -------------------------------------------------------------------------------------


NUMBER = r"(−?[\d,]+(?:\.\d+)?)"
MARGIN = re.compile(
    rf"worth {NUMBER} points to it, (?P<act>[a-z ]+?) {NUMBER}: a margin of {NUMBER} points \({NUMBER} a year"
)


def read(text: str) -> float:
    return float(text.replace("−", "-").replace(",", ""))


@pytest.fixture(params=["everything", "starter"])
def assessed(request: pytest.FixtureRequest) -> Assessment:
    found: Assessment = request.getfixturevalue(request.param)
    return found


def test_the_danger_told_is_the_judges_least_temptation(assessed: Assessment) -> None:
    assert assessed.plan is not None
    rows = [s for s in Judge(assessed.dossier).slacks(assessed.plan) if s.kind in ("breakout", "covert")]
    thinnest = min(s.slack for s in rows if s.slack is not None)
    said = story.danger(assessed)[0]
    found = MARGIN.search(said)
    assert found is not None, said
    keep, other, margin, a_year = (read(x) for x in (found[1], found[3], found[4], found[5]))
    assert keep - other == pytest.approx(margin, abs=1e-9), "the numbers do not add up as printed"
    assert margin == pytest.approx(thinnest, rel=0.01, abs=0.06)
    least = [s for s in rows if s.slack is not None and s.slack < thinnest + 1e-6 and told_of(assessed, s, said)]
    assert any(s.keep == pytest.approx(keep, abs=0.06) for s in least), least
    (discount,) = {assessed.dossier.parties[s.party or ""].discount for s in least}
    assert discount is not None
    assert a_year == pytest.approx(discount.value * thinnest, rel=0.006)


def told_of(a: Assessment, s: Slack, said: str) -> bool:
    """Whether a sentence names who is tempted to what by a condition, and its date."""
    who = a.dossier.parties[s.party or ""].name or s.party
    act = "cheating" if s.kind == "covert" else "breaking out"
    assert s.date is not None
    return f"{who} is closest to {act}" in said and f"{s.date.day} {s.date:%b %Y}" in said


@pytest.mark.parametrize(
    ("kind", "leaves", "words"),
    [
        ("breakout", None, ("closest to breaking out openly", "to it, breaking out ")),
        ("covert", None, ("closest to cheating in secret on", "to it, cheating ")),
        (
            "covert",
            date(2025, 3, 31),
            ("and, if not found out by then, breaking openly on 31 Mar 2025", "to it, cheating and leaving "),
        ),
    ],
)
def test_each_way_to_deviate_in_its_words(
    everything: Assessment, kind: str, leaves: date | None, words: tuple[str, ...]
) -> None:
    row = Slack(
        kind=kind,  # type: ignore[arg-type]
        party="east",
        measure="freeze" if kind == "covert" else None,
        moment="before",
        date=date(2024, 6, 30),
        keep=200.0,
        deviate=150.0,
        slack=50.0,
        leaves=leaves,
        leaves_moment="after" if leaves else None,
    )
    first, second = story.danger(replace(everything, dangerous=row))
    assert all(word in first for word in words), first
    assert first.startswith("On 30 Jun 2024, just before that day's steps, East <i> is closest to ")
    assert "worth 200.0 points to it" in first
    assert "a margin of 50.0 points" in first
    assert "25 % of what it would keep" in first
    assert "thinnest margin" in second


def test_no_temptation_is_said_only_of_a_plan(everything: Assessment) -> None:
    (said,) = story.danger(replace(everything, dangerous=None))
    assert said.startswith("Nobody is ever tempted")
    assert story.danger(replace(everything, dangerous=None, plan=None)) == ()


# --- exposures -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("keep", "limit", "words"),
    [
        (-15.0, 30.0, "it would have lost 15 points, 50 % of its limit of 30."),
        (-30.0, 30.0, "it would have lost 30 points, 100 % of its limit of 30. The deal uses all of that limit."),
        (-29.0, 30.0, "it would have lost 29 points, 96.7 % of its limit of 30."),
        (0.0, 30.0, "even then it would have lost nothing against never having signed. Its limit is a loss of 30."),
        (
            7.5,
            30.0,
            "even then it would have gained 7.5 points against never having signed. Its limit is a loss of 30.",
        ),
        (0.0, 0.0, "even then it would have lost nothing against never having signed. Its limit is a loss of 0."),
    ],
)
def test_an_exposure_against_its_limit(everything: Assessment, keep: float, limit: float, words: str) -> None:
    row = Slack(
        "exposure", "west", "east", None, "after", date(2024, 9, 30), keep=keep, deviate=-limit, slack=keep + limit
    )
    (said,) = story.exposures(replace(everything, exposure=(row,)))
    assert said.startswith(
        "West & Co is most exposed if East <i> broke out on 30 Sep 2024, just after that day's steps"
    )
    assert said.endswith(words), said


def test_an_exposure_to_faking_names_the_measure_and_its_date(everything: Assessment) -> None:
    row = Slack("secret_exposure", "west", "east", "scrap", "before", date(2024, 12, 31), keep=-3.0, deviate=-30.0)
    (said,) = story.exposures(replace(everything, exposure=(row,)))
    assert "if East <i> pretended to perform “-Scrap half” from 31 Dec 2024: it would have lost 3 points" in said


# --- requirements --------------------------------------------------------------------------------------------------


def by_hand(dossier: Dossier, plan: Plan, name: str) -> bool | None:
    """Whether a plan meets a demand, read off its entries; None for those that need reckoning."""
    require = dossier.demands[name].require
    if isinstance(require, InForce):
        day = plan.entry[require.in_force]
        return day is not None and (require.by is None or day <= require.by)
    if isinstance(require, Never):
        return plan.entry[require.never] is None
    if isinstance(require, Before):
        first, then = (plan.entry[m] for m in require.before)
        return then is None or (first is not None and first <= then)
    return None


PLANS = [
    {},
    {"surrender": date(2024, 3, 31)},
    {"surrender": date(2024, 6, 30)},
    {"meet": None},
    {"meet": date(2025, 3, 31)},
    {"meet": date(2024, 12, 31)},
    {"scrap": None},
]


def test_every_demand_is_judged_on_the_plan_whether_it_binds_or_not(everything: Assessment) -> None:
    """Read off the entries of several plans; each demand that can be is met in one of them and not in another."""
    assert everything.plan is not None
    seen: dict[str, set[bool]] = {}
    for changes in PLANS:
        plan = replace(everything.plan, entry={**everything.plan.entry, **changes})
        told = story.demands(replace(everything, plan=plan))
        assert list(told) == list(everything.dossier.demands)
        assert not told["few_guns"].met  # a preference, and 38 guns are more than 5
        for name, judged in told.items():
            assert judged.met == (judged.note == "")
            if (expected := by_hand(everything.dossier, plan, name)) is not None:
                assert judged.met == expected, (changes, name, judged.note)
                seen.setdefault(name, set()).add(expected)
    assert seen == {name: {True, False} for name in ("all_now", "never_that", "order")}


def test_success_is_judged_level_by_level(everything: Assessment) -> None:
    assert everything.plan is not None
    (frozen,) = story.success(everything, "minimal")
    assert (frozen.name, frozen.met) == ("minimal.0", True)
    late = replace(everything.plan, entry={**everything.plan.entry, "freeze": date(2025, 6, 30)})
    assert [x.met for x in story.success(replace(everything, plan=late), "minimal")] == [False]
    verified, guns = story.success(everything, "full")
    assert (verified.name, verified.met, guns.name, guns.met) == ("full.0", True, "full.1", False)
    assert guns.note.startswith("Guns at ")  # the interest's title, not its name
    without = replace(everything.plan, entry={**everything.plan.entry, "scrap": None})
    assert [x.met for x in story.success(replace(everything, plan=without), "full")] == [False, False]
    assert story.success(replace(everything, plan=None), "full") == ()
    assert story.demands(replace(everything, plan=None)) == {}
