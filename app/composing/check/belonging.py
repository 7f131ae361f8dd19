"""Detect swapped figures in a sentence, compared with its source in the same language.

The words around a figure say what it belongs to. So the words around each figure are compared with those around the
figures of the source; nearer words count more. Figures that fit better after an exchange were swapped. If the sentence
copies its source word for word, the figures must be the same.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import lru_cache
from itertools import combinations

from app.answering.statements.statement import Figure, in_digits, placed_figures
from retriever.text import fold, is_asking, morphemes, stem

_WORD = re.compile(r"[^\W\d_]+")
_ASCII = re.compile(r"[a-z]+")
_TOKEN = re.compile(r"\d++(?:\.\d++)?|[a-zà-ɏ]++|[^\W\d_]")
_SHORTEST_COPY = 6  # words (characters in Japanese and Chinese) and figures
_REACH = 8  # words on each side of a figure
_FUNCTION_WORD = 0.5  # weight of a function word
# Exchanged figures must fit better by both margins; chosen on the pairs of app.training.composed_pairs, seed 1.
_BETTER_BY, _TIMES_BETTER = 0.3, 1.1


@dataclass(frozen=True, slots=True)
class _Placed:
    """A figure with the weight of each word (and side) near it."""

    figure: Figure
    near: dict[tuple[bool, str], float]

    def likeness(self, other: "_Placed") -> float:
        """How alike the words around two figures are."""
        return sum(min(weight, other.near.get(word, 0.0)) for word, weight in self.near.items())


def swapped_figures(sentence: str, source: str) -> str:
    """The value of a figure that the sentence swaps with another one, compared with its source; "" if none is."""
    claimed, there = _placed(sentence), _placed(source)
    for first, other in combinations(claimed, 2):
        if first.figure.value == other.figure.value:
            continue
        own = _best(first, first.figure, there), _best(other, other.figure, there)
        exchanged = _best(first, other.figure, there), _best(other, first.figure, there)
        if min(own) < 0 or min(exchanged) < 0:
            continue  # the source lacks one of them
        if sum(exchanged) > sum(own) * _TIMES_BETTER + _BETTER_BY:
            return first.figure.value
    return _changed_in_copy(sentence, source) if claimed else ""


def _changed_in_copy(sentence: str, source: str) -> str:
    """A figure that differs between the sentence and its source within copied words; "" if there is none."""
    sentence_tokens, there = _tokens(sentence), _tokens(source)
    masked, masked_source = _without_figures(sentence_tokens), _without_figures(there)
    for copy in SequenceMatcher(None, masked, masked_source, autojunk=False).get_matching_blocks():
        words, own = masked[copy.a : copy.a + copy.size], sentence_tokens[copy.a : copy.a + copy.size]
        if copy.size < _SHORTEST_COPY or not any(token[0].isdigit() for token in own):
            continue
        places = [place for place in range(len(there)) if masked_source[place : place + copy.size] == words]
        if not any(there[place : place + copy.size] == own for place in places):
            written = there[copy.b : copy.b + copy.size]
            return next(token for token, other in zip(own, written, strict=True) if token != other)
    return ""


def _tokens(text: str) -> list[str]:
    return [match.group() for match in _TOKEN.finditer(fold(text))]


def _without_figures(tokens: Sequence[str]) -> list[str]:
    return ["#" if token[0].isdigit() else token for token in tokens]


def _best(placed: _Placed, figure: Figure, there: tuple[_Placed, ...]) -> float:
    """Likeness of a place in the sentence and the most similar place of `figure` in the source; -1 if it has none."""
    return max((placed.likeness(other) for other in there if other.figure.value == figure.value), default=-1.0)


@lru_cache(maxsize=256)
def _placed(text: str) -> tuple[_Placed, ...]:
    plain = in_digits(fold(text))
    figures = list(placed_figures(plain))
    if len(figures) < 2:
        return ()
    words = list(_words(plain))
    return tuple(_Placed(figure, _near(start, end, words)) for figure, start, end in figures)


def _near(start: int, end: int, words: list[tuple[int, str, float]]) -> dict[tuple[bool, str], float]:
    before = [(word, weight) for place, word, weight in words if place < start][: -_REACH - 1 : -1]
    after = [(word, weight) for place, word, weight in words if place >= end][:_REACH]
    near: dict[tuple[bool, str], float] = {}
    for is_after, side in enumerate((before, after)):
        for distance, (word, weight) in enumerate(side, 1):
            near.setdefault((bool(is_after), word), weight / distance)
    return near


def _words(plain: str) -> Iterator[tuple[int, str, float]]:
    """Place, normalised form and weight of each word."""
    if not any(_ASCII.fullmatch(word) is None for word in _WORD.findall(plain)):
        for match in _WORD.finditer(plain):
            yield match.start(), stem(match.group()), _FUNCTION_WORD if is_asking(match.group()) else 1.0
        return
    for morpheme in morphemes(plain):
        if _WORD.match(morpheme.surface):
            is_function = morpheme.pos[0] in {"助詞", "助動詞"}
            yield morpheme.start, morpheme.normalised, _FUNCTION_WORD if is_function else 1.0
