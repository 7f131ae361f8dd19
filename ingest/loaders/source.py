"""Types shared by all loaders: limits, the result of loading, and the error for an unreadable source."""

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
    """A source cannot be read. `reason` is a machine-readable word; the message is one line for people."""

    def __init__(self, reason: Reason, message: str) -> None:
        super().__init__(shown_name(" ".join(message.split())))
        self.reason: Reason = reason


@dataclass(frozen=True, slots=True)
class Limits:
    """Limits on one source. `max_seconds` and `max_memory_bytes` apply to the separate reading process.

    `max_rows` limits the table rows of one file: each row becomes a passage, and encoding one takes about 20 ms.
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
    """A part of a source that was left out, such as a page of a PDF or a line of a .jsonl.

    `place` names the part, `reason` is a machine-readable word, `detail` tells people the problem and the remedy.
    """

    place: str
    reason: Reason
    detail: str


@dataclass(frozen=True, slots=True)
class Loaded:
    """The documents loaded from one source, and the parts that were left out."""

    documents: tuple[Document, ...]
    skipped: tuple[Skipped, ...] = ()


def read_bytes(path: Path) -> bytes:
    """Read a file's bytes. Raises SourceError if that fails."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise unreadable(path, error) from error


def unreadable(path: Path, error: OSError) -> SourceError:
    """The error for a file that the operating system does not let us read."""
    said = f"{path.name} cannot be read ({error.strerror}); check the path and its permissions"
    return SourceError("unreadable", said)


def rows_left_out(name: str, limits: Limits, count: int | None = None) -> Skipped:
    """The report of table rows beyond the limit; `count` is the file's number of rows, if known."""
    has = f"it has {count:,}, and " if count else ""
    said = f"{has}at most {limits.max_rows:,} rows are read; split the file, or delete rows that nobody will ask about"
    return Skipped(f"{name}, table rows after the first {limits.max_rows:,}", "too-large", said)
