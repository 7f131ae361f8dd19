"""A table as a whole: its caption and its rows."""

import re
from collections.abc import Sequence

from app.answering.understand.words import numeral_value
from retriever.numerals import KANJI_NUMERALS
from retriever.text import fold
from retriever.types import Passage

_NUMBER = re.compile(
    rf"^\W*(?:第\s*([0-9{KANJI_NUMERALS}]+)\s*表|表\s*([0-9{KANJI_NUMERALS}]+)|table\s*([0-9]+)|표\s*([0-9]+))"
)


def table_rows(passages: Sequence[tuple[int, Passage]], number: int) -> list[tuple[int, Passage]]:
    """(row of the index, passage) of the table with this number, its caption first.

    `passages` are the captions and rows of a document in order. Where no caption has a number, tables are counted.
    """
    tables = _tables(passages)
    numbered = [(number_of(table[0][1]), table) for table in tables]
    if any(own for own, _ in numbered):
        return next((table for own, table in numbered if own == number), [])
    return tables[number - 1] if 1 <= number <= len(tables) else []


def table_around(passages: Sequence[tuple[int, Passage]], rows: Sequence[int]) -> list[tuple[int, Passage]]:
    """The table with the first of the index `rows` that is in one; the only table of the document in any case."""
    tables = _tables(passages)
    if len(tables) == 1:
        return tables[0]
    places = {row: table for table in tables for row, _ in table}
    return next((places[row] for row in rows if row in places), [])


def number_of(passage: Passage) -> int | None:
    """The number in the caption of the table that a caption or row belongs to; None if it has no number."""
    lines = (passage.text,) if passage.kind == "caption" else passage.contexts
    for line in lines:
        if match := _NUMBER.match(fold(line)):
            return numeral_value(next(filter(None, match.groups())))
    return None


def _tables(passages: Sequence[tuple[int, Passage]]) -> list[list[tuple[int, Passage]]]:
    """The passages of each table; a caption, or a row whose context differs from the row before, begins a new table."""
    tables: list[list[tuple[int, Passage]]] = []
    for row, passage in passages:
        last = tables[-1][-1] if tables else None
        follows = last is not None and row == last[0] + 1 and passage.kind == "table_row"
        if follows and last is not None and (last[1].kind == "caption" or last[1].context == passage.context):
            tables[-1].append((row, passage))
        else:
            tables.append([(row, passage)])
    return tables
