"""Lines of typeset pages → paragraphs: what indents, gaps, sizes and short lines say about where one begins."""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import median

from ingest.normalise import is_wide
from ingest.pdf.page import Line
from ingest.sentences import ends_sentence
from ingest.structure import LIST_MARK, NUMBERED_ITEM

_WORD = re.compile(r"[A-Za-z]+(?:[’'][a-z]+)?")


@dataclass(frozen=True, slots=True)
class Flow:
    """A column of one page: the usual left edge of its lines, and its right edge. Points."""

    left: float
    right: float


@dataclass(frozen=True, slots=True)
class Style:
    """What is usual in a document: the size of its letters and the distance of its lines, in points; its words."""

    size: float
    leading: float
    words: frozenset[str]


def style_of(lines: Sequence[Line]) -> Style:
    """The usual look of a document's text, by the number of letters set so."""
    sizes: Counter[float] = Counter()
    for line in lines:
        sizes[round(line.size, 1)] += len(line.text)
    size = sizes.most_common(1)[0][0] if sizes else 10.0
    steps = [
        b.y - a.y
        for a, b in zip(lines, lines[1:], strict=False)
        if a.page == b.page and abs(a.size - size) < 0.5 and abs(b.size - size) < 0.5 and 0 < b.y - a.y < 3 * size
    ]
    words: set[str] = set()
    for line in lines:
        inner = _WORD.findall(line.text)
        words.update(word.lower() for word in inner[1:-1])
    return Style(size, median(steps) if steps else 1.5 * size, frozenset(words))


def flows(lines: Sequence[Line]) -> list[Flow]:
    """The column that each line stands in; a line higher than the one before begins a new column."""
    groups: list[list[Line]] = []
    for line in lines:
        last = groups[-1][-1] if groups else None
        if last is None or (last.page, last.column) != (line.page, line.column) or line.y < last.y - 2:
            groups.append([])
        groups[-1].append(line)
    found = []
    for group in groups:
        lefts = Counter(round(line.x0) for line in group)
        left = min(lefts, key=lambda x: (-lefts[x], x))
        flow = Flow(float(left), max(line.x1 for line in group))
        found.extend([flow] * len(group))
    return found


def begins(
    before: Line, line: Line, after: Line | None, flow_before: Flow, flow: Flow, style: Style, fresh: bool
) -> bool:
    """Whether `line` begins a paragraph. `fresh`: `before` was the first line of its own; `after` follows `line`."""
    em = max(line.size, 1.0)
    if line.bullet or abs(line.size - before.size) > 0.12 * max(line.size, before.size):
        return True
    if line.size == 0.0:  # no geometry: pypdf's text
        return _begins_without_geometry(before, line)
    jumped = before.page != line.page or line.y < before.y
    step = line.y - before.y
    if not jumped and step > max(1.4 * style.leading * em / style.size, 1.5 * em + 0.5):
        return True
    indent, indent_before = line.x0 - flow.left, before.x0 - flow_before.left
    short = flow_before.right - before.x1
    if LIST_MARK.match(line.text) and (ends_sentence(before.text) or short > em or LIST_MARK.match(before.text)):
        return True
    listed = bool(before.bullet or NUMBERED_ITEM.match(before.text))
    if indent - indent_before > 0.6 * em and not (listed and fresh):
        return True
    if indent - indent_before < -0.6 * em and not fresh and not jumped:
        return True
    dedents = (
        after is not None and (after.page, after.column) == (line.page, line.column) and line.x0 - after.x0 > 0.6 * em
    )
    if dedents and 0.6 * em < indent < 4 * em and ends_sentence(before.text):
        return True  # an indented line before a full one begins a paragraph, though the one before was indented too
    if NUMBERED_ITEM.match(line.text) and (ends_sentence(before.text) or short > 2 * em):
        return True
    if ends_sentence(before.text) and short > 1.2 * em:
        return True
    width = flow_before.right - flow_before.left
    return (short > 0.3 * width and is_wide(before.text[-1])) or short > 0.5 * width


def _begins_without_geometry(before: Line, line: Line) -> bool:
    marked = NUMBERED_ITEM.match(line.text) or LIST_MARK.match(line.text)
    return bool(marked) or (ends_sentence(before.text) and len(before.text) < 30)


def join_lines(left: str, right: str, full: bool, words: frozenset[str]) -> str:
    """Two lines of one paragraph as one: addresses without a space, words divided at a line's end made whole.

    `full`: the left line reaches the right edge, so that its last word may have been cut without a hyphen.
    """
    if not left or not right:
        return left + right
    token = re.split(r"[\s「」（）、。]", left)[-1]
    if (
        "://" in token
        and not token.endswith((">", ")", ",", ";"))
        and re.match(r"[\w./?=&%#~+:\-]", right)
        and not is_wide(right[0])
    ):
        return left + right
    if left[-1] == "\u00ad":
        return left[:-1] + right
    head, tail = re.search(r"[A-Za-z’']+(-?)$", left), re.match(r"[A-Za-z]+", right)
    if head and tail:
        a, b = head.group().rstrip("-").lower(), tail.group().lower()
        if head.group(1):
            if not right[0].islower():
                return left + right
            compound = a + b not in words and a in words and b in words
            return (left if compound else left[:-1]) + right
        if full and _is_cut(a, b, right[len(b) : len(b) + 1], words):
            return left + right
    if is_wide(left[-1]) or is_wide(right[0]) or (left[-1] in "-–/" and len(left) > 1 and left[-2] != " "):
        return left + right
    return f"{left} {right}"


def _is_cut(a: str, b: str, after: str, words: Iterable[str]) -> bool:
    """Whether `a` and `b` are one word cut at a line's end: the whole is a word of the document, its parts are not."""
    if len(b) == 1 and b not in ("a", "i") and not after.isalnum() and after != ".":
        return True
    return a + b in words and not (a in words and b in words)
