"""What the tests of the workbench and of the command line share: a small case, broken ones, plans."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from detente.dossier import starter

GOOD_PLAN = {
    "entry": {
        "gauges": "2025-07-01",
        "release_water": "2025-10-01",
        "release_more": "2026-07-01",
        "free_captives": "2025-04-01",
        "pay_for_power": "2025-10-01",
        "open_crossing": "2025-07-01",
    }
}
SLACK_KEYS = {
    *("kind", "party", "other", "measure", "moment", "date", "keep", "deviate", "slack", "name", "note"),
    *("years", "leaves", "answer", "measures"),
}
FINDING_KEYS = {"code", "severity", "message", "file", "line", "column", "path", "remedy"}


def write_case(folder: Path) -> Path:
    path = folder / "river.yaml"
    path.write_text(starter(), encoding="utf-8")
    return path


def write_broken(folder: Path) -> Path:
    """Two errors: a performer that does not exist, and a demand of another."""
    path = folder / "broken.yaml"
    text = (
        starter()
        .replace("by: north\n    takes", "by: nroth\n    takes", 1)
        .replace("by: south\n    firmness", "by: suoth\n    firmness", 1)
    )
    path.write_text(text, encoding="utf-8")
    return path


def write_plan(folder: Path, name: str = "plan.json", **changes: Any) -> Path:
    path = folder / name
    path.write_text(json.dumps({"entry": GOOD_PLAN["entry"] | changes}), encoding="utf-8")
    return path
