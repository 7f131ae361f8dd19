"""Terms of a question looked up in an index: which passages contain them, and how much they weigh."""

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce

import numpy as np
from numpy.typing import NDArray

from retriever.cross_lingual.terms import SENTENCE_END, Term, share_words
from retriever.lexical.bm25 import Bm25, Rows, Scores, Tokens, hash_tokens

# Least total weight for normalisation, in words that occur in a single passage: a question of which less is known
# must not look fully covered (tests/benchmarks/LOG.md).
_LEAST_RARE = 1.5


@dataclass(frozen=True, slots=True)
class IndexedTerm:
    """A term looked up in an index: its indexed spellings, the rows that contain any of them, and their joint IDF.

    `rarest` is the IDF of a term in a single passage.
    """

    spellings: tuple[tuple[str, ...], ...]
    rows: NDArray[np.int64]
    weight: float
    rarest: float


def is_indexed(term: Term, lexical: Bm25) -> bool:
    """Whether any passage contains the term in any spelling."""
    return bool(indexed_terms([term], lexical))


def entries_aside(language: str, groups: Sequence[Sequence[str]]) -> list[bool]:
    """For each group, whether it is of entries that share no written words with `language` while another group does.

    An entry is in the language of its work, whatever the language of the document that lists it.
    """
    sharing = [share_words(language, other) for other, _ in groups]
    return [kind == "entry" and not shares and any(sharing) for shares, (_, kind) in zip(sharing, groups, strict=True)]


def indexed_terms(terms: Sequence[Term], lexical: Bm25) -> list[IndexedTerm]:
    """Look up terms in the index; of a term in no passage its parts, and those in no passage are left out."""
    spelled = (spelling for term in terms for each in (term, *term.parts) for spelling in each.spellings)
    tokens = list(dict.fromkeys(token for spelling in spelled for token in spelling))
    holding = dict(zip(tokens, lexical.postings.holding(hash_tokens(tokens)), strict=True))
    indexed: list[IndexedTerm] = []
    for term in terms:
        found = _indexed(term, holding, lexical.count)
        of_parts = [] if found else [_indexed(part, holding, lexical.count) for part in term.parts]
        indexed += filter(None, [found, *of_parts])
    return indexed


def _indexed(term: Term, holding: Mapping[str, Rows], count: int) -> IndexedTerm | None:
    spellings, rows = [], []
    for spelling in term.spellings:
        holding_all = reduce(np.intersect1d, (holding[token] for token in spelling))
        if len(holding_all):
            spellings.append(spelling)
            rows.append(holding_all)
            if term.first_only:
                break
    if not rows:
        return None
    union = np.unique(np.concatenate(rows))
    return IndexedTerm(tuple(spellings), union, _idf(count, len(union)), _idf(count, 1))


def total_weight(terms: Sequence[Term], indexed: Sequence[IndexedTerm], lexical: Bm25) -> float:
    """Weight of all terms, of which `indexed` were found; each of the others weighs as a term in no passage."""
    unknown = max(0, len(terms) - len(indexed)) * _idf(lexical.count, 0)
    return unknown + sum(term.weight for term in indexed)


def _idf(count: int, holding: int) -> float:
    """IDF of a term in `holding` of `count` passages."""
    return math.log1p((count - holding + 0.5) / (holding + 0.5))


def shares(terms: Sequence[IndexedTerm], count: int) -> Scores:
    """Cross-lingual overlap of each of `count` rows: share of the terms' weight in [0, 1], shape (count,)."""
    total = np.zeros(count, np.float32)
    for term in terms:
        total[term.rows] += term.weight
    return total / np.float32(_whole(terms))


def share_in(terms: Sequence[IndexedTerm], present: Collection[str]) -> float:
    """Cross-lingual overlap in [0, 1] of a text whose tokens are `present`."""
    return _part(terms, present) / _whole(terms)


def share_of_known(terms: Sequence[IndexedTerm], present: Collection[str]) -> float:
    """The same without the least total weight: share in [0, 1] of the known terms' weight."""
    total = sum(term.weight for term in terms)
    return _part(terms, present) / total if total else 0.0


def _part(terms: Sequence[IndexedTerm], present: Collection[str]) -> float:
    return sum(term.weight for term in terms if _is_present(term, present))


def _is_present(term: IndexedTerm, present: Collection[str]) -> bool:
    """Whether all tokens of any spelling of the term are in `present`."""
    return any(all(token in present for token in spelling) for spelling in term.spellings)


def _whole(terms: Sequence[IndexedTerm]) -> float:
    """Normalising constant: the score of a text that contains every term."""
    return max(sum(term.weight for term in terms), *(_LEAST_RARE * term.rarest for term in terms[:1]), 1e-9)


def weights_in(terms: Sequence[IndexedTerm], lexical: Bm25, rows: Rows) -> tuple[Scores, Scores]:
    """Weight of the terms that each of `rows` contains, and that its best sentence contains, each of shape (rows,)."""
    anywhere, sentence = np.zeros(len(rows), np.float32), np.zeros(len(rows), np.float32)
    if not len(rows):
        return anywhere, sentence
    tokens, lengths = lexical.postings.tokens(rows)
    owners = np.repeat(np.arange(len(rows)), lengths)
    sentences = np.cumsum(tokens == hash_tokens([SENTENCE_END])[0]) + owners  # each has a number of its own
    told = np.zeros(int(sentences.max(initial=0)) + 1, np.float32)
    for term in terms:
        anywhere += term.weight * np.isin(rows, term.rows)
        told += term.weight * _sentences_with(term, tokens, sentences, len(told))
    np.maximum.at(sentence, owners, told[sentences])
    return anywhere, sentence


def _sentences_with(term: IndexedTerm, tokens: Tokens, sentences: NDArray[np.int64], count: int) -> NDArray[np.bool_]:
    """Which of `count` sentences contain a term in any of its spellings."""
    present = np.zeros(count, dtype=bool)
    for spelling in term.spellings:
        whole = np.ones(count, dtype=bool)
        for token in hash_tokens(spelling):
            held = np.zeros(count, dtype=bool)
            held[sentences[tokens == token]] = True
            whole &= held
        present |= whole
    return present
