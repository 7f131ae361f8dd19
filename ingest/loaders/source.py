"""What every loader shares: limits on a source, what loading returns, the error it may raise."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from ingest.document import Document
from ingest.text import shown_name
from retriever.types import TenkyoError

Reason = Literal[
    "empty", "encrypted", "damaged", "scanned", "garbled", "unknown-type", "too-large", "too-slow", "unreadable",
    "hidden", "not-installed",
]  # fmt: skip


class SourceError(TenkyoError):
    """A source that cannot be read: `reason` is a word for programs, the message one line for people."""

    def __init__(self, reason: Reason, message: str) -> None:
        super().__init__(shown_name(" ".join(message.split())))
        self.reason: Reason = reason


@dataclass(frozen=True, slots=True)
class Limits:
    """The most that one source may cost. `max_seconds` and `max_memory_bytes` bind the reader's process.

    `max_rows` are the rows of tables in one file: each is a passage, and encoding one takes about 20 ms.
    """

    max_bytes: int = 200_000_000
    max_pages: int = 3_000
    max_seconds: float = 120.0
    max_memory_bytes: int = 2_000_000_000
    max_decompressed_bytes: int = 300_000_000
    max_characters: int = 20_000_000
    max_rows: int = 20_000


@dataclass(frozen=True, slots=True)
class Skipped:
    """A part of a source that was left out: a page of a PDF, a line of a .jsonl.

    `place` names it, `reason` is a word for programs, `detail` says for people what is wrong and what helps.
    """

    place: str
    reason: Reason
    detail: str


@dataclass(frozen=True, slots=True)
class Loaded:
    """The documents of one source, and the parts of it that were left out."""

    documents: tuple[Document, ...]
    skipped: tuple[Skipped, ...] = ()


def read_bytes(path: Path) -> bytes:
    """The file's bytes; raises SourceError where they cannot be read."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise unreadable(path, error) from error


def unreadable(path: Path, error: OSError) -> SourceError:
    """The error for a file that the system does not let us read."""
    said = f"{path.name} cannot be read ({error.strerror}); check the path and its permissions"
    return SourceError("unreadable", said)


def rows_left_out(name: str, limits: Limits, count: int | None = None) -> Skipped:
    """The part of a file that lies beyond the limit on rows; `count` is how many rows it has, where that is known."""
    has = f"it has {count:,}, and " if count else ""
    said = f"{has}at most {limits.max_rows:,} rows are read; split the file, or delete what nobody asks about"
    return Skipped(f"{name}, table rows after the first {limits.max_rows:,}", "too-large", said)
