"""A process that answers questions: it opens the indexes of its courses and carries out one call after the other."""

import logging
import pickle
import signal
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import Any, Literal

from retriever.types import Step, TenkyoError, Watch, watching

Method = Literal["open", "warm_up", "ask", "search", "keep_drafts"]
Opener = Callable[[], Any]  # opens a library; crosses to the process, so it is a partial of a module's function


@dataclass(frozen=True, slots=True)
class Call:
    """A method of a course's library to be called, with its arguments. Each process has its own `number` sequence."""

    number: int
    course: str
    method: Method
    arguments: tuple[Any, ...] = ()
    options: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Stop:
    """The result of the call of this number is not wanted any more."""

    number: int


@dataclass(frozen=True, slots=True)
class Reply:
    """The value of a call or the error that ended it, and its timed steps."""

    number: int
    value: Any = None
    error: Exception | None = None
    steps: tuple[Step, ...] = ()


def run(connection: Connection, openers: Mapping[str, Opener]) -> None:
    """Answer calls until the server closes the connection or has gone.

    A terminal or service manager signals every process. Only the server acts on the signal, so that running questions
    are still answered.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    logging.lastResort = None  # libraries' warnings: the server writes those about its own index
    libraries: dict[str, Any] = {}
    while True:
        try:
            message = connection.recv()
            if isinstance(message, Call):
                connection.send(_reply(message, connection, openers, libraries))
        except (EOFError, OSError):
            return


def _reply(call: Call, connection: Connection, openers: Mapping[str, Opener], libraries: dict[str, Any]) -> Reply:
    stopped = False

    def is_stopped() -> bool:
        nonlocal stopped
        try:
            while not stopped and connection.poll():
                message = connection.recv()
                stopped = isinstance(message, Stop) and message.number == call.number
        except (EOFError, OSError):  # the server has gone: nobody waits for the answer
            stopped = True
        return stopped

    watch = Watch(is_stopped)
    try:
        if call.course not in libraries:
            libraries[call.course] = openers[call.course]()
        value = None
        if call.method != "open":
            with watching(watch):
                value = getattr(libraries[call.course], call.method)(*call.arguments, **(call.options or {}))
        return Reply(call.number, value, steps=tuple(watch.steps))
    except Exception as error:  # an OSError of an index, too; the server raises it where the question was asked
        return Reply(call.number, error=_sendable(error), steps=tuple(watch.steps))


def _sendable(error: Exception) -> Exception:
    """The error, or a TenkyoError with its message if it cannot be pickled; for a bug, its traceback."""
    if not isinstance(error, TenkyoError):
        return RuntimeError("".join(traceback.format_exception(error)))
    try:
        pickle.loads(pickle.dumps(error))  # noqa: S301 - our own bytes
    except Exception:  # whatever its constructor raises
        return TenkyoError(str(error))
    return error
