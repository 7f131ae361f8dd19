"""Read a page with PDFium: its glyphs with their positions, and its drawn lines, marks and pictures."""

import ctypes
import math
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Any

from ingest.pdf.layout.letter_sizes import TOO_HIGH, sized_by_letters
from ingest.pdf.page import Drawings, DrawnShape, Frame, Glyph, Rule
from ingest.text import is_wide

_MOST_GLYPHS = 200_000  # maximum read from one page; a page of small print has 10,000
_MOST_OBJECTS = 20_000  # maximum drawn objects read from one page; maps and plots have more, tables do not
_MOST_SEGMENTS = 400  # maximum read from one path
_THIN = 2.5  # points: thinner shapes count as lines
_RULE = 8.0  # points: a shape longer than this in one direction only is a rule
_LEAST_SHAPES = 6  # minimum shapes of a figure that are no rules
_MATHEMATICAL = re.compile(
    r"math|symbol|^(?:[A-Z]{6}\+)?(?:cm(?:ex|sy|mi|bsy|mib)|ms[ab]m|[rn]?[tp]x(?:ex|sy|mi|b?sy|ma)|stmary)",
    re.IGNORECASE,
)
# Names of italic fonts, including TeX's (CMTI10, SFTI1000, ec-lmri10), for which TeX does not set the italic flag.
_ITALIC = re.compile(r"ital|obliq|slant|^(?:[A-Z]{6}\+)?(?:cm|ec|sf|lm)(?:b?x?ti|r?i|sl)\d", re.IGNORECASE)
_ITALIC_FLAG = 1 << 6  # of a font descriptor (ISO 32000-1, table 123)
_SHEAR = 0.1  # minimum slope of letters that are slanted because their font has no italics
_LIGATURES = ("ff", "fi", "fl", "ffi", "ffl")
_T1 = dict(zip(map(chr, range(0x10, 0x17)), "“”„«»–—", strict=True)) | dict(
    zip(map(chr, range(0x1B, 0x20)), _LIGATURES, strict=True)
)
_OT1 = dict(zip(map(chr, range(0x0B, 0x10)), _LIGATURES, strict=True)) | {"\x10": "ı", "\x19": "ß", "\x1a": "æ"}
_OT1_SIGNS = {"{": "–", "|": "—", "\\": "“", '"': "”"}
# accents that TeX sets as separate glyphs, with their combining characters in Unicode
_ACCENTS = dict(
    zip(
        "`´ˆ^˜¨¯ˇ˘˙˚˝¸˛",
        "\u0300\u0301\u0302\u0302\u0303\u0308\u0304\u030c\u0306\u0307\u030a\u030b\u0327\u0328",
        strict=True,
    )
)
_WIDEST_T = 0.52  # em: a wider "t" is the ligature "tt"
_ACCENT_WITHIN = 60  # maximum glyphs, in file order, between an accent and its letter
_TEX_LETTERS = frozenset(_T1) | frozenset(_OT1)
Point = tuple[float, float]


def read_glyphs(page: Any, left: float, top: float) -> tuple[list[Glyph], int, bool]:
    """(glyphs of a page in file order, number of glyphs without a Unicode value, whether the page was read whole)."""
    from pypdfium2 import raw

    textpage = page.get_textpage()
    pen = _Pen()
    glyphs: list[Glyph] = []
    heights: list[float] = []  # of the ink of letters whose font states no size; 0 for others
    signs: set[int] = set()  # places of signs that may be dashes or quotation marks
    unmapped = 0
    high = ""
    count = raw.FPDFText_CountChars(textpage)
    for index in range(min(count, _MOST_GLYPHS)):
        if raw.FPDFText_IsGenerated(textpage, index) == 1:
            pen.spaced = pen.reads_font = True
            continue
        code = raw.FPDFText_GetUnicode(textpage, index)
        if 0xD800 <= code < 0xDC00:  # PDFium returns UTF-16: the second half follows
            high = chr(code)
            continue
        character = _character(high, code)
        high = ""
        if raw.FPDFText_HasUnicodeMapError(textpage, index) == 1:
            name = _font_name(pen, textpage, index)
            if is_mathematical(name):
                continue  # a symbol with a meaningless code: X for a sum, q for a root
            unmapped += 1
            if not name and chr(code) in _TEX_LETTERS:
                character = chr(code)
            elif not name and chr(code) in _OT1_SIGNS:
                signs.add(len(glyphs))
        glyph = _glyph(pen, textpage, index, character, left, top) if character else None
        joined = join_at_one_place(glyphs[-1], glyph) if glyph and glyphs else None
        if joined:
            glyphs[-1] = joined
        elif glyph:
            glyphs.append(glyph)
            height = pen.box.top - pen.box.bottom
            has_no_size = height > TOO_HIGH * glyph.size and not _font_name(pen, textpage, index)
            heights.append(height if has_no_size else 0.0)
    textpage.close()
    if unmapped and _reads_as_words(glyphs):
        unmapped = 0
        if signs and tex_letters(glyph.text for glyph in glyphs) is _OT1:
            glyphs = [replace(g, text=_OT1_SIGNS[g.text]) if n in signs else g for n, g in enumerate(glyphs)]
    if any(heights):
        glyphs = sized_by_letters(glyphs, heights)
    return _with_accents(_with_tex_letters(glyphs)), unmapped, count <= _MOST_GLYPHS


def is_mathematical(font: str) -> bool:
    """Whether a font holds mathematical symbols, judging by its name."""
    return bool(_MATHEMATICAL.search(font))


def _font_name(pen: "_Pen", textpage: Any, index: int) -> str:
    """The name of a character's font; "" for a Type 3 font, which has none."""
    pen.raw.FPDFText_GetFontInfo(textpage, index, pen.name, len(pen.name), pen.flags)
    return str(pen.name.value.decode("latin-1"))


def _reads_as_words(glyphs: Sequence[Glyph]) -> bool:
    """Whether codes without a Unicode value are the right characters anyway, as in Type 3 fonts of TeX.

    The ten most frequent letters make up 70–80 % of text in European languages, but 40 % of random codes.
    """
    letters = [glyph.text for glyph in glyphs if glyph.text.isascii() and glyph.text.isalpha()]
    frequent = sum(letter.lower() in "etaoinsrhl" for letter in letters)
    return len(letters) * 2 > len(glyphs) and frequent > 0.6 * len(letters)


def _with_tex_letters(glyphs: list[Glyph]) -> list[Glyph]:
    """Replace control codes of TeX's encodings T1 and OT1 with ligatures, quotation marks and dashes."""
    letters = tex_letters(glyph.text for glyph in glyphs)
    if not letters:
        return glyphs
    read = (replace(glyph, text=letters.get(glyph.text, glyph.text)) for glyph in glyphs)
    return [glyph for glyph in read if glyph.text not in _TEX_LETTERS]


def tex_letters(characters: Iterable[str]) -> Mapping[str, str]:
    """Control code → character, in TeX's encoding T1 or OT1 as the characters suggest; empty without such codes."""
    codes = Counter(character for character in characters if character in _TEX_LETTERS)
    # ff, fi, fl, ffi and ffl have consecutive codes: from 0x1B in T1, from 0x0B in OT1
    late = sum(codes[chr(code)] for code in range(0x1B, 0x20)) >= sum(codes[chr(code)] for code in range(0x0B, 0x10))
    return (_T1 if late else _OT1) if codes else {}


def _with_accents(glyphs: list[Glyph]) -> list[Glyph]:
    """Join accents drawn over a letter with that letter: ¨ and u become ü."""
    joined: list[Glyph | None] = list(glyphs)
    for index, accent in enumerate(glyphs):
        if accent.text not in _ACCENTS:
            continue
        near = range(max(0, index - _ACCENT_WITHIN), min(index + 3, len(glyphs)))
        below = [place for place in near if joined[place] and place != index and _is_over(accent, glyphs[place])]
        if below:
            place = min(below, key=lambda place: abs(place - index))
            letter = joined[place] or glyphs[place]
            text = unicodedata.normalize("NFC", letter.text.replace("ı", "i") + _ACCENTS[accent.text])
            joined[place], joined[index] = replace(letter, text=text), None
    return [glyph for glyph in joined if glyph]


def _is_over(accent: Glyph, letter: Glyph) -> bool:
    """Whether an accent is above a letter or at the same position."""
    em = letter.size
    beside = abs(accent.x0 + accent.x1 - letter.x0 - letter.x1) / 2
    return (
        letter.text.isalpha()
        and not is_wide(letter.text)
        and beside <= 0.25 * em
        and (-0.05 * em <= letter.y - accent.y <= 0.7 * em)
    )


class _Pen:
    """Reusable buffers that PDFium fills with the position of a character."""

    def __init__(self) -> None:
        from pypdfium2 import raw

        self.raw = raw
        self.spaced = False
        self.reads_font, self.italic = True, False  # a font is looked up once a word
        self.name, self.flags = ctypes.create_string_buffer(80), ctypes.c_int()
        self.x, self.y, self.box, self.matrix = ctypes.c_double(), ctypes.c_double(), raw.FS_RECTF(), raw.FS_MATRIX()


def _glyph(pen: _Pen, textpage: Any, index: int, character: str, left: float, top: float) -> Glyph | None:
    """A character with its position; None if it has no size."""
    raw, x, y, box, matrix = pen.raw, pen.x, pen.y, pen.box, pen.matrix
    raw.FPDFText_GetCharOrigin(textpage, index, x, y)
    raw.FPDFText_GetLooseCharBox(textpage, index, box)
    raw.FPDFText_GetMatrix(textpage, index, matrix)
    size = raw.FPDFText_GetFontSize(textpage, index) * (math.hypot(matrix.c, matrix.d) or 1.0)
    if size <= 0 or not math.isfinite(size + x.value + y.value):
        return None
    bold = raw.FPDFText_GetFontWeight(textpage, index) >= 600
    angle = round(math.degrees(math.atan2(matrix.b, matrix.a)) / 90) % 4 * 90
    x0 = x.value - left
    advance = (
        box.right - x.value if angle == 0 else (box.top - box.bottom if angle in (90, 270) else x.value - box.left)
    )
    if angle == 180 and matrix.d > 0:  # mirrored, like the second letter of the XeTeX logo
        angle, x0 = 0, box.left - left
    if "\u4e00" <= character <= "\u9fff" or "\u2e80" <= character <= "\u2fdf":
        advance = max(advance, size)  # an ideograph fills its em, but PDFium's box may cover only the ink
    inner = (box.left - left, box.right - left)
    spaced, pen.spaced = pen.spaced, False
    italic = (matrix.d > 0 and _SHEAR < matrix.c / matrix.d < 1) or _is_italic(pen, textpage, index, character)
    return Glyph(character, x0, x0 + advance, top - y.value, size, bold, angle, *inner, advance, spaced, italic)


def _is_italic(pen: _Pen, textpage: Any, index: int, character: str) -> bool:
    """Whether a character's font is italic. The font is looked up once for each word."""
    if pen.reads_font or character.isspace() or not character.isalpha():
        name = _font_name(pen, textpage, index)
        pen.italic = bool(pen.flags.value & _ITALIC_FLAG or _ITALIC.search(name))
    pen.reads_font = character.isspace() or not character.isalpha()
    return pen.italic


def join_at_one_place(last: Glyph, glyph: Glyph) -> Glyph | None:
    """Merge two glyphs at the same position: letters of a ligature, or a glyph drawn twice to look bold; else None."""
    if abs(glyph.x0 - last.x0) > 0.01 or abs(glyph.y - last.y) > 0.01 or glyph.angle != last.angle:
        return None
    if (
        glyph.text == last.text[-1:] != "f"
        and abs(glyph.left - last.left) < 0.01
        and abs(glyph.right - last.right) < 0.01
    ):
        is_tt = glyph.text == "t" and last.right - last.left > _WIDEST_T * last.size
        two = len(last.text) == 1 and (is_tt or last.advance >= 1.6 * last.size)  # ―― drawn as one glyph of two ems
        return replace(last, text=last.text * 2) if two else last
    if not (glyph.text.isalpha() and last.text.isalpha()) or is_wide(glyph.text):
        return None
    right = max(last.right, glyph.right)
    wider = right - last.right if glyph.angle == 0 else 0.0
    return replace(last, text=last.text + glyph.text, x1=last.x1 + wider, right=right, advance=last.advance + wider)


def _character(high: str, code: int) -> str:
    """The character of a UTF-16 code unit; "" for control characters, which PDFium returns at line ends."""
    if high and 0xDC00 <= code < 0xE000:
        return (high + chr(code)).encode("utf-16", "surrogatepass").decode("utf-16")
    if code == 2:  # a hyphen at a line's end
        return "-"
    if code < 32 or 0xD800 <= code < 0xE000:
        return " " if code == 9 else ""
    return chr(code)


def drawings(page: Any, left: float, top: float, area: float) -> Drawings:
    """The ruling lines, marks, boxes and pictures of a page; `area` is its own, in square points."""
    from pypdfium2 import raw

    rules: list[Rule] = []
    bullets: list[Point] = []
    frames: list[Frame] = []
    shapes: list[DrawnShape] = []
    pictured = 0.0
    for count, item in enumerate(page.get_objects(max_depth=4)):
        if count >= _MOST_OBJECTS:
            break
        if item.type not in (raw.FPDF_PAGEOBJ_PATH, raw.FPDF_PAGEOBJ_IMAGE):
            continue
        x0, low, x1, high = item.get_bounds()
        x0, x1, y0, y1 = x0 - left, x1 - left, top - high, top - low
        width, height = x1 - x0, y1 - y0
        if item.type == raw.FPDF_PAGEOBJ_IMAGE:
            pictured += max(0.0, width) * max(0.0, height)
            continue
        shapes.append(DrawnShape(x0, y0, x1, y1))
        if width <= _THIN and height <= _THIN and width > 0:
            bullets.append(((x0 + x1) / 2, (y0 + y1) / 2))
        elif height <= _THIN:
            rules.append(Rule(x0, (y0 + y1) / 2, x1, (y0 + y1) / 2))
        elif width <= _THIN:
            rules.append(Rule((x0 + x1) / 2, y0, (x0 + x1) / 2, y1))
        elif width <= 6 and height <= 6:
            bullets.append(((x0 + x1) / 2, (y0 + y1) / 2))
        else:
            box = (Rule(x0, y0, x1, y0), Rule(x0, y1, x1, y1), Rule(x0, y0, x0, y1), Rule(x1, y0, x1, y1))
            grid, slanted = _path_rules(item, left, top)
            shapes[-1] = replace(shapes[-1], slanted=slanted)
            rules.extend(grid or box)
            if len(grid) <= len(box):
                frames.append(Frame(x0, y0, x1, y1))
    share = min(1.0, pictured / area) if area > 0 else 0.0
    return Drawings(tuple(rules), tuple(bullets), tuple(frames), tuple(shapes), share, _may_show_figures(shapes))


def _may_show_figures(shapes: Sequence[DrawnShape]) -> bool:
    """Whether several shapes are ticks of an axis, boxes, slanted lines or curves, rather than rules or bullets."""
    sizes = [(shape.x1 - shape.x0, shape.y1 - shape.y0) for shape in shapes]
    ticks = sum(min(size) <= _THIN and max(size) <= _RULE for size in sizes)
    boxes = sum(min(size) > _RULE for size in sizes)
    return ticks + boxes + sum(shape.slanted for shape in shapes) >= _LEAST_SHAPES


def _path_rules(item: Any, left: float, top: float) -> tuple[list[Rule], bool]:
    """(lines of a grid drawn as a single path, whether it has slanted lines or curves).

    The lines of a plain rectangle, and of a path with slanted lines, are left out.
    """
    from pypdfium2 import raw

    count = raw.FPDFPath_CountSegments(item)
    if not 5 < count <= _MOST_SEGMENTS:
        return [], count in (2, 3) or count > _MOST_SEGMENTS
    matrix, x, y = item.get_matrix(), ctypes.c_float(), ctypes.c_float()
    strokes: list[list[Point]] = []
    for index in range(count):
        segment = raw.FPDFPath_GetPathSegment(item, index)
        kind = raw.FPDFPathSegment_GetType(segment)
        raw.FPDFPathSegment_GetPoint(segment, x, y)
        across, up = matrix.on_point(x.value, y.value)
        point = (across - left, top - up)
        if kind == raw.FPDF_SEGMENT_MOVETO or not strokes:
            strokes.append([point])
        elif kind == raw.FPDF_SEGMENT_LINETO:
            strokes[-1].append(point)
        else:
            return [], True
        if raw.FPDFPathSegment_GetClose(segment):
            strokes[-1].append(strokes[-1][0])
    lines = [(a, b) for stroke in strokes for a, b in pairwise(stroke)]
    if any(abs(a[0] - b[0]) > _THIN and abs(a[1] - b[1]) > _THIN for a, b in lines):
        return [], True
    return [_straight(a, b) for a, b in lines if max(abs(a[0] - b[0]), abs(a[1] - b[1])) > _THIN], False


def _straight(a: Point, b: Point) -> Rule:
    """The horizontal or vertical rule between two points."""
    if abs(a[0] - b[0]) >= abs(a[1] - b[1]):
        return Rule(min(a[0], b[0]), (a[1] + b[1]) / 2, max(a[0], b[0]), (a[1] + b[1]) / 2)
    return Rule((a[0] + b[0]) / 2, min(a[1], b[1]), (a[0] + b[0]) / 2, max(a[1], b[1]))
