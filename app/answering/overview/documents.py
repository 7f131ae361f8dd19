"""Which document an overview is of: the one that is named, the only one, the paper; else the person is asked."""

from collections.abc import Sequence

from app.answering.sources.works import RECORDS, Sources
from app.answering.understand.intent import names_of
from ingest.references.listing import KIND
from retriever.text import letters
from retriever.types import DocumentRecord


def meant(question: str, sources: Sources) -> list[DocumentRecord]:
    """The document that `question` is about; several where that does not show, in the order of the index."""
    records = [record for record in sources.index.documents.values() if record.kind != RECORDS and record.count]
    told = letters(question)
    own = [record for record in records if record.kind != KIND]
    for candidates in (own, records):
        if named := _named(told, candidates):
            return named
    papers = [record for record in own if record.digest_of] or own
    return papers or records


def _named(told: str, records: Sequence[DocumentRecord]) -> list[DocumentRecord]:
    """The documents with the longest name that the question, given by its letters, holds."""
    lengths = [
        max((len(letters(name)) for title in (record.title, record.digest_of) if title
             for name in names_of(title) if letters(name) in told), default=0)
        for record in records
    ]  # fmt: skip
    longest = max(lengths, default=0)
    return [record for record, length in zip(records, lengths, strict=True) if longest and length == longest]
