"""The passages found in the order in which they may answer.

Retrieval knows what a question is about; that it wants a percentage, or a cell of a table, is known here.
"""

import re
from collections.abc import Sequence
from dataclasses import replace

from app.answering.read.candidates import Asked, has_form
from app.answering.understand.answer_form import Form
from retriever.text import fold
from retriever.types import Hit, Passage

# What counts as much as a passage's score, which is mostly in [0, 1] (flat from 0.06 to 0.15: CHANGELOG.md).
_HAS_FORM, _IS_TABLE = 0.06, 0.1
_NAMES_TABLE = re.compile(
    r"第?(?<!\d)\d++表|表 ?\d|(?<![\u4e00-\u9fff])表(?=[のでにをはかが中]|に?よ)|\btable\b|표에|표 ?\d|表格", re.ASCII
)
_OF_TABLES = frozenset({"table_row", "caption"})


def fitting_first(question: Asked, hits: Sequence[Hit]) -> list[Hit]:
    """The hits by score, raised where they have the form that the answer needs or stand in the table that is named.

    Hits that a reranker has put in order stay as they are.
    """
    named = bool(_NAMES_TABLE.search(fold(question.query.text)))
    if not (named or question.needed) or any(hit.reranked for hit in hits):
        return list(hits)
    raised = [replace(hit, score=hit.score + _raise(hit.passage, question.needed, names_table=named)) for hit in hits]
    raised.sort(key=lambda hit: (-hit.score, hit.passage.id))
    return [replace(hit, rank=rank) for rank, hit in enumerate(raised, 1)]


def _raise(passage: Passage, form: Form | None, *, names_table: bool) -> float:
    fits = form is not None and any(has_form(form, passage, passage.text[start:end]) for start, end in passage.quotable)
    return _HAS_FORM * fits + _IS_TABLE * (names_table and passage.kind in _OF_TABLES)
