"""Whether two models say the same of all that a party's conditions hang on: then these need not be worked out twice.

A case as some party sees it, or with one number changed, differs from the case in what one party values, as a rule.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from detente.model.rows.arrays import Model

VALUES = ("discount", "rho", "valued", "consents", "once", "over", "walk_away", "collapse", "limit", "losses")
LAYERS = ("layers", "intrusion")
"""What a model says of each party's values, of which nobody else's conditions know."""
COURSE = (
    *("parties", "measures", "interactions", "conditions", "tau", "by", "answers", "needs", "costs", "minds", "dreads"),
    *("falls", "undo", "keeps", "state", "response", "exits", "divisible", "fakeable", "detection", "delay"),
    *("false_alarms", "pauses"),
)
"""What it says of what happens after a breach, a faking or an exit, whoever values it."""


def alike(a: Model, b: Model, p: int) -> bool:
    """Whether the conditions of party p are the same in two models."""
    return all(_same(getattr(a, name), getattr(b, name)) for name in COURSE) and _values(a, p) == _values(b, p)


def _same(x: Any, y: Any) -> bool:
    return np.array_equal(x, y) if isinstance(x, np.ndarray) else bool(x == y)


def _values(model: Model, p: int) -> tuple[object, ...]:
    """What a party values, to the last bit."""
    points = [np.asarray(getattr(model, name)[p]).tobytes() for name in (*VALUES, "intrusion_once")]
    flows = [[(until, x[p].tobytes()) for until, x in getattr(model, name) if np.any(x[p])] for name in LAYERS]
    return *points, *flows
