"""Fetch the texts of cited works: each is fetched once and stored immediately; all are indexed at the end."""

import queue
import threading
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from ingest.document import Document, Reference
from ingest.fetching import Fetched, FetchError, FetchLimits, Wire, user_agent
from ingest.fetching.address import parse, would_allow
from ingest.fetching.outcomes import outcome
from ingest.loaders import Limits
from ingest.references.cited_work import CitedWork
from ingest.references.crawler import Crawler, CrawlPolicy, is_temporary, site_of
from ingest.references.fetch_record import READABLE, RETRIED, FetchRecord, State, not_fetched, now
from ingest.references.index_pending import index_pending, text_fields
from ingest.references.matching import with_fetch_records
from ingest.references.reading import ReadResult, read
from ingest.references.store import ReferenceStore
from retriever.index.build import Progress
from retriever.index.open import open_index

_FOUND_BEFORE = "found-before"
_MOST_LINKS = 3  # maximum links to the work itself that are tried from a page about it
_VALUE: dict[State, int] = {"fetched": 2, "abstract-only": 1}  # how much of the work a reading gives; others: 0
_NEVER_ASKED: frozenset[State] = frozenset({"refused", "no-address"})
_STATES: dict[str, State] = {
    "bad-url": "refused",
    "not-http": "refused",
    "refused-address": "refused",
    "redirect-loop": "redirected",
    "robots": "robots",
    "too-large": "too-large",
    "paywalled": "paywalled",
    "wrong-type": "unreadable",
}


@dataclass(frozen=True, slots=True)
class CrawlOptions:
    """Options for fetching cited works. `wire` replaces the system's network access (None: it is not replaced)."""

    allow_hosts: frozenset[str] = frozenset()
    contact: str = ""
    policy: CrawlPolicy = field(default_factory=CrawlPolicy)
    limits: FetchLimits = field(default_factory=FetchLimits)
    wire: Wire | None = None


def fetch_references(
    folder: Path,
    works: Sequence[CitedWork],
    *,
    only: Sequence[CitedWork] = (),
    retry: bool = False,
    options: CrawlOptions | None = None,
    progress: Progress,
) -> list[CitedWork]:
    """Fetch the works that are due and index their texts in `folder`; returns the works that were due.

    A work is due if it was never tried or not reached, if the file linked from its page was not reached, or if its host
    was refused and is allowed now. With `retry`, every work with an address is due; pages that were read are sent only
    if they have changed. With `only`, the given works are due, except those that were read. A work whose site asked to
    wait is not due. Results of an interrupted run are kept. Use `with_fetch_records` for the result of each work.
    Raises TenkyoError if the store cannot be written, or if another process is fetching.
    """
    options = options or CrawlOptions()
    allow_hosts = options.allow_hosts
    store = ReferenceStore(folder)
    with store.fetching():
        recorded = with_fetch_records(works, store, open_index(folder).documents)
        due = [work for work in _asked_for(recorded, only) if _is_due(work.fetched, retry, bool(only), allow_hosts)]
        crawler = Crawler(
            store,
            options.policy,
            limits=options.limits,
            allow_hosts=allow_hosts,
            user_agent=user_agent(options.contact),
            renew=retry,
            wire=options.wire,
        )
        sites = _by_site(due, allow_hosts)
        _fetch_all("fetching", sites, store, crawler, options.policy.sites, progress)
        if again := _of_addresses(sites, crawler.release_deferred()):
            _fetch_all("asking again", again, store, crawler, options.policy.sites, progress)
        index_pending(folder, store, progress)
    return due


def _asked_for(works: Sequence[CitedWork], only: Sequence[CitedWork]) -> list[CitedWork]:
    """The works with an address; with `only`, only those."""
    names = {work.names[0] for work in only}
    return [work for work in works if work.entry.url and (not only or work.names[0] in names)]


def _is_due(record: FetchRecord, retry: bool, is_named: bool, allow_hosts: frozenset[str]) -> bool:
    if record.supplied or record.retry_at > now():
        return False
    if retry:
        return True
    lacks_file = record.state == "abstract-only" and bool(record.retry_at)
    if is_named:
        return lacks_file or record.state not in READABLE
    if record.state == "refused":
        return would_allow(allow_hosts, record.lacks)
    return lacks_file or record.state in RETRIED


Site = dict[str, list[CitedWork]]  # the works of a site by their addresses


def _by_site(due: Iterable[CitedWork], allow_hosts: frozenset[str]) -> list[Site]:
    sites: dict[str, Site] = defaultdict(lambda: defaultdict(list))
    for work in due:
        try:
            address = parse(work.entry.url, allow_hosts).url
        except FetchError:
            address = work.entry.url
        sites[site_of(address)][address].append(work)
    return list(sites.values())


def _of_addresses(sites: Iterable[Site], addresses: frozenset[str]) -> list[Site]:
    """The sites, limited to these addresses."""
    few = ({address: works for address, works in site.items() if address in addresses} for site in sites)
    return [site for site in few if site]


def _fetch_all(
    label: str, sites: Sequence[Site], store: ReferenceStore, crawler: Crawler, at_once: int, progress: Progress
) -> None:
    """Fetch from all sites, `at_once` in parallel. Raises errors of this machine only; failed fetches are recorded."""
    waiting: queue.SimpleQueue[Site] = queue.SimpleQueue()
    for site in sites:
        waiting.put(site)
    done: queue.SimpleQueue[BaseException | None] = queue.SimpleQueue()
    stop = threading.Event()

    def fetch_sites() -> None:
        try:
            while not stop.is_set():
                for works in waiting.get_nowait().values():
                    if not stop.is_set():
                        _fetch_and_store(works, store, crawler)
                        done.put(None)
        except queue.Empty:
            return
        except BaseException as error:  # passed to the waiting thread, which raises it
            done.put(error)

    total = sum(len(site) for site in sites)
    progress.start(label, total, "addresses")
    try:
        for number in range(min(at_once, len(sites))):
            # daemon threads, so that a slow site does not keep an interrupted program alive
            threading.Thread(target=fetch_sites, daemon=True, name=f"fetch {number}").start()
        for _ in range(total):
            error = done.get()
            if error is not None:
                raise error
            progress.advance(1)
    finally:
        stop.set()
        progress.finish()


def _fetch_and_store(works: Sequence[CitedWork], store: ReferenceStore, crawler: Crawler) -> None:
    """Fetch the works with one address, and store the result for each."""
    for work in works:
        record, document = _fetch_work(work, crawler)
        before = work.fetched
        is_same = document is not None and before.document_id and record.content_hash == before.content_hash
        store.keep(record, None if is_same else document)


def _fetch_work(work: CitedWork, crawler: Crawler) -> tuple[FetchRecord, Document | None]:
    """The new fetch record of a work, and its text if it was read."""
    before = work.fetched
    record = replace(not_fetched(work.listed_in, work.entry), place=before.place, fetched_at=now())
    try:
        (page, path), reading, retry_at = _best_reading(work.entry, crawler)
    except FetchError as error:
        record = replace(
            record,
            state=_state(error),
            outcomes=error.outcomes,
            status=error.status,
            retry_at=_retry_at(error),
            lacks=error.lacks,
        )
        return _newer_or_better(before, record), None
    record = replace(
        record,
        state=reading.state,
        outcomes=reading.outcomes,
        final_url=page.url,
        status=page.status,
        etag=page.etag or "",
        last_modified=page.last_modified or "",
        file=path.name,
        retry_at=retry_at,
    )
    if _VALUE.get(before.state, 0) > _VALUE.get(record.state, 0):
        return _newer_or_better(before, record), None
    document = reading.document
    if document is None:
        return record, None
    return replace(record, document_id=before.document_id, **text_fields(document)), document


def _best_reading(entry: Reference, crawler: Crawler) -> tuple[tuple[Fetched, Path], ReadResult, str]:
    """The best reading of a work: its page, or a file that the page links as the work itself.

    The last value is the time to retry a linked file that was not reached, "" if there is none.
    """
    page = crawler.page(entry.url)
    reading = read(*page, entry=entry, limits=Limits())
    best = page, reading
    failures: list[FetchError] = []
    for link in reading.links[:_MOST_LINKS] if reading.state != "fetched" else ():
        try:
            linked = crawler.page(link)
        except FetchError as error:
            failures.append(error)
            continue
        reading_of_link = read(*linked, entry=entry, limits=Limits())
        if _VALUE.get(reading_of_link.state, 0) > _VALUE.get(best[1].state, 0):
            best = linked, reading_of_link
        if reading_of_link.state == "fetched":
            break
    temporary = next((error for error in failures if is_temporary(error)), None)
    if temporary and best[1].state not in READABLE:
        raise temporary
    if failures and best[1].state != "fetched":
        missing = outcome("named-file-not-fetched", cause=failures[0].outcomes)
        best = best[0], replace(best[1], outcomes=(*best[1].outcomes, missing))
    retry_at = (_retry_at(temporary) or now()) if temporary and best[1].state != "fetched" else ""
    return *best, retry_at


def _newer_or_better(before: FetchRecord, after: FetchRecord) -> FetchRecord:
    """The record after a fetch, or the earlier record with a note on the new result.

    A text that was read is kept even if its page disappears. Otherwise, the state is that of the last attempt; if the
    site was not reached, the earlier result is noted.
    """
    if before.state in READABLE:
        day, until = after.fetched_at[:10], after.retry_at or before.retry_at
        kept = outcome("kept", read_on=before.fetched_at[:10], asked_on=day, cause=after.outcomes)
        return replace(before, outcomes=(kept,), status=after.status, retry_at=until)
    if after.state in RETRIED:
        known = tuple(earlier for earlier in before.outcomes if earlier.code == _FOUND_BEFORE)
        if before.state not in RETRIED | _NEVER_ASKED:
            known = (outcome(_FOUND_BEFORE, found_on=before.fetched_at[:10], cause=before.outcomes),)
        return replace(after, outcomes=(*after.outcomes, *known))
    return after


def _state(error: FetchError) -> State:
    """The state of a work after a failed fetch.

    Status 403 counts as paywalled: it comes from sites that sell texts and from sites that admit only browsers. In both
    cases a person has to get the file.
    """
    if is_temporary(error):
        return "unreachable"
    if error.status in (403, 451):
        return "paywalled"
    return _STATES.get(error.reason, "dead")


def _retry_at(error: FetchError) -> str:
    """When to try again: ISO 8601 in UTC, at most 30 days ahead; "" if the site did not say."""
    if not error.retry_after:
        return ""
    return (datetime.now(UTC) + timedelta(seconds=min(error.retry_after, 30 * 86400))).isoformat(timespec="seconds")
