"""Which spans of a passage can be quoted alone."""

from collections.abc import Iterable, Iterator
from dataclasses import replace

from ingest.structure.sentences import spans
from retriever.types import Passage

# A bibliography entry, a caption and the lines of title, author and date say what they say as a whole.
_WHOLE_KINDS = frozenset({"entry", "caption", "bibliographic"})


def with_sentences(passages: Iterable[Passage]) -> Iterator[Passage]:
    """The passages with their `sentences`."""
    return (replace(passage, sentences=tuple(_quotable(passage))) for passage in passages)


def _quotable(passage: Passage) -> list[tuple[int, int]]:
    if passage.kind in _WHOLE_KINDS:
        return []
    found = list(spans(passage.text))
    if passage.kind == "table_row":
        return found[-1:]  # the line that names the columns; the one before holds the bare cells
    return found if len(found) > 1 else []
