"""The works that are cited, and where each stands: what was read of it, what became of its address."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from ingest.references.listing import Record, same_address
from ingest.references.state import READABLE, Holding
from ingest.references.store import Store


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


def standing(cited: Sequence[Cited], store: Store, document_ids: Mapping[str, object]) -> list[Holding]:
    """What is held of each work now, under its own name; `document_ids` are those of the index.

    A text that was taken out of the index leaves the work as if it had never been asked for.
    """
    held = {(holding.listed_in, holding.key): holding for holding in store.holdings()}
    known = [next((held.pop(name) for name in one.names if name in held), None) for one in cited]
    # what is left was kept under a bibliography that is not there any more
    found = [holding or next(_left(one, held), None) for one, holding in zip(cited, known, strict=True)]
    return [_now(one, holding, store, document_ids) for one, holding in zip(cited, found, strict=True)]


def _left(one: Cited, held: Mapping[tuple[str, str], Holding]) -> Iterator[Holding]:
    for holding in held.values():
        if holding.key == one.key or same_address(holding.url, one.url):
            yield holding


def _now(one: Cited, holding: Holding | None, store: Store, document_ids: Mapping[str, object]) -> Holding:
    url = one.url
    unasked = Holding(one.listed_in, one.key, "not-tried" if url else "no-address", url=url)
    if holding is None:
        return unasked
    if holding.state in READABLE:
        if holding.document_id in document_ids or store.has_waiting_text(holding):
            return replace(holding, listed_in=one.listed_in, key=one.key)
        return replace(unasked, detail="its text was read, and was taken out of the index since")
    if not same_address(holding.url, url):
        return unasked if not url else replace(unasked, detail="its address is another one since it was asked")
    return replace(holding, listed_in=one.listed_in, key=one.key)
