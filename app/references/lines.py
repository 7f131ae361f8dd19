"""Cited works as lines for a terminal, and as the numbers that sum them up."""

from collections import Counter
from collections.abc import Iterator, Sequence
from collections.abc import Set as AbstractSet
from pathlib import Path
from typing import Any

from app.references.states import STATE_WORDS, command_for
from ingest.fetching.outcomes import say
from ingest.references.cited_work import CitedWork
from ingest.references.fetch_record import READABLE, now
from ingest.references.store import ReferenceStore
from ingest.text import counted

_LANGUAGES = {"ja": "Japanese", "en": "English", "zh": "Chinese", "ko": "Korean"}


def reference_lines(works: Sequence[CitedWork]) -> Iterator[str]:
    """The works under the documents that list them, and how many were read."""
    several = len({work.listed_in for work in works}) > 1
    before = None
    for work in works:
        if several and work.listed_in != before:
            before = work.listed_in
            yield f"{work.listed_in_title} ({before})"
        yield from _lines(work)
    yield summary(works)


def _lines(work: CitedWork) -> Iterator[str]:
    entry = work.entry
    named = [", ".join(entry.authors), entry.title, entry.date]
    yield f"{work.number:>3}  [{work.key}]  {' · '.join(part for part in named if part)}"
    yield f"     {state_line(work)}"
    if entry.url:
        yield f"     {entry.url}"


def state_line(work: CitedWork) -> str:
    """How far the text of a work was read, in plain words."""
    fetched = work.fetched
    said = STATE_WORDS[work.state].name["en"]
    if work.state in READABLE:
        language = _LANGUAGES.get(fetched.language, fetched.language)
        pages = f"{counted(fetched.pages, 'page')}, " if fetched.pages else ""
        where = fetched.document_id or "not in the index yet: run tenkyo references fetch"
        said = f"{said}: {pages}{fetched.characters:,} characters, {language} ({where})"
    return "; ".join(part for part in (said, say(fetched.outcomes)) if part)


def why_not_asked(works: Sequence[CitedWork], *, is_named: bool, allow_hosts: AbstractSet[str]) -> Iterator[str]:
    """Lines that say why `works` were not fetched; only works that the user named have a line each."""
    for lacks in sorted({work.fetched.lacks for work in works} - {""}):
        host, _, port = lacks.rpartition(":")
        if any(name == host or name.rpartition(":")[0] == host for name in allow_hosts - {lacks}):
            yield f"{host} was allowed, but not at port {port}, where its texts are: add --allow-host {lacks}"
    waiting = [work for work in works if work.fetched.retry_at > now()]
    if waiting:
        keys = ", ".join(work.key for work in waiting)
        until = max(work.fetched.retry_at for work in waiting)
        yield f"not fetched, as the site asks programs to wait until {until}: {keys}; run this again then"
    for work in works if is_named else ():
        if work not in waiting:
            yield f"{work.key}: not fetched, as {_reason(work)}"


def _reason(work: CitedWork) -> str:
    give = command_for("no-address", work.key, work.entry.language)
    if work.fetched.supplied:
        return f"its text is a file that you gave; to put another in its place: {give}"
    if work.entry.url:
        return "it was read; --retry checks whether it has changed"
    return f"its entry gives no address; get the work, then: {give}"


def damage_lines(folder: Path) -> Iterator[str]:
    """A warning for each stored file on a cited work of the index in `folder` that cannot be read."""
    for path, reason in ReferenceStore(folder).damaged():
        remedy = "fetch the work again (tenkyo references fetch) or give its file (tenkyo ingest FILE --as KEY)"
        yield f"warning: {path} {reason}; {remedy}, then delete this file"


def summary(works: Sequence[CitedWork]) -> str:
    """One line: how many works were read, and how many there are in each state."""
    if not works:
        return "no references: no document lists any; ingest the paper with its bibliography"
    counts = Counter(work.state for work in works)
    readable = sum(counts[state] for state in READABLE)
    states = ", ".join(f"{count} {state}" for state, count in counts.most_common())
    return f"{readable} of {len(works)} readable: {states}"


def summary_json(works: Sequence[CitedWork]) -> dict[str, Any]:
    """The counts of `summary` as an object."""
    counts = Counter(work.state for work in works)
    return {"readable": sum(counts[state] for state in READABLE), "total": len(works), "states": dict(counts)}
