"""Download one address safely: every redirect is validated, every wait and size is limited."""

import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import replace
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import partial
from http import HTTPStatus
from typing import TYPE_CHECKING, get_args
from urllib.parse import urljoin

from ingest.fetching.address import Address, parse, shown
from ingest.fetching.content import ENCODINGS, charset_of, decompressed, too_large, type_of
from ingest.fetching.fetched import (
    PRODUCT,
    READABLE,
    ContentType,
    Fetched,
    FetchError,
    FetchLimits,
    Reason,
    Validators,
    Wire,
)
from ingest.fetching.outcomes import outcome
from ingest.fetching.robots import RobotsRules, allowed_by_robots

if TYPE_CHECKING:  # takes a quarter of a second to import
    import httpcore

    from ingest.fetching.connect import PinnedNetwork

_ANY: frozenset[ContentType] = frozenset(get_args(ContentType))
_MOST_ROBOTS = 512_000  # bytes of a robots.txt: the least that RFC 9309, 2.5 asks to read
_REDIRECTS = (301, 302, 303, 307, 308)
# HTTP status (not successful) → the error's reason and its outcome code.
_MEANINGS: dict[int, tuple[Reason, str]] = {
    401: ("paywalled", "status-401"),
    402: ("paywalled", "status-402"),
    403: ("status", "status-403"),
    404: ("dead", "status-404"),
    410: ("dead", "status-410"),
    429: ("status", "status-429"),
}
# Context manager entered for each request, given the site's origin. It may wait, to space out requests to a site.
Turn = Callable[[str], AbstractContextManager[None]]


def _at_once(_origin: str) -> AbstractContextManager[None]:
    return nullcontext()


def fetch(
    url: str,
    *,
    limits: FetchLimits,
    allow_hosts: frozenset[str] = frozenset(),
    previous: Validators | None = None,
    user_agent: str = PRODUCT,
    robots: RobotsRules | None = None,
    accept: frozenset[ContentType] = READABLE,
    turn: Turn = _at_once,
    wire: Wire | None = None,
) -> Fetched:
    """Fetch an http(s) address: follow redirects, undo the Content-Encoding, leave the content unchanged.

    Reaches only public hosts on ports 80 and 443, and the hosts in `allow_hosts` ("host" or "host:port"). With
    `robots` (the rules of the sites met so far; empty at the start of a run), robots.txt is obeyed for every request.
    Each request runs inside `turn` for its origin; waiting there does not count towards `limits`. Raises only
    FetchError.
    """
    from ingest.fetching.connect import PinnedNetwork

    wire = wire or Wire()
    small = replace(limits, max_bytes=min(limits.max_bytes, _MOST_ROBOTS))
    get_robots = partial(
        fetch, limits=small, allow_hosts=allow_hosts, user_agent=user_agent, accept=_ANY, turn=turn, wire=wire
    )
    address, left = parse(url, allow_hosts), limits.total_seconds
    requested_url, seen = address.url, list[str]()
    while True:
        _follow(requested_url, address.url, seen, limits)
        _obey(robots, address.url, get_robots, allow_hosts)
        request = _request(address, previous, user_agent, limits)
        with turn(address.origin):
            began = time.monotonic()
            network = PinnedNetwork(wire, allow_hosts, began + left)
            with _explained(address, limits), _answer(request, network, wire) as response:
                if response.status not in _REDIRECTS:
                    return _fetched(requested_url, address, response, previous, limits, accept)
                address = _next(address, response, allow_hosts)
            left -= time.monotonic() - began


def _obey(
    robots: RobotsRules | None, url: str, get_robots: Callable[[str], Fetched], allow_hosts: frozenset[str]
) -> None:
    """Raises FetchError where the site's robots.txt asks programs to stay away from `url`."""
    if robots is not None and not allowed_by_robots(url, robots, get_robots, allow_hosts):
        raise FetchError("robots", outcome("robots", url=url))


def _follow(requested_url: str, url: str, seen: list[str], limits: FetchLimits) -> None:
    """Record a redirect's target. Raises FetchError for a redirect loop or too many redirects."""
    if url in seen:
        raise FetchError("redirect-loop", outcome("redirect-circle", url=shown(requested_url), target=shown(url)))
    if len(seen) > limits.max_redirects:
        count = limits.max_redirects
        raise FetchError(
            "redirect-loop", outcome("redirects-too-many", url=shown(requested_url), count=count, target=shown(url))
        )
    seen.append(url)


def _request(address: Address, previous: Validators | None, user_agent: str, limits: FetchLimits) -> "httpcore.Request":
    import httpcore

    headers = {
        "Host": address.authority,
        "User-Agent": user_agent,
        "Accept": "text/html, application/pdf, */*;q=0.5",
        "Accept-Encoding": ENCODINGS,
    }
    if previous and previous.url == address.url:
        if previous.etag:
            headers["If-None-Match"] = previous.etag
        if previous.last_modified:
            headers["If-Modified-Since"] = previous.last_modified
    wait = limits.idle_seconds
    return httpcore.Request(
        "GET",
        httpcore.URL(scheme=address.scheme, host=address.host, port=address.port, target=address.target),
        headers=[(name, value.encode()) for name, value in headers.items()],
        extensions={"timeout": {"connect": limits.connect_seconds, "read": wait, "write": wait, "pool": wait}},
    )


@contextmanager
def _answer(request: "httpcore.Request", network: "PinnedNetwork", wire: Wire) -> "Iterator[httpcore.Response]":
    """The response before its body is read. Leaving the context early closes the connection and stops the transfer."""
    import httpcore

    from ingest.fetching.connect import trusted_tls

    with httpcore.ConnectionPool(ssl_context=wire.tls or trusted_tls(), network_backend=network) as pool:
        response = pool.handle_request(request)
        try:
            yield response
        finally:
            response.close()


@contextmanager
def _explained(address: Address, limits: FetchLimits) -> Iterator[None]:
    """Convert all errors of a request to FetchError."""
    import httpcore

    try:
        yield
    except httpcore.ConnectTimeout as error:
        late = outcome("no-answer", site=address.origin, seconds=limits.connect_seconds)
        raise FetchError("unreachable", late) from error
    except httpcore.TimeoutException as error:
        slow = outcome("too-slow", url=shown(address.url), idle=limits.idle_seconds, total=limits.total_seconds)
        raise FetchError("too-slow", slow) from error
    except httpcore.NetworkError as error:
        failed = outcome("connection-failed", site=address.origin, error=shown(str(error)))
        raise FetchError("unreachable", failed) from error
    except httpcore.ProtocolError as error:
        failed = outcome("protocol-error", url=shown(address.url), error=shown(str(error)))
        raise FetchError("unreachable", failed) from error


def _next(address: Address, response: "httpcore.Response", allow_hosts: frozenset[str]) -> Address:
    """The validated target of a redirect. Raises FetchError if it may not be fetched."""
    location = _header(response, "location")
    if not location:
        raise FetchError("status", outcome("redirect-nowhere", url=shown(address.url)), status=response.status)
    try:
        target = parse(urljoin(address.url, location), allow_hosts)
    except ValueError as error:
        malformed = outcome("redirect-malformed", url=shown(address.url), target=shown(location))
        raise FetchError("bad-url", malformed) from error
    except FetchError as error:
        refused = outcome("redirect-refused", url=shown(address.url), cause=error.outcomes)
        raise FetchError(error.reason, refused, status=response.status, lacks=error.lacks) from error
    return target


def _fetched(
    requested_url: str,
    address: Address,
    response: "httpcore.Response",
    previous: Validators | None,
    limits: FetchLimits,
    accept: frozenset[ContentType],
) -> Fetched:
    etag, modified = _header(response, "etag") or None, _header(response, "last-modified") or None
    if response.status == 304 and previous and previous.url == address.url:
        etag, modified = etag or previous.etag, modified or previous.last_modified
        return Fetched(requested_url, address.url, 304, b"", "empty", None, etag, modified, not_modified=True)
    if response.status not in (200, 203):
        raise _status_error(address, response)
    content = _body(address, response, limits)
    kind = type_of(content)
    if kind not in accept:
        where = shown(address.url)
        said = outcome("body-empty", url=where) if kind == "empty" else outcome("type-not-read", url=where, type=kind)
        raise FetchError("wrong-type", said, status=200)
    charset = charset_of(content, _header(response, "content-type"), kind)
    return Fetched(requested_url, address.url, response.status, content, kind, charset, etag, modified)


def _body(address: Address, response: "httpcore.Response", limits: FetchLimits) -> bytes:
    where = shown(address.url)
    length = _header(response, "content-length")
    if length.isdecimal() and int(length) > limits.max_bytes:
        raise too_large(where, limits.max_bytes)
    return decompressed(response.iter_stream(), _header(response, "content-encoding"), limits.max_bytes, where)


def _status_error(address: Address, response: "httpcore.Response") -> FetchError:
    status = response.status
    wait = _seconds(_header(response, "retry-after"))
    reason, code = _MEANINGS.get(status, ("status", "status-server-error" if status >= 500 else "status-other"))
    name = HTTPStatus(status).phrase if status in set(HTTPStatus) else "unknown status"
    answered = outcome(code, url=shown(address.url), status=f"{status} {name}")
    asks = (outcome("asks-to-wait", seconds=wait),) if wait else ()
    return FetchError(reason, answered, *asks, status=status, retry_after=wait)


def _seconds(retry_after: str) -> float | None:
    """Seconds to wait from a Retry-After header: a number or a date (RFC 9110, 10.2.3)."""
    if retry_after.isdecimal() and len(retry_after) < 10:
        return float(retry_after)
    try:
        date = parsedate_to_datetime(retry_after)
    except ValueError:
        return None
    now = datetime.now(UTC)
    return max(0.0, (date if date.tzinfo else date.replace(tzinfo=UTC)).timestamp() - now.timestamp())


def _header(response: "httpcore.Response", name: str) -> str:
    """A header's value, "" if absent: UTF-8, which some servers send, else Latin-1 (the old HTTP rule)."""
    for key, value in response.headers:
        if key.lower() == name.encode():
            try:
                return value.decode("utf-8").strip()
            except UnicodeDecodeError:
                return value.decode("latin-1").strip()
    return ""
