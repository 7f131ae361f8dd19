"""Polarity of a sentence: what it affirms or denies, its side of a comparison, its modality.

Each content word is marked as affirmed or denied. A sentence agrees with its source if no shared word is denied in one
and affirmed in the other, and no word is on the opposite side of a comparison (rise, fall) than in the source.
"""

import re
from collections import defaultdict, deque
from dataclasses import dataclass, field
from functools import cache, lru_cache, reduce
from typing import Literal

from app.statements.figures import word_lists
from app.statements.meanings import is_translated, japanese_words
from retriever.cross_lingual.dictionary import japanese_for
from retriever.text import fold, morphemes, words

_POSSIBLE, _NECESSARY, _ADVISED, _PLANNED = "possible", "necessary", "advised", "planned"
_NOT_DENIED = frozenset(["成る", "行ける"])  # before a second negation
_ONLY = frozenset(["だけ", "のみ", "許り", "ばかり", "しか"])  # before a negation: "not only"
_IDIOMS = re.compile(r"\bat (?:least|most|last|first)\b")  # compare nothing, or translated by other words
_WITHOUT = frozenset(["無し"])  # パスワード無しに: lossless, free of
_LESS = frozenset(["過ぎる", "満つ", "満たす", "満ちる", "関わる", "構う"])  # before a negation: 過ぎない, 満たない
_NEARLY_DENYING = frozenset(
    "only remain remained remains less fewer few lack lacks lacked fail fails failed rather instead missing absence"
    " absent".split()
)
_DENYING_KANJI = frozenset("不未無非")
_SCALES = 1  # the number of the opposites in size, number, length, strength and age
_REACH = 4  # a negation denies a word within this many English words after it
_SKIPPED = frozenset(
    "a an the any all only just very so much more longer yet be been being do does did have has had to".split()
)


Turned = Literal["", "negation", "comparison", "modality"]


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


def contradiction(sentence: Stance, source: Stance, *, same_language: bool) -> Turned:
    """How a sentence contradicts its source: "negation", "comparison", "modality", or "" for not at all."""
    denies_more = bool(sentence.denied) and not source.denied
    if (turned_words(sentence, source) or denies_more) if same_language else _differ(sentence, source):
        return "negation"
    if on_other_side(sentence, source, both_count=same_language):
        return "comparison"
    surer = (sentence.affirmed - sentence.hedged) & source.hedged
    compared = {_NECESSARY, _PLANNED} if same_language else {_NECESSARY}  # a noun may express a plan elsewhere
    there = source.modalities | ({_NECESSARY} if _ADVISED in source.modalities else set())
    claimed = sentence.modalities | ({_NECESSARY} if same_language and _ADVISED in sentence.modalities else set())
    if (same_language and surer) or (claimed - there) & compared:
        return "modality"
    return ""


def turned_words(sentence: Stance, source: Stance) -> set[str]:
    """The words that one of two texts in the same language denies and the other one affirms."""
    turned = sentence.denied & (source.affirmed - source.denied)
    return turned | ((sentence.affirmed - sentence.denied) & (source.denied - source.affirmed))


def on_other_side(sentence: Stance, source: Stance, *, both_count: bool = True, scales: bool = True) -> bool:
    """Whether a sentence stands on the side of a comparison that is opposite to its source's.

    `both_count`: also if the sentence has a word on either side (refused to accept). `scales`: also on the side of the
    high, large, many, long, strong and new, of which one says little of another.
    """
    for number, side in sentence.sides:
        is_both = (number, 1 - side) in sentence.sides
        if number == _SCALES and not scales:
            continue
        if (both_count or not is_both) and (number, side) not in source.sides and (number, 1 - side) in source.sides:
            return True
    return False


def on_other_end(sentence: Stance, source: Stance) -> bool:
    """Whether the source of a Japanese sentence has the opposite of one of its adjectives of size: 大きい, 小さい."""
    ends = word_lists()["opposites"][_SCALES]["ja"]
    pairs = [pair for first, second in zip(*ends, strict=False) for pair in ((first, second), (second, first))]
    return any(
        word in sentence.words - source.words and other in source.words - sentence.words for word, other in pairs
    )


def _differ(sentence: Stance, source: Stance) -> bool:
    """Whether one of two texts in different languages has more negations than the other (words cannot be compared)."""
    least, most = sentence.negations, sentence.negations + sentence.doubtful
    return least > source.negations + source.doubtful or most < source.negations


def lacks_side(sentence: str, language: str, source: str, written_in: str) -> str:
    """The first word of a comparison in a sentence (English or Japanese) without a match in its source, or "".

    The source, in the other language, matches by a word on the same side of the opposites, or by a translation.
    """
    if {language, written_in} != {"en", "ja"}:
        return ""
    english, japanese = (sentence, source) if language == "en" else (source, sentence)
    there, own, sides = stance(source, written_in).sides, stance(sentence, language).sides, _sides(language)
    held = frozenset(morpheme.normalised for morpheme in morphemes(fold(japanese))) | frozenset(words(japanese))
    sentence_words = set(_english_words(english)) if language == "en" else held
    for word in sorted(sentence_words & sides.keys()):
        other = [(number, 1 - side) for number, side in sides[word]]
        if own.intersection(other):  # refused to accept: its source need not hold both
            continue
        if all(side == 0 for _, side in sides[word]):
            continue  # a translation may add the plain word of opposites (more, new), hardly the marked one (less, old)
        if language == "en" and is_translated(word, japanese_words(japanese)):
            continue
        if word in _NEARLY_DENYING and stance(source, written_in).negations:
            continue
        is_held = any(place in there or _is_translated(place, english, held) for place in sides[word])
        if not is_held and (word not in word_lists()["weak_sides"] or there.intersection(other)):
            return word
    return ""


def _is_translated(place: tuple[int, int], english: str, held: frozenset[str]) -> bool:
    """Whether Japanese text with the words `held` expresses a side of a pair of opposites in English.

    It contains a translation of a word of that side, or a word of that side translates one of the English text.
    """
    opposites = word_lists()["opposites"][place[0]]
    if any(held.issuperset(row) for word in opposites["en"][place[1]] for row in japanese_for(word)):
        return True
    side = set(opposites["ja"][place[1]]) & held
    return bool(side) and any(side.intersection(row) for word in _english_words(english) for row in japanese_for(word))


def _english_words(text: str) -> list[str]:
    return ["".join(filter(str.isalnum, word)) for word in _IDIOMS.sub(" ", fold(text)).split()]


def _japanese(text: str) -> Stance:
    """A negation and a hedge follow the word that they belong to."""
    result = Stance()
    negators = frozenset(word_lists()["negation"]["ja"])
    sides, modal = _sides("ja"), _modal("ja")
    last = before = ""
    recent: deque[str] = deque(maxlen=3)
    for morpheme in morphemes(fold(text)):
        word, part = morpheme.normalised, morpheme.pos
        result.sides.update(sides.get(word, ()))
        if word in modal:
            result.modalities.add(modal[word])
            if modal[word] == _POSSIBLE and last:
                result.hedged.add(last)
        elif word in negators and before in _NOT_DENIED and last in result.denied:
            result.denied.discard(last)  # 行わなければならない: what must be is not denied
            result.modalities.add(_NECESSARY)
            result.affirmed.add(last)
            result.negations -= 1
        elif word in negators and before != "知れる":
            result.affirmed.discard(last)
            result.denied.add(last)
            if before in _LESS or word in _WITHOUT:
                result.doubtful += 1
            else:
                result.negations += not _ONLY.intersection(recent)  # だけでなく
        elif part[0] == "接頭辞" and word in _DENYING_KANJI:
            result.doubtful += 1
        elif part[0] in {"名詞", "動詞", "形容詞", "形状詞", "代名詞"} and part[1] != "非自立可能":
            result.affirmed.add(word)
            last = word
            result.doubtful += _is_denied_inside(word)
        before = before if word == "ます" else word
        recent.append(word)
    return result


def _is_denied_inside(word: str) -> bool:
    """Whether a Japanese word is negative by its first kanji (未使用); another language may use a negation."""
    return word[:1] in _DENYING_KANJI


def _english(text: str) -> Stance:
    """A negation and a hedge come before the word that they belong to."""
    result = Stance()
    negators = frozenset(word_lists()["negation"]["en"])
    sides, modal = _sides("en"), _modal("en")
    written = fold(text).replace("n't", " not").replace("n’t", " not").replace("cannot", "can not").split()
    plain = ["".join(filter(str.isalnum, word)) for word in written]
    denies = hedges = 0  # words within which the last negation or hedge finds its word
    titles = [*map(_is_title, text.split()), *[False] * len(plain)]
    for place, (word, following) in enumerate(zip(plain, [*plain[1:], ""], strict=False)):  # an empty text has no word
        is_title = place > 0 and titles[place] and len(plain) == len(text.split())
        result.sides.update(sides.get(word, ()))
        result.doubtful += word in _NEARLY_DENYING
        denies, hedges = max(0, denies - 1), max(0, hedges - 1)
        if word in negators:
            denies = _REACH
            result.negations += following != "only" and not is_title
            result.doubtful += is_title
        elif word in modal:
            result.modalities.add(modal[word])
            hedges = _REACH if modal[word] == _POSSIBLE else hedges
        elif (stems := words(word)) and word not in _SKIPPED:
            (result.denied if denies else result.affirmed).update(stems)
            result.hedged.update(stems if hedges else ())
            denies = hedges = 0
    return result


def _is_title(written: str) -> bool:
    """Whether a word is written as in a title, or in quotation marks: Not Your Grandpa's, "No"."""
    return written[:1].isupper() or written[:1] in "\"“‘'"


def _by_letters(text: str, language: str) -> Stance:
    """For Chinese and Korean: by substrings; a negation counts for the whole text."""
    folded = fold(text)
    result = Stance()
    plain = reduce(lambda text, word: text.replace(word, " "), word_lists()["no_negation"].get(language, ()), folded)
    result.negations = sum(plain.count(word) for word in word_lists()["negation"].get(language, ()))
    if result.negations:
        result.denied.add("")
    for word, places in _sides(language).items():
        result.sides.update(places if word in folded else ())
    result.modalities.update(name for word, name in _modal(language).items() if word in folded)
    return result


@cache
def _sides(language: str) -> dict[str, tuple[tuple[int, int], ...]]:
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


@cache
def reporting(language: str) -> frozenset[str]:
    """Content words that only attribute a statement to somebody, such as reporting verbs."""
    reporting_words = word_lists()["reporting"].get(language, [])
    return frozenset(stem for word in reporting_words for stem in (words(word) if language == "en" else [word]))


def gives_orders(text: str) -> bool:
    """Whether a sentence of a document tells a model what to do or to say."""
    folded = fold(text)
    return any(pattern.search(folded) for pattern in _orders())


@cache
def _orders() -> tuple[re.Pattern[str], ...]:
    return tuple(re.compile(pattern) for patterns in word_lists()["instruction"].values() for pattern in patterns)
