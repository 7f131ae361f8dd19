"""The library behind the pages: opened in the background, asked from a bounded pool of threads."""

import asyncio
import logging
import threading
import time
from collections.abc import Callable, Collection, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Protocol, TypeVar, Unpack

from app.answering.types import Answer, AskOptions, Turn
from app.composing.events import Event
from app.drafts.suggestions import CheckedDrafts
from app.web.courses.course import Course
from app.web.errors import BusyError, NotReadyError, TooSlowError
from app.web.insight.insight import Insight
from app.web.service.metrics import Metrics
from app.web.service.starters import Starter, Starters
from app.web.service.tracing import request_id, trace_steps
from ingest.document import Document
from retriever.store import StoreAwayError
from retriever.types import Budget, DocumentRecord, Hit, Passage, Watch, watching

T = TypeVar("T")
_log = logging.getLogger("tenkyo.web")
_AWAY_SECONDS = 2.0  # after which a library whose store does not answer is opened again
_PATIENCE = 3  # queueing and answering together may take this many times `answer_seconds`


class AnswerSource(Protocol):
    """What the pages need of `app.library.Library`. Safe to call from several threads."""

    @property
    def snapshot_name(self) -> str:
        """Changes when the index does."""
        ...

    def ask(self, question: str, **options: Unpack[AskOptions]) -> Answer:
        """One answer, within about the time of its budget."""
        ...

    def warm_up(self) -> None:
        """Load everything that the first question would otherwise wait for."""
        ...

    @property
    def composes(self) -> bool:
        """Whether a language model composes answers."""
        ...

    def compose(
        self,
        answer: Answer,
        emit: Callable[[Event], None] = ...,
        stopped: threading.Event | None = None,
        **asked: Unpack[AskOptions],
    ) -> Answer:
        """The answer composed by the language model; `emit` gets each event, `stopped` ends the work early."""
        ...

    def search(self, query: str, k: int = 10) -> list[Hit]:
        """Ranked passages."""
        ...

    @property
    def drafts(self) -> CheckedDrafts:
        """The checked drafts of the snapshot that answers now."""
        ...

    def keep_drafts(self, drafts: CheckedDrafts) -> None:
        """Suggest from these drafts from now on."""
        ...

    def titles(self) -> dict[str, str]:
        """Document id → title."""
        ...

    def records(self) -> list[DocumentRecord]:
        """The documents without their texts, in the order in which they were added."""
        ...

    def documents(self) -> Iterator[Document]:
        """The documents with their texts."""
        ...

    def document(self, document_id: str) -> Document | None:
        """The document, None where the index holds none of that id."""
        ...

    def original(self, document_id: str) -> Path | None:
        """The PDF that a document was read from, None where there is none."""
        ...

    def passages(self, document_id: str) -> list[Passage]:
        """The document's passages in order."""
        ...

    def entry_targets(self, document_id: str) -> dict[int, tuple[str, str]]:
        """Where each work that the document cites has its entry: number → (document id, passage id)."""
        ...

    def texts_of_entries(self, document_id: str) -> dict[str, str]:
        """The texts of the works whose entries stand in the document: entry's passage id → document id."""
        ...

    def close(self) -> None:
        """Closes its files."""
        ...


class Service:
    """Runs calls of the library in threads: `workers` at a time, with at most `waiting` more in the queue."""

    def __init__(
        self,
        open_library: Callable[[], AnswerSource],
        metrics: Metrics,
        workers: int = 2,
        waiting: int = 64,
        *,
        is_busy: Callable[[], bool] = lambda: False,
        written: Sequence[Starter] = (),
        answer_seconds: float = 10.0,
        course: Course | None = None,
        insight: Insight | None = None,
    ) -> None:
        self._open_library = open_library
        self._metrics = metrics
        self._executor = ThreadPoolExecutor(workers, thread_name_prefix="tenkyo-answer")
        # a thread for every admitted question: a call beyond the model's own limit ends at once
        self._composing = ThreadPoolExecutor(workers + waiting, thread_name_prefix="tenkyo-compose")
        self._workers, self._room = workers, workers + waiting
        self._pending = 0
        self._lock = threading.Lock()
        self._closed = threading.Event()
        self._library: AnswerSource | None = None
        self._starters = Starters(written, is_busy=lambda: self._pending > 0 or is_busy())
        self._answer_seconds = answer_seconds
        self.course, self._insight = course or Course(), insight
        self.failure: Exception | None = None
        self.on_failure: Callable[[], None] = lambda: None
        self.retry_seconds: float | None = None  # where set, a library that could not be opened is tried again

    def start(self) -> None:
        """Begins to open the library; returns at once."""
        # a daemon thread: Ctrl-C must not wait for an index that is still being built
        threading.Thread(target=self._open, name="tenkyo-open", daemon=True).start()

    def _open(self) -> None:
        while (library := self._opened()) is None:
            seconds = _AWAY_SECONDS if isinstance(self.failure, StoreAwayError) else self.retry_seconds
            if seconds is None or self._closed.wait(seconds):
                return
        if self.failure is not None:
            _log.warning("the index of course %r is open again", self.course.name)
        with self._lock:
            closed, self._library, self.failure = self._closed.is_set(), library, None
        if closed:
            library.close()
        else:
            self._warm_up(library)
            self._starters.prepare(library)

    def _warm_up(self, library: AnswerSource) -> None:
        """Load what the first reader would wait for; questions are answered meanwhile."""
        try:
            library.warm_up()
        except Exception as error:  # the first question will meet it, too, and tells its reader
            if not self._closed.is_set():
                _log.warning("the answering could not be tried at the start: %s", error)

    def _opened(self) -> AnswerSource | None:
        """The library, or None if it cannot be opened; the same failure is reported only once."""
        try:
            return self._open_library()
        except Exception as error:  # a bug must end the server too, not leave it opening for ever
            is_new = str(error) != str(self.failure)
            self.failure = error
            is_away = isinstance(error, StoreAwayError)  # no reason to end the server
            if is_new and (is_away or self.retry_seconds is not None):
                _log.error("course %r answers nothing: its index cannot be opened: %s", self.course.name, error)
            if is_new and not is_away:
                self.on_failure()
            return None

    @property
    def trouble(self) -> str:
        """A message that the library cannot be opened; "" if nothing failed. Only the log names paths and reasons."""
        if self.failure is None:
            return ""
        return "the documents of this course cannot be opened: whoever runs the server finds the reason in its log"

    @property
    def library(self) -> AnswerSource:
        """The open library; raises NotReadyError before that."""
        if self._library is not None:
            return self._library
        raise NotReadyError(self.trouble or "the index is being opened: try again in a few seconds")

    @property
    def composes(self) -> bool:
        """Whether a language model composes answers: one is set, and the teacher allows it."""
        return self.library.composes and self.course.now.composed

    @property
    def ready(self) -> bool:
        """Whether questions can be asked."""
        return self._library is not None

    @property
    def waiting(self) -> int:
        """Calls under way or in the queue."""
        return self._pending

    async def ask(
        self,
        question: str,
        k: int = 5,
        history: Sequence[Turn] = (),
        documents: Collection[str] = (),
        *,
        counted: bool = True,
        asker: str = "",
    ) -> Answer:
        """The library's answer, counted and timed; raises NotReadyError, BusyError, TooSlowError.

        A teacher's trial question is not `counted`; `asker` is the key of the browser tab.
        When the question's time is over, optional steps are skipped. Cancelling takes the question off the queue, or
        ends it before its next step.
        """
        library = self.library
        begin = time.perf_counter()
        stopped = threading.Event()
        watch = Watch(stopped.is_set)

        def work() -> Answer:
            budget = Budget.of(self._answer_seconds, hurried=self._pending > self._workers)
            self._starters.prepare(library)  # the index may have changed
            with watching(watch):
                answer = library.ask(question, k=k, budget=budget, history=history, documents=documents)
            if counted and self._insight is not None:
                self._insight.count(answer, asker)
            return answer

        try:
            answer = await self.call(work)
        finally:
            stopped.set()
            self._metrics.count_steps(watch.steps)
            trace_steps(watch.steps, request_id())
        if counted:
            self._metrics.count_answer(answer, time.perf_counter() - begin)
        return answer

    async def compose(
        self, answer: Answer, emit: Callable[[Event], None] = lambda _: None, **asked: Unpack[AskOptions]
    ) -> Answer:
        """The answer composed by the language model, if one is set; `emit` is called in the event loop.

        Cancelling ends the model's work. The model's own limits of time and calls apply, not those of `ask`.
        """
        library = self.library
        if not self.composes:
            return answer
        loop, stopped = asyncio.get_running_loop(), threading.Event()

        begin = time.perf_counter()
        is_first = True

        def tell(event: Event) -> None:
            nonlocal is_first
            if event.tokens:
                self._metrics.count_model_call(event.tokens)
                return
            if event.sentence is not None and is_first:
                is_first = False
                self._metrics.first_sentence.observe(time.perf_counter() - begin)
            loop.call_soon_threadsafe(emit, event)

        try:
            composed = await loop.run_in_executor(
                self._composing, lambda: library.compose(answer, tell, stopped, **asked)
            )
        finally:
            stopped.set()
        self._metrics.count_composed(composed, time.perf_counter() - begin)
        return composed

    def starters(self, language: str) -> list[str]:
        """Starter questions, in `language` if there are any: the teacher's, else those drafted so far."""
        if written := self.course.now.starters_in(language):
            return written
        return self._starters.shown(self._library, language) if self._library is not None else []

    async def search(self, query: str, k: int = 10) -> tuple[list[Hit], dict[str, str]]:
        """The hits and the titles of their documents; raises NotReadyError, BusyError."""
        library = self.library
        return await self.call(lambda: (library.search(query, k), library.titles()))

    async def call(self, work: Callable[[], T]) -> T:
        """Runs `work` in the pool; raises BusyError when the queue is full, TooSlowError when it takes too long.

        Cancelling takes it off the queue; work that runs already ends by itself.
        """
        with self._lock:
            if self._pending >= self._room:
                raise BusyError
            self._pending += 1
        future = self._executor.submit(work)
        future.add_done_callback(self._leave)
        seconds = _PATIENCE * self._answer_seconds
        try:
            return await asyncio.wait_for(asyncio.wrap_future(future), seconds)
        except TimeoutError:
            raise TooSlowError(seconds) from None

    def _leave(self, _: Future[T]) -> None:
        with self._lock:
            self._pending -= 1

    def close(self) -> None:
        """Ends the threads and closes the library."""
        self._starters.stop()
        with self._lock:
            self._closed.set()
            library = self._library
            self._library = None
        self._composing.shutdown(wait=False, cancel_futures=True)
        self._executor.shutdown(wait=True, cancel_futures=True)
        if library is not None:
            library.close()
