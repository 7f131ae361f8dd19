"""The sentence of a cited work's text that is nearest to a sentence that cites it."""

import re

import numpy as np

from app.answering.types import SourcePassage
from retriever.index.open import Index
from retriever.text import fold
from retriever.types import Passage, Vectors

_READ = 20  # sentences of a cited work, nearest by their vectors, whose words are read
_FIGURE, _MOST_FIGURES = 0.02, 2  # what a figure that both sentences give adds to their cosine, and how often at most
_FIGURES = re.compile(r"\d+(?:\.\d+)?(?:%|(?<=\d\d))")  # one digit alone tells nothing
_UNQUOTED = frozenset({"entry", "bibliographic", "caption"})


def nearest_passage(document_id: str, vector: Vectors, words: str, index: Index) -> SourcePassage | None:
    """The sentence of a document nearest to a sentence with this vector and these words; None where it has none.

    Nearest by cosine; figures that both give speak for it besides, as they are the same in every language.
    """
    record = index.documents[document_id]
    vectors, offsets = index.sentences.vectors, index.sentences.offsets
    first, last = int(offsets[record.first]), int(offsets[record.first + record.count])
    cosines = vectors[first:last].astype(np.float32) @ vector
    wanted = _figures(words)
    best: tuple[float, float, Passage, int, int] | None = None
    for place in np.argsort(-cosines, kind="stable")[:_READ]:
        row = int(np.searchsorted(offsets, first + place, side="right")) - 1
        passage = index.passage(row)
        if passage.kind in _UNQUOTED:
            continue
        start, end = passage.quotable[first + int(place) - int(offsets[row])]
        shared = min(len(wanted & _figures(passage.text[start:end])), _MOST_FIGURES)
        score = float(cosines[place]) + _FIGURE * shared
        if best is None or score > best[0]:
            best = score, float(cosines[place]), passage, start, end
    if best is None:
        return None
    _, cosine, passage, start, end = best
    return SourcePassage(
        passage_id=passage.id,
        document_id=document_id,
        document_title=record.title,
        section=passage.section,
        page=passage.page_at(start),
        quote=passage.text[start:end],
        text=passage.text,
        quote_start=start,
        quote_end=end,
        score=round(cosine, 4),
    )


def _figures(text: str) -> set[str]:
    return set(_FIGURES.findall(fold(text)))
