"""The bibliography of a PDF: which lines it takes, and where in them an entry begins."""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median
from typing import Literal

from ingest.pdf.paragraphs import PlacedLine
from ingest.structure.headings import (
    has_letters,
    is_named,
    is_notes,
    is_short_line,
    numbering,
    opens_appendix,
    opens_references,
    tells_work,
)
from ingest.structure.tables import is_caption

EntryStyle = Literal["bullets", "numbers", "gaps", "indent", "words"]
_ENTRY_NUMBER = re.compile(r"^\s*+(?:[\[［(（〔]\s*+)?(\d{1,3})\s*[\]］)）〕.．]?(?=\s|[^\d.．年])")
_LABELLED = re.compile(r"^\s*(?:[\[［](\d{1,3})[\]］]|([⁰¹²³⁴-⁹]{1,3}))\s*\S")
_ENDS_ENTRY = re.compile(r"(?:[.。．)）>」』]|://\S+|\b\d{4})\s*$")
_AUTHOR = re.compile(r"[A-Z][a-zà-ž’'-]+,? (?:[A-Z]\.[, ]?){1,3}")  # an entry's first words: "Smith J. A., "
_RUNNING = frozenset("the is are was were which that this be can should if not you we it has have used as".split())
_MOST_RUNNING = 0.06  # share of such words in a list of works; running text has 0.09 and more
_TELLING = 100  # words: in fewer, the titles of a list may hold as many
_CONTINUES_ENTRY = re.compile(r"^(?:<?https?:|(?i:doi)\b|[a-z0-9<(（「『“、。，.])")
_WINDOW = 16  # lines after a heading that show whether works are listed under it
_LONGEST_ENTRY = 12  # lines
_LONGEST_REST = 6  # lines of an entry after the last one with a year, an address or its number
_LEAST_BARE = 5  # entries at least of a list without a heading


@dataclass(frozen=True, slots=True)
class Listing:
    """The lines of one bibliography: from `start` to `end` among the document's lines, and how its entries are set.

    `size` is that of most of its letters, in points.
    """

    start: int
    end: int
    style: EntryStyle
    size: float


def find_listings(places: Sequence[PlacedLine], body_size: float) -> tuple[Listing, ...]:
    """The bibliographies of a document, each after its heading, or one without a heading whose form is clear."""
    starts = [index + 1 for index, place in enumerate(places) if opens_references(place.line.text)]
    if len(starts) > 1 or (starts and numbering(places[starts[0] - 1].line.text)):
        ends = [_end_of_list(places, start, min(start + _WINDOW, len(places)), body_size) for start in starts]
        starts = [start for start, end in zip(starts, ends, strict=True) if _lists_works(places[start:end])]
    starts = starts or _bare_list(places)
    found = []
    for start, following in pairwise([*starts, len(places) + 1]):
        end = _end_of_list(places, start, following - 1, body_size)
        lines = places[start:end]
        if lines:
            found.append(Listing(start, end, entry_style(lines), median(place.line.size for place in lines)))
    return tuple(found)


def _end_of_list(places: Sequence[PlacedLine], start: int, most: int, body_size: float) -> int:
    """Where a bibliography that begins at `start` ends, at most at `most`: lines that tell no work are not its own."""
    end = next((i for i in range(start, most) if _ends_list(places[i], places[i - 1], body_size)), most)
    last = next((i for i in range(end - 1, start, -1) if _tells(places[i])), end)
    if end - last <= _LONGEST_REST:
        return end
    return next((i for i in range(last + 1, end) if _ENDS_ENTRY.search(places[i - 1].line.text)), end)


def _tells(place: PlacedLine) -> bool:
    return tells_work(place.line.text) or bool(_LABELLED.match(place.line.text))


def _lists_works(places: Sequence[PlacedLine]) -> bool:
    """Whether lines are entries: with years, addresses or numbers at their starts, a fair share of them."""
    told = sum(tells_work(place.line.text) for place in places)
    labels = sum(bool(_LABELLED.match(place.line.text)) for place in places)
    words = [word.lower() for place in places for word in place.line.text.split()]
    is_running = len(words) >= _TELLING and sum(map(_RUNNING.__contains__, words)) > _MOST_RUNNING * len(words)
    return max(0 if is_running else told, labels) * 8 >= len(places) > 0


def _bare_list(places: Sequence[PlacedLine]) -> list[int]:
    """Where a list [1], [2], … of works begins that has no heading; empty without one."""
    matches = ((index, _LABELLED.match(place.line.text)) for index, place in enumerate(places))
    labels = [(index, int(_plain(match.group(1) or match.group(2)))) for index, match in matches if match]
    tail = labels[-1:]
    for label in reversed(labels[:-1]):  # entries follow each other closely
        if label[1] != tail[0][1] - 1 or tail[0][0] - label[0] > _LONGEST_ENTRY:
            break
        tail.insert(0, label)
    if len(tail) < _LEAST_BARE or tail[0][1] > 2 or not _lists_works(places[tail[0][0] : tail[-1][0] + 1]):
        return []
    if any(is_notes(place.line.text) for place in places[max(0, tail[0][0] - 2) : tail[0][0]]):
        return []
    return [tail[0][0]]


def _plain(text: str) -> str:
    """Text with plain digits for raised and full-width ones."""
    return unicodedata.normalize("NFKC", text)


def _ends_list(place: PlacedLine, before: PlacedLine, body_size: float) -> bool:
    """Whether a line after a bibliography opens something else: an appendix, a table, a named or a large heading."""
    line = place.line
    if opens_references(before.line.text) or opens_references(line.text):
        return False
    if opens_appendix(line.text) or (is_named(line.text) and len(line.text) <= 30):
        return True
    if is_caption(line.text) and (line.page != before.line.page or line.y < before.line.y or len(line.text) <= 12):
        return True
    stands_out = line.size >= 1.15 * max(body_size, before.line.size) or (line.bold and not before.line.bold)
    room = place.room > 4 * place.em
    numbered = numbering(line.text)
    is_title = is_short_line(line.text) and has_letters(line.text) and (numbered is None or numbered.style != "bracket")
    return stands_out and room and is_title and not tells_work(line.text) and not _LABELLED.match(line.text)


def entry_style(lines: Sequence[PlacedLine]) -> EntryStyle:
    """How a bibliography sets its entries apart.

    By drawn bullets, by numbers, by gaps between them, by a hanging indent, or by their words alone.
    """
    steps = [b.line.y - a.line.y for a, b in pairwise(lines) if a.line.page == b.line.page and b.line.y > a.line.y]
    usual = sorted(steps)[len(steps) // 4] if steps else 0.0
    shares = {
        "bullets": sum(place.line.bullet for place in lines),
        "numbers": sum(1 for place in lines if _ENTRY_NUMBER.match(_plain(place.line.text))),
        "gaps": sum(1 for step in steps if 1.2 * usual < step < 4 * usual),
        "indent": sum(1 for place in lines if 0.6 * place.em < place.line.x0 - place.margin < 6 * place.em),
    }
    least = max(2, 0.12 * len(lines))
    styles: tuple[EntryStyle, ...] = ("bullets", "numbers", "gaps", "indent")
    return next((style for style in styles if shares[style] >= least), "words")


def starts_entry(waiting: Sequence[PlacedLine], here: PlacedLine, style: EntryStyle, leading: float) -> bool:
    """Whether the line `here` begins an entry, after the `waiting` lines of the one before; `leading` in points."""
    first, before = waiting[0], waiting[-1]
    if abs(here.line.size - before.line.size) > 0.12 * here.em:
        return True
    jumps = here.line.page != before.line.page or here.line.y <= before.line.y
    if style == "bullets":
        return here.line.bullet or here.line.x0 < first.line.x0 - 1.5 * here.em
    if style == "numbers":
        return _counts_on(first.line.text, here.line.text)
    if style == "gaps" and not jumps:
        return here.line.y - before.line.y > 1.2 * leading
    if style == "indent":
        return here.line.x0 - here.margin < 0.6 * here.em
    # only the words and the free space at the line's end tell
    ended = _ENDS_ENTRY.search(before.line.text) is not None and not _CONTINUES_ENTRY.match(here.line.text)
    ended = ended or (tells_work(before.line.text) and bool(_AUTHOR.match(here.line.text)))
    return ended and (before.room > 1.2 * here.em or style == "gaps")


def _counts_on(first: str, here: str) -> bool:
    """Whether a line's number is that of the next entry, and not a year or page number inside an entry."""
    number, previous = _ENTRY_NUMBER.match(_plain(here)), _ENTRY_NUMBER.match(_plain(first))
    if number is None or previous is None:
        return number is not None
    step = int(number.group(1)) - int(previous.group(1))
    return step == 1 or (1 < step <= 20 and here.lstrip()[0] in "[［〔")  # lists skip numbers
