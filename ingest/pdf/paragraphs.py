"""Lines of a PDF → paragraphs: where a paragraph begins, and how its lines are joined.

Evidence: indents, white space between lines, letter sizes, short last lines, numbers and marks at the start of lines.
"""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from statistics import median

from ingest.pdf.page import Page, Table, TextLine
from ingest.structure.headings import LIST_MARK, NUMBERED_ITEM, is_short_line, numbering, opens_references, run_in
from ingest.text import ends_sentence, is_wide

_WORD = re.compile(r"[A-Za-z]+(?:[’'][a-z]+)?")
_COMPOUNDING = frozenset("well self long short high low so half ill large small cross two three one all".split())
_ADDRESS_END = re.compile(r"(?<![a-z])[a-z]++://[^\s「」（）、。]*(?<![>),;])$|(?<![a-z])https?:$")
_DOI_END = re.compile(r"\b10\.\d{4,9}/\S*(?<![,;])$")
_DOI_START = re.compile(r"[0-9a-z(_/<:;-]|[A-Z0-9.()-]+(?:\s|[.,;]?$)")
_NUMBERED = re.compile(r"^\s*\d{1,2}[.．]\s*\S")
_MIXED_LINES = 3  # least number of mixed lines from which the sizes of Latin and Japanese letters are compared
_DEEPEST_INDENT = 4.0  # em: a first line that is indented more is centred or right-aligned, a line by itself
_LEAST_RATIO = 0.8  # size ratio of the two scripts in a line; below this, the line is not running text
_ADDRESS_START = re.compile(r"[A-Za-z0-9_./?=&%#~+:\-]")


@dataclass(frozen=True, slots=True)
class BodyStyle:
    """Letter size and leading (distance between baselines) of a document's running text, in points."""

    size: float
    leading: float


@dataclass(frozen=True, slots=True)
class PlacedLine:
    """A line with the geometry of its column, and the next line of the column, if any.

    In the column, `left` is where most lines begin, `margin` where the leftmost begins, `right` where the longest ends.
    """

    line: TextLine
    left: float
    right: float
    margin: float
    after: TextLine | None

    @property
    def em(self) -> float:
        """The letter size in points, at least 1."""
        return max(self.line.size, 1.0)

    @property
    def indent(self) -> float:
        """Indent from the left edge of the column, in points."""
        return self.line.x0 - self.left

    @property
    def room(self) -> float:
        """Free space between the end of the line and the right edge of the column, in points."""
        return self.right - self.line.x1


def with_even_looks(pages: Sequence[Page]) -> list[Page]:
    """Normalise letter sizes and weights: a line of Latin letters gets the size that wide characters would have.

    Japanese TeX sets Latin letters 8–9 % larger than kanji, so raw sizes can only be compared within a script. If most
    letters are marked as bold (an error in some fonts), bold has no meaning and is removed.
    """
    lines = [item for page in pages for item in page.items if isinstance(item, TextLine)]
    ratios = [line.latin_size / line.size for line in lines if line.size > 0 < line.latin_size and _is_mixed(line.text)]
    ratio = median(ratios) if len(ratios) >= _MIXED_LINES else 1.0
    ratio = ratio if _LEAST_RATIO <= ratio <= 1 / _LEAST_RATIO else 1.0
    all_bold = sum(len(line.text) for line in lines if line.bold) * 2 > sum(len(line.text) for line in lines)
    if ratio == 1.0 and not all_bold:
        return list(pages)
    return [replace(page, items=tuple(_even(item, ratio, all_bold) for item in page.items)) for page in pages]


def _is_mixed(text: str) -> bool:
    wide = sum(map(is_wide, text))
    return wide >= 2 and len(text) - wide >= 2


def _even(item: TextLine | Table, ratio: float, all_bold: bool) -> TextLine | Table:
    if isinstance(item, Table):
        return item
    size = item.size if any(map(is_wide, item.text)) else item.size / ratio
    return replace(item, size=size, bold=item.bold and not all_bold)


def body_style(lines: Sequence[TextLine]) -> BodyStyle:
    """The style of most letters of a document."""
    sizes: Counter[float] = Counter()
    for line in lines:
        sizes[round(line.size, 1)] += len(line.text)
    size = sizes.most_common(1)[0][0] if sizes else 10.0
    steps = [
        b.y - a.y
        for a, b in pairwise(lines)
        if a.page == b.page and abs(a.size - size) < 0.5 and abs(b.size - size) < 0.5 and 0 < b.y - a.y < 3 * size
    ]
    return BodyStyle(size or 10.0, median(steps) if steps else 1.5 * (size or 10.0))


def placed_lines(lines: Sequence[TextLine]) -> list[PlacedLine]:
    """Each line with its column. A new column begins at a line higher than the one before, and at a bibliography."""
    groups: list[list[TextLine]] = []
    for line in lines:
        last = groups[-1][-1] if groups else None
        if (
            last is None
            or (last.page, last.column) != (line.page, line.column)
            or line.y < last.y - 2
            or opens_references(last.text)
        ):
            groups.append([])
        groups[-1].append(line)
    placed: list[PlacedLine] = []
    for group in groups:
        lefts = Counter(round(line.x0) for line in group)
        left = float(min(lefts, key=lambda x: (-lefts[x], x)))
        right, margin = max(line.x1 for line in group), min(line.x0 for line in group)
        following: list[TextLine | None] = [*group[1:], None]
        columns = zip(group, following, strict=True)
        placed.extend(PlacedLine(line, left, right, margin, after) for line, after in columns)
    return placed


def begins_paragraph(first: PlacedLine, before: PlacedLine, here: PlacedLine, style: BodyStyle) -> bool:
    """Whether the line `here` begins a paragraph. `before` is the previous line, `first` the first of its paragraph."""
    if here.line.bullet or _differs_in_size(before, here) or run_in(here.line.text):
        return True
    if here.line.size == 0.0:  # text from pypdf, without positions
        return _begins_by_words(before.line, here.line)
    return (
        is_apart(before, here, style)
        or _is_beside_notes(before, here)
        or _is_marked(first, before, here)
        or _is_indented(first, before, here)
        or _is_centred(before, here)
        or _is_right_aligned(before, here)
        or _ends_early(before)
    )


def _differs_in_size(before: PlacedLine, here: PlacedLine) -> bool:
    return abs(here.line.size - before.line.size) > 0.12 * max(here.line.size, before.line.size)


def _begins_by_words(before: TextLine, line: TextLine) -> bool:
    marked = NUMBERED_ITEM.match(line.text) or LIST_MARK.match(line.text)
    return bool(marked) or (ends_sentence(before.text) and len(before.text) < 30)


def _jumps(before: PlacedLine, here: PlacedLine) -> bool:
    """Whether a new page or column begins here."""
    return before.line.page != here.line.page or here.line.y < before.line.y


def is_apart(before: PlacedLine, here: PlacedLine, style: BodyStyle) -> bool:
    """Whether the white space above the line is larger than the leading of a paragraph."""
    usual = max(1.4 * style.leading * here.em / style.size, 1.5 * here.em + 0.5)
    return not _jumps(before, here) and here.line.y - before.line.y > usual


def _is_beside_notes(before: PlacedLine, here: PlacedLine) -> bool:
    """Whether one of the lines is a note in the margin: its column is less than half as wide as the other's."""
    narrow, wide = sorted((before.right - before.left, here.right - here.left))
    is_same_page = before.line.page == here.line.page
    return is_same_page and 0 < before.line.column != here.line.column > 0 and narrow < 0.5 * wide


def _is_marked(first: PlacedLine, before: PlacedLine, here: PlacedLine) -> bool:
    """Whether the line begins with a list mark, and not with a dash or number that belongs to a sentence."""
    if before.room > 2 * here.em and _counts_on(first.line.text, here.line.text):
        return True
    if LIST_MARK.match(here.line.text):
        return ends_sentence(before.line.text) or before.room > here.em or bool(LIST_MARK.match(before.line.text))
    if ends_sentence(before.line.text) and here.room > 3 * here.em and is_short_line(here.line.text):
        return numbering(here.line.text) is not None or bool(NUMBERED_ITEM.match(here.line.text))
    return bool(NUMBERED_ITEM.match(here.line.text)) and (ends_sentence(before.line.text) or before.room > 2 * here.em)


def _counts_on(first: str, here: str) -> bool:
    """Whether a line's number follows the number of the paragraph's first line: １ 日時, ２ 場所."""
    one, other = numbering(first), numbering(here)
    return bool(
        one and other and one.style == other.style and other.numbers == (*one.numbers[:-1], one.numbers[-1] + 1)
    )


def _is_indented(first: PlacedLine, before: PlacedLine, here: PlacedLine) -> bool:
    """Whether the line is indented more than the previous one, or less than a paragraph that is indented as a whole."""
    step = here.indent - before.indent
    text = before.line.text
    listed = NUMBERED_ITEM.match(text) or LIST_MARK.match(text) or (before.room < 3 * here.em and _NUMBERED.match(text))
    is_wide_text = is_wide(text[-1]) or is_wide(here.line.text[0])
    is_open = is_wide_text and before.room < 1.2 * here.em and not ends_sentence(text)
    hanging = before is first and bool(before.line.bullet or listed or is_open)
    if step > 0.6 * here.em and not hanging:
        return True
    if step < (-0.6 if before is not first else -_DEEPEST_INDENT) * here.em and not _jumps(before, here):
        return True
    # an indented line above a full line begins a paragraph, even if the previous line was indented as well
    dedents = here.after is not None and here.line.x0 - here.after.x0 > 0.6 * here.em
    return dedents and 0.6 * here.em < here.indent < _DEEPEST_INDENT * here.em and ends_sentence(before.line.text)


def _is_centred(before: PlacedLine, here: PlacedLine) -> bool:
    """Whether both lines are centred on the same axis, as authors and their affiliations are."""
    middles = here.line.x0 + here.line.x1 - before.line.x0 - before.line.x1
    step = min(abs(here.line.x0 - before.line.x0), abs(here.line.x1 - before.line.x1))
    return abs(middles) < 0.4 * here.em and step > here.em and not _jumps(before, here)


def _is_right_aligned(before: PlacedLine, here: PlacedLine) -> bool:
    """Whether both lines end at the same place but begin at different ones, as the number and date of a letter do."""
    deep = min(before.indent, here.indent) > _DEEPEST_INDENT * here.em
    ends, starts = abs(here.line.x1 - before.line.x1), abs(here.line.x0 - before.line.x0)
    return deep and ends < 0.5 * here.em < starts and not _jumps(before, here)


def _ends_early(before: PlacedLine) -> bool:
    """Whether the previous line is short enough to be the last of its paragraph."""
    if ends_sentence(before.line.text) and before.room > 1.2 * before.em:
        return True
    width = before.right - before.left
    return before.room > (0.3 if is_wide(before.line.text[-1]) else 0.5) * width


def words_of(lines: Iterable[TextLine]) -> frozenset[str]:
    """The Latin words of a document in lower case, without those at line edges, which may be cut."""
    return frozenset(word.lower() for line in lines for word in _WORD.findall(line.text)[1:-1])


def join_lines(left: str, right: str, full: bool, words: frozenset[str]) -> str:
    """Join two lines of one paragraph.

    `full`: the left line reaches the right edge, so its last word may be cut without a hyphen. `words` are all words
    of the document (`words_of`): they decide whether a hyphen belongs to a compound or was added at the line break.
    """
    if not left or not right:
        return left + right
    if left[-1] == "\u00ad":
        return left[:-1] + right
    if _ADDRESS_END.search(left) and _ADDRESS_START.match(right):
        return left + right
    if _DOI_END.search(left) and _DOI_START.match(right):
        return left + right
    head, tail = re.search(r"(?<![A-Za-z’'])([A-Za-z’']++)(-?)$", left), re.match(r"[A-Za-z]+", right)
    if head and tail:
        return _join_words(left, right, (head.group(1).lower(), tail.group().lower()), bool(head.group(2)), full, words)
    wide = is_wide(left[-1]) or is_wide(right[0])
    return left + right if wide or re.search(r"\S[-–/]$", left) else f"{left} {right}"


def _join_words(
    left: str, right: str, parts: tuple[str, str], hyphenated: bool, full: bool, words: frozenset[str]
) -> str:
    first, second = parts
    if hyphenated and right[0].islower():
        known = (first in words and second in words) or (first in _COMPOUNDING and len(second) > 3)
        compound = known and first + second not in words
        return (left if compound else left[:-1]) + right
    cut = full and _is_cut(first, second, right[len(second) : len(second) + 1], words)
    return left + right if hyphenated or cut else f"{left} {right}"


def _is_cut(first: str, second: str, after: str, words: frozenset[str]) -> bool:
    """Whether the two parts are one word cut at a line break: the document has the whole word, but not both parts.

    The only English words of one letter are "a" and "I"; any other single letter is the end of a cut word.
    """
    if len(second) == 1 and second not in ("a", "i") and not after.isalnum() and after != ".":
        return True
    return first + second in words and not (first in words and second in words)
