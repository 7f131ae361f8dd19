"""The question file of a course, INDEX/teach/questions.jsonl: drafted rows, edits, and rows of judged answers."""

import hashlib
import json
import secrets
import threading
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from app.answering.types import Answer
from app.evaluation.question_files.question_tables import LIST_SEPARATOR
from app.web.courses.stored import write_text
from app.web.errors import WordedError
from retriever.text import letters, squeeze
from retriever.types import TenkyoError

FILE = "questions.jsonl"
TYPES = ("factoid", "list", "table", "explain", "reference", "unanswerable")
MOST_ROWS = 500
_MOST_QUOTES = 3  # quotes of a right answer that become its row's evidence
_MOST_TEXT = 4000  # characters of a field
Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class RowLine:
    """A row as the table shows it; list items are separated by |."""

    id: str
    question: str
    type: str
    answers: str
    evidence: str


class QuestionSet:
    """The rows, each with a stable, unique `id`. Every change replaces the file atomically. Thread-safe."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / FILE
        self._lock = threading.Lock()

    def rows(self) -> list[Row]:
        """The rows in order; lines without a question are skipped. Raises TenkyoError if the file cannot be read."""
        try:
            lines = self.path.read_text(encoding="utf-8").splitlines()
        except FileNotFoundError:
            return []
        except (OSError, ValueError) as error:
            raise TenkyoError(f"{self.path.name} cannot be read ({error}): delete it to begin anew") from error
        return _identified(row for line in lines if (row := _row(line)) is not None)

    def lines(self) -> list[RowLine]:
        """The rows as the table shows them."""
        return [
            RowLine(
                row["id"],
                str(row["question"]),
                str(row.get("type") or ""),
                _joined(row.get("answers")),
                _joined(row.get("evidence")),
            )
            for row in self.rows()
        ]

    def add(self, added: Iterable[Row]) -> int:
        """Append the rows with new questions, up to MOST_ROWS in all; returns how many."""
        with self._lock:
            rows = self.rows()
            known = {letters(str(row["question"])) for row in rows}
            room = max(0, MOST_ROWS - len(rows))
            new = [row for row in added if letters(str(row["question"])) not in known][:room]
            self._write([*rows, *({**row, "id": _new_id()} for row in new)])
        return len(new)

    def put(self, judged: Row) -> None:
        """Append a row; an earlier one with the same question is removed. Raises WordedError if the file is full."""
        with self._lock:
            wanted = letters(judged["question"])
            rows = [row for row in self.rows() if letters(str(row["question"])) != wanted]
            if len(rows) >= MOST_ROWS:
                said = f"the file holds {MOST_ROWS} questions already: delete some first"
                raise WordedError(said, "questions_full", most=MOST_ROWS)
            self._write([*rows, {"id": _new_id(), **judged}])

    def edit(self, changed: Mapping[str, Mapping[str, str]], deleted: Iterable[str]) -> None:
        """Change fields of rows by id, and delete rows by id. A row whose question becomes empty is deleted too."""
        gone = set(deleted)
        with self._lock:
            rows = [row if row["id"] not in changed else edited(row, changed[row["id"]]) for row in self.rows()]
            self._write([row for row in rows if row["id"] not in gone and str(row["question"]).strip()])

    def _write(self, rows: Sequence[Row]) -> None:
        write_text(self.path, "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows))


def edited(row: Row, fields: Mapping[str, str]) -> Row:
    """A row changed by its fields in the table; list items are separated by |."""
    changed = {**row, "question": " ".join(fields.get("question", "").split())[:_MOST_TEXT]}
    if fields.get("type") in TYPES:
        changed["type"] = fields["type"]
    for name in ("answers", "evidence"):
        if name in fields:
            items = [part.strip() for part in fields[name][:_MOST_TEXT].split(LIST_SEPARATOR.strip())]
            changed[name] = [item for item in items if item]
    if changed.get("type") == "unanswerable":
        changed |= {"answers": [], "evidence": []}
    return changed


def judged_row(answer: Answer, *, is_right: bool, expected: str, is_absent: bool) -> Row:
    """The row for a teacher's judgement of an answer. Raises WordedError if a correction is missing.

    A right answer's quotes become the evidence. A right refusal, or a wrong answer to a question that the documents do
    not answer (`is_absent`), makes an unanswerable question. For any other wrong answer the teacher gives `expected`.
    """
    row: Row = {"question": answer.question, "lang": answer.language}
    if (is_right and answer.abstained) or (not is_right and is_absent):
        return {**row, "type": "unanswerable", "answers": [], "evidence": []}
    items = [part.strip() for part in expected[:_MOST_TEXT].split(LIST_SEPARATOR.strip()) if part.strip()]
    if is_right:
        quotes = list(dict.fromkeys(citation.quote for citation in answer.citations))[:_MOST_QUOTES]
        spans = [citation.span for citation in answer.citations[:1] if citation.span]
        documents = {citation.document_id for citation in answer.citations}
        named = {"document_id": documents.pop()} if len(documents) == 1 else {}
        return {**row, "type": "factoid", "answers": items or spans, "evidence": quotes, **named}
    if not items:
        said = "say what is right: write the words of the answer, or that the documents do not say it"
        raise WordedError(said, "no_answer")
    return {**row, "type": "list" if len(items) > 1 else "factoid", "answers": items}


def _joined(value: Any) -> str:
    return LIST_SEPARATOR.join(map(str, value)) if isinstance(value, list) else str(value or "")


def _row(line: str) -> Row | None:
    try:
        value = json.loads(line) if line.strip() else None
    except ValueError:
        return None
    if not isinstance(value, dict) or not squeeze(str(value.get("question", ""))):
        return None
    return value


def _identified(rows: Iterable[Row]) -> list[Row]:
    """Give each row a unique id. A missing id, or an earlier row's, is replaced by a hash of the row's content.

    The hash is the same at each reading, so a form can refer to the row by it.
    """
    taken: set[str] = set()
    identified = []
    for row in rows:
        row_id, content = str(row.get("id") or ""), json.dumps(row, ensure_ascii=True, sort_keys=True)
        while not row_id or row_id in taken:
            content += "+"
            row_id = hashlib.sha256(content.encode()).hexdigest()[:12]
        taken.add(row_id)
        identified.append({**row, "id": row_id})
    return identified


def _new_id() -> str:
    return secrets.token_hex(4)
