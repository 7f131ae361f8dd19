"""The works that are cited, and where each stands: what was read of it, what became of its address."""

import difflib
import re
from collections import defaultdict
from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from ingest.references.listing import Record, letters, plain_address, same_address, same_title, share_author
from ingest.references.state import READABLE, Holding
from ingest.references.store import Store
from ingest.references.title_similarity import can_compare, is_same

_NEAR = 0.9  # the likeness of two titles of which one was mended


@dataclass(frozen=True, slots=True)
class Cited:
    """A work in the bibliography of the document `listed_in`, with what its entry says.

    `also` has (document id, key) of its other names.
    """

    listed_in: str
    key: str
    title: str
    authors: tuple[str, ...] = ()
    date: str = ""
    url: str = ""
    language: str = ""
    kind: str = ""
    also: tuple[tuple[str, str], ...] = ()

    @property
    def names(self) -> tuple[tuple[str, str], ...]:
        """(document id, key) of the work, its own first."""
        return tuple(dict.fromkeys(((self.listed_in, self.key), *self.also)))


def cited_of(record: Record) -> Cited:
    """The work of a record that `listed` gave."""
    return Cited(
        record["document_id"],
        record["key"],
        title=record["title"],
        authors=tuple(record["authors"]),
        date=record["date"] or "",
        url=record["url"] or "",
        language=record["language"],
        kind=record["kind"],
        also=tuple((document_id, key) for document_id, key in record["also"]),
    )


def unasked(one: Cited) -> Holding:
    """What is held of a work that was never asked for."""
    return Holding(one.listed_in, one.key, "not-tried" if one.url else "no-address", url=one.url, **_said(one))


def standing(cited: Sequence[Cited], store: Store, document_ids: Mapping[str, object]) -> list[Holding]:
    """What is held of each work now, under its own name; `document_ids` are those of the index.

    A text belongs to the work that it was read for, whatever its number is now: by the address, or by what the entry
    says. One that was taken out of the index leaves the work as if it had never been asked for.
    """
    found = _claimed(cited, store.holdings())
    return [_now(one, holding, store, document_ids) for one, holding in zip(cited, found, strict=True)]


def _said(one: Cited) -> dict[str, Any]:
    return {"cited_title": one.title, "cited_authors": one.authors, "cited_date": one.date}


def _claimed(cited: Sequence[Cited], holdings: Sequence[Holding]) -> list[Holding | None]:
    """The holding of each work, None where there is none; a holding is of one work, the surest pairs come first."""
    marked: dict[Hashable, list[int]] = defaultdict(list)
    for place, holding in enumerate(holdings):
        title = holding.cited_title or holding.title
        for mark in ((holding.listed_in, holding.key), plain_address(holding.url), letters(title)):
            marked[mark].append(place)
    pairs = [
        (-likeness, holdings[place].listed_in != one.listed_in, number, place)
        for number, one in enumerate(cited)
        for place in {place for mark in _marks(one) for place in marked.get(mark, ())}
        if (likeness := _likeness(one, holdings[place]))
    ]
    found: list[Holding | None] = [None] * len(cited)
    taken: set[int] = set()
    for _, _, number, place in sorted(pairs):
        if found[number] is None and place not in taken:
            found[number] = holdings[place]
            taken.add(place)
    return found


def _marks(one: Cited) -> Iterator[Hashable]:
    """What a holding of the work shares one of with it."""
    yield from one.names
    yield from (mark for mark in (plain_address(one.url), letters(one.title)) if mark)


def _likeness(one: Cited, holding: Holding) -> int:
    """How surely a holding is of a work: 0 not at all; twice 1 by the address, 2 by the title, 3 by both.

    One more where it was kept under the work's own name.
    """
    here = same_address(one.url, holding.url)
    own = (holding.listed_in, holding.key) in one.names
    if not (holding.cited_title or holding.cited_authors or holding.cited_date):
        sure = 2 if here or letters(one.title) == letters(holding.title) != "" else _by_text(one, holding, own)
        return 2 * sure + own if sure else 0
    years = {one.date[:4], holding.cited_date[:4]} - {""}
    titled = letters(one.title) == letters(holding.cited_title) or (own and _is_near(one.title, holding.cited_title))
    if titled and not here:
        apart = len(years) > 1 or not _may_share(one.authors, holding.cited_authors, needed=not one.title)
        sure = 0 if apart else 2
    elif titled:
        sure = 3
    else:  # an address of its own, not a site's front page that stands for several works
        sure = 1 if here and len(years) < 2 and "/" in plain_address(one.url) else 0
    return 2 * sure + own if sure else 0


def _by_text(one: Cited, holding: Holding, own: bool) -> int:
    """1 where a text, of whose entry nothing was kept, may be that of the work whose name it has, else 0."""
    if not own or holding.state not in READABLE:
        return 0
    return int(not can_compare(one.title, holding.title) or is_same(one.title, holding.title))


def _may_share(authors: Sequence[str], others: Sequence[str], *, needed: bool) -> bool:
    """Whether two works have an author in common, or one of them names none and none is needed."""
    return share_author(authors, others) if authors and others else not needed


def _is_near(title: str, other: str) -> bool:
    """Whether a title is the other with a letter mended or a subtitle added, not another volume or year."""
    if re.findall(r"\d+", title) != re.findall(r"\d+", other):
        return False
    return same_title(title, other) or difflib.SequenceMatcher(None, letters(title), letters(other)).ratio() >= _NEAR


def _now(one: Cited, holding: Holding | None, store: Store, document_ids: Mapping[str, object]) -> Holding:
    if holding is None:
        return unasked(one)
    held = replace(holding, listed_in=one.listed_in, key=one.key, **_said(one))
    if holding.state in READABLE:
        if holding.document_id in document_ids or store.has_waiting_text(holding):
            return held
        detail = "its text was read, and was taken out of the index since"
    elif same_address(holding.url, one.url):
        return held
    else:
        detail = "its address is another one since it was asked" if one.url else ""
    return replace(unasked(one), place=holding.place, detail=detail)
