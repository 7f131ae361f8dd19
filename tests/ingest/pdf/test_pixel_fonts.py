"""Type 3 fonts of TeX as ps2pdf writes them: glyphs in pixels, a letter size of a tenth of a point."""

from pathlib import Path

from ingest.loaders import Limits, load
from tests.ingest.made_pdfs import raw_pdf

_DOT = 72 / 600  # points: a pixel at 600 dots an inch
_WIDTHS = {"m": 0.83, "i": 0.28, "l": 0.28, "t": 0.39, "r": 0.39, "s": 0.39, "f": 0.31, ".": 0.28}  # em; of others 0.52
_TALL = "bdfhkltTL"
_LINES = (
    "The lamps of the harbour burn until the morning and the keepers",
    "read the tide tables at noon {when the bell rings{ and note all",
    "ships that pass the mole and the lamp on the far island at dusk",
    "before the o\x0ecers of the port come to trim the lamp of the east",
)


def pixel_font(size: float) -> tuple[bytes, list[bytes]]:
    """A font without a size of its own, whose glyphs are boxes as high and wide as letters of `size` points."""
    letters = sorted({*"".join(_LINES), *"abdefhiklmnoprstuwyTL. {\x0e"} - {" "})
    drawn = []
    widths = [0] * 256
    for letter in letters:
        widths[ord(letter)] = round(_WIDTHS.get(letter, 0.52) * size / _DOT)
        height = 0 if letter in ".{" else round((0.69 if letter in _TALL else 0.44) * size / _DOT)
        width = widths[ord(letter)]
        code = b"%d 0 0 0 %d %d d1 0 0 %d %d re f" % (width, width, height or 5, width - 3, height or 5)
        drawn.append(b"<< /Length %d >>\nstream\n" % len(code) + code + b"\nendstream")
    names = b" ".join(b"%d /g%d" % (ord(letter), ord(letter)) for letter in letters)
    procs = b" ".join(b"/g%d %%d 0 R" % ord(letter) for letter in letters)
    font = (
        b"<< /Type /Font /Subtype /Type3 /FontBBox [0 0 300 300] /FontMatrix [1 0 0 1 0 0] /FirstChar 0 /LastChar 255"
        b" /Widths [" + b" ".join(b"%d" % width for width in widths) + b"] /CharProcs << " + procs + b" >>"
        b" /Encoding << /Type /Encoding /Differences [" + names + b"] >> >>"
    )
    return font, drawn


def shown(text: str, size: float, y: float) -> bytes:
    """Operators that show the words of a line, each at its place: such files draw no spaces."""
    parts, x = [], 60.0
    for word in text.split():
        parts.append(b"1 0 0 1 %.2f %.2f Tm <" % (x, y) + word.encode("latin-1").hex().encode() + b"> Tj")
        x += (sum(_WIDTHS.get(letter, 0.52) for letter in word) + 0.33) * size
    return b" ".join(parts)


def test_a_font_in_pixels_is_read_like_one_with_a_size(tmp_path: Path) -> None:
    (large, drawn_large), (small, drawn_small) = pixel_font(16), pixel_font(10)
    text = b"BT /F1 0.12 Tf " + shown("The lamps of the harbour", 16, 540) + b" /F2 0.12 Tf "
    text += b" ".join(shown(line, 10, 500 - 14 * row) for row, line in enumerate(_LINES * 3)) + b" ET"
    first = 7 + len(drawn_large)
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        (
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 420 595] /Contents 4 0 R"
            b" /Resources << /Font << /F1 5 0 R /F2 6 0 R >> >> >>"
        ),
        b"<< /Length %d >>\nstream\n" % len(text) + text + b"\nendstream",
        large % tuple(range(7, first)),
        small % tuple(range(first, first + len(drawn_small))),
        *drawn_large,
        *drawn_small,
    ]
    (tmp_path / "a.pdf").write_bytes(raw_pdf(objects))
    (document,) = load(tmp_path / "a.pdf", limits=Limits()).documents
    assert [block.kind for block in document.blocks] == ["heading", "paragraph"]
    assert document.blocks[0].text == "The lamps of the harbour"
    expected = " ".join(_LINES * 3).replace("{", "–").replace("\x0e", "ffi")
    assert document.blocks[1].text == expected
