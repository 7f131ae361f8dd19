"""PDFs: the order of reading, paragraphs, headers, headings, tables, notes."""

from collections.abc import Sequence
from pathlib import Path

import pytest
from reportlab.lib import colors
from reportlab.lib.styles import ParagraphStyle
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import Paragraph as Flowable
from reportlab.platypus import SimpleDocTemplate, Table, TableStyle

from ingest.document import Author, Document
from ingest.loaders import Limits, load
from ingest.passages import cut
from tests.ingest import made_pdfs
from tests.ingest.made_pdfs import FONT, HEIGHT, SENTENCES, WIDTH, Placed, wrapped, write


def read(path: Path) -> Document:
    """The document of a PDF."""
    return load(path, limits=Limits()).documents[0]


def parts(document: Document) -> list[tuple[str, str]]:
    """(kind, text) of each block."""
    return [(block.kind, block.text) for block in document.blocks]


def test_running_headers_and_page_numbers_are_left_out(tmp_path: Path) -> None:
    document = read(made_pdfs.essay(tmp_path / "a.pdf"))
    assert "灯台の記録" not in document.text
    assert not [block for block in document.blocks if block.text.isdigit()]
    assert document.page_count == 4


def test_headers_that_alternate_and_stand_a_little_lower_on_the_first_page_are_left_out(tmp_path: Path) -> None:
    pages = []
    for number, (y, header) in enumerate([(36, "灯台の費用"), (30, "港湾年報"), (30, "灯台の費用"), (30, "港湾年報")]):
        pages.append([(160.0, y, 8.0, header), *wrapped(SENTENCES[number] * 6, 50, 80, 30)])
    text = read(write(tmp_path / "a.pdf", pages)).text
    assert "費用" not in text
    assert "年報" not in text


def test_a_footer_with_the_page_of_all_pages_is_left_out(tmp_path: Path) -> None:
    pages = [
        [*wrapped("".join(SENTENCES), 50, 80, 30), (40.0, 580.0, 7.0, "https://example.org/a"), (380.0, 580.0, 7.0, n)]
        for n in ("1/3", "2/3", "3/3")
    ]
    assert "example" not in read(write(tmp_path / "a.pdf", pages)).text


def test_a_paragraph_that_runs_over_a_page_break_is_one(tmp_path: Path) -> None:
    document = read(made_pdfs.essay(tmp_path / "a.pdf"))
    (block,) = [block for block in document.blocks if block.text.startswith("この段落は1度目")]
    assert block.text == "この段落は1度目の長い文であって三十二字の行を満たし、第1頁の終わりから次の頁へ続く。"
    assert block.page_starts == ((0, 1), (27, 2))


def test_headings_of_larger_letters_open_sections(tmp_path: Path) -> None:
    document = read(made_pdfs.essay(tmp_path / "a.pdf"))
    assert [text for kind, text in parts(document) if kind == "heading"] == [f"{n} 灯台その{n}" for n in range(1, 5)]
    assert {passage.section for passage in cut(document)} == {f"{n} 灯台その{n}" for n in range(1, 5)}


def test_indented_paragraphs_are_kept_apart(tmp_path: Path) -> None:
    first, second = "".join(SENTENCES[:3]), "".join(SENTENCES[3:])
    page = [*wrapped(first, 50, 80, 28), *wrapped(second, 50, 80 + 17 * 3, 28)]
    assert parts(read(write(tmp_path / "a.pdf", [page]))) == [("paragraph", first), ("paragraph", second)]


def test_two_columns_are_read_one_after_the_other(tmp_path: Path) -> None:
    first, second = "".join(SENTENCES) * 2, "".join(reversed(SENTENCES)) * 2
    left, right = wrapped(first, 40, 100, 16), wrapped(second, 225, 100, 16)
    rows: list[Placed] = [item for pair in zip(left, right, strict=False) for item in pair]
    title: Placed = (100, 60, 15, "二段組の題名がここにある")
    document = read(write(tmp_path / "a.pdf", [[title, *rows]]))
    assert [text for kind, text in parts(document) if kind == "paragraph"] == [first, second]
    assert document.title == "二段組の題名がここにある"


def test_a_turned_page_is_read_upright(tmp_path: Path) -> None:
    canvas = Canvas(str(tmp_path / "a.pdf"), pagesize=(WIDTH, HEIGHT))
    made_pdfs.font(canvas, 10)
    canvas.rotate(90)
    for _, y, _, text in wrapped("".join(SENTENCES), 50, 60, 40):
        canvas.drawString(50, -y, text)
    canvas.showPage()
    canvas.save()
    assert read(tmp_path / "a.pdf").text == "".join(SENTENCES)


def test_old_japanese_encodings_without_a_unicode_map_are_read(tmp_path: Path) -> None:
    assert (
        read(made_pdfs.shift_jis(tmp_path / "a.pdf", "海辺の町の古い灯台である。")).text == "海辺の町の古い灯台である。"
    )


def test_latin_lines_are_joined_with_spaces_and_hyphens_undone(tmp_path: Path) -> None:
    lines = [
        "The well-known lighthouse of the town reaches ships at sea, light-",
        "houses being what sailors look for; a well-",
        "known one is seen by all. More is told at https://example.org/",
        "lighthouse and in books. The lighthouse keeper knows it.",
    ]
    page: list[Placed] = [(50, 80 + 15 * index, 10, line) for index, line in enumerate(lines)]
    text = read(write(tmp_path / "a.pdf", [page])).text
    assert "lighthouses being" in text
    assert "a well-known one" in text
    assert "https://example.org/lighthouse and" in text


def ruled_table(path: Path, style: Sequence[tuple[object, ...]]) -> Document:
    """A page with a captioned table between two halves of a sentence, drawn with the given rules."""
    canvas = Canvas(str(path))
    made_pdfs.font(canvas, 10)
    cell = ParagraphStyle("cell", fontName=FONT, fontSize=9, leading=11, wordWrap="CJK")
    body = ParagraphStyle("body", fontName=FONT, fontSize=11, leading=17, wordWrap="CJK", firstLineIndent=11)
    rows = [
        ["目的", "期間", "具体例"],
        ["交渉手段", "数日から数週間", "灯台、埠頭、浮標その他"],
        ["保護", "数年間", "岬"],
    ]
    table = Table(
        [[Flowable(text, cell) for text in row] for row in rows], colWidths=[60, 60, 90], style=TableStyle(style)
    )
    caption = Flowable("第1表 目的別の概要", ParagraphStyle("caption", parent=cell, alignment=1, fontSize=10))
    note = Flowable("(出所) 筆者作成。", cell)
    whole = "".join(SENTENCES) * 2
    halves = [
        Flowable(whole[:45], body),
        caption,
        table,
        note,
        Flowable(whole[45:], ParagraphStyle("rest", parent=body, firstLineIndent=0)),
    ]
    SimpleDocTemplate(str(path)).build([Flowable("".join(SENTENCES), body), *halves])
    return read(path)


GRID = [("GRID", (0, 0), (-1, -1), 0.5, colors.black)]
RULES = [("LINEABOVE", (0, 0), (-1, 1), 0.5, colors.black), ("LINEBELOW", (0, -1), (-1, -1), 0.5, colors.black)]
OPEN = [("INNERGRID", (0, 0), (-1, -1), 0.5, colors.black), *RULES]


@pytest.mark.parametrize("style", [GRID, RULES, OPEN], ids=["grid", "horizontal rules", "open sides"])
def test_a_ruled_table_gives_rows_with_their_columns(tmp_path: Path, style: Sequence[tuple[object, ...]]) -> None:
    blocks = ruled_table(tmp_path / "a.pdf", style).blocks
    rows = [block for block in blocks if block.kind == "table_row"]
    assert [block.text.split("\n")[0] for block in rows] == [
        "交渉手段\t数日から数週間\t灯台、埠頭、浮標その他",
        "保護\t数年間\t岬",
    ]
    assert rows[0].cells[1] == ("期間", "数日から数週間")
    assert {block.caption for block in rows} == {"第1表 目的別の概要"}
    (caption,) = [block.text for block in blocks if block.kind == "caption"]
    assert caption == "第1表 目的別の概要\n目的\t期間\t具体例\n(出所) 筆者作成。"


def test_a_sentence_that_a_table_cuts_is_whole_again(tmp_path: Path) -> None:
    assert "".join(SENTENCES) * 2 in [block.text for block in ruled_table(tmp_path / "a.pdf", GRID).blocks]


def test_footnotes_stand_apart_from_the_sentence_that_they_interrupt(tmp_path: Path) -> None:
    text = "".join(SENTENCES)
    first: list[Placed] = [*wrapped(text[:90], 50, 400, 30), (50, 560, 7, "1 明治の初めに建てられたものである。")]
    second: list[Placed] = [(50, 60, 10, text[90:])]
    head: list[Placed] = wrapped(text * 3, 50, 60, 30)
    document = read(write(tmp_path / "a.pdf", [[*head, *first], second]))
    assert ("footnote", "1 明治の初めに建てられたものである。") in parts(document)
    assert text in [part for kind, part in parts(document) if kind == "paragraph"]


def test_superscripts_stay_with_their_word(tmp_path: Path) -> None:
    page: list[Placed] = [(50, 80, 10, "この灯台"), (90, 76, 6, "12"), (97, 80, 10, "は明治の初めに建てられた。")]
    assert read(write(tmp_path / "a.pdf", [page])).text == "この灯台¹²は明治の初めに建てられた。"


def test_readings_above_kanji_are_left_out(tmp_path: Path) -> None:
    page: list[Placed] = [*wrapped("".join(SENTENCES), 50, 80, 30), (80, 72, 5, "まち")]
    assert read(write(tmp_path / "a.pdf", [page])).text == "".join(SENTENCES)


def test_line_numbers_in_the_margin_are_left_out(tmp_path: Path) -> None:
    text = "".join(SENTENCES) * 2
    lines = wrapped(text, 80, 80, 28)
    numbers: list[Placed] = [(30, y, 7, str(index)) for index, (_, y, _, _) in enumerate(lines, 1)]
    assert read(write(tmp_path / "a.pdf", [[*numbers, *lines]])).text == text


def test_the_title_comes_from_the_metadata_where_no_line_stands_out(tmp_path: Path) -> None:
    path = write(tmp_path / "a.pdf", [wrapped("".join(SENTENCES), 50, 80, 30)], title="灯台の話")
    assert read(path).title == "灯台の話"
    named_by_its_maker = write(tmp_path / "b.pdf", [wrapped("".join(SENTENCES), 50, 80, 30)], title="(anonymous)")
    assert read(named_by_its_maker).title == "b"


def test_the_entries_of_a_typeset_bibliography_are_told_by_their_hanging_indent(tmp_path: Path) -> None:
    page: list[Placed] = [*wrapped("".join(SENTENCES), 50, 60, 30), (50, 200, 13, "参考文献")]
    entries = [
        ("田中太郎「灯台の歴史」『港湾研究』第五巻第二号、港書房、", "二〇一九年。"),
        ("山田花子『海の光』中央書店、二〇二〇年。", ""),
    ]
    y = 230.0
    for first, rest in entries:
        page.append((50, y, 10, first))
        if rest:
            page.append((70, y + 17, 10, rest))
        y += 34 if rest else 17
    document = read(write(tmp_path / "a.pdf", [page]))
    assert [text for kind, text in parts(document) if kind == "entry"] == ["".join(entry) for entry in entries]


def test_bookmarks_name_headings_that_look_like_text(tmp_path: Path) -> None:
    canvas = Canvas(str(tmp_path / "a.pdf"), pagesize=(WIDTH, HEIGHT))
    for index, name in enumerate(["灯台の歴史", "港の成り立ち", "灯台の現在"]):
        canvas.bookmarkPage(name)
        canvas.addOutlineEntry(name, name, level=1 if index == 1 else 0)
        made_pdfs.font(canvas, 10)
        canvas.drawString(50, HEIGHT - 60, name)
        for x, y, size, line in wrapped("".join(SENTENCES), 50, 100, 30):
            made_pdfs.font(canvas, size)
            canvas.drawString(x, HEIGHT - y, line)
        canvas.showPage()
    canvas.save()
    headings = [(block.level, block.text) for block in read(tmp_path / "a.pdf").blocks if block.kind == "heading"]
    assert headings == [(1, "灯台の歴史"), (2, "港の成り立ち"), (1, "灯台の現在")]


def test_a_table_that_carries_on_over_a_page_keeps_its_columns(tmp_path: Path) -> None:
    path = tmp_path / "a.pdf"
    cell = ParagraphStyle("cell", fontName=FONT, fontSize=9, leading=11, wordWrap="CJK")
    canvas = Canvas(str(path))
    made_pdfs.font(canvas, 10)
    rows = [["番号", "名", "町"], *([f"第{n}", f"灯台{n}", f"港{n}"] for n in range(1, 60))]
    table = Table(
        [[Flowable(text, cell) for text in row] for row in rows], colWidths=[60, 80, 80], style=TableStyle(GRID)
    )
    SimpleDocTemplate(str(path)).build([Flowable("第2表 灯台の一覧", cell), table])
    found = [block for block in read(path).blocks if block.kind == "table_row"]
    assert [dict(block.cells) for block in found] == [dict(zip(rows[0], row, strict=True)) for row in rows[1:]]
    assert {block.caption for block in found} == {"第2表 灯台の一覧"}
    assert {block.page_starts[0][1] for block in found} == {1, 2}


@pytest.mark.parametrize("manner", ["numbers", "gaps"])
def test_the_entries_of_a_bibliography_are_told_by_numbers_or_gaps(tmp_path: Path, manner: str) -> None:
    page: list[Placed] = [*wrapped("".join(SENTENCES), 50, 60, 30), (50, 200, 13, "参考文献")]
    y, entries = 225.0, []
    for number in range(1, 6):
        lines = [f"第{number}著者「灯台の第{number}の話」『港湾研究』港書房、", f"二〇一{number}年。"]
        if manner == "numbers":
            lines[0] = f"[{number}] {lines[0]}"
        for line in lines:
            page.append((50, y, 10, line))
            y += 15
        y += 0 if manner == "numbers" else 8
        entries.append("".join(lines))
    found = [text for kind, text in parts(read(write(tmp_path / "a.pdf", [page]))) if kind == "entry"]
    assert found == entries


def test_cells_set_without_rules_make_the_rows_of_a_table(tmp_path: Path) -> None:
    rows = [("灯台", "高さ", "光"), ("北岬", "20", "白"), ("南岬", "15", "赤"), ("東埠頭", "9", "緑")]
    page: list[Placed] = [*wrapped("".join(SENTENCES), 50, 60, 30), (50, 160, 9, "表3 灯台の光")]
    page += [(60 + 90 * x, 180 + 15 * y, 9, cell) for y, row in enumerate(rows) for x, cell in enumerate(row)]
    found = [block for block in read(write(tmp_path / "a.pdf", [page])).blocks if block.kind == "table_row"]
    assert [dict(block.cells) for block in found] == [dict(zip(rows[0], row, strict=True)) for row in rows[1:]]
    assert found[0].caption == "表3 灯台の光"


def test_centred_lines_of_authors_stand_apart(tmp_path: Path) -> None:
    head: list[Placed] = [(90, 60, 16, "Measuring the Reach of Lamps"), (150, 90, 10, "Jane A. Doe and John Smith")]
    head.append((127, 104, 10, "Department of Lamps, Coast University"))
    body: list[Placed] = [(50, 140, 13, "1 Introduction"), *wrapped("".join(SENTENCES), 50, 170, 30)]
    data = read(write(tmp_path / "a.pdf", [[*head, *body]])).front_matter
    assert data.title == "Measuring the Reach of Lamps"
    assert data.authors == (Author("Jane A. Doe"), Author("John Smith"))
    assert data.affiliations == ("Department of Lamps, Coast University",)


def test_an_abstract_that_opens_with_its_name_stands_apart_from_the_line_above(tmp_path: Path) -> None:
    words = "Abstract—This paper studies how far the lamps of small towns reach"
    lines = [
        words,
        "and who keeps them when the keepers have left for the larger",
        "harbours of the coast. It finds much.",
    ]
    page = [
        (50.0, 60.0 + 15 * i, 10.0, line)
        for i, line in enumerate(["Department of Lamps, Coast University, Japan and more", *lines])
    ]
    document = read(write(tmp_path / "a.pdf", [page]))
    assert ("heading", "Abstract") in parts(document)
    assert any(text.startswith("This paper studies") for _, text in parts(document))


def test_a_bibliography_may_skip_numbers(tmp_path: Path) -> None:
    page: list[Placed] = [*wrapped("".join(SENTENCES), 50, 60, 30), (50, 180, 13, "参考文献")]
    works = [
        (1, "田中太郎『灯台の歴史』港書店、2020年。"),
        (4, "山田花子『船の歴史』港書店、2021年。"),
        (5, "林修『海』港書店、2022年。"),
    ]
    page += [(50, 200 + 15 * y, 10, f"[{number}] {work}") for y, (number, work) in enumerate(works)]
    found = [block.text for block in read(write(tmp_path / "a.pdf", [page])).blocks if block.kind == "entry"]
    assert found == [f"[{number}] {work}" for number, work in works]
