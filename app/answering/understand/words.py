"""Read the word lists of questions (TOML files whose patterns share numerals, eras and titles), and numerals."""

import re
import tomllib
from collections.abc import Iterable, Mapping
from functools import lru_cache, partial
from pathlib import Path
from typing import Any

from app.answering.types import LAST_SECTION
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
_OVERVIEW_SIGNS = Path(__file__).with_name("overview_signs.toml")
_NUMBER = rf"[0-9{KANJI_NUMERALS}]{{1,3}}"
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
    """A pattern for any word of a space-separated list: Latin words as whole words, others anywhere."""
    folded = [fold(word) for word in listed.split()]
    latin = [word for word in folded if word.isascii()]
    others = sorted((word for word in folded if not word.isascii()), key=len, reverse=True)
    return re.compile("|".join([*map(re.escape, others), rf"(?<![a-z])(?:{'|'.join(latin)})(?![a-z])"]))


def bare(text: str) -> str:
    """A folded text without spaces and punctuation at its ends."""
    return fold(text).strip(" ?？。.!！")


def sign(name: str) -> re.Pattern[str]:
    """The pattern of overview_signs.toml with this name, the first if there are several."""
    return signs()[name][0]


@lru_cache(maxsize=1)
def signs() -> dict[str, list[re.Pattern[str]]]:
    """The patterns of overview_signs.toml by their names."""
    data = tomllib.loads(_OVERVIEW_SIGNS.read_text(encoding="utf-8"))
    patterns = {name: [texts] if isinstance(texts, str) else texts for name, texts in data.items()}
    return {
        name: [re.compile(text.replace("\n", "").replace("{number}", _NUMBER)) for text in texts]
        for name, texts in patterns.items()
    }


def sections_in(folded: str) -> list[re.Match[str]]:
    """The places where a folded text names a section by its number, then those where it names the last section."""
    return list(sign("section").finditer(folded)) + list(sign("last_section").finditer(folded))


def number_of(match: re.Match[str]) -> tuple[int, ...]:
    """The number of the section that a match names."""
    numeral = next(filter(None, match.groups()), "")
    return tuple(map(numeral_value, numeral.split("."))) if numeral else LAST_SECTION


def cut_out(text: str, matches: Iterable[re.Match[str]]) -> str:
    """A text with each match replaced by a space."""
    for match in sorted(matches, key=re.Match.start, reverse=True):
        text = text[: match.start()] + " " + text[match.end() :]
    return text


def each_section(folded: str) -> str:
    """A folded text that names each section of a list singly: sections 2 and 3 → section 2 and section 3."""
    for pattern in signs()["section_list"]:
        folded = pattern.sub(_singly, folded)
    return folded


def _singly(several: re.Match[str]) -> str:
    words = several.groupdict("")
    before, after = words.get("before", ""), words.get("after", "")
    before, after = before and f"{before} ", f" {after}" if after.isascii() and after else after
    return sign("section_numeral").sub(lambda numeral: f"{before}{numeral.group()}{after}", words["numerals"])


def section_number(name: str) -> tuple[int, ...]:
    """The number in the name of a section (第2節, section 2.1, the last section); () if it has none."""
    matches = sections_in(fold(name))
    return number_of(matches[0]) if matches else ()


def section_name(name: str) -> tuple[str, bool]:
    """The folded heading in the name of a section (the results section of this paper); whether it says "section"."""
    whole = sign("of_document").sub("", bare(name)).strip(" 「」『』“”\"'")
    heading = sign("section_word").sub("", whole)
    return heading.removeprefix("the ").strip(" 「」『』“”\"'"), heading != whole
