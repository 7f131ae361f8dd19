"""Formulas inside sentences: fractions and stacked letters come into their line, in the order of the file."""

from pathlib import Path

from reportlab.pdfgen.canvas import Canvas

from ingest.document import Block
from ingest.loaders import Limits, load
from tests.ingest.made_pdfs import HEIGHT, WIDTH, column, set_lines

FACE, SIZE = "Times-Roman", 10.0


def blocks_of(path: Path) -> list[Block]:
    """The blocks of a PDF."""
    return list(load(path, limits=Limits()).documents[0].blocks)


def page(path: Path) -> Canvas:
    """A page with a paragraph at its foot, by which the usual size is told."""
    canvas = Canvas(str(path), pagesize=(WIDTH, HEIGHT))
    canvas.setFont(FACE, SIZE)
    for index in range(12):
        canvas.drawString(
            50, 300 - 12 * index, f"Line {index} of the text says that the lamp is lit at night by a man."
        )
    return canvas


def write(canvas: Canvas, x: float, y: float, text: str, size: float = SIZE) -> float:
    """Draws a text and returns where it ends."""
    canvas.setFont(FACE, size)
    canvas.drawString(x, y, text)
    return float(x + canvas.stringWidth(text, FACE, size))


def with_fraction(path: Path, above: str, below: str, size: float = SIZE) -> Path:
    """A sentence with a fraction, its bar a quarter em above the baseline."""
    canvas = page(path)
    end = write(canvas, 50, 500, "The slope of the wall is ")
    width = max(canvas.stringWidth(part, FACE, size) for part in (above, below))
    write(canvas, end + (width - canvas.stringWidth(above, FACE, size)) / 2, 506.5, above, size)
    write(canvas, end + (width - canvas.stringWidth(below, FACE, size)) / 2, 493.5 - (size - 7) / 3, below, size)
    canvas.setLineWidth(0.4)
    canvas.line(end, 502.5, end + width, 502.5)
    write(canvas, end + width + 1, 500, ", as the plan shows.")
    canvas.save()
    return path


def test_a_fraction_stays_in_its_sentence(tmp_path: Path) -> None:
    texts = [block.text for block in blocks_of(with_fraction(tmp_path / "a.pdf", "a", "b"))]
    assert "The slope of the wall is a/b, as the plan shows." in texts


def test_a_small_fraction_of_several_terms_is_bracketed(tmp_path: Path) -> None:
    texts = [block.text for block in blocks_of(with_fraction(tmp_path / "a.pdf", "a+b", "2c", 7))]
    assert "The slope of the wall is (a+b)/2c, as the plan shows." in texts


def test_a_line_under_words_is_no_fraction(tmp_path: Path) -> None:
    canvas = page(tmp_path / "a.pdf")
    end = write(canvas, 50, 500, "The lamp is lit by ")
    right = write(canvas, end, 500, "one man")
    canvas.line(end, 498.5, right, 498.5)
    write(canvas, right, 500, " and the next line follows it")
    write(canvas, 50, 488, "in the usual distance, so that the line is between two lines.")
    canvas.save()
    sentence = "The lamp is lit by one man and the next line follows it in the usual distance, so that the line is"
    assert any(block.text.startswith(sentence) for block in blocks_of(tmp_path / "a.pdf"))


def test_limits_above_and_below_a_sign_stay_in_their_line(tmp_path: Path) -> None:
    canvas = page(tmp_path / "a.pdf")
    end = write(canvas, 50, 500, "The sum of all is S = ")
    write(canvas, end, 509, "n", 7)
    write(canvas, end, 491, "k", 7)
    write(canvas, end + 6, 500, "w for the whole wall.")
    canvas.save()
    assert "The sum of all is S = n k w for the whole wall." in [block.text for block in blocks_of(tmp_path / "a.pdf")]


def test_a_mirrored_letter_stays_in_its_word(tmp_path: Path) -> None:
    canvas = page(tmp_path / "a.pdf")
    end = write(canvas, 50, 500, "It was set with X")
    width = canvas.stringWidth("E", FACE, SIZE)
    canvas.saveState()
    canvas.transform(-1, 0, 0, 1, end + width, 498)
    write(canvas, 0, 0, "E")
    canvas.restoreState()
    write(canvas, end + width, 500, "TeX on one day.")
    canvas.save()
    assert "It was set with XETeX on one day." in [block.text for block in blocks_of(tmp_path / "a.pdf")]


def test_a_line_of_an_equation_in_large_print_is_no_heading(tmp_path: Path) -> None:
    canvas = page(tmp_path / "a.pdf")
    write(canvas, 50, 500, "tan² θ + 1 = b ± c", 13)
    canvas.save()
    assert not [block for block in blocks_of(tmp_path / "a.pdf") if block.kind == "heading"]


def test_an_accent_drawn_by_itself_joins_the_letter_below_it(tmp_path: Path) -> None:
    canvas = page(tmp_path / "a.pdf")
    end = write(canvas, 50, 500, "The keeper was Sch")
    after = write(canvas, end, 500, "opf of the tower.")
    assert after > end
    canvas.setFont(FACE, SIZE)
    middle = end + canvas.stringWidth("o", FACE, SIZE) / 2
    canvas.drawString(middle - canvas.stringWidth("¨", FACE, SIZE) / 2, 500, "¨")
    canvas.save()
    assert "The keeper was Schöpf of the tower." in [block.text for block in blocks_of(tmp_path / "a.pdf")]


def test_the_logo_of_latex_in_large_print_is_one_word(tmp_path: Path) -> None:
    canvas = page(tmp_path / "a.pdf")
    end = write(canvas, 50, 500, "L", 24.8)
    end = write(canvas, end - 10, 502.9, "A", 20.7)
    write(canvas, end - 4, 500, "TEX for keepers", 24.8)
    canvas.save()
    headings = [block.text for block in blocks_of(tmp_path / "a.pdf") if block.kind == "heading"]
    assert headings == ["LATEX for keepers"]


def test_the_rest_of_two_columns_at_the_head_of_a_page_is_read_by_columns(tmp_path: Path) -> None:
    words = "The lamp of the old tower burns all night and turns once in ten seconds and its keeper trims the wick. "
    wide = "After this the text goes over the whole width of the page and is set in one column. "
    rest = column(words * 2, 40, 60, 36)[:4], column(words.upper() * 2, 225, 62, 30)[:4]
    pages = [
        [*column(words * 12, 40, 60, 36), *column(words * 12, 225, 60, 36)],
        [*rest[0], *rest[1], *column(wide * 8, 40, 150, 80)],
    ]
    text = load(set_lines(tmp_path / "a.pdf", pages), limits=Limits()).documents[0].text
    for side in rest:
        assert " ".join(line for *_, line in side) in text
