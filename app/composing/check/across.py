"""Check a composed sentence against a span in another language: likely support, swapped figures, Latin words, units.

Words are compared by the bilingual tables: a word of the sentence matches a word of the span if one of its spellings
(translation, reading, sound of a name) is among the span's index terms.
"""

import re
from dataclasses import dataclass
from functools import lru_cache
from itertools import combinations, pairwise, product

from app.answering.statements.statement import figures, in_digits, placed_figures
from app.composing.check.names import source_of
from retriever.cross_lingual.terms import terms_of
from retriever.cross_lingual.tokens import Term, tokens
from retriever.text import fold, is_asking, japanese_forms, morphemes, stem

# Log-odds that a span in another language supports a sentence: weights of the cosine of their vectors, of the share of
# the sentence's terms that the span contains by the bilingual tables, and of the number of figures, all in the span.
# Fitted on translated sentences against others of the same document (app.training.composed_pairs, seed 1).
_COSINE, _SHARE, _FIGURE, _BIAS = 90.5, 17.0, 0.48, -80.1
_MOST_FIGURES = 3  # further figures do not count
_LATIN_WORD = re.compile(r"[A-Za-z]{2,}+")
_WORD = re.compile(r"[^\W\d_]+")
_REACH = 8  # words on each side of a figure
# Evidence that two figures keep their order; chosen on the pairs of app.training.composed_pairs, seeds 1 and 7.
_SAME_ORDER, _SAME_UNIT = 0.2, 1.0
_DATE_PARTS = frozenset({"year", "month", "day"})  # parts of one date, whose units English rarely writes


def support(sentence: str, language: str, text: str, written_in: str, cosine: float) -> float:
    """Log-odds that a span in another language says what a sentence says, given the cosine of their vectors."""
    contained = source_of(text, written_in, language).cross_lingual or frozenset(tokens(text))
    terms = _terms(sentence, language)
    share = sum(_presence(term, contained) for term in terms) / max(1, len(terms))
    count = min(len(figures(sentence)), _MOST_FIGURES)
    return _COSINE * cosine + _SHARE * share + _FIGURE * count + _BIAS


def _presence(term: Term, contained: frozenset[str]) -> float:
    """Share of a term in [0, 1] that a text with the tokens `contained` contains."""
    if any(contained.issuperset(spelling) for spelling in term.spellings):
        return 1.0
    return sum(_presence(part, contained) for part in term.parts) / len(term.parts) if term.parts else 0.0


@lru_cache(maxsize=1024)
def _terms(text: str, language: str) -> tuple[Term, ...]:
    return tuple(terms_of(text, language))


def lacking_latin(sentence: str, sources: str) -> str:
    """The first Latin word of a Japanese, Chinese or Korean sentence that its English sources lack; or "".

    A word is there in any of its forms, alone or joined with its neighbour (WiFi, Wi-Fi).
    """
    there = _latin_words(sources)
    written = [match.group() for match in _LATIN_WORD.finditer(sentence)]
    joined = [pair for pair in pairwise(written) if "".join(pair).lower() in there]
    held = {word for pair in joined for word in pair}
    missing = (word for word in written if word not in held and there.isdisjoint((word.lower(), stem(word.lower()))))
    return next(missing, "")


@lru_cache(maxsize=64)
def _latin_words(text: str) -> frozenset[str]:
    """The words of a text, their stems, and each two neighbours as one word."""
    words = [word.lower() for word in _LATIN_WORD.findall(text)]
    return frozenset((*words, *map(stem, words), *map("".join, pairwise(words))))


@dataclass(frozen=True, slots=True)
class _Placed:
    """A value, its place in its text, and the words near it with a weight that falls with their distance."""

    value: str
    unit: str  # "" where it is not known
    place: int
    near: tuple[tuple[str, float], ...]


def swapped_across(sentence: str, language: str, text: str, written_in: str) -> str:
    """The value of a figure that the sentence swaps with another one, compared with its source; "" if none is."""
    claimed, there = _placed(sentence, language), _placed(text, written_in)
    for first, other in combinations(claimed, 2):
        if first.value == other.value:
            continue
        firsts = [placed for placed in there if placed.value == first.value]
        others = [placed for placed in there if placed.value == other.value]
        if not firsts or not others:
            continue
        evidence = [
            _alike(first, a, language, written_in)
            + _alike(other, b, language, written_in)
            - _alike(first, b, language, written_in)
            - _alike(other, a, language, written_in)
            + (_SAME_ORDER if a.place < b.place else -_SAME_ORDER)
            for a, b in product(firsts, others)
            if a.unit == b.unit or not {a.unit, b.unit} <= _DATE_PARTS
        ]
        if evidence and max(evidence) < 0:
            return first.value
    return ""


@lru_cache(maxsize=1024)
def _alike(placed: _Placed, other: _Placed, language: str, written_in: str) -> float:
    """How alike the words around two figures are."""
    total = 0.0
    if placed.unit and other.unit:
        total += _SAME_UNIT if placed.unit == other.unit else -_SAME_UNIT
    for word, weight in placed.near:
        same = [min(weight, there) for known, there in other.near if _match(word, language, known, written_in)]
        total += max(same, default=0.0)
    return total


@lru_cache(maxsize=16384)
def _match(word: str, language: str, other: str, written_in: str) -> bool:
    if word.lower() == other.lower():
        return True
    contained = _tokens(other, written_in)
    return any(_presence(term, contained) == 1.0 for term in _terms(word, language))


@lru_cache(maxsize=4096)
def _tokens(word: str, language: str) -> frozenset[str]:
    return frozenset(tokens(japanese_forms(word) if language == "zh" else word))


@lru_cache(maxsize=256)
def _placed(text: str, language: str) -> tuple[_Placed, ...]:
    plain = in_digits(fold(text))
    placed = list(placed_figures(plain))
    if len({figure.value for figure, _, _ in placed}) < 2:
        return ()
    words = _words(plain, language)
    result = []
    for figure, start, end in placed:
        before = [word for place, word in words if place < start][: -_REACH - 1 : -1]
        after = [word for place, word in words if place >= end][:_REACH]
        near: dict[str, float] = {}
        for side in (before, after):
            for distance, word in enumerate(side, 1):
                near[word] = max(near.get(word, 0.0), 1 / distance)
        result.append(_Placed(figure.value, figure.unit if figure.known else "", start, tuple(near.items())))
    return tuple(result)


def _words(plain: str, language: str) -> list[tuple[int, str]]:
    """Place and form of each content word."""
    if language in {"en", "ko"}:
        return [(match.start(), match.group()) for match in _WORD.finditer(plain) if not is_asking(match.group())]
    return [
        (morpheme.start, morpheme.surface)
        for morpheme in morphemes(plain)
        if _WORD.match(morpheme.surface) and morpheme.pos[0] not in {"助詞", "助動詞"}
    ]
