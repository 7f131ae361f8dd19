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
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any, Unpack

from app.answering.types import Answer, AskOptions
from app.composing.events import Event
from app.drafts.suggestions import CheckedDrafts
from app.web.service.answer_process import Call, Method, Opener, Reply, Stop, run
from app.web.service.service import AnswerSource
from ingest.document import Document
from retriever.steps import StoppedError, current_watch
from retriever.types import DocumentRecord, Hit, Passage, TenkyoError

_log = logging.getLogger("tenkyo.web")
_LOOKS = 0.1  # seconds between looks whether a question is still wanted, and whether a process has died
_ATTEMPTS = 2  # a question in whose processes die is given up: it may be what kills them
_SHORT = 5.0  # seconds; a process that dies earlier is replaced only after as long a pause
_FAREWELL = 5.0  # seconds that a process has for ending by itself


@dataclass(slots=True)
class _Worker:
    """A process and the server's end of its connection."""

    process: BaseProcess
    connection: Connection
    began: float = field(default_factory=time.monotonic)
    numbers: Iterator[int] = field(default_factory=itertools.count)
    drafts: dict[str, CheckedDrafts] = field(default_factory=dict)  # by course: those that it was sent

    def call(self, course: str, method: Method, *arguments: Any, **options: Any) -> Any:
        """What the process answers; raises what the call raised, OSError or EOFError when the process dies."""
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


class AnswerProcesses:
    """So many processes that answer from the indexes of the courses. Safe to use from several threads."""

    def __init__(self, openers: Mapping[str, Opener], count: int) -> None:
        self._openers, self._count = dict(openers), count
        self._context = multiprocessing.get_context("spawn")  # a fork would copy locks that other threads hold
        self._idle: queue.LifoQueue[_Worker] = queue.LifoQueue()  # the last used first: it remembers recent answers
        self._workers: list[_Worker] = []
        self._lock = threading.Lock()
        self._closing = threading.Event()
        self._users = 0
        self._drafts: dict[str, CheckedDrafts] = {}

    def start(self) -> None:
        """Start the processes, once; returns when each has opened its indexes."""
        with self._lock:
            self._users += 1
            if self._workers or self._closing.is_set():
                return
            self._workers = [self._begin() for _ in range(self._count)]
            for worker in self._workers:
                self._open(worker)
            threading.Thread(target=self._replace_dead, name="tenkyo-processes", daemon=True).start()

    @property
    def ids(self) -> list[int]:
        """The process ids."""
        return [worker.process.pid or 0 for worker in self._workers]

    def call(self, course: str, method: Method, *arguments: Any, **options: Any) -> Any:
        """Call a method of a course's library in the next free process; raises what it raises, and StoppedError."""
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
        """A living process that answers nothing."""
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

    def _open(self, worker: _Worker) -> None:
        """Open the indexes in a process and take questions to it; an index that fails is tried again when asked."""
        try:
            for course in self._openers:
                try:
                    worker.call(course, "open")
                except TenkyoError as error:
                    _log.warning("an answering process could not open its index: %s", error)
        except (EOFError, OSError):
            return  # it died already
        self._idle.put(worker)

    def _replace_dead(self) -> None:
        """Put a new process in the place of each that dies, until the end."""
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
                        self._workers[place] = self._begin()
                        self._open(self._workers[place])

    def close(self) -> None:
        """End the processes when the last user has closed; what they are answering is finished first."""
        with self._lock:
            self._users -= 1
            if self._users > 0:
                return
            self._closing.set()
            for worker in self._workers:
                worker.connection.close()
        for worker in self._workers:
            worker.process.join(_FAREWELL)
            if worker.process.is_alive():
                worker.process.kill()


class SharedLibrary:
    """A course's library whose questions and searches are answered in processes; the rest is read here."""

    def __init__(self, library: AnswerSource, course: str, processes: AnswerProcesses) -> None:
        self._library, self._course, self._processes = library, course, processes
        processes.start()

    def ask(self, question: str, **options: Unpack[AskOptions]) -> Answer:
        """One answer, within about the time of its budget."""
        answer: Answer = self._processes.call(self._course, "ask", question, **options)
        return answer

    def search(self, query: str, k: int = 10) -> list[Hit]:
        """Ranked passages."""
        hits: list[Hit] = self._processes.call(self._course, "search", query, k)
        return hits

    def close(self) -> None:
        """Close its files, and the processes where nobody else uses them."""
        self._processes.close()
        self._library.close()

    @property
    def snapshot_name(self) -> str:
        """Changes when the index does."""
        return self._library.snapshot_name

    @property
    def composes(self) -> bool:
        """Whether a language model composes answers: here, so that its limits count for all."""
        return self._library.composes

    def compose(
        self,
        answer: Answer,
        emit: Callable[[Event], None] = lambda _: None,
        stopped: threading.Event | None = None,
        **asked: Unpack[AskOptions],
    ) -> Answer:
        """The answer composed."""
        return self._library.compose(answer, emit, stopped, **asked)

    @property
    def drafts(self) -> CheckedDrafts:
        """The checked drafts of the snapshot that answers now."""
        return self._library.drafts

    def keep_drafts(self, drafts: CheckedDrafts) -> None:
        """Suggest from these drafts from now on."""
        self._library.keep_drafts(drafts)
        self._processes.keep_drafts(self._course, drafts)

    def titles(self) -> dict[str, str]:
        """Document id → title."""
        return self._library.titles()

    def records(self) -> list[DocumentRecord]:
        """The documents without their texts."""
        return self._library.records()

    def documents(self) -> Iterator[Document]:
        """The documents with their texts."""
        return self._library.documents()

    def document(self, document_id: str) -> Document | None:
        """A document."""
        return self._library.document(document_id)

    def original(self, document_id: str) -> Path | None:
        """The PDF that a document was read from."""
        return self._library.original(document_id)

    def passages(self, document_id: str) -> list[Passage]:
        """The document's passages in order."""
        return self._library.passages(document_id)

    def entry_targets(self, document_id: str) -> dict[int, tuple[str, str]]:
        """Where each work that the document cites has its entry."""
        return self._library.entry_targets(document_id)

    def texts_of_entries(self, document_id: str) -> dict[str, str]:
        """The texts of the works whose entries stand in the document."""
        return self._library.texts_of_entries(document_id)
