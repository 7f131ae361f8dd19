"""Words of questions: lists in TOML whose patterns share numerals, eras and titles; and numerals."""

import re
import tomllib
from collections.abc import Mapping
from functools import lru_cache, partial
from pathlib import Path
from typing import Any

from retriever.numerals import (
    ERAS,
    KANJI_DIGITS,
    KANJI_NUMERALS,
    KANJI_TO_99,
    LARGE_UNITS,
    MONTHS,
    NUMBER_WORDS,
    SCALE_WORDS,
    kanji_value,
    roman_value,
)
from retriever.text import fold

LAST = -1  # the number of "the last one"
_SOURCE_SIGNS = Path(__file__).with_name("source_signs.toml")
# Placeholders for patterns: kanji numerals as the inside of a character class, the others as alternatives.
_SHARED = {
    "digits": KANJI_DIGITS[1:],
    "below_100": KANJI_TO_99,
    "numerals": KANJI_NUMERALS + "".join(LARGE_UNITS),
    "eras": ERAS,
    "months": "|".join(MONTHS).lower(),
    "numbers": "|".join([*[*NUMBER_WORDS][1:], *SCALE_WORDS]),  # "one" is a pronoun more often
}


def read_words(path: Path) -> dict[str, Any]:
    """The tables of a TOML file, with {digits}, {below_100}, {numerals}, {eras}, {months} and {numbers} filled in.

    A table [titles] of the file itself may define further names: {offices} is its `offices`.
    """
    data = tomllib.loads(path.read_text(encoding="utf-8"))
    filled: dict[str, Any] = _filled(data, {**_SHARED, **data.get("titles", {})})
    return filled


def _filled(value: Any, lists: Mapping[str, str]) -> Any:
    if isinstance(value, str):
        for name, listed in lists.items():
            value = value.replace(f"{{{name}}}", listed)
        return value
    if isinstance(value, dict):
        return {key: _filled(inner, lists) for key, inner in value.items()}
    return [_filled(inner, lists) for inner in value] if isinstance(value, list) else value


# Compiles a pattern of answer_forms.toml once; in ASCII mode, as a Latin word ends where Japanese begins.
compiled = lru_cache(maxsize=512)(partial(re.compile, flags=re.ASCII))


@lru_cache(maxsize=1)
def source_signs() -> dict[str, Any]:
    """The tables of source_signs.toml."""
    return tomllib.loads(_SOURCE_SIGNS.read_text(encoding="utf-8"))


@lru_cache(maxsize=1)
def places() -> dict[str, int]:
    """The numbers of the words for a place in a list, in four languages: third is 3, 最後 is LAST."""
    listed = [words.split() for words in source_signs()["places"].values()]
    return {word: place for place, words in zip([*range(1, len(listed)), LAST], listed, strict=True) for word in words}


def numeral_value(numeral: str) -> int:
    """The number that a numeral of a question stands for: 5, 五, IV, fourth, three, 세; LAST for the last one."""
    if numeral.isdigit():
        return int(numeral)
    word = numeral.lower()
    known = places().get(word) or NUMBER_WORDS.get(word)
    if known:
        return known
    return roman_value(word) if word.isascii() else kanji_value(numeral)


def any_word(listed: str) -> re.Pattern[str]:
    """Any of the words in a list: a Latin word as a whole, others wherever they stand."""
    folded = [fold(word) for word in listed.split()]
    latin = [word for word in folded if word.isascii()]
    others = sorted((word for word in folded if not word.isascii()), key=len, reverse=True)
    return re.compile("|".join([*map(re.escape, others), rf"(?<![a-z])(?:{'|'.join(latin)})(?![a-z])"]))
