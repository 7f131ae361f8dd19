"""Classify the lines of a PDF by size, weight, words and preceding lines: heading, caption, code, formula, paragraph.

Also find bibliographies: which lines belong to one, and where each entry begins.
"""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from statistics import median
from typing import Literal

from ingest.document import Block, BlockKind
from ingest.pdf.page import TextLine
from ingest.pdf.paragraphs import BodyStyle, PlacedLine, is_apart
from ingest.structure.headings import (
    LIST_MARK,
    has_letters,
    is_contents_line,
    is_named,
    is_notes,
    is_short_line,
    may_be_entry,
    numbering,
    opens_appendix,
    opens_references,
)
from ingest.structure.tables import is_caption, is_source_note
from ingest.text import ends_sentence, is_wide

_WORD = re.compile(r"[^\W\d_]{3,}")
_FUNCTIONS = frozenset("sin cos tan log exp lim max min sup inf det arg var cov diag mod ker dim".split())
_SIGN = re.compile("[=≈≃≡≤≥≠∑∏∫∂√∈∞→⇒×±∇∝−⁰¹²³⁴-⁹⁽⁾α-ωΓΔΘΛΞΠΣΦΨΩ\U0001d400-\U0001d7ff]")
_STEP = re.compile(r"\d{1,3}:\s")  # line number in an algorithm
_FORMULA_WORDS = 0.35  # maximum share of a formula's characters that are in words
_FRAGMENT = 12  # maximum characters of an index, a limit or a number beside a formula
_MOST_CODE = 0.8  # share of letters in monospaced fonts above which the document's usual font is monospaced
SizedBlock = tuple[Block, float]  # a block and its letter size in points, 0 for tables
EntryStyle = Literal["bullets", "numbers", "gaps", "indent", "words"]
_ENTRY_NUMBER = re.compile(r"^\s*+(?:[\[［(（〔]\s*+)?(\d{1,3})\s*[\]］)）〕.．]?(?=\s|[^\d.．年])")
_LABELLED = re.compile(r"^\s*(?:[\[［](\d{1,3})[\]］]|([⁰¹²³⁴-⁹]{1,3}))\s*\S")
_ENDS_ENTRY = re.compile(r"(?:[.。．)）>」』]|://\S+|\b\d{4})\s*$")
_AUTHOR = re.compile(r"[A-Z][a-zà-ž’'-]+,? (?:[A-Z]\.[, ]?){1,3}")  # the start of an entry: "Smith J. A., "
_RUNNING = frozenset("the is are was were which that this be can should if not you we it has have used as".split())
_MOST_RUNNING = 0.06  # maximum share of such function words in a bibliography; running text has 0.09 or more
_TELLING = 100  # minimum words for that test: a few titles may contain as many function words
_CONTINUES_ENTRY = re.compile(r"^(?:<?https?:|(?i:doi)\b|[a-z0-9<(（「『“、。，.])")
_WINDOW = 16  # lines after a heading to inspect for listed works
_LONGEST_ENTRY = 12  # lines of one entry
_LONGEST_REST = 6  # lines of the last entry after its last line with a year, URL or entry number
_LEAST_BARE = 5  # minimum entries of a bibliography without a heading


@dataclass(frozen=True, slots=True)
class Listing:
    """One bibliography: the document's lines from `start` to `end`, and how its entries are separated.

    `size` is the median letter size in points.
    """

    start: int
    end: int
    style: EntryStyle
    size: float


@dataclass(slots=True)
class Builder:
    """State while blocks are built: finished blocks, and the lines waiting to form the next block."""

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
        """Whether the current lines belong to a bibliography."""
        return self.listing is not None

    @property
    def usual_size(self) -> float:
        """The usual letter size here: a bibliography may be set smaller or larger than the running text."""
        return max(self.style.size, self.listing.size) if self.listing else self.style.size


def is_code_font(lines: Sequence[TextLine]) -> bool:
    """Whether monospaced lines are code, rather than the document's usual text."""
    mono = sum(len(line.text) for line in lines if line.mono)
    return mono <= _MOST_CODE * sum(len(line.text) for line in lines)


def kind_of(here: PlacedLine, builder: Builder) -> BlockKind:
    """The kind of block to which a line belongs, by size, weight and words."""
    line = here.line
    if line.label:
        return "formula"
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


def is_other_frame(builder: Builder, here: PlacedLine) -> bool:
    """Whether the line is in another frame than the waiting lines, or only one of them is in a frame."""
    columns = {builder.waiting[-1].line.column, here.line.column}
    return len(columns) > 1 and min(columns) < 0


def _goes_on(builder: Builder, here: PlacedLine) -> bool:
    """Whether the line continues a sentence: right below a full line of the same style that does not end a sentence."""
    before = builder.waiting[-1] if builder.waiting else None
    if before is None or builder.kind == "heading" or is_other_frame(builder, here) or ends_sentence(before.line.text):
        return False
    same = abs(here.line.size - before.line.size) <= 0.08 * here.em and here.line.bold == before.line.bold
    return same and not is_apart(before, here, builder.style) and before.room < 3 * here.em


def _is_code(builder: Builder, here: PlacedLine, goes_on: bool) -> bool:
    """Whether the line is code set apart from the text. A line of monospaced words inside a sentence is not."""
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
    """Whether a line between code lines is too short to tell its font: a bracket, a line number."""
    return len(text) <= 8 and text.isascii() and not re.search(r"[A-Za-z]{4}", text)


def _is_formula(builder: Builder, here: PlacedLine) -> bool:
    """Whether the line is a displayed formula or part of one."""
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
    """Number of characters in words: wide ones, and words of three or more Latin letters except function names."""
    wide = sum(map(is_wide, text))
    return wide + sum(len(word) for word in _WORD.findall(text) if word.isascii() and word.lower() not in _FUNCTIONS)


def _continues_caption(builder: Builder, here: PlacedLine) -> bool:
    """Whether a line continues the caption above: same size, right below a full line."""
    if builder.kind != "caption" or not builder.waiting or is_source_note(builder.waiting[-1].line.text):
        return False
    before = builder.waiting[-1]
    near = here.line.page == before.line.page and 0 < here.line.y - before.line.y <= 1.6 * here.em
    same = abs(here.line.size - before.line.size) < 0.3 and here.line.size < 0.97 * builder.style.size
    return near and same and before.room < 3 * here.em and not ends_sentence(before.line.text)


def find_listings(places: Sequence[PlacedLine], body_size: float) -> tuple[Listing, ...]:
    """The bibliographies of a document: after their headings, or one clear list without a heading."""
    starts = [index + 1 for index, place in enumerate(places) if opens_references(place.line.text)]
    if len(starts) > 1 or (starts and numbering(places[starts[0] - 1].line.text)):
        ends = [_end_of_list(places, start, min(start + _WINDOW, len(places)), body_size) for start in starts]
        starts = [start for start, end in zip(starts, ends, strict=True) if _lists_works(places[start:end])]
    starts = starts or _bare_list(places)
    listings = []
    for start, following in pairwise([*starts, len(places) + 1]):
        end = _end_of_list(places, start, following - 1, body_size)
        lines = places[start:end]
        if lines:
            listings.append(Listing(start, end, entry_style(lines), median(place.line.size for place in lines)))
    return tuple(listings)


def _end_of_list(places: Sequence[PlacedLine], start: int, most: int, body_size: float) -> int:
    """The end (at most `most`) of the bibliography that begins at `start`, without trailing lines of no entry."""
    end = next((i for i in range(start, most) if _ends_list(places[i], places[i - 1], body_size)), most)
    last = next((i for i in range(end - 1, start, -1) if _tells(places[i])), end)
    if end - last <= _LONGEST_REST:
        return end
    return next((i for i in range(last + 1, end) if _ENDS_ENTRY.search(places[i - 1].line.text)), end)


def _tells(place: PlacedLine) -> bool:
    return may_be_entry(place.line.text) or bool(_LABELLED.match(place.line.text))


def _lists_works(places: Sequence[PlacedLine]) -> bool:
    """Whether lines are entries: enough of them have a year, a URL or an entry number."""
    dated = sum(may_be_entry(place.line.text) for place in places)
    labels = sum(bool(_LABELLED.match(place.line.text)) for place in places)
    words = [word.lower() for place in places for word in place.line.text.split()]
    is_running = len(words) >= _TELLING and sum(map(_RUNNING.__contains__, words)) > _MOST_RUNNING * len(words)
    return max(0 if is_running else dated, labels) * 8 >= len(places) > 0


def _bare_list(places: Sequence[PlacedLine]) -> list[int]:
    """The start of a numbered bibliography ([1], [2], …) without a heading; empty if there is none."""
    matches = ((index, _LABELLED.match(place.line.text)) for index, place in enumerate(places))
    labels = [(index, int(_plain(match.group(1) or match.group(2)))) for index, match in matches if match]
    tail = labels[-1:]
    for label in reversed(labels[:-1]):  # entries are close together
        if label[1] != tail[0][1] - 1 or tail[0][0] - label[0] > _LONGEST_ENTRY:
            break
        tail.insert(0, label)
    if len(tail) < _LEAST_BARE or tail[0][1] > 2 or not _lists_works(places[tail[0][0] : tail[-1][0] + 1]):
        return []
    if any(is_notes(place.line.text) for place in places[max(0, tail[0][0] - 2) : tail[0][0]]):
        return []
    return [tail[0][0]]


def _plain(text: str) -> str:
    """Text with plain digits in place of superscript and full-width ones."""
    return unicodedata.normalize("NFKC", text)


def _ends_list(place: PlacedLine, before: PlacedLine, body_size: float) -> bool:
    """Whether a line ends the bibliography: an appendix, a table, a section name or a large heading begins."""
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
    return stands_out and room and is_title and not may_be_entry(line.text) and not _LABELLED.match(line.text)


def entry_style(lines: Sequence[PlacedLine]) -> EntryStyle:
    """How the entries of a bibliography are separated.

    By drawn bullets, numbers, vertical gaps, a hanging indent, or only by their words.
    """
    steps = [b.line.y - a.line.y for a, b in pairwise(lines) if a.line.page == b.line.page and b.line.y > a.line.y]
    usual = sorted(steps)[len(steps) // 4] if steps else 0.0
    shares = {
        "bullets": sum(place.line.bullet for place in lines),
        "numbers": _counted(lines),
        "gaps": sum(1 for step in steps if 1.2 * usual < step < 4 * usual),
        "indent": sum(1 for place in lines if 0.6 * place.em < place.line.x0 - place.margin < 6 * place.em),
    }
    least = max(2, 0.12 * len(lines))
    styles: tuple[EntryStyle, ...] = ("bullets", "numbers", "gaps", "indent")
    return next((style for style in styles if shares[style] >= least), "words")


def _counted(lines: Sequence[PlacedLine]) -> int:
    """Number of lines that begin with an entry number in sequence."""
    numbered = [place.line.text for place in lines if _ENTRY_NUMBER.match(_plain(place.line.text))]
    pairs = sum(_counts_on(before, here) for before, here in pairwise(numbered))
    return pairs + 1 if pairs else 0


def starts_entry(waiting: Sequence[PlacedLine], here: PlacedLine, style: EntryStyle, leading: float) -> bool:
    """Whether the line `here` begins a new entry after the `waiting` lines. `leading` is in points."""
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
    # only the words and the free space at the end of the line remain as evidence
    ended = _ENDS_ENTRY.search(before.line.text) is not None and not _CONTINUES_ENTRY.match(here.line.text)
    ended = ended or (may_be_entry(before.line.text) and bool(_AUTHOR.match(here.line.text)))
    return ended and (before.room > 1.2 * here.em or style == "gaps")


def _counts_on(first: str, here: str) -> bool:
    """Whether a line's number is the next entry number, rather than a year or page number inside an entry."""
    number, previous = _ENTRY_NUMBER.match(_plain(here)), _ENTRY_NUMBER.match(_plain(first))
    if number is None or previous is None:
        return number is not None
    step = int(number.group(1)) - int(previous.group(1))
    return step == 1 or (1 < step <= 20 and here.lstrip()[0] in "[［〔")  # some lists skip numbers
