"""What was fetched of a cited work: the state of its text, what came of the fetch, where the text lies."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from datetime import UTC, datetime
from typing import Any, Literal, Self, get_args

from ingest.document import Reference
from ingest.fetching.outcomes import UNTRANSLATED, FetchOutcome

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
    "redirected",  # the site redirects programs without end, as sites do that need cookies
    "refused",  # an address that is not fetched: private, not http(s)
    "no-address",
]
READABLE: frozenset[State] = frozenset({"fetched", "abstract-only"})
# States that another run may change although nobody did anything.
RETRIED: frozenset[State] = frozenset({"not-tried", "unreachable"})


@dataclass(frozen=True, slots=True)
class FetchRecord:
    """What was fetched of one cited work.

    `listed_in` is the document whose bibliography lists it, `key` its key there. `url` is the address that was asked,
    `final_url` the one that answered after redirects; `status` the last HTTP status; `fetched_at` an ISO 8601 time in
    UTC. `outcomes` say what was found and what to do. `document_id` names the document of the index that holds the
    text, "" where none does; `title` to `characters` are that document's. `supplied`: the user gave the file.
    `retry_at` is an ISO 8601 time in UTC before which the site is not to be asked again; an abstract has one where the
    file of its work was not reached. `lacks` is the "host:port" that --allow-host would need to name, "" where that
    would not help. `cited_title`, `cited_authors` and `cited_date` are what the entry said: they identify the work
    when its key has changed; the first versions did not store them. `place` names its files in the store, "" where it
    was not stored yet.
    """

    listed_in: str
    key: str
    state: State
    outcomes: tuple[FetchOutcome, ...] = ()
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
        return {**asdict(self), "outcomes": [outcome.to_json() for outcome in self.outcomes]}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        """The record from what `to_json` of this or an earlier version made; unknown keys are ignored.

        An earlier version stored its outcomes as a line of English, `detail`. Raises KeyError, TypeError or ValueError
        for an object that is no fetch record.
        """
        known = {field.name for field in fields(cls)}
        given = {name: value for name, value in data.items() if name in known}
        if data["state"] not in get_args(State):
            raise ValueError(f"state {data['state']!r} is unknown")
        outcomes = tuple(map(FetchOutcome.from_json, data.get("outcomes", ())))
        if data.get("detail"):
            outcomes = (FetchOutcome(UNTRANSLATED, {"text": data["detail"]}),)
        return cls(**{**given, "outcomes": outcomes, "cited_authors": tuple(given.get("cited_authors", ()))})


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
