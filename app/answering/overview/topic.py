"""What a document says on one thing, or on two to be compared: the sentences found for the question, in order."""

from collections.abc import Sequence

import numpy as np

from app.answering.overview.outline import Outline
from app.answering.overview.parts import Line, budget_of
from app.answering.overview.selection import Scores, chosen, scored
from app.answering.types import OverviewRequest
from retriever.cross_lingual.terms import share_words
from retriever.text import words
from retriever.types import Hit, Query

# Weights set by hand: of the cosine's z-score, of the shares of the things' words that a sentence holds, and of what it
# is to its document, and of its passage's score among those found.
_NEAR, _HOLDS, _BOTH, _CENTRAL, _FOUND = 0.5, 1.5, 1.0, 0.3, 1.0
_SHARE = 0.8  # of the budget: what is found gets worse with its number


def topic_lines(request: OverviewRequest, query: Query, hits: Sequence[Hit], outline: Outline) -> list[Line]:
    """The best sentences of the hits, in reading order."""
    rows = {hit.row: hit.score for hit in hits}
    places = [place for place, unit in enumerate(outline.units) if unit.row in rows]
    if not places:
        return []
    lowest, highest = min(rows.values()), max(rows.values())
    found = [(rows[outline.units[place].row] - lowest) / max(1e-6, highest - lowest) for place in places]
    scores = _scores(request, query, places, outline) + _FOUND * np.array(found)
    return [Line(tuple(chosen(outline, places, scores, int(_SHARE * budget_of(outline)))))]


def _scores(request: OverviewRequest, query: Query, places: Sequence[int], outline: Outline) -> Scores:
    cosines = outline.vectors[list(places)] @ query.vector
    everywhere = outline.vectors @ query.vector
    scores = _NEAR * (cosines - everywhere.mean()) / (everywhere.std() + 1e-6)
    scores = scores + _CENTRAL * scored(outline, places)
    if not share_words(query.language, outline.record.language):
        return np.asarray(scores, dtype=np.float64)
    things = [set(words(thing)) for thing in request.things or (query.text,)]
    for number, place in enumerate(places):
        held = set(words(outline.units[place].text))
        shares = [len(thing & held) / max(1, len(thing)) for thing in things]
        scores[number] += _HOLDS * max(shares) + _BOTH * (len(shares) > 1 and min(shares) > 0)
    return np.asarray(scores, dtype=np.float64)
