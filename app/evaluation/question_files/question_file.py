"""Files of questions: JSON Lines, CSV or XLSX, in UTF-8 or as Excel writes them, read row by row."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from app.evaluation.question_files.question_tables import (
    Fault,
    QuestionFileError,
    canonical,
    column_names,
    csv_rows,
    xlsx_rows,
)

_WORDS = ("lang", "type", "document_id", "expects")
_RESERVED = {
    "answer": ("taken-answer", "predictions.jsonl keeps the answer there; gold answers go in 'answers'"),
    "error": ("taken-error", "predictions.jsonl keeps failures there; name it otherwise"),
}
_UNASSIGNED = re.compile("[\x80\uf8f0-\uf8f3]")
_SAMPLE_BYTES = 65536


@dataclass(frozen=True, slots=True)
class Nugget:
    """A point that an answer should make, in any one of its `wordings`; `vital`: it must make it."""

    wordings: tuple[str, ...]
    vital: bool = False


@dataclass(frozen=True, slots=True)
class QuestionRow:
    """A row of a question file: `fields` as given, `line` (1-based) where it begins.

    `answers` and `evidence` are None if the row does not mention them, empty if it says that there are none. `expects`
    is the intent that should be recognised. `history` are the questions before this one, oldest first; `documents` are
    the ids of the documents to search, empty for all.
    """

    line: int
    fields: dict[str, Any]
    text: str
    id: str
    language: str | None = None
    type: str | None = None
    answers: tuple[str, ...] | None = None
    evidence: tuple[str, ...] | None = None
    document_id: str | None = None
    history: tuple[str, ...] = ()
    documents: tuple[str, ...] = ()
    nuggets: tuple[Nugget, ...] = ()
    expects: str | None = None

    @property
    def unanswerable(self) -> bool:
        """Whether the documents are known not to hold the answer."""
        if self.expects == "smalltalk":
            return False
        return self.type == "unanswerable" or (self.answers == () and not self.evidence)

    @property
    def answerable(self) -> bool:
        """Whether the documents are known to hold the answer."""
        return not self.unanswerable and bool(self.answers or self.evidence or self.document_id)

    @property
    def judgeable(self) -> bool:
        """Whether an answer can be judged: by gold answers, by evidence, or because none exists."""
        return self.unanswerable or bool(self.answers or self.evidence)


@dataclass(frozen=True, slots=True)
class WrongRow:
    """A row that cannot be asked: where it begins (1-based) and why."""

    line: int
    fault: Fault

    @property
    def reason(self) -> str:
        """Why, for a terminal."""
        return self.fault.message


class _FieldError(ValueError):
    """A field that does not fit."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(fault.message)
        self.fault = fault


def read_questions(path: Path) -> Iterator[QuestionRow | WrongRow]:
    """The rows of a question file in order, one at a time; blank lines are skipped.

    Raises QuestionFileError if the file as a whole cannot be read or is not a list of questions.
    """
    try:
        for line, row in _rows(path):
            yield _question(line, row) if isinstance(row, dict) else WrongRow(line, row)
    except OSError as error:
        said = f"cannot be read ({error.strerror}); name a .jsonl, .csv or .xlsx file"
        raise QuestionFileError(path, Fault("unreadable", said)) from error


def _rows(path: Path) -> Iterator[tuple[int, dict[str, Any] | Fault]]:
    if path.suffix.lower() == ".xlsx":
        yield from xlsx_rows(path)
        return
    encoding = _encoding(path)
    with path.open(encoding=encoding, errors=_on_wrong_bytes(encoding), newline="") as file:
        yield from csv_rows(file, path) if _is_csv(path, encoding) else _json_rows(file, path)


def question_from_fields(line: int, fields: dict[str, Any]) -> QuestionRow:
    """The question of a row; raises ValueError with the reason if the fields do not fit."""
    text = fields.get("question")
    if not isinstance(text, str) or not text.strip():
        raise _FieldError(Fault("no-question", "'question' is missing or empty"))
    identity = fields.get("id")
    identity = _word("id", str(identity) if isinstance(identity, int | float) else identity)
    words = {name: _word(name, fields.get(name)) for name in _WORDS}
    return QuestionRow(
        line=line,
        fields=fields,
        text=text.strip(),
        id=identity or f"#{line}",
        language=words["lang"],
        type=words["type"],
        answers=_strings("answers", fields.get("answers")),
        evidence=_strings("evidence", fields.get("evidence")),
        document_id=words["document_id"],
        history=_strings("history", fields.get("history")) or (),
        documents=_strings("documents", fields.get("documents")) or (),
        nuggets=_nuggets(fields.get("nuggets")),
        expects=words["expects"],
    )


def _question(line: int, fields: dict[str, Any]) -> QuestionRow | WrongRow:
    for name, (fault, reason) in _RESERVED.items():
        if name in fields:
            said = f"the field '{name}' is taken: {reason}"
            return WrongRow(line, Fault(fault, said, {"name": name, "known": column_names()}))
    try:
        json.dumps(fields, ensure_ascii=False, allow_nan=False).encode()
        return question_from_fields(line, fields)
    except UnicodeEncodeError:
        said = "holds bytes that are not text in the file's encoding (save the file as UTF-8)"
        return WrongRow(line, Fault("no-text", said))
    except _FieldError as error:
        return WrongRow(line, error.fault)
    except ValueError as error:
        return WrongRow(line, Fault("no-json", str(error)))


def _word(name: str, value: Any) -> str | None:
    if value is not None and not isinstance(value, str):
        said = f"'{name}' must be a string, not {json.dumps(value, ensure_ascii=False)[:40]}"
        raise _FieldError(Fault("no-string", said, {"name": name}))
    return value.strip() or None if value else None


def _strings(name: str, value: Any) -> tuple[str, ...] | None:
    if value is None:
        return None
    items = [value] if isinstance(value, str | int | float) else value
    if not isinstance(items, list) or not all(isinstance(item, str | int | float) for item in items):
        said = f"'{name}' must be a list of strings, not {json.dumps(value, ensure_ascii=False)[:40]}"
        raise _FieldError(Fault("no-list", said, {"name": name}))
    return tuple(text for item in items if (text := str(item).strip()))


def _nuggets(value: Any) -> tuple[Nugget, ...]:
    """The nuggets of a row: a list of {"vital": …, "any": […]}, in CSV written as JSON."""
    try:
        items = json.loads(value) if isinstance(value, str) and value.strip() else value or []
        return tuple(Nugget(_strings("any", item["any"]) or (), bool(item.get("vital"))) for item in items)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        shown = json.dumps(value, ensure_ascii=False)[:40]
        said = f'\'nuggets\' must be a list such as [{{"vital": true, "any": ["…"]}}], not {shown}'
        raise _FieldError(Fault("no-nuggets", said)) from error


def _json_rows(file: Iterator[str], path: Path) -> Iterator[tuple[int, dict[str, Any] | Fault]]:
    for line, text in enumerate(_physical_lines(file), 1):
        if not text.strip():
            continue
        if line == 1 and text.lstrip().startswith("["):
            said = "is one JSON list; write one JSON object a line (JSON Lines)"
            raise QuestionFileError(path, Fault("one-list", said))
        try:
            row = json.loads(text)
        except ValueError as error:
            yield line, Fault("no-json", f"is not JSON ({error})")
            continue
        yield line, canonical(row) if isinstance(row, dict) else Fault("no-object", "is not a JSON object")


def _physical_lines(file: Iterator[str]) -> Iterator[str]:
    r"""Lines that end in \n; a lone \r is white space to JSON and ends none."""
    pending = ""
    for piece in file:
        pending += piece
        if pending.endswith("\n"):
            yield pending
            pending = ""
    if pending:
        yield pending


def _is_csv(path: Path, encoding: str) -> bool:
    """Whether the file is CSV: by its suffix, else if it does not begin as JSON does, with { or [."""
    if path.suffix.lower() in {".csv", ".tsv"}:
        return True
    if path.suffix.lower() in {".jsonl", ".ndjson", ".json"}:
        return False
    with path.open(encoding=encoding, errors=_on_wrong_bytes(encoding)) as file:
        return not file.read(_SAMPLE_BYTES).lstrip().startswith(("{", "["))


def _on_wrong_bytes(encoding: str) -> str:
    """The error handler of the codec: it marks wrong bytes, so that their row can be named and the others be read."""
    return "replace" if encoding == "utf-16" else "surrogateescape"


def _encoding(path: Path) -> str:
    """The encoding: by the byte-order mark, else UTF-8 or Shift_JIS, whichever decodes more lines.

    Excel in Japan writes "CSV" in Shift_JIS (Microsoft's cp932), "CSV UTF-8" with a byte-order mark and
    "Unicode text" in UTF-16. No byte of a Shift_JIS character is a line feed, so that lines can be told apart.
    """
    with path.open("rb") as file:
        if file.read(2) in {b"\xff\xfe", b"\xfe\xff"}:
            return "utf-16"
        file.seek(0)
        unicode_lines = japanese_lines = 0
        for line in file:
            if not line.isascii():
                unicode_lines += _decodes(line, "utf-8")
                japanese_lines += _decodes(line, "cp932")
    return "cp932" if japanese_lines > unicode_lines else "utf-8-sig"


def _decodes(line: bytes, encoding: str) -> bool:
    try:
        text = line.decode(encoding)
    except UnicodeDecodeError:
        return False
    # cp932 decodes some single bytes that Shift_JIS does not assign; no program writes them
    return not _UNASSIGNED.search(text)
