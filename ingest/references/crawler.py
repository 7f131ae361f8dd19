"""Fetch pages from many sites with crawl delays and retries; each page is fetched at most once in a run."""

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
from ingest.references.store import ReferenceStore

_SLOW_FAILURE = 5.0  # seconds: a request that took longer than this to fail is not repeated
_NEVER_SENT = ("bad-url", "not-http", "refused-address")
_NO_ANSWER = ("unreachable", "too-slow")


@dataclass(frozen=True, slots=True)
class CrawlPolicy:
    """Delays and retries for requests to sites; times in seconds.

    `delay` is the pause between two requests to a site; its robots.txt may ask for up to `longest_delay`. A request is
    tried up to `attempts` times, the second time after `backoff`, the third after twice that; a site may ask to wait up
    to `longest_wait`. `sites` is the number of sites fetched in parallel. If the first `doubtful_sites` sites all fail,
    assume that we are offline and defer retries until a site answers. If the first `silent_sites` sites fail, and that
    took longer than a few seconds, stop sending requests.
    """

    delay: float = 1.0
    longest_delay: float = 30.0
    backoff: float = 2.0
    longest_wait: float = 60.0
    attempts: int = 3
    sites: int = 8
    doubtful_sites: int = 3
    silent_sites: int = 8


class SiteTurns:
    """One request at a time to each site, followed by a pause: the longer of the policy's delay and robots.txt's."""

    def __init__(self, policy: CrawlPolicy, robots: RobotsRules) -> None:
        self._policy = policy
        self._robots = robots
        self._locks: dict[str, threading.Lock] = {}
        self._free_at: dict[str, float] = {}

    @contextmanager
    def __call__(self, origin: str) -> Iterator[None]:
        """Wait for a site's turn, and hold it for one request."""
        site = site_of(origin)
        with self._locks.setdefault(site, threading.Lock()):
            time.sleep(max(0.0, self._free_at.get(site, 0.0) - time.monotonic()))
            try:
                yield
            finally:
                site_delay = crawl_delay(self._robots.get(origin))
                pause = max(self._policy.delay, min(site_delay, self._policy.longest_delay))
                self._free_at[site] = time.monotonic() + pause


class Crawler:
    """The requests of one run: each page is fetched once and stored immediately; later it comes from the store.

    With `renew`, pages stored by earlier runs are requested again, conditionally: the site sends them only if they have
    changed. Thread-safe.
    """

    def __init__(
        self,
        store: ReferenceStore,
        policy: CrawlPolicy,
        *,
        limits: FetchLimits,
        allow_hosts: frozenset[str],
        user_agent: str,
        renew: bool,
        wire: Wire | None,
    ) -> None:
        self._store, self._policy, self._limits = store, policy, limits
        self._allow_hosts, self._user_agent, self._wire = allow_hosts, user_agent, wire
        self._renew = renew
        self._robots: RobotsRules = {}
        self._turns = SiteTurns(policy, self._robots)
        self._locks: dict[str, threading.Lock] = {}
        self._asked: set[str] = set()
        self._failed: dict[str, FetchError] = {}
        self._closed: dict[str, FetchError] = {}  # sites without further requests in this run
        self._silent: list[str] = []  # the site of each unanswered request
        self._deferred: list[str] = []  # pages that failed while no site had answered yet
        self._has_answer = False
        self._began = time.monotonic()
        self._under_way = 0
        self._counting = threading.Lock()

    def page(self, address: str) -> tuple[Fetched, Path]:
        """The page at an address, and the file with its bytes. Raises FetchError if it cannot be fetched."""
        url = parse(address, self._allow_hosts).url
        with self._locks.setdefault(url, threading.Lock()):
            if url in self._failed:
                raise self._failed[url]
            stored = self._store.page(url)
            if stored and (not self._renew or url in self._asked):
                return stored
            self._asked.add(url)
            try:
                return self._request(url, stored)
            except FetchError as error:
                self._failed[url] = error
                raise

    def release_deferred(self) -> frozenset[str]:
        """The deferred addresses to try again; empty as long as no site has answered."""
        if not self._has_answer:
            return frozenset()
        again, self._deferred = frozenset(self._deferred), []
        self._asked -= again
        self._failed = {url: error for url, error in self._failed.items() if url not in again}
        self._closed = {site: error for site, error in self._closed.items() if error.reason not in _NO_ANSWER}
        self._silent.clear()
        return again

    def _request(self, url: str, stored: tuple[Fetched, Path] | None) -> tuple[Fetched, Path]:
        attempt = 0
        while True:
            with self._counting:
                self._check_open(url)
                self._under_way += 1
            began = time.monotonic()
            try:
                fetched = self._fetch(url, stored)
            except FetchError as error:
                attempt += 1
                wait = self._wait_before_retry(url, error, attempt, time.monotonic() - began)
                if wait is None:
                    raise
                time.sleep(wait)
                continue
            if stored and fetched.not_modified:
                return stored
            return fetched, self._store.keep_page(fetched, now())

    def _fetch(self, url: str, stored: tuple[Fetched, Path] | None) -> Fetched:
        """Send one request, which the caller has counted as under way; the count ends when its result is recorded."""
        try:
            fetched = fetch(
                url,
                limits=self._limits,
                allow_hosts=self._allow_hosts,
                previous=stored[0].validators if stored else None,
                user_agent=self._user_agent,
                robots=self._robots,
                turn=self._turns,
                wire=self._wire,
            )
            self._has_answer = True
        except FetchError as error:
            if error.reason in _NO_ANSWER:
                self._silent.append(site_of(url))
            elif error.reason not in _NEVER_SENT:
                self._has_answer = True
            raise
        finally:
            with self._counting:
                self._under_way -= 1
        return fetched

    def _check_open(self, url: str) -> None:
        """Raises FetchError if this site gets no more requests in this run."""
        site = site_of(url)
        closed = self._closed.get(site)
        if closed is None and not self._is_offline():
            return
        if not self._has_answer:
            self._deferred.append(url)
        if closed is None:
            raise FetchError("unreachable", outcome("offline", site=site))
        raise FetchError(
            "unreachable",
            outcome("site-silent", site=site, cause=closed.outcomes),
            status=closed.status,
            retry_after=closed.retry_after,
        )

    def _is_offline(self) -> bool:
        """Whether we seem to be offline. Never true while a request is under way, nor in a run's first seconds."""
        is_slow = time.monotonic() - self._began > _SLOW_FAILURE
        return is_slow and not self._under_way and self._all_failed(self._policy.silent_sites)

    def _all_failed(self, sites: int) -> bool:
        """Whether no site has answered and at least this many sites have failed."""
        return not self._has_answer and len(set(self._silent)) >= sites

    def _wait_before_retry(self, url: str, error: FetchError, attempt: int, took: float) -> float | None:
        """Seconds until the next attempt; None for no retry now. Closes a site that should get no more requests."""
        site, wait = site_of(url), error.retry_after or 0.0
        is_silent = error.reason in _NO_ANSWER
        is_doubtful = is_silent and self._all_failed(self._policy.doubtful_sites)
        if is_doubtful:
            self._deferred.append(url)
        if is_temporary(error) and error.reason != "too-slow" and attempt < self._policy.attempts:
            is_slow = is_silent and took > _SLOW_FAILURE
            if wait <= self._policy.longest_wait and not is_slow and not is_doubtful:
                return max(wait, self._policy.backoff * 2.0 ** (attempt - 1))
        if error.status == 429 or wait > self._policy.longest_wait or self._silent.count(site) > self._policy.attempts:
            self._closed[site] = error
        return None


def is_temporary(error: FetchError) -> bool:
    """Whether the error is temporary, so that a later request may succeed."""
    status = error.status or 0
    return error.reason in _NO_ANSWER or (error.reason == "status" and (status in (408, 425, 429) or status >= 500))


def site_of(url: str) -> str:
    """Host and port of an address, which identify its site."""
    return url.partition("://")[2].partition("/")[0]
