"""Quoted words → boxes on the picture of their page.

A document's text differs from the text in its PDF: it lacks hyphens and spaces at line ends and running headers, has
repaired radicals and ligatures, and follows the order of columns. So both are aligned without white space and hyphens,
starting from the longest matching substrings.
"""

import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ingest.pdf.facsimile.pictures import Box, PagePicture
from ingest.pdf.layout.glyphs import tex_letters
from ingest.text import repair

_SEEDS = (24, 12, 6)  # characters that must match to start an alignment; longer seeds are tried first
# (characters that must match, maximum characters to skip) right after a match: a character may differ or be missing
_RESUMPTIONS = ((3, 12), (2, 6), (1, 2))
_UNIQUE = 4  # characters that start an alignment anywhere if they occur once: the order of formulas differs
_MOST = 4000  # maximum characters to search for; a passage has fewer than 2,000
_MOST_MISSES = 200  # stop the search after this many characters that the page does not show
_GAP = 3  # up to this many differing characters between two matches also belong to the quote
_MOST_PLACES = 60  # maximum occurrences of a short cell to consider
# characters that one of the texts may lack: hyphens, and accents, which may be separate characters on the page
_DROPPED = frozenset("-\u00ad\u2010\u2011\u2012\u2013\u2212\ufeff^`~\u02c6\u02c7\u02d8\u02d9\u02da\u02db\u02dc\u02dd")
_WITHOUT_DOT = str.maketrans("ıȷ", "ij")  # dotless letters, which TeX puts below an accent


@dataclass(frozen=True, slots=True)
class TextPart:
    """A piece of text in document order; `quoted`: find its boxes."""

    text: str
    quoted: bool = False


def boxes_of(picture: PagePicture, words: Sequence[TextPart]) -> list[Box]:
    """Boxes over the quoted words, one for each line; empty if the page does not show them.

    `words` also holds the surrounding text, which tells repeated phrases apart.
    """
    page, at_page = _normal_page(picture)
    marked = ((character, part.quoted) for part in words for character in part.text)
    sought, is_quoted = _normal(marked)
    aligned = _aligned(page, sought[:_MOST])
    places = [aligned[index] if quoted else None for index, quoted in enumerate(is_quoted[:_MOST])]
    return _lines(picture, _filled([None if place is None else at_page[place] for place in places], picture))


def cell_boxes(picture: PagePicture, cells: Sequence[TextPart]) -> list[Box]:
    """Boxes over the quoted cells of a table row. `cells` are all its cells: their occurrences must be level."""
    page, at_page = _normal_page(picture)
    occurrences = [_occurrences(page, _normal((character, 0) for character in cell.text)[0]) for cell in cells]
    stretches = [[[at_page[place] for place in range(*span)] for span in spans] for spans in occurrences]
    known = [places for places in stretches if places]
    if not known:
        return []
    anchors = min(known, key=len)
    best = min(
        anchors, key=lambda anchor: sum(min(_apart(picture, place, anchor) for place in places) for places in known)
    )
    taken: set[int] = set()
    chosen: dict[int, list[int]] = {}
    # long cells first: a short cell's text may be part of a longer one
    for number in sorted(range(len(cells)), key=lambda number: -len(cells[number].text)):
        free = [place for place in stretches[number] if taken.isdisjoint(place)]
        if free:
            chosen[number] = min(free, key=lambda at: (_apart(picture, at, best), _is_part(picture, at), at))
            taken.update(chosen[number])
    quoted = [chosen[number] for number, cell in enumerate(cells) if cell.quoted and number in chosen]
    return [box for place in quoted for box in _lines(picture, place)]


def _apart(picture: PagePicture, place: Sequence[int], other: Sequence[int]) -> int:
    """Vertical distance of two runs of characters, in line heights; 0 for about the same level."""
    first, two = picture.boxes[place[0]], picture.boxes[other[0]]
    height = max(first[3] - first[1], two[3] - two[1], 1)
    return round(abs(first[1] + first[3] - two[1] - two[3]) / 2 / height)


def _is_part(picture: PagePicture, place: Sequence[int]) -> bool:
    """Whether a run of characters is part of a longer word on the page."""
    first, last = picture.boxes[place[0]], picture.boxes[place[-1]]
    before = picture.boxes[place[0] - 1] if place[0] else None
    after = picture.boxes[place[-1] + 1] if place[-1] + 1 < len(picture.boxes) else None
    return any(
        left is not None and right is not None and abs(right[0] - left[2]) < (right[3] - right[1]) / 4
        for left, right in ((before, first), (last, after))
    )


def _normal_page(picture: PagePicture) -> tuple[str, list[int]]:
    """The page's characters normalised for comparison, each with its index in the picture's text."""
    letters = tex_letters(picture.text)
    return _normal((letters.get(character, character), index) for index, character in enumerate(picture.text))


def _normal(characters: Iterable[tuple[str, int]]) -> tuple[str, list[int]]:
    """The characters normalised for comparison, each with its value from the input."""
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
    """Possible positions of a cell, as (start, end) in the page's text."""
    spans: list[tuple[int, int]] = []
    start = page.find(cell) if cell else -1
    while start >= 0 and len(spans) < _MOST_PLACES:
        spans.append((start, start + len(cell)))
        start = page.find(cell, start + 1)
    return spans


def _aligned(page: str, sought: str) -> list[int | None]:
    """For each sought character, its index in the page's text; None if it is not found.

    Advances character by character while both texts match, and looks for a new seed where they differ.
    """
    places: list[int | None] = []
    place = _next_place(page, sought, 0)
    after = misses = 0
    while len(places) < len(sought) and misses < _MOST_MISSES:
        index = len(places)
        if place is not None and place < len(page) and page[place] == sought[index]:
            places.append(place)
            place = after = place + 1
            continue
        ahead = sought[index : index + _SEEDS[0]]
        place = _resumed(page, ahead, after) if after else None
        if place is None:
            place = _next_place(page, ahead, after)
        if place is None:
            places.append(None)
            misses += 1
    return _with_beginnings(page, sought, places + [None] * (len(sought) - len(places)))


def _with_beginnings(page: str, sought: str, places: list[int | None]) -> list[int | None]:
    """The alignment, continued backwards from each match into the characters before it that were not found."""
    backwards, last = page[::-1], len(page) - 1
    taken = {place for place in places if place is not None}
    before: int | None = None  # start of the next match
    for index in reversed(range(len(places))):
        if (known := places[index]) is not None:
            before = known
        elif before is not None:
            missed = next((at for at in range(index, -1, -1) if places[at] is not None), -1) + 1
            place = _resumed(backwards, sought[missed : index + 1][::-1][: _SEEDS[0]], len(page) - before)
            if place is not None and last - place not in taken:
                places[index] = before = last - place
                taken.add(before)
    return places


def _resumed(page: str, sought: str, after: int) -> int | None:
    """Index of the start of `sought` soon after a match, which ends at `after`, or anywhere if unique; else None."""
    for length, skipped in _RESUMPTIONS:
        if len(sought) < length or (not sought[0].isalnum() and length == 1):
            continue
        place = page.find(sought[:length], after, after + skipped + length)
        if place >= 0:
            return place
        if length == _RESUMPTIONS[0][0] and page.count(sought[:_UNIQUE]) == 1 and len(sought) >= _UNIQUE:
            return page.find(sought[:_UNIQUE])
    return None


def _next_place(page: str, sought: str, after: int) -> int | None:
    """Index of the start of `sought` at or after `after`, else anywhere on the page; None if absent."""
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


def _filled(places: Sequence[int | None], picture: PagePicture) -> list[int]:
    """The matched indices of a picture's characters, with small gaps between them filled.

    A character in a gap must continue the line of the match before the gap or begin the line of the match after it; a
    printed line number does neither. A gap with letters or digits is filled only if the quote has other characters
    there.
    """
    filled: list[int] = []
    is_missing = False
    for place in places:
        if place is None:
            is_missing = True
            continue
        if filled and 1 < place - (before := filled[-1]) <= 1 + _GAP:
            first, last = picture.boxes[before], picture.boxes[place]
            if is_missing or not any(map(str.isalnum, picture.text[before + 1 : place])):
                gap = range(before + 1, place)
                filled += [at for at in gap if _is_on(first, picture.boxes[at]) or _is_on(picture.boxes[at], last)]
        filled.append(place)
        is_missing = False
    return filled


def _lines(picture: PagePicture, indices: Sequence[int]) -> list[Box]:
    """Boxes around characters: one box for consecutive characters of a horizontal or vertical line."""
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
    """Whether a character continues a line: beside its end, or below it in vertical writing."""
    size = max(box[2] - box[0], box[3] - box[1], min(line[2] - line[0], line[3] - line[1]))
    middle_x, middle_y = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
    beside = line[1] - size / 3 <= middle_y <= line[3] + size / 3 and -size < box[0] - line[2] < 1.6 * size
    below = line[0] - size / 3 <= middle_x <= line[2] + size / 3 and -size < box[1] - line[3] < 1.6 * size
    is_wide, is_high = line[2] - line[0] > 1.5 * size, line[3] - line[1] > 1.5 * size
    return (beside and not is_high) or (below and not is_wide)
