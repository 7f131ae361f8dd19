"""Which kind of block a line of a PDF belongs to, by its size, weight and words, and by the lines before it.

And the bibliography: which lines it takes, and where in them an entry begins.
"""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from statistics import median
from typing import Literal

from ingest.document import Block, BlockKind
from ingest.pdf.page import Line
from ingest.pdf.paragraphs import BodyStyle, PlacedLine, is_apart
from ingest.structure.headings import (
    LIST_MARK,
    has_letters,
    is_contents_line,
    is_named,
    is_notes,
    is_short_line,
    numbering,
    opens_appendix,
    opens_references,
    tells_work,
)
from ingest.structure.tables import is_caption, is_source_note
from ingest.text import ends_sentence, is_wide

_WORD = re.compile(r"[^\W\d_]{3,}")
_FUNCTIONS = frozenset("sin cos tan log exp lim max min sup inf det arg var cov diag mod ker dim".split())
_SIGN = re.compile("[=≈≃≡≤≥≠∑∏∫∂√∈∞→⇒×±∇∝−⁰¹²³⁴-⁹⁽⁾α-ωΓΔΘΛΞΠΣΦΨΩ\U0001d400-\U0001d7ff]")
_STEP = re.compile(r"\d{1,3}:\s")  # the number of a line of an algorithm
_FORMULA_WORDS = 0.35  # the most of a formula's characters that are words
_FRAGMENT = 12  # characters at most of an index, a limit or a number beside a formula
_MOST_CODE = 0.5  # share of a document's letters in fonts of one width: above it, that is its usual font
SizedBlock = tuple[Block, float]  # a block and the size of its letters in points, 0 for tables
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


@dataclass(slots=True)
class Builder:
    """The blocks made so far, and the lines that wait to become the next one."""

    style: BodyStyle
    words: frozenset[str]
    language: str
    reads_code: bool
    blocks: list[SizedBlock] = field(default_factory=list)
    waiting: list[PlacedLine] = field(default_factory=list)
    kind: BlockKind = "paragraph"
    listing: Listing | None = None

    @property
    def in_references(self) -> bool:
        """Whether the lines are those of a bibliography."""
        return self.listing is not None

    @property
    def usual_size(self) -> float:
        """The size of the text around: a bibliography may be set smaller or larger than the running text."""
        return max(self.style.size, self.listing.size) if self.listing else self.style.size


def tells_code(lines: Sequence[Line]) -> bool:
    """Whether lines in a font of one width are code, and not the usual text of a document."""
    mono = sum(len(line.text) for line in lines if line.mono)
    return mono <= _MOST_CODE * sum(len(line.text) for line in lines)


def kind_of(here: PlacedLine, builder: Builder) -> BlockKind:
    """The kind of block that a line belongs to, by its size, weight and words."""
    line = here.line
    goes_on = _goes_on(builder, here)
    if not builder.in_references and builder.reads_code and _is_code(builder, here, goes_on):
        return "code"
    if not builder.in_references and _is_formula(builder, here):
        return "formula"
    large = line.size >= 1.08 * builder.usual_size
    bold = line.bold and here.room > 2 * line.size
    is_item = line.bullet or LIST_MARK.match(line.text) or _STEP.match(line.text)
    is_worded = has_letters(line.text) and not _looks_like_formula(line.text)
    if (large or bold) and not goes_on and not is_item and is_worded:
        short = is_short_line(line.text) and not is_caption(line.text)
        long = large and len(line.text) <= 110 and not builder.in_references and not is_contents_line(line.text)
        if short or long:
            return "heading"
    if (not goes_on and (is_caption(line.text) or is_source_note(line.text))) or _continues_caption(builder, here):
        return "caption"
    return "paragraph"


def _goes_on(builder: Builder, here: PlacedLine) -> bool:
    """Whether the line carries on a sentence: right below a full line of its look that does not end one."""
    before = builder.waiting[-1] if builder.waiting else None
    if before is None or builder.kind == "heading" or ends_sentence(before.line.text):
        return False
    same = abs(here.line.size - before.line.size) <= 0.08 * here.em and here.line.bold == before.line.bold
    return same and not is_apart(before, here, builder.style) and before.room < 3 * here.em


def _is_code(builder: Builder, here: PlacedLine, goes_on: bool) -> bool:
    """Whether the line is one of code, set apart from the text; a sentence may hold a line of code words."""
    line = here.line
    if line.bullet or LIST_MARK.match(line.text) or line.size >= 1.08 * builder.style.size:
        return False
    if builder.kind == "code" and builder.waiting:
        before = builder.waiting[-1]
        near = line.page != before.line.page or 0 < line.y - before.line.y <= 3 * here.em
        return near and (line.mono or _is_short_code(line.text))
    if not line.mono:
        return False
    indented = not builder.waiting or abs(line.x0 - builder.waiting[-1].line.x0) > 0.5 * here.em
    return indented or not goes_on


def _is_short_code(text: str) -> bool:
    """Whether a line between lines of code is too short to show its font: a bracket, a line number."""
    return len(text) <= 8 and text.isascii() and not re.search(r"[A-Za-z]{4}", text)


def _is_formula(builder: Builder, here: PlacedLine) -> bool:
    """Whether the line is (a part of) a formula set apart from the text."""
    text = here.line.text
    if not here.line.size or here.line.mono or (here.indent < here.em and here.room < 3 * here.em):
        return False
    if _looks_like_formula(text):
        return True
    after = here.after
    beside = builder.kind == "formula" and bool(builder.waiting)
    beside = beside or (after is not None and after.y - here.line.y < 2 * here.em and _looks_like_formula(after.text))
    is_fragment = len("".join(text.split())) <= _FRAGMENT and not _words(text) and not re.search(r"[^\W\d_]{2}", text)
    return beside and is_fragment


def _looks_like_formula(text: str) -> bool:
    letters = "".join(text.split())
    return bool(_SIGN.search(text)) and _words(text) < _FORMULA_WORDS * len(letters)


def _words(text: str) -> int:
    """How many characters are in words: wide ones, and three Latin letters or more that name no function."""
    wide = sum(map(is_wide, text))
    return wide + sum(len(word) for word in _WORD.findall(text) if word.isascii() and word.lower() not in _FUNCTIONS)


def _continues_caption(builder: Builder, here: PlacedLine) -> bool:
    """Whether a line carries on the caption before it: in the same size, right below a full line."""
    if builder.kind != "caption" or not builder.waiting or is_source_note(builder.waiting[-1].line.text):
        return False
    before = builder.waiting[-1]
    near = here.line.page == before.line.page and 0 < here.line.y - before.line.y <= 1.6 * here.em
    same = abs(here.line.size - before.line.size) < 0.3 and here.line.size < 0.97 * builder.style.size
    return near and same and before.room < 3 * here.em and not ends_sentence(before.line.text)


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
