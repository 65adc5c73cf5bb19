"""The plan problem of a model as a growing MILP: what a plan may be, and valued conditions on demand. DESIGN §5, §6."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property

from detente.design.programme.columns import Columns, linear_of
from detente.design.programme.known import Known
from detente.design.programme.linear import Linear
from detente.design.programme.order import Order
from detente.design.programme.program import Program
from detente.design.programme.question import ANY_DEAL, Question, asked
from detente.design.programme.requirements import Requirements
from detente.design.programme.valued import ValuedRows
from detente.design.programme.verification import AsStated, Verifying
from detente.model.rows.linear import Rows


class Problem:
    """The programme for a model and a question: its columns, order, requirements and valued rows.

    `verification`: makes what is known of how measures are verified; by default as the dossier says.
    """

    def __init__(
        self,
        known: Known,
        question: Question = ANY_DEAL,
        verification: Callable[[Columns], Verifying] = AsStated,
    ) -> None:
        self.known, self.model, self.question = known, known.model, question
        self.program = Program()
        self.columns = Columns(self.model, self.program)
        self.verification = verification(self.columns)
        order = Order(self.columns)
        order.write()
        self.verification.write(order)
        self.requirements = Requirements(self.columns, self.verification)
        self.requirements.write()
        for name, requirement in asked(self.model, question).items():
            if name not in question.without:
                self.requirements.require(requirement)
        self.valued = ValuedRows(known, question, self.columns)

    @property
    def width(self) -> int:
        """How many columns are shares: the first ones."""
        return self.model.M * self.model.K

    @cached_property
    def worth(self) -> list[Linear | None]:
        """[P] V_p(f; 0), of parties that value something."""
        return [None if rows is None else self._value(rows) for rows in self.known.worth]

    def _value(self, rows: Rows) -> Linear:
        """A one-row value as a linear function of the columns."""
        standing = float(rows.const[0] + rows.coef[0, :, 0] @ self.model.state)
        return linear_of(self.columns, rows.coef[0, :, 1:].ravel(), rows.terms[0], standing)
