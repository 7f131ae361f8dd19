"""Passages know the works that they cite."""

from collections.abc import Iterable, Iterator
from dataclasses import replace

from ingest.bibliography.mentions import mentions
from ingest.document import Document
from retriever.types import Cites, Passage


def with_cites(document: Document, passages: Iterable[Passage]) -> Iterator[Passage]:
    """The passages of a document with the places where they cite works of its bibliography.

    A digest, which has none, brings its mentions of what the paper's lists (`cites`).
    """
    found = mentions(document, document.references) if document.cites is None else document.cites
    for passage in passages:
        places = tuple(
            Cites(one.start - passage.start, min(one.end, passage.end) - passage.start, tuple(one.numbers), one.certain)
            for one in found
            if passage.start <= one.start < passage.end
        )
        yield replace(passage, cites=places) if places else passage
