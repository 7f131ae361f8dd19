"""One work of a bibliography: what its entry says, parsed once when the document is ingested."""

from dataclasses import asdict, dataclass
from typing import Any, Self


@dataclass(frozen=True, slots=True)
class Reference:
    """An entry of a bibliography as parsed, or a record of a work that was made by hand.

    `number` is its 1-based place, `key` the label it is cited by ("12", "Smith 2019"). `date` is ISO 8601 as precise as
    the entry ("2025-02-04", "2024-12", "1971"), `date_text` its wording. `kind` is one of book, article, chapter,
    conference, thesis, report, news, web, other, and of records government besides. `raw` is the entry as printed. What
    the entry does not give is "".

    A record made by hand (`by_hand`) has no `raw`, and says more: an `identifier` (a report's number), whether the
    bibliography has an entry for the work (`listed`) and the running text names it (`cited_in_text`), a `note` on what
    is odd about the entry, and a `description` of the work.
    """

    number: int
    key: str
    authors: tuple[str, ...]
    title: str
    container: str = ""
    publisher: str = ""
    date: str = ""
    date_text: str = ""
    url: str = ""
    language: str = ""
    kind: str = ""
    raw: str = ""
    by_hand: bool = False
    identifier: str = ""
    cited_in_text: bool = False
    listed: bool = True
    note: str = ""
    description: str = ""

    def to_json(self) -> dict[str, Any]:
        """The reference as the index stores it."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Self:
        """The reference from what `to_json` made."""
        return cls(**{**data, "authors": tuple(data["authors"])})
