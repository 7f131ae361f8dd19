"""A work that a document cites, from its entry in the bibliography to what was read of it."""

from dataclasses import dataclass

from ingest.document import Reference
from ingest.references.fetch_record import FetchRecord, State
from retriever.types import Hit


@dataclass(frozen=True, slots=True)
class Place:
    """Where the text of a document names a work: `start` and `end` in it, and the words."""

    start: int
    end: int
    text: str


@dataclass(frozen=True, slots=True)
class CitedWork:
    """A work in the bibliography of the document `listed_in`, whose title is `listed_in_title`.

    `entry` is what the bibliography says of it, `fetched` what was read of it. `also` has (document id, key) of its
    other names. `mentions` are the places where the text names it, None where these were not looked for. In an index,
    `hit` is the passage of its entry (score and rank 0), `description` that of a record made by hand, where there is
    one beside the entry.
    """

    listed_in: str
    entry: Reference
    fetched: FetchRecord
    listed_in_title: str = ""
    also: tuple[tuple[str, str], ...] = ()
    mentions: tuple[Place, ...] | None = None
    hit: Hit | None = None
    description: Hit | None = None

    @property
    def number(self) -> int:
        """Its 1-based number in the bibliography."""
        return self.entry.number

    @property
    def key(self) -> str:
        """Its key in the bibliography."""
        return self.entry.key

    @property
    def names(self) -> tuple[tuple[str, str], ...]:
        """(document id, key) of the work, its own first."""
        return tuple(dict.fromkeys(((self.listed_in, self.key), *self.also)))

    @property
    def line(self) -> str:
        """The entry in one line as printed; of a record made by hand, its first line."""
        record = self.hit.passage.text.partition("\n")[0] if self.hit else self.entry.title
        return " ".join((self.entry.raw or record).split())

    @property
    def url(self) -> str | None:
        """Its address on the web, None where the entry gives none."""
        return self.entry.url if self.entry.url.startswith(("http://", "https://")) else None

    @property
    def entry_passage_id(self) -> str | None:
        """The passage of its entry, None where the index has none."""
        return self.hit.passage.id if self.hit else None

    @property
    def state(self) -> State:
        """How far its text was read."""
        return self.fetched.state

    @property
    def document_id(self) -> str | None:
        """The document that holds its text, None where none does."""
        return self.fetched.document_id or None
