"""The works that documents cite; a record made by hand and a printed entry of the same work become one."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Literal

from ingest.bibliography.mentions import find_mentions
from ingest.bibliography.same_work import lists_half, paired
from ingest.document import Document, Reference
from ingest.references.cited_work import CitedWork, Place
from ingest.references.fetch_record import not_fetched

KIND: Literal["reference"] = "reference"  # the kind of a document that holds a cited work's text


def cited_works(documents: Iterable[Document], *, with_mentions: bool = True) -> list[CitedWork]:
    """The works that documents of the index cite, in their order, as never fetched.

    Records made by hand are listed as they are or, if their paper is in the index, as works of that paper,
    each under the number of its entry. Texts of cited works list nothing: what they cite, the paper does not.
    `with_mentions` also finds the places where the text names each work, which takes longer than all the rest.
    """
    by_hand: list[tuple[str, list[CitedWork]]] = []
    lists: dict[str, list[CitedWork]] = {}
    order: list[str] = []
    for document in documents:
        if document.kind == KIND:
            continue
        works = _works(document, with_mentions)
        if any(entry.by_hand for entry in document.references):
            by_hand.append((document.id, works))
        else:
            lists[document.id] = works
        order.append(document.id)
    for document_id, records in by_hand:
        paper = _paper_of(records, lists)
        if paper:
            lists[paper] = _merged(records, lists[paper])
        else:
            lists[document_id] = records
    return [work for document_id in order for work in lists.get(document_id, ())]


def _works(document: Document, with_mentions: bool) -> list[CitedWork]:
    """The works of one bibliography; places are looked for only where the entries were parsed."""
    places: dict[int, list[Place]] | None = None
    if not any(entry.by_hand for entry in document.references):
        places = {entry.number: [] for entry in document.references}
        text = document.text if with_mentions else ""
        for mention in find_mentions(document, document.references) if with_mentions else ():
            for number in mention.numbers:
                places[number].append(Place(mention.start, mention.end, text[mention.start : mention.end]))
    return [
        CitedWork(
            listed_in=document.id,
            entry=entry,
            fetched=not_fetched(document.id, entry),
            listed_in_title=document.title,
            mentions=tuple(places[entry.number]) if places is not None else None,
        )
        for entry in document.references
    ]


def _paper_of(records: Sequence[CitedWork], lists: Mapping[str, Sequence[CitedWork]]) -> str | None:
    """The document whose bibliography lists the most of the records, and at least half of them."""
    entries = _entries(records)
    counts = {name: len(paired(entries, _entries(works))) for name, works in lists.items()}
    best = max(counts, key=lambda name: counts[name], default=None)
    return best if best is not None and lists_half(entries, _entries(lists[best])) else None


def _entries(works: Sequence[CitedWork]) -> list[Reference]:
    return [work.entry for work in works]


def _merged(records: Sequence[CitedWork], printed: Sequence[CitedWork]) -> list[CitedWork]:
    """The works of a paper, with what records made by hand say of them, then the works that only records name."""
    pairs = paired(_entries(records), _entries(printed))
    merged: list[CitedWork] = []
    for place, work in enumerate(printed):
        if place not in pairs:
            merged.append(work)
            continue
        record = records[pairs[place]]
        entry = replace(record.entry, number=work.number, raw=work.entry.raw, url=record.entry.url or work.entry.url)
        also = ((record.listed_in, record.key), (work.listed_in, work.key))
        merged.append(replace(work, entry=entry, fetched=not_fetched(work.listed_in, entry), also=also))
    last = max(work.number for work in printed)
    rest = [record for place, record in enumerate(records) if place not in pairs.values()]
    for number, record in enumerate(rest, last + 1):
        entry = replace(record.entry, number=number)
        merged.append(
            replace(
                record,
                listed_in=printed[0].listed_in,
                listed_in_title=printed[0].listed_in_title,
                entry=entry,
                fetched=not_fetched(printed[0].listed_in, entry),
                also=((record.listed_in, record.key),),
                mentions=(),
            )
        )
    return merged
