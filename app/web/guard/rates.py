"""Rate limits for each browser tab, for each address and for the whole server."""

import math
import re
import time
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from app.web.errors import RefusedError
from retriever.types import TenkyoError

PAGES_PER_QUESTION = 5  # the limits of pages and of chat and API requests are so many times that of questions
_UNITS = {"second": 1, "minute": 60, "hour": 3600, "day": 86400}
_LIMIT = re.compile(r"([1-9][0-9]{0,6}) ?(?:/|per) ?(second|minute|hour|day)")


@dataclass(frozen=True, slots=True)
class Limit:
    """At most `amount` hits in any period of `seconds`."""

    amount: int
    seconds: int


def parse_rate(text: str) -> list[Limit]:
    """Parse limits such as "30/minute" or "5/second;200/minute"; raises TenkyoError."""
    limits = []
    for part in text.split(";"):
        match = _LIMIT.fullmatch(part.strip().lower())
        if match is None:
            raise TenkyoError(f"rate limit {text!r}: write it as 30/minute or 5/second;200/minute")
        limits.append(Limit(int(match[1]), _UNITS[match[2]]))
    return limits


class Window:
    """A sliding window: the times of each key's hits within the limit's period."""

    def __init__(self, limit: Limit) -> None:
        self._limit = limit
        self._hits: dict[str, deque[float]] = {}
        self._swept = 0.0

    def wait(self, key: str, now: float) -> float:
        """Seconds until `key` may hit again; 0 if it may now."""
        hits = self._hits.get(key)
        if hits is None:
            return 0.0
        while hits and hits[0] <= now - self._limit.seconds:
            hits.popleft()
        if not hits:
            del self._hits[key]
            return 0.0
        return hits[0] + self._limit.seconds - now if len(hits) >= self._limit.amount else 0.0

    def hit(self, key: str, now: float) -> None:
        """Counts one hit of `key` now."""
        if now - self._swept > self._limit.seconds:  # idle keys are dropped: memory holds two periods at most
            self._swept = now
            self._hits = {client: hits for client, hits in self._hits.items() if hits[-1] > now - self._limit.seconds}
        self._hits.setdefault(key, deque()).append(now)


class Rates:
    """The rate limits. Refused requests are not counted, so the server's limit bounds memory and waiting time.

    A client without a tab's id is held to the limits of its address and of the server only. If `of_server` is given,
    its server limit is shared and `server` is ignored: the courses of one server count together.
    """

    def __init__(
        self,
        tab: str = "30/minute",
        address: str = "1200/minute",
        server: str = "3000/minute",
        clock: Callable[[], float] = time.monotonic,
        of_server: "Rates | None" = None,
    ) -> None:
        scopes = [parse_rate(rate) for rate in (tab, address, server)]
        self._questions = [_windows(limits) for limits in scopes]
        wider = [[Limit(limit.amount * PAGES_PER_QUESTION, limit.seconds) for limit in limits] for limits in scopes]
        self._requests = [_windows(limits) for limits in wider]
        self._pages = [_windows(limits) for limits in wider]
        if of_server is not None:
            self._questions[-1], self._requests[-1] = of_server._questions[-1], of_server._requests[-1]
            self._pages[-1] = of_server._pages[-1]
        self._clock = clock

    def count_question(self, address: str, tab: str | None) -> None:
        """Counts a question; raises RefusedError (429) if a limit is reached."""
        self._count(self._questions, (tab, address, "server"))

    def count_request(self, address: str) -> None:
        """Counts a request that may hold a question, before its body is read; raises RefusedError (429)."""
        self._count(self._requests, (None, address, "server"))

    def count_page(self, address: str) -> None:
        """Counts a request for a page or a file of it; raises RefusedError (429)."""
        self._count(self._pages, (None, address, "server"))

    def _count(self, scopes: Sequence[Sequence[Window]], keys: Sequence[str | None]) -> None:
        now = self._clock()
        counted = [(window, key) for windows, key in zip(scopes, keys, strict=True) if key for window in windows]
        wait = max(window.wait(key, now) for window, key in counted)
        if wait > 0:
            seconds = max(1, math.ceil(wait))
            raise RefusedError(429, "too_many_requests", f"too many requests: wait {seconds} s", seconds)
        for window, key in counted:
            window.hit(key, now)


def _windows(limits: Iterable[Limit]) -> list[Window]:
    return [Window(limit) for limit in limits]
