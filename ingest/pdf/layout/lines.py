"""Glyphs of a page → lines: find word spaces, join raised and lowered letters, drop ruby."""

import math
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby, pairwise
from statistics import median

from ingest.pdf.page import Glyph, TextLine
from ingest.text import is_wide, repair, without_letterspacing

_GAP = 1.8  # em: a wider gap splits a line (text columns, table cells)
_WORD_GAP = 0.7  # em: a wider gap before letters of another size is more than a word space
SMALL = 0.87  # relative size up to which letters count as raised, lowered or small print
HIGHEST = 0.7  # em: maximum distance of a raised or lowered letter's baseline from its line's
SAME_SIZE_HIGHEST = 0.3  # em: the same for a full-size letter, such as the E of the TeX logo
_NARROW = frozenset("fijlrtI1.,:;'!()[]{}|/-")  # letters that are narrow in proportional fonts
_LEAST_PITCH = 0.35  # em: minimum letter width of a monospaced font; usual are 0.5 and 0.6
_UNEVEN = 0.04  # em: allowed deviation from the letter grid of a monospaced font
_SUPERSCRIPT = str.maketrans("0123456789()*+-", "⁰¹²³⁴⁵⁶⁷⁸⁹⁽⁾*⁺⁻")


@dataclass(frozen=True, slots=True)
class Box:
    """The extent of a run of `count` characters."""

    x0: float
    x1: float
    y: float
    size: float
    count: int


@dataclass(frozen=True, slots=True)
class ColumnGap:
    """The white space between two columns, at `x`, from the height `top` to `bottom`."""

    x: float
    top: float = -math.inf
    bottom: float = math.inf

    def meets(self, other: "ColumnGap") -> bool:
        """Whether both gaps overlap in height."""
        return self.top <= other.bottom and other.top <= self.bottom


def lines_of(glyphs: Sequence[Glyph], page: int, gaps: Sequence[ColumnGap] = ()) -> list[TextLine]:
    """The lines of a page from top to bottom. A wide gap, or a gap between columns, splits a baseline into lines."""
    lines = []
    for run in _merged(runs_of(glyphs), gaps):
        text = without_letterspacing(_text(run)).strip()
        if text:
            inked = [glyph for glyph in run if glyph.text.strip()]
            bold = sum(glyph.bold for glyph in run) * 2 > len(run)
            size, latin_size = _sizes(inked)
            y = median(glyph.y for glyph in inked)
            line = TextLine(text, page, inked[0].x0, inked[-1].x1, y, size, bold)
            italics = _italics(text, inked)
            lines.append(replace(line, latin_size=latin_size, mono=is_mono(inked), italics=italics))
    return _without_ruby(sorted(lines, key=lambda line: (line.y, line.x0)))


def boxes(glyphs: Sequence[Glyph]) -> list[Box]:
    """The extent of each run of glyphs that are consecutive in the file and share a baseline."""
    extents = []
    for run in runs_of(glyphs):
        inked = [glyph for glyph in run if glyph.text.strip()]
        extents.append(Box(inked[0].x0, inked[-1].x1, inked[0].y, inked[0].size, len(inked)))
    return extents


def _sizes(glyphs: Sequence[Glyph]) -> tuple[float, float]:
    """(letter size, size of Latin letters) of a line, in points.

    The first is that of wide characters, if any: beside kanji, many fonts set Latin letters larger or smaller.
    """
    wide = [glyph.size for glyph in glyphs if is_wide(glyph.text[0])]
    latin = [glyph.size for glyph in glyphs if not is_wide(glyph.text[0])]
    return median(wide or latin), median(latin) if latin else 0.0


def _italics(text: str, glyphs: Sequence[Glyph]) -> tuple[str, ...]:
    """The italic phrases of a line, in order: runs of italic letters, with the spaces that `text` has between them."""
    places = [place for place, character in enumerate(text) if not character.isspace()]
    letters = "".join(text.split())
    phrases, start = [], 0
    for italic, run in groupby(glyphs, key=lambda glyph: glyph.italic):
        words = "".join(repair("".join(glyph.text for glyph in run)).split())
        first = letters.find(words, start) if italic and words else -1
        if first >= 0:
            start = first + len(words)
            phrases.append(text[places[first] : places[start - 1] + 1])
    return tuple(phrases)


def is_mono(glyphs: Sequence[Glyph]) -> bool:
    """Whether a line is set in a monospaced font, as code is."""
    start = next((i for i, glyph in enumerate(glyphs) if not glyph.text.isdigit()), 0)
    if start and glyphs[0].size <= SMALL * glyphs[start].size:
        glyphs = glyphs[start:]  # skip the line number in small print
    pairs = [(a, b) for a, b in pairwise(glyphs) if a.text.isascii() and b.text.isascii() and b.x0 > a.x0]
    letters = {glyph.text for glyph in glyphs}
    is_telling = len([letter for letter in letters if letter.isalpha()]) >= 3 and not letters.isdisjoint(_NARROW)
    if not is_telling or len(pairs) < 0.7 * (len(glyphs) - 1):
        return False
    steps = [(b.x0 - a.x0) / a.size for a, b in pairs]
    pitch = median(steps)
    even = sum(abs(step - round(step / pitch) * pitch) <= _UNEVEN for step in steps)
    return pitch >= _LEAST_PITCH and even >= 0.95 * len(steps)


@dataclass(slots=True)
class _Run:
    """Glyphs on one baseline `y` in file order; `size` is the largest letter size, `right` the end of the run."""

    y: float
    size: float
    right: float
    last: Glyph
    glyphs: list[Glyph] = field(default_factory=list)

    def takes(self, glyph: Glyph) -> bool:
        """Whether the glyph continues the run: on its baseline, or raised or lowered beside its last glyph."""
        last = self.last
        em = max(last.size, glyph.size)
        gap = glyph.x0 - last.x1
        if abs(glyph.y - last.y) <= 0.1 * em and 0.75 <= glyph.size / last.size <= 1.34:
            alike = min(glyph.size, last.size) > 0.95 * em
            return -0.6 * em <= gap <= (_GAP if alike else _WORD_GAP) * em
        em = max(self.size, glyph.size)
        shift = abs(glyph.y - self.y)
        after_mark = abs(last.y - self.y) > 0.12 * em or is_accent(last.text)
        if after_mark and shift <= 0.12 * em and not is_accent(glyph.text):  # back on the baseline
            return -0.6 * em <= glyph.x0 - self.right <= 1.2 * em
        if is_accent(glyph.text) or is_accent(last.text):
            return shift <= HIGHEST * em and -1.2 * em <= gap <= 0.3 * em
        if is_wide(glyph.text[0]):  # ruby is not a superscript
            return shift <= HIGHEST * em and min(self.size, glyph.size) <= SMALL * em and 0 <= gap <= 0.35 * em
        if min(self.size, glyph.size) <= SMALL * em:
            return shift <= HIGHEST * em and (-2.5 if after_mark else -0.6) * em <= gap <= 0.6 * em
        return shift <= SAME_SIZE_HIGHEST * em and -0.5 * em <= gap <= 0.1 * em

    def add(self, glyph: Glyph) -> None:
        """Append the glyph on the run's baseline; small raised digits become superscript characters."""
        self.last, self.right = glyph, max(self.right, glyph.x1)
        bare = all(is_accent(small.text) for small in self.glyphs)
        if bare or (glyph.size * SMALL >= self.size and len(self.glyphs) <= 8):  # so far, the run has only marks
            self.glyphs = [on_baseline(small, glyph.y, glyph.size) for small in self.glyphs]
            self.y, self.size = glyph.y, glyph.size
        self.glyphs.append(on_baseline(glyph, self.y, self.size))


def is_accent(text: str) -> bool:
    """Whether a glyph is an accent separate from its letter: ^, ~, a macron."""
    return len(text) == 1 and unicodedata.category(text) in ("Sk", "Mn")


def on_baseline(glyph: Glyph, y: float, size: float) -> Glyph:
    """The glyph moved to the baseline `y` of letters of size `size`; raised digits become superscript characters."""
    if abs(glyph.y - y) <= 0.12 * size:
        return glyph
    is_raised = glyph.size <= SMALL * size and y - glyph.y >= 0.15 * size
    return replace(glyph, y=y, text=glyph.text.translate(_SUPERSCRIPT) if is_raised else glyph.text)


def runs_of(glyphs: Iterable[Glyph]) -> list[list[Glyph]]:
    """Runs of glyphs that are consecutive in the file and share a baseline; includes raised and lowered letters."""
    runs: list[_Run] = []
    for glyph in glyphs:
        if runs and runs[-1].takes(glyph):
            runs[-1].add(glyph)
        elif glyph.text.strip():
            runs.append(_Run(glyph.y, glyph.size, glyph.x1, glyph, [glyph]))
    return [run.glyphs for run in runs]


def _merged(runs: list[list[Glyph]], gaps: Sequence[ColumnGap]) -> list[list[Glyph]]:
    """Join runs that are side by side on one baseline, and superscripts with the word before them."""
    merged: list[list[Glyph]] = []
    for run in sorted(runs, key=lambda run: run[0].x0):
        beside = [gap.x for gap in gaps if gap.top <= run[0].y <= gap.bottom]
        best = None
        for index in range(len(merged) - 1, max(-1, len(merged) - 400), -1):
            end = merged[index][-1]
            em = max(end.size, run[0].size)
            gap = run[0].x0 - end.x1
            later = best is None or end.x1 > merged[best][-1].x1
            if any(end.x1 <= x + 0.5 and run[0].x0 >= x - 0.5 for x in beside):
                continue
            if later and -0.3 * em <= gap <= _GAP * em and _level(merged[index], run):
                best = index
        if best is None:
            merged.append(list(run))
        else:
            merged[best].extend(_raised(merged[best], run))
    return merged


def _level(left: list[Glyph], right: list[Glyph]) -> bool:
    """Whether two runs belong to one line: same baseline, or one is a superscript of the other."""
    a, b = left[-1], right[0]
    difference, em = abs(a.y - b.y), max(a.size, b.size)
    smaller = min(a.size, b.size) <= SMALL * em
    if difference <= 0.12 * em:
        return not (smaller and b.x0 - a.x1 > 0.8 * em)  # small print at a distance is a note in the margin
    return smaller and difference <= HIGHEST * em and abs(b.x0 - a.x1) <= 0.35 * em and min(len(left), len(right)) <= 8


def _raised(left: list[Glyph], right: list[Glyph]) -> list[Glyph]:
    """The right run; if it is small and raised, with superscript characters for its digits."""
    body = max(left, key=lambda glyph: glyph.size)
    if right[0].size <= SMALL * body.size and body.y - right[0].y >= 0.15 * body.size:
        return [on_baseline(glyph, body.y, body.size) for glyph in right]
    return right


def _text(run: list[Glyph]) -> str:
    """The run's text, with a space at each gap that is too wide to come from justification."""
    gaps: tuple[list[float], ...] = ([], [], [])
    pairs = []
    for a, b in pairwise(run):
        bare = a.text != " " != b.text
        sides, gap = (_sides(a, b), (b.x0 - a.x1) / max(a.size, b.size)) if bare else (0, -1.0)
        # an italic letter, especially f, overlaps the following space: trust PDFium, which knows the letter widths
        spaced = b.spaced and sides == 0 and gap > (0.0 if a.text[-1] == "f" else 0.07)
        pairs.append((sides, 9.0 if spaced else gap, b.text))
        if bare:
            gaps[sides].append(gap)
    limits = [_limit(sides, gaps[sides]) for sides in (0, 1, 2)]
    pieces = [run[0].text]
    for sides, gap, character in pairs:
        pieces.append(f" {character}" if gap > limits[sides] else character)
    return repair("".join(pieces))


def _sides(a: Glyph, b: Glyph) -> int:
    """The number of wide characters (Japanese, Chinese, full-width) among two neighbours."""
    return is_wide(a.text[-1]) + is_wide(b.text[0])


def _limit(sides: int, gaps: list[float]) -> float:
    """The gap in em above which two neighbours are separate words; `sides`: how many of the two are wide characters.

    Justification widens all gaps of a line equally, so word spaces stand out from the usual gap. A quarter em between
    ideographs and Latin letters is Japanese typography (JIS X 4051, 和欧間空白), not a space.
    """
    ordered = sorted(gaps)
    if sides == 2:
        usual = ordered[len(ordered) * 3 // 4] if len(ordered) >= 5 else 0.0
        return max(0.2, usual + 0.14)
    if sides == 1:
        usual = ordered[-1] if len(ordered) >= 2 and ordered[0] > 0.1 and ordered[-1] < 0.6 else 0.0
        return max(0.2, usual + 0.14)
    usual = ordered[len(ordered) // 2] if len(ordered) >= 4 else 0.0
    return max(0.17, 1.6 * usual)


def _without_ruby(lines: list[TextLine]) -> list[TextLine]:
    """The lines without ruby: small kana above (or beside) the words whose reading they give."""
    kept = []
    for line in lines:
        kana = all("\u3041" <= character <= "\u30ff" or character == " " for character in line.text)
        below = any(
            line.size <= 0.62 * other.size
            and 0 < other.y - line.y <= 1.35 * other.size
            and other.x0 - other.size <= line.x0
            and line.x1 <= other.x1 + other.size
            for other in lines
        )
        if not (kana and below):
            kept.append(line)
    return kept
