"""How long an assessment takes until something is on the screen, beside one design of the same case.

    .venv/bin/python -m benchmarks.assess_speed                    # korea-2018, as many processes as cores
    .venv/bin/python -m benchmarks.assess_speed my.yaml --jobs 1

Seconds from the start of the process until its line comes: the verdict on the first question, all verdicts, what the
plan rests on, and everything, the table of expectations included. Then the same for `detente design` at that level.
"""

from __future__ import annotations

import argparse
import resource
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence

FIRST, SAID, RESTS = "Minimal success: yes", ": ", "What the plan rests on"


def lines_of(*words: str) -> Iterator[tuple[float, str]]:
    """What a command says while it works, and when."""
    start = time.perf_counter()
    command = [sys.executable, "-m", "detente", *words, "--no-cache", "--no-keep", "--json", "--verbose"]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        for line in process.stderr:
            yield time.perf_counter() - start, line.split("] ", 1)[-1].strip()
    yield time.perf_counter() - start, ""


def cpu_seconds() -> float:
    """What the commands that have ended took of all cores."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("case", nargs="?", default="korea-2018")
    parser.add_argument("--jobs", default="0")
    options = parser.parse_args(arguments)
    before, first, verdicts, said = cpu_seconds(), None, 0.0, []
    for seconds, text in lines_of("assess", options.case, "--jobs", options.jobs):
        print(f"{seconds:8.2f} s  {text or 'everything'}", flush=True)
        said.append((seconds, text))
    everything = said[-1][0]
    rests = next((at for at, text in said if text.startswith(RESTS)), everything)
    verdicts = max((at for at, text in said if text.endswith((": yes", ": no", ": undecided"))), default=everything)
    first = next((at for at, text in said if text.startswith(FIRST)), verdicts)
    footing = next((at for at, text in said if at > rests), everything)
    cost, before = cpu_seconds() - before, cpu_seconds()
    design = [at for at, _ in lines_of("design", options.case, "--success", "minimal")][-1]
    print(f"\nminimal success {first:.1f} s, all verdicts {verdicts:.1f} s, footing {footing:.1f} s,", end=" ")
    print(f"everything {everything:.1f} s ({cost:.1f} s of all cores)")
    print(f"one design {design:.1f} s ({cpu_seconds() - before:.1f} s of all cores): ratio {everything / design:.1f}")


if __name__ == "__main__":
    main()
