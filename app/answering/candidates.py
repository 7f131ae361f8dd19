"""The sentences among which an extractive answer is chosen, each with what speaks for it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np

from app.answering.question import Kind, has_form, holds, kind_asked
from retriever.index import Index
from retriever.text import content_words, words
from retriever.types import Hit, Query

_PASSAGES = 5  # that are read for sentences
_IMPLIED_SHARE, _MOST_IMPLIED = 0.1, 0.6  # of a question's words, for each standard deviation, and at most


@dataclass(frozen=True, slots=True)
class Signs:
    """What speaks for a sentence.

    - `behind`: how far its passage's score lies below the best one's (≤ 0)
    - `in_context`: the share of the question's words, weighed by idf, that it holds together with its headings
    - `form`: whether it has the form of what is asked, 0 or 1 (0.5 where the question does not show it)
    - `cosine` of its vector and the question's; `standing`: how far that stands out among sentences at large,
      in standard deviations
    """

    behind: float
    in_context: float
    form: float
    cosine: float
    standing: float


@dataclass(frozen=True, slots=True)
class Candidate:
    """A sentence of a hit, `hit.passage.text[start:end]`, what speaks for it, and its score in log-odds."""

    hit: Hit
    start: int
    end: int
    signs: Signs
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
    has_form: bool
    words: Weighed


def asked(query: Query, index: Index) -> Asked:
    """What the question asks, its words weighed by the index."""
    content = content_words(query.text)
    kind = kind_asked(query.text)
    return Asked(query, kind, has_form(kind, query.text), Weighed(tuple(content), index.words.idf(content)))


def is_foreign(query: Query, hits: Sequence[Hit]) -> bool:
    """Whether most of the passages found are in another language than the question, so that shared words say little."""
    read = hits[:_PASSAGES]
    return 2 * sum(hit.passage.language != query.language for hit in read) > len(read)


def candidates(question: Asked, hits: Sequence[Hit], index: Index) -> list[Candidate]:
    """The sentences of the first hits, best first; equal scores by passage id and place."""
    if index.fusion is None or not hits:
        return []
    foreign = is_foreign(question.query, hits)
    places = [(hit, span) for hit in hits[:_PASSAGES] for span in hit.passage.quotable]
    cosines = np.concatenate([index.sentences.of(hit.row) for hit in hits[:_PASSAGES]]) @ question.query.vector
    rows = np.array([hit.row for hit, _ in places], dtype=np.int64)
    standing = index.fusion.background.sentence_standing(question.query, rows, cosines)
    found = []
    for (hit, span), cosine, above in zip(places, cosines, standing, strict=True):
        signs = _signs(question, hit, span, hit.score - hits[0].score, float(cosine), float(above))
        found.append(Candidate(hit, *span, signs, _log_odds(signs, foreign=foreign)))
    return sorted(found, key=lambda one: (-one.score, one.hit.passage.id, one.start))


def _signs(question: Asked, hit: Hit, span: tuple[int, int], behind: float, cosine: float, standing: float) -> Signs:
    text = hit.passage.text[slice(*span)]
    held = _words(text) | _words(hit.passage.context)
    in_context = question.words.share(held)
    if hit.passage.language != question.query.language:
        # what a sentence in another language cannot show in shared words, taken from how far it stands out
        in_context = max(in_context, min(_IMPLIED_SHARE * standing, _MOST_IMPLIED))
    form = float(holds(question.kind, question.query.text, text)) if question.has_form else 0.5
    return Signs(behind, in_context, form, cosine, standing)


def _log_odds(signs: Signs, *, foreign: bool) -> float:
    """The score of a sentence: a softmax over the sentences of a question gives the chance that it is the one.

    Fitted on half of 1,000 JSQuAD questions, and for foreign text on 160 of them in English, Chinese and Korean.
    """
    if foreign:
        return 17 * signs.behind + 3.2 * signs.in_context + 1.05 * signs.standing + 2.2 * signs.form
    return 15 * signs.behind + 4.3 * signs.in_context + 0.17 * signs.standing + 1.3 * signs.form


@lru_cache(maxsize=4096)
def _words(text: str) -> set[str]:
    return set(words(text))
