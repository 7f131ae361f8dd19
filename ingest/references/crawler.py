"""Fetch pages of many sites with crawl delays and retries, each page at most once in a run."""

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

_SLOW_FAILURE = 5.0  # seconds: a request that failed only after this long is not repeated
_NEVER_SENT = ("bad-url", "not-http", "refused-address")
_NO_ANSWER = ("unreachable", "too-slow")


@dataclass(frozen=True, slots=True)
class CrawlPolicy:
    """How sites are treated; times in seconds.

    `delay` is the pause between two requests to a site; its robots.txt may ask for up to `longest_delay`. A request is
    made up to `attempts` times, the second after `backoff`, the third after twice that; a site may ask to wait up to
    `longest_wait`. `sites` are fetched from at once. If the first `doubtful_sites` sites all fail, we may be offline:
    retries are deferred until one site has answered. If the first `silent_sites` fail, and that took longer than a few
    seconds, no other site is asked.
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
    """One request at a time to each site, and a pause after it: the policy's delay or, if longer, its robots.txt's."""

    def __init__(self, policy: CrawlPolicy, robots: RobotsRules) -> None:
        self._policy = policy
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
                pause = max(self._policy.delay, min(asked, self._policy.longest_delay))
                self._free_at[site] = time.monotonic() + pause


class Crawler:
    """The requests of one run: each page is fetched once and stored at once; later it comes from the store.

    With `renew`, pages that earlier runs stored are asked for again, to be sent only if they have changed.
    Safe to use from several threads.
    """

    def __init__(
        self,
        store: Store,
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
        self._closed: dict[str, FetchError] = {}  # sites that get no further request in this run
        self._silent: list[str] = []  # the site of each request that got no answer
        self._deferred: list[str] = []  # pages that got no answer while no site had given one
        self._has_answer = False
        self._began = time.monotonic()
        self._under_way = 0
        self._counting = threading.Lock()

    def page(self, address: str) -> tuple[Fetched, Path]:
        """The page at an address, and the file of its bytes; raises FetchError where it cannot be fetched."""
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

    def take_deferred(self) -> frozenset[str]:
        """The addresses to ask again: those deferred while no site had answered, if one has answered since."""
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
        """One request, counted as pending by the caller until its result for the network state is noted."""
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
        """Raise FetchError if no request may be sent to this site in this run any more."""
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
        """Whether to send no request any more: never while one is under way, nor in the first seconds of a run."""
        is_slow = time.monotonic() - self._began > _SLOW_FAILURE
        return is_slow and not self._under_way and self._all_failed(self._policy.silent_sites)

    def _all_failed(self, sites: int) -> bool:
        """Whether no site has answered and at least this many were asked."""
        return not self._has_answer and len(set(self._silent)) >= sites

    def _wait_before_retry(self, url: str, error: FetchError, attempt: int, took: float) -> float | None:
        """The seconds after which to ask again; None if not now. Closes the site where it should get no request."""
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
    """Whether the same address may answer at another time."""
    status = error.status or 0
    return error.reason in _NO_ANSWER or (error.reason == "status" and (status in (408, 425, 429) or status >= 500))


def site_of(url: str) -> str:
    """The host and port of an address, by which sites are told apart."""
    return url.partition("://")[2].partition("/")[0]
