"""Asking many questions at once and writing the answers in the order of the questions."""

import signal
import threading
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import IO, Any

from app.answering.types import Answer
from app.evaluation.predictions import prediction_line
from app.evaluation.question_file import Question

Ask = Callable[[str], Answer]
_WINDOW = 4  # questions under way or waiting to be written, for each worker
_WARM_UP = Question(line=0, fields={}, text="典拠とは何ですか", id="warm-up")  # Japanese loads the most: its words


def write_answers(
    questions: Iterator[Question], file: IO[str], *, ask: Ask, workers: int, advance: Callable[[], None]
) -> None:
    """Ask `workers` questions at a time and write each answer to `file` as a line, in order, calling `advance`.

    A failure is written in place of its answer. Ctrl-C lets the questions that were begun end and be written, so
    that none is asked twice by a run that continues this one, and returns; a second Ctrl-C stops at once.
    """
    pending: deque[Future[str]] = deque()
    with ThreadPoolExecutor(workers) as pool, _interruption() as interrupted:
        for question in questions:
            pending.append(pool.submit(_answer_line, question, ask))
            if len(pending) >= workers * _WINDOW:
                _write_first(pending, file, advance)
            if interrupted.is_set():
                break
        while pending:
            if interrupted.is_set():
                pool.shutdown(wait=False, cancel_futures=True)
                if pending[0].cancelled():
                    break
            _write_first(pending, file, advance)


def warm_up(ask: Ask) -> None:
    """Ask one question and drop its answer, so that what is loaded for the first counts for no question's latency.

    A failure is dropped too: it comes again with the questions, and is recorded with them.
    """
    _answer_line(_WARM_UP, ask)


def _write_first(pending: deque[Future[str]], file: IO[str], advance: Callable[[], None]) -> None:
    file.write(pending.popleft().result())
    file.flush()
    advance()


def _answer_line(question: Question, ask: Ask) -> str:
    try:
        return prediction_line(question, ask(question.text).to_json(), None)
    except Exception as error:
        # whatever goes wrong with one question is recorded with it, and the run goes on
        return prediction_line(question, None, f"{type(error).__name__}: {error}")


@contextmanager
def _interruption() -> Iterator[threading.Event]:
    """An event that the first Ctrl-C sets; the second raises KeyboardInterrupt as usual."""
    event = threading.Event()
    if threading.current_thread() is not threading.main_thread():
        yield event
        return

    def note(_signal: int, _frame: Any) -> None:
        event.set()
        signal.signal(signal.SIGINT, previous)

    previous = signal.signal(signal.SIGINT, note)
    try:
        yield event
    finally:
        signal.signal(signal.SIGINT, previous)
