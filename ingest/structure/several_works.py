"""Divide bibliography entries that hold several works: parts (a), (b) of one number, or the next numbered entry."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import pairwise

from ingest.document import Block
from ingest.structure.headings import without_start

_NUMBER = re.compile(r"^\s*+([\[［(（]?)\s*+(\d{1,3})\s*+([\]］)）.．]?)")
_PART = r"(?<=[;.,)\d] )\({letter}\) (?=\S)"
_FIRST_PART = re.compile(r"^\s*+(?:[\[［(（]?\s*+\d{1,3}\s*+[\]］)）.．]?|[\[［][\w+\-]{1,12}[\]］])?\s*+\(a\) ")
# "…, pp. 3859–3862; Ada Reed. “…": after the pages or year of one work, the name of the next work's author
_NEXT_WORK = re.compile(
    r"(?<=[\d)]); (?=(?:[A-ZÀ-ÞŠŽ](?:\.|[\w’'-]{1,30})[ -]){1,4}[A-ZÀ-Þ][\w’'-]{1,30}(?:,| and| et al|\. [“\"A-Z]))"
)
_YEAR = re.compile(r"(?<!\d)(?:1[5-9]|20)\d\d(?!\d)")
_LEAST_WORK = 30  # characters


def with_works_apart(entries: Sequence[Block]) -> list[Block]:
    """The entries of one list, with a block for each work."""
    divided = [part for entry in entries for part in _at(entry, _starts_of_parts(entry.text))]
    numbers = [_number(entry.text) for entry in divided]
    apart: list[Block] = []
    for entry, here, following in zip(divided, numbers, [*numbers[1:], None], strict=True):
        has_gap = here and following and here[0] == following[0] and following[1] == here[1] + 2
        apart += _at(entry, _starts_of_number(entry.text, here[0], here[1] + 1)) if here and has_gap else [entry]
    return apart


def _starts_of_parts(text: str) -> list[int]:
    """Where each work after the first begins: at (b), (c), … if the first is (a); else after semicolons."""
    starts: list[int] = []
    if match := _FIRST_PART.match(text):
        end = match.end()
        for letter in "bcdefghij":
            part = re.compile(_PART.format(letter=letter)).search(text, end)
            if not part:
                break
            starts.append(part.start())
            end = part.end()
        return starts
    starts = [match.end() for match in _NEXT_WORK.finditer(text) if _is_outside(text, match.start())]
    bounds = [0, *starts, len(text)]
    is_whole = all(len(text[a:b]) >= _LEAST_WORK and _YEAR.search(text[a:b]) for a, b in pairwise(bounds))
    return starts if is_whole else []


def _is_outside(text: str, place: int) -> bool:
    """Whether a place is outside of brackets."""
    return text.count("(", 0, place) <= text.count(")", 0, place)


def _starts_of_number(text: str, brackets: tuple[str, str], number: int) -> list[int]:
    """Where the entry with a number begins that is missing from the list: "… 2003). 5. Augustine, R. L. …"."""
    opening, closing = brackets
    mark = rf"(?<=[.)\]”] ){re.escape(opening)}{number}{re.escape(closing)} ?(?=[A-ZÀ-Þ“‘\"])"
    match = re.search(mark, text)
    return [match.start()] if match else []


def _number(text: str) -> tuple[tuple[str, str], int] | None:
    """The marks around the number of an entry, and the number; None without one."""
    match = _NUMBER.match(text)
    if not match or not (match.group(1) or match.group(3)):
        return None
    return (match.group(1), match.group(3)), int(match.group(2))


def _at(entry: Block, starts: Sequence[int]) -> Iterator[Block]:
    """The parts of an entry, cut at these places."""
    for start, end in pairwise([0, *starts, len(entry.text)]):
        part = without_start(entry, start) if start else entry
        text = part.text[: end - start].rstrip()
        pages = tuple(place for place in part.page_starts if place[0] < len(text))
        italics = tuple(phrase for phrase in part.italics if phrase in text)
        yield replace(part, text=text, page_starts=pages, italics=italics)
