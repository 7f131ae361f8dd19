"""The law of reading: each sentence of a passage is a contiguous run of its page's text, in the page's own order."""

import tempfile
import unicodedata
from collections.abc import Sequence
from pathlib import Path

import pypdfium2 as pdfium
import pytest
from reportlab.pdfgen.canvas import Canvas

from ingest.document import Document
from ingest.loaders import Limits, load
from ingest.passages import cut
from ingest.text import repair, split_sentences
from tests.ingest.made_pdfs import HEIGHT, WIDTH, column, set_lines

LEFT = (
    "The lamp of the old tower burns all night and turns once in ten seconds. Its keeper trims the wick at dusk and "
    "writes the hour into the book. Nobody has ever seen it fail in a storm from the west. The oil comes by boat from "
    "the port on the first day of each month."
)
RIGHT = (
    "The fog horn stands below the cliff and sounds twice each minute in mist. Fishermen steer by its voice when the "
    "light is hidden from the sea. A second horn was added after the wreck of a barge. It is tested on Sundays before "
    "the village goes to church."
)
WIDE = "This summary of the year stands over both of the columns and is as wide as the page is, from edge to edge."
REAL = Path(tempfile.gettempdir()) / "pdfs" / "dev"
SEEN = ("jlreq-ja", "longsample", "jieeetran")  # Debian's, where they were unpacked: see tests/benchmarks/LOG.md
TextLine = tuple[float, float, str, float, str]


def flat(text: str) -> str:
    """Text without white space, hyphens and raised digits' looks, for comparison."""
    plain = unicodedata.normalize("NFKC", repair(text))
    return "".join(character for character in plain if not character.isspace() and character not in "-\u00ad\x02\ufffe")


def read(path: Path) -> Document:
    """The document of a PDF."""
    return load(path, limits=Limits()).documents[0]


def broken(path: Path) -> list[str]:
    """The sentences of passages that are no contiguous run of their pages' text in PDFium's order.

    A sentence over a column's or a page's end may be two runs.
    """
    with pdfium.PdfDocument(path) as pdf:
        pages = [flat(page.get_textpage().get_text_range()) for page in pdf]
    found = []
    for passage in cut(read(path)):
        if passage.kind not in {"paragraph", "list_item", "footnote"}:
            continue
        numbers = [page for _, page in passage.page_starts]
        text = "".join(pages[min(numbers) - 1 : max(numbers) + 1])
        found += [sentence for sentence in split_sentences(passage.text) if not _is_run(flat(sentence), text)]
    return found


def _is_run(sentence: str, text: str) -> bool:
    if sentence in text:
        return True
    return any(sentence[:cut] in text and sentence[cut:] in text for cut in range(8, len(sentence) - 7))


def two_columns(*more: TextLine) -> list[TextLine]:
    """Two columns of text on one grid of baselines, written one after the other as typesetters do."""
    return [*more, *column(LEFT, 40, 150, 38), *column(RIGHT, 220, 150, 38)]


def set_in(size: float, x: float, y: float, step: float, texts: Sequence[str]) -> list[TextLine]:
    """Texts below each other."""
    return [(x, y + step * index, "Times-Roman", size, text) for index, text in enumerate(texts)]


FOOTNOTES = (
    *set_in(7.0, 40, 560, 9, ["1) The keeper lives at the tower."]),
    *set_in(7.0, 220, 560, 9, ["2) The horn was made in Hull."]),
)
NAMES = ("Jane Doe", "Port of Westhaven", "Institute of Lamps", "Quay Street 7", "Westhaven")
CHAPTERS = (
    "1 Part of the lamp",
    "2 Part of the oil",
    "3 Part of the horn",
    "4 Part of the boats",
    "5 Part of the keeper",
)
PAGES: dict[str, list[TextLine]] = {
    "a summary over both columns": two_columns(*column(WIDE * 2, 40, 90, 76)),
    "footnotes in both columns": [*two_columns(), *FOOTNOTES],
    "a block of names beside a summary": [
        *set_in(8.0, 40, 60, 10, NAMES),
        *column(WIDE * 3, 160, 60, 50),
        *two_columns(),
    ],
    "a column of contents": [
        *set_in(9.0, 40, 150, 16, CHAPTERS),
        *set_in(9.0, 190, 150, 16, "12345"),
        *column(RIGHT * 2, 220, 150, 38),
    ],
}


@pytest.mark.parametrize("name", PAGES)
def test_sentences_run_as_the_page_does(name: str, tmp_path: Path) -> None:
    path = set_lines(tmp_path / "a.pdf", [PAGES[name]])
    assert broken(path) == []


@pytest.mark.parametrize("name", PAGES)
def test_no_sentence_is_lost(name: str, tmp_path: Path) -> None:
    text = flat(read(set_lines(tmp_path / "a.pdf", [PAGES[name]])).text)
    wanted = split_sentences(RIGHT) if "contents" in name else [*split_sentences(LEFT), *split_sentences(RIGHT)]
    assert [sentence for sentence in wanted if flat(sentence) not in text] == []


@pytest.mark.parametrize("place", [95.0, 420.0])
def test_a_table_over_both_columns_takes_no_text_of_theirs(place: float, tmp_path: Path) -> None:
    path = tmp_path / "a.pdf"
    canvas = Canvas(str(path), pagesize=(WIDTH, HEIGHT))
    _draw(canvas, two_columns())
    for row in range(4):
        canvas.line(40, HEIGHT - place - 14 * row, 380, HEIGHT - place - 14 * row)
    for row, cells in enumerate((("Year", "Nights lit", "Wrecks"), ("1901", "365", "2"), ("1902", "364", "0"))):
        _draw(
            canvas, [(50.0 + 120 * i, place + 11 + 14 * row, "Times-Roman", 9.0, cell) for i, cell in enumerate(cells)]
        )
    canvas.save()
    assert broken(path) == []
    rows = [dict(block.cells) for block in read(path).blocks if block.kind == "table_row"]
    assert rows == [
        {"Year": "1901", "Nights lit": "365", "Wrecks": "2"},
        {"Year": "1902", "Nights lit": "364", "Wrecks": "0"},
    ]


def test_rules_above_and_below_columns_make_no_table_of_them(tmp_path: Path) -> None:
    path = tmp_path / "a.pdf"
    canvas = Canvas(str(path), pagesize=(WIDTH, HEIGHT))
    _draw(canvas, column((LEFT + " " + RIGHT) * 2, 40, 150, 78))
    for y in (100, 130, 480):
        canvas.line(40, HEIGHT - y, 380, HEIGHT - y)
    canvas.save()
    assert {block.kind for block in read(path).blocks} == {"paragraph"}
    assert broken(path) == []


def _draw(canvas: Canvas, lines: Sequence[TextLine]) -> None:
    for x, y, face, size, text in lines:
        canvas.setFont(face, size)
        canvas.drawString(x, HEIGHT - y, text)


@pytest.mark.parametrize("name", SEEN)
def test_sentences_of_real_documents_run_as_their_pages_do(name: str) -> None:
    path = REAL / f"{name}.pdf"
    if not path.exists():
        pytest.skip(f"{path} is not here: unpack it from Debian's packages (see tests/benchmarks/LOG.md)")
    assert broken(path) == []


def test_line_numbers_between_columns_are_left_out(tmp_path: Path) -> None:
    sides = [column(LEFT * 2, 40, 100, 34), column(RIGHT * 2, 225, 100, 34)]
    lines = [*column(WIDE, 40, 60, 90), *(line for side in sides for line in side)]
    for count, (x, y, *_) in enumerate((line for side in sides for line in side), 1):
        if count % 3 == 0:
            lines.append((x - 10, y, "Times-Roman", 5.0, str(count)))
    document = read(set_lines(tmp_path / "a.pdf", [lines]))
    assert flat(document.text) == flat(WIDE + LEFT * 2 + RIGHT * 2)


def test_numbers_of_rows_and_raised_numbers_of_entries_are_kept(tmp_path: Path) -> None:
    names = ["Tern", "Gull", "Auk", "Heron", "Puffin", "Skua", "Petrel", "Gannet"]
    rows: list[TextLine] = column(LEFT, 40, 60, 70)
    for count, name in enumerate(names, 1):
        y = 120.0 + 14 * count
        rows += [(40.0, y, "Times-Roman", 7.0, str(count)), (60.0, y, "Times-Roman", 7.0, f"{name} Rock, lit all year")]
    rows += column(RIGHT, 40, 300, 70)
    text = " ".join(block.text for block in read(set_lines(tmp_path / "a.pdf", [rows])).blocks)
    assert all(f"{count} {name}" in text.replace("\t", " ") for count, name in enumerate(names, 1))


def test_small_notes_in_the_margin_are_not_part_of_the_lines_beside_them(tmp_path: Path) -> None:
    lines = column(LEFT + " " + RIGHT, 120, 100, 50)
    lines += [(60.0, 110.8, "Helvetica", 8.0, "lamp and oil"), (60.0, 143.2, "Helvetica", 8.0, "horn of fog")]
    document = read(set_lines(tmp_path / "a.pdf", [lines]))
    assert document.blocks[0].text == "lamp and oil horn of fog"
    assert flat("".join(block.text for block in document.blocks[1:])) == flat(LEFT + RIGHT)


def test_the_index_of_a_book_is_left_out(tmp_path: Path) -> None:
    words = [f"keeper of tower {letter}, {page}, {page + 7}" for page, letter in enumerate("abcdefghijkl", 3)]
    index = [(60.0, 90.0 + 12 * place, "Times-Roman", 9.0, word) for place, word in enumerate(words)]
    last = [(40.0, 60.0, "Times-Bold", 14.0, "Index"), *index, (40.0, 300.0, "Times-Bold", 14.0, "Colophon")]
    last += column(RIGHT, 40, 330, 70)
    document = read(set_lines(tmp_path / "a.pdf", [column(LEFT, 40, 60, 70), last]))
    assert "keeper of tower" not in document.text
    assert "Index" not in document.text
    assert flat(RIGHT) in flat(document.text)
