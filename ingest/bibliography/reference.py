"""One work of a bibliography: what its entry says, parsed once when the document is ingested; and the works' keys."""

import re
import string
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from itertools import count
from typing import Any, Self

_YEAR_AT_END = re.compile(r"((?:1[5-9]|20)\d\d)$")


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


def distinct_keys(keys: Sequence[str], entries: Sequence[str]) -> list[str]:
    """`keys`, made different where two are equal: 外務省 2025a and 外務省 2025b, by the letters printed or in order.

    Keys that do not end with a year are numbered from the second on: "5", "5 (2)".
    """
    distinct = list(keys)
    for key in dict.fromkeys(keys):
        places = [place for place, other in enumerate(keys) if other == key]
        if len(places) > 1:
            names = _printed(key, [entries[place] for place in places]) or _in_order(key, frozenset(keys))
            for place, name in zip(places, names, strict=False):
                distinct[place] = name
    return distinct


def _printed(key: str, entries: Sequence[str]) -> list[str]:
    """The keys with the letters after the year in the entries; none unless each entry has its own."""
    year = _YEAR_AT_END.search(key)
    matches = [re.search(rf"{year.group(1)}([a-z])(?![A-Za-z])", entry) for entry in entries] if year else []
    letters = [match.group(1) for match in matches if match]
    return [key + letter for letter in letters] if len(set(letters)) == len(entries) else []


def _in_order(key: str, taken: frozenset[str]) -> Iterator[str]:
    """Keys that begin with `key` and are not taken, without end."""
    if _YEAR_AT_END.search(key):
        yield from (key + letter for letter in string.ascii_lowercase if key + letter not in taken)
    else:
        yield key
    yield from (name for number in count(2) if (name := f"{key} ({number})") not in taken)
