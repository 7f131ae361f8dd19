"""What numerals are worth."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retriever.numerals import KANJI_DIGITS, era_year, kanji_value, roman_value
from retriever.text import number_values


def in_kanji(number: int) -> str:
    """A number from 1 to 9,999 in kanji, as Japanese writes it."""
    digits = f"{number:04}"
    parts = zip(digits, "千百十\0", strict=True)
    return "".join(("" if d == "1" and u != "\0" else KANJI_DIGITS[int(d)]) + u for d, u in parts if d != "0").strip(
        "\0"
    )


def in_roman(number: int) -> str:
    """A number from 1 to 399 in Roman numerals."""
    found = ""
    for value, letters in (
        (100, "C"),
        (90, "XC"),
        (50, "L"),
        (40, "XL"),
        (10, "X"),
        (9, "IX"),
        (5, "V"),
        (4, "IV"),
        (1, "I"),
    ):
        count, number = divmod(number, value)
        found += letters * count
    return found


@given(st.integers(1, 9999))
def test_kanji_numerals_count(number: int) -> None:
    assert kanji_value(in_kanji(number)) == number
    assert kanji_value("".join(KANJI_DIGITS[int(digit)] for digit in str(number))) == number


@given(st.integers(1, 399))
def test_roman_numerals_count(number: int) -> None:
    assert roman_value(in_roman(number)) == number
    assert roman_value(in_roman(number).lower()) == number


@pytest.mark.parametrize(
    ("era", "year", "gregorian"),
    [("明治", "元", 1868), ("昭和", "64", 1989), ("平成", "元", 1989), ("令和", "6", 2024)],
)
def test_years_of_eras(era: str, year: str, gregorian: int) -> None:
    assert era_year(era, year) == gregorian


def test_large_numbers_are_equal_however_they_are_written() -> None:
    assert number_values("2000億") == number_values("二千億") == ["200000000000"]
    assert number_values("令和6年") == ["2024"]
