"""Limits of the language model: concurrent calls, tokens a day; and a cache of its texts."""

import hashlib
import json
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

from app.composing.model import LanguageModel, ModelError, Usage
from app.composing.prompt import Messages, version
from retriever.files import write_whole
from retriever.types import Recent

_CACHED = 500  # texts
WrittenBefore = Recent[str, str]  # the model's texts, by `key_of`; each use checks the text again


def written_before() -> WrittenBefore:
    """A cache for the texts of the last 500 questions."""
    return Recent(_CACHED)


class Calls:
    """Limits concurrent calls to `most`; further callers are refused, not queued."""

    def __init__(self, most: int) -> None:
        self._room = threading.BoundedSemaphore(most)

    @contextmanager
    def room(self) -> Iterator[bool]:
        """Whether a call may begin; it counts as running until the block ends."""
        has_room = self._room.acquire(blocking=False)
        try:
            yield has_room
        finally:
            if has_room:
                self._room.release()


class DailyTokens:
    """Counts the tokens of a day (UTC) in a file that all processes of a machine share; 0 `allowed` means no limit.

    If the file cannot be read or written, each process counts for itself.
    """

    def __init__(self, path: Path, allowed: int) -> None:
        self._path, self._allowed = path, allowed
        self._lock = threading.Lock()
        self._day, self._spent = "", 0

    def is_spent(self) -> bool:
        """Whether today's tokens are used up."""
        if not self._allowed:
            return False
        with self._lock:
            self._read()
            return self._spent >= self._allowed

    def add(self, tokens: int) -> None:
        """Add to the tokens of today."""
        if not self._allowed:
            return
        with self._lock, self._held():
            self._read()
            self._spent += tokens
            self._write()

    @contextmanager
    def _held(self) -> Iterator[None]:
        """Hold the lock of the file, if its folder can be written."""
        from filelock import FileLock

        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            with FileLock(self._path.with_suffix(".lock"), timeout=1):
                yield
        except OSError:  # filelock's Timeout is one, too
            yield

    def _read(self) -> None:
        today = datetime.now(UTC).date().isoformat()
        try:
            kept = json.loads(self._path.read_text(encoding="ascii"))
            day, spent = str(kept["day"]), int(kept["tokens"])
        except (OSError, ValueError, KeyError, TypeError):
            day, spent = self._day, self._spent
        if day != today:
            day, spent = today, 0
        same_day = day == self._day
        self._day, self._spent = day, max(spent, self._spent) if same_day else spent

    def _write(self) -> None:
        with suppress(OSError):
            write_whole(self._path, json.dumps({"day": self._day, "tokens": self._spent}).encode())


class LimitedModel:
    """A language model with limits and a cache. Thread-safe."""

    def __init__(self, model: LanguageModel, calls: Calls, tokens: DailyTokens, before: WrittenBefore | None) -> None:
        self._model, self._calls, self._tokens, self._before = model, calls, tokens, before

    def pieces(self, messages: Messages, snapshot: str, usage: Usage) -> Iterator[str]:
        """The model's text about the index's `snapshot` in pieces, "" for a pause. Raises ModelError.

        `usage` is filled in with the cost: 0 tokens if the text comes from the cache.
        """
        settings = self._model.settings
        key = key_of((snapshot, settings.url, settings.model, version()), messages)
        kept = self._before.get(key) if self._before else None
        if kept is not None:
            usage.ended = True
            yield kept
            return
        if self._tokens.is_spent():
            raise ModelError("refused", "today's tokens of the language model are used up")
        with self._calls.room() as has_room:
            if not has_room:
                raise ModelError("refused", "the language model is busy with other questions")
            text = ""
            try:
                for piece in self._model.stream(messages, usage):
                    text += piece
                    yield piece
            finally:
                usage.tokens = usage.tokens or _estimate(messages, text)
                self._tokens.add(usage.tokens)
        if not text.strip():
            raise ModelError("empty", "the language model wrote nothing")
        if usage.ended and self._before:
            self._before.keep(key, text)

    def text(self, messages: Messages, snapshot: str, usage: Usage) -> str:
        """The whole text; "" if the model failed or stopped early."""
        try:
            text = "".join(self.pieces(messages, snapshot, usage)).strip()
        except ModelError:
            return ""
        return text if usage.ended else ""


def _estimate(messages: Messages, text: str) -> int:
    """Estimated tokens of a call whose server does not count them: half the number of characters."""
    return (sum(len(message["content"]) for message in messages) + len(text)) // 2


def key_of(parts: Sequence[str], messages: Messages) -> str:
    """The cache key of a text, from index snapshot, model and prompts (`parts`), and the messages."""
    key_text = json.dumps([list(parts), messages], ensure_ascii=False)
    return hashlib.sha256(key_text.encode("utf-8", "surrogatepass")).hexdigest()
