"""Questions with one fact changed: a number, year, name or noun is replaced by another one of its kind."""

import re
from collections.abc import Sequence
from random import Random

from retriever.text import morphemes, proper_nouns

_NUMBER = re.compile(r"\d[\d,.]*\d|\d")
_YEAR = re.compile(r"1[0-9]\d\d|20\d\d")
_CAPITALISED = re.compile(r"(?<=[a-z,] )[A-Z][A-Za-z-]+(?: [A-Z][A-Za-z-]+)*")
_NOUN = re.compile(  # an English noun, recognised by the words around it
    r"(?<=\b(?:the|for|and) )[a-z]{4,}"
    r"(?=[.,?;:)]| (?:of|is|was|were|are|and|in|at|to|on|by|for|from|with|that|have|had|has|did|do|does)\b)"
)
_KATAKANA = re.compile(r"[ァ-ヺー・]{3,}")
_YEARS_AWAY = 40


def changed(question: str, passage: str, others: Sequence[str], language: str, rng: Random) -> str | None:
    """`question` with a fact of the passage replaced by one that is not in it, so that the passage no longer answers.

    Replacements are taken from the passages `others`. None if there is nothing to replace.
    """
    facts = [(kind, fact) for kind, fact in _facts(question, language) if fact in passage]
    rng.shuffle(facts)
    elsewhere: list[tuple[str, str]] | None = None
    for kind, fact in facts:
        if kind == "year":
            year = str(int(fact) + rng.choice((-1, 1)) * rng.randint(1, _YEARS_AWAY))
            if year not in passage:
                return question.replace(fact, year)
            continue
        if elsewhere is None:
            elsewhere = [fact for text in others for fact in _facts(text, language)]
        options = sorted(
            {other for of, other in elsewhere if of == kind and other not in passage and other not in question}
        )
        if options:
            return question.replace(fact, rng.choice(options))
    return None


def _facts(text: str, language: str) -> list[tuple[str, str]]:
    """The (kind, text) of the years, numbers, names and nouns in `text`."""
    facts = [("year" if _YEAR.fullmatch(number) else "number", number) for number in _NUMBER.findall(text)]
    if language == "en":
        facts += [("name", name) for name in _CAPITALISED.findall(text)]
        return facts + [("noun", noun) for noun in _NOUN.findall(text)]
    facts += [("katakana", name) for name in _KATAKANA.findall(text)]
    if language == "ja":
        facts += [("name", name) for name in proper_nouns(text) if len(name) > 1 and not _KATAKANA.fullmatch(name)]
        facts += [("noun", noun) for noun in _nouns(text)]
    return facts


def _nouns(text: str) -> list[str]:
    """The common nouns of a Japanese text."""
    return [
        morpheme.surface
        for morpheme in morphemes(text)
        if morpheme.pos[:3] == ("名詞", "普通名詞", "一般") and len(morpheme.surface) > 1
    ]
