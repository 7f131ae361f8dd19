"""Choose the works of a bibliography that a question means: by year, language, kind, age and words of entries."""

import re
from collections.abc import Callable, Sequence
from functools import lru_cache

from app.answering.understand.source_signs import YEAR, Filters
from ingest.references.cited_work import CitedWork
from retriever.cross_lingual.terms import indexed_terms, share_of_known, terms_of
from retriever.cross_lingual.tokens import tokens as cross_lingual_tokens
from retriever.index.search import Index
from retriever.text import language_of, letters, words

_COVERED = 0.5  # least share of the weight of the words asked for that a work's entry holds
_NEAR_BEST = 0.8  # of the best share, for further works
_NOT_LATIN = re.compile(r"[\u3041-\u9fff가-힣]")


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
        present, spelt = _words_in(entry), _letters_in(entry)
        covered = sum(weight for word, weight in weights.items() if word in present or _spelt_in(word, spelt))
        same_script = text.isascii() and not _NOT_LATIN.search(entry)  # Marlowe is not Bellmore
        abroad = 0.0
        if known and not same_script:
            abroad = share_of_known(known, _tokens_in(entry)) * len(known) / len(terms)
        return max(covered / total if total else 0.0, abroad)

    return covers


@lru_cache(maxsize=4096)
def _words_in(entry: str) -> frozenset[str]:
    return frozenset(words(entry))


@lru_cache(maxsize=4096)
def _tokens_in(entry: str) -> frozenset[str]:
    return frozenset(cross_lingual_tokens(entry))


_letters_in = lru_cache(maxsize=4096)(letters)


def _spelt_in(word: str, entry: str) -> bool:
    """Whether an entry's letters hold a word that is not in Latin script; such a word need not stand alone."""
    return not word.isascii() and len(word) > 1 and letters(word) in entry


def _entry_text(work: CitedWork) -> str:
    return work.hit.passage.text if work.hit else work.line
