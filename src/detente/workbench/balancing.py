"""`verify balance`: is material missing, and is it more than error?"""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, ClassVar

from detente.errors import DossierError, Finding, UsageError
from detente.report.verification import balance_page
from detente.verify.balance.area import BalanceArea
from detente.verify.balance.closing import Balance, close_balance
from detente.verify.balance.files import practice_area, read_area
from detente.verify.balance.rehearsal import rehearse
from detente.verify.declaration.figures import KG_PER_SIGNIFICANT_QUANTITY
from detente.workbench.envelope import Task, answers
from detente.workbench.faces.verification import BalanceFace
from detente.workbench.keeping import Subject
from detente.workbench.options import VerifyBalanceOptions
from detente.workbench.verbs import Verb
from detente.workbench.verification import Source, Verification, question_of, share_between

PRACTICE = "practice"
"""The name of the made-up balance area."""


@dataclass(frozen=True, repr=False)
class VerifyBalanceResult(Verification):
    """What is missing from a balance area, and whether that is more than error."""

    face = BalanceFace
    reads: ClassVar[Any] = balance_page

    found: Balance

    def _found(self) -> tuple[Any, ...]:
        return (self.found,)

    @property
    def tests(self) -> dict[str, Any]:
        """What each test says, by its name."""
        return {
            v.test: {
                "title": v.title,
                "statistic": list(v.statistic),
                "threshold": v.threshold,
                "alarms": [self.found.periods[i - 1].name for i in v.alarms],
                "false_alarm_rate": v.false_alarm_rate,
                "scope": v.scope,
                "detects": dict(v.detects),
                "alarm_by_period": {name: [1 - float(s) for s in t.survival] for name, t in v.times.items()},
            }
            for v in self.found.verdicts
        }

    @property
    def compared(self) -> list[dict[str, Any]]:
        """What was measured again."""
        return [{**asdict(c), "alarm": c.difference.alarm} for c in self.found.compared]


def _read_balance(row: Verb, inputs: tuple[Any, ...], options: VerifyBalanceOptions) -> Subject:
    area, findings = _area(inputs[0], known_opening=options.known_opening)
    rows = [asdict(replace(m, line=None)) for m in area.measurements]
    question = question_of(row, area.title, {"periods": list(area.periods), "rows": rows}, options)
    question = replace(question, seed=options.seed) if options.simulate else question
    return Subject(area, question, tuple(findings), inputs=inputs)


@answers("verify balance", reads=_read_balance)
def verify_balance(task: Task[VerifyBalanceOptions]) -> VerifyBalanceResult:
    """Close the material balances of an area: what is missing, is it more than error, which losses would be seen."""
    chosen, subject = task.options, task.subject
    loss = KG_PER_SIGNIFICANT_QUANTITY[chosen.material] if chosen.loss is None else chosen.loss
    if chosen.taken_from and not chosen.simulate:
        raise UsageError("‘taken_from’ is about simulated histories: say how many, such as ‘simulate 20000’")
    rate = share_between(chosen.false_alarms, "false_alarms", 0.5)
    balance = close_balance(subject.about, loss_kg=loss, false_alarm_rate=rate, k=chosen.k)
    if chosen.simulate:
        balance = rehearse(balance, chosen.simulate, chosen.seed, chosen.taken_from)
    findings = tuple(dict.fromkeys([*subject.findings, *balance.findings]))
    return VerifyBalanceResult(subject.question, findings, balance)


def _area(source: Source, *, known_opening: bool) -> tuple[BalanceArea, tuple[Finding, ...]]:

    if str(source) == PRACTICE and not Path(source).exists():
        return practice_area().with_known_opening(known_opening), ()
    area, findings = read_area(source, opening_is_known=known_opening)
    if area is None:
        raise DossierError(findings)
    return area, findings
