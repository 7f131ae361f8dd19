"""The sentences among which an extractive answer is chosen, each with what speaks for it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np

from app.answering.question import Kind, content_words, holds, kind_asked
from ingest.sentences import spans
from retriever.index import Index
from retriever.text import character_pairs, words
from retriever.types import Encoder, Hit, Passage, Query

# Passages that are read for sentences; in a question of another language each sentence costs an encoding.
_PASSAGES, _FOREIGN_PASSAGES = 5, 3
_WHOLE_KINDS = frozenset({"entry", "caption"})


@dataclass(frozen=True, slots=True)
class Candidate:
    """A sentence of a hit: `hit.passage.text[start:end]`, with its evidence, each in [0, 1] unless said otherwise.

    `behind` is how far its passage's score lies below the best one's (≤ 0); `words` and `pairs` the shares of the
    question that the sentence holds, weighed by idf, `in_context` that of the sentence with its headings;
    `form` whether it has the form of what is asked (0.5 where that does not show); `cosine` that with the question,
    None where the sentence was not encoded; `score` ranks the sentences of one question, in log-odds.
    """

    hit: Hit
    start: int
    end: int
    behind: float
    words: float
    in_context: float
    pairs: float
    form: float
    cosine: float | None
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


def candidates(question: Asked, hits: Sequence[Hit], encoder: Encoder) -> list[Candidate]:
    """The sentences of the first hits, best first; equal scores by passage id and place."""
    if not hits:
        return []
    foreign = is_foreign(question.query, hits)
    read = hits[: _FOREIGN_PASSAGES if foreign else _PASSAGES]
    places = [(hit, start, end) for hit in read for start, end in quotable(hit.passage)]
    cosines = _cosines(question.query, [hit.passage.text[a:b] for hit, a, b in places], encoder) if foreign else None
    found = []
    for number, (hit, start, end) in enumerate(places):
        cosine = float(cosines[number]) if cosines is not None else None
        found.append(_candidate(question, hit, start, end, hit.score - hits[0].score, cosine))
    return sorted(found, key=lambda one: (-one.score, one.hit.passage.id, one.start))


def is_foreign(query: Query, hits: Sequence[Hit]) -> bool:
    """Whether the best passages are in another language than the question, so that shared words say little."""
    first = hits[:_FOREIGN_PASSAGES]
    return sum(hit.passage.language != query.language for hit in first) * 2 > len(first)


def quotable(passage: Passage) -> list[tuple[int, int]]:
    """The spans of a passage that can be quoted alone: sentences; entries whole; a table row with its columns."""
    if passage.kind in _WHOLE_KINDS:
        return [(0, len(passage.text))]
    found = list(spans(passage.text))
    if passage.kind == "table_row":
        return found[-1:]  # the line that names the columns; the one before holds the bare cells
    return found


def _candidate(question: Asked, hit: Hit, start: int, end: int, behind: float, cosine: float | None) -> Candidate:
    text = hit.passage.text[start:end]
    held, context = _words(text), _words(hit.passage.context)
    share = question.words.share(held)
    in_context = question.words.share(held | context)
    pairs = question.pairs.share(_pairs(text))
    form = 0.5 if question.kind == "any" else float(holds(question.kind, text))
    # Weights of a softmax over the sentences of a question, fitted on half of 1,000 JSQuAD questions (CHANGELOG.md).
    if cosine is None:
        score = 16 * behind + 4 * in_context + 0.7 * share + 0.5 * pairs + 1.2 * form
    else:
        score = 19 * behind + 33 * cosine + 1.2 * form
    return Candidate(hit, start, end, behind, share, in_context, pairs, form, cosine, score)


@lru_cache(maxsize=4096)
def _words(text: str) -> set[str]:
    return set(words(text))


@lru_cache(maxsize=4096)
def _pairs(text: str) -> set[str]:
    return set(character_pairs(text))


def _cosines(query: Query, texts: Sequence[str], encoder: Encoder) -> np.ndarray:
    return np.asarray(encoder.encode_passages(texts) @ query.vector)
