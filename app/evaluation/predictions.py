"""predictions.jsonl: ask questions concurrently, write one answer a line, read them back, resume."""

import json
import signal
import threading
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from app.answering.types import Answer
from app.evaluation.measures.scores import Prediction
from app.evaluation.question_files.question_file import QuestionRow, question_from_fields
from retriever.types import TenkyoError

FILE_NAME = "predictions.jsonl"
_BLOCK = 65536  # bytes read at once when the start of the last line is looked for
Ask = Callable[[QuestionRow], Answer]
_WINDOW = 4  # questions in progress or waiting to be written, per worker
_WARM_UP = QuestionRow(
    line=0, fields={}, text="典拠とは何ですか", id="warm-up"
)  # Japanese loads the most: the dictionary
_REQUIRED = ("abstained", "confidence", "text", "sentences", "citations", "hits", "timings_ms", "language")


def write_answers(
    questions: Iterator[QuestionRow], file: IO[str], *, ask: Ask, workers: int, advance: Callable[[], None]
) -> None:
    """Ask `workers` questions at a time and write each answer to `file` as a line, in order, calling `advance`.

    A failure is written in place of the answer. After Ctrl-C the questions in progress are finished and written, so
    that a resumed run asks none twice; a second Ctrl-C stops at once.
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
    """Ask one question and discard its answer, so that loading counts for no question's latency.

    A failure is discarded too: it will happen again with the first question, and is recorded there.
    """
    _answer_line(_WARM_UP, ask)


def _write_first(pending: deque[Future[str]], file: IO[str], advance: Callable[[], None]) -> None:
    file.write(pending.popleft().result())
    file.flush()
    advance()


def _answer_line(question: QuestionRow, ask: Ask) -> str:
    try:
        return prediction_line(question, ask(question).to_json(), None)
    except Exception as error:
        # recorded with its question, so that the run continues
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


def prediction_line(question: QuestionRow, answer: Mapping[str, Any] | None, error: str | None) -> str:
    """The question's fields and its answer (or None and the error) as one line of JSON; ValueError for NaN."""
    failure = {} if error is None else {"error": error}
    return json.dumps({**question.fields, "answer": answer, **failure}, ensure_ascii=False, allow_nan=False) + "\n"


def read_predictions(path: Path) -> Iterator[tuple[int, Prediction]]:
    """Each prediction with the byte offset of its line; raises TenkyoError for a line that is not a prediction."""
    try:
        with path.open("rb") as file:
            offset = 0
            for number, line in enumerate(file, 1):
                yield offset, parse_prediction(line, number, path)
                offset += len(line)
    except OSError as error:
        raise TenkyoError(f"{path}: cannot be read ({error.strerror}); name a folder that evaluate wrote") from error


def parse_prediction(line: bytes, number: int, path: Path) -> Prediction:
    """The prediction on one line; `number` (1-based) and `path` name it in errors."""
    try:
        row = json.loads(line)
        answer, failure = row.pop("answer"), row.pop("error", None)
        missing = [name for name in _REQUIRED if name not in answer] if answer is not None else []
        question = question_from_fields(number, row)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise TenkyoError(f"{path}: line {number} is not a prediction ({error!r}); run evaluate again") from error
    if missing:
        raise TenkyoError(f"{path}: the answer on line {number} has no '{missing[0]}'; run evaluate again")
    return Prediction(question, answer, failure)


def drop_torn_line(path: Path) -> None:
    """Remove a last line that was not completely written (a crash, a full disk), with or without a line feed."""
    with path.open("rb+") as file:
        size = file.seek(0, 2)
        end = _line_start(file, size)  # the size, if the last line ends with a line feed
        start = _line_start(file, end - 1) if end else 0
        file.seek(start)
        if end and not _is_json(file.read(end - start)):
            end = start
        if end < size:
            file.truncate(end)


def _line_start(file: IO[bytes], position: int) -> int:
    """The place after the last line feed before `position`; 0 where there is none."""
    while position > 0:
        start = max(0, position - _BLOCK)
        file.seek(start)
        newline = file.read(position - start).rfind(b"\n")
        if newline >= 0:
            return start + newline + 1
        position = start
    return 0


def _is_json(line: bytes) -> bool:
    try:
        json.loads(line)
    except ValueError:
        return False
    return True


def count_resumable(path: Path, questions: Iterator[QuestionRow], source: Path) -> int:
    """How many questions are already answered; raises TenkyoError if a line belongs to another question."""
    done = 0
    for _, prediction in read_predictions(path):
        done += 1
        question = next(questions, None)
        if question is None or json.loads(json.dumps(question.fields)) != prediction.question.fields:
            raise TenkyoError(
                f"{path}: line {done} answers another question than that line of {source}; "
                "resume with the file that the run began with, or name another --out"
            )
    return done
