"""Words that a question or an answer is put in, the same on every floor. Imports nothing: faces read it at once."""

from __future__ import annotations

from typing import Literal

SuccessLevel = Literal["none", "minimal", "full"]
Disagreement = Literal["walk_away", "no_deal"]
"""What gains are counted from: walk-away values, or no deal, with walk-away values as a condition only."""
Side = Literal["before", "after", "between"]
"""Of a moment: just before or just after what happens at a time, or just after a time between such times."""
