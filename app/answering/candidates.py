"""The sentences among which an extractive answer is chosen, each with what speaks for it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np

from app.answering.question import Kind, content_words, holds, kind_asked
from retriever.index import Index
from retriever.text import character_pairs, words
from retriever.types import Hit, Query

_PASSAGES = 5  # that are read for sentences


@dataclass(frozen=True, slots=True)
class Candidate:
    """A sentence of a hit, `hit.passage.text[start:end]`, and what speaks for it.

    - `behind`: how far its passage's score lies below the best one's (≤ 0)
    - `words`, `pairs`: the shares of the question that the sentence holds, weighed by idf, in [0, 1];
      `in_context`: that of its words together with its headings'
    - `form`: whether it has the form of what is asked, 0 or 1 (0.5 where the question does not show it)
    - `cosine` of its vector and the question's; `standing`: how far that stands out among sentences at large,
      in standard deviations
    - `score`, in log-odds, ranks the sentences of one question
    """

    hit: Hit
    start: int
    end: int
    behind: float
    words: float
    in_context: float
    pairs: float
    form: float
    cosine: float
    standing: float
    score: float

    @property
    def text(self) -> str:
        """The sentence, verbatim."""
        return self.hit.passage.text[self.start : self.end]


@dataclass(frozen=True, slots=True)
class Weighed:
    """A question's tokens with their idf."""

    tokens: tuple[str, ...]
    idf: np.ndarray = field(repr=False)

    def share(self, present: set[str]) -> float:
        """The share of the tokens' weight that `present` holds."""
        total = float(self.idf.sum())
        if not total:
            return 0.0
        return float(sum(w for token, w in zip(self.tokens, self.idf, strict=True) if token in present)) / total


@dataclass(frozen=True, slots=True)
class Asked:
    """A question as the choice of sentences sees it."""

    query: Query
    kind: Kind
    words: Weighed
    pairs: Weighed


def asked(query: Query, index: Index) -> Asked:
    """What the question asks, its words weighed by the index."""
    content = content_words(query.text)
    pairs = list(dict.fromkeys(character_pairs(query.text)))
    return Asked(
        query,
        kind_asked(query.text),
        Weighed(tuple(content), index.words.idf(content)),
        Weighed(tuple(pairs), index.pairs.idf(pairs)),
    )


def candidates(question: Asked, hits: Sequence[Hit], index: Index) -> list[Candidate]:
    """The sentences of the first hits, best first; equal scores by passage id and place."""
    if index.fusion is None:
        return []
    found = []
    for hit in hits[:_PASSAGES]:
        cosines = index.sentences.of(hit.row) @ question.query.vector
        rows = np.full(len(cosines), hit.row, dtype=np.int64)
        standing = index.fusion.background.sentence_standing(question.query, rows, cosines)
        for (start, end), one, above in zip(hit.passage.quotable, cosines, standing, strict=True):
            found.append(_candidate(question, hit, start, end, hit.score - hits[0].score, float(one), float(above)))
    return sorted(found, key=lambda one: (-one.score, one.hit.passage.id, one.start))


def _candidate(
    question: Asked, hit: Hit, start: int, end: int, behind: float, cosine: float, standing: float
) -> Candidate:
    text = hit.passage.text[start:end]
    held, context = _words(text), _words(hit.passage.context)
    share = question.words.share(held)
    in_context = question.words.share(held | context)
    pairs = question.pairs.share(_pairs(text))
    form = 0.5 if question.kind == "any" else float(holds(question.kind, text))
    # Weights of a softmax over the sentences of a question, fitted on half of 1,000 JSQuAD questions (CHANGELOG.md).
    if hit.passage.language == question.query.language:
        score = 14 * behind + 4.2 * in_context + 0.25 * standing + 1.2 * form
    else:
        score = 19 * behind + 0.8 * standing + 1.2 * form
    return Candidate(hit, start, end, behind, share, in_context, pairs, form, cosine, standing, score)


@lru_cache(maxsize=4096)
def _words(text: str) -> set[str]:
    return set(words(text))


@lru_cache(maxsize=4096)
def _pairs(text: str) -> set[str]:
    return set(character_pairs(text))
