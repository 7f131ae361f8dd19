"""Layouts of offices: boxes side by side, running heads, hanging lines, letters, heads in brackets."""

from collections.abc import Sequence
from pathlib import Path

import pytest
from reportlab.pdfgen.canvas import Canvas

from ingest.pdf.layout.columns import find_gaps
from ingest.pdf.page import Glyph
from tests.ingest.made_pdfs import HEIGHT, SENTENCES, WIDTH, Placed, font, wrapped, write
from tests.ingest.pdf.test_pdf_layout import parts, read

BOXES = (40.0, 160.0, 280.0)  # their left edges
LINES = [SENTENCES[index][:10] + "、" + SENTENCES[index + 1] for index in range(3)]


def _boxed(path: Path, edges: Sequence[float], width: float) -> Path:
    """A page with a line above, then boxes side by side, each with a text of lines that share baselines."""
    canvas = Canvas(str(path), pagesize=(WIDTH, HEIGHT))
    font(canvas, 10)
    canvas.drawString(40, HEIGHT - 60, SENTENCES[5])
    for x, text in zip(edges, LINES, strict=True):
        canvas.rect(x, HEIGHT - 190, width, 100)
        for index, start in enumerate(range(0, len(text), 9)):
            canvas.drawString(x + 6, HEIGHT - 110 - 16 * index, text[start : start + 9])
    canvas.showPage()
    canvas.save()
    return path


def test_boxes_side_by_side_are_read_one_after_the_other(tmp_path: Path) -> None:
    document = read(_boxed(tmp_path / "a.pdf", BOXES, 110.0))
    assert [block.text for block in document.blocks] == [SENTENCES[5], *LINES]


def test_cells_of_a_column_that_is_framed_stay_in_their_rows(tmp_path: Path) -> None:
    canvas = Canvas(str(tmp_path / "a.pdf"), pagesize=(WIDTH, HEIGHT))
    font(canvas, 10)
    rows = [
        ("灯台の名前", "点灯の年", "光の届く距離"),
        ("霧原の灯台", "1921年", "二十海里ほど"),
        ("戸倉の灯台", "1932年", "十八海里ほど"),
    ]
    canvas.rect(145, HEIGHT - 140, 100, 66)
    for index, row in enumerate(rows):
        for x, cell in zip((50, 150, 260), row, strict=True):
            canvas.drawString(x, HEIGHT - 90 - 20 * index, cell)
    canvas.showPage()
    canvas.save()
    assert [text for kind, text in parts(read(tmp_path / "a.pdf")) if kind == "table_row"]


def test_running_heads_that_change_with_the_section_are_left_out(tmp_path: Path) -> None:
    pages: list[list[Placed]] = []
    for number in range(1, 13):
        head = f"第{(number + 3) // 4}章　灯台の仕事　{number}節　その{number}番目の話"
        text = "".join(sentence.replace("の", f"の{number}番の", 1) for sentence in SENTENCES)
        pages.append([(50.0, 40.0, 10.0, head), *wrapped(text, 50.0, 90.0, 32)])
    document = read(write(tmp_path / "a.pdf", pages))
    assert "番目の話" not in document.text
    assert document.text.count("番の町では") == 12


def test_a_line_that_hangs_under_a_full_one_continues_it(tmp_path: Path) -> None:
    text = "第１条　" + SENTENCES[0][:-1] + "、" + SENTENCES[1]
    lines: list[Placed] = [(50.0, 100.0, 10.0, text[:32]), (60.0, 117.0, 10.0, text[32:])]
    document = read(write(tmp_path / "a.pdf", [[*lines, *wrapped("".join(SENTENCES[2:]), 50.0, 150.0, 32)]]))
    assert any(block.text.replace(" ", "　") == text for block in document.blocks if block.kind != "heading")


def test_an_aside_in_brackets_at_a_line_end_does_not_end_the_sentence(tmp_path: Path) -> None:
    first = "・ 灯台を守る人びとが集まって作った会（以下「守る会」という。）"
    lines: list[Placed] = [(62.0, 100.0, 10.0, first), (72.0, 117.0, 10.0, "が毎年の秋に光を調べる。")]
    text = wrapped("".join(SENTENCES[2:]), 50.0, 134.0, 32)
    document = read(write(tmp_path / "a.pdf", [[*lines, *text]]))
    assert any("」という。）が毎年の秋に光を調べる。" in block.text for block in document.blocks)


def test_lines_whose_numbers_count_on_are_lines_of_their_own(tmp_path: Path) -> None:
    agenda = ("１　日時　令和六年十月三日の午後", "２　場所　海辺灯台の会議室にて", "３　議題　光の届く距離の話し合い")
    lines: list[Placed] = [(50.0, 100.0 + 17 * index, 10.0, text) for index, text in enumerate(agenda)]
    document = read(write(tmp_path / "a.pdf", [[*lines, *wrapped("".join(SENTENCES), 50.0, 180.0, 32)]]))
    assert [block.text.replace(" ", "　") for block in document.blocks[:3]] == list(agenda)


def test_a_line_in_heavy_brackets_heads_its_text(tmp_path: Path) -> None:
    page: list[Placed] = []
    for y, head in ((100.0, "【現状と課題】"), (200.0, "【施策の方向】")):
        page += [(50.0, y, 10.0, head), *wrapped("".join(SENTENCES[:4]), 50.0, y + 17, 32)]
    document = read(write(tmp_path / "a.pdf", [page]))
    assert [block.text for block in document.blocks if block.kind == "heading"] == ["【現状と課題】", "【施策の方向】"]


@pytest.mark.parametrize("office", ["北浦省消防政策室", "北浦省自治財政局"])
def test_an_office_above_the_subject_line_is_no_part_of_the_title(office: str, tmp_path: Path) -> None:
    subject = "灯台の点検の記録の送付について"
    page: list[Placed] = [
        (320.0, 60.0, 10.0, "事務連絡"),
        (300.0, 77.0, 10.0, "令和７年１月１５日"),
        (300.0, 94.0, 10.0, office),
        (130.0, 130.0, 12.0, subject),
        *wrapped("".join(SENTENCES), 50.0, 160.0, 32),
    ]
    assert read(write(tmp_path / "a.pdf", [page])).title == subject


def test_an_office_and_a_date_below_a_large_title_do_not_replace_it(tmp_path: Path) -> None:
    title = "灯台の集約化の推進の概要"
    page: list[Placed] = [
        (360.0, 40.0, 10.0, "資料１"),
        (60.0, 200.0, 24.0, title),
        (170.0, 300.0, 14.0, "令和６年11月"),
        (150.0, 340.0, 14.0, "北浦省自治財政局"),
    ]
    text = wrapped("".join(SENTENCES), 50.0, 80.0, 32)
    assert read(write(tmp_path / "a.pdf", [page, text])).title == title


def test_the_gap_of_columns_is_where_most_lines_begin_not_where_a_page_number_does() -> None:
    """The page number in the middle begins left of the gap, and a bracket hangs out of the left column there."""
    glyphs = [
        Glyph("あ", x + 9 * place, x + 9 * place + 9, 80 + 14 * row, 9, advance=9, left=0, right=9)
        for row in range(20)
        for x in (62.0, 309.0)
        for place in range(24)
    ]
    glyphs += [Glyph("」", 278, 290, 80 + 14 * 21, 9), Glyph("1", 288, 300, 810, 9)]
    _, gutters = find_gaps(glyphs, ())
    assert [round(x) for x in gutters] == [306]


def test_labels_of_a_plot_are_neither_headings_nor_sentences(tmp_path: Path) -> None:
    """Axes with ticks and points; the name of an axis is larger than the text, as R draws it."""
    canvas = Canvas(str(tmp_path / "a.pdf"), pagesize=(WIDTH, HEIGHT))
    text = "The lamp was lit every night of the year, and its keeper wrote down how far it was seen."
    canvas.setFont("Times-Roman", 9)
    for page, top in ((0, 80), (1, 500)):
        for index in range(3 + 4 * page):
            canvas.drawString(50, HEIGHT - top + 11 * page * index - 11 * (1 - page) * index, text[: 80 - index])
    canvas.line(100, HEIGHT - 350, 300, HEIGHT - 350)
    canvas.line(100, HEIGHT - 350, 100, HEIGHT - 200)
    for step in range(5):
        canvas.line(120 + 40 * step, HEIGHT - 350, 120 + 40 * step, HEIGHT - 355)
        canvas.line(100, HEIGHT - 340 + 30 * step, 95, HEIGHT - 340 + 30 * step)
        canvas.circle(120 + 40 * step, HEIGHT - 330 + 25 * step, 3)
        canvas.drawString(116 + 40 * step, HEIGHT - 366, str(10 * step))
    canvas.setFont("Helvetica", 12)
    canvas.drawString(170, HEIGHT - 378, "Time (weeks)")
    canvas.drawString(150, HEIGHT - 230, "Nights seen from the ships")
    canvas.showPage()
    canvas.save()
    document = read(tmp_path / "a.pdf")
    kinds = {kind for kind, block in parts(document) if "Time (weeks)" in block or "Nights seen" in block}
    assert kinds == {"formula"}
