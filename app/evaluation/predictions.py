"""predictions.jsonl: written line by line, read back, continued after an interruption."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from app.evaluation.question_file import Question, question_from_fields
from app.evaluation.scores import Prediction
from retriever.types import TenkyoError

FILE_NAME = "predictions.jsonl"
_REQUIRED = ("abstained", "confidence", "text", "sentences", "citations", "hits", "timings_ms", "language")


def prediction_line(question: Question, answer: Mapping[str, Any] | None, error: str | None) -> str:
    """The question's fields and its answer (or None and the error) as one line of JSON; ValueError for NaN."""
    failure = {} if error is None else {"error": error}
    return json.dumps({**question.fields, "answer": answer, **failure}, ensure_ascii=False, allow_nan=False) + "\n"


def read_predictions(path: Path) -> Iterator[tuple[int, Prediction]]:
    """Each prediction with the offset of its line in bytes; raises TenkyoError naming a line that is none."""
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
        raise TenkyoError(f"{path}: line {number} is no prediction ({error!r}); run evaluate again") from error
    if missing:
        raise TenkyoError(f"{path}: the answer on line {number} has no '{missing[0]}'; run evaluate again")
    return Prediction(question, answer, failure)


def drop_torn_line(path: Path) -> None:
    """Cut off a last line that was not written to its end (a crash, a full disk)."""
    with path.open("rb+") as file:
        size = file.seek(0, 2)
        end, block = size, 65536
        while end > 0:
            start = max(0, end - block)
            file.seek(start)
            newline = file.read(end - start).rfind(b"\n")
            if newline >= 0:
                end = start + newline + 1
                break
            end = start
        if end < size:
            file.truncate(end)


def count_resumable(path: Path, questions: Iterator[Question], source: Path) -> int:
    """How many leading questions have their prediction; raises TenkyoError where a line answers another question."""
    done = 0
    for _, prediction in read_predictions(path):
        done += 1
        question = next(questions, None)
        if question is None or json.loads(json.dumps(question.fields)) != prediction.question.fields:
            raise TenkyoError(
                f"{path}: line {done} answers another question than {source} asks there; "
                "resume with the file it was begun with, or name another --out"
            )
    return done
