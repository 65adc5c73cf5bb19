"""How soon help comes, and what of that is not ours.

    .venv/bin/python -m benchmarks.help_speed

Baselines, in the same run: an interpreter that does nothing, and one that imports the library that commands are written
with. Each figure is the least of several runs, each in a process of its own.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from collections.abc import Sequence

from benchmarks.clock import fastest

AIM = 0.4
"""Seconds, on a quiet machine."""


def seconds(*arguments: str, runs: int) -> float:
    command = [sys.executable, *arguments]
    return fastest(lambda: subprocess.run(command, check=True, stdout=subprocess.DEVNULL), runs)[0]


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=7, help="how often each is run")
    runs = parser.parse_args(arguments).runs
    nothing = seconds("-c", "pass", runs=runs)
    library = seconds("-c", "import cyclopts", runs=runs)
    ours = seconds("-m", "detente", "--help", runs=runs)
    print(f"an interpreter        {nothing:6.3f} s")
    print(f"with cyclopts         {library:6.3f} s")
    print(f"detente --help        {ours:6.3f} s  ratio to cyclopts alone {ours / library:.2f}")
    print(f"{ours:.2f} s is {'within' if ours <= AIM else 'BEYOND'} the {AIM} s asked for")


if __name__ == "__main__":
    main()
