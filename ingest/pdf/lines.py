"""Glyphs of a page → its lines: word spaces found, superscripts joined, ruby dropped."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from statistics import median

from ingest.normalise import is_wide, repair, without_letterspacing
from ingest.pdf.page import Glyph, Line

_GAP = 1.8  # em: a wider gap divides a line (columns of text, cells of a table)
_SUPERSCRIPT = str.maketrans("0123456789()*+-", "⁰¹²³⁴⁵⁶⁷⁸⁹⁽⁾*⁺⁻")


@dataclass(frozen=True, slots=True)
class Box:
    """The place of a run of `count` characters."""

    x0: float
    x1: float
    y: float
    size: float
    count: int


def lines_of(glyphs: Sequence[Glyph], page: int, gutters: Sequence[float] = ()) -> list[Line]:
    """The lines of one page from top to bottom; a wide gap, or one between columns, divides a baseline."""
    lines = []
    for run in _merged(_runs(glyphs), gutters):
        text = without_letterspacing(_text(run)).strip()
        if text:
            size = median(glyph.size for glyph in run if glyph.text.strip())
            bold = sum(glyph.bold for glyph in run) * 2 > len(run)
            inked = [glyph for glyph in run if glyph.text.strip()]
            lines.append(Line(text, page, inked[0].x0, inked[-1].x1, median(g.y for g in inked), size, bold))
    return _without_ruby(sorted(lines, key=lambda line: (line.y, line.x0)))


def boxes(glyphs: Sequence[Glyph]) -> list[Box]:
    """The place of each run of glyphs that follow each other in the file on one baseline."""
    found = []
    for run in _runs(glyphs):
        inked = [glyph for glyph in run if glyph.text.strip()]
        found.append(Box(inked[0].x0, inked[-1].x1, inked[0].y, inked[0].size, len(inked)))
    return found


def _runs(glyphs: Iterable[Glyph]) -> list[list[Glyph]]:
    """Runs of glyphs that follow each other in the file on one baseline."""
    runs: list[list[Glyph]] = []
    for glyph in glyphs:
        last = runs[-1][-1] if runs else None
        if last is not None:
            em = max(last.size, glyph.size)
            level = abs(glyph.y - last.y) <= 0.1 * em and 0.75 <= glyph.size / last.size <= 1.34
            if level and -0.6 * em <= glyph.x0 - last.x1 <= _GAP * em:
                runs[-1].append(glyph)
                continue
        if glyph.text.strip():
            runs.append([glyph])
    return runs


def _merged(runs: list[list[Glyph]], gutters: Sequence[float]) -> list[list[Glyph]]:
    """Runs beside each other on one baseline joined, superscripts joined to the word before them."""
    merged: list[list[Glyph]] = []
    for run in sorted(runs, key=lambda run: run[0].x0):
        best = None
        for index in range(len(merged) - 1, max(-1, len(merged) - 400), -1):
            end = merged[index][-1]
            em = max(end.size, run[0].size)
            gap = run[0].x0 - end.x1
            later = best is None or end.x1 > merged[best][-1].x1
            if any(end.x1 <= x + 0.5 and run[0].x0 >= x - 0.5 for x in gutters):
                continue
            if later and -0.3 * em <= gap <= _GAP * em and _level(merged[index], run):
                best = index
        if best is None:
            merged.append(list(run))
        else:
            merged[best].extend(_raised(merged[best], run))
    return merged


def _level(left: list[Glyph], right: list[Glyph]) -> bool:
    """Whether two runs are in one line: on one baseline, or one is a superscript of the other."""
    a, b = left[-1], right[0]
    difference, em = abs(a.y - b.y), max(a.size, b.size)
    smaller = min(a.size, b.size) <= 0.87 * em
    if difference <= 0.12 * em:
        return not (smaller and b.x0 - a.x1 > 0.8 * em)  # small print at a distance is a header beside the text
    return smaller and difference <= 0.6 * em and abs(b.x0 - a.x1) <= 0.35 * em and min(len(left), len(right)) <= 8


def _raised(left: list[Glyph], right: list[Glyph]) -> list[Glyph]:
    """The right run, its digits as superscript characters if it is small and raised."""
    body = max(left, key=lambda glyph: glyph.size)
    if right[0].size <= 0.87 * body.size and body.y - right[0].y >= 0.15 * body.size:
        return [replace(glyph, text=glyph.text.translate(_SUPERSCRIPT), y=body.y) for glyph in right]
    return right


def _text(run: list[Glyph]) -> str:
    """The run's characters, with a space where a gap is wider than justification makes it."""
    gaps: tuple[list[float], ...] = ([], [], [])
    pairs = []
    for a, b in pairwise(run):
        bare = a.text != " " != b.text
        sides, gap = (_sides(a, b), (b.x0 - a.x1) / max(a.size, b.size)) if bare else (0, -1.0)
        # an italic letter leans over the space after it: trust PDFium, which knows the widths
        spaced = b.spaced and sides == 0 and gap > 0.07
        pairs.append((sides, 9.0 if spaced else gap, b.text))
        if bare:
            gaps[sides].append(gap)
    limits = [_limit(sides, gaps[sides]) for sides in (0, 1, 2)]
    pieces = [run[0].text]
    for sides, gap, character in pairs:
        pieces.append(f" {character}" if gap > limits[sides] else character)
    return repair("".join(pieces))


def _sides(a: Glyph, b: Glyph) -> int:
    """How many of two neighbours are wide (Japanese, Chinese, full-width)."""
    return is_wide(a.text[-1]) + is_wide(b.text[0])


def _limit(sides: int, gaps: list[float]) -> float:
    """The gap in em above which two neighbours are separate words; `sides`: how many of the two are wide characters.

    Justification widens all gaps of a line alike, so a word's space stands out from the usual gap. A quarter em
    between all ideographs and all letters is typography (JIS X 4051, 和欧間空白), not a space.
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


def _without_ruby(lines: list[Line]) -> list[Line]:
    """The lines without ruby: kana in small print above (or beside) the words that they belong to."""
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
