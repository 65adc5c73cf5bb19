"""Words that a design is asked for and answered in. Imports nothing: faces read it at once."""

from __future__ import annotations

from typing import Literal

Rule = Literal["nash", "kalai_smorodinsky", "egalitarian", "utilitarian", "robust", "earliest", "minimal"]
"""Which of the plans that both sides would keep is the best."""
Status = Literal["satisfactory", "none_exists", "undecided"]
"""Whether a satisfactory plan was found, or proved not to exist."""
