"""A table's row as it is quoted, each value with the name of its column: 目的: 保護／期間: 数年間."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

_LABELLED = re.compile(r"(?:^|／|; )([^:：／;]+): ((?:(?!／|; [^:：／;]+: ).)+)")
_UNIT = re.compile(r"[（(]([^（）()\d]+)[）)]\s*$")


@dataclass(frozen=True, slots=True)
class Cell:
    """A value, `text[start:end]` of the row, under the name of its column."""

    name: str
    start: int
    end: int


def cells(text: str) -> Iterator[Cell]:
    """The cells of a labelled row, in order."""
    for match in _LABELLED.finditer(text):
        yield Cell(match.group(1), match.start(2), match.end(2))


def unit_of(name: str) -> str:
    """The unit behind the name of a column or row, in brackets: 分 of 移動時間（分）; "" where there is none."""
    match = _UNIT.search(name)
    return match.group(1) if match else ""


def with_units(text: str) -> str:
    """A labelled row with the units of its columns, or of the row itself, behind its values: 費用: 30万円."""
    found = list(cells(text))
    of_row = unit_of(text[found[0].start : found[0].end]) if found else ""
    said = [
        text[one.start : one.end] + (unit_of(one.name) or (of_row if place else "")) for place, one in enumerate(found)
    ]
    return "／".join(f"{one.name}: {value}" for one, value in zip(found, said, strict=True)) or text
