"""PDFs made for the tests: typeset Japanese and English pages, and files that are bad in one way each."""

import textwrap
import zlib
from collections.abc import Sequence
from pathlib import Path

from pypdf import PdfReader, PdfWriter
from reportlab.lib.utils import ImageReader
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import CIDFont, UnicodeCIDFont
from reportlab.pdfgen.canvas import Canvas

WIDTH, HEIGHT = 420.0, 595.0
FONT = "HeiseiMin-W3"
Placed = tuple[float, float, float, str]  # x, y from the top, size, text

SENTENCES = (
    "海辺の町では毎年秋に灯台の点検が行われる。",
    "点検には三人の技師と一人の記録係が立ち会う。",
    "古い灯台の光は沖の船から二十海里先まで届くという。",
    "記録係は風の強さと潮の高さを帳面に書きとめた。",
    "若い技師はレンズの曇りを布で静かに拭き取っていく。",
    "町の人びとは夕方になると丘に登って光を眺めた。",
)


def font(canvas: Canvas, size: float) -> None:
    """Chooses the Japanese font; its glyphs are not embedded, as in many Japanese PDFs."""
    if FONT not in pdfmetrics.getRegisteredFontNames():
        pdfmetrics.registerFont(UnicodeCIDFont(FONT))
    canvas.setFont(FONT, size)


def write(path: Path, pages: Sequence[Sequence[Placed]], title: str = "") -> Path:
    """A PDF whose pages show each text at its place."""
    canvas = Canvas(str(path), pagesize=(WIDTH, HEIGHT))
    if title:
        canvas.setTitle(title)
    for page in pages:
        for x, y, size, text in page:
            font(canvas, size)
            canvas.drawString(x, HEIGHT - y, text)
        canvas.showPage()
    canvas.save()
    return path


def wrapped(text: str, x: float, y: float, per_line: int, size: float = 10.0) -> list[Placed]:
    """A Japanese paragraph, its first line indented by one character, `per_line` characters a line."""
    lines = [text[: per_line - 1]] + [text[i : i + per_line] for i in range(per_line - 1, len(text), per_line)]
    return [(x if index else x + size, y + index * 1.7 * size, size, line) for index, line in enumerate(lines) if line]


def essay(path: Path, pages: int = 4) -> Path:
    """Pages with a running header, a page number, a heading and a paragraph that runs on to the next page."""
    placed: list[list[Placed]] = []
    for number in range(1, pages + 1):
        page: list[Placed] = [(160.0, 30.0, 8.0, "灯台の記録"), (205.0, 575.0, 8.0, str(number))]
        if number > 1:
            page.append((50.0, 60.0, 10.0, f"第{number - 1}頁の終わりから次の頁へ続く。"))
        page.append((50.0, 90.0, 13.0, f"{number} 灯台その{number}"))
        text = "".join(sentence.replace("の", f"の{number}番の", 1) for sentence in SENTENCES)
        page += wrapped(text, 50.0, 120.0, 32)
        if number < pages:
            page.append((60.0, 530.0, 10.0, f"この段落は{number}度目の長い文であって三十二字の行を満たし、"))
        placed.append(page)
    return write(path, placed)


def vertical(path: Path, columns: Sequence[str]) -> Path:
    """A page in vertical writing (CMap UniJIS-UCS2-V), the first column on the right."""
    canvas = Canvas(str(path), pagesize=(WIDTH, HEIGHT))
    face = CIDFont(FONT, "UniJIS-UCS2-V")
    pdfmetrics.registerFont(face)
    canvas.setFont(face.fontName, 10)
    for index, column in enumerate(columns):
        canvas.drawString(360 - index * 18, HEIGHT - 60, column.encode("utf-16-be").decode("latin-1"))
    canvas.showPage()
    canvas.save()
    return path


def shift_jis(path: Path, text: str) -> Path:
    """A page in 90ms-RKSJ-H, the encoding of many old Japanese PDFs, without a ToUnicode map."""
    canvas = Canvas(str(path), pagesize=(WIDTH, HEIGHT))
    face = CIDFont(FONT, "90ms-RKSJ-H")
    pdfmetrics.registerFont(face)
    canvas.setFont(face.fontName, 11)
    for index, line in enumerate(text.split("\n")):
        canvas.drawString(60, HEIGHT - 80 - 20 * index, line.encode("cp932").decode("latin-1"))
    canvas.showPage()
    canvas.save()
    return path


def scanned(path: Path, pages: int = 2) -> Path:
    """Pages that are pictures, without text."""
    from PIL import Image

    canvas = Canvas(str(path), pagesize=(WIDTH, HEIGHT))
    for _ in range(pages):
        canvas.drawImage(ImageReader(Image.new("L", (60, 80), 200)), 0, 0, WIDTH, HEIGHT)
        canvas.showPage()
    canvas.save()
    return path


def encrypted(path: Path, password: str) -> Path:
    """An essay that opens with `password` only (AES-256)."""
    writer = PdfWriter(clone_from=PdfReader(essay(path)))
    writer.encrypt(password, algorithm="AES-256")
    writer.write(path)
    return path


def raw_pdf(objects: Sequence[bytes]) -> bytes:
    """A PDF of these objects, numbered from 1; the first is the catalogue."""
    out = bytearray(b"%PDF-1.7\n")
    offsets = []
    for number, body in enumerate(objects, 1):
        offsets.append(len(out))
        out += b"%d 0 obj\n" % number + body + b"\nendobj\n"
    start = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    out += b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    out += b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, start)
    return bytes(out)


def _one_page(
    stream: bytes, filters: bytes, font_object: bytes, resources: bytes = b"<< /Font << /F1 5 0 R >> >>", *more: bytes
) -> bytes:
    return raw_pdf(
        [
            b"<< /Type /Catalog /Pages 2 0 R >>",
            b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 420 595] /Contents 4 0 R /Resources 6 0 R >>",
            b"<< /Length %d %s >>\nstream\n" % (len(stream), filters) + stream + b"\nendstream",
            font_object,
            resources,
            *more,
        ]
    )


HELVETICA = b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>"


def bomb(path: Path, megabytes: int) -> Path:
    """A page whose content decompresses to `megabytes` of white space, deflated twice."""
    once = zlib.compress(b" " * 1_000_000 * megabytes, 9)
    filters = b"/Filter [/FlateDecode /FlateDecode]"
    path.write_bytes(_one_page(zlib.compress(once, 9), filters, HELVETICA))
    return path


def hidden_bomb(path: Path, megabytes: int, place: str) -> Path:
    """A page of a few words whose form ("form") or font ("font") decompresses to `megabytes` of white space."""
    packed = zlib.compress(b" " * 1_000_000 * megabytes, 9)
    form = b"<< /Type /XObject /Subtype /Form /BBox [0 0 9 9] /Length %d /Filter /FlateDecode >>" % len(packed)
    words = b"BT /F1 12 Tf 40 500 Td (A few words.) Tj ET /X1 Do"
    face = b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /ToUnicode 7 0 R >>" if place == "font" else HELVETICA
    shown = (
        b"<< /Font << /F1 5 0 R >> /XObject << /X1 7 0 R >> >>" if place == "form" else b"<< /Font << /F1 5 0 R >> >>"
    )
    path.write_bytes(_one_page(words, b"", face, shown, form + b"\nstream\n" + packed + b"\nendstream"))
    return path


def without_unicode(path: Path, glyphs: int = 200) -> Path:
    """A page in a Type 0 font with glyph numbers only: Identity-H, no ToUnicode map, no character collection."""
    codes = b"".join(b"%04X" % (300 + 7 * index % 4000) for index in range(glyphs))
    stream = b"BT /F1 11 Tf 40 500 Td <" + codes + b"> Tj ET"
    descendant = (
        b"<< /Type /Font /Subtype /CIDFontType2 /BaseFont /ABCDEF+Odd /CIDSystemInfo << /Registry (Adobe)"
        b" /Ordering (Identity) /Supplement 0 >> /FontDescriptor << /Type /FontDescriptor /FontName /ABCDEF+Odd"
        b" /Flags 4 /FontBBox [0 0 1000 1000] /ItalicAngle 0 /Ascent 800 /Descent -200 /CapHeight 700 /StemV 80 >> >>"
    )
    face = b"<< /Type /Font /Subtype /Type0 /BaseFont /ABCDEF+Odd /Encoding /Identity-H /DescendantFonts ["
    face += descendant + b"] >>"
    path.write_bytes(_one_page(stream, b"", face))
    return path


def many_pages(path: Path, count: int) -> Path:
    """A small file whose page tree lists one page `count` times."""
    kids = b" ".join([b"3 0 R"] * count)
    path.write_bytes(
        raw_pdf(
            [
                b"<< /Type /Catalog /Pages 2 0 R >>",
                b"<< /Type /Pages /Kids [" + kids + b"] /Count %d >>" % count,
                b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 420 595] >>",
            ]
        )
    )
    return path


def with_a_bad_page(path: Path, place: int, fault: str) -> Path:
    """Two pages of a sentence each, and at `place` (0–2) a page that is "missing" or whose content is "undecodable"."""
    resources = b"/MediaBox [0 0 420 595] /Resources << /Font << /F1 5 0 R >> >>"
    page = b"<< /Type /Page /Parent 2 0 R /Contents %d 0 R " + resources + b" >>"
    good = [b"3 0 R", b"6 0 R"]
    kids = b" ".join([*good[:place], b"8 0 R", *good[place:]])
    junk = b"These bytes are not compressed, whatever the filter says."
    path.write_bytes(
        raw_pdf(
            [
                b"<< /Type /Catalog /Pages 2 0 R >>",
                b"<< /Type /Pages /Kids [" + kids + b"] /Count 3 >>",
                page % 4,
                _stream(b"BT /F1 12 Tf 40 500 Td (The lamp is lit at night and it shines.) Tj ET"),
                HELVETICA,
                page % 7,
                _stream(b"BT /F1 12 Tf 40 500 Td (Ships pass in the dark, and see its light.) Tj ET"),
                page % 9 if fault == "undecodable" else b"null",
                _stream(junk, b"/Filter /FlateDecode"),
            ]
        )
    )
    return path


def _stream(content: bytes, filters: bytes = b"") -> bytes:
    return b"<< /Length %d %s >>\nstream\n" % (len(content), filters) + content + b"\nendstream"


def encrypted_for_a_certificate(path: Path) -> Path:
    """A PDF that only the owner of a private key can open, which no password does."""
    handler = b"<< /Filter /Adobe.PubSec /SubFilter /adbe.pkcs7.s4 /V 2 >>"
    data = _one_page(b"BT ET", b"", HELVETICA, b"<< >>", handler)
    path.write_bytes(data.replace(b"/Root 1 0 R", b"/Root 1 0 R /Encrypt 7 0 R /ID [<00> <00>]"))
    return path


def set_lines(path: Path, pages: Sequence[Sequence[tuple[float, float, str, float, str]]]) -> Path:
    """A PDF whose pages show each text at its place: x, y from the top, font, size, text."""
    canvas = Canvas(str(path), pagesize=(WIDTH, HEIGHT))
    font(canvas, 10)  # registers the Japanese one
    for page in pages:
        for x, y, face, size, text in page:
            canvas.setFont(face, size)
            canvas.drawString(x, HEIGHT - y, text)
        canvas.showPage()
    canvas.save()
    return path


def column(
    text: str, x: float, y: float, per_line: int, face: str = "Times-Roman", size: float = 9.0
) -> list[tuple[float, float, str, float, str]]:
    """A Western paragraph in lines of at most `per_line` characters, for `set_lines`."""
    lines = textwrap.wrap(text, per_line)
    return [(x, y + index * 1.2 * size, face, size, line) for index, line in enumerate(lines)]
