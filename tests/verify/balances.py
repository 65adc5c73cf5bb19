"""Balance areas for tests: the public vectors as areas, random ones, and the definition of their covariance."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from hypothesis import strategies as st

from detente.verify.balance.area import SIGNS, BalanceArea, Component, Measurement

KINDS: dict[str, Component] = {"inputs": "input", "outputs": "output", "inventories": "inventory"}


@cache
def vectors(shared: Path) -> dict[str, dict[str, Any]]:
    """The known answers on verification, by name."""
    text = (shared / "data" / "known_answers" / "verification.json").read_text(encoding="utf-8")
    return {v["name"]: v for v in json.loads(text)}


def area_of(inputs: dict[str, Any]) -> BalanceArea:
    """The area that a vector's inputs describe."""
    rows = []
    for name, kind in KINDS.items():
        key = "inventories_at_boundaries" if kind == "inventory" else f"{name}_per_period"
        for i, amounts in enumerate(inputs[key]):
            for place, amount in enumerate(amounts):
                random, systematic = inputs["rel_random_systematic"][name][place]
                period = i if kind == "inventory" else i + 1
                rows.append(Measurement(period, f"{name} {place}", kind, amount, random, systematic))
    return area(rows)


def area(rows: list[Measurement], **more: Any) -> BalanceArea:
    return BalanceArea("test", tuple(str(i + 1) for i in range(max(m.period for m in rows))), tuple(rows), **more)


def by_definition(area: BalanceArea) -> np.ndarray:
    """Covariance of the MUFs from that of the single amounts, pair by pair."""
    rows, n = area.measurements, len(area.periods)
    exact = [area.opening_is_known and m.kind == "inventory" and m.period == 0 for m in rows]
    amounts = np.zeros((len(rows), len(rows)))
    for i, a in enumerate(rows):
        for j, b in enumerate(rows):
            if exact[i] or exact[j]:
                continue
            if a.source == b.source:
                amounts[i, j] = a.amount_kg * a.systematic * b.amount_kg * b.systematic
            if i == j:
                amounts[i, i] += a.items * (a.amount_kg / a.items * a.random) ** 2
    enters = np.zeros((n, len(rows)))
    for j, m in enumerate(rows):
        if m.kind == "inventory":
            for period, sign in ((m.period, -1), (m.period + 1, 1)):
                if 1 <= period <= n:
                    enters[period - 1, j] = sign
        else:
            enters[m.period - 1, j] = SIGNS[m.kind]
    return np.asarray(enters @ amounts @ enters.T)


@st.composite
def areas(draw: st.DrawFn, most: int = 7) -> BalanceArea:
    """Areas of a few locations that may share instruments and are calibrated now and then."""
    n = draw(st.integers(1, most))
    rows: list[Measurement] = []
    for place in range(draw(st.integers(2, 5))):
        kind: Component = ("inventory", "input", "output")[place] if place < 3 else draw(st.sampled_from(list(SIGNS)))
        random, systematic = draw(st.floats(0.002, 0.1)), draw(st.floats(0, 0.1))
        instrument = draw(st.sampled_from(["", "scale", "monitor"]))
        segment = draw(st.integers(1, n))
        items = draw(st.sampled_from([1, 1, 4]))
        for period in range(kind != "inventory", n + 1):
            amount = draw(st.floats(1, 100))
            calibration = str(period // segment)
            rows.append(
                Measurement(
                    period, f"kp{place}", kind, amount, random, systematic, instrument, calibration, items=items
                )
            )
    return area(rows, opening_is_known=draw(st.booleans()))


@st.composite
def covariances(draw: st.DrawFn, least: int = 1, most: int = 8) -> np.ndarray:
    """Positive definite matrices that no area needs to explain."""
    n = draw(st.integers(least, most))
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    factor = rng.standard_normal((n, n + draw(st.integers(0, 3))))
    return np.asarray(factor @ factor.T + draw(st.floats(0.05, 2.0)) * np.eye(n))


def losses(n: int, least: float = 0.0) -> st.SearchStrategy[np.ndarray]:
    return st.lists(st.floats(least, 5.0), min_size=n, max_size=n).map(np.array)


def drawn_one_by_one(area: BalanceArea, count: int, rng: np.random.Generator) -> np.ndarray:
    """MUFs, [period, history], item by item from x = t(1 + r + s), without the code under test."""
    shared: dict[tuple[str, ...], np.ndarray] = {}
    muf = np.zeros((len(area.periods), count))
    for m in area.measurements:
        own = (m.instrument,) if m.instrument else ("", m.location, m.kind)
        lean = shared.setdefault((*own, m.calibration), rng.standard_normal(count))
        error = m.random * rng.standard_normal((m.items, count)).mean(axis=0) + m.systematic * lean
        exact = area.opening_is_known and m.kind == "inventory" and m.period == 0
        x = m.amount_kg * (1.0 + (0.0 if exact else error))
        if m.kind != "inventory":
            muf[m.period - 1] += x if m.kind == "input" else -x
        if m.kind == "inventory" and m.period > 0:
            muf[m.period - 1] -= x
        if m.kind == "inventory" and m.period < len(area.periods):
            muf[m.period] += x
    return muf - area.muf[:, None]


def within(found: float, expected: float, sd: float, sigmas: float = 5.0) -> bool:
    """Whether a sampled number is where it should be."""
    return abs(found - expected) <= sigmas * sd
