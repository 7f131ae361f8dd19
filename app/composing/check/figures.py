"""The figures of a text: values with their units, written in digits, kanji or letters, in any of four languages."""

import re
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

from retriever.text import ERA_YEAR, KANJI_DIGITS, KANJI_NUMERALS, LARGE_UNITS, era_year, fold, kanji_value, morphemes

_WORDS = Path(__file__).with_name("words.toml")
_KANJI_NUMBER = re.compile(f"[{KANJI_DIGITS[0]}{KANJI_NUMERALS}]++")
_NUMBER = re.compile(r"(?<![\d.])\d++(?:\.\d++)?")
_HANGUL_SCALES = {"만": 10**4, "억": 10**8, "조": 10**12}
_OTHER_SCALES = {"萬": 10**4, "亿": 10**8, "千": 10**3, "百": 10**2}  # the last two after digits: 2千人
_SCALE = re.compile(rf"\s?([{''.join((*LARGE_UNITS, *_HANGUL_SCALES, *_OTHER_SCALES))}])")
_LETTERS = re.compile(r"[^\W\d_]+")
_KANJI = re.compile(r"[\u4e00-\u9fff]")
_CURRENCIES = {"$": "dollar", "¥": "yen", "€": "euro", "₩": "won"}
_TENS = re.compile(
    r"\b(twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety)-(one|two|three|four|five|six|seven|eight|nine)\b"
)
_DIGITS = ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
_LONGEST_UNIT = 16  # characters after a number in which its unit is looked for


@dataclass(frozen=True, slots=True)
class Figure:
    """A value as it is written in decimal without needless zeros, and its unit: a name of words.toml, or letters.

    `unit` is "" where none is written. `known` tells a unit of words.toml from the kanji that happens to follow.
    """

    value: str
    unit: str = ""
    known: bool = False

    def agrees(self, other: "Figure") -> bool:
        """Whether both may be the same figure: equal values, and units that do not contradict each other."""
        if self.value != other.value:
            return False
        return self.known != other.known or self.unit == other.unit or not (self.unit and other.unit)


@lru_cache(maxsize=256)  # a sentence is compared with several spans, a span with several sentences
def figures(text: str) -> tuple[Figure, ...]:
    """The figures of a text in their order; equal ones as often as they stand there."""
    return tuple(_figures(_in_digits(fold(text))))


def lacking_figure(told: Sequence[Figure], written: Sequence[Figure]) -> Figure | None:
    """The first figure told that is not written, or less often than it is told."""
    left = list(written)
    for figure in told:
        same = next((other for other in left if figure.agrees(other)), None)
        if same is None:
            return figure
        left.remove(same)
    return None


def _figures(folded: str) -> Iterator[Figure]:
    place = 0
    while match := _NUMBER.search(folded, place):
        value, place = float(match.group()), match.end()
        currency = _CURRENCIES.get(folded[match.start() - 1 : match.start()], "")
        whole = match.group() if "." in match.group() else ""
        while scale := _scale(folded, place):
            factor, place = scale
            value, whole = value * factor, ""
            rest = _NUMBER.match(folded, place)
            following = _scale(folded, rest.end()) if rest else None
            if rest and following and following[0] < factor:  # 1億2000万
                value, place = value + float(rest.group()) * following[0], following[1]
        unit, known = (currency, True) if currency else _unit(folded[place : place + _LONGEST_UNIT])
        yield Figure(whole.rstrip("0").rstrip(".") if whole else _decimal(value), unit, known)


def _scale(folded: str, place: int) -> tuple[float, int] | None:
    """The factor that is written at `place`, and where it ends: 億, million."""
    if match := _SCALE.match(folded, place):
        return float((LARGE_UNITS | _HANGUL_SCALES | _OTHER_SCALES)[match[1]]), match.end()
    blank = folded[place : place + 1] in {" ", "-"}
    word = _LETTERS.match(folded, place + blank)
    if word and word.group() in word_lists()["english_scales"]:
        return float(word_lists()["english_scales"][word.group()]), word.end()
    return None


def _decimal(value: float) -> str:
    return f"{value:.6f}".rstrip("0").rstrip(".")


def _unit(after: str) -> tuple[str, bool]:
    """The unit that `after` begins with, and whether it is known; else the kanji."""
    stripped = after.lstrip(" -")
    for form, name in _units():
        if stripped.startswith(form) and not (form[-1].isascii() and form[-1].isalpha() and _goes_on(stripped, form)):
            return name, True
    return (stripped[0], False) if _KANJI.match(stripped) else ("", False)


def _goes_on(text: str, form: str) -> bool:
    after = text[len(form) : len(form) + 1]
    return after.isascii() and after.isalpha()


def _in_digits(folded: str) -> str:
    """Eras as years, numbers in kanji and in English letters as digits, months as numbers."""
    plain = ERA_YEAR.sub(lambda match: f"{era_year(match[1], match[2])}年", folded)
    plain = _TENS.sub(lambda match: str(word_lists()["english_numbers"][match[1]] + _DIGITS.index(match[2]) + 1), plain)
    plain = _LETTERS.sub(_english, plain)
    if not _KANJI_NUMBER.search(plain):
        return plain
    parts, end = [], 0
    for start, stop in _kanji_numbers(plain):
        parts += [plain[end:start], str(kanji_value(plain[start:stop]))]
        end = stop
    return "".join([*parts, plain[end:]])


def _kanji_numbers(text: str) -> Iterator[tuple[int, int]]:
    """Where numbers are written in kanji: what Sudachi takes for a numeral (not 一般, 三菱)."""
    for morpheme in morphemes(text, short=True):
        start, end = morpheme.start, morpheme.end
        is_number = morpheme.pos[1] == "数詞" and _KANJI_NUMBER.fullmatch(morpheme.surface)
        is_scale = text[start - 1 : start].isdigit()
        is_counted = end - start > 1 or _KANJI.match(text, end) or text[start - 1 : start] == "第"  # not 世界一の
        if is_number and not is_scale and is_counted:
            yield start, end


def _english(match: re.Match[str]) -> str:
    word = match.group()
    numbers, months = word_lists()["english_numbers"], word_lists()["months"]
    if word in numbers:
        return str(numbers[word])
    if word not in months or (word == "may" and not _stands_by_a_number(match)):
        return word
    return f"{months[word]}月"


def _stands_by_a_number(match: re.Match[str]) -> bool:
    before, after = match.string[: match.start()].rstrip(), match.string[match.end() :].lstrip(". ")
    return before[-1:].isdigit() or after[:1].isdigit()


@cache
def _units() -> list[tuple[str, str]]:
    """(form, name) of all units, the longest form first."""
    return sorted(
        ((form, name) for name, forms in word_lists()["units"].items() for form in forms), key=lambda u: -len(u[0])
    )


@cache
def word_lists() -> dict[str, Any]:
    """The tables of words.toml."""
    return tomllib.loads(_WORDS.read_text(encoding="utf-8"))
