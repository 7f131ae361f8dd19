"""Pages of many sites, asked for politely: in turn, with pauses, again after a while, and never twice for one page."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from ingest.fetching import Fetched, FetchError, FetchLimits, RobotsRules, Wire, fetch
from ingest.fetching.address import parse
from ingest.fetching.outcomes import outcome
from ingest.fetching.robots import crawl_delay
from ingest.references.fetch_record import now
from ingest.references.store import Store

# A failure that took this many seconds was patience enough: names that nobody looks up, sites that do not answer.
_PATIENCE = 5.0
_NEVER_ASKED = ("bad-url", "not-http", "refused-address")
_SILENT = ("unreachable", "too-slow")


@dataclass(frozen=True, slots=True)
class Manners:
    """How sites are treated; times in seconds.

    `delay` lies between two requests to a site, `most_delay` is the most that its robots.txt may ask for. A request is
    made up to `attempts` times, the second after `backoff`, the third after twice that; a site may ask for up to
    `most_wait`. `sites` are asked at once. While as many as `doubtful_sites` and no other have been asked in vain, the
    network may be away, and what gives no answer is put off until one has come; when the first `silent_sites` have not
    answered, and it took longer than a few seconds to find out, no further ones are asked.
    """

    delay: float = 1.0
    most_delay: float = 30.0
    backoff: float = 2.0
    most_wait: float = 60.0
    attempts: int = 3
    sites: int = 8
    doubtful_sites: int = 3
    silent_sites: int = 8


class Turns:
    """One request at a time to each site, and a pause after it: the run's delay or, if longer, its robots.txt's."""

    def __init__(self, manners: Manners, robots: RobotsRules) -> None:
        self._manners = manners
        self._robots = robots
        self._locks: dict[str, threading.Lock] = {}
        self._free_at: dict[str, float] = {}

    @contextmanager
    def __call__(self, origin: str) -> Iterator[None]:
        """Wait for the turn at a site, and hold it."""
        site = site_of(origin)
        with self._locks.setdefault(site, threading.Lock()):
            time.sleep(max(0.0, self._free_at.get(site, 0.0) - time.monotonic()))
            try:
                yield
            finally:
                asked = crawl_delay(self._robots.get(origin))
                pause = max(self._manners.delay, min(asked, self._manners.most_delay))
                self._free_at[site] = time.monotonic() + pause


class Visits:
    """The visits of one run: each page is asked for once, kept at once, and given again from what is kept.

    With `renew`, pages of earlier runs are asked for again, only to be sent if they have changed.
    Safe to use from several threads.
    """

    def __init__(
        self,
        store: Store,
        manners: Manners,
        *,
        limits: FetchLimits,
        allow_hosts: frozenset[str],
        user_agent: str,
        renew: bool,
        wire: Wire | None,
    ) -> None:
        self._store, self._manners, self._limits = store, manners, limits
        self._allow_hosts, self._user_agent, self._wire = allow_hosts, user_agent, wire
        self._renew = renew
        self._robots: RobotsRules = {}
        self._turns = Turns(manners, self._robots)
        self._locks: dict[str, threading.Lock] = {}
        self._asked: set[str] = set()
        self._failed: dict[str, FetchError] = {}
        self._closed: dict[str, FetchError] = {}  # sites that are left alone for the rest of the run
        self._silent: list[str] = []  # a site for each page that it did not answer for
        self._put_off: list[str] = []  # pages that gave no answer while no site had given one
        self._has_answer = False
        self._began = time.monotonic()
        self._under_way = 0
        self._counting = threading.Lock()

    def page(self, address: str) -> tuple[Fetched, Path]:
        """What an address gives, and the file of its bytes; raises FetchError where it gives none."""
        url = parse(address, self._allow_hosts).url
        with self._locks.setdefault(url, threading.Lock()):
            if url in self._failed:
                raise self._failed[url]
            kept = self._store.page(url)
            if kept and (not self._renew or url in self._asked):
                return kept
            self._asked.add(url)
            try:
                return self._visit(url, kept)
            except FetchError as error:
                self._failed[url] = error
                raise

    def second_try(self) -> frozenset[str]:
        """The addresses that were put off while no site had answered, to be asked again now that one has."""
        if not self._has_answer:
            return frozenset()
        again, self._put_off = frozenset(self._put_off), []
        self._asked -= again
        self._failed = {url: error for url, error in self._failed.items() if url not in again}
        self._closed = {site: error for site, error in self._closed.items() if error.reason not in _SILENT}
        self._silent.clear()
        return again

    def _visit(self, url: str, kept: tuple[Fetched, Path] | None) -> tuple[Fetched, Path]:
        attempt = 0
        while True:
            with self._counting:
                self._check_open(url)
                self._under_way += 1
            began = time.monotonic()
            try:
                fetched = self._fetch(url, kept)
            except FetchError as error:
                attempt += 1
                wait = self._wait(url, error, attempt, time.monotonic() - began)
                if wait is None:
                    raise
                time.sleep(wait)
                continue
            if kept and fetched.not_modified:
                return kept
            return fetched, self._store.keep_page(fetched, now())

    def _fetch(self, url: str, kept: tuple[Fetched, Path] | None) -> Fetched:
        """One request, already counted; what it tells of the network is noted before it counts as ended."""
        try:
            fetched = fetch(
                url,
                limits=self._limits,
                allow_hosts=self._allow_hosts,
                previous=kept[0].validators if kept else None,
                user_agent=self._user_agent,
                robots=self._robots,
                turn=self._turns,
                wire=self._wire,
            )
            self._has_answer = True
        except FetchError as error:
            if error.reason in _SILENT:
                self._silent.append(site_of(url))
            elif error.reason not in _NEVER_ASKED:
                self._has_answer = True
            raise
        finally:
            with self._counting:
                self._under_way -= 1
        return fetched

    def _check_open(self, url: str) -> None:
        site = site_of(url)
        closed = self._closed.get(site)
        if closed is None and not self._is_away():
            return
        if not self._has_answer:
            self._put_off.append(url)
        if closed is None:
            raise FetchError("unreachable", outcome("offline", site=site))
        raise FetchError(
            "unreachable",
            outcome("site-silent", site=site, cause=closed.outcomes),
            status=closed.status,
            retry_after=closed.retry_after,
        )

    def _is_away(self) -> bool:
        """Whether to ask nobody any more: not while somebody may yet answer, nor where asking costs no time."""
        is_slow = time.monotonic() - self._began > _PATIENCE
        return is_slow and not self._under_way and self._is_doubtful(self._manners.silent_sites)

    def _is_doubtful(self, sites: int) -> bool:
        return not self._has_answer and len(set(self._silent)) >= sites

    def _wait(self, url: str, error: FetchError, attempt: int, took: float) -> float | None:
        """The seconds after which to ask again, None for not in this turn."""
        site, wait = site_of(url), error.retry_after or 0.0
        is_silent = error.reason in _SILENT
        is_doubtful = is_silent and self._is_doubtful(self._manners.doubtful_sites)
        if is_doubtful:
            self._put_off.append(url)
        if is_passing(error) and error.reason != "too-slow" and attempt < self._manners.attempts:
            is_in_vain = is_silent and took > _PATIENCE
            if wait <= self._manners.most_wait and not is_in_vain and not is_doubtful:
                return max(wait, self._manners.backoff * 2.0 ** (attempt - 1))
        if error.status == 429 or wait > self._manners.most_wait or self._silent.count(site) > self._manners.attempts:
            self._closed[site] = error
        return None


def is_passing(error: FetchError) -> bool:
    """Whether the same address may answer at another time."""
    status = error.status or 0
    return error.reason in _SILENT or (error.reason == "status" and (status in (408, 425, 429) or status >= 500))


def site_of(url: str) -> str:
    """The host and port of an address, by which sites are told apart."""
    return url.partition("://")[2].partition("/")[0]
