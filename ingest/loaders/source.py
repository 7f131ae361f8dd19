"""What every loader shares: limits on a source, what loading returns, the error it may raise."""

from dataclasses import dataclass
from typing import Literal

from ingest.document import Document
from retriever.types import TenkyoError

Reason = Literal[
    "empty", "encrypted", "damaged", "scanned", "garbled", "unknown-type", "too-large", "too-slow", "unreadable"
]


class SourceError(TenkyoError):
    """A source that cannot be read: `reason` is a word for programs, the message one line for people."""

    def __init__(self, reason: Reason, message: str) -> None:
        super().__init__(" ".join(message.split()))
        self.reason: Reason = reason


@dataclass(frozen=True, slots=True)
class Limits:
    """The most that one source may cost. `max_seconds` and `max_memory_bytes` bind the PDF reader's process."""

    max_bytes: int = 200_000_000
    max_pages: int = 3_000
    max_seconds: float = 120.0
    max_memory_bytes: int = 2_000_000_000
    max_decompressed_bytes: int = 300_000_000
    max_characters: int = 20_000_000


@dataclass(frozen=True, slots=True)
class Loaded:
    """The documents of one source, and what was left out: (place, reason) for each wrong line of a .jsonl."""

    documents: tuple[Document, ...]
    skipped: tuple[tuple[str, str], ...] = ()
