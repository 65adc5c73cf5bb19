"""`forget`: stored runs removed from the disk, for a dossier can be secret."""

from __future__ import annotations

from dataclasses import dataclass

from detente.errors import UsageError
from detente.workbench.envelope import answers
from detente.workbench.faces.housekeeping import ForgetFace
from detente.workbench.options import ForgetOptions
from detente.workbench.results import Result
from detente.workbench.store import Store


@dataclass(frozen=True, repr=False)
class ForgetResult(Result):
    """The runs that are stored no more."""

    face = ForgetFace

    forgotten: tuple[str, ...]

    def sentences(self) -> tuple[str, ...]:
        n = len(self.forgotten)
        return (f"Forgot {n} run{'' if n == 1 else 's'}{': ' if n else ''}{', '.join(self.forgotten)}.",)


@answers("forget", of_runs=True)
def forget(run: str | None, chosen: ForgetOptions, store: Store) -> ForgetResult:
    """Remove a stored run (the beginning of its id is enough), all of them, or those of a case. Raises UsageError."""
    if sum((run is not None, chosen.all, chosen.case is not None)) != 1:
        raise UsageError("forget a run, ‘all’ of them, or those of a ‘case’: name one of these")
    return ForgetResult(tuple(name for name in _named(store, run, chosen.case) if store.forget(name)))


def _named(store: Store, run: str | None, case: str | None) -> list[str]:
    if run is not None:
        return [store.find(run)[0]]
    return store.ids() if case is None else [r for r in store.ids() if case in store.cases_of(r)]
