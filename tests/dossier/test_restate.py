"""Numbers said again in their author's unit are read as what was said, wherever they stand."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

from detente.design.questions.critical import dials_of
from detente.design.questions.sources import inputs
from detente.dossier import Dossier, apply, from_dict, load, loads
from detente.dossier.changes.restate import manner_of, raw_at
from detente.dossier.numbers import numbers_of
from detente.dossier.places import Path, dotted
from detente.dossier.quantities import Number, parse_discount, parse_duration, parse_hazard
from detente.errors import DossierError
from tests.dossier.good import ANSWERED, GOOD, broken
from tests.strategies import documents


def said_again(dossier: Dossier, path: Path, number: Number, value: float) -> tuple[str, Any]:
    where, raw = raw_at(dossier.document, path)
    manner = manner_of(raw, number)
    return dotted(where), manner.say(manner.written(value))


def round_trip(dossier: Dossier, *, at_most: int | None = None) -> int:
    """Each number, and each end of its range, is read back from what is said for it; how many were tried."""
    tried = 0
    for path, number, _ in list(numbers_of(dossier))[:at_most]:
        fixed = path[-1] == "share"  # what is in force before signature is, or is not
        ends = number.range or (number.value, number.value * (1 if fixed else 0.9))
        for value in dict.fromkeys((number.value, *ends)):
            where, said = said_again(dossier, path, number, value)
            try:
                changed = apply(dossier, {where: said})
            except DossierError:  # the rest of the dossier may forbid another value, not the one that it states
                assert value != number.value
                continue
            again = next(n for p, n, _ in numbers_of(changed) if dotted(p) == where or p == path)
            assert again.value == pytest.approx(value, rel=1e-9, abs=1e-12), (path, said)
            tried += 1
    return tried


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(documents(measures=3))
def test_random_dossiers(document: dict[str, Any]) -> None:
    round_trip(from_dict(document))


def test_a_dossier_that_uses_everything() -> None:
    assert round_trip(loads(ANSWERED, "good.yaml")) > 50


def test_the_bundled_case() -> None:
    assert round_trip(load("korea-2018"), at_most=80) > 80


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_all_of_the_bundled_case() -> None:
    assert round_trip(load("korea-2018")) > 200


@pytest.mark.parametrize(
    ("before", "after", "path", "unit"),
    [
        ("level: -5,", "level: -5000 kg,", ("measures", "cut", "effects", "arms", "level"), "kg"),
        ("no_deal: -2 /year", "no_deal: -0.5 /quarter", ("parties", "east", "no_deal"), "/quarter"),
        ("exposure_limit: 40", "exposure_limit: 4 /yr", ("parties", "east", "exposure_limit"), "/yr"),
        ("takes: 3 months", "takes: 13 weeks", ("measures", "cut", "takes"), "weeks"),
        ("detects: 90 %/year", "detects: 9 % / month", ("measures", "cut", "verify", "detects"), "% / month"),
        ("undo: {in: 0}", "undo: {in: 1 day}", ("measures", "pay", "undo", "in"), "day"),
        ("discount: 8 %/year", "discount: 0.7 %/month", ("parties", "east", "discount"), "%/month"),
        ("discount: 8 %/year", "discount: 0.08 /year", ("parties", "east", "discount"), "/year"),
        ("keeps: 10 %", "keeps: 0.1", ("measures", "cut", "undo", "keeps"), ""),
        ("limit: 300 days/year", "limit: '1,300 days/year'", ("capacity", "inspectors", "limit"), "days/year"),
        ("no_deal: -2 /year", "no_deal: {value: -2 /year, source: x}", ("parties", "east", "no_deal"), "/year"),
        ("detects: 90 %/year", "detects: {low: 0 %/year, mode: 50 %/year, high: 60 %/year}",
         ("measures", "cut", "verify", "detects"), "%/year"),
    ],
)  # fmt: skip
def test_units_stay_as_written(before: str, after: str, path: Path, unit: str) -> None:
    dossier = loads(broken(before, after), "good.yaml")
    number = next(n for p, n, _ in numbers_of(dossier) if p == path)
    _, raw = raw_at(dossier.document, path)
    manner = manner_of(raw, number)
    assert manner.unit == unit
    low, high = number.range or (number.value * 0.9, number.value * 1.05)
    for value in (low, number.value, high):
        where, said = said_again(dossier, path, number, value)
        again = next(n for p, n, _ in numbers_of(apply(dossier, {where: said})) if p == path)
        assert again.value == pytest.approx(value, rel=1e-9)


def test_digits_of_a_percentage_tell_a_discount_from_a_chance() -> None:
    for text, parse, unit in [
        ("8 %/year", parse_discount, "%/year"),
        ("90 %/year", parse_hazard, "%/year"),
        ("2 %/month", parse_hazard, "%/month"),
        ("6 months", parse_duration, "months"),
        ("1 year", parse_duration, "year"),
    ]:
        manner = manner_of(text, Number(value=parse(text)[0], text=text))
        assert manner.unit == unit
        assert manner.say(manner.written(parse(text)[0])) == text


def test_every_number_of_how_a_deal_ends_is_reached_and_said_again() -> None:
    """Paths of `critical`, `--set` and stress: exits, courses, effects once over, intrusion, bounds."""
    dossier = loads(GOOD)
    found = {dotted(path): number for path, number, _ in numbers_of(dossier)}
    wanted = {
        "parties.agency.no_deal.course.0.1": (-1.0, -2.0),
        "shocks.fall.rate": (2.0, 3.0),
        "shocks.vote.chance": (10.0, 20.0),
        "measures.cut.if_over.arms.level": (-1.0, -4.0),
        "measures.pay_more.verify.regimes.close.effects.money.once": (-1.0, 2.0),
        "interests.arms.least": (0.0, -1.0),
        "interests.arms.most": (20.0, 30.0),
    }
    for path, (stated, another) in wanted.items():
        where, raw = raw_at(dossier.document, tuple(int(p) if p.isdigit() else p for p in path.split(".")))
        manner = manner_of(raw, found[path])
        assert manner.written(found[path].value) == pytest.approx(stated), path
        changed = apply(dossier, {dotted(where): manner.say(another)})
        again = {dotted(p): n for p, n, _ in numbers_of(changed)}[path]
        assert manner.written(again.value) == pytest.approx(another), path


def test_a_rate_of_nothing_is_a_chance_and_no_discount() -> None:
    (dial,) = dials_of(apply(loads(GOOD), {"shocks.fall.rate": "0 %/year"}), ["shocks.fall.rate"])
    assert (dial.low, dial.high, dial.stated, dial.linear) == (0.0, 99.0, 0.0, False)
    assert apply(loads(GOOD), dial.at(99.0)).exits[0].rate == pytest.approx(-math.log(0.01))
    (bare,) = dials_of(apply(loads(GOOD), {"shocks.fall.rate": 0}), ["shocks.fall.rate"])
    assert bare.at(5.0) == {"shocks.fall.rate": "5 %/year"}


def test_numbers_of_exits_are_used_and_those_of_other_shocks_are_not() -> None:
    used = {i.path for i in inputs(loads(GOOD)) if i.used}
    assert {"shocks.fall.rate", "shocks.vote.chance", "parties.agency.no_deal.course.1.1"} <= used
    assert not {"shocks.election.chance", "interests.arms.least", "interests.arms.most"} & used
