"""How sure an answer is: the chance that its first sentence answers, from evidence that holds for any corpus."""

from collections.abc import Sequence

import numpy as np

from app.answering.candidates import Asked, Candidate
from retriever.text import words
from retriever.types import Hit

# An answer less sure than this is not given.
ABSTAIN_BELOW = 0.3


def features(question: Asked, hits: Sequence[Hit], ranked: Sequence[Candidate]) -> list[float]:
    """What the confidence is made from: the names are in `NAMES`."""
    best = ranked[0]
    passage = set(words(best.hit.passage.searchable))
    gap = hits[0].score - hits[1].score if len(hits) > 1 else 0.0
    odds = np.exp(np.array([one.score for one in ranked]) - best.score)
    return [
        hits[0].score,
        gap,
        question.words.share(passage),
        best.in_context,
        best.pairs,
        1 / float(odds.sum()),
        best.form,
    ]


def confidence(question: Asked, hits: Sequence[Hit], ranked: Sequence[Candidate]) -> float:
    """The chance in [0, 1] that the first sentence answers the question."""
    w = [2.5, 3, 1, 3.5, 1, 3.5, 0.2]
    b = -6.6
    return float(1 / (1 + np.exp(-(np.dot(w, features(question, hits, ranked)) + b))))
