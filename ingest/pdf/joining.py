"""The lines of a paragraph → its text: spaces, hyphens, addresses and words cut at a line's end."""

import re
from collections.abc import Iterable

from ingest.normalise import is_wide
from ingest.pdf.page import Line

_WORD = re.compile(r"[A-Za-z]+(?:[’'][a-z]+)?")
_COMPOUNDING = frozenset("well self long short high low so half ill large small cross two three one all".split())
_ADDRESS_END = re.compile(r"(?<![a-z])[a-z]++://[^\s「」（）、。]*(?<![>),;])$")
_ADDRESS_START = re.compile(r"[A-Za-z0-9_./?=&%#~+:\-]")


def words_of(lines: Iterable[Line]) -> frozenset[str]:
    """The Latin words, in lower case, that stand whole inside the lines of a document."""
    return frozenset(word.lower() for line in lines for word in _WORD.findall(line.text)[1:-1])


def join_lines(left: str, right: str, full: bool, words: frozenset[str]) -> str:
    """Two lines of one paragraph as one.

    `full`: the left line reaches the right edge, so that its last word may have been cut without a hyphen. `words`
    are the document's own: a compound that it knows keeps its hyphen, a word it knows was cut.
    """
    if not left or not right:
        return left + right
    if left[-1] == "\u00ad":
        return left[:-1] + right
    if _ADDRESS_END.search(left) and _ADDRESS_START.match(right):
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
    """Whether the parts are one word cut at a line's end: the document knows the whole, and not both parts.

    A single letter before a space or a comma is no English word but "a" and "I".
    """
    if len(second) == 1 and second not in ("a", "i") and not after.isalnum() and after != ".":
        return True
    return first + second in words and not (first in words and second in words)
