"""Texts of cited works that are not in the index yet → documents of the index, in one snapshot."""

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from ingest.document import CitedIn, Document, hash_document
from ingest.pipeline import ReadDocument, ingest_read
from ingest.references.fetch_record import READABLE, FetchRecord
from ingest.references.listing import KIND
from ingest.references.store import Store
from retriever.index.build import Progress

Pending = tuple[FetchRecord, Document]


def index_pending(folder: Path, store: Store, progress: Progress) -> None:
    """Put the texts that wait into the index, and take out those that they replace.

    Two entries with the same address share one text, which is one document.
    """
    by_source: dict[str, list[FetchRecord]] = defaultdict(list)
    pending: dict[str, list[Pending]] = defaultdict(list)
    for record in store.records():
        if record.state in READABLE:
            by_source[_source(record)].append(record)
            if text := store.waiting_text(record):
                pending[_source(record)].append((record, text))
    if not pending:
        return
    documents = [_document(texts, by_source[source]) for source, texts in pending.items()]
    others = (records for source, records in by_source.items() if source not in pending)
    staying = {record.document_id for records in others for record in records}
    leaving = {record.document_id for source in pending for record in by_source[source]} - staying
    ids = ingest_read(folder, documents, leaving=leaving, progress=progress)
    for source, document_id in zip(pending, ids, strict=True):
        for record in by_source[source]:
            store.keep(replace(record, document_id=document_id))
            store.text_is_indexed(record)


def facts_of(document: Document) -> dict[str, Any]:
    """What a fetch record says of its text."""
    return {
        "content_hash": hash_document(document),
        "title": document.title,
        "date": document.publication.date,
        "language": document.language,
        "pages": document.page_count,
        "characters": len(document.text),
    }


def _source(record: FetchRecord) -> str:
    """Where a text comes from: the user's file, or the address that answered in the end."""
    return record.file if record.supplied else record.final_url


def _document(texts: Sequence[Pending], records: Sequence[FetchRecord]) -> ReadDocument:
    """The document of records that share a source: the longest of the texts that wait."""
    record, text = max(texts, key=lambda pair: len(pair[1].text))
    document = replace(
        text,
        id=f"ref-{_slug(record.key)}",
        source=record.file if record.supplied else record.url,
        url=text.url if record.supplied else record.final_url,
        kind=KIND,
        cited_in=tuple(CitedIn(record.listed_in, record.key) for record in records),
    )
    return ReadDocument(document, record.content_hash if record.supplied else hash_document(document))


def _slug(key: str) -> str:
    """A key as the end of a document's id: its letters and digits, in any script."""
    return re.sub(r"[\W_]+", "-", key).strip("-")[:60].lower()
