"""Keys of a bibliography's entries, each its own: 外務省 2025a and 外務省 2025b, as the field writes them."""

import re
import string
from collections.abc import Iterator, Sequence
from itertools import count

_YEAR_LAST = re.compile(r"((?:1[5-9]|20)\d\d)$")


def distinct_keys(keys: Sequence[str], entries: Sequence[str]) -> list[str]:
    """`keys` with a letter after the year where one stands twice: the letter that its entry prints, else in order.

    Keys that end in no year are numbered from the second on: "5", "5 (2)".
    """
    distinct = list(keys)
    for key in dict.fromkeys(keys):
        places = [place for place, one in enumerate(keys) if one == key]
        if len(places) > 1:
            names = _printed(key, [entries[place] for place in places]) or _in_order(key, frozenset(keys))
            for place, name in zip(places, names, strict=False):
                distinct[place] = name
    return distinct


def _printed(key: str, entries: Sequence[str]) -> list[str]:
    """The keys with the letters that stand behind the year in the entries; none unless each has its own."""
    year = _YEAR_LAST.search(key)
    found = [re.search(rf"{year.group(1)}([a-z])(?![A-Za-z])", entry) for entry in entries] if year else []
    letters = [match.group(1) for match in found if match]
    return [key + letter for letter in letters] if len(set(letters)) == len(entries) else []


def _in_order(key: str, taken: frozenset[str]) -> Iterator[str]:
    """Free keys that begin with `key`, without end."""
    if _YEAR_LAST.search(key):
        yield from (key + letter for letter in string.ascii_lowercase if key + letter not in taken)
    else:
        yield key
    yield from (name for number in count(2) if (name := f"{key} ({number})") not in taken)
