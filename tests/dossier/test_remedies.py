"""Every slip has a remedy, and a misspelt field comes before what follows from it."""

from __future__ import annotations

import re
import subprocess
import sys

import pytest

from detente.dossier import reads, starter


@pytest.mark.parametrize(
    ("old", "new", "remedy"),
    [
        (r"start: 2025-01-01", "start: 1 Jan 2025", "write a date as 2025-12-31"),
        (r"takes: .*", "takes: 6", "did you mean '6 months'?"),
        (r"takes: .*", "takes: 10 dys", "did you mean '10 days'?"),
        (r"takes: .*", "takes: soon", "write digits and a unit, such as 6 months"),
        (r"water: \{low: -20", "water: {low: 20", "put them in order"),
        (r"worst: 20", "worst: twenty", "write it in digits, such as 30"),
        (r"worst: 20", "worst: {value: 30,5}", "write value: 30.5 with a point; a comma begins another field"),
        (r"worst: 20", "worst: 30,5", "write 30.5"),
        (r"worst: 20", "worst: .nan", "write a finite number"),
        (r"discount: .*", "discount: -3 %/year", "write 0 or more, such as '8 %/year'"),
        (r"detects: \{.*?\}", "detects: 100 %/year", "write less, such as '99 %/year'"),
        (r"keeps: 0 %", "keeps: 150 %", "write 50 % or 0.5"),
        (r"discount: .*", "discount: 3 %", "did you mean '3 %/year'?"),
        (r"(?m)^    undo: ", "    if_over: {water: -15}\n    undo: ", "write {level: -15}"),
        (r"name: North", "name: 5", "put quotes round it if it looks like a number"),
    ],
)
def test_a_slip_has_its_remedy(old: str, new: str, remedy: str) -> None:
    text = re.sub(old, lambda _: new, starter(), count=1)
    _, findings = reads(text, "x.yaml")
    assert remedy in [f.remedy for f in findings if f.severity == "error"]


@pytest.mark.parametrize(("field", "slip"), [("discount", "dicount"), ("parties", "partys")])
def test_a_misspelt_field_comes_before_what_follows_from_it(field: str, slip: str) -> None:
    _, findings = reads(re.sub(rf"(?m)^( *){field}:", rf"\1{slip}:", starter(), count=1), "x.yaml")
    assert [f.path.rpartition(".")[2] for f in findings if f.severity == "error"][:2] == [slip, field]


def test_findings_do_not_depend_on_the_order_of_sets() -> None:
    """The first of several cycles is the same whatever strings hash to."""
    program = (
        "from detente.dossier.checks.order import loops, with_demanded_order\n"
        "from detente.dossier import load, apply\n"
        "d = load('korea-2018'); ms = list(d.measures)[:6]\n"
        "demands = {f'demands.x{i}': {'by': 'usa', 'firmness': 'opening', 'require': {'before': [a, b]}}\n"
        "           for i, (a, b) in enumerate((a, b) for a in ms for b in ms if a != b)}\n"
        "print(loops(with_demanded_order(apply(d, demands))))\n"
    )
    said = {
        subprocess.run(
            [sys.executable, "-c", program],
            env={"PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
            timeout=60,
        ).stdout
        for seed in ("1", "2", "3")
    }
    assert len(said) == 1
