"""Texts of cited works that wait → documents of the index, in one generation."""

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from ingest.document import CitedIn, Document
from ingest.ingest_plan import hash_document
from ingest.pipeline import ReadDocument, ingest_read
from ingest.references.listing import KIND
from ingest.references.state import READABLE, Holding
from ingest.references.store import Store
from retriever.index.build import Progress


def arrive(folder: Path, store: Store, progress: Progress) -> None:
    """Put the texts that wait into the index, and what they take the place of out of it.

    A text that two entries share, as they give one address, is one document.
    """
    groups: dict[str, list[Holding]] = defaultdict(list)
    for holding in store.holdings():
        if holding.state in READABLE:
            groups[_place(holding)].append(holding)
    coming = {place: group for place, group in groups.items() if any(map(store.has_waiting_text, group))}
    if not coming:
        return
    documents = [_document(group, store) for group in coming.values()]
    staying = {one.document_id for place, group in groups.items() if place not in coming for one in group}
    leaving = {one.document_id for group in coming.values() for one in group} - staying
    ids = ingest_read(folder, documents, leaving=leaving, progress=progress)
    for group, document_id in zip(coming.values(), ids, strict=True):
        for one in group:
            store.keep(replace(one, document_id=document_id))
            store.text_has_arrived(one)


def facts_of(document: Document) -> dict[str, Any]:
    """What a holding says of its text."""
    return {
        "content_hash": hash_document(document),
        "title": document.title,
        "date": document.publication.date,
        "language": document.language,
        "pages": document.page_count,
        "characters": len(document.text),
    }


def _place(holding: Holding) -> str:
    """Where a text comes from: the user's file, or the address that gave it in the end."""
    return holding.file if holding.supplied else holding.final_url


def _document(group: Sequence[Holding], store: Store) -> ReadDocument:
    """The document that a group of entries with one source gives: the fullest of the texts that wait."""
    texts = [(text, one) for one in group if (text := store.waiting_text(one))]
    text, one = max(texts, key=lambda pair: len(pair[0].text))
    cited_in = tuple(CitedIn(holding.listed_in, holding.key) for holding in group)
    document = replace(
        text,
        id=f"ref-{_slug(one.key)}",
        source=one.file if one.supplied else one.url,
        url=text.url if one.supplied else one.final_url,
        kind=KIND,
        cited_in=cited_in,
    )
    return ReadDocument(document, one.content_hash if one.supplied else hash_document(document))


def _slug(key: str) -> str:
    """A key as the end of a document's id: its letters and digits, in any script."""
    return re.sub(r"[\W_]+", "-", key).strip("-")[:60].lower()
