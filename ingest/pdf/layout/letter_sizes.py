"""Letter sizes of fonts that state none: Type 3 fonts of TeX that ps2pdf has made.

Such a font draws its glyphs in device pixels, and is used at a size of a tenth of a point or the like. The size is then
read off the letters' heights or, where these are not the letters' own, off their widths, by the proportions of Computer
Modern (D. E. Knuth, Computer Modern Typefaces, 1986).
"""

from collections.abc import Sequence
from dataclasses import replace
from itertools import groupby
from statistics import median

from ingest.pdf.page import Glyph

TOO_HIGH = 1.6  # em: minimum height of a letter by which the stated size is none
_HEIGHTS = {  # em, of ink from top to bottom
    letter: height
    for letters, height in (
        ("acemnorsuvwxz", 0.44), ("bdfhkl", 0.7), ("gpqy", 0.635), ("t", 0.625), ("i", 0.665), ("j", 0.865),
        ("ABCDEFGHIJKLMNOPRSTUVWXYZ", 0.69), ("0123456789", 0.655),
    )
    for letter in letters
}  # fmt: skip
_WIDTHS = {  # em, from one letter's origin to the next one's
    letter: width
    for letters, width in (
        ("bdhnpu", 0.556), ("kqvxy", 0.528), ("ago0123456789", 0.5), ("cez", 0.444), ("rst", 0.392), ("fj", 0.306),
        ("il.,:;", 0.278), ("m", 0.833), ("w", 0.722), ("AHNUVXY", 0.75), ("BR", 0.72), ("CTD", 0.735), ("EPF", 0.67),
        ("OQKG", 0.78), ("M", 0.917), ("W", 1.028), ("LZ", 0.62), ("SJ", 0.54), ("I", 0.361), ("()", 0.389),
        ("-", 0.333),
    )
    for letter in letters
}  # fmt: skip
_PLAUSIBLE = (0.77, 1.3)  # of the size by heights to that by widths
_ALIKE = 0.08  # maximum relative difference of two estimates for one size


def sized_by_letters(glyphs: Sequence[Glyph], heights: Sequence[float]) -> list[Glyph]:
    """The glyphs, those without a size with the one that their word's letters show.

    `heights`: those of the letters' boxes in points; 0 for a glyph that has a size.
    """
    words = _words(glyphs, heights)
    estimates = [_estimate(word) if word[0][1] else 0.0 for word in words]
    sizes = _merged([size for size in estimates if size])
    sized: list[Glyph] = []
    before = next((size for size in estimates if size), 0.0)
    for word, size in zip(words, estimates, strict=True):
        before = min(sizes, key=lambda known: abs(known - size)) if size else before
        sized.extend(replace(glyph, size=before) if height and before else glyph for glyph, height in word)
    return sized


def _words(glyphs: Sequence[Glyph], heights: Sequence[float]) -> list[list[tuple[Glyph, float]]]:
    """The glyphs with their heights, in words: runs on one baseline between spaces."""
    words: list[list[tuple[Glyph, float]]] = []
    for glyph, height in zip(glyphs, heights, strict=True):
        last = words[-1][-1] if words else None
        if last and not glyph.spaced and abs(glyph.y - last[0].y) < 0.01 and bool(height) == bool(last[1]):
            words[-1].append((glyph, height))
        else:
            words.append([(glyph, height)])
    return words


def _estimate(word: list[tuple[Glyph, float]]) -> float:
    """The letter size of a word in points; 0 if it has no letter or digit."""
    high = [height / _HEIGHTS[glyph.text] for glyph, height in word if glyph.text in _HEIGHTS]
    wide = [glyph.advance / _WIDTHS[glyph.text] for glyph, _ in word if glyph.text in _WIDTHS and glyph.advance > 0]
    if not high or not wide:
        return median(wide or [0.0])
    by_height, by_width = median(high), median(wide)
    return by_height if _PLAUSIBLE[0] <= by_height / by_width <= _PLAUSIBLE[1] else by_width


def _merged(sizes: Sequence[float]) -> list[float]:
    """The sizes of a page: estimates that differ little are one size, their median."""
    groups: list[list[float]] = []
    for size, run in groupby(sorted(sizes)):
        if groups and size <= median(groups[-1]) * (1 + _ALIKE):
            groups[-1].extend(run)
        else:
            groups.append(list(run))
    return [median(group) for group in groups]
