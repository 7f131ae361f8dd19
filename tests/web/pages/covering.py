"""How well boxes cover quoted words: what PDFium says stands inside the boxes, against the quote.

python -m tests.web.pages.covering FILE... prints the share for each PDF, and the quotes that are not covered.
"""

import ctypes
import sys
import unicodedata
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pypdfium2 as pdfium
from pypdfium2 import raw

from app.pages.source.pictures import Cited, cited_pages, figure
from app.pages.source.view import Focus, view
from ingest.document import Document
from ingest.loaders import Limits, load
from ingest.passages import cut
from ingest.pdf.facsimile.pictures import Box, PagePicture, draw_page
from ingest.pdf.layout.glyphs import is_mathematical, tex_letters
from ingest.text import repair


def flat(text: str) -> Counter[str]:
    """The letters and digits of a text, counted: accents, which a page may set as signs of their own, are none.

    Other signs do not count: the bar of a fraction is a "/" in the text and a line on the page.
    """
    plain = unicodedata.normalize("NFKD", repair(text)).translate({ord("ı"): "i", ord("ȷ"): "j"})
    return Counter(one for one in plain if one.isalnum() and not "\u02b0" <= one <= "\u02ff")


def is_sign_without_code(textpage: pdfium.PdfTextPage, index: int) -> bool:
    """Whether a character is a sign of a mathematical font whose code means another one: Z for an integral."""
    name = ctypes.create_string_buffer(200)
    raw.FPDFText_GetFontInfo(textpage, index, name, len(name), ctypes.byref(ctypes.c_int()))
    is_known = raw.FPDFText_HasUnicodeMapError(textpage, index) != 1
    return not is_known and is_mathematical(name.value.decode("latin-1"))


def inside(page: pdfium.PdfPage, picture: PagePicture, boxes: tuple[Box, ...]) -> str:
    """The characters of the page whose middles lie in one of the boxes (x, y, width, height in pixels)."""
    textpage = page.get_textpage()
    edges = [ctypes.c_double() for _ in range(4)]
    x, y = ctypes.c_int(), ctypes.c_int()
    found = []
    for index in range(raw.FPDFText_CountChars(textpage)):
        if raw.FPDFText_IsGenerated(textpage, index) == 1 or is_sign_without_code(textpage, index):
            continue
        raw.FPDFText_GetCharBox(textpage, index, *map(ctypes.byref, edges))
        left, right, bottom, top = (edge.value for edge in edges)
        middle = (left + right) / 2, (bottom + top) / 2
        place = ctypes.byref(x), ctypes.byref(y)
        raw.FPDF_PageToDevice(page, 0, 0, picture.width, picture.height, 0, *middle, *place)
        if any(bx <= x.value <= bx + width and by <= y.value <= by + height for bx, by, width, height in boxes):
            found.append(raw.FPDFText_GetUnicode(textpage, index))
    text = "".join(map(chr, found)).encode("utf-16", "surrogatepass").decode("utf-16", "ignore")
    letters = tex_letters(picture.text)
    return "".join(letters.get(character, character) for character in text)


def quotes(document: Document) -> Iterator[tuple[str, dict[int, Cited]]]:
    """Each quote that can be cited, with the pages that it stands on."""
    passages = cut(document)
    for passage in passages:
        for start, end in passage.quotable:
            if not flat(passage.text[start:end]):
                continue  # the dots of a chart are no words
            pages = cited_pages(view(document, passages, Focus(passage.id, start, end)))
            yield passage.text[start:end], pages


def uncovered(path: Path) -> tuple[list[str], int]:
    """The quotes of which a character is not in a box, or in whose boxes another stands; and how many there are."""
    document = load(path, limits=Limits()).documents[0]
    pictures: dict[int, PagePicture] = {}
    missed: list[str] = []
    count = 0
    with pdfium.PdfDocument(path) as pdf:
        for quote, pages in quotes(document):
            count += 1
            wanted: Counter[str] = Counter()
            shown: Counter[str] = Counter()
            for number, cited in pages.items():
                pictures[number] = pictures.get(number) or draw_page(path, number)
                picture = pictures[number]
                parts = [*cited.text, *(cell for row in cited.rows for cell in row)]
                wanted += flat("".join(part.text for part in parts if part.quoted))
                shown += flat(inside(pdf[number - 1], picture, figure("d", number, picture, cited).boxes))
            if not pages or wanted != shown:
                missed.append(f"{quote[:60]!r} lacks {dict(wanted - shown)} has {dict(shown - wanted)}")
    return missed, count


if __name__ == "__main__":
    for name in sys.argv[1:]:
        missed, count = uncovered(Path(name))
        print(f"{name}: {count - len(missed)} of {count} covered")
        for line in missed[:8]:
            print(f"    {line[:300]}")
