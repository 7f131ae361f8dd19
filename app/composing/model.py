"""A language model at an OpenAI-compatible address: one question in, its text in pieces out, within time limits."""

import queue
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Literal

from app.composing.prompt import Messages
from retriever.types import TenkyoError

Kind = Literal["unreachable", "refused", "slow", "malformed", "empty"]
_MOST_CHARACTERS = 8000  # of one text; no answer is longer
_TRIES = 2
_PAUSE = 0.5  # seconds before the second try
_QUIET = 0.05  # seconds without a piece, after which a sentence that looks complete counts as complete
_RENAMED = {"max_tokens": "max_completion_tokens"}  # parameters that newer hosted models take by another name


class ModelError(TenkyoError):
    """The model gave no text; `kind` says why, for metrics and notes."""

    def __init__(self, kind: Kind, message: str) -> None:
        super().__init__(message)
        self.kind = kind


@dataclass(frozen=True, slots=True)
class ModelSettings:
    """The address of the model, and limits in seconds: to connect, to the first piece, between two pieces, in all."""

    url: str
    model: str
    key: str = ""
    connect_seconds: float = 5.0
    first_seconds: float = 90.0
    between_seconds: float = 20.0
    total_seconds: float = 180.0
    most_tokens: int = 700

    def __repr__(self) -> str:
        return f"ModelSettings({self.url!r}, {self.model!r})"  # the key is never shown


@dataclass(slots=True)
class Usage:
    """The tokens of a text, counted by the server or else estimated. `ended`: the text was not cut off."""

    tokens: int = 0
    ended: bool = False


class LanguageModel:
    """Asks the model. Safe to use from several threads."""

    def __init__(self, settings: ModelSettings) -> None:
        from openai import OpenAI, Timeout

        self.settings = settings
        connect, total = settings.connect_seconds, settings.total_seconds
        limits = Timeout(connect=connect, read=total, write=connect, pool=connect)
        self._client = OpenAI(base_url=settings.url, api_key=settings.key or "none", max_retries=0, timeout=limits)
        self._completions = self._client.chat.completions  # imports what it needs now, not within the first call's time
        self._options: dict[str, Any] = {
            "stream_options": {"include_usage": True},
            "temperature": 0.0,
            "max_tokens": settings.most_tokens,
        }

    def listed(self) -> list[str]:
        """The names of the models that the address lists; raises ModelError."""
        with _model_errors():
            try:
                listing = self._client.with_options(timeout=self.settings.connect_seconds).models.list().data
            except (AttributeError, ValueError) as error:  # the client raises these on a page that is not JSON
                raise ModelError("malformed", "the address answers, but not as the OpenAI API does") from error
        return [str(getattr(model, "id", "")) for model in listing or ()]

    def stream(self, messages: Messages, usage: Usage) -> Iterator[str]:
        """The pieces of the model's text; `usage` is filled in as they come. Closing the iterator ends the call.

        An empty piece says that the model has paused for a moment. If the address fails before the first piece, the
        call is tried once more. Raises ModelError.
        """
        for attempt in range(_TRIES):
            pieces = self._pieces(messages, usage)
            try:
                first = next(pieces, "")
            except ModelError as error:
                if attempt + 1 == _TRIES or error.kind not in {"unreachable", "malformed"}:
                    raise
                time.sleep(_PAUSE)
                continue
            yield first
            yield from pieces
            return

    def _pieces(self, messages: Messages, usage: Usage) -> Iterator[str]:
        """The pieces of one call; a thread reads them, so that waiting has a time limit."""
        arrived: queue.Queue[Any] = queue.Queue()
        stopped = threading.Event()
        threading.Thread(
            target=self._read, args=(messages, usage, arrived, stopped), name="tenkyo-model", daemon=True
        ).start()
        begun = time.monotonic()
        ends, patience, length, is_quiet = begun + self.settings.total_seconds, self.settings.first_seconds, 0, True
        due = begun + patience
        try:
            while True:
                wait = max(0.0, min(due, ends) - time.monotonic())
                try:
                    piece = arrived.get(timeout=wait if is_quiet else min(wait, _QUIET))
                except queue.Empty:
                    if not is_quiet and wait > _QUIET:
                        is_quiet = True
                        yield ""
                        continue
                    raise ModelError("slow", f"the language model sent nothing for {patience:.0f} s") from None
                if piece is None:
                    return
                if isinstance(piece, ModelError):
                    raise piece
                patience, length, is_quiet = self.settings.between_seconds, length + len(piece), False
                due = time.monotonic() + patience
                yield piece
                if length > _MOST_CHARACTERS:
                    return
        finally:
            stopped.set()

    def _read(self, messages: Messages, usage: Usage, arrived: "queue.Queue[Any]", stopped: threading.Event) -> None:
        """Put the pieces of a call into `arrived`, then None, or the ModelError that ended it."""
        try:
            self._read_call(messages, usage, arrived, stopped)
            arrived.put(None)
        except ModelError as error:
            arrived.put(error)
        except Exception as error:  # no error of the client may end this thread silently
            arrived.put(ModelError("malformed", f"the language model's answer cannot be read ({type(error).__name__})"))

    def _read_call(
        self, messages: Messages, usage: Usage, arrived: "queue.Queue[Any]", stopped: threading.Event
    ) -> None:
        with _model_errors(), self._begun(messages) as chunks:
            for chunk in chunks:
                if stopped.is_set():
                    return
                _take(chunk, usage, arrived)

    def _begun(self, messages: Messages) -> Any:
        """The stream of a call; if the address refuses a parameter by name, it is renamed or left out for a new try."""
        import openai

        while True:
            options = self._options
            try:
                return self._completions.create(
                    model=self.settings.model,
                    messages=messages,  # type: ignore[arg-type] # plain dictionaries
                    stream=True,
                    **options,
                )
            except openai.BadRequestError as error:
                refused = next((name for name in options if error.param == name or f"'{name}'" in error.message), None)
                if refused is None:
                    raise
                kept = {name: value for name, value in options.items() if name != refused}
                if refused in _RENAMED:
                    kept[_RENAMED[refused]] = options[refused]
                self._options = kept  # for later calls, too


@contextmanager
def _model_errors() -> Iterator[None]:
    """Turn the client's errors into ModelError, without the text that was sent."""
    import openai

    try:
        yield
    except openai.APIStatusError as error:
        kind: Kind = "unreachable" if error.status_code >= 500 else "refused"
        raise ModelError(kind, f"the language model answered with status {error.status_code}") from error
    except openai.APITimeoutError as error:
        raise ModelError("slow", "the language model did not answer in time") from error
    except openai.APIConnectionError as error:
        raise ModelError("unreachable", "the language model cannot be reached") from error


def _take(chunk: Any, usage: Usage, arrived: "queue.Queue[Any]") -> None:
    """Pass on the contents of a chunk: a piece of text, the count of tokens, how the text ended."""
    if getattr(chunk, "usage", None) is not None:
        usage.tokens = int(chunk.usage.total_tokens or 0)
    for choice in getattr(chunk, "choices", None) or ():
        piece = choice.delta.content if choice.delta else None
        if isinstance(piece, str) and piece:
            arrived.put(piece)
        if choice.finish_reason is not None:
            usage.ended = choice.finish_reason == "stop"
