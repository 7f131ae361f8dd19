"""Countries by their names in English, Japanese, Chinese and Korean, and by the English words for their people.

`retriever.cross_lingual.make_tables` makes the table from CLDR, WordNet and JMdict.
"""

import re
from dataclasses import dataclass
from functools import lru_cache

from retriever.cross_lingual.dictionary import rows_of
from retriever.text import words


@dataclass(frozen=True, slots=True)
class Country:
    """A country's names; the English ones are in lower case, with the words for its people: united states, american."""

    english: tuple[str, ...]
    japanese: tuple[str, ...]
    chinese: tuple[str, ...]
    korean: tuple[str, ...]

    def in_words(self) -> tuple[tuple[str, ...], ...]:
        """The Japanese names, each as words of `text.words`."""
        return tuple(dict.fromkeys(tuple(words(name)) for name in self.japanese))


@lru_cache(maxsize=1)
def _countries() -> tuple[Country, ...]:
    return tuple(Country(*(tuple(cell.split("|")) for cell in row)) for row in rows_of("countries.tsv"))


@lru_cache(maxsize=1)
def _by_english() -> dict[str, Country]:
    return {name: country for country in reversed(_countries()) for name in country.english}


def country_called(english: str) -> Country | None:
    """The country that an English name or word for its people means, in any case; plurals as well: Americans."""
    lowered = english.lower()
    return _by_english().get(lowered) or _by_english().get(lowered.removesuffix("s"))


@lru_cache(maxsize=256)
def countries_in(text: str, language: str) -> tuple[tuple[str, Country], ...]:
    """The countries that a Chinese or Korean text names, each with its name there; the longest names first."""
    if language not in {"zh", "ko"}:
        return ()
    pattern, by_name = _names_in(language)
    return tuple((match.group(), by_name[match.group()]) for match in pattern.finditer(text))


@lru_cache(maxsize=2)
def _names_in(language: str) -> tuple[re.Pattern[str], dict[str, Country]]:
    by_name = {
        name: country
        for country in _countries()
        for name in (country.chinese if language == "zh" else country.korean)
        if len(name) > 1
    }
    longest_first = sorted(by_name, key=len, reverse=True)
    return re.compile("|".join(map(re.escape, longest_first))), by_name
