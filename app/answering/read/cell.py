"""Which cell of a table's row answers: that of the column that the question names."""

from app.answering.read.candidates import Asked, has_form
from app.answering.read.row import Cell, cells, unit_of
from retriever.cross_lingual.terms import share_in, share_words, tokens
from retriever.text import character_pairs, fold
from retriever.types import Passage

_NAMES_ROW = 0.5  # what the first column's name counts: its value mostly tells which row is meant


def cell_asked(question: Asked, passage: Passage, text: str) -> tuple[int, int] | None:
    """The (start, end) in a labelled row (目的: 保護／期間: 数年間) of the value that is asked for.

    None if none stands out. The row itself is named by its values, so what the question holds is not what it asks for.
    """
    asked = fold(question.query.text)
    found = list(cells(text))
    open_ones = [one for one in found if fold(text[one.start : one.end]) not in asked]
    if share_words(question.query.language, passage.language):
        pairs = set(character_pairs(asked))
        alike = [_share(one.name, pairs) + _names_unit(one.name, asked) for one in open_ones]
    else:
        alike = [share_in(question.terms, set(tokens(one.name))) for one in open_ones]
    likeness = [like * (_NAMES_ROW if one is found[0] else 1) for one, like in zip(open_ones, alike, strict=True)]
    if likeness and max(likeness) > 0:
        named = [one for one, like in zip(open_ones, likeness, strict=True) if like == max(likeness)]
    else:
        named = [one for one in open_ones if question.form and has_form(question.form, passage, _said(one, text))]
    return (named[0].start, named[0].end) if len(named) == 1 else None


def _said(one: Cell, text: str) -> str:
    return f"{one.name}: {text[one.start : one.end]}"


def _share(name: str, asked: set[str]) -> float:
    """How much of a column's name a question holds, by pairs of letters."""
    pairs = character_pairs(name)
    return sum(pair in asked for pair in pairs) / len(pairs) if pairs else 0.0


def _names_unit(name: str, asked: str) -> bool:
    """Whether a folded question asks by the unit of a column: 何分 for 移動時間（分）."""
    unit = unit_of(name)
    return bool(unit) and f"何{unit}" in asked
