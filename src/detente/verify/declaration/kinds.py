"""Words that a declaration and a question about one share. Imports nothing: faces read it at once."""

from __future__ import annotations

from typing import Literal

Material = Literal["plutonium", "u233", "heu", "leu", "natural_uranium", "depleted_uranium", "thorium"]
