"""Lines of typeset pages → paragraphs: what indents, gaps, sizes and short lines say about where one begins."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median

from ingest.normalise import is_wide
from ingest.pdf.page import Line
from ingest.structure.blocks import LIST_MARK, NUMBERED_ITEM
from ingest.structure.headings import is_references, run_in
from ingest.structure.sentences import ends_sentence


@dataclass(frozen=True, slots=True)
class Style:
    """What is usual in a document: the size of its letters and the distance of its lines, in points."""

    size: float
    leading: float


@dataclass(frozen=True, slots=True)
class Spot:
    """A line in its column, and the line that follows there, if any.

    `left` is where most of the column's lines begin, `margin` where the leftmost does, `right` where they end.
    """

    line: Line
    left: float
    right: float
    margin: float
    after: Line | None

    @property
    def em(self) -> float:
        """The size of the line's letters in points."""
        return max(self.line.size, 1.0)

    @property
    def indent(self) -> float:
        """How far the line begins from the left edge of its column."""
        return self.line.x0 - self.left

    @property
    def room(self) -> float:
        """How much of the column the line leaves free at its end."""
        return self.right - self.line.x1


def style_of(lines: Sequence[Line]) -> Style:
    """The usual look of a document's text, by the number of letters set so."""
    sizes: Counter[float] = Counter()
    for line in lines:
        sizes[round(line.size, 1)] += len(line.text)
    size = sizes.most_common(1)[0][0] if sizes else 10.0
    steps = [
        b.y - a.y
        for a, b in pairwise(lines)
        if a.page == b.page and abs(a.size - size) < 0.5 and abs(b.size - size) < 0.5 and 0 < b.y - a.y < 3 * size
    ]
    return Style(size or 10.0, median(steps) if steps else 1.5 * (size or 10.0))


def spots(lines: Sequence[Line]) -> list[Spot]:
    """Each line in its column; a line higher than the one before begins another, as a bibliography's heading does."""
    groups: list[list[Line]] = []
    for line in lines:
        last = groups[-1][-1] if groups else None
        if (
            last is None
            or (last.page, last.column) != (line.page, line.column)
            or line.y < last.y - 2
            or opens_references(last)
        ):
            groups.append([])
        groups[-1].append(line)
    found: list[Spot] = []
    for group in groups:
        lefts = Counter(round(line.x0) for line in group)
        left = float(min(lefts, key=lambda x: (-lefts[x], x)))
        right, margin = max(line.x1 for line in group), min(line.x0 for line in group)
        following: list[Line | None] = [*group[1:], None]
        found.extend(Spot(line, left, right, margin, after) for line, after in zip(group, following, strict=True))
    return found


def opens_references(line: Line) -> bool:
    """Whether the line is the heading of a bibliography."""
    return len(line.text) <= 20 and is_references(line.text)


def begins(first: Spot, before: Spot, here: Spot, style: Style) -> bool:
    """Whether the line `here` begins a paragraph after `before`, whose own paragraph began at `first`."""
    if here.line.bullet or _looks_other(before, here) or run_in(here.line.text):
        return True
    if here.line.size == 0.0:  # pypdf's text, without places
        return _begins_by_words(before.line, here.line)
    return (
        _is_apart(before, here, style)
        or _is_marked(before, here)
        or _is_indented(first, before, here)
        or _is_centred(before, here)
        or _ends_early(before)
    )


def _looks_other(before: Spot, here: Spot) -> bool:
    return abs(here.line.size - before.line.size) > 0.12 * max(here.line.size, before.line.size)


def _begins_by_words(before: Line, line: Line) -> bool:
    marked = NUMBERED_ITEM.match(line.text) or LIST_MARK.match(line.text)
    return bool(marked) or (ends_sentence(before.text) and len(before.text) < 30)


def _jumps(before: Spot, here: Spot) -> bool:
    """Whether another page or column begins here."""
    return before.line.page != here.line.page or here.line.y < before.line.y


def _is_apart(before: Spot, here: Spot, style: Style) -> bool:
    """Whether more white lies above the line than between the lines of a paragraph."""
    usual = max(1.4 * style.leading * here.em / style.size, 1.5 * here.em + 0.5)
    return not _jumps(before, here) and here.line.y - before.line.y > usual


def _is_marked(before: Spot, here: Spot) -> bool:
    """Whether the line opens with a list mark where one may: a dash or number may open a line inside a sentence too."""
    if LIST_MARK.match(here.line.text):
        return ends_sentence(before.line.text) or before.room > here.em or bool(LIST_MARK.match(before.line.text))
    return bool(NUMBERED_ITEM.match(here.line.text)) and (ends_sentence(before.line.text) or before.room > 2 * here.em)


def _is_indented(first: Spot, before: Spot, here: Spot) -> bool:
    """Whether the indent says so: deeper than the line before, or back from a paragraph set in as a whole."""
    step = here.indent - before.indent
    listed = NUMBERED_ITEM.match(before.line.text) or LIST_MARK.match(before.line.text)
    hanging = before is first and bool(before.line.bullet or listed)
    if step > 0.6 * here.em and not hanging:
        return True
    if step < -0.6 * here.em and before is not first and not _jumps(before, here):
        return True
    # an indented line before a full one begins a paragraph, though the line before was indented too
    dedents = here.after is not None and here.line.x0 - here.after.x0 > 0.6 * here.em
    return dedents and 0.6 * here.em < here.indent < 4 * here.em and ends_sentence(before.line.text)


def _is_centred(before: Spot, here: Spot) -> bool:
    """Whether both lines are set about one middle, as those of authors and their affiliations are."""
    middles = here.line.x0 + here.line.x1 - before.line.x0 - before.line.x1
    step = min(abs(here.line.x0 - before.line.x0), abs(here.line.x1 - before.line.x1))
    return abs(middles) < 0.4 * here.em and step > here.em and not _jumps(before, here)


def _ends_early(before: Spot) -> bool:
    """Whether the line before leaves so much room that its paragraph has ended."""
    if ends_sentence(before.line.text) and before.room > 1.2 * before.em:
        return True
    width = before.right - before.left
    return before.room > (0.3 if is_wide(before.line.text[-1]) else 0.5) * width
