"""Which kind of block a line of a PDF belongs to: by its size, weight and words, and by the lines before it."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from ingest.document import Block, BlockKind
from ingest.normalise import is_wide
from ingest.pdf.entries import Listing
from ingest.pdf.page import Line
from ingest.pdf.paragraphs import BodyStyle, PlacedLine, is_apart
from ingest.structure.headings import LIST_MARK, has_letters, is_contents_line, is_short_line
from ingest.structure.sentences import ends_sentence
from ingest.structure.tables import is_caption, is_source_note

_WORD = re.compile(r"[^\W\d_]{3,}")
_FUNCTIONS = frozenset("sin cos tan log exp lim max min sup inf det arg var cov diag mod ker dim".split())
_SIGN = re.compile("[=≈≃≡≤≥≠∑∏∫∂√∈∞→⇒×±∇∝−⁰¹²³⁴-⁹⁽⁾α-ωΓΔΘΛΞΠΣΦΨΩ\U0001d400-\U0001d7ff]")
_STEP = re.compile(r"\d{1,3}:\s")  # the number of a line of an algorithm
_FORMULA_WORDS = 0.35  # the most of a formula's characters that are words
_FRAGMENT = 12  # characters at most of an index, a limit or a number beside a formula
_MOST_CODE = 0.5  # share of a document's letters in fonts of one width: above it, that is its usual font
SizedBlock = tuple[Block, float]  # a block and the size of its letters in points, 0 for tables


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
