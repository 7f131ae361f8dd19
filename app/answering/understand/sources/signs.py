"""Signs of a question about sources that its words give without a bibliography, by the lists of source_signs.toml.

Words for a source, what restricts works (year, language, kind, age), numbers in a list, claims that are stated as such.
"""

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache, reduce

from app.answering.understand.words import any_word, numeral_value, places, source_signs
from retriever.numerals import KANJI_TO_99
from retriever.text import fold

YEAR = re.compile(r"(?:1[5-9]|20)\d\d")
_DECADE = re.compile(r"(?<!\d)(?:1[5-9]|20)\d0(?:\s?(?:年代|년대)|s\b)")
_YEARS = {"since": (0, None), "after": (1, None), "until": (None, 0), "before": (None, -1)}


def plain(question: str) -> str:
    """The question in NFKC, on one line, without its closing marks."""
    text = " ".join(unicodedata.normalize("NFKC", question).split())
    return re.sub(r"(?<![?。.!！？])[?。.!！？]++$", "", text).strip()


def holds_year(question: str) -> bool:
    """Whether a question holds a year, by which it may name a work."""
    return bool(YEAR.search(plain(question)))


def source_words(text: str) -> tuple[bool, bool]:
    """Whether a question has a word for a source, and whether it has one that may be."""
    folded = fold(text)
    return bool(_sources("plain").search(folded)), bool(_sources("weak").search(folded))


def stated_claim(question: str) -> re.Match[str] | None:
    """The claim that a question states as one (the claim that …), its first group; None for other questions."""
    bare = plain(question)
    return next((match for pattern in patterns_for("claim") if (match := pattern.search(bare))), None)


def placed(question: str) -> tuple[int, str] | None:
    """The number of the work that a question about works means (number 10, リストの四番目), and the rest of it."""
    text = fold(plain(question))
    match = next((match for pattern in patterns_for("placed") if (match := pattern.search(text))), None)
    return (numeral_value(next(filter(None, match.groups()))), blanked(text, match)) if match else None


def blanked(text: str, match: re.Match[str]) -> str:
    """The text with what was matched replaced by spaces, so that offsets stay valid."""
    return text[: match.start()] + " " * len(match.group()) + text[match.end() :]


@dataclass(frozen=True, slots=True)
class Filters:
    """What restricts the works that are asked for; `rest` is the question without these words, of the same length.

    `years` are the first and the last year, `newest` and `oldest` ask for one work alone.
    """

    rest: str
    years: tuple[int, int] | None = None
    languages: frozenset[str] = frozenset()
    kinds: frozenset[str] = frozenset()
    newest: bool = False
    oldest: bool = False

    def __bool__(self) -> bool:
        """Whether there is any."""
        return bool(self.years or self.languages or self.kinds or self.newest or self.oldest)


def filters(question: str) -> Filters:
    """The filters in a question about works."""
    text, signs = fold(plain(question)), source_signs()["filters"]
    text, years = _without_years(text)
    matched: dict[str, set[str]] = {}
    for what in ("language", "kind", "order"):
        for name, listed in signs[what].items():
            if (pattern := any_word(listed)).search(text):
                matched.setdefault(what, set()).add(name)
                text = pattern.sub(lambda match: " " * len(match.group()), text)
    order = matched.get("order", set())
    languages, kinds = (frozenset(matched.get(what, ())) for what in ("language", "kind"))
    return Filters(text, years, languages, kinds, "newest" in order, "oldest" in order)


def _without_years(folded: str) -> tuple[str, tuple[int, int] | None]:
    """The question without a year and its relation (since 2019, 2019年以降), and the years that it stands for."""
    for pattern in _year_ranges():
        if match := pattern.search(folded):
            ends = sorted(int(year) for year in match.groups())
            return blanked(folded, match), (ends[0], ends[1])
    for relation, offsets in _YEARS.items():
        if match := _year_with(relation).search(folded):
            year = int(YEAR.search(match.group())[0])  # type: ignore[index]  # the pattern holds a year
            first, last = (year + offset if offset is not None else None for offset in offsets)
            return blanked(folded, match), (first or 0, last or 9999)
    if match := _DECADE.search(folded):
        first = int(match.group()[:4])
        return blanked(folded, match), (first, first + 9)
    if match := re.search(rf"(?<!\d){YEAR.pattern}\s?(?:年|년)?", folded):
        year = int(match.group()[:4])
        return blanked(folded, match), (year, year)
    return folded, None


@lru_cache(maxsize=1)
def _year_ranges() -> tuple[re.Pattern[str], ...]:
    """Patterns of a first and a last year: between 2019 and 2021, 2019年から2021年."""
    year = rf"(?<!\d)({YEAR.pattern})(?!\d)"
    return tuple(re.compile(pattern.replace("{year}", year)) for pattern in source_signs()["filters"]["year"]["range"])


@lru_cache(maxsize=4)
def _year_with(relation: str) -> re.Pattern[str]:
    listed = [fold(word) for word in source_signs()["filters"]["year"][relation].split()]
    english = "|".join(word.replace("_", " ") for word in listed if word.isascii())
    after = "|".join(re.escape(word) for word in listed if not word.isascii())
    year = rf"(?<!\d){YEAR.pattern}"
    stated = rf"\b(?:{english})\s{{1,3}}(?:the year )?{year}(?! or )|{year}\s{{1,3}}(?:{english})\b"
    return re.compile(rf"{stated}|{year}\s?(?:年|년)?\s?(?:{after})")


@lru_cache(maxsize=4)
def patterns_for(name: str) -> tuple[re.Pattern[str], ...]:
    """The patterns of source_signs.toml of this name, with what stands in braces filled in."""
    signs = source_signs()
    named = "|".join(sorted(places(), key=len, reverse=True))
    numeral = signs["numeral"].replace("{kanji}", KANJI_TO_99)
    fill = {"{n}": numeral, "{place}": f"({named})", "{amount}": signs["amount"]}
    templates = signs[name]
    templates = [templates] if isinstance(templates, str) else templates
    filled = [reduce(lambda text, slot: text.replace(slot, fill[slot]), fill, pattern) for pattern in templates]
    return tuple(re.compile(pattern, re.IGNORECASE) for pattern in filled)


@lru_cache(maxsize=2)
def _sources(kind: str) -> re.Pattern[str]:
    return any_word(source_signs()["words"][kind])
