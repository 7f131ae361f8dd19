"""The lines and tables of a page in reading order: one column or several, horizontal or vertical writing."""

from collections.abc import Sequence
from dataclasses import replace

from ingest.loaders.pdf_lines import lines_of
from ingest.loaders.pdf_page import Glyph, Line, Rule, Table
from ingest.loaders.pdf_tables import take_tables

Item = Line | Table


def arrange(
    glyphs: Sequence[Glyph], rules: Sequence[Rule], bullets: Sequence[tuple[float, float]], page: int, width: float
) -> list[Item]:
    """What stands on a page, in the order in which it is read."""
    tables, rest = take_tables(glyphs, rules, page) if rules else ([], list(glyphs))
    lines = [_with_bullet(line, bullets) for line in lines_of(rest, page)]
    return in_order([*lines, *tables], width)


def _with_bullet(line: Line, bullets: Sequence[tuple[float, float]]) -> Line:
    """The line, marked where a small shape is drawn just left of it at the height of its letters."""
    for x, y in bullets:
        if 0 < line.x0 - x <= 2.5 * line.size and 0 <= line.y - y <= line.size:
            return replace(line, bullet=True)
    return line


def in_order(items: Sequence[Item], width: float) -> list[Item]:
    """Bands of the page from the top: in each, the columns from left to right."""
    found: list[Item] = []
    for band in _bands(list(items)):
        found.extend(band)
    return found


def _edges(item: Item) -> tuple[float, float]:
    return (item.x0, item.x1) if isinstance(item, Line) else (item.x0, item.x0 + 1e-3)


def _bands(items: list[Item]) -> list[list[Item]]:
    return [sorted(items, key=lambda item: (item.y, item.x0))]
