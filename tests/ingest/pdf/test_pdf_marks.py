"""PDFs: raised letters, unlike scripts, code, formulas, contents, running heads, slides, captions, titles."""

from pathlib import Path

import pytest
from reportlab.pdfgen.canvas import Canvas

from ingest.document import Document
from ingest.loaders import Limits, load
from ingest.passages import cut
from tests.ingest.made_pdfs import FONT, HEIGHT, SENTENCES, column, raw_pdf, set_lines, wrapped, write

TextLine = tuple[float, float, str, float, str]
BODY = "The lamp of the old tower burns all night and turns once in ten seconds. Its keeper trims the wick at dusk."


def read(path: Path) -> Document:
    """The document of a PDF."""
    return load(path, limits=Limits()).documents[0]


def kinds(document: Document, kind: str) -> list[str]:
    """The texts of the blocks of a kind."""
    return [block.text for block in document.blocks if block.kind == kind]


def japanese(text: str, y: float, per_line: int = 30) -> list[TextLine]:
    """A Japanese paragraph for `set_lines`."""
    return [(x, at, FONT, size, words) for x, at, size, words in wrapped(text, 50, y, per_line)]


def test_letters_of_a_logo_and_indices_stay_in_their_line(tmp_path: Path) -> None:
    pieces = [("We set it in L", 0, 10), ("A", -2, 7), ("T", 0, 10), ("E", 2.2, 10), ("X and the area is 5 m", 0, 10)]
    pieces += [("2", -4, 7), (" at most; ", 0, 10), ("x", 0, 10), ("i", 2, 7), (" is the lamp.", 0, 10)]
    canvas = Canvas(str(tmp_path / "a.pdf"))
    x = 50.0
    for text, drop, size in pieces:
        canvas.setFont("Times-Roman", size)
        canvas.drawString(x, 700 - drop, text)
        x += canvas.stringWidth(text, "Times-Roman", size) - (1.5 if text in "ATE" else 0)
    canvas.save()
    document = read(tmp_path / "a.pdf")
    assert [block.text for block in document.blocks] == [
        "We set it in LATEX and the area is 5 m² at most; xi is the lamp."
    ]


def test_latin_letters_larger_than_kanji_make_no_heading(tmp_path: Path) -> None:
    lines = japanese("".join(SENTENCES), 80)
    lines += [(50.0, 240.0 + 17 * i, FONT, 10.0, f"灯台{i}の名は") for i in range(4)]
    lines += [(110.0, 240.0 + 17 * i, "Times-Roman", 11.0, "Lighthouse Keeper") for i in range(4)]
    lines += [
        (50.0, 330.0, "Times-Roman", 11.0, "Lighthouse Keeper and Company"),
        (50.0, 380.0, FONT, 13.0, "光の届く距離"),
    ]
    lines += japanese("".join(SENTENCES), 410)
    assert kinds(read(set_lines(tmp_path / "a.pdf", [lines])), "heading") == ["光の届く距離"]


def test_a_line_that_carries_on_a_sentence_is_no_heading(tmp_path: Path) -> None:
    lines = [
        *column(BODY * 4, 50, 80, 70),
        (50.0, 200.0, "Times-Roman", 12.0, "The keeper of the tower on the cliff of the isle is an"),
    ]
    lines += [(50.0, 214.0, "Times-Roman", 12.0, "old man"), *column(BODY * 4, 50, 250, 70)]
    headings = kinds(read(set_lines(tmp_path / "a.pdf", [lines])), "heading")
    assert "old man" not in headings


def test_a_numbered_item_with_a_hanging_indent_is_one_block(tmp_path: Path) -> None:
    lines = japanese("".join(SENTENCES), 80)
    lines += [(50.0, 250.0, FONT, 10.0, "1.古い灯台の光は沖の船から二十海里先まで届き記録係は風の強さ")]
    lines += [(64.0, 267.0, FONT, 10.0, "と潮の高さを帳面に書きとめた。"), *japanese("".join(SENTENCES), 310)]
    document = read(set_lines(tmp_path / "a.pdf", [lines]))
    assert kinds(document, "heading") == []
    assert [
        block for block in document.blocks if block.text.startswith("1.古い") and block.text.endswith("書きとめた。")
    ]


def test_signs_and_single_letters_make_no_heading(tmp_path: Path) -> None:
    lines = column(BODY * 4, 50, 80, 70)
    lines += [(50.0 + 60 * i, 200.0, "Times-Roman", 14.0, text) for i, text in enumerate(("E", "{}", "X 1"))]
    lines += column(BODY * 4, 50, 250, 70)
    assert kinds(read(set_lines(tmp_path / "a.pdf", [lines])), "heading") == []


CODE = ("def lamp(hours):", "    return hours * 2", "print(lamp(3))")


def test_code_keeps_its_lines_and_is_quoted_as_a_whole(tmp_path: Path) -> None:
    lines = column(BODY * 4, 50, 80, 70) + [(50.0, 180.0 + 11 * i, "Courier", 9.0, line) for i, line in enumerate(CODE)]
    lines += column(BODY * 4, 50, 240, 70)
    document = read(set_lines(tmp_path / "a.pdf", [lines]))
    assert kinds(document, "code") == ["\n".join(CODE)]
    (passage,) = [passage for passage in cut(document) if passage.kind == "code"]
    assert passage.text == "\n".join(CODE)
    assert passage.sentences == ()


def test_a_document_typed_on_a_typewriter_is_text(tmp_path: Path) -> None:
    document = read(set_lines(tmp_path / "a.pdf", [column(BODY * 4, 50, 80, 60, "Courier")]))
    assert {block.kind for block in document.blocks} == {"paragraph"}


def test_a_formula_set_apart_is_in_no_passage(tmp_path: Path) -> None:
    lines = [*column(BODY * 3, 50, 80, 70), (150.0, 170.0, "Times-Roman", 10.0, "y = 3 x + 2 z (1)")]
    document = read(set_lines(tmp_path / "a.pdf", [lines + column(BODY * 3, 50, 200, 70)]))
    assert kinds(document, "formula") == ["y = 3 x + 2 z (1)"]
    assert not [passage for passage in cut(document) if "3 x" in passage.text]


def test_a_contents_page_and_its_sections_are_left_out(tmp_path: Path) -> None:
    contents: list[TextLine] = [(50.0, 60.0, FONT, 14.0, "目次")]
    for index, (name, page) in enumerate((("はじめに", 1), ("灯台の光", 2), ("霧笛の音", 3))):
        contents += [
            (50.0, 100.0 + 20 * index, FONT, 11.0, f"第{index + 1}章 {name}"),
            (350.0, 100.0 + 20 * index, FONT, 11.0, str(page)),
        ]
    pages = [contents]
    for name in ("はじめに", "灯台の光", "霧笛の音"):
        pages.append([(50.0, 60.0, FONT, 14.0, name), *japanese("".join(SENTENCES), 100)])
    document = read(set_lines(tmp_path / "a.pdf", pages))
    assert "目次" not in document.text
    assert kinds(document, "heading") == ["はじめに", "灯台の光", "霧笛の音"]


def test_a_contents_page_without_a_heading_is_left_out_and_a_ranking_is_not(tmp_path: Path) -> None:
    names = ("Lamps of the coast", "Lenses and mirrors", "Keepers at night", "Fog and its signals")
    contents = [
        line
        for index, name in enumerate(names)
        for line in (
            (50.0, 80.0 + 20 * index, "Times-Roman", 10.0, f"{index + 1} {name}"),
            (350.0, 80.0 + 20 * index, "Times-Roman", 10.0, str(index + 2)),
        )
    ]
    pages = [[(50.0, 40.0, "Times-Roman", 16.0, "All about lamps"), *contents]]
    for index, name in enumerate(names):
        heading = (50.0, 60.0, "Times-Roman", 14.0, f"{index + 1} {name}")
        pages.append([heading, *column(BODY * 3, 50, 100, 70)])
    document = read(set_lines(tmp_path / "a.pdf", pages))
    assert kinds(document, "heading") == ["All about lamps", *(f"{i} {name}" for i, name in enumerate(names, 1))]
    assert document.text.count("Keepers at night") == 1
    ranking = read(set_lines(tmp_path / "b.pdf", [[*column(BODY * 3, 50, 300, 70), *contents]]))
    assert "Keepers at night" in ranking.text


def test_a_running_head_that_changes_with_the_chapter_is_left_out(tmp_path: Path) -> None:
    pages = []
    for number in range(4, 12):
        head = f"{number} 第{1 + number // 6}章 灯台" if number % 2 == 0 else f"{1 + number // 6}.2 節のこと {number}"
        pages.append([(50.0, 40.0, FONT, 9.0, head), *japanese("".join(SENTENCES[number % 3 :]), 90)])
    text = read(set_lines(tmp_path / "a.pdf", pages)).text
    assert "章" not in text
    assert "節" not in text


def test_the_lines_of_a_slide_are_no_rows_of_a_table(tmp_path: Path) -> None:
    canvas = Canvas(str(tmp_path / "a.pdf"), pagesize=(362, 272))
    for row, (left, right) in enumerate(
        (("Lamp:", "burns all night"), ("Horn:", "sounds in fog"), ("Oil:", "comes by boat"))
    ):
        canvas.setFont("Helvetica", 12)
        canvas.drawString(30, 200 - 24 * row, left)
        canvas.drawString(120, 200 - 24 * row, right)
    canvas.save()
    document = read(tmp_path / "a.pdf")
    assert "table_row" not in {block.kind for block in document.blocks}
    assert "Horn: sounds in fog" in document.text


def test_a_sentence_about_a_table_is_no_caption(tmp_path: Path) -> None:
    lines = column("Table 1 summarizes the nights of the year and the oil that was burnt in them. " + BODY, 50, 80, 70)
    document = read(set_lines(tmp_path / "a.pdf", [[*lines, *column(BODY * 3, 50, 150, 70)]]))
    assert kinds(document, "caption") == []


def test_ligatures_of_tex_in_a_font_without_names_become_letters(tmp_path: Path) -> None:
    shown = "the modi\x1ced lamp and the \x1dame of the o\x1eer that shines on the stone of the harbour"
    glyphs = sorted(set(shown.encode("latin-1")))
    procs = b" ".join(b"/g%d 7 0 R" % code for code in glyphs)
    names = b" ".join(b"%d /g%d" % (code, code) for code in glyphs)
    content = b"BT /F1 10 Tf 40 500 Td <" + shown.encode("latin-1").hex().encode() + b"> Tj ET"
    drawn = b"500 0 0 0 400 600 d1 0 0 400 600 re f"
    (tmp_path / "a.pdf").write_bytes(
        raw_pdf(
            [
                b"<< /Type /Catalog /Pages 2 0 R >>",
                b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
                (
                    b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 600 595] /Contents 4 0 R"
                    b" /Resources << /Font << /F1 5 0 R >> >> >>"
                ),
                b"<< /Length %d >>\nstream\n" % len(content) + content + b"\nendstream",
                b"<< /Type /Font /Subtype /Type3 /FontBBox [0 0 1000 1000] /FontMatrix [0.001 0 0 0.001 0 0]"
                b" /FirstChar 0 /LastChar 255 /Widths [" + b"500 " * 256 + b"] /CharProcs << " + procs + b" >>"
                b" /Encoding << /Type /Encoding /Differences [" + names + b"] >> >>",
                b"<< >>",
                b"<< /Length %d >>\nstream\n" % len(drawn) + drawn + b"\nendstream",
            ]
        )
    )
    assert "modified lamp and the flame of the offier" in read(tmp_path / "a.pdf").text


@pytest.mark.parametrize(
    "head",
    [
        ("総灯第67号", "令和6年6月28日", "各都道府県知事 殿", "灯台の点検について（通知）"),
        ("事務連絡", "令和6年6月", "灯台省港湾局霧笛課長", "灯台の点検について（通知）"),
    ],
)
def test_the_title_of_a_letter_is_its_subject(head: tuple[str, ...], tmp_path: Path) -> None:
    lines = [(60.0, 50.0 + 20 * index, 10.0, text) for index, text in enumerate(head)]
    document = read(write(tmp_path / "a.pdf", [[*lines, *wrapped("".join(SENTENCES), 50, 160, 30)]]))
    assert document.title == "灯台の点検について（通知）"


def test_a_title_of_two_lines_is_one(tmp_path: Path) -> None:
    canvas = Canvas(str(tmp_path / "a.pdf"), pagesize=(420, HEIGHT))
    canvas.setFont("Times-Bold", 16)
    canvas.drawCentredString(210, 540, "Instructions for Keepers of")
    canvas.drawCentredString(210, 502, "Lamps and Horns")
    for x, y, face, size, text in column(BODY * 5, 50, 150, 70):
        canvas.setFont(face, size)
        canvas.drawString(x, HEIGHT - y, text)
    canvas.save()
    assert read(tmp_path / "a.pdf").title == "Instructions for Keepers of Lamps and Horns"


def test_code_is_code_where_most_of_a_document_is_code(tmp_path: Path) -> None:
    code = [f"lamp.turn(speed={speed}, width={speed * 2}, oil=True) # keeper" for speed in range(10)]
    lines = [*japanese("".join(SENTENCES), 60), *japanese("".join(SENTENCES), 320)]
    lines += [(60.0, 180.0 + 11 * at, "Courier", 8.0, line) for at, line in enumerate(code)]
    document = read(set_lines(tmp_path / "a.pdf", [lines]))
    assert [text.split("\n") for text in kinds(document, "code")] == [code]
    assert kinds(document, "paragraph") == ["".join(SENTENCES)] * 2


def test_the_title_is_the_line_that_the_metadata_state_and_not_a_larger_one(tmp_path: Path) -> None:
    lines = [(50.0, 60.0, 18.0, "海辺の年報"), (50.0, 100.0, 13.0, "灯台の光が届く距離について*")]
    path = write(
        tmp_path / "a.pdf", [[*lines, *wrapped("".join(SENTENCES), 50, 140, 30)]], title="灯台の光が届く距離について"
    )
    assert read(path).title == "灯台の光が届く距離について"


def test_a_line_of_names_above_an_affiliation_is_no_title(tmp_path: Path) -> None:
    lines: list[TextLine] = [
        (50.0, 60.0, "Times-Bold", 12.0, "John H. Lamp V"),
        (50.0, 76.0, "Times-Roman", 9.0, "Department of Light, University of Cape"),
    ]
    lines += [(50.0, 110.0, "Times-Bold", 11.0, "Oil of the Old Towers"), *column(BODY * 2, 50, 130, 60)]
    assert read(set_lines(tmp_path / "a.pdf", [lines])).title == "Oil of the Old Towers"


def test_a_kind_of_thesis_and_scattered_signs_are_no_title(tmp_path: Path) -> None:
    lines = [(50.0, 50.0, 22.0, "光 塔 守"), (50.0, 90.0, 20.0, "卒業論文"), (50.0, 130.0, 14.0, "灯台守の一年")]
    path = write(tmp_path / "a.pdf", [[*lines, *wrapped("".join(SENTENCES), 50, 170, 30)]])
    assert read(path).title == "灯台守の一年"


def test_the_line_numbers_of_code_are_left_out(tmp_path: Path) -> None:
    code = [f"    light{number} = lamp(hours, width) * {number}" for number in range(1, 7)]
    code[0] = code[0].strip()
    lines = [*column(BODY * 3, 50, 60, 70), *column(BODY * 3, 50, 260, 70)]
    for number, line in enumerate(code, 1):
        lines += [(50.0, 180 + 11.0 * number, "Times-Roman", 6.0, str(number))]
        lines += [(64.0, 180 + 11.0 * number, "Courier", 8.0, line)]
    document = read(set_lines(tmp_path / "a.pdf", [lines]))
    assert not kinds(document, "table_row")
    assert kinds(document, "code") == ["\n".join(code)]
