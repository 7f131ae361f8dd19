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
Line = tuple[float, float, str, float, str]


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


def two_columns(*more: Line) -> list[Line]:
    """Two columns of text on one grid of baselines, written one after the other as typesetters do."""
    return [*more, *column(LEFT, 40, 150, 38), *column(RIGHT, 220, 150, 38)]


def set_in(size: float, x: float, y: float, step: float, texts: Sequence[str]) -> list[Line]:
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
PAGES: dict[str, list[Line]] = {
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


def _draw(canvas: Canvas, lines: Sequence[Line]) -> None:
    for x, y, face, size, text in lines:
        canvas.setFont(face, size)
        canvas.drawString(x, HEIGHT - y, text)


@pytest.mark.parametrize("name", SEEN)
def test_sentences_of_real_documents_run_as_their_pages_do(name: str) -> None:
    path = REAL / f"{name}.pdf"
    if not path.exists():
        pytest.skip(f"{path} is not here: unpack it from Debian's packages (see tests/benchmarks/LOG.md)")
    assert broken(path) == []
