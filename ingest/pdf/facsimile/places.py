"""Quoted words → boxes on the picture of their page.

A document's text is not its PDF's: hyphens and spaces at the ends of lines are gone, radicals and ligatures repaired,
running headers left out, columns put in order. So both are compared without white space and hyphens, from the longest
stretches that agree.
"""

import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from ingest.pdf.facsimile.pictures import Box, PagePicture
from ingest.text import repair

_SEEDS = (24, 12, 6)  # characters that must agree where a stretch begins, longer ones tried first
_MOST = 4000  # characters of the words looked for; a passage has less than 2,000
_MOST_MISSES = 200  # of them that the page does not show: beyond, the rest is not looked for
_GAP = 3  # characters on the page between two found ones that belong to the quote, though they differ from it
_MOST_PLACES = 60  # where a short cell is looked for
# what one of the two texts may lack: hyphens, and accents, which a page may show as signs of their own
_DROPPED = frozenset("-\u00ad\u2010\u2011\u2012\u2013\u2212\ufeff^`~\u02c6\u02c7\u02d8\u02d9\u02da\u02db\u02dc\u02dd")
_WITHOUT_DOT = str.maketrans("ıȷ", "ij")  # as they stand below an accent


@dataclass(frozen=True, slots=True)
class Words:
    """Words in the order of a document; `quoted` are the ones to be found."""

    text: str
    quoted: bool = False


def boxes_of(picture: PagePicture, words: Sequence[Words]) -> list[Box]:
    """Boxes, a line each, over the quoted words; `words` also holds what stands around them, to tell places apart.

    Empty where the page does not show them.
    """
    page, at_page = _normal((character, index) for index, character in enumerate(picture.text))
    marked = ((character, part.quoted) for part in words for character in part.text)
    sought, is_quoted = _normal(marked)
    found = _aligned(page, sought[:_MOST])
    places = [found[index] if quoted else None for index, quoted in enumerate(is_quoted[:_MOST])]
    return _lines(picture, [at_page[place] for place in _filled(places)])


def cell_boxes(picture: PagePicture, cells: Sequence[Words]) -> list[Box]:
    """Boxes over the quoted cells of a table's row, given all of its cells: where they stand on one level."""
    page, at_page = _normal((character, index) for index, character in enumerate(picture.text))
    occurrences = [_occurrences(page, _normal((one, 0) for one in cell.text)[0]) for cell in cells]
    stretches = [[[at_page[place] for place in range(*span)] for span in spans] for spans in occurrences]
    known = [places for places in stretches if places]
    if not known:
        return []
    anchors = min(known, key=len)
    best = min(anchors, key=lambda one: sum(min(_apart(picture, place, one) for place in places) for places in known))
    taken: set[int] = set()
    found: dict[int, list[int]] = {}
    # long cells first: a short one may stand within another
    for number in sorted(range(len(cells)), key=lambda number: -len(cells[number].text)):
        free = [place for place in stretches[number] if taken.isdisjoint(place)]
        if free:
            found[number] = min(free, key=lambda place: (_apart(picture, place, best), _is_part(picture, place), place))
            taken.update(found[number])
    quoted = [found[number] for number, cell in enumerate(cells) if cell.quoted and number in found]
    return [box for place in quoted for box in _lines(picture, place)]


def _apart(picture: PagePicture, place: Sequence[int], other: Sequence[int]) -> int:
    """How many lines apart two stretches of characters stand, 0 for about the same level."""
    one, two = picture.boxes[place[0]], picture.boxes[other[0]]
    height = max(one[3] - one[1], two[3] - two[1], 1)
    return round(abs(one[1] + one[3] - two[1] - two[3]) / 2 / height)


def _is_part(picture: PagePicture, place: Sequence[int]) -> bool:
    """Whether a stretch of characters is a part of a longer word on the page."""
    first, last = picture.boxes[place[0]], picture.boxes[place[-1]]
    before = picture.boxes[place[0] - 1] if place[0] else None
    after = picture.boxes[place[-1] + 1] if place[-1] + 1 < len(picture.boxes) else None
    return any(
        left is not None and right is not None and abs(right[0] - left[2]) < (right[3] - right[1]) / 4
        for left, right in ((before, first), (last, after))
    )


def _normal(characters: Iterable[tuple[str, int]]) -> tuple[str, list[int]]:
    """The characters as they are compared, and what came with each."""
    text: list[str] = []
    kept: list[int] = []
    for character, value in characters:
        # composed before: katakana with a voiced mark is a letter of its own
        for part in _base_letters(unicodedata.normalize("NFKC", repair(character))):
            if not part.isspace() and part not in _DROPPED and part.isprintable():
                text.append(part)
                kept.append(value)
    return "".join(text), kept


def _base_letters(text: str) -> str:
    """Latin letters without their accents; other letters as they are."""
    if text.isascii():
        return text
    parts = unicodedata.normalize("NFD", text.translate(_WITHOUT_DOT))
    is_latin = parts[:1] < "\u0250"
    return "".join(part for part in parts if not unicodedata.combining(part)) if is_latin else text


def _occurrences(page: str, cell: str) -> list[tuple[int, int]]:
    """Where a cell's words may stand, as (start, end) in the page's text."""
    found: list[tuple[int, int]] = []
    start = page.find(cell) if cell else -1
    while start >= 0 and len(found) < _MOST_PLACES:
        found.append((start, start + len(cell)))
        start = page.find(cell, start + 1)
    return found


def _aligned(page: str, sought: str) -> list[int | None]:
    """The place in the page's text of each character that is sought, None where it is not found.

    Goes on character by character while both agree, and finds a new place where they part.
    """
    found: list[int | None] = []
    place = _next_place(page, sought, 0)
    after = misses = 0
    while len(found) < len(sought) and misses < _MOST_MISSES:
        index = len(found)
        if place is not None and place < len(page) and page[place] == sought[index]:
            found.append(place)
            place = after = place + 1
            continue
        place = _next_place(page, sought[index : index + _SEEDS[0]], after)
        if place is None:
            found.append(None)
            misses += 1
    return found + [None] * (len(sought) - len(found))


def _next_place(page: str, sought: str, after: int) -> int | None:
    """Where the beginning of `sought` stands next from `after` on, else anywhere; None where it does not."""
    for length in _SEEDS:
        seed = sought[:length]
        if len(seed) < length and length != _SEEDS[-1]:
            continue
        place = page.find(seed, after)
        if place < 0 and len(seed) == length:
            place = page.find(seed)
        if place >= 0:
            return place
    return None


def _filled(places: Sequence[int | None]) -> list[int]:
    """The places that were found, with those of the few characters between two of them."""
    found = [place for place in places if place is not None]
    filled = found[:1]
    for before, place in pairwise(found):
        if 1 < place - before <= 1 + _GAP:
            filled += range(before + 1, place)
        filled.append(place)
    return filled


def _lines(picture: PagePicture, indices: Sequence[int]) -> list[Box]:
    """Boxes around characters, one for those that follow each other on a line, horizontal or vertical."""
    lines: list[Box] = []
    for index in dict.fromkeys(indices):
        box = picture.boxes[index]
        if box[0] == box[2] or box[1] == box[3]:
            continue
        if lines and _is_on(lines[-1], box):
            last = lines[-1]
            lines[-1] = (min(last[0], box[0]), min(last[1], box[1]), max(last[2], box[2]), max(last[3], box[3]))
        else:
            lines.append(box)
    return lines


def _is_on(line: Box, box: Box) -> bool:
    """Whether a character goes on with a line: beside its end, or below it in vertical writing."""
    size = max(box[2] - box[0], box[3] - box[1], min(line[2] - line[0], line[3] - line[1]))
    middle_x, middle_y = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
    beside = line[1] - size / 3 <= middle_y <= line[3] + size / 3 and -size < box[0] - line[2] < 1.6 * size
    below = line[0] - size / 3 <= middle_x <= line[2] + size / 3 and -size < box[1] - line[3] < 1.6 * size
    is_wide, is_high = line[2] - line[0] > 1.5 * size, line[3] - line[1] > 1.5 * size
    return (beside and not is_high) or (below and not is_wide)
