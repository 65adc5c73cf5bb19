"""Many small tasks on all cores: worker processes that stop when they are told to, or any executor that is given."""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Executor, Future, ProcessPoolExecutor, wait
from contextlib import contextmanager
from contextvars import ContextVar
from importlib import import_module
from threading import Thread
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from detente.dossier.schema import Dossier

T = TypeVar("T")
R = TypeVar("R")
POLL_SECONDS = 0.2
AHEAD = max(4, os.cpu_count() or 1)
"""Tasks that are handed out at a time."""
LARGE = 300
"""Measures times dates from which on workers are worth their start."""
CROWD = 8
"""Processes that are begun unasked: each keeps models of its own."""
_stop: ContextVar[Callable[[], bool]] = ContextVar("stop", default=lambda: False)


def stopped() -> bool:
    """Whether whoever started this worker wants no more."""
    return _stop.get()()


def _begin(stop: Any) -> None:
    _stop.set(stop.is_set)
    Thread(target=_outlive_nobody, daemon=True).start()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # an interrupt is for the parent, which then sets `stop`


def _outlive_nobody() -> None:
    """End this worker when its parent ends, however that comes about."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


class Here(Executor):
    """Runs each task at once, in this process."""

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        future: Future[Any] = Future()
        try:
            future.set_result(fn(*args, **kwargs))
        except Exception as error:
            future.set_exception(error)
        return future


class Crew(Executor):
    """Worker processes, with whom this one takes turns: see `each`."""

    def __init__(self, pool: Executor) -> None:
        self.pool = pool

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        return self.pool.submit(fn, *args, **kwargs)


@contextmanager
def workers(jobs: int, cancelled: Callable[[], bool] = lambda: False) -> Iterator[Executor]:
    """So many processes, this one included (0: one a core); what is done here is `stopped` when `cancelled` says so."""
    count = jobs or os.cpu_count() or 1
    with _stopping(cancelled):
        if count == 1:
            yield Here()
        else:
            with _begun(count - 1) as pool:
                yield Crew(pool)


@contextmanager
def _stopping(cancelled: Callable[[], bool]) -> Iterator[None]:
    """What is done here meanwhile is `stopped` when `cancelled` says so."""
    before = _stop.set(cancelled)
    try:
        yield
    finally:
        _stop.reset(before)


@contextmanager
def _begun(count: int) -> Iterator[Executor]:
    """So many worker processes, which begin to start at once."""
    context = multiprocessing.get_context("spawn")
    stop = context.Event()
    with ProcessPoolExecutor(count, mp_context=context, initializer=_begin, initargs=(stop,)) as pool:
        with _alone():
            for _ in range(count):  # a worker begins to start where a task finds none idle; nobody waits for it here
                pool.submit(_get_ready)
        try:
            yield pool
        finally:
            stop.set()
            pool.shutdown(wait=True, cancel_futures=True)


def _get_ready() -> None:
    """Load what most tasks need before the first of them comes."""
    import_module("detente.design.plan.rules")


def jobs_for(dossier: Dossier, jobs: int) -> int:
    """How many processes to use (`jobs` 0: one a core): this one for a small case, answered while others start."""
    if len(dossier.measures) * len(dossier.grid.dates) < LARGE:
        return 1
    return jobs or min(os.cpu_count() or 1, CROWD)


@contextmanager
def on(executor: Executor | None, cancelled: Callable[[], bool], jobs: int = 1) -> Iterator[Executor]:
    """An executor that is given, else so many workers, as of `workers`."""
    if executor is None:
        with workers(jobs, cancelled) as pool:
            yield pool
    else:
        with _stopping(cancelled):
            yield executor


@contextmanager
def _alone() -> Iterator[None]:
    """Have new processes not run the user's script again: they need nothing that it defines."""
    main = sys.modules["__main__"]
    kept = {name: vars(main)[name] for name in ("__file__", "__spec__") if name in vars(main)}
    for name in kept:
        delattr(main, name)
    main.__spec__ = None
    try:
        yield
    finally:
        for name, value in kept.items():
            setattr(main, name, value)


def each(
    executor: Executor,
    task: Callable[[T], R],
    items: Sequence[T],
    *,
    cancelled: Callable[[], bool],
    here: Sequence[T] = (),
) -> Iterator[tuple[T, R]]:
    """Results as they come; what is under way when `cancelled` says so is left, the rest never begun.

    `here`: what is done in this process, while others begin with the rest. What an executor does at once is told before
    more is begun; what nobody of a crew has begun is done here.

    Raises what a task raises.
    """
    mine, waiting = list(reversed(here)), list(reversed(items))
    if isinstance(executor, Here):
        mine, waiting = [], [*waiting, *mine]
    running: dict[Future[R], T] = {}
    while (mine or waiting or running) and not cancelled():
        while waiting and len(running) < AHEAD and not any(future.done() for future in running):
            item = waiting.pop()
            running[executor.submit(task, item)] = item
        done = [future for future in running if future.done()]
        if not done and (mine or isinstance(executor, Crew)):
            left = next((future for future in running if future.cancel()), None) if not mine else None
            if mine or left:
                item = running.pop(left) if left else mine.pop()
                yield item, task(item)
                continue
        if not done:
            done = list(wait(running, timeout=POLL_SECONDS, return_when=FIRST_COMPLETED).done)
        for future in done:
            yield running.pop(future), future.result()
    for future in running:
        future.cancel()
