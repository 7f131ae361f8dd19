"""Choose sentences that represent a text: central, relevant, not redundant, within a budget of characters.

Centrality is continuous LexRank (Erkan and Radev 2004) over the vectors of the index. The document's mean vector is
subtracted first, because what all sentences share does not distinguish them. Sentences are chosen by maximal marginal
relevance (Carbonell and Goldstein 1998).
"""

import re
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from app.answering.overview.outline import Outline, Unit, patterns_of
from retriever.text import fold
from retriever.types import Vectors

Scores = NDArray[np.float64]
_DAMPING, _STEPS = 0.85, 30
# Weights set by hand on the development questions and the made-up papers for fitting; a score lies about in [0, 2].
_OPENS, _EARLY, _ENUMERATES, _CUE, _POINTS_BACK = 0.35, 0.3, 0.35, 0.7, -0.2
_REDUNDANT = 0.5  # weight of the greatest cosine with a chosen sentence, subtracted from the score
_MARK = 4  # characters of " [9]"
_BACK = re.compile(
    r"^(?:(?:これ|それ)(?=[はがをらの])|この|その|こうした|そうした|(?:this|that|these|those|it|they|he|she)\b)",
    re.IGNORECASE,
)


def centred(vectors: Vectors) -> Vectors:
    """The vectors minus their mean, normalised again; same shape."""
    apart = vectors - vectors.mean(axis=0) if len(vectors) > 1 else vectors
    norms = np.linalg.norm(apart, axis=1, keepdims=True)
    return np.asarray(apart / np.maximum(norms, 1e-6), dtype=np.float32)


def centrality(apart: Vectors) -> Scores:
    """LexRank of each centred vector, in (0, 1]; 1 for the most central."""
    count = len(apart)
    if not count:
        return np.zeros(0)
    likeness = np.clip(apart @ apart.T, 0.0, None).astype(np.float64)
    step = likeness / likeness.sum(axis=1, keepdims=True).clip(1e-9)
    rank = np.full(count, 1 / count)
    for _ in range(_STEPS):
        rank = (1 - _DAMPING) / count + _DAMPING * (rank @ step)
    return np.asarray(rank / rank.max())


def scored(outline: Outline, places: Sequence[int], cue: str = "") -> Scores:
    """Score of each sentence at `places`: centrality, place, opening words, and a match of `cue` in words.toml."""
    apart = centred(outline.vectors)[list(places)]
    scores = centrality(apart)
    patterns = patterns_of("cue")
    for number, place in enumerate(places):
        unit = outline.units[place]
        text = fold(unit.text)
        scores[number] += _EARLY * (1 - number / len(places))
        # When few points are wanted, avoid later items of a list (further, finally): they need the items before them.
        enumerates = bool(patterns["enumerating"].search(text))
        scores[number] += _OPENS * unit.opens + (-_ENUMERATES if cue == "points" else _ENUMERATES) * enumerates
        scores[number] += _POINTS_BACK * points_back(text)
        if cue:
            scores[number] += _CUE * bool(patterns[cue].search(text))
    return scores


def points_back(text: str) -> bool:
    """Whether a sentence begins with a word that points to the one before it."""
    return bool(_BACK.match(text))


def chosen(
    outline: Outline,
    places: Sequence[int],
    scores: Scores,
    budget: int,
    *,
    most: int = 99,
    already_chosen: Sequence[int] = (),
) -> list[int]:
    """The places of the best sentences that fit into `budget` characters, in reading order; not `already_chosen`."""
    apart = centred(outline.vectors)
    texts = {fold(outline.units[place].text) for place in already_chosen}
    taken, left = list[int](), budget
    open_places = [number for number, place in enumerate(places) if place not in set(already_chosen)]
    while open_places and len(taken) < most:
        known = [*already_chosen, *(places[number] for number in taken)]
        likest = (apart[[places[number] for number in open_places]] @ apart[known].T).max(axis=1) if known else 0.0
        worth = scores[open_places] - _REDUNDANT * np.maximum(likest, 0.0)
        best = open_places.pop(int(np.argmax(worth)))
        unit = outline.units[places[best]]
        if cost(unit) <= left and fold(unit.text) not in texts:
            taken.append(best)
            texts.add(fold(unit.text))
            left -= cost(unit)
    return sorted(places[number] for number in taken)


def cost(unit: Unit) -> int:
    """The characters that a sentence takes in an answer, with the number of its citation."""
    return unit.end - unit.start + _MARK


def opening(outline: Outline, places: Sequence[int], budget: int) -> list[int]:
    """The first sentences that fit into `budget` characters."""
    taken = []
    for place in places:
        budget -= cost(outline.units[place])
        if budget < 0:
            break
        taken.append(place)
    return taken
