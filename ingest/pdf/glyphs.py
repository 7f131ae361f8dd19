"""PDFium's view of a page: each glyph with its place."""

import ctypes
import math
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from ingest.normalise import is_wide
from ingest.pdf.check import Checked
from ingest.pdf.drawings import drawings
from ingest.pdf.garbled import GARBLED, pypdf_lines, unlikely_share
from ingest.pdf.layout import arrange
from ingest.pdf.page import Glyph, Page
from ingest.pdf.refused import RefusedError

_MOST_GLYPHS = 200_000  # a page of small print has 10,000


def pages(path: str, checked: Checked, task: dict[str, Any]) -> Iterator[Page]:
    """The pages in order, each as lines and tables in reading order."""
    import pypdfium2 as pdfium

    try:
        document = pdfium.PdfDocument(path, password=checked.password or None)
    except pdfium.PdfiumError as error:
        raise RefusedError("damaged", f"{task['name']} is damaged ({error}); save or print it anew") from error
    columns: list[float] = []
    for number in range(1, min(len(document), checked.page_count) + 1):
        try:
            page = document[number - 1]
        except pdfium.PdfiumError:
            yield Page(number, 0.0, 0.0, (), garbled=1.0)
            continue
        found, columns = _page(page, number, checked, columns)
        yield found
        page.close()


def _page(page: Any, number: int, checked: Checked, columns: list[float]) -> tuple[Page, list[float]]:
    left, bottom, right, top = page.get_bbox()
    glyphs, unmapped = _glyphs(page, left, top)
    rules, bullets, images = drawings(page, left, top, (right - left) * (top - bottom))
    text = "".join(glyph.text for glyph in glyphs)
    garbled = max(unlikely_share(text), unmapped / max(1, len(glyphs)))
    found, columns = arrange(glyphs, rules, bullets, number, right - left, top - bottom, columns)
    if garbled > GARBLED or (not found.items and images < 0.5):
        lines = pypdf_lines(checked.reader, number)
        share = unlikely_share("".join(line.text for line in lines))
        if lines and share <= GARBLED:
            return Page(number, right - left, top - bottom, tuple(lines), images, share), columns
    return replace(found, images=images, garbled=garbled), columns


def _glyphs(page: Any, left: float, top: float) -> tuple[list[Glyph], int]:
    """The glyphs of a page in the file's order, and how many of them have no Unicode value."""
    from pypdfium2 import raw

    textpage = page.get_textpage()
    pen = _Pen()
    found: list[Glyph] = []
    unmapped = 0
    high = ""
    for index in range(min(raw.FPDFText_CountChars(textpage), _MOST_GLYPHS)):
        if raw.FPDFText_IsGenerated(textpage, index) == 1:
            pen.spaced = True
            continue
        code = raw.FPDFText_GetUnicode(textpage, index)
        if 0xD800 <= code < 0xDC00:  # PDFium gives UTF-16: the other half follows
            high = chr(code)
            continue
        character = _character(high, code)
        high = ""
        unmapped += raw.FPDFText_HasUnicodeMapError(textpage, index) == 1
        glyph = _glyph(pen, textpage, index, character, left, top) if character else None
        joined = join_at_one_place(found[-1], glyph) if glyph and found else None
        if joined:
            found[-1] = joined
        elif glyph:
            found.append(glyph)
    textpage.close()
    return found, unmapped


class _Pen:
    """Where PDFium writes the place of one character after another."""

    def __init__(self) -> None:
        from pypdfium2 import raw

        self.raw = raw
        self.spaced = False
        self.x, self.y, self.box, self.matrix = ctypes.c_double(), ctypes.c_double(), raw.FS_RECTF(), raw.FS_MATRIX()


def _glyph(pen: _Pen, textpage: Any, index: int, character: str, left: float, top: float) -> Glyph | None:
    """The place of one character; None where it has no size."""
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
    if "\u4e00" <= character <= "\u9fff" or "\u2e80" <= character <= "\u2fdf":
        advance = max(advance, size)  # an ideograph fills its em, though PDFium's box may hold the ink alone
    inner = (box.left - left, box.right - left)
    spaced, pen.spaced = pen.spaced, False
    return Glyph(character, x0, x0 + advance, top - y.value, size, bold, angle, *inner, advance, spaced)


def join_at_one_place(last: Glyph, glyph: Glyph) -> Glyph | None:
    """One glyph of two at one place: a ligature of several letters, or a glyph drawn twice to look bold."""
    if abs(glyph.x0 - last.x0) > 0.01 or abs(glyph.y - last.y) > 0.01 or glyph.angle != last.angle:
        return None
    if (
        glyph.text == last.text[-1:] != "f"
        and abs(glyph.left - last.left) < 0.01
        and abs(glyph.right - last.right) < 0.01
    ):
        two = len(last.text) == 1 and last.advance >= 1.6 * last.size  # ―― as one glyph of two ems
        return replace(last, text=last.text * 2) if two else last
    if not (glyph.text.isalpha() and last.text.isalpha()) or is_wide(glyph.text):
        return None
    right = max(last.right, glyph.right)
    wider = right - last.right if glyph.angle == 0 else 0.0
    return replace(last, text=last.text + glyph.text, x1=last.x1 + wider, right=right, advance=last.advance + wider)


def _character(high: str, code: int) -> str:
    """The character of a code unit; control characters, which PDFium gives for line ends and hyphens, count as none."""
    if high and 0xDC00 <= code < 0xE000:
        return (high + chr(code)).encode("utf-16", "surrogatepass").decode("utf-16")
    if code == 2:  # a hyphen at a line's end
        return "-"
    if code < 32 or 0xD800 <= code < 0xE000:
        return " " if code == 9 else ""
    return chr(code)
