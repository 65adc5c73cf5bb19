"""The one way from a question to its answer: read what is asked about, look in the cache, solve within a time limit,
store, hand on. A verb's function says only how it solves; `answers` puts it into this envelope.
"""

from __future__ import annotations

import inspect
import math
import re
import time
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from functools import wraps
from pathlib import Path
from threading import Event
from typing import Any, Generic, TypeVar

from detente.dossier.library import path_of
from detente.errors import UsageError
from detente.workbench.asking import ask, known_parties, read_plan
from detente.workbench.keeping import Kept, Subject, keep, recalled
from detente.workbench.options import CaseOptions, Options, options_of
from detente.workbench.provenance import provenance
from detente.workbench.store import Store, StoreWarning
from detente.workbench.verbs import Given, Verb, verb

O = TypeVar("O", bound=Options)  # noqa: E741
R = TypeVar("R")
Function = Callable[..., Any]
Reads = Callable[[Verb, tuple[Any, ...], Any], Subject]


LEAST = 1e-9
"""Seconds that are left when none are: a limit is above 0."""


@dataclass(frozen=True)
class Progress:
    """How far an answer has come: how many of how many parts, where that is known, in words, and the best so far."""

    text: str
    done: int | None = None
    of: int | None = None
    best: Mapping[str, Any] | None = None
    """What was found that is new, as JSON: of `design` the best plan so far, its objective and the bound."""


@dataclass(frozen=True)
class Work:
    """What a verb may use while it solves: its time, and who hears of it."""

    limit: float
    """Seconds, for the whole verb."""
    begin: float
    tell: Callable[[Progress], None]
    stopped: Callable[[], bool]
    """Whether whoever asked wants no more than what has been found."""
    executor: Any = None

    @property
    def left(self) -> float:
        """Seconds; never quite nothing."""
        return max(LEAST, self.limit - (time.monotonic() - self.begin))

    def over(self) -> bool:
        """Whether to hand in what has been found, for want of time or because it was stopped."""
        return self.stopped() or time.monotonic() - self.begin >= self.limit

    def say(self, text: str) -> None:
        """Progress in words, as the floors below tell it; "3 of 10 numbers searched" and "... (3 of 10)" count."""
        counted = re.search(r"\b(\d+) of (\d+)\b", text)
        done, of = (int(counted[1]), int(counted[2])) if counted else (None, None)
        self.tell(Progress(text, done, of))


@dataclass(frozen=True)
class Task(Generic[O]):
    """A question with its options, and how long there is to answer it."""

    subject: Subject
    options: O
    work: Work


def read_case(row: Verb, inputs: tuple[Any, ...], options: CaseOptions) -> Subject:
    """A case, and the plans for it. Raises DossierError, UsageError."""
    case, *rest = inputs
    asked = ask(case, options)
    openings = getattr(options, "openings", ())
    known_parties(asked.dossier, () if openings == ("none",) else openings)
    given = [p for one in rest for p in (one if isinstance(one, tuple) else (one,)) if p is not None]
    plans = tuple(read_plan(asked.dossier, p) for p in given)
    question = provenance(row.name, asked.dossier, options, tuple(p.to_dict() for p in plans))
    return Subject(asked.dossier, question, asked.findings, plans, inputs)


def answers(
    name: str, reads: Reads = read_case, *, of_runs: bool = False
) -> Callable[[Callable[..., R]], Callable[..., R]]:
    """Make the function of a verb's row. What is kept is given a Task; else the inputs, then the options.

    `of_runs`: it is about stored runs, and given the store after the options.
    """
    row = verb(name)

    def enveloped(solve: Callable[..., R]) -> Callable[..., R]:
        signature = _signature(row)

        @wraps(solve)
        def public(*given: Any, files: bool = True, **keywords: Any) -> Any:
            inputs, options = _parted(given, keywords.pop("options", None))
            caller = Caller(**{k: keywords.pop(k) for k in CALLER if k in keywords})
            placed = _placed(signature, inputs)
            chosen = options_of(row.options_model(), options, keywords)
            if not files:
                _refuse_files(row, placed, chosen)
            if not row.kept:
                return solve(*placed, chosen, caller.store or Store()) if of_runs else solve(*placed, chosen)
            return _answer(row, solve, reads, placed, chosen, caller)

        public.__signature__ = _shown(signature, row)  # type: ignore[attr-defined]
        public.__doc__ = _described(solve, row)
        return public

    return enveloped


@dataclass(frozen=True)
class Caller:
    """Who asks: hears of an answer while it is sought, says when enough is found, and keeps it."""

    say: Callable[[str], None] | None = None
    cancelled: Callable[[], bool] | None = None
    progress: Callable[[Progress], None] | None = None
    cancel: Event | None = None
    executor: Any = None
    warn: Callable[[str], None] | None = None
    """Told where an answer could not be stored; left out, Python warns."""
    store: Store | None = None
    """Where answers are kept and come from; left out, nowhere."""

    def tell(self, progress: Progress) -> None:
        if self.say:
            self.say(progress.text)
        if self.progress:
            self.progress(progress)

    def stopped(self) -> bool:
        return bool(self.cancelled and self.cancelled()) or bool(self.cancel and self.cancel.is_set())


CALLER = tuple(f.name for f in fields(Caller))
HEARD = ("say", "cancelled", "progress", "cancel")
"""Keywords that the function of a long verb shows besides its options."""


def _answer(row: Verb, solve: Function, reads: Reads, inputs: tuple[Any, ...], options: Any, caller: Caller) -> Kept:
    begin, store = time.monotonic(), caller.store
    subject = reads(row, inputs, options)
    kind: Any = row.result_type()
    if store and options.cache and (known := recalled(store, kind, subject)) is not None:
        return known
    work = Work(getattr(options, "time_limit", math.inf), begin, caller.tell, caller.stopped, caller.executor)
    found: Kept = solve(Task(subject, options, work))
    source = found.provenance.answered(solver=found.solved, wall_seconds=time.monotonic() - begin)
    result: Kept = replace(found, provenance=source)  # type: ignore[type-var]
    if not store or not options.keep:
        return result
    finished = not work.over()

    def store_it(whole: Kept) -> None:
        if (why_not := keep(store, whole, subject, finished=finished)) is not None:
            (caller.warn or _warn)(why_not)

    return result.once_whole(store_it)


def _warn(text: str) -> None:
    warnings.warn(text, StoreWarning, stacklevel=4)


# --- what a function takes ---------------------------------------------------------------------------------------


def _parted(given: tuple[Any, ...], options: Options | None) -> tuple[tuple[Any, ...], Options | None]:
    """Inputs, and the options model that may follow them."""
    if given and isinstance(given[-1], Options):
        return given[:-1], given[-1]
    return given, options


def _parameter(one: Given) -> inspect.Parameter:
    kind = inspect.Parameter.VAR_POSITIONAL if one.many else inspect.Parameter.POSITIONAL_ONLY
    default = inspect.Parameter.empty if one.required or one.many else None
    return inspect.Parameter(one.name, kind, default=default)


def _signature(row: Verb) -> inspect.Signature:
    return inspect.Signature([_parameter(i) for i in row.inputs])


def _placed(signature: inspect.Signature, inputs: tuple[Any, ...]) -> tuple[Any, ...]:
    """The inputs in order, with None for what was left out. Raises TypeError. A trailing None may be options."""
    if inputs and inputs[-1] is None and not any(p.kind is p.VAR_POSITIONAL for p in signature.parameters.values()):
        inputs = inputs[: len(signature.parameters)]
    bound = signature.bind(*inputs)
    bound.apply_defaults()
    return tuple(bound.arguments.values())


def _shown(signature: inspect.Signature, row: Verb) -> inspect.Signature:
    """The signature that a notebook shows: the inputs, then every option as a keyword."""
    heard = HEARD if row.long else ()
    keywords = [inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=None) for name in heard]
    options = [
        inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=field.default, annotation=field.annotation)
        for name, field in row.options_model().model_fields.items()
    ]
    return inspect.Signature([*signature.parameters.values(), *keywords, *options])


def _described(solve: Function, row: Verb) -> str:
    options = row.options_model().model_fields
    listed = "\n".join(f"    {name}: {field.description}" for name, field in options.items())
    return f"{solve.__doc__}\n\n    Options\n    -------\n{listed}\n" if options else str(solve.__doc__)


def _refuse_files(row: Verb, inputs: Sequence[Any], options: Options) -> None:
    """Raises UsageError where an input or an option names a file: only bundled ids and what is handed over will do."""
    for one, value in zip(row.inputs, inputs, strict=True):
        if (file := next((given for given in _several(value) if _may_be_a_file(one, given)), None)) is not None:
            raise UsageError(f"{one.name} {file!r} is a file, or nothing known: hand over what it says")
    named = [str(v) for name in options.files_in for v in _several(getattr(options, name))]
    if row.writes == "file" or any(path_of(name) is None or Path(name).exists() for name in named):
        raise UsageError("files are neither read nor written here: hand over what they say")


def _several(value: Any) -> tuple[Any, ...]:
    return value if isinstance(value, tuple) else () if value is None else (value,)


def _may_be_a_file(one: Given, given: Any) -> bool:
    return isinstance(given, Path) or (isinstance(given, str) and not _is_known(one, given))


def _is_known(one: Given, given: str) -> bool:
    """Whether a text is an id that we know, or could be one; never where a file is so named."""
    if one.kind not in ("case", "source") or Path(given).exists():
        return False
    return path_of(given) is not None if one.kind == "case" else re.fullmatch(r"[\w-]+", given) is not None
