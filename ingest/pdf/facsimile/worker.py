"""The process that draws one page of a PDF under limits, with PDFium: its picture, and its characters with their boxes.

Nothing that it imports may import numpy: each page pays for the start of this process.
"""

import ctypes
import io
import json
import math
from typing import Any

from ingest.reading_process import begin, end

_WIDTH, _HEIGHT = 1240, 2480  # pixels at most; an A4 page has 150 a inch
_MOST_CHARACTERS = 30_000  # looked at on one page; a page of small print has 10,000
_QUALITY = 82  # of 100


def main() -> None:
    """Reads {"path", "page", limits} from stdin; writes a line of JSON and the picture, WebP.

    The line is {"width", "height", "text", "boxes"}, or {"error": message} without a picture.
    """
    task, out = begin()
    picture = b""
    try:
        head, picture = _drawn(task["path"], task["page"])
    except Exception as error:  # the process exists to contain what hostile files cause: it is reported
        head = {"error": f"{type(error).__name__}: {error}"[:300]}
    out.buffer.write(json.dumps(head).encode() + b"\n" + picture)
    end(out)


def _drawn(path: str, number: int) -> tuple[dict[str, Any], bytes]:
    """What is said of a page (1-based), and its picture; raises what PDFium does."""
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
    """The characters in the file's order, and (left, top, right, bottom) of each in the picture's pixels."""
    from pypdfium2 import raw

    textpage = page.get_textpage()
    edges = [ctypes.c_double() for _ in range(4)]
    places = [ctypes.c_int() for _ in range(4)]
    found: list[str] = []
    boxes: list[tuple[int, int, int, int]] = []
    high = ""
    for index in range(min(raw.FPDFText_CountChars(textpage), _MOST_CHARACTERS)):
        code = raw.FPDFText_GetUnicode(textpage, index)
        if 0xD800 <= code < 0xDC00:  # PDFium gives UTF-16: the other half follows
            high = chr(code)
            continue
        character = _character(high, code)
        high = ""
        if not character or raw.FPDFText_IsGenerated(textpage, index) == 1:
            continue
        if not raw.FPDFText_GetCharBox(textpage, index, *map(ctypes.byref, edges)):
            continue
        left, right, bottom, top = (edge.value for edge in edges)
        for x, y, at in ((left, top, 0), (right, bottom, 2)):
            on_x, on_y = ctypes.byref(places[at]), ctypes.byref(places[at + 1])
            raw.FPDF_PageToDevice(page, 0, 0, width, height, 0, x, y, on_x, on_y)
        x0, y0, x1, y1 = (place.value for place in places)  # a turned page has other corners there
        found.append(character)
        boxes.append((min(x0, x1), min(y0, y1), max(x0, x1), max(y0, y1)))
    return "".join(found), boxes


def _character(high: str, code: int) -> str:
    """The character of one or two UTF-16 units; "" for half of a pair and for none."""
    if 0xDC00 <= code < 0xE000:
        return (high + chr(code)).encode("utf-16", "surrogatepass").decode("utf-16") if high else ""
    return chr(code) if 0 < code <= 0x10FFFF else ""
