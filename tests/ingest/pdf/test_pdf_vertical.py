"""PDFs in vertical writing: lines from the right, page numbers and headers left out, tables turned."""

from pathlib import Path

from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import CIDFont
from reportlab.pdfgen.canvas import Canvas

from tests.ingest import made_pdfs
from tests.ingest.made_pdfs import FONT, HEIGHT, SENTENCES, WIDTH
from tests.ingest.pdf.test_pdf_layout import parts, read


def test_vertical_writing_is_read_from_the_right(tmp_path: Path) -> None:
    columns = [
        "縦書きの文章はここから始まり、右から",
        "左へと読み進めていくものである。次の",
        "文がここに来る。",
        "　新しい段落。",
    ]
    document = read(made_pdfs.vertical(tmp_path / "a.pdf", columns))
    assert parts(document) == [("paragraph", "".join(columns[:3])), ("paragraph", "新しい段落。")]


def test_a_page_number_in_vertical_writing_is_left_out(tmp_path: Path) -> None:
    canvas = Canvas(str(tmp_path / "a.pdf"), pagesize=(WIDTH, HEIGHT))
    face = CIDFont(FONT, "UniJIS-UCS2-V")
    pdfmetrics.registerFont(face)
    for number, sentence in enumerate(SENTENCES[:3], 1):
        for index in range(6):
            canvas.setFont(face.fontName, 10)
            canvas.drawString(360 - 18 * index, HEIGHT - 60, (sentence * 2).encode("utf-16-be").decode("latin-1"))
        canvas.setFont("Helvetica", 8)
        canvas.drawString(205, 30, str(number))
        canvas.showPage()
    canvas.save()
    assert not any(character.isdigit() for character in read(tmp_path / "a.pdf").text)


def test_a_ruled_table_in_vertical_writing_gives_rows_with_their_columns(tmp_path: Path) -> None:
    rows = [("地点名", "灯りの色", "担い手"), ("北の岬", "白い光", "漁協の技師"), ("南の浜", "赤い光", "町の有志")]
    canvas = Canvas(str(tmp_path / "a.pdf"), pagesize=(WIDTH, HEIGHT))
    face = CIDFont(FONT, "UniJIS-UCS2-V")
    pdfmetrics.registerFont(face)
    canvas.setFont(face.fontName, 10)

    def down(x: float, y: float, text: str) -> None:
        canvas.drawString(x, HEIGHT - y, text.encode("utf-16-be").decode("latin-1"))

    for index in range(4):
        down(360 - 18 * index, 60, "".join(SENTENCES[2 * (index % 2) :])[:46])
    down(280, 80, "表一　灯台の光")
    canvas.grid([265 - 24 * edge for edge in range(4)], [HEIGHT - 60 - 100 * edge for edge in range(4)])
    for x, row in enumerate(rows):
        for y, cell in enumerate(row):
            down(253 - 24 * x, 66 + 100 * y, cell)
    canvas.showPage()
    canvas.save()
    found = [block for block in read(tmp_path / "a.pdf").blocks if block.kind == "table_row"]
    assert [dict(block.cells) for block in found] == [dict(zip(rows[0], row, strict=True)) for row in rows[1:]]
    assert found[0].caption == "表一 灯台の光"


def test_a_header_above_a_line_of_vertical_writing_is_left_out(tmp_path: Path) -> None:
    canvas = Canvas(str(tmp_path / "a.pdf"), pagesize=(WIDTH, HEIGHT))
    face = CIDFont(FONT, "UniJIS-UCS2-V")
    pdfmetrics.registerFont(face)
    text = "".join(SENTENCES)
    for start in (0, 40, 80):
        columns = [(360 - 18 * i, 66, 10, (text * 2)[start + 40 * i :][:40]) for i in range(5)]
        for x, y, size, words in [(306, 20, 7, "灯台の年報"), *columns]:
            canvas.setFont(face.fontName, size)
            canvas.drawString(x, HEIGHT - y, words.encode("utf-16-be").decode("latin-1"))
        canvas.showPage()
    canvas.save()
    assert "年報" not in read(tmp_path / "a.pdf").text
    assert text[1:] in read(tmp_path / "a.pdf").text
