"""The bibliographies of documents as records, where a bundled record and a parsed entry of one work are one."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from typing import Any, Literal
from urllib.parse import urlsplit

from ingest.bibliography.mentions import mentions
from ingest.bibliography.parser import references
from ingest.document import Document
from retriever.text import fold

Record = dict[str, Any]
KIND: Literal["reference"] = "reference"  # the kind of a document that holds a cited work's text
# A title within a longer one (a subtitle, a series) tells the work from this many letters on: Latin ones, others.
_TELLING = {True: 12, False: 6}


def listed(documents: Iterable[Document], *, with_mentions: bool = True) -> list[Record]:
    """The works that the documents cite, in their order, each with the `document_id` of the one that lists it.

    Records that were made by hand come as they are, all others as their entries parse, with the places where the text
    mentions them (`mentions`: start, end and the words, in the document's text). Records of a paper that is itself
    there are listed as its own. `also` holds [document_id, key] of what a work was called elsewhere.
    Texts of cited works list nothing: whom these cite, the paper does not. `with_mentions` can be spared: finding the
    places takes longer than all the rest.
    """
    made: list[tuple[str, list[Record]]] = []
    parsed: list[tuple[str, list[Record]]] = []
    order: list[str] = []
    for document in documents:
        if document.kind == KIND:
            continue
        by_hand = [dict(record) for record in document.references]
        (made if by_hand else parsed).append((document.id, by_hand or _parsed(document, with_mentions)))
        order.append(document.id)
    lists = dict(parsed)
    for document_id, records in made:
        paper = _paper_of(records, lists)
        if paper:
            lists[paper] = _merged(records, lists[paper], document_id, paper)
        else:
            lists[document_id] = records
    return [
        {"document_id": document_id, "also": [], **record}
        for document_id in order
        for record in lists.get(document_id, ())
    ]


def same_address(one: str | None, other: str | None) -> bool:
    """Whether two addresses lead to the same page by their spelling."""
    return bool(one and other) and plain_address(str(one)) == plain_address(str(other))


def plain_address(url: str) -> str:
    """An address without what two spellings of it differ in."""
    try:
        parts = urlsplit(url.strip())
    except ValueError:  # an address that cannot be taken apart is like none but itself
        return url
    query = "&".join(part for part in parts.query.split("&") if part and not part.startswith("utm_"))
    host = parts.netloc.lower().removeprefix("www.")
    return f"{host}{parts.path.rstrip('/')}" + (f"?{query}" if query else "")


def same_title(one: str, other: str) -> bool:
    """Whether two titles are the same up to spelling, or one stands in the other."""
    short, long = sorted((letters(one), letters(other)), key=len)
    return bool(short) and (short == long or (len(short) >= _TELLING[short.isascii()] and short in long))


def share_author(authors: Iterable[str], others: Iterable[str]) -> bool:
    """Whether two works have an author in common, up to spelling."""
    return bool(set(map(letters, authors)) & set(map(letters, others)))


def letters(text: str) -> str:
    """The letters and digits of a text, folded: what two spellings of a title share."""
    return re.sub(r"[\W_]+", "", fold(text))


def _parsed(document: Document, with_mentions: bool) -> list[Record]:
    found = references(document)
    places: dict[int, list[Record]] = {one.number: [] for one in found}
    text = document.text
    for mention in mentions(document, found) if found and with_mentions else ():
        for number in mention.numbers:
            words = text[mention.start : mention.end]
            places[number].append({"start": mention.start, "end": mention.end, "text": words})
    return [{**asdict(one), "mentions": places[one.number]} for one in found]


def _paper_of(records: Sequence[Record], lists: dict[str, list[Record]]) -> str | None:
    """The document whose bibliography holds most of the records, and at least half of them."""
    shares = {name: len(_pairs(records, entries)) for name, entries in lists.items()}
    best = max(shares, key=lambda name: shares[name], default=None)
    return best if best is not None and shares[best] * 2 >= len(records) else None


def _merged(records: Sequence[Record], entries: Sequence[Record], records_id: str, paper_id: str) -> list[Record]:
    """The records in the place and under the number of their entries, then those that have none."""
    pairs = _pairs(records, entries)
    paper: list[Record] = []
    for place, entry in enumerate(entries):
        if place not in pairs:
            paper.append(entry)
            continue
        record = records[pairs[place]]
        kept = {"number": entry["number"], "raw": entry["raw"], "mentions": entry["mentions"]}
        also = [[records_id, record["key"]], [paper_id, entry["key"]]]
        paper.append({**record, **kept, "url": record["url"] or entry["url"], "also": also})
    number = max((entry["number"] for entry in entries), default=0)
    rest = [record for place, record in enumerate(records) if place not in pairs.values()]
    return paper + [
        {**record, "number": number + more, "mentions": [], "also": [[records_id, record["key"]]]}
        for more, record in enumerate(rest, 1)
    ]


def _pairs(records: Sequence[Record], entries: Sequence[Record]) -> dict[int, int]:
    """Places of entries with the places of the records of the same works, the likeliest pairs first."""
    scored = [
        (score, -place, -number)
        for place, entry in enumerate(entries)
        for number, record in enumerate(records)
        if (score := _likeness(record, entry))
    ]
    pairs: dict[int, int] = {}
    for _, place, number in sorted(scored, reverse=True):
        if -place not in pairs and -number not in pairs.values():
            pairs[-place] = -number
    return pairs


def _likeness(one: Record, other: Record) -> int:
    """How surely two records are of one work: 0 not at all, 3 by title, year and address."""
    here = same_address(one["url"], other["url"])
    title = same_title(one["title"], other["title"])
    years = [(record["date"] or "")[:4] for record in (one, other)]
    apart = bool(all(years) and years[0] != years[1])
    if not title:
        # an address of its own, not a site's front page that stands for several works
        return 1 if here and not apart and "/" in plain_address(one["url"]) else 0
    if apart or (one["url"] and other["url"] and not here and not share_author(one["authors"], other["authors"])):
        return 0
    return 3 if here else 2
