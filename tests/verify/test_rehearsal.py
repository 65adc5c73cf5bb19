"""A rehearsed balance: what is simulated is what was stated while errors are small, and told where it is not."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from detente.errors import UsageError
from detente.report.verification.balance_page import page, tables
from detente.verify.balance.closing import PATTERNS, close_balance
from detente.verify.balance.files import practice_area
from detente.verify.balance.losses import simulate
from detente.verify.balance.rehearsal import rehearse


def small():
    """The practice area with errors ten times smaller, from which 4.4 kg are missing."""
    made = practice_area()
    rows = tuple(replace(m, random=m.random / 10, systematic=m.systematic / 10) for m in made.measurements)
    return replace(made, measurements=rows)


@pytest.mark.slow
def test_small_errors_keep_the_promises():
    """Though the area itself has lost something: only the loss that is rehearsed is missing."""
    balance = rehearse(close_balance(small(), loss_kg=0.2), 100_000, 5)
    assert {r.pattern for r in balance.rehearsed} == {"none", *PATTERNS}
    assert {r.test for r in balance.rehearsed} == {"cumuf", "sitmuf", "page", "gemuf", "gemuf_v5b3"}
    for r in balance.rehearsed:
        # waste known to 1.5 % still moves a chance by a few thousandths
        assert abs(r.found - r.stated) < 5 * r.sd + 0.004, r
    assert "as often as stated" in " ".join(page(rehearse(close_balance(small()), 2000, 5)).said)


def test_large_errors_are_told():
    """The practice area knows its waste to 15 %."""
    balance = rehearse(close_balance(practice_area()), 20_000, 1)
    assert "not as frequent as stated" in " ".join(page(balance).said)
    assert len(tables(balance)["rehearsal"].rows) == 20
    assert "rehearsal" in [p.id for p in page(balance).parts]


def test_what_the_area_has_lost_itself_is_not_in_its_histories():
    drawn = simulate(practice_area(), 20_000, 3)
    sigma = np.sqrt(np.diag(practice_area().covariance))
    assert np.abs(drawn.muf.mean(axis=0) / sigma).max() < 5 / np.sqrt(20_000)


def test_a_seed_is_a_result():
    balance = close_balance(practice_area())
    assert rehearse(balance, 200, 1).rehearsed == rehearse(balance, 200, 1).rehearsed
    assert rehearse(balance, 200, 1).rehearsed != rehearse(balance, 200, 2).rehearsed


@pytest.mark.parametrize("ask", [(0, None), (2_000_000, None), (10, "attic"), (10, "receipts"), (10, "waste")])
def test_what_cannot_be_rehearsed(ask):
    """No histories, too many, no such location, one of inputs, one that holds less than is to be lost."""
    with pytest.raises(UsageError):
        rehearse(close_balance(practice_area()), ask[0], 1, ask[1])
