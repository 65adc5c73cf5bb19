"""What the judge makes of answers (ANSWERS §4) and alarms (§5): the closed forms, and a simulation in small steps."""

from __future__ import annotations

import json
import math
import random
from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

import numpy as np
import pytest

import detente as dt
from detente.dossier.grid import years_between
from detente.model.judge.check import Judge, Slack
from tests.checkout import SHARED, SHARED_IS_HERE, needs_shared

FILE = SHARED / "data" / "known_answers" / "answers.json"
CASES = {c["name"]: c for c in json.loads(FILE.read_text(encoding="utf-8"))["cases"]} if SHARED_IS_HERE else {}
NEAR = 1e-9

HEAD = """
detente: 1
title: a known answer
start: 2020-01-01
periods: {periods}
interests:
  a: {{unit: points, worst: 0, best: 1}}
  b: {{unit: points, worst: 0, best: 1}}
parties:
  a: {{stakes: {{a: 1}}, discount: {rho!r} /year, response_time: {response!r} years, consents: {consents}, {a}}}
  b: {{stakes: {{b: 1}}, discount: {rho!r} /year, response_time: {response!r} years, consents: {consents}, {b}}}
"""


def said(name: str) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
    """What is given, and what is expected of it."""
    return CASES[name]["given"], CASES[name]["expect"]


def dossier(
    measures: str,
    answers: str = "",
    *,
    rho: float = 0.1,
    response: float = 0.25,
    periods: str = "[1 x 3 months]",
    rest: str = "",
    a: str = "",
    b: str = "",
    consents: str = "false",
) -> dt.Dossier:
    head = HEAD.format(rho=rho, response=response, periods=periods, a=a, b=b, consents=consents)
    tail = f"answers:\n{answers}\n" if answers else ""
    return dt.loads(f"{head}measures:\n{measures}\n{tail}{rest}\n")


def judged(d: dt.Dossier, plan: dt.Plan | None = None) -> tuple[Slack, ...]:
    """The conditions of a plan, by default of everything at signature."""
    return Judge(d).slacks(plan or dt.Plan(dict.fromkeys(d.measures, d.start)))


def chosen(rows: tuple[Slack, ...], **fields: Any) -> list[Slack]:
    return [row for row in rows if all(getattr(row, name) == value for name, value in fields.items())]


def one(rows: tuple[Slack, ...], **fields: Any) -> Slack:
    """Those of a stationary plan say the same at every moment after signature."""
    found = chosen(rows, **fields)
    assert found
    for row in found:
        assert row.deviate == pytest.approx(found[0].deviate, abs=NEAR)
    return found[0]


def exchange(
    *, g: float, c: float, S: float, cure: float, to: str = "[part]", stops: str = "[flow]", **more: Any
) -> dt.Dossier:
    """a's part costs it c a year, b's flow costs b 1 and is worth g to a."""
    rest = {"verify": "open", "answer": "", "flow_b": -1.0, "part_b": 0.0, **more}
    return dossier(
        f"""
  part:
    by: a
    effects: {{a: {{level: {-c!r}}}, b: {{level: {rest.pop("part_b")!r}}}}}
    undo: {{in: 0}}
    verify: {rest.pop("verify")}
  flow:
    by: b
    effects: {{a: {{level: {g!r}}}, b: {{level: {rest.pop("flow_b")!r}}}}}
    undo: {{in: 0}}
    verify: open
""",
        f"  pause: {{to: {to}, stops: {stops}, for: {S!r} years, cure: {cure!r} years, {rest.pop('answer')}}}",
        **rest,
    )


# Closed forms


@needs_shared
@pytest.mark.parametrize("name", ["answer_penance", "answer_penance_iff_grim"])
def test_penance(name: str) -> None:
    given, expect = said(name)
    g, c, rho, response = given["g"], given["c"], given["discount_continuous_per_year"], given["response_years"]

    def rows(S: float) -> tuple[Slack, ...]:
        return judged(exchange(g=g, c=c, S=S, cure=response, rho=rho, response=response))

    lapse = one(rows(expect["min_for_years"]), kind="lapse", moment="after")
    assert lapse.slack == pytest.approx(0, abs=NEAR)
    assert (lapse.party, lapse.measure, lapse.answer, lapse.measures) == ("a", None, "pause", ("part",))
    longest = rows(expect["max_for_years_penance"])
    left = one(longest, kind="breakout", party="a", moment="after")
    assert one(longest, kind="lapse", moment="after").deviate == pytest.approx(left.deviate, abs=NEAR)


@needs_shared
def test_both_suspend() -> None:
    given, expect = said("answer_both_suspend")
    g, c, rho = given["g"], given["c"], given["discount_continuous_per_year"]
    wait, S = given["response_years"], expect["min_for_years"]
    d = exchange(
        g=g,
        c=c,
        S=S,
        cure=wait,
        rho=rho,
        response=wait,
        stops="[part, flow]",
        flow_b=-c,
        part_b=g,
        answer="credible: true",
    )
    rows = judged(d)
    assert one(rows, kind="lapse", moment="after").slack == pytest.approx(0, abs=NEAR)
    forgive = one(rows, kind="forgive", moment="after")
    year = (math.exp(-rho * wait) - math.exp(-rho * (wait + S))) / rho
    assert forgive.slack == pytest.approx(expect["forgive_per_year"] * year, abs=NEAR)
    assert (forgive.party, forgive.other, forgive.answer, forgive.accepted) == ("b", "a", "pause", False)
    assert any(row.kind == "forgive" for row in Judge(d).missed(dt.Plan(dict.fromkeys(d.measures, d.start))))


@needs_shared
def test_faking_that_is_answered() -> None:
    given, expect = said("answer_covert")
    delta, rho = given["delta_years"], given["discount_continuous_per_year"]
    seen = f"{{by: x, detects: {given['detection_rate_per_year']!r} /year}}"
    exact = {"g": given["g"], "c": given["c"], "rho": rho, "response": delta, "cure": delta, "verify": seen}
    rows = judged(exchange(S=expect["min_for_years"], **exact))
    row = one(rows, kind="lapse", measure="part")
    assert row.slack == pytest.approx(0, abs=NEAR)
    assert row.measures == ("part",)

    given, expect = said("answer_share")
    for kind, share in (("lapse", "theta_over_x_cured"), ("never", "theta_over_x_never")):
        rows = judged(exchange(S=given["for_years"], **{**exact, "g": given["g"] * expect[share]}))
        assert one(rows, kind=kind, measure="part").slack == pytest.approx(0, abs=NEAR)


@needs_shared
@pytest.mark.parametrize("name", ["answer_club_3", "answer_club_4", "answer_club_7"])
def test_a_club(name: str) -> None:
    given, expect = said(name)
    rho, wait, S = given["discount_continuous_per_year"], given["response_years"], expect["min_for_years"]
    size, b, c = given["parties"], given["b"], given["c"]
    members = [f"p{i}" for i in range(size)]
    document = {
        "detente": 1,
        "title": "a club",
        "start": "2020-01-01",
        "periods": ["1 x 3 months"],
        "interests": {m: {"unit": "points", "worst": 0, "best": 1} for m in members},
        "parties": {
            m: {
                "stakes": {m: 1},
                "discount": f"{rho!r} /year",
                "response_time": f"{wait!r} years",
                "consents": False,
            }
            for m in members
        },
        "measures": {
            f"part_{m}": {
                "by": m,
                "effects": {other: {"level": b - c if other == m else b} for other in members},
                "undo": {"in": 0},
                "verify": "open",
            }
            for m in members
        },
        "answers": {
            "pause": {
                "to": ["part_p0"],
                "stops": [f"part_{m}" for m in members[1 : given["suspend"] + 1]],
                "for": f"{S!r} years",
                "cure": f"{wait!r} years",
                "credible": True,
            }
        },
    }
    rows = judged(dt.from_dict(document))
    assert one(rows, kind="lapse", moment="after").slack == pytest.approx(0, abs=NEAR)
    hurts = chosen(rows, kind="forgive", moment="after")
    year = (math.exp(-rho * wait) - math.exp(-rho * (wait + S))) / rho
    assert {row.party for row in hurts} == set(members[1 : given["suspend"] + 1])
    for row in hurts:
        assert row.slack == pytest.approx(expect["forgive_per_year"] * year, abs=NEAR)
        assert row.accepted is expect["credible"]


@needs_shared
def test_alarms() -> None:
    given, expect = said("alarms")
    rho, rate = given["discount_continuous_per_year"], given["false_alarms_per_year"]
    exact = {"g": given["g"], "c": given["c"], "rho": rho, "response": 0.0, "cure": 0.0, "stops": "[part, flow]"}

    def judge(S: float, alarms: float) -> Judge:
        seen = f"{{by: x, detects: {given['detection_rate_per_year']!r} /year, false_alarms: {alarms!r} /year}}"
        return Judge(exchange(S=S, verify=seen, **exact))

    def value(S: float, alarms: float = rate) -> float:
        found = judge(S, alarms)
        return found.values(dt.Plan(dict.fromkeys(found.dossier.measures, found.dossier.start)))["a"]

    best = expect["best_for_years"]
    assert value(best) == pytest.approx(expect["value"], abs=NEAR)
    assert value(1000.0) == pytest.approx(expect["value_grim"], abs=NEAR)
    assert value(best, 0.0) == pytest.approx(expect["value_without_noise"], abs=NEAR)
    found = judge(best, rate)
    rows = found.slacks(dt.Plan(dict.fromkeys(found.dossier.measures, found.dossier.start)))
    row = one(rows, kind="lapse", measure="part")
    assert row.keep == pytest.approx(expect["value"], abs=NEAR)
    assert row.slack == pytest.approx(0, abs=NEAR)
    grim = judge(1000.0, expect["max_false_alarms_grim"])
    rows = grim.slacks(dt.Plan(dict.fromkeys(grim.dossier.measures, grim.dossier.start)))
    assert one(rows, kind="lapse", measure="part").slack == pytest.approx(0, abs=NEAR)


@needs_shared
def test_verdicts_under_alarms() -> None:
    basis, _ = said("alarms")
    given, expect = said("alarms_verdicts")
    best = CASES["alarms"]["expect"]["best_for_years"]

    def satisfactory(walk_away: float, S: float, alarms: float) -> bool:
        seen = f"{{by: x, detects: {basis['detection_rate_per_year']!r} /year, false_alarms: {alarms!r} /year}}"
        d = exchange(
            g=basis["g"], c=basis["c"], rho=0.1, response=0.0, cure=0.0, S=S, stops="[part, flow]", verify=seen,
            part_b=3.0, flow_b=-1.0, a=f"walk_away: {walk_away!r}", consents="true",
        )  # fmt: skip
        return Judge(d).satisfactory(dt.Plan(dict.fromkeys(d.measures, d.start)))

    rate = basis["false_alarms_per_year"]
    for i, walk_away in enumerate(given["walk_away"]):
        assert satisfactory(walk_away, 1000.0, rate) is expect["ending_all"][i]
        assert satisfactory(walk_away, best * 1.0001, rate) is expect["short_pause"][i]
        assert satisfactory(walk_away, 1000.0, 0.0) is expect["without_alarms"][i]


# What is told of broken conditions, and of what is binding


def signed(d: dt.Dossier) -> dt.Plan:
    return dt.Plan(dict.fromkeys(d.measures, d.start))


def test_a_pause_that_is_too_short_is_told_of() -> None:
    """Penance of a day for a lapse that saves a quarter of a year; never curing it would not pay."""
    d = exchange(g=2, c=1, S=0.003, cure=0.25, part_b=3.0)
    judge = Judge(d)
    missed = judge.missed(signed(d))
    assert {row.kind for row in missed} == {"lapse"}
    assert {(row.answer, row.measures) for row in missed} == {("pause", ("part",))}
    assert not judge.satisfactory(signed(d))
    assert Judge(exchange(g=2, c=1, S=0.2, cure=0.25, part_b=3.0)).satisfactory(signed(d))


def test_an_answer_too_weak_for_who_never_cures_it() -> None:
    """What is suspended is worth less than what the lapse saves."""
    d = exchange(g=0.9, c=1, S=1, cure=0.25)
    assert "never" in {row.kind for row in Judge(d).missed(signed(d))}


def test_forgiving_binds_only_where_it_is_said_so() -> None:
    d = exchange(g=2, c=1, S=1, cure=0.25, flow_b=1.0)
    assert not chosen(judged(d), kind="forgive")
    (told,) = Judge(d).carrying_out(signed(d))
    assert (told.party, told.other, told.answer) == ("b", "a", "pause")
    assert told.slack is not None
    assert told.slack < 0
    credible = exchange(g=2, c=1, S=1, cure=0.25, flow_b=1.0, answer="credible: true")
    assert not Judge(credible).satisfactory(signed(d))
    harmless = exchange(g=2, c=1, S=1, cure=0.25, part_b=3.0, answer="credible: true")
    assert Judge(harmless).satisfactory(signed(d))


def test_lateness_is_a_lapse() -> None:
    """What is to enter at signature comes at the cure, its `once` with it: c(1 − e^(−ρℓ)) saved, the pause paid."""
    rho, wait, S, c = 0.1, 0.25, 0.5, 3.0
    d = dossier(
        f"""
  part: {{by: a, effects: {{a: {{once: {-c!r}}}}}, verify: open}}
  flow: {{by: b, effects: {{a: {{level: 2}}, b: {{level: -1}}}}, undo: {{in: 0}}, verify: open}}
""",
        f"  pause: {{to: [part], stops: [flow], for: {S!r} years, cure: {wait!r} years}}",
    )
    (row,) = chosen(judged(d), kind="lapse", moment="before")
    penance = 2 * (math.exp(-rho * wait) - math.exp(-rho * (wait + S))) / rho
    assert row.slack == pytest.approx(penance - c * (1 - math.exp(-rho * wait)), abs=NEAR)
    (row,) = chosen(judged(d), kind="never", moment="before")
    assert row.slack == pytest.approx(2 * math.exp(-rho * wait) / rho - c, abs=NEAR)


def test_answers_that_hang_together() -> None:
    """Two lapses at once, and one pause from the first date to the last; each costs what its own answer says."""
    rho, wait = 0.1, 0.25
    d = dossier(
        """
  one: {by: a, effects: {a: {level: -1}}, undo: {in: 0}, verify: open}
  two: {by: a, effects: {a: {level: -1}}, undo: {in: 0}, verify: open}
  flow: {by: b, effects: {a: {level: 4}, b: {level: -1}}, undo: {in: 0}, verify: open}
""",
        """
  first: {to: [one], stops: [flow], for: 3 months, cure: 3 months, cost: 0.1}
  second: {to: [two], stops: [flow], for: 1 year, cure: 3 months, cost: 0.2}
""",
    )
    (row,) = [r for r in chosen(judged(d), kind="lapse", moment="after", date=d.start) if r.answer == "first+second"]
    assert row.measures == ("one", "two")
    saved = 2 * (1 - math.exp(-rho * wait)) / rho
    penance = 4 * (math.exp(-rho * wait) - math.exp(-rho * (wait + 1))) / rho
    assert row.slack == pytest.approx(penance - saved + 0.3 * math.exp(-rho * wait), abs=NEAR)


def test_shares_of_what_is_divisible_are_late_each() -> None:
    """All of a divisible measure at one date is as one that is not."""

    def rows(divisible: str) -> list[Slack]:
        d = dossier(
            f"""
  part: {{by: a, effects: {{a: {{level: -1}}}}, undo: {{in: 0}}, verify: open{divisible}}}
  flow: {{by: b, effects: {{a: {{level: 2}}, b: {{level: -1}}}}, undo: {{in: 0}}, verify: open{divisible}}}
""",
            "  pause: {to: [part], stops: [flow], for: 3 months, cure: 1 month}",
        )
        share = dict.fromkeys(d.measures, ((d.start, 1.0),)) if divisible else {}
        found = judged(d, dt.Plan(dict.fromkeys(d.measures, d.start), share))
        return [row for row in found if row.answer]

    some, others = rows(", divisible: true, takes: 1 month"), rows("")
    assert [(r.kind, r.date, r.moment) for r in some] == [(r.kind, r.date, r.moment) for r in others]
    for a, b in zip(some, others, strict=True):
        assert a.deviate == pytest.approx(b.deviate, abs=NEAR)


# A simulation: what one path is worth where it is known when the lapse is known and who leaves when, added up over both

STEPS = 500
RHO = 0.2
FOREVER = math.inf
TIE = 1e-9
PARTIES = ("a", "b", "c")
GRID = (0.0, 0.25, 0.5, 1.0)


class Simulated:
    """A dossier in which one party performs each measure, all answer to all, and what each lapse brings party a."""

    def __init__(self, seed: int) -> None:
        draw = random.Random(seed)
        self.draw = draw
        self.response = {q: draw.choice([0.0, 0.1, 0.4]) for q in PARTIES}
        self.collapse = draw.choice([0.0, 2.0])
        self.losses = draw.choice([0.0, 1.0])
        """What a loses a year without a deal."""
        self.rates = draw.choice([{}, {"b": 0.3}, {"b": 0.2, "c": 0.5}, {"a": 0.4, "c": 0.1}])
        self.dated = draw.choice([None, ("b", 0.7, 0.3), ("c", 1.3, 0.6)]) if draw.random() < 0.5 else None
        self.detects = {"m1": draw.choice([0.4, 2.0]), "m2": draw.choice([0.4, 1.0])}
        self.visits = {"m2": 0.25} if draw.random() < 0.4 else {}
        """Years between visits, each of which sees 60 %, where nothing else does."""
        self.delay = {"m1": draw.choice([0.0, 0.15]), "m2": 0.0}
        self.alarms = {"m1": draw.choice([0.0, 0.5]), "m2": draw.choice([0.0, 0.3])}
        by = {"m1": "a", "m2": "a", "n1": "b", "n2": "c", "o": draw.choice("bc")}
        self.measures = {
            name: {
                "by": q,
                "level": draw.choice([-2.0, -1.0, -0.5, 0.5]) if q == "a" else draw.choice([1.0, 2.5, -0.5, 0.0]),
                "once": draw.choice([0.0, 0.0, -0.6, 0.8]),
                "own": draw.choice([-1.0, -1.0, 1.0]),
                "undo": draw.choice([0.0, 0.2, 0.5, FOREVER]) if name != "n1" else draw.choice([0.0, 0.2]),
                "keeps": draw.choice([0.0, 0.0, 0.3]),
                "entry": draw.choice(GRID),
                "over": draw.choice([0.0, 0.0, 1.0, -1.5]),
            }
            for name, q in by.items()
        }
        first = ["n1", "n2", "m2"] if draw.random() < 0.3 else ["n1", "n2"]
        self.answers = {"A": self._answer(["m1"] if draw.random() < 0.6 else ["m1", "m2"], draw.sample(first, 2))}
        if self.answers["A"]["to"] == ["m1"]:
            self.answers["B"] = self._answer(["m2"], ["n1"])

    def _answer(self, to: list[str], stops: list[str]) -> dict[str, Any]:
        draw = self.draw
        return {
            "to": to,
            "stops": stops,
            "for": draw.choice([0.4, 1.0]),
            "cure": draw.choice([0.0, 0.2, 0.35]),
            "then": draw.choice(["stays", "end"]),
            "cost": draw.choice([0.0, 0.7]),
        }

    def dossier(self) -> dt.Dossier:
        def years(x: float) -> str:
            return f"{x!r} years"

        def measure(name: str, m: Mapping[str, Any]) -> dict[str, Any]:
            stop = {"undo": {"in": years(m["undo"]), "keeps": m["keeps"]}} if m["undo"] < FOREVER else {"undo": "never"}
            seen: Any = "open"
            if name in self.detects:
                seen = {"by": "x", "delay": years(self.delay[name])}
                if name in self.visits:
                    seen["visits"] = {"every": "3 months", "detects": "60 %"}
                else:
                    seen["detects"] = f"{self.detects[name]!r} /year"
                seen["false_alarms"] = f"{self.alarms[name]!r} /year"
            effects = {"a": {"level": m["level"], "once": m["once"]}}
            if m["by"] != "a":
                effects[m["by"]] = {"level": m["own"]}
            over = {"if_over": {"a": {"level": m["over"]}}} if m["over"] else {}
            return {"by": m["by"], "effects": effects, "verify": seen, **over, **stop}

        shocks: dict[str, Any] = {f"rate_{q}": {"ends": q, "rate": f"{x!r} /year"} for q, x in self.rates.items()}
        if self.dated:
            q, when, chance = self.dated
            day = date(2020, 1, 1) + timedelta(days=round(when * 365.25))
            self.dated = q, years_between(date(2020, 1, 1), day), chance
            shocks["dated"] = {"ends": q, "at": str(day), "chance": chance}
        lengths = {"for", "cure"}
        return dt.from_dict(
            {
                "detente": 1,
                "title": "simulated",
                "start": "2020-01-01",
                "periods": ["2 x 3 months", "1 x 6 months", "1 x 1 year"],
                "interests": {q: {"unit": "points", "worst": 0, "best": 1} for q in PARTIES},
                "parties": {
                    q: {
                        "stakes": {q: 1},
                        "discount": f"{RHO!r} /year",
                        "response_time": years(self.response[q]),
                        "consents": False,
                        **({"collapse_cost": self.collapse, "no_deal": f"{-self.losses!r} /year"} if q == "a" else {}),
                    }
                    for q in PARTIES
                },
                "measures": {name: measure(name, m) for name, m in self.measures.items()},
                "answers": {
                    name: {k: years(x) if k in lengths else x for k, x in answer.items()}
                    for name, answer in self.answers.items()
                },
                "shocks": shocks,
            }
        )

    # What is answered, and how

    def minded(self, m: str) -> bool:
        x = self.measures[m]
        return (x["level"] if x["by"] == "a" else x["own"]) < 0

    def seen(self, m: str | None) -> tuple[Any, Any]:
        """When a lapse is known, with the chance of that: [times, 1]."""
        if m is None:
            return np.zeros((1, 1)), np.ones((1, 1))
        if m in self.visits:
            visits = np.arange(1, 40)[:, None]
            return self.visits[m] * visits + self.delay[m] + 1e-12, 0.6 * 0.4 ** (visits - 1)
        middles = ((np.arange(STEPS) + 0.5) / STEPS)[:, None]
        return -np.log(1 - middles) / self.detects[m] + self.delay[m], np.full(middles.shape, 1 / STEPS)

    def speed(self, m: str) -> float:
        if m in self.visits:
            past = math.exp(-RHO * self.visits[m])
            return math.exp(-RHO * self.delay[m]) * 0.6 * past / (1 - 0.4 * past)
        return math.exp(-RHO * self.delay[m]) * self.detects[m] / (self.detects[m] + RHO)

    def first(self, q: str) -> float:
        return min(self.response[m["by"]] for m in self.measures.values() if m["by"] != q)

    def replied(self, names: list[str], *, cured: bool) -> tuple[dict[str, tuple[float, float]], dict[str, float]]:
        """When each is suspended, from when the lapse is known on; and when each is performed again."""
        windows: dict[str, tuple[float, float]] = {}
        for answer in (self.answers[name] for name in names):
            waits = {n: self.response[self.measures[n]["by"]] for n in answer["stops"] if self.measures[n]["by"] != "a"}
            for n in answer["stops"]:
                wait = waits.get(n, min(waits.values()))
                begins = wait + self.measures[n]["undo"]
                ends = max(wait + answer["for"], answer["cure"]) if cured else FOREVER
                if begins < ends and self.measures[n]["keeps"] < 1:
                    first, last = windows.get(n, (begins, ends))
                    windows[n] = min(first, begins), max(last, ends)
        return windows, {m: self.answers[x]["cure"] if cured else FOREVER for x in names for m in self.answers[x]["to"]}

    def begins(self, name: str) -> float:
        return min(self.response[self.measures[n]["by"]] for n in self.answers[name]["stops"] if n != "m2")

    def alarmed(self) -> list[tuple[str, str, float]]:
        """(what sounds, what is suspended, which share of it is lost)."""
        found = []
        for name, answer in self.answers.items():
            for m in answer["to"]:
                for n in self.replied([name], cured=True)[0]:
                    lost = self.alarms[m] * (1 - math.exp(-RHO * answer["for"]))
                    found.append((m, n, lost / (RHO + lost)))
        return found


def flow(low: Any, high: Any) -> Any:
    """∫ e^(−ρt) dt."""
    low = np.maximum(low, 0.0)
    return (np.exp(-RHO * low) - np.exp(-RHO * np.maximum(low, high))) / RHO


def lapsed(s: Simulated, row: Slack) -> float:
    """What a lapse brings a at its moment: the mean over when it is known (K) and who leaves when (X)."""
    now, after = row.years or 0.0, row.moment != "before"
    K, known = s.seen(row.measure)
    rate = sum(s.rates.values())
    steps = STEPS if row.measure else STEPS**2
    X = -np.log(1 - (np.arange(steps) + 0.5) / steps)[None, :] / rate if rate else np.array([[FOREVER]])
    total, stays = 0.0, np.ones(X.shape)
    if s.dated:
        q, when, chance = s.dated[0], s.dated[1] - now, s.dated[2]
        if when > TIE or (abs(when) <= TIE and not after):
            at = np.array([[max(when, 0.0)]])
            total += chance * math.exp(-rate * at[0, 0]) * float((known * Way(s, row, K, at, q).value()).sum())
            stays = np.where(at < X, 1 - chance, 1.0)
    for q, part in s.rates.items() if rate else [("a", 1.0)]:
        value = (known * stays * Way(s, row, K, X, q).value()).sum() / X.size
        total += part / (rate or 1.0) * float(value)
    return total


class Way:
    """What a gets where a lapse is known at K and the leaver leaves at X, years from the moment of a row: arrays."""

    def __init__(self, s: Simulated, row: Slack, K: Any, X: Any, leaver: str) -> None:
        self.s, self.row, self.K, self.X, self.leaver = s, row, K, X, leaver
        self.names = row.answer.split("+") if row.answer else []
        cured = row.kind != "never"
        self.windows, self.cures = s.replied(self.names, cured=cured)
        ends = [s.answers[x]["cure"] for x in self.names if s.answers[x]["then"] == "end" and not cured]
        self.end = min(ends, default=FOREVER)
        self.E, self.J = K + self.end, FOREVER
        if row.leaves_years is not None:  # on one date: leaving before, exits, what is known, entries, leaving after
            late = {"before": -1e-8, "after": 1e-10, "between": 1e-8}[row.leaves_moment or "before"]
            self.J = row.leaves_years - (row.years or 0.0) + late
        self.gone = (X < self.E) & (self.J > X)
        """Whether somebody leaves while there is a deal."""
        self.unknown = self.gone & (X < K)
        self.over = np.where(self.gone, X + s.first(leaver), np.where(self.E < self.J, self.E, self.J + s.first("a")))
        """The first answer."""

    def value(self) -> Any:
        s = self.s
        total = s.losses * flow(0.0, self.over) - np.where(self.gone, 0.0, s.collapse * np.exp(-RHO * self.over))
        for name in self.names:
            paid = self.K + s.begins(name)
            due = (paid <= self.E) & (paid < self.X - TIE) & (paid < self.J)
            total = total - np.where(due, s.answers[name]["cost"] * np.exp(-RHO * paid), 0.0)
        for name in s.measures:
            total = total + self.measure(name)
        for sounds, n, share in s.alarmed():
            since = max(self.start(n), self.start(sounds))
            worth = (1 - s.measures[n]["keeps"]) * s.measures[n]["level"]
            total = total - share * worth * (flow(since, self.over) - self.penance(n, since, self.over))
        return total

    def done(self, name: str) -> bool:
        due = self.s.measures[name]["entry"] - (self.row.years or 0.0)
        return due < -TIE or (abs(due) <= TIE and self.row.moment != "before")

    def start(self, name: str) -> float:
        return 0.0 if self.done(name) else max(self.s.measures[name]["entry"] - (self.row.years or 0.0), 0.0)

    def lapses(self, name: str) -> bool:
        """Whether it is dropped or faked where it is in force, or still to enter."""
        s, m, row = self.s, self.s.measures[name], self.row
        if name not in self.cures:
            return False
        if row.measure == name:
            return m["undo"] < FOREVER or not self.done(name)
        if row.measure is not None and s.speed(name) > s.speed(row.measure) * (1 + 1e-9):
            return False
        return m["level"] < 0 and m["undo"] < FOREVER if self.done(name) else m["level"] / RHO + m["once"] < 0

    def window(self, name: str) -> tuple[float, float] | None:
        begins, ends = self.windows.get(name, (0.0, 0.0))
        if self.lapses(name):
            begins = max(begins, self.cures[name])
        return (begins, ends) if begins < min(ends, self.end) else None

    def undone(self, name: str, q: str, at: Any, waits: Mapping[str, float]) -> tuple[Any, Any]:
        """Whether its entry is still made, and when it is undone, after q breaks the deal or leaves."""
        m = self.s.measures[name]
        stop = at + (0.0 if m["by"] == q else waits[m["by"]])
        made = self.done(name) | (self.start(name) < stop - TIE) | ((self.start(name) <= self.J) & (at == self.J))
        return made, stop + m["undo"] if self.s.minded(name) else np.full(np.shape(at), FOREVER)

    def measure(self, name: str) -> Any:
        """Of one measure."""
        if self.end < FOREVER:
            return np.where(self.gone, self.until_exit(name), self.ended(name))
        return (
            np.where(self.gone, self.until_exit(name), self.left(name)) if self.J < FOREVER else self.until_exit(name)
        )

    def enjoyed(self, name: str, spans: list[tuple[Any, Any]], since: Any = None) -> Any:
        """In force from `since` on but for spans that do not overlap, and what its entry is worth once."""
        m, done = self.s.measures[name], self.done(name)
        since = self.start(name) if since is None or done else since
        hidden = sum((flow(np.maximum(since, low), high) for low, high in spans), 0.0)
        once = 0.0 if done else m["once"] * np.exp(-RHO * since)
        later = np.maximum(since, self.over)
        outlived = flow(later, FOREVER) - (1 - m["keeps"]) * sum((flow(np.maximum(later, x), y) for x, y in spans), 0.0)
        return m["level"] * (flow(since, FOREVER) - (1 - m["keeps"]) * hidden) + once + m["over"] * outlived

    def faked(self, name: str) -> Any:
        """Never performed again."""
        return self.enjoyed(name, [(self.s.measures[name]["undo"], FOREVER)]) if self.done(name) else 0.0

    def until_exit(self, name: str) -> Any:
        """As the leaver leaves it, less what is hidden until then."""
        K, X, m, start = self.K, self.X, self.s.measures[name], self.start(name)
        made, fell = self.undone(name, self.leaver, X, self.s.response)
        value = np.where(made, self.enjoyed(name, [(fell, FOREVER)]), 0.0)
        if window := self.window(name):
            span = np.maximum(start, K + window[0]), np.minimum(K + window[1], X)
            value = value - np.where(self.unknown, 0.0, (1 - m["keeps"]) * m["level"] * flow(*span))
        if not self.lapses(name):
            return value
        again = np.minimum(K + self.cures[name], X)
        if self.done(name):
            value = value - (1 - m["keeps"]) * m["level"] * flow(m["undo"], again)
        else:
            again = np.maximum(start, again)
            value = value - m["level"] * flow(start, again)
            value = value - m["once"] * (math.exp(-RHO * start) - np.exp(-RHO * again))
        return np.where(self.unknown, self.faked(name), value)

    def ended(self, name: str) -> Any:
        """Where the deal ends at E; what is hidden then stays so."""
        if self.lapses(name):
            return self.faked(name)
        made, fell = self.undone(name, "a", self.E, dict.fromkeys(PARTIES, 0.0))
        window = self.window(name)
        hidden = np.minimum(self.K + window[0], fell) if window else fell
        return np.where(made, self.enjoyed(name, [(hidden, FOREVER)]), 0.0)

    def left(self, name: str) -> Any:
        """Where a leaves at J."""
        made, fell = self.undone(name, "a", np.array([[self.J]]), self.s.response)
        spans, again = [(fell, FOREVER)], self.K + self.cures.get(name, 0.0)
        if window := self.window(name):
            begun = self.K + window[0] < self.J
            spans.append(
                (np.where(begun, self.K + window[0], 0.0), np.where(begun, np.minimum(self.K + window[1], fell), 0.0))
            )
        if not self.lapses(name):
            return np.where(made, self.enjoyed(name, spans), 0.0)
        spans.append((self.s.measures[name]["undo"], np.where(self.done(name), again, 0.0)))
        cured = np.where(made, self.enjoyed(name, spans, np.maximum(self.start(name), again)), 0.0)
        return np.where(again < self.J, cured, self.faked(name))

    def penance(self, name: str, since: float, over: Any) -> Any:
        """While it is suspended, from `since` on, and the deal not over, in discounted years."""
        window = self.window(name)
        if window is None:
            return 0.0
        low, high = np.maximum(since, self.K + window[0]), self.K + window[1]
        there = np.minimum(high, np.where(self.gone, np.where(self.unknown, 0.0, self.X), np.minimum(self.E, over)))
        if self.J < FOREVER:
            made, fell = self.undone(name, "a", np.array([[self.J]]), self.s.response)
            last = np.where(made, np.minimum(np.minimum(high, fell), over), np.minimum(high, self.J))
            there = np.where(self.gone, there, np.where(self.K + window[0] < self.J, last, 0.0))
        return flow(low, there)


@pytest.mark.parametrize("seed", range(16))
def test_against_a_simulation(seed: int) -> None:
    """Within what the steps leave open."""
    s = Simulated(seed)
    d = s.dossier()
    day = dict(zip(GRID, d.grid.dates, strict=True))
    rows = judged(d, dt.Plan({name: day[m["entry"]] for name, m in s.measures.items()}))
    rows = tuple(row for row in rows if row.answer and row.kind != "forgive")
    size = sum(abs(m["level"]) + abs(m["over"]) for m in s.measures.values()) / RHO
    for row in s.draw.sample(rows, min(5, len(rows))):
        assert row.deviate == pytest.approx(lapsed(s, row), abs=1e-3 * size), row
