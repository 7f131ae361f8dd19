"""The health report: how much of a bibliography can be quoted, and what to do for each work that cannot."""

import math
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import get_args
from urllib.parse import urlsplit

from app.evaluation.report.page import render
from app.references.states import REPORT_WORDS, STATE_WORDS, Words, command_for
from ingest.document import Reference
from ingest.fetching.outcomes import Language, say
from ingest.references.cited_work import CitedWork
from ingest.references.fetch_record import READABLE, State
from retriever.text import letters

_ORDER: list[State] = list(STATE_WORDS)  # the states that need something from the user first
_RADIUS, _GAP = 42.0, 1.2  # of the ring, in its own units: its circle is 2π·42 long
_JAPANESE_SHARE = 0.2
_LANGUAGES: tuple[Language, ...] = get_args(Language)


@dataclass(frozen=True, slots=True)
class _Arc:
    """A state's part of the ring, clockwise from the top: its length and how far from the top it begins."""

    state: State
    count: int
    length: float
    start: float


@dataclass(frozen=True, slots=True)
class _Card:
    """A work as the page shows it. `links` are (address, whether it may be followed)."""

    work: CitedWork
    printed: str
    command: str
    outcomes: Words
    links: tuple[tuple[str, bool], ...]
    elsewhere: tuple[str, ...]


def report(works: Sequence[CitedWork], *, title: str = "", language: Language | None = None, index: str = "") -> str:
    """One HTML page without scripts on the cited works.

    `title` stands under the heading; without one, the titles of the documents that list the works. `language` is the
    one of its four in which the page opens; by default Japanese if at least a fifth of the works is, else English.
    `index` is the folder that the commands on the page name, "" for the default one.
    """
    groups: dict[str, list[CitedWork]] = defaultdict(list)
    for work in works:
        groups[work.listed_in_title].append(work)
    counts = Counter(work.state for work in works)
    pieces = render(
        "health.html",
        REPORT_WORDS["title"],
        title or " · ".join(groups) or "Tenkyo",
        language or _language(works),
        groups=_cards(groups, index),
        total=len(works),
        tones=Counter(STATE_WORDS[work.state].tone for work in works),
        readable=sum(counts[state] for state in READABLE),
        arcs=list(_arcs(counts)),
        around=2 * math.pi * _RADIUS,
        radius=_RADIUS,
        states=STATE_WORDS,
        words=REPORT_WORDS,
        readable_states=READABLE,
    )
    return "".join(pieces)


def _arcs(counts: Mapping[State, int]) -> Iterator[_Arc]:
    shown = [state for state in reversed(_ORDER) if counts[state]]
    total, start = sum(counts.values()), 0.0
    for state in shown:
        length = counts[state] / total * 2 * math.pi * _RADIUS
        yield _Arc(state, counts[state], length - _GAP if len(shown) > 1 else length, start)
        start += length


def _cards(groups: Mapping[str, Sequence[CitedWork]], index: str) -> dict[str, list[_Card]]:
    """The works of each document, those that need something from the user first."""
    documents: dict[str, set[str]] = defaultdict(set)
    for name, works in groups.items():
        for work in works:
            documents[_identity(work.entry)].add(name)
    keys = Counter(work.key for works in groups.values() for work in works)
    return {
        name: [
            _card(work, keys[work.key] == 1, tuple(sorted(documents[_identity(work.entry)] - {name})), index)
            for work in sorted(works, key=lambda work: (_ORDER.index(work.state), work.number))
        ]
        for name, works in groups.items()
    }


def _card(work: CitedWork, is_key_unique: bool, elsewhere: tuple[str, ...], index: str) -> _Card:
    name = work.key if is_key_unique else f"{work.listed_in}/{work.key}"
    outcomes = work.fetched.outcomes
    return _Card(
        work=work,
        printed=_printed(work.entry),
        command=command_for(work.state, name, work.entry.language, index),
        outcomes={language: say(outcomes, language) for language in _LANGUAGES},
        links=tuple((url, _is_web(url)) for url in dict.fromkeys((work.entry.url, work.fetched.final_url)) if url),
        elsewhere=elsewhere,
    )


def _is_web(address: str) -> bool:
    try:
        parts = urlsplit(address)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.netloc)


def _identity(entry: Reference) -> str:
    """Equal for two entries of one work: its title and year; without a title, the entry itself."""
    return f"{letters(entry.title or _printed(entry))} {entry.date[:4]}"


def _printed(entry: Reference) -> str:
    """The entry as printed or, of a record made by hand, its parts."""
    parts = [", ".join(entry.authors), entry.title, entry.container, entry.date_text]
    return entry.raw or ". ".join(dict.fromkeys(part for part in parts if part))


def _language(works: Sequence[CitedWork]) -> Language:
    japanese = sum(work.entry.language == "ja" for work in works)
    return "ja" if japanese >= _JAPANESE_SHARE * len(works) else "en"
