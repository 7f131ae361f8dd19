"""The process that draws one PDF page with PDFium, under limits: its picture, and its characters with their boxes.

This module must not import numpy, directly or indirectly: the process starts once for each page.
"""

import ctypes
import io
import json
import math
from typing import Any

from ingest.pdf.reading_process import begin, end

_WIDTH, _HEIGHT = 1240, 2480  # maximum pixels; an A4 page gets 150 pixels per inch
_MOST_CHARACTERS = 30_000  # maximum read from one page; a page of small print has 10,000
_NO_LETTER = "\x01"  # in place of a control code that stands for no letter
_QUALITY = 82  # WebP quality, 0–100


def main() -> None:
    """Read {"path", "page", limits} from stdin; write one line of JSON, then the WebP picture.

    The line is {"width", "height", "text", "boxes"}, or {"error": message} without a picture.
    """
    task, out = begin()
    picture = b""
    try:
        head, picture = _drawn(task["path"], task["page"])
    except Exception as error:  # PDFium may raise anything on a hostile file; it is reported, not hidden
        head = {"error": f"{type(error).__name__}: {error}"[:300]}
    out.buffer.write(json.dumps(head).encode() + b"\n" + picture)
    end(out)


def _drawn(path: str, number: int) -> tuple[dict[str, Any], bytes]:
    """The JSON data and the picture of a page (1-based). Raises the errors of PDFium."""
    import pypdfium2 as pdfium

    document = pdfium.PdfDocument(path)
    page = document[number - 1]
    wide, high = page.get_size()
    if not (math.isfinite(wide) and math.isfinite(high) and wide >= 1 and high >= 1):
        raise ValueError(f"the page is {wide} × {high} points large")
    bitmap = page.render(scale=min(_WIDTH / wide, _HEIGHT / high))
    picture = io.BytesIO()
    bitmap.to_pil().convert("RGB").save(picture, "WEBP", quality=_QUALITY, method=2)
    text, boxes = _characters(page, bitmap.width, bitmap.height)
    return {"width": bitmap.width, "height": bitmap.height, "text": text, "boxes": boxes}, picture.getvalue()


def _characters(page: Any, width: int, height: int) -> tuple[str, list[tuple[int, int, int, int]]]:
    """The characters in file order, and the (left, top, right, bottom) of each in pixels of the picture."""
    from pypdfium2 import raw

    textpage = page.get_textpage()
    edges = [ctypes.c_double() for _ in range(4)]
    places = [ctypes.c_int() for _ in range(4)]
    characters: list[str] = []
    boxes: list[tuple[int, int, int, int]] = []
    high = ""
    for index in range(min(raw.FPDFText_CountChars(textpage), _MOST_CHARACTERS)):
        code = raw.FPDFText_GetUnicode(textpage, index)
        if 0xD800 <= code < 0xDC00:  # PDFium returns UTF-16: the second half follows
            high = chr(code)
            continue
        character = _character(high, code)
        if character < " " and _has_font_name(textpage, index):
            character = _NO_LETTER
        high = ""
        if not character or raw.FPDFText_IsGenerated(textpage, index) == 1:
            continue
        if not raw.FPDFText_GetCharBox(textpage, index, *map(ctypes.byref, edges)):
            continue
        left, right, bottom, top = (edge.value for edge in edges)
        for x, y, at in ((left, top, 0), (right, bottom, 2)):
            on_x, on_y = ctypes.byref(places[at]), ctypes.byref(places[at + 1])
            raw.FPDF_PageToDevice(page, 0, 0, width, height, 0, x, y, on_x, on_y)
        x0, y0, x1, y1 = (place.value for place in places)  # on a rotated page, other corners are left and top
        characters.append(character)
        boxes.append((min(x0, x1), min(y0, y1), max(x0, x1), max(y0, y1)))
    return "".join(characters), boxes


def _has_font_name(textpage: Any, index: int) -> bool:
    """Whether a character's font has a name. TeX fonts without a name use control codes for ligatures."""
    from pypdfium2 import raw

    flags = ctypes.c_int()
    return bool(raw.FPDFText_GetFontInfo(textpage, index, None, 0, ctypes.byref(flags)) > 1)


def _character(high: str, code: int) -> str:
    """The character of one or two UTF-16 code units; "" for half of a surrogate pair and for invalid codes."""
    if 0xDC00 <= code < 0xE000:
        return (high + chr(code)).encode("utf-16", "surrogatepass").decode("utf-16") if high else ""
    return chr(code) if 0 < code <= 0x10FFFF else ""
