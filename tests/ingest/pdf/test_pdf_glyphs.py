"""Glyphs that share one place: ligatures, dashes of two ems, letters drawn twice."""

from ingest.pdf.layout.glyphs import join_at_one_place
from ingest.pdf.page import Glyph


def glyph(text: str, width: float) -> Glyph:
    """A glyph of 10 points at one place."""
    return Glyph(text, 50, 50 + width, 100, 10, left=50, right=50 + width, advance=width)


def test_a_dash_of_two_ems_stands_for_the_two_dashes_that_the_file_names() -> None:
    joined = join_at_one_place(glyph("―", 20), glyph("―", 20))
    assert joined is not None
    assert joined.text == "――"


def test_a_letter_drawn_twice_to_look_bold_is_one() -> None:
    joined = join_at_one_place(glyph("港", 10), glyph("港", 10))
    assert joined is not None
    assert joined.text == "港"


def test_a_ligature_holds_its_letters() -> None:
    joined = join_at_one_place(glyph("f", 3), glyph("i", 6))
    assert joined is not None
    assert joined.text == "fi"


def test_two_t_as_one_wide_glyph_are_a_ligature_and_not_drawn_twice() -> None:
    first = Glyph("t", 10.0, 16.2, 100.0, 10.0, left=10.0, right=16.0, advance=6.2)
    joined = join_at_one_place(first, first)
    assert joined is not None
    assert joined.text == "tt"
