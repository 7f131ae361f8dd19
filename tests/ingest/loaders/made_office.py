"""Spreadsheets, slides and books, made for the tests."""

import zipfile
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

import openpyxl
from pptx import Presentation
from pptx.util import Inches

CHAPTER = "<html xmlns='http://www.w3.org/1999/xhtml'><head><title>x</title></head><body>{}</body></html>"


def book(path: Path) -> Path:
    """Two visible sheets and a hidden one: a caption above a table, a blank row, numbers and dates in formats."""
    made = openpyxl.Workbook()
    visitors = made.active
    visitors.title = "来館者"
    for row in (["霧原町の来館者"], [], ["年度", "人数", "外国人", "開館日"]):
        visitors.append(row)
    for year, count, share, day in ((2022, 39500, 0.1, 1), (2023, 42000, 0.125, 2)):
        visitors.append([year, count, share, datetime(2023, 4, day)])  # noqa: DTZ001 - a spreadsheet's dates have none
    visitors.append([])
    visitors.append([2024, 45000.0, 0.13, datetime(2024, 4, 3)])  # noqa: DTZ001
    for row_number in range(4, 8):
        visitors.cell(row_number, 2).number_format = "#,##0"
        visitors.cell(row_number, 3).number_format = "0.0%"
        visitors.cell(row_number, 4).number_format = 'yyyy"年"m"月"d"日"'
    prices = made.create_sheet("料金")
    for name, price in (("区分", "料金"), ("大人", 500), ("子供", 200)):
        prices.append([name, price])
    made.create_sheet("内部").append(["秘密", "非公開"])
    made["内部"].sheet_state = "hidden"
    made.save(path)
    return path


def slides(path: Path) -> Path:
    """Three slides: a title; lines and a table; one that is hidden."""
    made = Presentation()
    first = made.slides.add_slide(made.slide_layouts[0])
    first.shapes.title.text = "灯台の歴史"
    first.placeholders[1].text = "霧原町立博物館"
    first.notes_slide.notes_text_frame.text = "ここで出席を取る。"
    second = made.slides.add_slide(made.slide_layouts[1])
    second.shapes.title.text = "建設"
    second.placeholders[1].text = "1862年に建てられた\n設計は戸倉静江による"
    table = second.shapes.add_table(2, 2, Inches(1), Inches(4), Inches(4), Inches(1)).table
    for place, text in enumerate(["項目", "数", "階段", "214段"]):
        table.cell(place // 2, place % 2).text = text
    third = made.slides.add_slide(made.slide_layouts[1])
    third.shapes.title.text = "没にした案"
    third.element.set("show", "0")
    made.save(str(path))
    return path


def epub(path: Path, chapters: Mapping[str, str] | None = None, extra: Mapping[str, str] | None = None) -> Path:
    """A book of chapters (file name → body), in order, the second named only in the table of contents."""
    chapters = chapters or {
        "one.xhtml": "<h1>第一章 港</h1><p>港は1820年に石で築かれた。</p>",
        "two.xhtml": "<p>灯台には214段の階段がある。</p>",
    }
    items = "".join(
        f'<item id="c{number}" href="text/{name}" media-type="application/xhtml+xml"/>'
        for number, name in enumerate(chapters)
    )
    spine = "".join(f'<itemref idref="c{number}"/>' for number in range(len(chapters)))
    nav = "<nav><ol><li><a href='text/two.xhtml#top'>第二章 灯台</a></li></ol></nav>"
    parts = {
        "META-INF/container.xml": "<container xmlns='urn:oasis:names:tc:opendocument:xmlns:container'><rootfiles>"
        "<rootfile full-path='OEBPS/book.opf'/></rootfiles></container>",
        "OEBPS/book.opf": "<package xmlns='http://www.idpf.org/2007/opf'><metadata "
        "xmlns:dc='http://purl.org/dc/elements/1.1/'><dc:title>海辺の町</dc:title></metadata><manifest>"
        f'<item id="nav" href="nav.xhtml" media-type="application/xhtml+xml" properties="nav"/>{items}</manifest>'
        f'<spine><itemref idref="nav"/>{spine}</spine></package>',
        "OEBPS/nav.xhtml": CHAPTER.format(nav),
        **{f"OEBPS/text/{name}": CHAPTER.format(body) for name, body in chapters.items()},
        **(extra or {}),
    }
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return path


def with_part(source: Path, target: Path, name: str, content: bytes) -> Path:
    """A copy of an archive with one part replaced."""
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as new:
        for part in old.namelist():
            new.writestr(part, content if part == name else old.read(part))
    return target
