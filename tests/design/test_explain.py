"""Conflicts and concessions: planted ones are found and nothing else; random ones against exhaustive search."""

from __future__ import annotations

import itertools
import os
from collections.abc import Iterable, Sequence
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from detente.design.programme.question import Question
from detente.design.questions.explain import Explanation, explain
from detente.dossier import apply, from_dict
from detente.dossier.schema import Dossier
from detente.model.judge.check import Judge, Slack, check
from tests.design.test_exhaustive import count
from tests.strategies import all_plans, documents

Names = frozenset[str]
ALWAYS = {"empty", "grid", "order", "pace", "one_of", "capacity", "link"}
LONG = int(os.environ.get("DETENTE_EXPLAINED", "1000"))


# --- what sets imply by themselves ---------------------------------------------------------------------------------


def least(sets: Iterable[Names]) -> set[Names]:
    """Those that contain no other."""
    found: set[Names] = set()
    for s in sorted(set(sets), key=len):
        if not any(f <= s for f in found):
            found.add(s)
    return found


def hitting(sets: Iterable[Names], allowed: Iterable[str] | None = None) -> set[Names]:
    """The minimal sets that share a name with each (Berge); only of the names allowed."""
    chosen = None if allowed is None else set(allowed)
    found: set[Names] = {frozenset()}
    for s in least(sets):
        usable = s if chosen is None else s & chosen
        found = least(t if t & s else t | {n} for t in found for n in (usable if not t & s else [""]))
    return found


def test_hitting_sets_are_minimal_and_complete() -> None:
    sets = [frozenset("ab"), frozenset("bc"), frozenset("cd")]
    by_trial = least(
        frozenset(t) for n in range(5) for t in itertools.combinations("abcd", n) if all(s & frozenset(t) for s in sets)
    )
    assert hitting(sets) == by_trial == {frozenset("bc"), frozenset("bd"), frozenset("ac")}
    assert hitting([]) == {frozenset()}
    assert hitting([frozenset()]) == set()
    assert hitting(sets, "ab") == set()


# --- what an explanation must hold, whatever the case ----------------------------------------------------------------


def prices_of(dossier: Dossier, openings: Iterable[str]) -> dict[str, float]:
    """What is for sale, at what price: a flow is worth its perpetuity."""
    prices = {}
    for name, d in dossier.demands.items():
        if d.firmness == "preference" or (d.firmness == "opening" and d.by not in openings):
            continue
        if d.price is None and d.firmness == "red_line":
            continue
        amount = 0.0
        if d.price is not None:
            discount = dossier.parties[d.by].discount
            amount = d.price.value
            if d.price.flow:
                assert discount is not None
                amount /= discount.value
        prices[f"demands.{name}"] = amount
    return prices


def told(found: Explanation, conflicts: set[Names], concessions: set[Names]) -> None:
    """An explanation says all that is expected, and nothing else; its deals pass `check`."""
    dossier, question = found.dossier, found.question
    assert found.status == "none_exists"
    assert found.complete
    assert found.ranked
    assert all(c.proven_minimal for c in found.conflicts)
    assert [len(c.members) for c in found.conflicts] == sorted(len(c.members) for c in found.conflicts)
    members = [frozenset(c.members) for c in found.conflicts]
    assert len(members) == len(set(members))
    assert set(members) == conflicts
    given_up = [frozenset(c.give_up) for c in found.concessions]
    assert len(given_up) == len(set(given_up))
    assert set(given_up) == concessions
    prices = prices_of(dossier, question.openings)
    for c in found.concessions:
        assert c.price == pytest.approx(sum(prices[n] for n in c.give_up))
        changed = apply(dossier, c.overlay)
        assert c.deal.status == "satisfactory"
        assert c.deal.plan is not None
        verdict = check(changed, c.deal.plan, success=question.success, openings=question.openings)  # type: ignore[arg-type]
        assert verdict.satisfactory
        assert set(c.overlay) == {f"{n}.firmness" for n in c.give_up}
    slight = 1e-5 * (1 + sum(prices.values()))
    costs = [c.price for c in found.concessions]
    assert all(a <= b + slight for a, b in itertools.pairwise(costs))


def asked_of_all(dossier: Dossier, success: str = "none") -> Question:
    return Question(success, tuple(dossier.parties))


# --- planted conflicts -----------------------------------------------------------------------------------------------


class Planted:
    """A dossier of groups of demands that rule each other out, each with parties and measures of its own."""

    def __init__(self) -> None:
        self.document: dict[str, Any] = {
            "detente": 1,
            "title": "planted",
            "start": "2020-01-01",
            "periods": ["3 x 1 year"],
            "interests": {},
            "parties": {"host": {"response_time": 0, "consents": False}},
            "measures": {"tea": {"by": "host", "effects": {}, "verify": "open"}},
            "demands": {},
            "success": {"minimal": [{"in_force": "tea"}]},
        }
        self.conflicts: list[Names] = []
        self.groups = 0

    def measure(self, name: str, by: str = "host", **fields: Any) -> str:
        self.document["measures"][name] = {"by": by, "verify": "open", "effects": {}, **fields}
        return name

    def demand(self, name: str, terms: dict[str, Any], require: dict[str, Any]) -> str:
        self.document["demands"][name] = {"by": "host", **terms, "require": require}
        return f"demands.{name}"

    def party(self, name: str, stakes: dict[str, Any], **fields: Any) -> str:
        for i in stakes:
            self.document["interests"].setdefault(i, {"unit": "u", "worst": 0, "best": 1})
        base = {"discount": "0.1 /year", "response_time": 0, "consents": False, "stakes": stakes}
        self.document["parties"][name] = base | fields
        return name

    def conflict(self, *names: str) -> None:
        self.conflicts.append(frozenset(names))

    def dossier(self) -> Dossier:
        return from_dict(self.document)


Terms = Sequence[dict[str, Any]]


def denied(p: Planted, g: str, terms: Terms) -> None:
    """One wants what the other will never have."""
    m = p.measure(f"m{g}")
    p.conflict(
        p.demand(f"wants{g}", terms[0], {"in_force": m}),
        p.demand(f"never{g}", terms[1], {"never": m}),
    )


def chain(p: Planted, g: str, terms: Terms) -> None:
    """The last of a chain of steps is wanted, the first is ruled out."""
    a, b, c = (p.measure(f"{x}{g}") for x in "abc")
    p.conflict(
        p.demand(f"no_first{g}", terms[0], {"never": a}),
        p.demand(f"one_two{g}", terms[1], {"before": [a, b]}),
        p.demand(f"two_three{g}", terms[2], {"before": [b, c]}),
        p.demand(f"last{g}", terms[3], {"in_force": c}),
    )


def too_soon(p: Planted, g: str, terms: Terms) -> None:
    """A date that no work can meet; and one that work can meet only if something slow need not come first."""
    slow, quick = p.measure(f"slow{g}", takes="2 years"), p.measure(f"quick{g}", takes="6 months")
    p.conflict(p.demand(f"rushed{g}", terms[0], {"in_force": slow, "by": "2021-06-01"}))
    p.conflict(
        p.demand(f"soon{g}", terms[1], {"in_force": quick, "by": "2021-12-31"}),
        p.demand(f"after{g}", terms[2], {"before": [slow, quick]}),
    )


def crowded(p: Planted, g: str, terms: Terms) -> None:
    """Three wanted, room for one: each pair is a conflict."""
    names = [p.measure(f"{x}{g}") for x in "uvw"]
    p.document.setdefault("capacity", {})[f"room{g}"] = {"limit": 1, "uses": dict.fromkeys(names, 1)}
    wants = [p.demand(f"want_{m}", t, {"in_force": m}) for m, t in zip(names, terms, strict=False)]
    for pair in itertools.combinations(wants, 2):
        p.conflict(*pair)


def either(p: Planted, g: str, terms: Terms) -> None:
    """Alternatives, both wanted; and success asks for one of them."""
    a, b = p.measure(f"left{g}"), p.measure(f"right{g}")
    p.document.setdefault("one_of", {})[f"fork{g}"] = {"exactly": False, "of": [[a], [b]]}
    level = p.document["success"]["minimal"]
    level.append({"in_force": a})
    right = p.demand(f"right{g}", terms[0], {"in_force": b})
    p.conflict(f"success.minimal.{len(level) - 1}", right)


def unwelcome(p: Planted, g: str, terms: Terms) -> None:
    """What is wanted costs someone who must consent, and does not perform it."""
    p.party(f"loser{g}", {f"x{g}": -1}, consents=True)
    p.party(f"doer{g}", {f"x{g}": 1})
    m = p.measure(f"taking{g}", f"doer{g}", effects={f"x{g}": {"level": 1}})
    p.conflict(p.demand(f"taking{g}", terms[0], {"in_force": m}), f"consent.loser{g}")


def unrewarded(p: Planted, g: str, terms: Terms) -> None:
    """What is wanted costs its performer, who gets nothing for it and can stop."""
    p.party(f"payer{g}", {f"x{g}": -1})
    m = p.measure(f"paying{g}", f"payer{g}", effects={f"x{g}": {"level": 1}}, undo={"in": 0})
    p.conflict(p.demand(f"paying{g}", terms[0], {"in_force": m}), f"breakout.payer{g}")


def unseen(p: Planted, g: str, terms: Terms) -> None:
    """What is wanted can be faked, and is seen too late: (g + ρC)·λ/(λ + ρ) < c. DESIGN §7."""
    x, y = f"x{g}", f"y{g}"
    p.party(f"faker{g}", {x: -1, y: 2})
    p.party(f"other{g}", {x: 3, y: -2})
    seen = {"by": "agency", "detects": "1 %/year"}
    m = p.measure(f"hidden{g}", f"faker{g}", effects={x: {"level": 1}}, undo={"in": 0}, verify=seen)
    p.measure(f"reward{g}", f"other{g}", effects={y: {"level": 1}}, undo={"in": 0})
    p.conflict(p.demand(f"hidden{g}", terms[0], {"in_force": m}), f"covert.faker{g}")


def exposed(p: Planted, g: str, terms: Terms) -> None:
    """A gift for good, against thanks that the other can take back: whoever gave would have lost by signing."""
    x, y = f"x{g}", f"y{g}"
    giver = p.party(f"giver{g}", {x: -1, y: 2}, exposure_limit=2)
    taker = p.party(f"taker{g}", {x: 3, y: -1}, collapse_cost=20)
    thanks = p.measure(f"thanks{g}", taker, effects={y: {"level": 1}}, undo={"in": 0}, conditional_on=[giver])
    m = p.measure(f"gift{g}", giver, effects={x: {"level": 1}}, after=[thanks])
    p.conflict(p.demand(f"gift{g}", terms[0], {"in_force": m}), f"exposure.giver{g}")


GROUPS = (denied, chain, too_soon, crowded, either, unwelcome, unrewarded, unseen, exposed)
PRICES = (None, 1, 2.5, 7, 40, "1 /year")


@st.composite
def planted(draw: st.DrawFn, most: int = 2) -> tuple[Dossier, set[Names]]:
    p = Planted()
    p.document["parties"]["host"] |= {"discount": "10 %/year"}
    for g, plant in enumerate(draw(st.lists(st.sampled_from(GROUPS), min_size=1, max_size=most))):
        terms = []
        for _ in range(4):
            firmness = draw(st.sampled_from(["opening", "opening", "red_line"]))
            price = draw(st.sampled_from(PRICES))
            terms.append({"firmness": firmness} | ({} if price is None else {"price": price}))
        plant(p, str(g), terms)
    return p.dossier(), set(p.conflicts)


def agree_on_planted(dossier: Dossier, conflicts: set[Names]) -> None:
    question = asked_of_all(dossier, "minimal")
    found = explain(dossier, question, most=None, alternatives=None)
    concessions = hitting(conflicts, prices_of(dossier, question.openings))
    told(found, conflicts, concessions)
    for c in found.concessions[:3]:
        for name in c.give_up:
            less = {path: value for path, value in c.overlay.items() if path != f"{name}.firmness"}
            kept = apply(dossier, less) if less else dossier
            assert explain(kept, question, most=0, alternatives=0).status == "none_exists"


def test_a_price_written_as_a_flow_is_worth_its_perpetuity() -> None:
    """1 a year at a discount of 0.05 is worth 20: more than 15."""
    p = Planted()
    p.document["parties"]["host"]["discount"] = "0.05 /year"
    denied(p, "", [{"firmness": "red_line", "price": "1 /year"}, {"firmness": "red_line", "price": 15}])
    dossier = p.dossier()
    found = explain(dossier, asked_of_all(dossier))
    assert [(c.give_up, c.price) for c in found.concessions] == [
        (("demands.never",), 15),
        (("demands.wants",), pytest.approx(20)),
    ]


@settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
@given(planted())
def test_planted_conflicts_are_found_and_nothing_else(case: tuple[Dossier, set[Names]]) -> None:
    agree_on_planted(*case)


@pytest.mark.slow
@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(planted(most=3))
def test_many_planted_conflicts_are_found_and_nothing_else(case: tuple[Dossier, set[Names]]) -> None:
    agree_on_planted(*case)


@pytest.mark.parametrize("plant", GROUPS, ids=lambda plant: plant.__name__)
def test_each_planted_group_is_what_it_says(plant: Any) -> None:
    """The definition: no plan meets all of a conflict, and for each member left out some plan meets the rest."""
    p = Planted()
    plant(p, "", [{"firmness": "opening"}] * 4)
    dossier = p.dossier()
    assert hitting(breaks(dossier, asked_of_all(dossier, "minimal"))) == set(p.conflicts)


# --- random cases ----------------------------------------------------------------------------------------------------


def named(s: Slack) -> str:
    if s.kind in ("demand", "success"):
        return f"{'demands' if s.kind == 'demand' else 'success'}.{s.name}"
    return s.kind if s.kind in ALWAYS else f"{s.kind.removeprefix('secret_')}.{s.party}"


def breaks(dossier: Dossier, question: Question) -> set[Names]:
    """The least sets of conditions that plans break, all plans tried; those that always hold are held."""
    judge = Judge(dossier, success=question.success, openings=question.openings)  # type: ignore[arg-type]
    found = (frozenset(named(s) for s in judge.slacks(plan) if not s.accepted) for plan in all_plans(dossier))
    return least(f for f in found if not f & ALWAYS)


@st.composite
def disputed(draw: st.DrawFn, most: int) -> tuple[Dossier, str]:
    """A random dossier with demands that are likely to clash, and a success level."""
    d = draw(documents(measures=4))
    names, parties = list(d["measures"]), list(d["parties"])
    days = ["2020-01-31", "2020-07-31", "2021-06-15", "2022-01-31"]

    def require() -> dict[str, Any]:
        kind = draw(st.sampled_from(["in_force", "in_force", "never", "before"]))
        if kind == "before" and len(names) > 1:
            return {"before": list(draw(st.permutations(names))[:2])}
        if kind == "never":
            return {"never": draw(st.sampled_from(names))}
        return {"in_force": draw(st.sampled_from(names)), "by": draw(st.sampled_from(days))}

    d.setdefault("demands", {})
    for i in range(draw(st.integers(1, 4))):
        firmness = draw(st.sampled_from(["opening", "opening", "red_line"]))
        demand = {"by": draw(st.sampled_from(parties)), "firmness": firmness, "require": require()}
        price = draw(st.sampled_from([None, 1, 3, 10]))
        d["demands"][f"e{i}"] = demand | ({} if price is None else {"price": price})
    d["success"]["minimal"] = [require() for _ in range(draw(st.integers(1, 2)))]
    dossier = from_dict(d)
    assume(count(dossier) <= most)
    return dossier, draw(st.sampled_from(["none", "minimal"]))


def agree_with_trial(dossier: Dossier, success: str) -> None:
    question = asked_of_all(dossier, success)
    found = explain(dossier, question, most=None, alternatives=None)
    broken = breaks(dossier, question)
    if frozenset() in broken:
        assert found.status == "satisfactory"
        assert not found.conflicts
        assert not found.concessions
        return
    for_sale = set(prices_of(dossier, question.openings))
    concessions = {b for b in broken if b <= for_sale}
    told(found, hitting(broken), concessions)
    lesser = {b for b in broken if all(n.startswith("success.") for n in b)}
    if concessions or not lesser:
        assert not found.lesser
        return
    fewest = min(map(len, lesser))
    assert {frozenset(x.without) for x in found.lesser} == {b for b in lesser if len(b) == fewest}
    for x in found.lesser:
        assert x.deal.plan is not None
        changed = apply(dossier, x.overlay)
        assert check(changed, x.deal.plan, success=success, openings=question.openings).satisfactory  # type: ignore[arg-type]


@settings(max_examples=20, deadline=None, suppress_health_check=list(HealthCheck))
@given(disputed(300))
def test_a_few_explanations_are_those_of_exhaustive_search(case: tuple[Dossier, str]) -> None:
    agree_with_trial(*case)


@pytest.mark.slow
@settings(max_examples=220, deadline=None, suppress_health_check=list(HealthCheck))
@given(disputed(800))
def test_explanations_are_those_of_exhaustive_search(case: tuple[Dossier, str]) -> None:
    agree_with_trial(*case)


@pytest.mark.long
@settings(max_examples=LONG, deadline=None, derandomize=False, suppress_health_check=list(HealthCheck))
@given(disputed(2000))
def test_explanations_are_those_of_exhaustive_search_at_length(case: tuple[Dossier, str]) -> None:
    agree_with_trial(*case)


# --- numbers asked for -----------------------------------------------------------------------------------------------


def test_no_more_is_found_than_was_asked_for() -> None:
    p = Planted()
    for g in "12":
        crowded(p, g, [{"firmness": "opening", "price": 1 + i} for i in range(3)])
    dossier = p.dossier()
    found = explain(dossier, asked_of_all(dossier), most=2, alternatives=1)
    assert (len(found.conflicts), found.complete) == (2, False)
    assert (len(found.concessions), found.ranked) == (1, False)
    assert found.concessions[0].price == 6  # the dearest of each group is kept
    assert all(frozenset(c.members) in p.conflicts for c in found.conflicts)


@pytest.mark.parametrize("calls", [0, 3, 10, 30, 100])
def test_what_is_said_when_cancelled_is_true(calls: int) -> None:
    p = Planted()
    for g, plant in enumerate((exposed, crowded)):
        plant(p, str(g), [{"firmness": "opening", "price": 1 + i} for i in range(4)])
    dossier = p.dossier()
    asked = iter(range(calls))
    found = explain(
        dossier, asked_of_all(dossier), most=None, alternatives=None, cancelled=lambda: next(asked, None) is None
    )
    conflicts = set(p.conflicts)
    assert found.status != "satisfactory"
    proved = {frozenset(c.members) for c in found.conflicts if c.proven_minimal}
    assert proved <= conflicts
    assert proved == conflicts or not found.complete
    concessions = hitting(conflicts, prices_of(dossier, dossier.parties))
    given_up = {frozenset(c.give_up) for c in found.concessions}
    assert given_up <= concessions
    assert given_up == concessions or not found.ranked
