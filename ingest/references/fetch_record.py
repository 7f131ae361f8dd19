"""What is known of a cited work's text: its state, and where the text lies."""

from dataclasses import asdict, dataclass, fields
from datetime import UTC, datetime
from typing import Any, Literal, Self

from ingest.bibliography.reference import Reference

State = Literal[
    "not-tried",  # it has an address that was never asked
    "fetched",  # its full text was read, from its address or from a file that the user gave
    "abstract-only",  # a page about the work, with its abstract and no more
    "not-the-document",  # a site's front page, a consent wall, an error page served as 200
    "paywalled",
    "dead",  # the server says that it is not there
    "robots",  # the site's robots.txt asks programs to leave it alone
    "too-large",
    "scanned",  # pictures of pages, without text
    "garbled",  # text whose characters cannot be trusted
    "unreadable",  # a type that is not read, a damaged or encrypted file
    "unreachable",  # no network, no answer, an answer that came too slowly; worth another try
    "refused",  # an address that is not fetched: private, not http(s), without end
    "no-address",
]
READABLE: frozenset[State] = frozenset({"fetched", "abstract-only"})
# What another run may find otherwise without anybody's doing.
PASSING: frozenset[State] = frozenset({"not-tried", "unreachable"})


@dataclass(frozen=True, slots=True)
class FetchRecord:
    """What was fetched of one cited work. `listed_in` is the document whose bibliography lists it, `key` its key there.

    `url` is the address that was asked, `final_url` where it led; `status` the last HTTP status; `fetched_at` an
    ISO 8601 time in UTC. `document_id` names the document of the index that holds the text, "" where none does;
    `characters` and `pages` are that document's. `supplied`: the user gave the file. `retry_at` is an ISO 8601 time in
    UTC before which the site is not to be asked again; an abstract has one where the file of its work was not reached.
    `lacks` is the "host:port" for want of which in --allow-host it was refused, "" where allowing would not help.
    `cited_title`, `cited_authors` and `cited_date` are what the entry said: keys are given anew when a bibliography
    changes, these tell the work again; earlier versions did not keep them. `place` names its files in the store, ""
    where it was not kept yet.
    """

    listed_in: str
    key: str
    state: State
    detail: str = ""
    url: str = ""
    final_url: str = ""
    status: int | None = None
    fetched_at: str = ""
    etag: str = ""
    last_modified: str = ""
    file: str = ""
    content_hash: str = ""
    document_id: str = ""
    title: str = ""
    date: str = ""
    language: str = ""
    pages: int | None = None
    characters: int = 0
    supplied: bool = False
    retry_at: str = ""
    lacks: str = ""
    cited_title: str = ""
    cited_authors: tuple[str, ...] = ()
    cited_date: str = ""
    place: str = ""

    def to_json(self) -> dict[str, Any]:
        """The record as a JSON object."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Self:
        """The record from what `to_json` made; keys that this version does not know are passed over."""
        known = {field.name for field in fields(cls)}
        given = {name: value for name, value in data.items() if name in known}
        return cls(**{**given, "cited_authors": tuple(given.get("cited_authors", ()))})


def now() -> str:
    """The time in UTC, ISO 8601 to the second, as fetch records have it."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def not_fetched(listed_in: str, entry: Reference) -> FetchRecord:
    """The record of a work that was never fetched."""
    state: State = "not-tried" if entry.url else "no-address"
    return FetchRecord(listed_in, entry.key, state, url=entry.url, **said_of(entry))


def said_of(entry: Reference) -> dict[str, Any]:
    """The fields of a record by which its work is recognised when a bibliography has changed."""
    return {"cited_title": entry.title, "cited_authors": entry.authors, "cited_date": entry.date}
