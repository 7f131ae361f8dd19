"""The fetch record of a cited work: state of its text, result of the last fetch, location of the text."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from datetime import UTC, datetime
from typing import Any, Literal, Self, get_args

from ingest.document import Reference
from ingest.fetching.outcomes import UNTRANSLATED, FetchOutcome

State = Literal[
    "not-tried",  # it has an address that was never requested
    "fetched",  # its full text was read, from its address or from a file that the user gave
    "abstract-only",  # a page about the work with its abstract, but not its text
    "not-the-document",  # a site's front page, a consent wall, an error page served as 200
    "paywalled",
    "dead",  # the server says that the page does not exist
    "robots",  # the site's robots.txt asks programs not to fetch it
    "too-large",
    "scanned",  # pages are pictures without text
    "garbled",  # the text is not decoded correctly
    "unreadable",  # an unsupported type, or a damaged or encrypted file
    "unreachable",  # no network, no answer or too slow an answer; worth another try
    "redirected",  # the site redirects programs endlessly, often because it requires cookies
    "refused",  # an address that Tenkyo does not fetch: private, not http(s)
    "no-address",
]
READABLE: frozenset[State] = frozenset({"fetched", "abstract-only"})
# States that may change in another run without any action by the user.
RETRIED: frozenset[State] = frozenset({"not-tried", "unreachable"})


@dataclass(frozen=True, slots=True)
class FetchRecord:
    """What was fetched of one cited work.

    `listed_in` is the document whose bibliography lists it, `key` its key there. `url` is the requested address,
    `final_url` the address after redirects; `status` the last HTTP status; `fetched_at` an ISO 8601 time in UTC.
    `outcomes` are messages on the result and the remedy. `document_id` is the indexed document with the text, "" if
    there is none; `title` to `characters` describe that document. `supplied`: the user provided the file. `retry_at` is
    the ISO 8601 time in UTC before which the site must not be asked again; an abstract has one if the work's file was
    not reached. `lacks` is the "host:port" for --allow-host that would permit the fetch, "" if that would not help.
    `cited_title`, `cited_authors` and `cited_date` come from the entry: they identify the work after its key has
    changed; the first versions did not store them. `place` names its files in the store, "" if not stored yet.
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
        """The record from the output of `to_json` of this or an earlier version; unknown keys are ignored.

        An earlier version stored its outcomes as one English line, `detail`. Raises KeyError, TypeError or ValueError
        if the object is not a fetch record.
        """
        known = {field.name for field in fields(cls)}
        stored = {name: value for name, value in data.items() if name in known}
        if data["state"] not in get_args(State):
            raise ValueError(f"state {data['state']!r} is unknown")
        outcomes = tuple(map(FetchOutcome.from_json, data.get("outcomes", ())))
        if data.get("detail"):
            outcomes = (FetchOutcome(UNTRANSLATED, {"text": data["detail"]}),)
        return cls(**{**stored, "outcomes": outcomes, "cited_authors": tuple(stored.get("cited_authors", ()))})


def now() -> str:
    """The current time in UTC in the format of fetch records: ISO 8601 to the second."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def not_fetched(listed_in: str, entry: Reference) -> FetchRecord:
    """The record of a work that was never fetched."""
    state: State = "not-tried" if entry.url else "no-address"
    return FetchRecord(listed_in, entry.key, state, url=entry.url, **identifying_fields(entry))


def identifying_fields(entry: Reference) -> dict[str, Any]:
    """The record fields that identify its work after a change of the bibliography."""
    return {"cited_title": entry.title, "cited_authors": entry.authors, "cited_date": entry.date}
