"""How a written sentence disagrees with its source: in a figure, a negation, a comparison, a modality."""

import re
from collections.abc import Sequence
from functools import cache, lru_cache
from typing import Literal

from app.answering.statements.meanings import is_translated, japanese_words
from app.answering.statements.statement import (
    ADVISED,
    LETTERS,
    NEARLY_DENYING,
    NECESSARY,
    PLANNED,
    Figure,
    Stance,
    in_digits,
    on_other_side,
    placed_figures,
    sides_of,
    stance,
    turned_words,
    word_lists,
)
from retriever.cross_lingual.dictionary import japanese_for
from retriever.text import fold, morphemes, words

_NEAR = 40  # characters around a figure in which the noun that it belongs to is looked for
_NOUN_BEFORE = re.compile(
    r"([\u4e00-\u9fffァ-ヴー]{1,20})[ぁ-ん、,:(\s]{1,6}(?:約|計|合計|平均)?[ぁ-ん\s]{0,4}$"
    r"|([a-z-]{3,20})\s(?:was|were|is|are|of|at|to|by|reached|stood at)\s(?:about\s|only\s|\$)?$"
)
_NOUN_OF = re.compile(
    r"\s?(?:%|percent|per cent|[a-z]{1,12})?\s?(?:of|in|for|among)\s(?:the\s|all\s)?([a-z0-9-]{2,20})"
)
_IDIOMS = re.compile(r"\bat (?:least|most|last|first)\b")  # no comparisons, or translated by other words
Turned = Literal["", "negation", "comparison", "modality"]


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
    there = set(LETTERS.findall(fold(text)))
    small = word_lists()["small"]
    is_counted = {"", "people", "time"}
    return [
        figure
        for figure in claimed
        if (figure.known and figure.unit not in is_counted) or not there.intersection(small.get(figure.value, ()))
    ]


def exchanged(sentence: str, source: str) -> str:
    """The value of a figure that the source relates to something else than the sentence does; or "".

    Both texts are in one language. If the source says 支持率は46%で不支持率は43%である, then 支持率は43%である is
    wrong.
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
    """The figures, each with the noun before it and, in English, the noun after it: 43% of voters."""
    plain = in_digits(fold(text))
    placed = []
    for figure, start, end in placed_figures(plain):
        before = _NOUN_BEFORE.search(plain[max(0, start - _NEAR) : start])
        of = _NOUN_OF.match(plain[end : end + _NEAR])
        placed.append((figure, ((before[1] or before[2]) if before else "", of[1] if of else "")))
    return tuple(placed)


def contradiction(sentence: Stance, source: Stance, *, same_language: bool) -> Turned:
    """How a sentence contradicts its source: "negation", "comparison", "modality", or "" for not at all."""
    denies_more = bool(sentence.denied) and not source.denied
    if (turned_words(sentence, source) or denies_more) if same_language else _differ(sentence, source):
        return "negation"
    if on_other_side(sentence, source, both_count=same_language):
        return "comparison"
    surer = (sentence.affirmed - sentence.hedged) & source.hedged
    compared = {NECESSARY, PLANNED} if same_language else {NECESSARY}  # another language may express a plan by a noun
    there = source.modalities | ({NECESSARY} if ADVISED in source.modalities else set())
    claimed = sentence.modalities | ({NECESSARY} if same_language and ADVISED in sentence.modalities else set())
    if (same_language and surer) or (claimed - there) & compared:
        return "modality"
    return ""


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
    there, own, sides = stance(source, written_in).sides, stance(sentence, language).sides, sides_of(language)
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
        if word in NEARLY_DENYING and stance(source, written_in).negations:
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
