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
_NEGATIVE = re.compile(r"(?:^|[\s(=:、,ぁ-ん])[-−]$")  # not 2019-2021
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
_AFTER_ARTICLE = frozenset("个個些种種样樣直旦起定切")  # 一个 is "a" in Chinese, 一定 no number anywhere
_TENTHS = re.compile(r"割(?![合りれ引当])")  # 6割 is 60 %
_NEAR = 40  # characters around a figure in which what it is a figure of is looked for
_NOUN_BEFORE = re.compile(
    r"([\u4e00-\u9fffァ-ヴー]{1,20})[ぁ-ん、,:(\s]{1,6}(?:約|計|合計|平均)?[ぁ-ん\s]{0,4}$"
    r"|([a-z-]{3,20})\s(?:was|were|is|are|of|at|to|by|reached|stood at)\s(?:about\s|only\s|\$)?$"
)
_NOUN_OF = re.compile(
    r"\s?(?:%|percent|per cent|[a-z]{1,12})?\s?(?:of|in|for|among)\s(?:the\s|all\s)?([a-z0-9-]{2,20})"
)
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
    """The figures of a text in order, with repetitions."""
    return tuple(figure for figure, _, _ in placed_figures(in_digits(fold(text))))


def lacking_figure(claimed: Sequence[Figure], written: Sequence[Figure]) -> Figure | None:
    """The first figure of `claimed` that `written` lacks or holds less often."""
    left = list(written)
    for figure in claimed:
        same = next((other for other in left if figure.agrees(other)), None)
        if same is None:
            return figure
        left.remove(same)
    return None


def without_number_words(claimed: Sequence[Figure], text: str) -> list[Figure]:
    """The figures of `claimed` that an English text does not write as words such as one, both, twice."""
    there = set(_LETTERS.findall(fold(text)))
    small = word_lists()["small"]
    is_counted = {"", "people", "time"}
    return [
        figure
        for figure in claimed
        if figure.unit not in is_counted or not there.intersection(small.get(figure.value, ()))
    ]


def exchanged(sentence: str, source: str) -> str:
    """The value of a figure that the source relates to something else than the sentence does; or "".

    Both texts are in one language. 支持率は46%で不支持率は43%である: so 支持率は43%である is wrong.
    """
    there = _with_neighbours(source)
    for figure, neighbours in _with_neighbours(sentence):
        alike = [(other, words) for other, words in there if other.known == figure.known and other.unit == figure.unit]
        own = [words for other, words in alike if other.value == figure.value]
        for side, word in enumerate(neighbours):
            if not word or not own or any(words[side] == word for words in own):
                continue
            if any(other.value != figure.value and words[side] == word for other, words in alike):
                return figure.value
    return ""


@lru_cache(maxsize=256)
def _with_neighbours(text: str) -> tuple[tuple[Figure, tuple[str, str]], ...]:
    """The figures with the word of weight before each and, in English, what it is of: 43% of voters."""
    plain = in_digits(fold(text))
    placed = []
    for figure, start, end in placed_figures(plain):
        before = _NOUN_BEFORE.search(plain[max(0, start - _NEAR) : start])
        of = _NOUN_OF.match(plain[end : end + _NEAR])
        placed.append((figure, ((before[1] or before[2]) if before else "", of[1] if of else "")))
    return tuple(placed)


def placed_figures(folded: str) -> Iterator[tuple[Figure, int, int]]:
    """The figures with their (start, end) in folded text; the end is that of the number, before its unit."""
    place = 0
    while match := _NUMBER.search(folded, place):
        value, place = float(match.group()), match.end()
        sign = "-" if _NEGATIVE.search(folded, max(0, match.start() - 2), match.start()) else ""
        currency = _CURRENCIES.get(folded[match.start() - 1 : match.start()], "")
        whole = match.group() if "." in match.group() else ""
        factor, place = _scaled(folded, place)
        if factor > 1:
            value, whole = value * factor, ""
        while factor > 1 and (rest := _NUMBER.match(folded, place)):  # 11億8千万, 1万2000
            smaller, end = _scaled(folded, rest.end())
            if smaller >= factor or float(rest.group()) * smaller >= factor:
                break
            value, factor, place = value + float(rest.group()) * smaller, smaller, end
        if _TENTHS.match(folded, place):
            yield Figure(sign + _decimal(value * 10), "percent", known=True), match.start(), place
            continue
        unit, known = (currency, True) if currency else unit_at_start(folded[place : place + _LONGEST_UNIT])
        written = whole.rstrip("0").rstrip(".") if whole else _decimal(value)
        yield Figure(sign + written, unit, known), match.start(), place


def _scaled(folded: str, place: int) -> tuple[float, int]:
    """The product of the factors that are written at `place` one after the other, and where they end: 千万."""
    factor = 1.0
    while scale := _scale(folded, place):
        factor, place = factor * scale[0], scale[1]
    return factor, place


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


def unit_at_start(after: str) -> tuple[str, bool]:
    """The unit that `after` begins with, and whether it is known; else the kanji."""
    stripped = after.lstrip(" -")
    for form, name in _units():
        if stripped.startswith(form) and not (form[-1].isascii() and form[-1].isalpha() and _goes_on(stripped, form)):
            return name, True
    return (stripped[0], False) if _KANJI.match(stripped) else ("", False)


def _goes_on(text: str, form: str) -> bool:
    after = text[len(form) : len(form) + 1]
    return after.isascii() and after.isalpha()


def in_digits(folded: str) -> str:
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
        is_article = text[start:end] == "一" and text[end : end + 1] in _AFTER_ARTICLE
        is_counted = end - start > 1 or _KANJI.match(text, end) or text[start - 1 : start] == "第"  # not 世界一の
        if is_number and not is_scale and is_counted and not is_article:
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
