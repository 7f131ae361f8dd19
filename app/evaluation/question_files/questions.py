"""A starter set of questions drafted from documents and checked by asking, for a teacher to edit."""

import csv
import io
import json
from collections.abc import Callable, Iterable, Sequence
from itertools import islice
from typing import Any

from app.answering.types import Answer
from app.drafts.checking import kept
from app.drafts.drafting import drafts
from app.drafts.question import Draft
from app.evaluation.question_files.question_tables import LIST_SEPARATOR
from retriever.types import Passage

Row = dict[str, Any]
COLUMNS = ("id", "question", "lang", "type", "answers", "evidence", "document_id")


def draft(
    documents: Iterable[Sequence[Passage]],
    limit: int,
    ask: Callable[[str], Answer],
    on_kept: Callable[[], None] = lambda: None,
) -> list[Row]:
    """Draft at most `limit` questions with answers and verbatim evidence from documents, given as their passages.

    A question is kept only if `ask` answers it with its own evidence. A question about a whole section has the
    section's first sentence as evidence and no answer: the teacher adds it. `on_kept` is called for each kept one.
    """
    readable = (draft for draft in drafts(documents) if _fits_csv(draft))
    rows: list[Row] = []
    for draft in islice(kept(readable, ask), limit):
        rows.append(_row(len(rows) + 1, draft))
        on_kept()
    return rows


def _fits_csv(draft: Draft) -> bool:
    """Whether the draft's evidence and answer do not contain the separator of lists."""
    return LIST_SEPARATOR not in draft.evidence and LIST_SEPARATOR not in draft.question.answer


def _row(number: int, draft: Draft) -> Row:
    answers = {"answers": [draft.question.answer]} if draft.question.answer else {}
    return {
        "id": f"draft-{number:03d}", "question": draft.question.text, "lang": draft.language,
        "type": draft.question.type,
        **answers, "evidence": [draft.evidence], "document_id": draft.document_id,
    }  # fmt: skip


def to_jsonl(rows: Iterable[Row]) -> str:
    """The rows as JSON Lines."""
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)


def to_csv(rows: Iterable[Row]) -> str:
    """The rows as CSV with lists joined by " | ", as evaluate reads them."""
    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS)
    writer.writeheader()
    for row in rows:
        writer.writerow(
            {name: LIST_SEPARATOR.join(value) if isinstance(value, list) else value for name, value in row.items()}
        )
    return text.getvalue()
