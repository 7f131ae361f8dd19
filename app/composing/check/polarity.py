"""What a sentence affirms or denies, on which side of a comparison it stands, and how sure it is.

Each word of weight carries a mark of whether it is denied. A sentence agrees with its source if no word that both hold
is denied in the one and affirmed in the other, and no word stands on the opposite side of what the source says.
"""

from collections import defaultdict
from dataclasses import dataclass, field
from functools import cache, lru_cache
from typing import Literal

from app.composing.check.figures import word_lists
from retriever.text import fold, morphemes, words

_POSSIBLE = "possible"
_NOT_DENIED = frozenset(["成る", "行ける"])  # before a second negation
_REACH = 4  # English words after a negation within which the word that it denies stands
_SKIPPED = frozenset(
    "a an the any all only just very so much more longer yet be been being do does did have has had to".split()
)


Turned = Literal["", "negation", "comparison", "modality"]


@dataclass(slots=True)
class Stance:
    """The words of weight of a text: those affirmed, denied and hedged, its sides of the opposites, its modalities.

    A word can be affirmed in one place and denied in another.
    """

    affirmed: set[str] = field(default_factory=set)
    denied: set[str] = field(default_factory=set)
    hedged: set[str] = field(default_factory=set)
    sides: set[tuple[int, int]] = field(default_factory=set)  # (number of the opposites, 0 or 1)
    modalities: set[str] = field(default_factory=set)

    @property
    def words(self) -> set[str]:
        """All words of weight."""
        return self.affirmed | self.denied


@lru_cache(maxsize=256)  # a sentence is compared with several spans, a span with several sentences
def stance(text: str, language: str) -> Stance:
    """How a text in `language` stands; to be read only."""
    if language == "en":
        return _english(text)
    if language == "ja":
        return _japanese(text)
    return _by_letters(text, language)


def contradiction(sentence: Stance, source: Stance, *, same_language: bool) -> Turned:
    """In what a sentence contradicts its source: "negation", "comparison", "modality", or "" where in nothing."""
    turned = sentence.denied & (source.affirmed - source.denied)
    turned |= (sentence.affirmed - sentence.denied) & (source.denied - source.affirmed)
    if (same_language and turned) or (sentence.denied and not source.denied):
        return "negation"
    for number, side in sentence.sides:
        if (number, side) not in source.sides and (number, 1 - side) in source.sides:
            return "comparison"
    surer = (sentence.affirmed - sentence.hedged) & source.hedged
    if (same_language and surer) or sentence.modalities - source.modalities - {_POSSIBLE}:
        return "modality"
    return ""


def _japanese(text: str) -> Stance:
    """A negation and a hedge follow the word that they belong to."""
    found = Stance()
    negators = frozenset(word_lists()["negation"]["ja"])
    sides, modal = _sides("ja"), _modal("ja")
    last = before = ""
    for morpheme in morphemes(fold(text)):
        word, part = morpheme.normalised, morpheme.pos
        found.sides.update(sides.get(word, ()))
        if word in modal:
            found.modalities.add(modal[word])
            if modal[word] == _POSSIBLE and last:
                found.hedged.add(last)
        elif word in negators and before in _NOT_DENIED and last in found.denied:
            found.denied.discard(last)  # 行わなければならない: what must be is not denied
            found.affirmed.add(last)
        elif word in negators and before != "知れる":
            found.affirmed.discard(last)
            found.denied.add(last)
        elif part[0] in {"名詞", "動詞", "形容詞", "形状詞", "代名詞"} and part[1] != "非自立可能":
            found.affirmed.add(word)
            last = word
        before = word
    return found


def _english(text: str) -> Stance:
    """A negation and a hedge come before the word that they belong to."""
    found = Stance()
    negators = frozenset(word_lists()["negation"]["en"])
    sides, modal = _sides("en"), _modal("en")
    written = fold(text).replace("n't", " not").replace("n’t", " not").replace("cannot", "can not").split()
    denies = hedges = 0  # words within which the last negation or hedge finds its word
    for word in ("".join(character for character in word if character.isalnum()) for word in written):
        found.sides.update(sides.get(word, ()))
        denies, hedges = max(0, denies - 1), max(0, hedges - 1)
        if word in negators:
            denies = _REACH
        elif word in modal:
            found.modalities.add(modal[word])
            hedges = _REACH if modal[word] == _POSSIBLE else hedges
        elif (stems := words(word)) and word not in _SKIPPED:
            (found.denied if denies else found.affirmed).update(stems)
            found.hedged.update(stems if hedges else ())
            denies = hedges = 0
    return found


def _by_letters(text: str, language: str) -> Stance:
    """For Chinese and Korean: what is written anywhere; a negation is told of the whole text."""
    folded = fold(text)
    found = Stance()
    if any(word in folded for word in word_lists()["negation"].get(language, ())):
        found.denied.add("")
    for word, places in _sides(language).items():
        found.sides.update(places if word in folded else ())
    found.modalities.update(name for word, name in _modal(language).items() if word in folded)
    return found


@cache
def _sides(language: str) -> dict[str, tuple[tuple[int, int], ...]]:
    """The sides on which each word stands."""
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
    """The words of weight with which a sentence only tells whose statement it gives."""
    given = word_lists()["reporting"].get(language, [])
    return frozenset(stem for word in given for stem in (words(word) if language == "en" else [word]))
