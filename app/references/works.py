"""The works that the documents of an index cite: read, named by a user, and as JSON."""

import difflib
import unicodedata
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from ingest.document import Document
from ingest.fetching.outcomes import say
from ingest.passages import RULES
from ingest.references.cited_work import CitedWork
from ingest.references.listing import cited_works
from ingest.references.matching import with_fetch_records
from ingest.references.store import ReferenceStore
from retriever.index.open import check_rules, open_index
from retriever.types import TenkyoError

# Fields of a fetch record in JSON: the first under their own names, the second, which entries have too, as text_….
_OF_FETCH = ("status", "final_url", "fetched_at", "pages", "characters", "supplied", "retry_at")
_OF_TEXT = ("document_id", "title", "date", "language")
_MAY_BE_EMPTY = ("container", "publisher", "date", "date_text")


def references(folder: Path) -> list[CitedWork]:
    """The works that the documents of the index in `folder` cite, each with what was fetched of it.

    Raises IndexFolderError if there is no index or another version made it.
    """
    index = open_index(folder)
    check_rules(index, RULES)
    works = cited_works(Document.from_json(index.body_of(document_id)) for document_id in index.documents)
    return with_fetch_records(works, ReferenceStore(folder), index.documents)


def work_json(work: CitedWork) -> dict[str, Any]:
    """A work as `references --json` gives it.

    `document_id` and `document_title` are those of the document that lists it; what was read of it has the prefix
    text_. A field that is missing is "" in an entry, null in a record made by hand.
    """
    entry, fetched = work.entry, work.fetched
    return {
        "document_id": work.listed_in,
        "document_title": work.listed_in_title,
        "also": [list(name) for name in work.also],
        "number": work.number,
        "key": work.key,
        "authors": list(entry.authors),
        "title": entry.title,
        **{name: getattr(entry, name) or (None if entry.by_hand else "") for name in _MAY_BE_EMPTY},
        "url": entry.url or None,
        "language": entry.language,
        "kind": entry.kind,
        **({"raw": entry.raw} if entry.raw else {}),
        **(_by_hand_json(work) if entry.by_hand else {}),
        **({"mentions": [asdict(place) for place in work.mentions]} if work.mentions is not None else {}),
        "state": work.state,
        "detail": say(fetched.outcomes),
        **{name: getattr(fetched, name) for name in _OF_FETCH},
        **{f"text_{name}": getattr(fetched, name) for name in _OF_TEXT},
    }


def _by_hand_json(work: CitedWork) -> dict[str, Any]:
    entry = work.entry
    return {
        "identifier": entry.identifier or None,
        "cited_in_text": entry.cited_in_text,
        "listed": entry.listed,
        "note": entry.note or None,
        "description": entry.description,
    }


def chosen(works: Sequence[CitedWork], name: str) -> CitedWork:
    """The work that a user means: by its key, by DOCUMENT_ID/KEY, or by its number.

    Raises TenkyoError if no work or several works have this name.
    """
    for names_of in (_full_names, _keys, _numbers):
        called = [work for work in works if _folded(name) in {_folded(alias) for alias in names_of(work)}]
        if len(called) == 1:
            return called[0]
        if called:
            which = ", ".join(repr(_full_names(work)[0]) for work in called[:5])
            raise TenkyoError(f"reference {name!r} may be several; name one of {which}")
    if not works:
        raise TenkyoError(f"reference {name!r}: no document lists references; ingest the paper with its bibliography")
    raise TenkyoError(f"no reference is called {name!r}; {_near(works, name)}; tenkyo references lists them")


def _near(works: Sequence[CitedWork], name: str) -> str:
    spelled = {_folded(key): work.key for work in works for key in _keys(work)}
    inside = [key for folded, key in spelled.items() if _folded(name) in folded]
    close = [spelled[folded] for folded in difflib.get_close_matches(_folded(name), spelled, 3, 0.4)]
    keys = list(dict.fromkeys([*inside, *close]))[:3]
    return f"did you mean {' or '.join(map(repr, keys))}?" if keys else f"a key is, for example, {works[0].key!r}"


def _full_names(work: CitedWork) -> list[str]:
    return [f"{document_id}/{key}" for document_id, key in work.names]


def _keys(work: CitedWork) -> list[str]:
    return [key for _, key in work.names]


def _numbers(work: CitedWork) -> list[str]:
    return [str(work.number)]


def _folded(text: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())
