"""PDFs as offices print them: a letterhead and subject line, numbered sections, notes, lists of works, wide tables."""

from pathlib import Path

import pytest
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import CIDFont
from reportlab.pdfgen.canvas import Canvas

from tests.ingest.made_pdfs import FONT, HEIGHT, SENTENCES, WIDTH, Placed, font, set_lines, wrapped, write
from tests.ingest.pdf.test_pdf_layout import parts, read

SUBJECT = "海辺の灯台の点検に関する要領の一部改正について（通知）"
LETTERHEAD: list[Placed] = [
    (310.0, 60.0, 10.0, "海灯第１０７号"),
    (290.0, 77.0, 10.0, "令和６年６月２８日"),
    (50.0, 94.0, 10.0, "各灯台守　殿"),
    (280.0, 111.0, 10.0, "海辺灯台局技術課長"),
    (80.0, 135.0, 10.0, SUBJECT),
]


def test_the_subject_line_of_a_letter_is_its_title(tmp_path: Path) -> None:
    text = wrapped("".join(SENTENCES[:4]), 50.0, 160.0, 32)
    document = read(write(tmp_path / "a.pdf", [[*LETTERHEAD, *text]]))
    assert document.title == SUBJECT
    assert ("paragraph", "".join(SENTENCES[:4])) in parts(document)
    assert [block.text for block in document.blocks[:2]] == ["海灯第１０７号", "令和６年６月２８日"]


_BODY = wrapped("".join(SENTENCES[:4]), 50.0, 260.0, 32)
_ENGLISH = [
    "The lamps along the coast are inspected every autumn by three engineers",
    "and a clerk of the harbour office.",
]


def lines(*texts: str) -> list[Placed]:
    """Lines in the size of the text, from the top of the page."""
    return [(50.0, 60.0 + 17 * place, 10.0, text) for place, text in enumerate(texts)]


@pytest.mark.parametrize(
    ("above", "title"),
    [
        # more of the letterhead after a line that could be a title
        (
            ("海灯第６７号", "令和６年６月28日", "各灯台部長　殿", "（町村の担当課扱い）", "海辺省灯台局長", SUBJECT),
            SUBJECT,
        ),
        (
            ("事務連絡", "令和６年１月１日", "都道府県", "各灯台主管課　御中", "特別区", "海辺省灯台局保安課", SUBJECT),
            SUBJECT,
        ),
        # the sender's office is no subject where a line of two ends as subjects do
        (
            (
                "海灯第６号",
                "令和６年３月29日",
                "灯台局長",
                "海辺の灯台の点検に関する要領の一部改正に",
                "ついて（通知）",
            ),
            SUBJECT,
        ),
    ],
)
def test_the_subject_line_comes_after_all_of_the_letterhead(above: tuple[str, ...], title: str, tmp_path: Path) -> None:
    assert read(write(tmp_path / "a.pdf", [[*lines(*above), *_BODY]])).title == title


@pytest.mark.parametrize(
    "above",
    [
        ("MEMORANDUM", "SUBJECT: Inspection of Coastal Lamps", "FROM: Ada Reed, Office of Lamps", "TO: All Regions"),
        ("Harbour Office", "To: All Regions From: Ada Reed Re: Inspection of Coastal Lamps"),
    ],
)
def test_a_memorandum_names_its_subject(above: tuple[str, ...], tmp_path: Path) -> None:
    text = [(50.0, 200.0 + 17 * place, 10.0, line) for place, line in enumerate(_ENGLISH)]
    assert read(write(tmp_path / "a.pdf", [[*lines(*above), *text]])).title == "Inspection of Coastal Lamps"


@pytest.mark.parametrize(
    ("above", "title"),
    [
        ([(80.0, 150.0, 20.0, "灯台の将来の検討会"), (120.0, 190.0, 20.0, "報　告　書")], "灯台の将来の検討会 報告書"),
        ([(50.0, 80.0, 20.0, "第２章　灯台と観光"), (50.0, 130.0, 14.0, "第１節　観光の現状")], "第２章　灯台と観光"),
        (
            [*lines("令和５年10月２日", "海辺大臣　殿", "海辺灯台の会"), (80.0, 150.0, 14.0, "灯台の保存に関する提言")],
            "灯台の保存に関する提言",
        ),
    ],
)
def test_the_title_of_a_report_a_chapter_and_a_proposal(above: list[Placed], title: str, tmp_path: Path) -> None:
    assert read(write(tmp_path / "a.pdf", [[*above, *_BODY]])).title == title


@pytest.mark.parametrize("number", ["第{}", "第{}条関係"])
def test_numbered_sections_in_the_size_of_the_text_are_headings(number: str, tmp_path: Path) -> None:
    page: list[Placed] = [*LETTERHEAD, *wrapped("".join(SENTENCES[:3]), 50.0, 160.0, 32)]
    heights = (230.0, 330.0, 430.0)
    headings = [
        f"{number.format(digit)}　{name}" for digit, name in zip("１２３", ("趣旨", "対象", "費用"), strict=True)
    ]
    for y, heading in zip(heights, headings, strict=True):
        page += [(50.0, y, 10.0, heading), *wrapped("".join(SENTENCES[1:5]), 50.0, y + 17, 32)]
    document = read(write(tmp_path / "a.pdf", [page]))
    assert [block.text for block in document.blocks if block.kind == "heading"] == headings


def test_a_note_whose_number_has_no_space_stays_out_of_the_sentence(tmp_path: Path) -> None:
    cut = SENTENCES[0] + "点検には三人の技師と"
    first: list[Placed] = [*wrapped("".join(SENTENCES), 50.0, 80.0, 32), *wrapped(cut, 50.0, 400.0, 32)]
    first.append((50.0, 540.0, 7.5, f"1{SENTENCES[2]}"))
    rest = "一人の記録係が立ち会う。" + SENTENCES[3]
    document = read(write(tmp_path / "a.pdf", [first, [(50.0, 80.0, 10.0, rest)]]))
    assert any(block.kind == "footnote" and SENTENCES[2] in block.text for block in document.blocks)
    assert any(cut + rest in block.text for block in document.blocks)


def test_a_number_below_the_columns_of_vertical_writing_stays_out_of_the_sentence(tmp_path: Path) -> None:
    canvas = Canvas(str(tmp_path / "a.pdf"), pagesize=(WIDTH, HEIGHT))
    face = CIDFont(FONT, "UniJIS-UCS2-V")
    pdfmetrics.registerFont(face)
    canvas.setFont(face.fontName, 10)
    text = "".join(SENTENCES[:4])
    columns = [text[start : start + 30] for start in range(0, len(text), 30)]
    for index, column in enumerate(columns):
        canvas.drawString(360 - 18 * index, HEIGHT - 60, column.encode("utf-16-be").decode("latin-1"))
    canvas.setFont("Helvetica", 9)
    canvas.drawString(360 - 18 - 2.5, HEIGHT - 400, "7")  # below the second column
    canvas.showPage()
    canvas.save()
    assert text in read(tmp_path / "a.pdf").text


def test_a_border_between_close_cells_does_not_cut_words(tmp_path: Path) -> None:
    rows = [
        ("区分", "内容", "割合"),
        ("旅費", "灯台まで船で行く者の旅費の全額とその日の", "3/10"),
        ("委託", "鏡の手入れ", "2/10"),
    ]
    canvas = Canvas(str(tmp_path / "a.pdf"), pagesize=(WIDTH, HEIGHT))
    edges = [50.0, 110.0, 317.0, 370.0]
    font(canvas, 10)
    for index, line in enumerate(SENTENCES):
        canvas.drawString(50, HEIGHT - 60 - 17 * index, line)
    canvas.grid(edges, [HEIGHT - 200 - 20 * edge for edge in range(4)])
    for y, row in enumerate(rows):
        for x, cell in zip(edges, row, strict=False):
            canvas.drawString(x + 4, HEIGHT - 214 - 20 * y, cell)
    canvas.showPage()
    canvas.save()
    cells = [dict(block.cells) for block in read(tmp_path / "a.pdf").blocks if block.kind == "table_row"]
    assert cells == [dict(zip(rows[0], row, strict=True)) for row in rows[1:]]


def test_a_year_at_the_start_of_a_line_numbers_no_entries(tmp_path: Path) -> None:
    entries = (
        ("岬太郎（2017）「灯台の光の届く距離とその測り方について」『海辺の研究』", "13号，pp.21-35．"),
        ("浜花子（2019）「古い灯台の鏡を磨く技師の仕事に関する覚書」『港の科学』", "7巻2号，10-18頁．"),
        ("沖次郎（2020）『灯台の一年』灯台書房．",),
        ("磯三郎（2021）「霧の夜に鳴らす笛の高さと沖合の船の距離の関係」『海辺』", "9号，pp.1-5．"),
    )
    page: list[Placed] = [*wrapped("".join(SENTENCES[:4]), 50.0, 60.0, 32), (50.0, 160.0, 12.0, "参考文献")]
    y = 185.0
    for entry in entries:
        for index, line in enumerate(entry):
            page.append((66.0 if index else 50.0, y, 8.0, line))
            y += 11.5
    document = read(write(tmp_path / "a.pdf", [page]))
    assert [block.text for block in document.blocks if block.kind == "entry"] == ["".join(entry) for entry in entries]


def test_a_page_in_latin_has_its_lines_in_italics_as_one_title(tmp_path: Path) -> None:
    roman, italic = "Times-Roman", "Times-Italic"
    lines = [(50.0, 80.0, roman, 10.0, "The lamps of the coast have burnt for a long time, as people say.")]
    lines += [(50.0, 110.0, "Times-Bold", 13.0, "References")]
    lines += [(50.0, 130.0, roman, 10.0, "[1] Fenn, I. (2003)."), (140.0, 130.0, italic, 10.0, "The lens and the")]
    lines += [(66.0, 142.0, italic, 10.0, "people who clean it"), (147.0, 142.0, roman, 10.0, ". Tern Press.")]
    lines += [
        (50.0, 160.0, roman, 10.0, "[2] Moss, R. (2014). Lamps of the north."),
        (230.0, 160.0, italic, 10.0, "Acta Nautica"),
    ]
    lines += [(284.0, 160.0, roman, 10.0, ", 12, 4.")]
    document = read(set_lines(tmp_path / "a.pdf", [lines]))
    italics = [block.italics for block in document.blocks if block.kind == "entry"]
    assert italics == [("The lens and the people who clean it",), ("Acta Nautica",)]
