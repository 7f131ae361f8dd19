"""What a text states: its figures with their units, and its stance, in any of four languages.

A figure is written in digits, kanji or letters. The stance says which content words are affirmed and which are denied,
which side of a comparison the text takes (rise, fall), and its modality. Two texts are compared by them: a question and
a sentence (app/answering/decide/contradictions.py), a written sentence and its source (composing/check/agreement.py).
"""

import re
import tomllib
from collections import defaultdict, deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache, lru_cache, reduce
from pathlib import Path
from typing import Any

from retriever.numerals import (
    ERA_YEAR,
    KANJI_DIGITS,
    KANJI_NUMERALS,
    LARGE_UNITS,
    MONTHS,
    NUMBER_WORDS,
    SCALE_WORDS,
    TENS_WORDS,
    era_year,
    kanji_value,
    month_number,
)
from retriever.text import fold, morphemes, words

_WORDS = Path(__file__).with_name("words.toml")
_KANJI_NUMBER = re.compile(f"[{KANJI_DIGITS[0]}{KANJI_NUMERALS}]++")
_NUMBER = re.compile(r"(?<![\d.])\d++(?:\.\d++)?")
_YEAR = re.compile(r"[12]\d{3}")
_BEFORE_YEAR = re.compile(r"\b(?:in|since|until|till|by|from|during|early|late|mid|of)[ -]$")
_NEGATIVE = re.compile(r"(?:^|[\s(=:、,ぁ-ん])[-−]$")  # not 2019-2021
_HANGUL_SCALES = {"만": 10**4, "억": 10**8, "조": 10**12}
_OTHER_SCALES = {"萬": 10**4, "亿": 10**8, "千": 10**3, "百": 10**2}  # the last two after digits: 2千人
_SCALE = re.compile(rf"\s?([{''.join((*LARGE_UNITS, *_HANGUL_SCALES, *_OTHER_SCALES))}])")
LETTERS = re.compile(r"[^\W\d_]+")
_KANJI = re.compile(r"[\u4e00-\u9fff]")
_CURRENCIES = {"$": "dollar", "¥": "yen", "€": "euro", "₩": "won"}
_COMPOUND = re.compile(rf"\b({'|'.join(TENS_WORDS)})-({'|'.join([*NUMBER_WORDS][:9])})\b")  # twenty-one
_COUNTED = {name: value for name, value in NUMBER_WORDS.items() if value > 2}  # "one" and "two" are pronouns and pairs
_MONTHS = {name.lower(): month_number(name) for name in MONTHS}
_AFTER_ARTICLE = frozenset("个個些种種样樣直旦起定切部")  # 一个 is "a" in Chinese, 一定 and 一部 no number anywhere
_TENTHS = re.compile(r"割(?![合りれ引当])")  # 6割 is 60 %
_LONGEST_UNIT = 16  # characters after a number in which its unit is looked for
ORDINAL = "ordinal"  # the unit of a number after 第 without a unit of its own: 第2に
POSSIBLE, NECESSARY, ADVISED, PLANNED = "possible", "necessary", "advised", "planned"
_NOT_DENIED = frozenset(["成る", "行ける"])  # before a second negation, which cancels the first: なければならない
_ONLY = frozenset(["だけ", "のみ", "許り", "ばかり", "しか"])  # before a negation: "not only"
_BUT = "しか"  # with its negation, which may be far behind: "only"
_WITHOUT = frozenset(["無し"])  # パスワード無しに; English may have no negation: lossless, free of
_LESS = frozenset(["過ぎる", "満つ", "満たす", "満ちる", "関わる", "構う"])  # before a negation: 過ぎない, 満たない
# English words that Japanese often expresses with a negation. Those of the last two lines were chosen by how often
# translations do so (app.training.parallel_texts, the manuals for fitting).
NEARLY_DENYING = frozenset(
    "only remain remained remains less fewer few lack lacks lacked fail fails failed rather instead missing absence"
    " absent unless"
    " avoid avoids avoided prevent prevents prevented ignore ignores ignored otherwise except regardless independent"
    " unsure unused unchanged".split()
)
_DENYING_KANJI = frozenset("不未無非")
_WHETHER = "どう"  # かどうか: whether or not
SCALES = 1  # the number of the opposites in size, number, length, strength and age
_HAVE = frozenset(["have", "has", "had"])  # before "to": necessity
_REACH = 4  # a negation denies a word within this many English words after it
_SKIPPED = frozenset(
    "a an the any all only just very so much more longer yet be been being do does did have has had to".split()
)


@dataclass(frozen=True, slots=True)
class Figure:
    """A value in decimal notation without needless zeros, and its unit: a name of words.toml, or the kanji after it.

    `unit` is "" if there is none. `known` tells whether the unit is one of words.toml.
    """

    value: str
    unit: str = ""
    known: bool = False

    def agrees(self, other: "Figure") -> bool:
        """Whether both may be the same figure: equal values, and units that do not contradict each other."""
        if self.value != other.value:
            return False
        if self.unit == other.unit or not (self.unit and other.unit):
            return True
        return self.known != other.known and ORDINAL not in {self.unit, other.unit}


@lru_cache(maxsize=256)  # a sentence is compared with several spans, a span with several sentences
def figures(text: str) -> tuple[Figure, ...]:
    """The figures of a text in order, with repetitions."""
    return tuple(figure for figure, _, _ in placed_figures(in_digits(fold(text))))


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
        if not unit and folded[match.start() - 1 : match.start()] == "第":
            unit = ORDINAL
        elif not unit and _YEAR.fullmatch(match.group()) and _BEFORE_YEAR.search(folded, 0, match.start()):
            unit, known = "year", True
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
    word = LETTERS.match(folded, place + blank)
    if word and word.group() in SCALE_WORDS:
        return float(SCALE_WORDS[word.group()]), word.end()
    return None


def _decimal(value: float) -> str:
    return f"{value:.6f}".rstrip("0").rstrip(".")


def unit_at_start(after: str) -> tuple[str, bool]:
    """The unit that `after` begins with, and True if words.toml has it; else its first kanji or "", and False."""
    stripped = after.lstrip(" -")
    for form, name in _units():
        if stripped.startswith(form) and not (form[-1].isascii() and form[-1].isalpha() and _goes_on(stripped, form)):
            return name, True
    return (stripped[0], False) if _KANJI.match(stripped) else ("", False)


def _goes_on(text: str, form: str) -> bool:
    after = text[len(form) : len(form) + 1]
    return after.isascii() and after.isalpha()


def in_digits(folded: str) -> str:
    """The text with years of an era as 2025年, numbers in kanji and English words as digits, English months as 5月."""
    plain = ERA_YEAR.sub(lambda match: f"{era_year(match[1], match[2])}年", folded)
    plain = _COMPOUND.sub(lambda match: str(NUMBER_WORDS[match[1]] + NUMBER_WORDS[match[2]]), plain)
    plain = LETTERS.sub(_number_word, plain)
    if not _KANJI_NUMBER.search(plain):
        return plain
    parts, end = [], 0
    for start, stop in _kanji_numbers(plain):
        parts += [plain[end:start], str(kanji_value(plain[start:stop]))]
        end = stop
    return "".join([*parts, plain[end:]])


def _kanji_numbers(text: str) -> Iterator[tuple[int, int]]:
    """The (start, end) of numbers in kanji: what Sudachi tags as a numeral (not 一般, 三菱)."""
    for morpheme in morphemes(text, short=True):
        start, end = morpheme.start, morpheme.end
        is_number = morpheme.pos[1] == "数詞" and _KANJI_NUMBER.fullmatch(morpheme.surface)
        is_scale = text[start - 1 : start].isdigit()
        is_article = text[start:end] == "一" and text[end : end + 1] in _AFTER_ARTICLE
        is_counted = end - start > 1 or _KANJI.match(text, end) or text[start - 1 : start] == "第"  # not 世界一の
        if is_number and not is_scale and is_counted and not is_article:
            yield start, end


def _number_word(match: re.Match[str]) -> str:
    word = match.group()
    if word in _COUNTED:
        return str(_COUNTED[word])
    if word not in _MONTHS or (word == "may" and not _stands_by_a_number(match)):
        return word
    return f"{_MONTHS[word]}月"


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


@dataclass(slots=True)
class Stance:
    """The content words of a text: affirmed, denied, hedged; its sides of pairs of opposites; its modalities.

    A word can be affirmed in one place and denied in another. `negations` counts the words that deny something,
    `doubtful` those that another language may express with a negation or without one (only, 過ぎない).
    """

    affirmed: set[str] = field(default_factory=set)
    denied: set[str] = field(default_factory=set)
    hedged: set[str] = field(default_factory=set)
    sides: set[tuple[int, int]] = field(default_factory=set)  # (number of the opposites, 0 or 1)
    modalities: set[str] = field(default_factory=set)
    negations: int = 0
    doubtful: int = 0

    @property
    def words(self) -> set[str]:
        """All content words."""
        return self.affirmed | self.denied


@lru_cache(maxsize=256)  # a sentence is compared with several spans, a span with several sentences
def stance(text: str, language: str) -> Stance:
    """The stance of a text in `language`; cached, so do not change it."""
    if language == "en":
        return _english(text)
    if language == "ja":
        return _japanese(text)
    return _by_letters(text, language)


def _japanese(text: str) -> Stance:
    """A negation and a hedge follow the word that they belong to."""
    result = Stance()
    negators = frozenset(word_lists()["negation"]["ja"])
    sides, modal = sides_of("ja"), _modal("ja")
    last = before = ""
    but = False  # since しか no negation was written
    recent: deque[str] = deque(maxlen=3)
    for morpheme in morphemes(fold(text)):
        word, part = morpheme.normalised, morpheme.pos
        result.sides.update(sides.get(word, ()))
        if word in modal:
            result.modalities.add(modal[word])
            if modal[word] == POSSIBLE and last:
                result.hedged.add(last)
        elif word in negators and before in _NOT_DENIED and last in result.denied:
            result.denied.discard(last)  # 行わなければならない: what must be is not denied
            result.modalities.add(NECESSARY)
            result.affirmed.add(last)
            result.negations -= 1
        elif word in negators and before != "知れる":
            result.affirmed.discard(last)
            result.denied.add(last)
            if before in _LESS or word in _WITHOUT:
                result.doubtful += 1
            else:
                result.negations += not (_ONLY.intersection(recent) or but)  # だけでなく; 保護者を通してしか…ない
        elif part[0] == "接頭辞" and word in _DENYING_KANJI:
            result.doubtful += 1
        elif part[0] in {"名詞", "動詞", "形容詞", "形状詞", "代名詞"} and part[1] != "非自立可能":
            result.affirmed.add(word)
            last = word
            result.doubtful += _is_denied_inside(word)
        elif word == _WHETHER:
            result.doubtful += 1
        before = before if word == "ます" else word
        but = word == _BUT or (but and word not in negators)
        recent.append(word)
    return result


def _is_denied_inside(word: str) -> bool:
    """Whether a Japanese word is negative by its first kanji (未使用); another language may use a negation."""
    return word[:1] in _DENYING_KANJI


def _english(text: str) -> Stance:
    """A negation and a hedge come before the word that they belong to."""
    result = Stance()
    negators = frozenset(word_lists()["negation"]["en"])
    sides, modal = sides_of("en"), _modal("en")
    written = fold(text).replace("n't", " not").replace("n’t", " not").replace("cannot", "can not").split()
    plain = ["".join(filter(str.isalnum, word)) for word in written]
    denies = hedges = 0  # how many more words the last negation or hedge reaches
    titles = [*map(_is_title, text.split()), *[False] * len(plain)]
    for place, (word, following) in enumerate(zip(plain, [*plain[1:], ""], strict=False)):  # an empty text has no word
        is_title = place > 0 and titles[place] and len(plain) == len(text.split())
        result.sides.update(sides.get(word, ()))
        result.doubtful += word in NEARLY_DENYING
        denies, hedges = max(0, denies - 1), max(0, hedges - 1)
        if word in negators:
            denies = _REACH
            result.negations += following != "only" and not is_title
            result.doubtful += is_title
        elif word in _HAVE and following == "to":
            result.modalities.add(NECESSARY)
        elif word in modal:
            result.modalities.add(modal[word])
            hedges = _REACH if modal[word] == POSSIBLE else hedges
        elif (stems := words(word)) and word not in _SKIPPED:
            (result.denied if denies else result.affirmed).update(stems)
            result.hedged.update(stems if hedges else ())
            denies = hedges = 0
    return result


def _is_title(written: str) -> bool:
    """Whether a word is capitalised or begins with a quotation mark."""
    return written[:1].isupper() or written[:1] in "\"“‘'"


def _by_letters(text: str, language: str) -> Stance:
    """For Chinese and Korean: by substrings; a negation counts for the whole text."""
    folded = fold(text)
    result = Stance()
    plain = reduce(lambda text, word: text.replace(word, " "), word_lists()["no_negation"].get(language, ()), folded)
    result.negations = sum(plain.count(word) for word in word_lists()["negation"].get(language, ()))
    if result.negations:
        result.denied.add("")
    for word, places in sides_of(language).items():
        result.sides.update(places if word in folded else ())
    result.modalities.update(name for word, name in _modal(language).items() if word in folded)
    return result


@cache
def sides_of(language: str) -> dict[str, tuple[tuple[int, int], ...]]:
    """The sides of opposites that each word is on, as (number of the pair, 0 or 1)."""
    sides: dict[str, list[tuple[int, int]]] = defaultdict(list)
    for number, opposites in enumerate(word_lists()["opposites"]):
        for side, forms in enumerate(opposites[language]):
            for form in forms:
                sides[form].append((number, side))
    return {form: tuple(places) for form, places in sides.items()}


@cache
def _modal(language: str) -> dict[str, str]:
    return {form: modality["name"] for modality in word_lists()["modality"] for form in modality[language]}


def turned_words(sentence: Stance, source: Stance) -> set[str]:
    """The words that one of two texts in the same language denies and the other one affirms."""
    turned = sentence.denied & (source.affirmed - source.denied)
    return turned | ((sentence.affirmed - sentence.denied) & (source.denied - source.affirmed))


def on_other_side(sentence: Stance, source: Stance, *, both_count: bool = True, scales: bool = True) -> bool:
    """Whether a sentence takes the opposite side of its source in one of the pairs of opposites.

    `both_count`: also if the sentence has words of both sides (refused to accept). `scales`: also in the pair `SCALES`
    (high, large, many, long, strong, new), although a word for one of these says little about another.
    """
    for number, side in sentence.sides:
        is_both = (number, 1 - side) in sentence.sides
        if number == SCALES and not scales:
            continue
        if (both_count or not is_both) and (number, side) not in source.sides and (number, 1 - side) in source.sides:
            return True
    return False


def on_other_end(sentence: Stance, source: Stance) -> bool:
    """Whether the source of a Japanese sentence has the opposite (小さい) in place of an adjective of size (大きい)."""
    ends = word_lists()["opposites"][SCALES]["ja"]
    pairs = [pair for first, second in zip(*ends, strict=False) for pair in ((first, second), (second, first))]
    return any(
        word in sentence.words - source.words and other in source.words - sentence.words for word, other in pairs
    )
