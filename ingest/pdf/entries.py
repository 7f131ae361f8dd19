"""Where an entry of a typeset bibliography begins: the manner is the whole list's, so it is told from all its lines."""

import re
from collections.abc import Sequence
from itertools import pairwise
from typing import Literal

from ingest.pdf.paragraphs import Spot, opens_references

Manner = Literal["bullets", "numbers", "gaps", "indent", "words"]
_NUMBER = re.compile(r"^\s*+(?:[\[［(（〔]\s*+)?(\d{1,3})\s*[\]］)）〕.．]?(?=\s|[^\d.．年])")
_ENDED = re.compile(r"(?:[.。．)）>」』]|://\S+|\b\d{4})\s*$")
_CONTINUING = re.compile(r"^(?:<?https?:|(?i:doi)\b|[a-z0-9<(（「『“、。，.])")


def manner_of(places: Sequence[Spot]) -> Manner:
    """How the entries after the last heading of a bibliography are set apart: by drawn marks, by numbers, by more
    white between them, by a hanging indent, or by nothing but their words.
    """  # noqa: D205
    lines = _bibliography(places)
    steps = [b.line.y - a.line.y for a, b in pairwise(lines) if a.line.page == b.line.page and b.line.y > a.line.y]
    usual = sorted(steps)[len(steps) // 4] if steps else 0.0
    shares = {
        "bullets": sum(place.line.bullet for place in lines),
        "numbers": sum(1 for place in lines if _NUMBER.match(place.line.text)),
        "gaps": sum(1 for step in steps if 1.2 * usual < step < 4 * usual),
        "indent": sum(1 for place in lines if 0.6 * place.em < place.line.x0 - place.margin < 6 * place.em),
    }
    least = max(2, 0.12 * len(lines))
    manners: tuple[Manner, ...] = ("bullets", "numbers", "gaps", "indent")
    return next((manner for manner in manners if shares[manner] >= least), "words")


def _bibliography(places: Sequence[Spot]) -> list[Spot]:
    """The lines after the last heading of a bibliography."""
    found: list[Spot] = []
    for place in places:
        found = [] if opens_references(place.line) else [*found, place]
    return found


def starts_entry(waiting: Sequence[Spot], here: Spot, manner: Manner, leading: float) -> bool:
    """Whether the line `here` begins an entry after the `waiting` lines of another; `leading` in points."""
    first, before = waiting[0], waiting[-1]
    if abs(here.line.size - before.line.size) > 0.12 * here.em:
        return True
    jumps = here.line.page != before.line.page or here.line.y <= before.line.y
    if manner == "bullets":
        return here.line.bullet or here.line.x0 < first.line.x0 - 1.5 * here.em
    if manner == "numbers":
        return _counts_on(first.line.text, here.line.text)
    if manner == "gaps" and not jumps:
        return here.line.y - before.line.y > 1.2 * leading
    if manner == "indent":
        return here.line.x0 - here.margin < 0.6 * here.em
    # nothing but the words, and the room left on the line, tell
    ended = _ENDED.search(before.line.text) is not None and not _CONTINUING.match(here.line.text)
    return ended and (before.room > 1.2 * here.em or manner == "gaps")


def _counts_on(first: str, here: str) -> bool:
    """Whether a line's number is that of the next entry, no year or page that opens a line within one."""
    number, previous = _NUMBER.match(here), _NUMBER.match(first)
    if number is None or previous is None:
        return number is not None
    step = int(number.group(1)) - int(previous.group(1))
    return step == 1 or (1 < step <= 20 and here.lstrip()[0] in "[［〔")  # lists skip numbers
