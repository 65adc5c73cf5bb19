"""How long verbs take that are given little time.

    .venv/bin/python -m benchmarks.limits_kept                      # all verbs that take a limit, on korea-2018
    .venv/bin/python -m benchmarks.limits_kept gap explain --limit 5

Each is asked in a process of its own that uses one processor, without the cache, after what it imports is loaded.
Beside the seconds that passed stand those for which it worked on when its time was up: on a busy machine these alone
say what is its own fault.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from collections.abc import Sequence
from importlib import import_module
from threading import Timer

from detente.dossier import load
from detente.workbench.verbs import VERBS, Verb, verb

GRACE = 2.0
"""Seconds beyond the limit that a verb may take to hand in what it has."""
LOADED = (
    *("assessment", "critical", "explain", "footing", "frontier", "gap"),
    *("detente.design.inspections.needs", "detente.design.exact.frontier"),
)


def limited() -> list[Verb]:
    """The verbs that take a limit."""
    return [row for row in VERBS if "time_limit" in row.options_model().model_fields]


def ask(name: str, case: str, limit: float) -> None:
    """Ask a verb here, and print what it took."""
    row = verb(name)
    row.result_type()
    for module in LOADED:
        import_module(module if "." in module else f"detente.design.questions.{module}")
    from detente.design.plan.rules import design

    dossier = load(case)
    plans = [design(dossier, "earliest", time_limit=60.0).plan] if any(i.kind == "plan" for i in row.inputs) else []
    alone = {"jobs": 1} if "jobs" in row.options_model().model_fields else {}
    begin, up = time.monotonic(), list[float]()
    clock = Timer(limit, lambda: up.append(time.process_time()))
    clock.start()
    result = row.ask(dossier, *plans, time_limit=limit, **alone)
    result.to_json()
    passed, worked = time.monotonic() - begin, time.process_time()
    clock.cancel()
    late = worked - up[0] if up else 0.0
    print(json.dumps({"passed": passed, "late": late, "status": getattr(result, "status", "")}))


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("verbs", nargs="*", help="by default all that take a limit")
    parser.add_argument("--case", default="korea-2018")
    parser.add_argument("--limit", type=float, default=2.0, help="seconds")
    parser.add_argument("--here", action="store_true", help="ask one verb in this process")
    chosen = parser.parse_args(arguments)
    if chosen.here:
        ask(chosen.verbs[0], chosen.case, chosen.limit)
        return
    for name in chosen.verbs or [row.name for row in limited()]:
        command = [sys.executable, "-m", "benchmarks.limits_kept", name, "--here"]
        command += ["--case", chosen.case, "--limit", str(chosen.limit)]
        found = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
        kept = "within" if found["late"] <= GRACE else "BEYOND"
        took = f"{found['passed']:6.2f} s passed, worked on for {found['late']:5.2f} s"
        print(f"{name:14}{took}  {kept} {GRACE:g} s  {found['status']}", flush=True)


if __name__ == "__main__":
    main()
