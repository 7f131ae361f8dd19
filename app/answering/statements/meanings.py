"""Compare an English and a Japanese text: translations and antonyms, by the bilingual tables.

An English word is translated if the dictionary gives it for a Japanese word of the other text, or that word for it. It
is opposed if it is not translated, but a Japanese word means its antonym: 減少 in the source of "increased".
"""

from collections.abc import Iterator
from functools import lru_cache

from app.answering.statements.statement import word_lists
from retriever.cross_lingual.dictionary import antonyms_of, base_forms, japanese_for
from retriever.cross_lingual.tokens import english_for
from retriever.text import fold, is_asking, morphemes

_WORD_CLASSES = {"名詞", "動詞", "形容詞", "形状詞", "副詞", "連体詞", "接頭辞", "接尾辞"}
_LONGEST_PHRASE = 2  # words of an English translation whose words count each


@lru_cache(maxsize=256)
def english_words(text: str) -> tuple[str, ...]:
    """The words of an English text in lower case, each once, without stop words and question words."""
    plain = ("".join(filter(str.isalpha, word)) for word in fold(text).replace("-", " ").split())
    return tuple(dict.fromkeys(word for word in plain if word and not is_asking(word)))


@lru_cache(maxsize=256)
def japanese_words(text: str) -> frozenset[str]:
    """The content words of a Japanese text in their normalised forms: compounds, and the parts of compounds."""
    folded = fold(text)
    units = (*morphemes(folded), *morphemes(folded, short=True))
    return frozenset(unit.normalised for unit in units if unit.pos[0] in _WORD_CLASSES)


def opposed(english: str, japanese: str) -> str:
    """An English word whose antonym the Japanese text has in its place; or ""."""
    words, there = english_words(english), japanese_words(japanese)
    in_english = {base for word in words for base in base_forms(word)}
    for word in words:
        antonyms = [antonym for antonym in _antonyms(word) if antonym not in in_english]
        if not antonyms or is_translated(word, there) or any(word in _loosely(other) for other in there):
            continue
        opposites = {other for other in there if any(_mean_alike(antonym, other) for antonym in antonyms)}
        others = [known for known in words if known != word]
        if any(not any(_mean_alike(known, opposite) for known in others) for opposite in opposites):
            return word
    return ""


def is_translated(word: str, japanese: frozenset[str]) -> bool:
    """Whether one of the Japanese words `japanese` means an English word."""
    return any(_mean_alike(word, other) for other in japanese)


@lru_cache(maxsize=65536)
def _mean_alike(english: str, japanese: str) -> bool:
    bases = base_forms(english)
    if any("".join(row) == japanese for base in bases for row in japanese_for(base)):
        return True
    return any(base in english_for(japanese) for base in bases)


@lru_cache(maxsize=16384)
def _loosely(japanese: str) -> frozenset[str]:
    """The English words in translations of at most two words of a Japanese word: "most", "part" of "most part"."""
    phrases = (phrase.split() for phrase in english_for(japanese))
    return frozenset(
        word for phrase in phrases if len(phrase) <= _LONGEST_PHRASE and "not" not in phrase for word in phrase
    )


@lru_cache(maxsize=4096)
def _antonyms(word: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(_every_antonym(word)))


def _every_antonym(word: str) -> Iterator[str]:
    for base in base_forms(word):
        yield from antonyms_of(base)
        for pair in word_lists()["antonyms"]:
            yield from (other for other in pair if base in pair and other != base)
