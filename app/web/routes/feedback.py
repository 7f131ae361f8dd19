"""Thumbs up or down on an answer, with an optional comment: JSON lines in the index's folder, if turned on.

    INDEX/feedback.jsonl    {"day", "rating", "word", "question", "intent", "confidence", "documents"}

No address, no id and no time of day is stored. A full file (10 MB) takes no more.
"""

import json
import threading
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from app.web.errors import RefusedError
from app.web.guard.bodies import parse_object
from app.web.guard.questions import MAX_QUESTION

FILE = "feedback.jsonl"
_MOST_BYTES = 10_000_000
_MOST_WORD, _MOST_DOCUMENTS = 300, 20
_FIELDS = {"rating", "word", "question", "intent", "confidence", "documents"}
_INTENTS = {"passage", "overview", "sources", "smalltalk"}
_LABELS = {"sure", "likely", "weak"}


@dataclass(frozen=True, slots=True)
class Feedback:
    """A reader's rating of an answer."""

    rating: str
    word: str
    question: str
    intent: str
    confidence: str
    documents: tuple[str, ...]


def parse_feedback(body: bytes) -> Feedback:
    """Parse the feedback in a body; raises RefusedError (400, 422)."""
    fields = parse_object(body, '{"rating": "up", "question": "…"}')
    if set(fields) - _FIELDS or fields.get("rating") not in ("up", "down"):
        raise _wrong(f"send a rating, up or down, and if wanted {', '.join(sorted(_FIELDS - {'rating'}))}")
    documents = fields.get("documents", [])
    if not isinstance(documents, list) or len(documents) > _MOST_DOCUMENTS:
        raise _wrong(f"documents is not a list of at most {_MOST_DOCUMENTS} ids")
    intent, confidence = fields.get("intent", "passage"), fields.get("confidence", "weak")
    if intent not in _INTENTS or confidence not in _LABELS:
        raise _wrong("intent or confidence is none that an answer has")
    return Feedback(
        fields["rating"],
        _text(fields.get("word", ""), _MOST_WORD, "word"),
        _text(fields.get("question"), MAX_QUESTION, "question"),
        intent,
        confidence,
        tuple(_text(document, 300, "a document's id") for document in documents),
    )


def _text(value: Any, most: int, name: str) -> str:
    if not isinstance(value, str) or len(value) > most:
        raise _wrong(f"{name} is not a text of at most {most} characters")
    return value.encode("utf-8", "replace").decode()


def _wrong(message: str) -> RefusedError:
    return RefusedError(422, "bad_feedback", message)


class FeedbackFile:
    """The feedback file in an index's folder. Thread-safe."""

    def __init__(self, folder: Path, most_bytes: int = _MOST_BYTES) -> None:
        self._path, self._most_bytes = folder / FILE, most_bytes
        self._lock = threading.Lock()

    def add(self, feedback: Feedback) -> None:
        """Append a line; raises RefusedError (503) if the file is full or cannot be written."""
        row = {"day": datetime.now(UTC).date().isoformat(), **asdict(feedback)}
        line = json.dumps(row, ensure_ascii=False) + "\n"
        with self._lock:
            try:
                with self._path.open("a", encoding="utf-8") as file:
                    if file.tell() + len(line.encode()) > self._most_bytes:
                        raise RefusedError(503, "full", f"{FILE} is full: whoever runs the server can move it away")
                    file.write(line)
            except OSError as error:
                raise RefusedError(503, "unavailable", f"{FILE} cannot be written ({error.strerror})") from error
