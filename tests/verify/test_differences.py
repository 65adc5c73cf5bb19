"""What an inspector measured again: D of an area by the formula for like items, and item by item from the model."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from detente.report.verification.balance_page import headline, mark, page, tables
from detente.verify.balance.area import BalanceArea, Measurement, Remeasured
from detente.verify.balance.checks import check_area
from detente.verify.balance.closing import close_balance
from detente.verify.balance.d_statistic import PairedItems, sigma_d
from detente.verify.balance.differences import differences
from detente.verify.balance.files import practice_area
from detente.verify.balance.power import critical, level_each
from tests.verify.balances import area, within

RATE = 0.05


def store(count: int, drawn: int, again_kg: float = 2.0, instrument: str = "counter") -> list[Measurement]:
    """Cans of 2 kg at the end of the only period, the first ones measured again, and what came in."""
    second = Remeasured(again_kg, 0.02, 0.01, instrument)
    rows = [
        Measurement(1, "store", "inventory", 2.0, 0.01, 0.005, id=f"can {i}", again=second if i < drawn else None)
        for i in range(count)
    ]
    opening = Measurement(0, "store", "inventory", 0.0, 0.01, 0.005)
    return [opening, *rows, Measurement(1, "in", "input", 2.0 * count, 0.001, 0.0)]


def test_like_items_are_a_stratum():
    (found,) = differences(area(store(50, 10, 1.9)), RATE)
    assert (found.items, found.drawn, found.balance) == (52, 10, "1")
    assert found.covered == pytest.approx(0.5)
    assert found.difference.d_kg == pytest.approx(50 * 0.1)
    alike = PairedItems(50, 1.95, 0.01, 0.02, 0.005, 0.01)
    assert found.difference.sigma_kg == pytest.approx(sigma_d([alike], [10]))
    assert found.difference.threshold_kg == pytest.approx(critical(RATE) * found.difference.sigma_kg)
    assert found.muf_kg == pytest.approx(5.0), "what the records hide is missing"


def test_items_weighed_together_are_as_many():
    """Five rows of ten cans are fifty cans: one row measured again is ten of them."""
    rows = store(50, 10, 1.9)
    together = [replace(rows[1], amount_kg=20.0, items=10, id=str(i), again=None) for i in range(5)]
    together[0] = replace(together[0], again=Remeasured(19.0, 0.02, 0.01, "counter"))
    (one,), (many,) = differences(area(rows), RATE), differences(area([rows[0], *together, rows[-1]]), RATE)
    assert many.difference.d_kg == pytest.approx(one.difference.d_kg)
    assert many.difference.sigma_kg == pytest.approx(one.difference.sigma_kg)


def test_signs_are_what_records_hide():
    """An input understated and an output overstated hide a loss; an inventory between two balances moves it."""
    rows = [Measurement(b, "store", "inventory", 10.0, 0.01, 0.0, again=None) for b in range(3)]
    rows += [Measurement(i, k, k, 10.0, 0.01, 0.0) for i in (1, 2) for k in ("input", "output")]
    for row, expected in ((1, (1.0, -1.0)), (3, (-1.0, None)), (4, (1.0, None)), (0, (-1.0, None)), (2, (None, 1.0))):
        changed = list(rows)
        changed[row] = replace(rows[row], again=Remeasured(9.0, 0.01, 0.0))
        found = {c.balance: c.difference.d_kg for c in differences(area(changed), RATE)}
        assert found == {str(i + 1): pytest.approx(d) for i, d in enumerate(expected) if d is not None}
        assert sum(c.difference.false_alarm_rate for c in differences(area(changed), RATE)) == pytest.approx(
            len(found) * level_each(RATE, len(found))
        )


def test_the_same_instrument_leans_as_it_leaned_before():
    rows = [replace(m, random=0.0, instrument="scale") if m.again else m for m in store(20, 5)]
    with_own = [
        replace(m, again=replace(m.again, systematic=0.005, instrument="scale")) if m.again else m for m in rows
    ]
    with_other = [
        replace(m, again=replace(m.again, systematic=0.005, instrument="other")) if m.again else m for m in rows
    ]
    own, other = (differences(area(r), RATE)[0].difference.sigma_kg for r in (with_own, with_other))
    assert own**2 == pytest.approx((20 * 2 * 0.02) ** 2 / 5)
    assert other**2 == pytest.approx(own**2 + 2 * (40 * 0.005) ** 2)


def test_a_known_opening_is_not_checked_again():
    rows = store(5, 2)
    rows[0] = replace(rows[0], amount_kg=3.0, again=Remeasured(2.0, 0.01, 0.01))
    measured = differences(area(rows), RATE)[0]
    known = differences(area(rows).with_known_opening(), RATE)[0]
    assert measured.difference.d_kg == pytest.approx(known.difference.d_kg - 1.0)
    assert measured.items == known.items + 1


def mixed() -> BalanceArea:
    """Two periods, unequal items, an inspector's counter that serves two locations, one in both balances."""
    rows = []
    for b in range(3):
        rows += [
            Measurement(b, "vault", "inventory", 2.0 + 0.3 * i, 0.02, 0.01, "monitor", str(b), items=1 + i % 3,
                        again=Remeasured(2.0 + 0.3 * i, 0.03, 0.02, "counter") if b and i < 4 else None)
            for i in range(9)
        ]  # fmt: skip
    for p in (1, 2):
        rows += [
            Measurement(p, "out", "output", 1.5, 0.01, 0.01, "scale",
                        again=Remeasured(1.5, 0.04, 0.02, "counter") if i < 2 else None)
            for i in range(6)
        ]  # fmt: skip
        rows.append(Measurement(p, "in", "input", 9.0, 0.01, 0.005, "scale", again=Remeasured(9.0, 0.005, 0.002)))
    return area(rows)


@pytest.mark.slow
def test_d_in_many_histories():
    """Records and inspector's measurements drawn item by item; alarms as often as stated, with falsified items too."""
    made, runs, rng = mixed(), 100_000, np.random.default_rng(12)
    stated = differences(made, RATE)
    shared: dict[object, np.ndarray] = {}

    def lean(key: object) -> np.ndarray:
        return shared.setdefault(key, rng.standard_normal(runs))

    def measured(amount: float, items: int, random: float, systematic: float, key: object) -> np.ndarray:
        own = rng.standard_normal((items, runs)).mean(axis=0)
        return amount * (1 + random * own + systematic * lean(key))

    totals: dict[tuple[int, str, int], list[np.ndarray]] = {}
    for m in made.measurements:
        if m.again:
            record = measured(m.amount_kg, m.items, m.random, m.systematic, (m.instrument, m.calibration))
            key = ("again", m.again.instrument, "" if m.again.instrument else m.location)
            second = measured(m.again.amount_kg, m.items, m.again.random, m.again.systematic, key)
            totals.setdefault((m.period, m.location, 0), []).append(record - second)
    items = {(p, k): [m for m in made.measurements if (m.period, m.location) == (p, k)] for p, k, _ in totals}
    d = np.zeros((2, runs))
    for (period, place, _), parts in totals.items():
        rows = items[period, place]
        grossed = sum(parts) * sum(m.items for m in rows) / sum(m.items for m in rows if m.again)
        if place == "vault":
            d[period - 1] += grossed
            if period < 2:
                d[period] -= grossed
        else:
            d[period - 1] += grossed if place == "out" else -grossed
    for i, c in enumerate(stated):
        sigma, rate = c.difference.sigma_kg, c.difference.false_alarm_rate
        assert within(d[i].std(), sigma, sigma / np.sqrt(2 * runs))
        assert within(d[i].mean(), 0.0, sigma / np.sqrt(runs))
        assert within(np.mean(d[i] > c.difference.threshold_kg), rate, np.sqrt(rate * (1 - rate) / runs))
        chance = c.difference.detects(2 * sigma)
        seen = np.mean(d[i] + 2 * sigma > c.difference.threshold_kg)
        assert within(seen, chance, np.sqrt(chance * (1 - chance) / runs))


def test_hidden_amounts_are_the_answer():
    balance = close_balance(area(store(50, 10, 1.5)))
    assert [c.balance for c in balance.hiding] == ["1"]
    assert mark(balance) == "no"
    assert headline(balance).startswith("The records hide more than errors explain in 1")
    assert "D = 25 kg" in " ".join(balance.summary)
    assert "differences" in tables(balance)
    assert "differences" in [p.id for p in page(balance).parts]


def test_the_practice_area_hides_nothing_in_its_items():
    balance = close_balance(practice_area())
    assert [c.balance for c in balance.compared] == ["2019-06-30", "2019-07-31", "2019-12-31"]
    assert balance.hiding == ()
    assert "no more than error explains" in " ".join(balance.summary)


def test_nothing_measured_again_says_nothing():
    balance = close_balance(area([replace(m, again=None) for m in store(5, 0)]))
    assert balance.compared == ()
    assert len(balance.summary) == 4
    assert "differences" not in tables(balance)


@pytest.mark.parametrize(
    ("again", "code", "severity"),
    [
        (Remeasured(2000.0, 0.02, 0.01), "balance.unit", "warning"),
        (Remeasured(2.0, 0.0, 0.0), "balance.zero_variance", "warning"),
        (Remeasured(-2.0, 0.0, 0.0), "balance.number", "error"),
        (Remeasured(2.0, float("nan"), 0.0), "balance.number", "error"),
    ],
)
def test_odd_measurements_are_found(again, code, severity):
    rows = [replace(m, random=0.0, systematic=0.0, again=again) if m.again else m for m in store(5, 1)]
    rows.append(Measurement(1, "more", "input", 1.0, 0.01, 0.0))
    assert (code, severity) in {(f.code, f.severity) for f in check_area(area(rows))}
    if severity == "warning":
        close_balance(area(rows))
