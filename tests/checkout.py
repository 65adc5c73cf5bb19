"""Where things are: the checkout, and the shared data that may be beside it."""

from __future__ import annotations

from pathlib import Path

import pytest

REPO = Path(__file__).resolve().parent.parent
SHARED = REPO.parent / "shared"

SHARED_IS_HERE = (SHARED / "data").is_dir()
WHY_NOT_SHARED = "needs ../shared/data, which is not beside this checkout"

needs_shared = pytest.mark.skipif(not SHARED_IS_HERE, reason=WHY_NOT_SHARED)
"""For a module or a test that reads the shared data without asking for the `shared` fixture."""
