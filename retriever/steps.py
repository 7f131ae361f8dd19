"""The steps of an answer: how long each took, and stopping between them when nobody waits for the answer any more.

A caller that wants to know runs the work inside `watching`; without that, a step costs one look at a context variable.
"""

import contextlib
import time
from collections.abc import Callable, Iterator
from contextvars import ContextVar
from dataclasses import dataclass, field

from retriever.types import TenkyoError


class StoppedError(TenkyoError):
    """The work was stopped: nobody waits for its result."""

    def __init__(self, message: str = "the question was stopped: its client has gone") -> None:
        super().__init__(message)


@dataclass(frozen=True, slots=True)
class Step:
    """A step that was carried out: its name, when it began (seconds since 1970), and how many seconds it took."""

    name: str
    began: float
    seconds: float


@dataclass(frozen=True, slots=True)
class Watch:
    """Steps in the order in which they ended. `is_stopped` is called before each step begins."""

    is_stopped: Callable[[], bool] = lambda: False
    steps: list[Step] = field(default_factory=list)


_CURRENT: ContextVar[Watch | None] = ContextVar("tenkyo_watch", default=None)


def current_watch() -> Watch | None:
    """The watch that this thread's work runs under; None for none."""
    return _CURRENT.get()


@contextlib.contextmanager
def watching(watch: Watch) -> Iterator[None]:
    """Inside, steps of this thread are noted in `watch`, and stopped when it says so."""
    before = _CURRENT.set(watch)
    try:
        yield
    finally:
        _CURRENT.reset(before)


@contextlib.contextmanager
def step(name: str) -> Iterator[None]:
    """Inside, a step is carried out. Raises StoppedError before it begins if the work was stopped."""
    watch = _CURRENT.get()
    if watch is None:
        yield
        return
    if watch.is_stopped():
        raise StoppedError
    began, begin = time.time(), time.perf_counter()
    try:
        yield
    finally:
        watch.steps.append(Step(name, began, time.perf_counter() - begin))
