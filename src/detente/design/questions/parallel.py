"""Many small tasks on all cores: worker processes that stop when they are told to, or any executor that is given."""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, Executor, Future, ProcessPoolExecutor, wait
from contextlib import AbstractContextManager, contextmanager, nullcontext
from contextvars import ContextVar
from threading import Thread
from typing import Any, TypeVar

T = TypeVar("T")
R = TypeVar("R")
POLL_SECONDS = 0.2
AHEAD = max(4, os.cpu_count() or 1)
"""Tasks that are handed out at a time."""
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


@contextmanager
def workers(jobs: int, cancelled: Callable[[], bool] = lambda: False) -> Iterator[Executor]:
    """So many worker processes (0: one a core; 1: none, all is done here, and `stopped` when `cancelled` says so)."""
    count = jobs or os.cpu_count() or 1
    if count == 1:
        before = _stop.set(cancelled)
        try:
            yield Here()
        finally:
            _stop.reset(before)
        return
    context = multiprocessing.get_context("spawn")
    stop = context.Event()
    with ProcessPoolExecutor(count, mp_context=context, initializer=_begin, initargs=(stop,)) as pool:
        with _alone():
            for _ in range(count):  # a worker begins to start where a task finds none idle; nobody waits for it here
                pool.submit(stopped)
        try:
            yield pool
        finally:
            stop.set()
            pool.shutdown(wait=True, cancel_futures=True)


def on(executor: Executor | None, cancelled: Callable[[], bool], jobs: int = 1) -> AbstractContextManager[Executor]:
    """An executor that is given, else so many workers, as of `workers`."""
    return workers(jobs, cancelled) if executor is None else nullcontext(executor)


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
    executor: Executor, task: Callable[[T], R], items: list[T], *, cancelled: Callable[[], bool]
) -> Iterator[tuple[T, R]]:
    """Results as they come; what is under way when `cancelled` says so is left, the rest never begun.

    What an executor does at once is told before more is begun.

    Raises what a task raises.
    """
    waiting = list(reversed(items))
    running: dict[Future[R], T] = {}
    while (waiting or running) and not cancelled():
        while waiting and len(running) < AHEAD and not any(future.done() for future in running):
            item = waiting.pop()
            running[executor.submit(task, item)] = item
        done, _ = wait(running, timeout=POLL_SECONDS, return_when=FIRST_COMPLETED)
        for future in done:
            yield running.pop(future), future.result()
    for future in running:
        future.cancel()
