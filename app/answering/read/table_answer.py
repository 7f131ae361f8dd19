"""Table rows: add units to the values, and find the answering cells by the column that the question names."""

import re
from collections.abc import Sequence

from app.answering.understand.answer_forms import holds_form
from app.answering.understand.question import QuestionTerms
from retriever.cross_lingual.terms import share_in, share_words
from retriever.cross_lingual.tokens import tokens
from retriever.text import character_pairs, fold
from retriever.types import Cell, Passage

_UNIT = re.compile(r"[（(]([^（）()\d]+)[）)]\s*$")
_KINDS_OF_CELLS = {"percentage", "number", "date", "any"}
_NAMES_ROW = 0.5  # weight of the first column, set by hand: its cell mostly names the row and is not the answer


def with_units(passage: Passage, span: tuple[int, int]) -> str:
    """A span of a table's row, with the unit of the column or row after each value: 費用: 30万円."""
    cells, text = _cells(passage, span), passage.text
    if not cells:
        return text[slice(*span)]
    of_row = _unit(text[cells[0].start : cells[0].end])
    values = [
        text[cell.start : cell.end] + (_unit(cell.column) or (of_row if place else ""))
        for place, cell in enumerate(cells)
    ]
    return "／".join(f"{cell.column}: {value}" for cell, value in zip(cells, values, strict=True))


def asked_cell(terms: QuestionTerms, passage: Passage, span: tuple[int, int]) -> tuple[int, int] | None:
    """The (start, end) in the passage's text of the cell that the question asks for; None if no single cell fits best.

    Cells quoted in the question identify the row; they are not the answer.
    """
    question, text = fold(terms.query.text), passage.text
    cells = _cells(passage, span)
    candidates = [cell for cell in cells if fold(text[cell.start : cell.end]) not in question]
    if share_words(terms.query.language, passage.language):
        pairs = set(character_pairs(question))
        named = [_share(cell.column, pairs) + _names_unit(cell.column, question) for cell in candidates]
    else:
        named = [share_in(terms.terms, set(tokens(cell.column))) for cell in candidates]
    scores = [score * (_NAMES_ROW if cell is cells[0] else 1) for cell, score in zip(candidates, named, strict=True)]
    if scores and max(scores) > 0:
        best = [cell for cell, score in zip(candidates, scores, strict=True) if score == max(scores)]
    else:
        best = [cell for cell in candidates if _has_form(terms, cell, text)]
    return (best[0].start, best[0].end) if len(best) == 1 else None


def names_cell(terms: QuestionTerms, passage: Passage, span: tuple[int, int]) -> bool:
    """Whether a question names one cell of a row by its row and its column, so that the row answers alone."""
    cells = _cells(passage, span)
    question = terms.question
    if len(cells) < 2 or question.wants_list or question.kind not in _KINDS_OF_CELLS:
        return False
    question_text = fold(question.searched)
    row = fold(passage.text[cells[0].start : cells[0].end])
    columns = [fold(without_unit(cell.column)).strip() for cell in cells[1:]]
    named = sum(_stands_in(column, question_text) for column in columns)
    return _stands_in(row, question_text) and named == 1


def without_unit(column: str) -> str:
    """The name of a column without its unit: 移動時間 of 移動時間（分）."""
    return _UNIT.sub("", column)


def _stands_in(name: str, question: str) -> bool:
    """Whether a folded question contains a name as a whole, not inside a number or a Latin word."""
    return bool(name) and bool(re.search(rf"(?<![a-z0-9]){re.escape(name)}(?![a-z0-9])", question))


def _cells(passage: Passage, span: tuple[int, int]) -> Sequence[Cell]:
    """The cells with a named column in a span of a passage."""
    return [cell for cell in passage.cells if cell.column and span[0] <= cell.start and cell.end <= span[1]]


def _has_form(terms: QuestionTerms, cell: Cell, text: str) -> bool:
    form = terms.question.form
    if form is None:
        return False
    value = f"{cell.column}: {text[cell.start : cell.end]}{_unit(cell.column)}"
    return holds_form(form, value, terms.question.searched)


def _unit(name: str) -> str:
    """The unit in brackets after the name of a column or row: 分 of 移動時間（分）; "" if there is none."""
    match = _UNIT.search(name)
    return match.group(1) if match else ""


def _share(column: str, question_pairs: set[str]) -> float:
    """Share of the character pairs of a column's name that the question contains."""
    pairs = character_pairs(column)
    return sum(pair in question_pairs for pair in pairs) / len(pairs) if pairs else 0.0


def _names_unit(column: str, question: str) -> bool:
    """Whether a folded question asks by the unit of a column: 何分 for 移動時間（分）."""
    unit = _unit(column)
    return bool(unit) and f"何{unit}" in question
