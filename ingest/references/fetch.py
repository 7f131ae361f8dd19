"""Cited works → their texts in the index: fetched once each, kept at once, put in together."""

import queue
import threading
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from ingest.bibliography.reference import Reference
from ingest.document import Document
from ingest.fetching import Fetched, FetchError, FetchLimits, Wire, user_agent
from ingest.fetching.address import parse, would_allow
from ingest.fetching.outcomes import outcome
from ingest.loaders import Limits
from ingest.references.cited_work import CitedWork
from ingest.references.crawler import Manners, Visits, is_passing, site_of
from ingest.references.fetch_record import PASSING, READABLE, FetchRecord, State, not_fetched, now
from ingest.references.index_pending import facts_of, index_pending
from ingest.references.matching import with_fetch_records
from ingest.references.reading import Reading, read
from ingest.references.store import Store
from retriever.index.build import Progress
from retriever.index.open import open_index

_NOT_AGAIN = "not-reached-again"
_MOST_LINKS = 3  # addresses of the work itself that are tried of those that a page about it names
_WORTH: dict[State, int] = {"fetched": 2, "abstract-only": 1}
_STATES: dict[str, State] = {
    "bad-url": "refused",
    "not-http": "refused",
    "refused-address": "refused",
    "redirect-loop": "refused",
    "robots": "robots",
    "too-large": "too-large",
    "paywalled": "paywalled",
    "wrong-type": "unreadable",
}


@dataclass(frozen=True, slots=True)
class Fetching:
    """How cited works are fetched. `wire` is the network, None for the system's."""

    allow_hosts: frozenset[str] = frozenset()
    contact: str = ""
    manners: Manners = field(default_factory=Manners)
    limits: FetchLimits = field(default_factory=FetchLimits)
    wire: Wire | None = None


def fetch_references(
    folder: Path,
    works: Sequence[CitedWork],
    *,
    only: Sequence[CitedWork] = (),
    retry: bool = False,
    fetching: Fetching | None = None,
    progress: Progress,
) -> list[CitedWork]:
    """Fetch the works that are due and put their texts into the index in `folder`; returns the works asked for.

    Due are those that were never asked for or not reached, or whose page names a file that was not reached; those that
    were refused for want of a host that is allowed now; with `retry` all that have an address, those that were read
    only to be sent if they have changed; of `only`, where it is given, all that were not read. None is due whose site
    asked to be left alone for a while. What came of each, `with_fetch_records` says. What an interrupted run fetched is
    not fetched again. Raises TenkyoError where nothing can be written or another process fetches.
    """
    fetching = fetching or Fetching()
    store = Store(folder)
    agent = user_agent(fetching.contact)
    with store.fetching():
        names = {work.names[0] for work in only}
        due = [
            work
            for work in with_fetch_records(works, store, open_index(folder).documents)
            if work.entry.url and (not only or work.names[0] in names)
            if _is_due(work.fetched, retry, bool(only), fetching)
        ]
        visits = Visits(
            store,
            fetching.manners,
            limits=fetching.limits,
            allow_hosts=fetching.allow_hosts,
            user_agent=agent,
            renew=retry,
            wire=fetching.wire,
        )
        sites = _by_site(due, fetching.allow_hosts)
        _visit_all("fetching", sites, store, visits, fetching.manners.sites, progress)
        if again := _of_addresses(sites, visits.second_try()):
            _visit_all("asking again", again, store, visits, fetching.manners.sites, progress)
        index_pending(folder, store, progress)
    return due


def _is_due(record: FetchRecord, retry: bool, is_named: bool, fetching: Fetching) -> bool:
    if record.supplied or record.retry_at > now():
        return False
    if retry:
        return True
    lacks_file = record.state == "abstract-only" and bool(record.retry_at)
    if is_named:
        return lacks_file or record.state not in READABLE
    if record.state == "refused":
        return would_allow(fetching.allow_hosts, record.lacks)
    return lacks_file or record.state in PASSING


Job = list[CitedWork]  # the works of one address


Site = dict[str, Job]  # by address


def _by_site(due: Iterable[CitedWork], allow_hosts: frozenset[str]) -> list[Site]:
    """The addresses to ask, each once, those of one site together."""
    sites: dict[str, Site] = defaultdict(lambda: defaultdict(list))
    for work in due:
        try:
            address = parse(work.entry.url, allow_hosts).url
        except FetchError:
            address = work.entry.url
        sites[site_of(address)][address].append(work)
    return list(sites.values())


def _of_addresses(sites: Iterable[Site], addresses: frozenset[str]) -> list[Site]:
    """What there is to ask of some addresses alone."""
    few = ({address: job for address, job in site.items() if address in addresses} for site in sites)
    return [site for site in few if site]


def _visit_all(
    label: str, sites: Sequence[Site], store: Store, visits: Visits, at_once: int, progress: Progress
) -> None:
    """Ask all sites, `at_once` of them at a time; raises what went wrong with this machine, not with a site."""
    waiting: queue.SimpleQueue[Site] = queue.SimpleQueue()
    for site in sites:
        waiting.put(site)
    done: queue.SimpleQueue[BaseException | None] = queue.SimpleQueue()
    stop = threading.Event()

    def work() -> None:
        try:
            while not stop.is_set():
                for job in waiting.get_nowait().values():
                    if not stop.is_set():
                        _settle(job, store, visits)
                        done.put(None)
        except queue.Empty:
            return
        except BaseException as error:  # handed to the thread that waits, which raises it
            done.put(error)

    total = sum(len(site) for site in sites)
    progress.start(label, total, "addresses")
    try:
        for number in range(min(at_once, len(sites))):
            # daemons: a site that takes its time must not keep an interrupted program from ending
            threading.Thread(target=work, daemon=True, name=f"fetch {number}").start()
        for _ in range(total):
            error = done.get()
            if error is not None:
                raise error
            progress.advance(1)
    finally:
        stop.set()
        progress.finish()


def _settle(job: Job, store: Store, visits: Visits) -> None:
    """Find out about each work of an address, and keep it."""
    for work in job:
        record, document = _fetched(work, visits)
        before = work.fetched
        is_same = document is not None and before.document_id and record.content_hash == before.content_hash
        store.keep(record, None if is_same else document)


def _fetched(work: CitedWork, visits: Visits) -> tuple[FetchRecord, Document | None]:
    """What is known of a work after asking its address, and its text."""
    before = work.fetched
    held = replace(not_fetched(work.listed_in, work.entry), place=before.place, fetched_at=now())
    try:
        (page, path), reading, retry_at = _best(work.entry, visits)
    except FetchError as error:
        held = replace(
            held,
            state=_state(error),
            outcomes=error.outcomes,
            status=error.status,
            retry_at=_retry_at(error),
            lacks=error.lacks,
        )
        return _or_kept(before, held), None
    held = replace(
        held,
        state=reading.state,
        outcomes=reading.outcomes,
        final_url=page.url,
        status=page.status,
        etag=page.etag or "",
        last_modified=page.last_modified or "",
        file=path.name,
        retry_at=retry_at,
    )
    if _WORTH.get(before.state, 0) > _WORTH.get(held.state, 0):
        return _or_kept(before, held), None
    document = reading.document
    if document is None:
        return held, None
    return replace(held, document_id=before.document_id, **facts_of(document)), document


def _best(entry: Reference, visits: Visits) -> tuple[tuple[Fetched, Path], Reading, str]:
    """The page and reading that tell most of a work: of its address, or of where that page says that the work lies.

    Then when to ask again for a file that the page names and that could not be reached, "" where there is none.
    """
    page = visits.page(entry.url)
    reading = read(*page, entry=entry, limits=Limits())
    best = page, reading
    failures: list[FetchError] = []
    for link in reading.links[:_MOST_LINKS] if reading.state != "fetched" else ():
        try:
            linked = visits.page(link)
        except FetchError as error:
            failures.append(error)
            continue
        found = read(*linked, entry=entry, limits=Limits())
        if _WORTH.get(found.state, 0) > _WORTH.get(best[1].state, 0):
            best = linked, found
        if found.state == "fetched":
            break
    passing = next((error for error in failures if is_passing(error)), None)
    if passing and best[1].state not in READABLE:
        raise passing
    if failures and best[1].state != "fetched":
        missing = outcome("named-file-not-fetched", cause=failures[0].outcomes)
        best = best[0], replace(best[1], outcomes=(*best[1].outcomes, missing))
    retry_at = (_retry_at(passing) or now()) if passing and best[1].state != "fetched" else ""
    return *best, retry_at


def _or_kept(before: FetchRecord, after: FetchRecord) -> FetchRecord:
    """The record after a fetch, or the one before it, with a note on what the address gives now.

    A text that was read is kept even if its page disappears; any other record only if the site was not reached.
    """
    day, until = after.fetched_at[:10], after.retry_at or before.retry_at
    if before.state in READABLE:
        kept = outcome("kept", read_on=before.fetched_at[:10], asked_on=day, cause=after.outcomes)
        return replace(before, outcomes=(kept,), status=after.status, retry_at=until)
    if after.state in PASSING and before.state not in PASSING:
        known = tuple(one for one in before.outcomes if one.code != _NOT_AGAIN)
        return replace(
            before, outcomes=(*known, outcome(_NOT_AGAIN, asked_on=day, cause=after.outcomes)), retry_at=until
        )
    return after


def _state(error: FetchError) -> State:
    """The state that a failed fetch leaves a work in.

    A 403 counts as paywalled: sites that sell their texts give it, and so do those that let browsers in alone; either
    way a person has to get the file.
    """
    if is_passing(error):
        return "unreachable"
    if error.status in (403, 451):
        return "paywalled"
    return _STATES.get(error.reason, "dead")


def _retry_at(error: FetchError) -> str:
    if not error.retry_after:
        return ""
    return (datetime.now(UTC) + timedelta(seconds=min(error.retry_after, 30 * 86400))).isoformat(timespec="seconds")
