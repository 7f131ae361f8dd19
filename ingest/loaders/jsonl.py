"""JSON Lines → Documents: one {"id", "title", "text", "url"?} a line."""

import json
from pathlib import Path

from ingest.document import Block, Document
from ingest.loaders.source import Limits, Loaded, SourceError
from ingest.loaders.text import decode, read_bytes
from ingest.normalise import language_of


def load(path: Path, limits: Limits) -> Loaded:
    """One document a line; wrong lines are reported with their number, not raised, unless none is right."""
    text = decode(read_bytes(path, limits), path.name)
    documents: list[Document] = []
    skipped: list[tuple[str, str]] = []
    lines: dict[str, int] = {}
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        row = _row(line)
        if isinstance(row, dict) and row["id"] in lines:
            row = f"id {row['id']!r} stands in line {lines[row['id']]} already"
        if isinstance(row, str):
            skipped.append((f"{path.name}:{number}", row))
            continue
        lines[row["id"]] = number
        documents.append(_document(path, row))
    if not documents:
        place, reason = skipped[0] if skipped else (path.name, "no lines")
        raise SourceError(
            "damaged",
            f"{path.name} has no usable line ({place}: {reason}); each must be an object with id, title, text",
        )
    return Loaded(tuple(documents), tuple(skipped))


def _row(line: str) -> dict[str, str] | str:
    """The fields of a line, or what is wrong with it."""
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
            return f"{name!r} is missing or no string"
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
