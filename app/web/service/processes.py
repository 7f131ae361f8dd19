"""Answering in several processes: each maps the same indexes; everything else of the server stays in one process.

The server keeps the connections, limits, logins, Gradio's queue, the language model and the metrics, so these count for
all questions together. A process answers one question at a time. One that dies is replaced, and its question is asked
again in another.
"""

import itertools
import logging
import multiprocessing
import queue
import threading
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from typing import Any

from app.drafts.suggestions import CheckedDrafts
from app.web.service.answer_process import Call, Method, Opener, Reply, Stop, run
from retriever.types import StoppedError, TenkyoError, current_watch

_log = logging.getLogger("tenkyo.web")
_LOOKS = 0.1  # seconds between checks whether a question is still wanted, and whether a process has died
_ATTEMPTS = 2  # after so many dead processes a question is given up: it may be what kills them
_SHORT = 5.0  # seconds; a process that dies younger than this is replaced after a pause of the same length
_FAREWELL = 5.0  # seconds that a process has to end by itself


@dataclass(slots=True)
class _Worker:
    """A process and the server's end of its connection."""

    process: BaseProcess
    connection: Connection
    began: float = field(default_factory=time.monotonic)
    numbers: Iterator[int] = field(default_factory=itertools.count)
    drafts: dict[str, CheckedDrafts] = field(default_factory=dict)  # by course: the last ones sent to it

    def call(self, course: str, method: Method, *arguments: Any, **options: Any) -> Any:
        """The result of the call; raises its exception, or OSError or EOFError if the process dies."""
        watch, number, told = current_watch(), next(self.numbers), False
        self.connection.send(Call(number, course, method, arguments, options))
        while not self.connection.poll(_LOOKS):
            if watch is not None and not told and watch.is_stopped():
                self.connection.send(Stop(number))
                told = True
        reply: Reply = self.connection.recv()
        if watch is not None:
            watch.steps.extend(reply.steps)
        if reply.error is not None:
            raise reply.error
        return reply.value

    def end(self) -> None:
        """Let the process end by itself, and make it end where it does not."""
        self.connection.close()
        self.process.join(_FAREWELL)
        if self.process.is_alive():
            self.process.kill()
            self.process.join()


class AnswerProcesses:
    """A pool of `count` processes that answer from the courses' indexes. Safe to use from several threads."""

    def __init__(self, openers: Mapping[str, Opener], count: int) -> None:
        self._openers, self._count = dict(openers), count
        self._context = multiprocessing.get_context("spawn")  # a fork would copy locks that other threads hold
        self._idle: queue.LifoQueue[_Worker] = queue.LifoQueue()  # the last used first: it remembers recent answers
        self._workers: list[_Worker] = []
        self._lock = threading.Lock()
        self._closing = threading.Event()
        self._users = 0
        self._calls, self._counting = 0, threading.Lock()
        self._drafts: dict[str, CheckedDrafts] = {}

    def start(self) -> None:
        """Start the processes, once; returns when each has tried to open its indexes.

        Raises TenkyoError where none can be started, or each dies before it answers; the next call tries again.
        """
        with self._lock:
            if not self._workers and not self._closing.is_set():
                self._workers = self._started()
                threading.Thread(target=self._replace_dead, name="tenkyo-processes", daemon=True).start()
            self._users += 1

    def _started(self) -> list[_Worker]:
        try:
            workers = [self._begin() for _ in range(self._count)]
        except OSError as error:
            raise TenkyoError(f"no answering process could be started ({error.strerror}); serve with fewer") from error
        are_open = [self._open(worker) for worker in workers]
        if not any(are_open):
            for worker in workers:
                worker.end()
            codes = ", ".join(str(worker.process.exitcode) for worker in workers)
            raise TenkyoError(f"each answering process ended at once (exit codes {codes}); serve with --workers 1")
        return workers

    @property
    def ids(self) -> list[int]:
        """The process ids."""
        return [worker.process.pid or 0 for worker in self._workers]

    @property
    def is_busy(self) -> bool:
        """Whether a call of any course is under way or waits for a free process."""
        return self._calls > 0

    def warm_up(self, course: str) -> None:
        """Load, in all processes at once, what the course's first question would otherwise wait for."""
        with ThreadPoolExecutor(self._count, thread_name_prefix="tenkyo-warm") as pool:
            for done in [pool.submit(self.call, course, "warm_up") for _ in range(self._count)]:
                done.result()

    def call(self, course: str, method: Method, *arguments: Any, **options: Any) -> Any:
        """Call a method of a course's library in the next free process; raises what it raises, and StoppedError."""
        with self._counting:
            self._calls += 1
        try:
            return self._call(course, method, *arguments, **options)
        finally:
            with self._counting:
                self._calls -= 1

    def _call(self, course: str, method: Method, *arguments: Any, **options: Any) -> Any:
        for _ in range(_ATTEMPTS):
            worker = self._free()
            try:
                self._send_drafts(worker, course)
                value = worker.call(course, method, *arguments, **options)
            except (EOFError, OSError):  # it died; the thread below replaces it
                continue
            except BaseException:
                self._idle.put(worker)
                raise
            self._idle.put(worker)
            return value
        raise TenkyoError("the processes that answered this question ended: ask again, or ask something else")

    def keep_drafts(self, course: str, drafts: CheckedDrafts) -> None:
        """Suggest from these drafts from now on: each process is sent them before its next question."""
        self._drafts[course] = drafts

    def _send_drafts(self, worker: _Worker, course: str) -> None:
        drafts = self._drafts.get(course)
        if drafts is not None and worker.drafts.get(course) is not drafts:
            worker.call(course, "keep_drafts", drafts)
            worker.drafts[course] = drafts

    def _free(self) -> _Worker:
        """The next idle process that is alive; raises StoppedError if the question or the server is stopped."""
        watch = current_watch()
        while not self._closing.is_set():
            if watch is not None and watch.is_stopped():
                raise StoppedError
            try:
                worker = self._idle.get(timeout=_LOOKS)
            except queue.Empty:
                continue
            if worker.process.is_alive():
                return worker
        raise StoppedError("the server is being stopped")

    def _begin(self) -> _Worker:
        ours, theirs = self._context.Pipe()
        process = self._context.Process(target=run, args=(theirs, self._openers), name="tenkyo-answers", daemon=True)
        process.start()
        theirs.close()
        return _Worker(process, ours)

    def _open(self, worker: _Worker) -> bool:
        """Open the indexes in a process and let it take questions; returns whether it lives.

        An index that fails is tried again when it is asked.
        """
        for course in self._openers:
            try:
                worker.call(course, "open")
            except (EOFError, OSError):
                worker.process.join(_FAREWELL)  # its exit code is known then
                return False
            except Exception as error:  # a bug that one index meets must not keep the others from being asked
                _log.warning("an answering process could not open the index of course %r: %s", course, error)
        self._idle.put(worker)
        return True

    def _replace_dead(self) -> None:
        """Replace each process that dies, until the pool is closed."""
        while not self._closing.is_set():
            wait([worker.process.sentinel for worker in self._workers], timeout=_LOOKS)
            for place, worker in enumerate(self._workers):
                if worker.process.is_alive() or self._closing.is_set():
                    continue
                _log.warning("an answering process ended (%s): another takes its place", worker.process.exitcode)
                if time.monotonic() - worker.began < _SHORT:
                    self._closing.wait(_SHORT)
                with self._lock:
                    if not self._closing.is_set():
                        self._replace(place)

    def _replace(self, place: int) -> None:
        try:
            self._workers[place] = self._begin()
        except OSError as error:  # the dead one is still there: the next look tries again
            _log.warning("no answering process could be started: %s", error)
            self._workers[place].began = time.monotonic()  # after a pause
        else:
            self._open(self._workers[place])

    def close(self) -> None:
        """End the processes when the last user has closed; what they are answering is finished first."""
        with self._lock:
            self._users -= 1
            if self._users > 0:
                return
            self._closing.set()
            for worker in self._workers:
                worker.connection.close()  # all at once: then they end together
        for worker in self._workers:
            worker.end()
