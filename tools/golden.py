"""Golden answers: what every verb says of the bundled cases, as JSON, and whether it still says it.

    python tools/golden.py take FOLDER        write the answers
    python tools/golden.py compare FOLDER     say what is different; ends with 1 where anything is
    python tools/golden.py compare FOLDER NAME...     the same of a few questions, and of those that write their files

Where an answer comes from and what it cost is masked, and how far a bound was pushed. Of two plans whose objectives lie
within the gap that was asked for, either will do.
"""

from __future__ import annotations

import contextlib
import io
import json
import math
import os
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from detente.cli import run

REPO = Path(__file__).resolve().parent.parent
GAP = 0.005
"""The gap that verbs are asked for where nothing else is said."""
KOREA, RIVER = "korea-2018", "river.yaml"
PLAN, OTHER, RIVER_PLAN = "plan.json", "other.json", "river.json"
QUESTIONS: dict[str, tuple[str, ...]] = {
    "cases": ("cases",),
    "schema": ("schema",),
    "new": ("new", RIVER),
    "check": ("check", KOREA),
    "design": ("design", KOREA, "--success", "minimal", "--out", PLAN),
    "design-openings": ("design", KOREA, "--openings", "usa", "--openings", "dprk"),
    "design-other": ("design", KOREA, "--rule", "earliest", "--out", OTHER),
    "check-plan": ("check", KOREA, OTHER, "--success", "full"),
    "design-river": ("design", RIVER, "--success", "full", "--out", RIVER_PLAN),
    "evaluate": ("evaluate", RIVER, RIVER_PLAN),
    "compare": ("compare", KOREA, PLAN, OTHER),
    "diff": ("diff", KOREA, "--set", "parties.usa.walk_away=5"),
    "assess": ("assess", RIVER),
    "assess-korea": ("assess", KOREA, "--no-hopes"),
    "explain": ("explain", KOREA, "--openings", "usa", "--most", "2", "--alternatives", "1"),
    "explain-river": ("explain", RIVER),
    "gap": ("gap", RIVER),
    "critical": ("critical", KOREA, "--only", "parties.usa.walk_away", "--jobs", "1"),
    "critical-river": ("critical", RIVER, "--only", "parties.north", "--pairs", "--jobs", "1"),
    "frontier": ("frontier", RIVER, "--points", "3"),
    "needs": ("verify", "needs", RIVER),
    "declaration-2008": ("verify", "declaration", "dprk-2008"),
    "declaration-2018": ("verify", "declaration", "dprk-2018"),
    "balance": ("verify", "balance", "practice", "--loss", "4", "--simulate", "500", "--taken-from", "process"),
    "sample": ("verify", "sample", "--items", "120", "--mean-kg", "2", "--method", "40@10%", "--method", "8@1%"),
    "sample-strata": ("verify", "sample", "practice-store"),
    "inspect": ("verify", "inspect", "yongbyon-2018", "--days", "150", "--schedule", "random", "--case", KOREA),
    "sheets-export": ("sheets", "export", RIVER, "river.xlsx"),
    "sheets-import": ("sheets", "import", "river.xlsx", "again.yaml"),
    "export-xlsx": ("export", "xlsx", KOREA, PLAN),
    "export-ics": ("export", "ics", KOREA, PLAN),
    "export-efg": ("export", "efg", KOREA, PLAN),
    "misuse": ("design", KOREA, "--openings", "nobody"),
}
FILES = ("new", "sheets-export")
"""Questions that write a file which others are about."""
NEVER_CACHED = ("assess", "design")
"""Verbs that are asked with --no-cache; the runs of the others begin in an empty folder."""
MASKED = ("run", "versions", "solver", "wall_seconds", "cached", "options")
UNSURE = ("bound", "gap", "first_plan_seconds")
TIED = "robust"
"""The rule under which many plans are equally good: what each party gets by it hangs on where the search began."""


def answers(known: Path | None = None, only: Sequence[str] = ()) -> Iterator[tuple[str, Any]]:
    """Each question's name, and its exit code and JSON, asked in a folder of their own in the order of the list.

    Plans that later questions are about are those of the answers that are known, where there are such.
    """
    with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):
        os.environ["DETENTE_HOME"] = str(Path(folder) / "home")
        for name, words in QUESTIONS.items():
            if known and "--out" in words:
                _put(known, name, words[-1])
            if only and name not in (*only, *FILES):
                continue
            more = ("--no-cache",) if words[0] in NEVER_CACHED else ()
            said = io.StringIO()
            with contextlib.redirect_stdout(said):
                code = run([*words, *more, "--json"])
            if known and "--out" in words:
                _put(known, name, words[-1])
            yield name, {"exit": code, "said": masked(json.loads(said.getvalue()))}


def _put(known: Path, name: str, file: str) -> None:
    """Put the plan of a known answer where later questions look for it."""
    plan = json.loads((known / f"{name}.json").read_text(encoding="utf-8"))["said"]
    Path(file).write_text(json.dumps(plan), encoding="utf-8")


def masked(node: Any) -> Any:
    """An answer without what may be different from one run, machine or version to the next."""
    if isinstance(node, dict):
        plain = {k: masked(v) for k, v in node.items() if k != "provenance"}
        return plain | ({"provenance": _source(node["provenance"])} if "provenance" in node else {})
    if isinstance(node, list):
        return [masked(v) for v in node]
    return node.replace(str(REPO), "REPO") if isinstance(node, str) else node


def _source(provenance: dict[str, Any]) -> dict[str, Any]:
    return {k: masked(v) for k, v in provenance.items() if k not in MASKED}


def differences(old: Any, new: Any, path: str = "") -> Iterator[str]:
    """Where two answers say something else."""
    if isinstance(old, dict) and isinstance(new, dict):
        if _as_good(old, new):
            return
        for key in dict.fromkeys((*old, *new)):
            if key not in old or key not in new:
                yield f"{path}.{key}: {'added' if key in new else 'gone'}"
            elif path.endswith(".gets") and key == TIED:
                continue
            elif key not in UNSURE or isinstance(old[key], dict):
                yield from differences(old[key], new[key], f"{path}.{key}")
    elif isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
        for i, (a, b) in enumerate(zip(old, new, strict=True)):
            yield from differences(a, b, f"{path}[{i}]")
    elif not _same(old, new):
        yield f"{path}: {_short(old)} is now {_short(new)}"


def _as_good(old: dict[str, Any], new: dict[str, Any]) -> bool:
    """Whether two designs are other plans of one rule whose objectives are within the gap."""
    a, b = old.get("objective"), new.get("objective")
    plans = [{k: d.get(k) for k in ("entry", "share", "plan")} for d in (old, new)]
    if not (isinstance(a, float) and isinstance(b, float)) or plans[0] == plans[1]:
        return False
    return old["rule_used"] == new["rule_used"] and abs(a - b) <= GAP * max(abs(a), abs(b), 1.0)


def _same(old: Any, new: Any) -> bool:
    if isinstance(old, float) and isinstance(new, float):
        return math.isclose(old, new, rel_tol=1e-6, abs_tol=1e-8)
    return bool(old == new)


def _short(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 60 else text[:57] + "..."


def take(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name, answer in answers():
        (folder / f"{name}.json").write_text(json.dumps(answer, ensure_ascii=False, indent=0) + "\n", encoding="utf-8")
        print(name, file=sys.stderr, flush=True)


def compare(folder: Path, only: Sequence[str] = ()) -> list[str]:
    """What is different now, a line each."""
    found = []
    for name, answer in answers(folder, only):
        known = json.loads((folder / f"{name}.json").read_text(encoding="utf-8"))
        different = [f"{name}{where}" for where in differences(known, answer)]
        print(f"{name}: {len(different)} different", file=sys.stderr, flush=True)
        found += different
    return found


def main() -> int:
    if len(sys.argv) < 3 or sys.argv[1] not in ("take", "compare"):
        print(__doc__, file=sys.stderr)
        return 2
    if sys.argv[1] == "take":
        take(Path(sys.argv[2]).resolve())
        return 0
    found = compare(Path(sys.argv[2]).resolve(), sys.argv[3:])
    print("\n".join(found) or "nothing is different")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
