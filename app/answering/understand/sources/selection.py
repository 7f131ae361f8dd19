"""Choose the works of a bibliography that a question means: by year, language, kind, age and words of entries."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache

from app.answering.understand.sources.source_questions import YEAR, blanked, plain
from app.answering.understand.words import any_word, source_signs
from ingest.references.cited_work import CitedWork
from retriever.cross_lingual.terms import indexed_terms, share_of_known, terms_of
from retriever.cross_lingual.tokens import tokens as cross_lingual_tokens
from retriever.index.search import Index
from retriever.text import fold, language_of, letters, words

_COVERED = 0.5  # least share of the weight of the words asked for that a work's entry holds
_NEAR_BEST = 0.8  # of the best share, for further works
_DECADE = re.compile(r"(?<!\d)(?:1[5-9]|20)\d0(?:\s?(?:年代|년대)|s\b)")
_NOT_LATIN = re.compile(r"[\u3041-\u9fff가-힣]")
_YEARS = {"since": (0, None), "after": (1, None), "until": (None, 0), "before": (None, -1)}


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


def filtered(works: Sequence[CitedWork], chosen: Filters) -> list[CitedWork]:
    """The works that pass the filters; of these only the newest or the oldest, if that is asked for."""
    left = [work for work in works if _passes(work, chosen)]
    dated = [work for work in left if work.entry.date]
    if (chosen.newest or chosen.oldest) and dated:
        edge = (max if chosen.newest else min)(_to_compare(work, dated) for work in dated)
        left = [work for work in dated if _to_compare(work, dated) == edge]
    return left


def _to_compare(work: CitedWork, works: Sequence[CitedWork]) -> str:
    """The date of a work, as precise as the least precise one of its year, so that 2019 and 2019-04 count as equal."""
    same_year = [other.entry.date for other in works if other.entry.date[:4] == work.entry.date[:4]]
    return work.entry.date[: min(map(len, same_year))]


def _passes(work: CitedWork, chosen: Filters) -> bool:
    if chosen.years:
        year = YEAR.match(work.entry.date)
        if not year or not chosen.years[0] <= int(year.group()) <= chosen.years[1]:
            return False
    return (not chosen.languages or work.entry.language in chosen.languages) and (
        not chosen.kinds or work.entry.kind in chosen.kinds
    )


def with_words(works: Sequence[CitedWork], text: str, wanted: Sequence[str], index: Index) -> list[CitedWork]:
    """The works whose entries hold most of the words of `text` that are `wanted`, in the order of the list."""
    covers = _coverage(text, wanted, index)
    shares = [(covers(_entry_text(work)), work) for work in works]
    best = max((share for share, _ in shares), default=0.0)
    return [work for share, work in shares if share >= max(_COVERED, _NEAR_BEST * best)]


def _coverage(text: str, wanted: Sequence[str], index: Index) -> Callable[[str], float]:
    """The share in [0, 1] of the wanted words' weight that an entry holds, as written or in another language."""
    weights = dict(zip(wanted, index.words.idf(wanted).tolist(), strict=True))
    terms = terms_of(text, language_of(text))
    known = indexed_terms(terms, index.cross_lingual)
    total = sum(weights.values())

    def covers(entry: str) -> float:
        present = set(words(entry))
        spelt = letters(entry)
        covered = sum(weight for word, weight in weights.items() if word in present or _spelt_in(word, spelt))
        same_script = text.isascii() and not _NOT_LATIN.search(entry)  # Marlowe is not Bellmore
        abroad = 0.0
        if known and not same_script:
            abroad = share_of_known(known, set(cross_lingual_tokens(entry))) * len(known) / len(terms)
        return max(covered / total if total else 0.0, abroad)

    return covers


def _spelt_in(word: str, entry: str) -> bool:
    """Whether an entry's letters hold a word that is not in Latin script; such a word need not stand alone."""
    return not word.isascii() and len(word) > 1 and letters(word) in entry


def _entry_text(work: CitedWork) -> str:
    return work.hit.passage.text if work.hit else work.line
