"""Which fetch record is of which work: bibliographies are renumbered and corrected, the texts stay with their works."""

import difflib
import re
from collections import defaultdict
from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import replace

from ingest.bibliography.same_work import (
    can_compare,
    plain_address,
    same_address,
    same_title,
    share_author,
    similar_titles,
)
from ingest.document import Reference
from ingest.fetching.outcomes import FetchOutcome, outcome
from ingest.references.cited_work import CitedWork
from ingest.references.fetch_record import READABLE, FetchRecord, not_fetched, said_of
from ingest.references.store import Store
from retriever.text import letters

_NEAR = 0.9  # least similarity of two titles of which one was corrected


def with_fetch_records(works: Sequence[CitedWork], store: Store, document_ids: Mapping[str, object]) -> list[CitedWork]:
    """The works, each with what was fetched of it, under its own name; `document_ids` are those of the index.

    A text belongs to the work that it was read for, whatever its number is now: recognised by the URL, or by what the
    entry says. A text that was taken out of the index leaves its work as if it had never been fetched.
    """
    records = _assigned(works, store.records())
    return [
        replace(work, fetched=_current(work, record, store, document_ids))
        for work, record in zip(works, records, strict=True)
    ]


def _assigned(works: Sequence[CitedWork], records: Sequence[FetchRecord]) -> list[FetchRecord | None]:
    """The record of each work, None where there is none; the surest pairs come first, and no record serves twice."""
    by_mark: dict[Hashable, list[int]] = defaultdict(list)
    for place, record in enumerate(records):
        title = record.cited_title or record.title
        for mark in ((record.listed_in, record.key), plain_address(record.url), letters(title)):
            by_mark[mark].append(place)
    pairs = [
        (-score, records[place].listed_in != work.listed_in, number, place)
        for number, work in enumerate(works)
        for place in {place for mark in _marks(work) for place in by_mark.get(mark, ())}
        if (score := _match_score(work, records[place]))
    ]
    assigned: list[FetchRecord | None] = [None] * len(works)
    taken: set[int] = set()
    for _, _, number, place in sorted(pairs):
        if assigned[number] is None and place not in taken:
            assigned[number] = records[place]
            taken.add(place)
    return assigned


def _marks(work: CitedWork) -> Iterator[Hashable]:
    """Identifiers of which a work and its record share at least one."""
    yield from work.names
    yield from (mark for mark in (plain_address(work.entry.url), letters(work.entry.title)) if mark)


def _match_score(work: CitedWork, record: FetchRecord) -> int:
    """How surely a record is of a work: 0 not at all, URL 2, title 4, both 6 (+1 if the name matches too)."""
    entry = work.entry
    same_url = same_address(entry.url, record.url)
    same_name = (record.listed_in, record.key) in work.names
    if not (record.cited_title or record.cited_authors or record.cited_date):  # written by an earlier version
        same_text = letters(entry.title) == letters(record.title) != ""
        score = 4 if same_url or same_text else 2 * _may_be_text_of(entry, record, same_name)
        return score + same_name if score else 0
    years = {entry.date[:4], record.cited_date[:4]} - {""}
    same_words = letters(entry.title) == letters(record.cited_title)
    if same_words or (same_name and _is_near(entry.title, record.cited_title)):
        apart = len(years) > 1 or not _may_share_author(entry, record)
        score = 6 if same_url else 0 if apart else 4
    else:  # a URL of its own, not a site's front page, which several works may give
        score = 2 if same_url and len(years) < 2 and "/" in plain_address(entry.url) else 0
    return score + same_name if score else 0


def _may_be_text_of(entry: Reference, record: FetchRecord, same_name: bool) -> bool:
    """Whether a text without stored entry data may be that of the work whose name it has."""
    if not same_name or record.state not in READABLE:
        return False
    return not can_compare(entry.title, record.title) or similar_titles(entry.title, record.title)


def _may_share_author(entry: Reference, record: FetchRecord) -> bool:
    """Whether both name an author in common; if one of them names none, whether the entry has a title instead."""
    if entry.authors and record.cited_authors:
        return share_author(entry.authors, record.cited_authors)
    return bool(entry.title)


def _is_near(title: str, other: str) -> bool:
    """Whether a title is the other with a letter corrected or a subtitle added, not another volume or year."""
    if re.findall(r"\d+", title) != re.findall(r"\d+", other):
        return False
    return same_title(title, other) or difflib.SequenceMatcher(None, letters(title), letters(other)).ratio() >= _NEAR


def _current(
    work: CitedWork, record: FetchRecord | None, store: Store, document_ids: Mapping[str, object]
) -> FetchRecord:
    """The record under the present name of the work; if it no longer applies, the record of a work never fetched."""
    never = not_fetched(work.listed_in, work.entry)
    changed: tuple[FetchOutcome, ...]
    if record is None:
        return never
    if record.state in READABLE:
        if record.document_id in document_ids or store.has_waiting_text(record):
            return replace(record, listed_in=work.listed_in, key=work.key, **said_of(work.entry))
        changed = (outcome("text-removed"),)
    elif same_address(record.url, work.entry.url):
        return replace(record, listed_in=work.listed_in, key=work.key, **said_of(work.entry))
    else:
        changed = (outcome("address-changed"),) if work.entry.url else ()
    return replace(never, place=record.place, outcomes=changed)
