"""JSON Lines → Documents: each line is an object {"id", "title", "text"} with an optional "url"."""

import codecs
import json
from collections.abc import Iterator
from pathlib import Path

from ingest.document import Block, Document
from ingest.loaders.source import Limits, Loaded, Skipped, SourceError, read_bytes, unreadable
from ingest.loaders.text import CONTROLS, decode
from retriever.text import language_of

_BLOCK = 1 << 20  # bytes


def load(path: Path, _limits: Limits) -> Loaded:
    """Read one document from each line. Invalid lines are listed in `skipped`; raises SourceError if none is valid."""
    documents: list[Document] = []
    skipped: list[Skipped] = []
    lines: dict[str, int] = {}
    for number, line in enumerate(_lines(path), 1):
        if not line.strip():
            continue
        row = _row(line)
        if isinstance(row, dict) and row["id"] in lines:
            row = f"id {row['id']!r} is already in line {lines[row['id']]}"
        if isinstance(row, str):
            skipped.append(Skipped(f"{path.name}:{number}", "damaged", row))
            continue
        lines[row["id"]] = number
        documents.append(_document(path, row))
    if not documents and not skipped:
        raise SourceError("empty", f"{path.name} has no lines; there is nothing to ingest")
    if not documents:
        said = f"{skipped[0].place}: {skipped[0].detail}"
        rule = "each must be an object with id, title, text"
        raise SourceError("damaged", f"{path.name} has no usable line ({said}); {rule}")
    return Loaded(tuple(documents), tuple(skipped))


def _lines(path: Path) -> Iterator[str]:
    """The lines of a file. UTF-8 is read line by line, so that a large file is never in memory as a whole."""
    if not _is_utf8(path):
        yield from decode(read_bytes(path), path.name).split("\n")
        return
    try:
        with path.open(encoding="utf-8-sig", errors="replace", newline="\n") as file:
            for line in file:
                yield CONTROLS.sub("", line)
    except OSError as error:
        raise unreadable(path, error) from error


def _is_utf8(path: Path) -> bool:
    decoder = codecs.getincrementaldecoder("utf-8")()
    last = b""
    try:
        with path.open("rb") as file:
            while block := file.read(_BLOCK):
                if b"\x1b$" in last + block:  # ISO-2022-JP is valid UTF-8, too
                    return False
                decoder.decode(block)
                last = block[-1:]
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    except OSError as error:
        raise unreadable(path, error) from error
    return True


def _row(line: str) -> dict[str, str] | str:
    """The fields of a line, or an error message if it is invalid."""
    try:
        row = json.loads(line)
    except (json.JSONDecodeError, RecursionError) as error:
        return f"not JSON ({error})"
    if not isinstance(row, dict):
        return "not an object"
    fields: dict[str, str] = {}
    for name in ("id", "title", "text", "url"):
        value = row.get(name)
        if isinstance(value, int) and not isinstance(value, bool) and name == "id":
            value = str(value)
        if value is None and name in ("title", "url"):
            continue
        if not isinstance(value, str):
            return f"{name!r} is missing or not a string"
        fields[name] = value.encode("utf-8", "replace").decode("utf-8")
    if not fields["id"].strip() or not fields["text"].strip():
        return f"{'id' if not fields['id'].strip() else 'text'!r} is empty"
    return fields


def _document(path: Path, row: dict[str, str]) -> Document:
    paragraphs = [line.strip() for line in row["text"].splitlines() if line.strip()]
    return Document(
        id=row["id"],
        title=row.get("title", "").strip() or row["id"],
        source=str(path.resolve()),
        blocks=tuple(Block("paragraph", paragraph) for paragraph in paragraphs),
        language=language_of(row["text"], "ja"),
        url=row.get("url") or None,
    )
