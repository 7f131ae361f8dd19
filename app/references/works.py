"""The works that the documents cite, each with where it stands: as records, as lines, by the names a user gives."""

import difflib
import unicodedata
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from app.references.states import STATE_WORDS, command_for
from ingest.document import Document
from ingest.references.cited import cited_of, standing
from ingest.references.listing import Record, listed
from ingest.references.state import READABLE, Holding, now
from ingest.references.store import Store
from retriever.index.open import open_index
from retriever.types import TenkyoError

# Of a holding, under its own name; what an entry and a text both have goes by text_….
_OF_HOLDING = ("state", "detail", "status", "final_url", "fetched_at", "pages", "characters", "supplied", "retry_at")
_OF_TEXT = ("document_id", "title", "date", "language")
_LANGUAGES = {"ja": "Japanese", "en": "English", "zh": "Chinese", "ko": "Korean"}


def references(folder: Path) -> list[Record]:
    """The works that the documents of the index in `folder` cite, as `listed` has them, and where each stands.

    A record has the `document_title` of the document that lists it, the `state` and its `detail`, the `status`,
    `final_url`, `fetched_at`, `pages` and `characters` of what was fetched, whether it was `supplied` by the user, and
    the `text_document_id`, `text_title`, `text_date`, `text_language` of its text.
    """
    index = open_index(folder)
    records = listed(Document.from_json(index.bodies[place]) for place in range(len(index.documents)))
    held = standing([cited_of(record) for record in records], Store(folder), index.documents)
    return [
        {**record, "document_title": index.documents[record["document_id"]].title, **_facts(holding)}
        for record, holding in zip(records, held, strict=True)
    ]


def _facts(holding: Holding) -> Record:
    facts: Record = {name: getattr(holding, name) for name in _OF_HOLDING}
    return facts | {f"text_{name}": getattr(holding, name) for name in _OF_TEXT}


def chosen(records: Sequence[Record], name: str) -> Record:
    """The record that a user means: by its key, by DOCUMENT_ID/KEY, or by its number.

    Raises TenkyoError where none is called so, or several are.
    """
    for names_of in (_full_names, _keys, _numbers):
        found = [record for record in records if _folded(name) in {_folded(one) for one in names_of(record)}]
        if len(found) == 1:
            return found[0]
        if found:
            which = ", ".join(repr(_full_names(record)[0]) for record in found[:5])
            raise TenkyoError(f"reference {name!r} is not the only one of this name; name one of {which}")
    if not records:
        raise TenkyoError(f"reference {name!r}: no document lists references; ingest the paper with its bibliography")
    raise TenkyoError(f"no reference is called {name!r}; {_near(records, name)}; tenkyo references lists them")


def _near(records: Sequence[Record], name: str) -> str:
    spelled = {_folded(key): str(record["key"]) for record in records for key in _keys(record)}
    inside = [key for folded, key in spelled.items() if _folded(name) in folded]
    close = [spelled[folded] for folded in difflib.get_close_matches(_folded(name), spelled, 3, 0.4)]
    keys = list(dict.fromkeys([*inside, *close]))[:3]
    return f"did you mean {' or '.join(map(repr, keys))}?" if keys else f"a key is, for example, {records[0]['key']!r}"


def _full_names(record: Record) -> list[str]:
    own = f"{record['document_id']}/{record['key']}"
    return [own, *(f"{document_id}/{key}" for document_id, key in record["also"])]


def _keys(record: Record) -> list[str]:
    return [str(record["key"]), *(key for _, key in record["also"])]


def _numbers(record: Record) -> list[str]:
    return [str(record["number"])]


def _folded(text: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


def reference_lines(records: Sequence[Record]) -> Iterator[str]:
    """The records for people, under the documents that list them, and how many are readable."""
    several = len({record["document_id"] for record in records}) > 1
    before = None
    for record in records:
        if several and record["document_id"] != before:
            before = record["document_id"]
            yield f"{record['document_title']} ({before})"
        yield from _lines(record)
    yield summary(records)


def _lines(record: Record) -> Iterator[str]:
    named = [", ".join(record["authors"]), record["title"], record["date"] or ""]
    yield f"{record['number']:>3}  [{record['key']}]  {' · '.join(part for part in named if part)}"
    yield f"     {state_line(record)}"
    if record["url"]:
        yield f"     {record['url']}"


def state_line(record: Record) -> str:
    """Where a work stands, in plain words."""
    words = STATE_WORDS[record["state"]].en
    parts = []
    if record["state"] in READABLE:
        language = _LANGUAGES.get(record["text_language"], record["text_language"])
        pages = f"{record['pages']} pages, " if record["pages"] else ""
        where = record["text_document_id"] or "not in the index yet: run tenkyo references fetch"
        parts.append(f"{words}: {pages}{record['characters']:,} characters, {language} ({where})")
    else:
        parts.append(words)
    return "; ".join(part for part in (*parts, record["detail"]) if part)


def why_not_asked(records: Sequence[Record], *, is_named: bool) -> Iterator[str]:
    """Why works were not asked for, of all works or of those that the user named; all that wait share a line."""
    waiting = [record for record in records if record["retry_at"] > now()]
    if waiting:
        keys = ", ".join(str(record["key"]) for record in waiting)
        until = max(record["retry_at"] for record in waiting)
        yield f"not asked, as the site wants to be left alone until {until}: {keys}; run this again then"
    for record in records if is_named else ():
        if record not in waiting:
            yield f"{record['key']}: not asked, as {_reason(record)}"


def _reason(record: Record) -> str:
    give = command_for("no-address", str(record["key"]), record["language"])
    if record["supplied"]:
        return f"its text is a file that you gave; to put another in its place: {give}"
    if record["url"]:
        return "it was read; --retry asks whether it has changed"
    return f"its entry gives no address; get the work, then: {give}"


def summary(records: Sequence[Record]) -> str:
    """One line: how many works are readable, and how many there are in each state."""
    if not records:
        return "no references: no document lists any; ingest the paper with its bibliography"
    counts = Counter(record["state"] for record in records)
    readable = sum(counts[state] for state in READABLE)
    states = ", ".join(f"{count} {state}" for state, count in counts.most_common())
    return f"{readable} of {len(records)} readable: {states}"


def summary_json(records: Sequence[Record]) -> dict[str, Any]:
    """The same as an object."""
    counts = Counter(record["state"] for record in records)
    return {"readable": sum(counts[state] for state in READABLE), "total": len(records), "states": dict(counts)}
