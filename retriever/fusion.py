"""Hybrid retrieval: dense z-scores, lexical overlap and cross-lingual overlap in one weighted sum.

There is a vector for each passage and for each of its sentences. A passage's vector blurs what a single sentence says;
the cosine of the best sentence recovers it. Questions in another language than the text gain most
(tests/benchmarks/LOG.md). Which store keeps the rows makes no difference here (retriever/store.py).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from retriever.cross_lingual.terms import (
    IndexedTerm,
    entries_aside,
    indexed_terms,
    shares,
    terms_of,
    total_weight,
)
from retriever.cross_lingual.tokens import SENTENCE_END
from retriever.lexical.bm25 import Bm25, Rows, Scores, Tokens, best_rows, hash_tokens, term_overlap
from retriever.store import StoredRows
from retriever.text import content_words, written_alike
from retriever.types import Group, Query, Vectors

# Weights of the z-scores of (passage, best sentence): passage in the query's language, and in another one. Within one
# language, term overlap already covers what single sentences say, so their vectors count less. Both were set by hand at
# the middle of a flat optimum on JSQuAD and its questions in English, Chinese and Korean (tests/benchmarks/LOG.md).
_NATIVE_WEIGHTS, _FOREIGN_WEIGHTS = (0.10, 0.03), (0.07, 0.13)
# Added to the native weights in proportion to the missing term overlap of the best passage: for a paraphrased question
# the vectors count more (chosen on papers; JSQuAD's questions use the words of the text).
_IN_OTHER_WORDS = (0.05, 0.05)
# Weights of the lexical score: BM25 on character pairs, term overlap with the whole passage, and within 20 tokens.
_PAIRS, _OVERLAP, _PROXIMITY = 0.5, 0.2, 0.3
# Across languages, the overlap that a passage cannot show is estimated from its z-scores: on JSQuAD, the right passage
# shares 0.07 of the query for each unit of their mean.
_IMPLIED_COVERAGE = 0.035
# A match by an alias counts a little less than one by the query's own form.
_RENAMED = 0.95
# Weights across languages: of the z-scores of (passage, best sentence), and of the weight of the question's terms
# (phonetics, readings, translations) that (passage, best sentence) contain, divided by the root of the weight of all
# terms. Fitted listwise, then scaled to the range of scores within one language (tests/benchmarks/LOG.md).
_ACROSS, _SCALE = (0.765, 1.433, 1.054, 1.795), 19.0
_CANDIDATES = 50
_SAMPLE = 256
_LEAST_DEVIATION = 0.01
_PRIOR_PASSAGES = 3


@dataclass(frozen=True, slots=True)
class Run:
    """The result of a retriever, best first: `rows` of the index (int64) and their `scores` (higher is better).

    `parts` are the summands of fused scores, shape (rows, len(SCORE_PARTS)).
    """

    rows: NDArray[np.int64]
    scores: NDArray[np.float32]
    parts: NDArray[np.float32] | None = None


def highest_cosines(vectors: Vectors, starts: NDArray[np.int64], vector: Vectors) -> NDArray[np.float32]:
    """Highest cosine with `vector` in each non-empty group of `vectors` that begins at `starts`."""
    if not len(starts):
        return np.zeros(0, np.float32)
    return np.asarray(np.maximum.reduceat(vectors @ vector, starts), dtype=np.float32)


@dataclass(frozen=True, slots=True)
class Background:
    """A sample of vectors of each group, for turning cosines into z-scores.

    A z-score is the distance from the group's mean in standard deviations, which makes encoders with narrow and wide
    ranges of cosines comparable. `groups` holds the position in `names` of each row's group, shape (rows,).
    """

    names: tuple[Group, ...]
    groups: NDArray[np.uint8]
    passages: tuple[Vectors, ...]
    sentences: tuple[tuple[Vectors, NDArray[np.int64]], ...]

    def passage_z_scores(self, query: Query, rows: Rows, cosines: Scores) -> Scores:
        """Z-scores of the cosines of whole passages, shape (len(rows),)."""
        return self._z_scores([sample @ query.vector for sample in self.passages], rows, cosines)

    def sentence_z_scores(self, query: Query, rows: Rows, cosines: Scores) -> Scores:
        """Z-scores of the cosines of the passages' best sentences, shape (len(rows),)."""
        return self._z_scores([highest_cosines(*sample, query.vector) for sample in self.sentences], rows, cosines)

    def foreign(self, query: Query, rows: Rows) -> NDArray[np.bool_]:
        """Which of `rows` are in another language than the query, shape (len(rows),)."""
        return np.array([language != query.language for language, _ in self.names])[self.groups[rows]]

    def has_translated(self, query: Query) -> bool:
        """Whether any passage is scored by cross-lingual terms."""
        return any(self._translated_groups(query))

    def translated(self, query: Query) -> NDArray[np.bool_]:
        """Which passages are scored by cross-lingual terms because of their language, shape (passages,)."""
        return np.array(self._translated_groups(query), dtype=bool)[self.groups]

    def _translated_groups(self, query: Query) -> list[bool]:
        """Which groups are scored by cross-lingual terms."""
        aside = entries_aside(query.language, self.names)
        return [
            language != query.language and not is_aside
            for (language, _), is_aside in zip(self.names, aside, strict=True)
        ]

    def _z_scores(self, at_large: list[Scores], rows: Rows, cosines: Scores) -> Scores:
        overall = float(np.concatenate(at_large).mean())
        means = np.array([_mean(values, overall) for values in at_large], dtype=np.float32)
        spread = np.concatenate([values - values.mean() for values in at_large]).std()
        return (cosines - means[self.groups[rows]]) / max(float(spread), _LEAST_DEVIATION)


def _mean(values: Scores, overall: float) -> float:
    """Mean cosine of one group, shrunk towards the overall mean where the group is small."""
    return (float(values.sum()) + _PRIOR_PASSAGES * overall) / (len(values) + _PRIOR_PASSAGES)


def background_of(
    stored: StoredRows, names: Sequence[Group], groups: NDArray[np.uint8], live: NDArray[np.bool_]
) -> Background:
    """Sample at most 256 live rows of each group, evenly spread over the index."""
    samples = []
    for code in range(len(names)):
        rows = np.flatnonzero((groups == code) & live)
        samples.append(rows[np.unique(np.linspace(0, len(rows) - 1, _SAMPLE).astype(np.int64))])
    return Background(
        names=tuple(names),
        groups=groups,
        passages=tuple(stored.vectors(rows) for rows in samples),
        sentences=tuple(sentences_of(stored, rows) for rows in samples),
    )


def sentences_of(stored: StoredRows, rows: Rows) -> tuple[Vectors, NDArray[np.int64]]:
    """The vectors of all sentences of `rows`, and the start of each row among them."""
    vectors, lengths = stored.sentences(rows)
    return vectors, np.cumsum(lengths) - lengths


@dataclass(frozen=True, slots=True)
class Fusion:
    """Dense and lexical retrievers over the same rows, fused. A score is a weighted sum, mostly in [0, 1]."""

    stored: StoredRows
    words: Bm25
    pairs: Bm25
    cross_lingual: Bm25
    background: Background

    def retrieve(self, query: Query, k: int, only: Rows | None = None) -> Run:
        """At most `k` of the top rows of any retriever, or of `only`, by descending fused score, then by row."""
        texts = (query.text, *(alias.text for alias in query.aliases))
        terms = terms_of(query.text, query.language) if self.background.has_translated(query) else []
        known = indexed_terms(terms, self.cross_lingual)
        rows = self._candidates(query, texts, known, max(k, _CANDIDATES)) if only is None else only
        on_pairs = [self.pairs.scores(text, rows) for text in texts]
        passage = self.background.passage_z_scores(query, rows, self.stored.vectors(rows) @ query.vector)
        best = highest_cosines(*sentences_of(self.stored, rows), query.vector)
        sentence = self.background.sentence_z_scores(query, rows, best)
        parts = self._parts(query, rows, np.stack([passage, sentence], axis=1), on_pairs)
        across = self.background.translated(query)[rows]
        if across.any():
            term_shares = np.stack(weights_in(known, self.cross_lingual, rows[across]), axis=1)
            term_shares /= max(total_weight(terms, known, self.cross_lingual), 1.0) ** 0.5
            values = np.column_stack([passage[across], sentence[across], term_shares]) * _ACROSS / _SCALE
            parts[across] = np.column_stack([values[:, :2], np.zeros(len(values)), values[:, 2:].sum(axis=1)])
        scores = parts.sum(axis=1)
        order = np.lexsort((rows, -scores))[:k]
        return Run(rows[order], scores[order].astype(np.float32), parts[order].astype(np.float32))

    def _candidates(self, query: Query, texts: Sequence[str], known: Sequence[IndexedTerm], depth: int) -> Rows:
        """The first `depth` rows of each retriever, ascending."""
        across = self.background.translated(query)
        translated = np.where(across, shares(known, len(across)), np.float32(0))
        firsts = [lexical.first(text, depth) for lexical in (self.words, self.pairs) for text in texts]
        return np.unique(
            np.concatenate([self.stored.nearest(query.vector, depth), *firsts, best_rows(translated, depth)])
        )

    def _parts(self, query: Query, rows: Rows, z_scores: Scores, on_pairs: Sequence[Scores]) -> Scores:
        """Summands of the score of passages that share written words with the query, shape (len(rows), 4)."""
        foreign = self.background.foreign(query, rows)
        shared, close = self._shared(query.text, on_pairs[0], rows)
        for alias, scores in zip(query.aliases, on_pairs[1:], strict=True):
            renamed = _RENAMED * alias.holds_for(rows) * self._shared(alias.text, scores, rows)
            shared, close = np.maximum((shared, close), renamed)
        lacking = 1 - float(close[~foreign].max(initial=0))
        native = np.add(_NATIVE_WEIGHTS, np.multiply(_IN_OTHER_WORDS, lacking))
        weights = np.where(foreign[:, None], _FOREIGN_WEIGHTS, native)
        lexical = shared
        if foreign.any():
            implied = self._implied(query, z_scores.sum(axis=1), rows)
            lexical = np.where(foreign, np.maximum(shared, implied), shared)
        return np.column_stack([weights * z_scores / 3, 2 * lexical / 3, np.zeros(len(rows))])

    def _shared(self, text: str, on_pairs: Scores, rows: Rows) -> Scores:
        """Lexical score of each of `rows`, and its term overlap within 20 tokens, shape (2, len(rows))."""
        overlap, close = term_overlap(self.words, content_words(text), rows)
        return np.stack([_PAIRS * on_pairs + _OVERLAP * overlap + _PROXIMITY * close, close]).astype(np.float32)

    def _implied(self, query: Query, z_scores: Scores, rows: Rows) -> Scores:
        """Estimated term overlap of passages in another language, shape (len(rows),).

        Numbers and abbreviations are written alike in all languages, so for them the actual overlap counts.
        """
        tokens, alike = content_words(query.text), written_alike(query.text)
        share = float(self.words.idf(alike).sum() / self.words.idf(tokens).sum()) if alike else 0.0
        overlap, _ = term_overlap(self.words, alike, rows)
        return np.asarray((1 - share) * _IMPLIED_COVERAGE * z_scores + share * overlap, dtype=np.float32)


def weights_in(terms: Sequence[IndexedTerm], lexical: Bm25, rows: Rows) -> tuple[Scores, Scores]:
    """Weight of the terms that each of `rows` contains, and that its best sentence contains, each of shape (rows,)."""
    anywhere, sentence = np.zeros(len(rows), np.float32), np.zeros(len(rows), np.float32)
    if not len(rows):
        return anywhere, sentence
    tokens, lengths = lexical.postings.tokens(rows)
    owners = np.repeat(np.arange(len(rows)), lengths)
    sentences = np.cumsum(tokens == hash_tokens([SENTENCE_END])[0]) + owners  # the number of each token's sentence
    by_sentence = np.zeros(int(sentences.max(initial=0)) + 1, np.float32)
    for term in terms:
        anywhere += term.weight * np.isin(rows, term.rows)
        by_sentence += term.weight * _sentences_with(term, tokens, sentences, len(by_sentence))
    np.maximum.at(sentence, owners, by_sentence[sentences])
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
