"""Hybrid retrieval: dense z-scores, lexical overlap and cross-lingual overlap in one weighted sum.

Dense are the vectors of passages (FAISS: exact up to 100,000, an HNSW graph above) and of their single sentences. A
passage's vector blurs what one of its sentences says; the cosine of its best sentence finds it. Questions in another
language than the text gain most (tests/benchmarks/LOG.md).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from retriever.cross_lingual.lookup import IndexedTerm, indexed_terms, shares, total_weight, weights_in
from retriever.cross_lingual.terms import share_words, terms_of
from retriever.lexical.aliases import holds_for
from retriever.lexical.bm25 import Bm25, first_rows, term_overlap
from retriever.text import content_words, written_alike
from retriever.types import Passage, Query, Run, Vectors

EXACT_PASSAGES = 100_000
# Malkov & Yashunin (2016): links a node, and the breadth of the search when building and when asking.
_LINKS, _BUILD_BREADTH, _SEARCH_BREADTH = 32, 200, 256
# Weights of the z-scores of (passage, best sentence), by whether the passage is in the query's language. Within one
# language, term overlap already tells what single sentences say, so they count less there. Both were set by hand at
# the middle of a flat optimum on JSQuAD and its questions in English, Chinese and Korean (tests/benchmarks/LOG.md).
_NATIVE_WEIGHTS, _FOREIGN_WEIGHTS = (0.10, 0.03), (0.07, 0.13)
# Added to the native weights in proportion to the missing term overlap of the best passage: a paraphrased question
# is found by meaning (on papers; JSQuAD's questions use the words of the text).
_IN_OTHER_WORDS = (0.05, 0.05)
# Weights of the lexical score: BM25 on character pairs, term overlap with the whole passage, and within 20 tokens.
_PAIRS, _OVERLAP, _PROXIMITY = 0.5, 0.2, 0.3
# Across languages, the overlap that a passage cannot show is estimated from its z-scores: on JSQuAD, the right passage
# shares 0.07 of the query for each unit of their mean.
_IMPLIED_COVERAGE = 0.035
# A match by an alias counts a little less than one by the query's own form.
_RENAMED = 0.95
# Weights across languages, of the z-scores of (passage, best sentence) and of the weight of the question's terms
# (phonetics, readings, translations) in (the passage, its best sentence), which is divided by the root of the weight of
# all terms. Fitted listwise, then scaled to the range of scores within one language (tests/benchmarks/LOG.md).
_ACROSS, _SCALE = (0.765, 1.433, 1.054, 1.795), 19.0
_CANDIDATES = 50
_SAMPLE = 256
_LEAST_DEVIATION = 0.01
_PRIOR_PASSAGES = 3

Rows = NDArray[np.int64]
Scores = NDArray[np.float32]
Group = tuple[str, str]


def write_vectors(path: Path, vectors: Vectors, *, exact_passages: int = EXACT_PASSAGES) -> str:
    """Write the index of unit `vectors`, shape (rows, dimension); returns its kind, "flat" or "hnsw".

    Raises OSError where it cannot be written.
    """
    import faiss

    rows, dimension = vectors.shape
    is_exact = rows <= exact_passages
    index: Any
    if is_exact:
        index = faiss.IndexFlatIP(dimension)
    else:
        index = faiss.IndexHNSWFlat(dimension, _LINKS, faiss.METRIC_INNER_PRODUCT)
        index.hnsw.efConstruction = _BUILD_BREADTH
        index.hnsw.efSearch = _SEARCH_BREADTH
    index.add(vectors)
    try:
        faiss.write_index(index, str(path))
    except RuntimeError as error:  # what faiss makes of any failed write
        raise OSError(str(error)) from error
    return "flat" if is_exact else "hnsw"


@dataclass(frozen=True, slots=True)
class Dense:
    """The dense retriever; a score is the cosine of the query's and the passage's vectors."""

    index: Any  # a faiss index

    def retrieve(self, query: Query, k: int) -> Run:
        """At most `k` rows by descending cosine; rows of equal score by their number."""
        scores, rows = self.index.search(query.vector.reshape(1, -1), max(1, min(k, self.index.ntotal)))
        valid = rows[0] >= 0
        order = np.lexsort((rows[0][valid], -scores[0][valid]))
        return Run(rows[0][valid][order].astype(np.int64), scores[0][valid][order].astype(np.float32))

    def vectors(self, rows: NDArray[np.int64]) -> Vectors:
        """The vectors of `rows`, shape (len(rows), dimension)."""
        if not len(rows):
            return np.zeros((0, self.index.d), np.float32)
        return np.asarray(self.index.reconstruct_batch(rows), dtype=np.float32)

    def scores(self, query: Query, rows: NDArray[np.int64]) -> NDArray[np.float32]:
        """The cosines of the query's vector and those of `rows`, shape (len(rows),)."""
        return np.asarray(self.vectors(rows) @ query.vector, dtype=np.float32)


def load_vectors(path: Path) -> Dense:
    """Open the index at `path`, memory-mapped."""
    import faiss

    return Dense(faiss.read_index(str(path), faiss.IO_FLAG_MMAP_IFC))


def write_sentences(folder: Path, vectors: Sequence[Vectors], dimension: int) -> None:
    """Write the vectors of each row's sentences, arrays of shape (sentences, dimension), as float16 into `folder`."""
    folder.mkdir(parents=True)
    offsets = np.concatenate([[0], np.cumsum([len(row) for row in vectors])]).astype(np.int64)
    flat = np.concatenate(vectors) if vectors else np.zeros((0, dimension), np.float32)
    np.save(folder / "vectors.npy", flat.astype(np.float16))
    np.save(folder / "offsets.npy", offsets)


@dataclass(frozen=True, slots=True)
class SentenceVectors:
    """Vectors of all sentences, shape (sentences, dimension); row r has `offsets[r]` to `offsets[r + 1]`."""

    vectors: NDArray[np.float16]
    offsets: NDArray[np.int64]

    def of(self, row: int) -> Vectors:
        """Vectors of the sentences of `row`, in order, shape (sentences, dimension)."""
        return self.vectors[self.offsets[row] : self.offsets[row + 1]].astype(np.float32)

    def best(self, vector: Vectors, rows: NDArray[np.int64]) -> NDArray[np.float32]:
        """Cosine of `vector` and the best sentence of each of `rows`, shape (len(rows),)."""
        return best_of(*self.gather(rows), vector)

    def gather(self, rows: NDArray[np.int64]) -> tuple[Vectors, NDArray[np.int64]]:
        """Vectors of all sentences of `rows`, and the start of each row among them."""
        lengths = self.offsets[rows + 1] - self.offsets[rows]
        starts = np.cumsum(lengths) - lengths
        places = np.arange(int(lengths.sum())) - np.repeat(starts, lengths) + np.repeat(self.offsets[rows], lengths)
        return self.vectors[places].astype(np.float32), starts


def best_of(vectors: Vectors, starts: NDArray[np.int64], vector: Vectors) -> NDArray[np.float32]:
    """Highest cosine with `vector` in each non-empty group of `vectors` that begins at `starts`."""
    if not len(starts):
        return np.zeros(0, np.float32)
    return np.asarray(np.maximum.reduceat(vectors @ vector, starts), dtype=np.float32)


def load_sentences(folder: Path) -> SentenceVectors:
    """Open what `write_sentences` wrote, memory-mapped."""
    return SentenceVectors(np.load(folder / "vectors.npy", mmap_mode="r"), np.load(folder / "offsets.npy"))


def group_of(passage: Passage) -> Group:
    """Group for z-scores: language, and whether the passage is an entry of a bibliography.

    Encoders place all texts of one language near each other, and all bibliography entries near every question on
    the bibliography's subject.
    """
    return passage.language, "entry" if passage.kind == "entry" else "text"


@dataclass(frozen=True, slots=True)
class Background:
    """A sample of vectors of each group, against which cosines become z-scores.

    A z-score is the distance from the group's mean in standard deviations, so that encoders with narrow and wide
    ranges of cosines are comparable. `groups` holds the index in `names` of each row's group.
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
        return self._z_scores([best_of(*sample, query.vector) for sample in self.sentences], rows, cosines)

    def foreign(self, query: Query, rows: Rows) -> NDArray[np.bool_]:
        """Which of `rows` are in another language than the query, shape (len(rows),)."""
        return np.array([language != query.language for language, _ in self.names])[self.groups[rows]]

    def has_foreign(self, query: Query) -> bool:
        """Whether any passage is in another language than the query."""
        return any(language != query.language for language, _ in self.names)

    def translated(self, query: Query) -> NDArray[np.bool_]:
        """Which passages are scored by cross-lingual terms, as they are in another language, shape (passages,).

        Bibliography entries that share no written words with the query are not, if other passages do.
        """
        sharing = [share_words(query.language, language) for language, _ in self.names]
        translated = [
            language != query.language and (shares_words or not (kind == "entry" and any(sharing)))
            for shares_words, (language, kind) in zip(sharing, self.names, strict=True)
        ]
        return np.array(translated, dtype=bool)[self.groups]

    def _z_scores(self, at_large: list[Scores], rows: Rows, cosines: Scores) -> Scores:
        overall = float(np.concatenate(at_large).mean())
        means = np.array([_mean(values, overall) for values in at_large], dtype=np.float32)
        spread = np.concatenate([values - values.mean() for values in at_large]).std()
        return (cosines - means[self.groups[rows]]) / max(float(spread), _LEAST_DEVIATION)


def _mean(values: Scores, overall: float) -> float:
    """Mean cosine of one group, shrunk towards the overall mean where the group is small."""
    return (float(values.sum()) + _PRIOR_PASSAGES * overall) / (len(values) + _PRIOR_PASSAGES)


def background_of(
    dense: Dense, sentences: SentenceVectors, names: Sequence[Group], groups: NDArray[np.uint8]
) -> Background:
    """Sample at most 256 rows of each group, evenly spread over the index."""
    samples = []
    for code in range(len(names)):
        rows = np.flatnonzero(groups == code)
        samples.append(rows[np.unique(np.linspace(0, len(rows) - 1, _SAMPLE).astype(np.int64))])
    return Background(
        names=tuple(names),
        groups=groups,
        passages=tuple(dense.vectors(rows) for rows in samples),
        sentences=tuple(sentences.gather(rows) for rows in samples),
    )


@dataclass(frozen=True, slots=True)
class Fusion:
    """Dense and lexical retrievers over the same rows, fused. A score is a weighted mean, mostly in [0, 1]."""

    dense: Dense
    sentences: SentenceVectors
    words: Bm25
    pairs: Bm25
    cross_lingual: Bm25
    background: Background

    def retrieve(self, query: Query, k: int) -> Run:
        """At most `k` of the top rows of any retriever, by descending fused score, then by row."""
        depth = max(k, _CANDIDATES)
        texts = (query.text, *(alias.text for alias in query.aliases))
        on_words, on_pairs = ([lexical.scores(text) for text in texts] for lexical in (self.words, self.pairs))
        terms = terms_of(query.text, query.language) if self.background.has_foreign(query) else []
        known = indexed_terms(terms, self.cross_lingual)
        firsts = [first_rows(scores, depth) for scores in (*on_words, *on_pairs, self._translated(query, known))]
        rows = np.unique(np.concatenate([self.dense.retrieve(query, depth).rows, *firsts]))
        passage = self.background.passage_z_scores(query, rows, self.dense.scores(query, rows))
        sentence = self.background.sentence_z_scores(query, rows, self.sentences.best(query.vector, rows))
        parts = self._parts(query, rows, np.stack([passage, sentence], axis=1), on_pairs)
        across = self.background.translated(query)[rows]
        if across.any():
            told = np.stack(weights_in(known, self.cross_lingual, rows[across]), axis=1)
            told /= max(total_weight(terms, known, self.cross_lingual), 1.0) ** 0.5
            values = np.column_stack([passage[across], sentence[across], told]) * _ACROSS / _SCALE
            parts[across] = np.column_stack([values[:, :2], np.zeros(len(values)), values[:, 2:].sum(axis=1)])
        scores = parts.sum(axis=1)
        order = np.lexsort((rows, -scores))[:k]
        return Run(rows[order], scores[order].astype(np.float32), parts[order].astype(np.float32))

    def _parts(self, query: Query, rows: Rows, z_scores: Scores, on_pairs: Sequence[Scores]) -> Scores:
        """Summands of the score of passages that share written words with the query, shape (len(rows), 4)."""
        foreign = self.background.foreign(query, rows)
        shared, close = self._shared(query.text, on_pairs[0], rows)
        for alias, scores in zip(query.aliases, on_pairs[1:], strict=True):
            renamed = _RENAMED * holds_for(alias, rows) * self._shared(alias.text, scores, rows)
            shared, close = np.maximum((shared, close), renamed)
        lacking = 1 - float(close[~foreign].max(initial=0))
        native = np.add(_NATIVE_WEIGHTS, np.multiply(_IN_OTHER_WORDS, lacking))
        weights = np.where(foreign[:, None], _FOREIGN_WEIGHTS, native)
        lexical = shared
        if foreign.any():
            implied = self._implied(query, z_scores.sum(axis=1), rows)
            lexical = np.where(foreign, np.maximum(shared, implied), shared)
        return np.column_stack([weights * z_scores / 3, 2 * lexical / 3, np.zeros(len(rows))])

    def _translated(self, query: Query, terms: Sequence[IndexedTerm]) -> Scores:
        """Share of the query's terms in each passage that is found by them, shape (passages,)."""
        across = self.background.translated(query)
        return (
            np.where(across, shares(terms, len(across)), np.float32(0)) if terms else np.zeros(len(across), np.float32)
        )

    def _shared(self, text: str, on_pairs: Scores, rows: Rows) -> Scores:
        """Lexical score of each of `rows`, and its term overlap within 20 tokens, shape (2, len(rows))."""
        overlap, close = term_overlap(self.words, content_words(text), rows)
        return np.stack([_PAIRS * on_pairs[rows] + _OVERLAP * overlap + _PROXIMITY * close, close]).astype(np.float32)

    def _implied(self, query: Query, z_scores: Scores, rows: Rows) -> Scores:
        """Estimated term overlap of passages in another language, shape (len(rows),).

        Numbers and abbreviations are written alike in all languages, so for them the actual overlap counts.
        """
        tokens, alike = content_words(query.text), written_alike(query.text)
        share = float(self.words.idf(alike).sum() / self.words.idf(tokens).sum()) if alike else 0.0
        overlap, _ = term_overlap(self.words, alike, rows)
        return np.asarray((1 - share) * _IMPLIED_COVERAGE * z_scores + share * overlap, dtype=np.float32)
