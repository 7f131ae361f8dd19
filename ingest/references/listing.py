"""The works that documents cite; a record made by hand and a printed entry of the same work become one."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Literal

from ingest.bibliography.mentions import find_mentions
from ingest.bibliography.reference import Reference
from ingest.document import Document
from ingest.references.cited_work import CitedWork, Place
from ingest.references.fetch_record import not_fetched
from ingest.references.same_work import plain_address, same_address, same_title, share_author

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


def lists_works_of(paper: Document, records: Document) -> bool:
    """Whether the bibliography of a paper holds at least half of the works of records made by hand."""
    return _paper_of(_works(records, False), {paper.id: _works(paper, False)}) is not None


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
    """The document whose bibliography holds most of the records, and at least half of them."""
    shares = {name: len(_pairs(records, works)) for name, works in lists.items()}
    best = max(shares, key=lambda name: shares[name], default=None)
    return best if best is not None and shares[best] * 2 >= len(records) else None


def _merged(records: Sequence[CitedWork], printed: Sequence[CitedWork]) -> list[CitedWork]:
    """The works of a paper, with what records made by hand say of them, then the works that only records name."""
    pairs = _pairs(records, printed)
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


def _pairs(records: Sequence[CitedWork], printed: Sequence[CitedWork]) -> dict[int, int]:
    """Places of printed works with the places of the records of the same works, the surest pairs first."""
    scored = [
        (score, -place, -number)
        for place, work in enumerate(printed)
        for number, record in enumerate(records)
        if (score := _match_score(record.entry, work.entry))
    ]
    pairs: dict[int, int] = {}
    for _, place, number in sorted(scored, reverse=True):
        if -place not in pairs and -number not in pairs.values():
            pairs[-place] = -number
    return pairs


def _match_score(entry: Reference, other: Reference) -> int:
    """How surely two entries are of one work: 0 not at all, 1 by URL, 2 by title and year, 3 by all of these."""
    same_url = same_address(entry.url, other.url)
    years = {entry.date[:4], other.date[:4]} - {""}
    if not same_title(entry.title, other.title):
        # a URL of its own, not a site's front page, which several works may give
        return 1 if same_url and len(years) < 2 and "/" in plain_address(entry.url) else 0
    if len(years) > 1:
        return 0
    if entry.url and other.url and not same_url and not share_author(entry.authors, other.authors):
        return 0
    return 3 if same_url else 2
