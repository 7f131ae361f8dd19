"""A cited work: its bibliography entry, its in-text citations, and the state of its full text."""

from dataclasses import dataclass

from ingest.document import Reference
from ingest.references.fetch_record import FetchRecord, State
from retriever.types import Hit


@dataclass(frozen=True, slots=True)
class NamedPlace:
    """A place where a document's text names a cited work: `start` and `end` in the text, and the wording."""

    start: int
    end: int
    text: str


@dataclass(frozen=True, slots=True)
class CitedWork:
    """A work listed in the bibliography of the document `listed_in`, whose title is `listed_in_title`.

    `entry` is its bibliographic data, `fetched` the state of its text. `also` holds (document id, key) of its other
    names. `mentions` are its in-text citations, None if they were not looked for. In an index, `hit` is the passage of
    its entry (score and rank 0), and `description` the passage of its hand-made record, if both exist.
    """

    listed_in: str
    entry: Reference
    fetched: FetchRecord
    listed_in_title: str = ""
    also: tuple[tuple[str, str], ...] = ()
    mentions: tuple[NamedPlace, ...] | None = None
    hit: Hit | None = None
    description: Hit | None = None

    @property
    def number(self) -> int:
        """1-based number in the bibliography."""
        return self.entry.number

    @property
    def key(self) -> str:
        """Citation key in the bibliography."""
        return self.entry.key

    @property
    def names(self) -> tuple[tuple[str, str], ...]:
        """All (document id, key) names of the work, its own first."""
        return tuple(dict.fromkeys(((self.listed_in, self.key), *self.also)))

    @property
    def line(self) -> str:
        """The entry as printed, on one line; for a hand-made record, its first line."""
        record = self.hit.passage.text.partition("\n")[0] if self.hit else self.entry.title
        return " ".join((self.entry.raw or record).split())

    @property
    def url(self) -> str | None:
        """Web address, None if the entry gives none."""
        return self.entry.url if self.entry.url.startswith(("http://", "https://")) else None

    @property
    def entry_passage_id(self) -> str | None:
        """Id of the passage of its entry, None if the index has none."""
        return self.hit.passage.id if self.hit else None

    @property
    def state(self) -> State:
        """State of its full text."""
        return self.fetched.state

    @property
    def document_id(self) -> str | None:
        """Id of the document with its text, None if there is none."""
        return self.fetched.document_id or None
