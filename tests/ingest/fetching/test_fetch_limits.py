import gzip
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler

import pytest

from ingest.fetching import FetchError, FetchLimits, fetch
from tests.ingest.loopback import Site, answer, serving

LIMITS = FetchLimits(max_bytes=100_000, connect_seconds=5, idle_seconds=5, total_seconds=10)
PAGE = b"<!doctype html><html><title>T</title><p>x</p></html>"


def echo_slowly(handler: BaseHTTPRequestHandler) -> None:
    """A body that drips for ever, a byte at a time."""
    handler.send_response(200)
    handler.end_headers()
    while True:
        handler.wfile.write(b"a")
        handler.wfile.flush()
        time.sleep(0.02)


def endless(handler: BaseHTTPRequestHandler) -> None:
    """A body without end, as fast as it goes."""
    handler.send_response(200)
    handler.end_headers()
    while True:
        handler.wfile.write(b"a" * 10_000)


def silent(_handler: BaseHTTPRequestHandler) -> None:
    """Nothing at all, for longer than a client waits."""
    time.sleep(0.6)


def dripping_headers(handler: BaseHTTPRequestHandler) -> None:
    """Headers that never end."""
    handler.wfile.write(b"HTTP/1.1 200 OK\r\n")
    while True:
        handler.wfile.write(b"A: b\r\n")
        handler.wfile.flush()
        time.sleep(0.02)


def broken_off(handler: BaseHTTPRequestHandler) -> None:
    """A body shorter than announced."""
    handler.send_response(200)
    handler.send_header("Content-Length", "1000")
    handler.end_headers()
    handler.wfile.write(PAGE)


def no_http(handler: BaseHTTPRequestHandler) -> None:
    """Another protocol's greeting."""
    handler.wfile.write(b"SSH-2.0-OpenSSH_9.6\r\n")


PAGES = {
    "/bomb": answer(gzip.compress(b"\0" * 20_000_000), Content_Encoding="gzip"),
    "/announced": answer(b"a" * 100_001),
    "/endless": endless,
    "/drip": echo_slowly,
    "/silent": silent,
    "/headers": dripping_headers,
    "/broken": broken_off,
    "/ssh": no_http,
}


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    with serving(PAGES) as served:
        yield served


def failure(site: Site, path: str, limits: FetchLimits = LIMITS) -> FetchError:
    with pytest.raises(FetchError) as caught:
        fetch(site.url(path), limits=limits, allow_hosts=site.allowed)
    assert "\n" not in str(caught.value)
    return caught.value


@pytest.mark.parametrize("path", ["/bomb", "/announced", "/endless"])
def test_large_endless_and_swelling_bodies_stop_at_the_limit(site: Site, path: str) -> None:
    assert failure(site, path).reason == "too-large"


@pytest.mark.parametrize("path", ["/drip", "/headers", "/silent"])
def test_what_drips_or_is_silent_ends_with_the_total_time(site: Site, path: str) -> None:
    began = time.monotonic()
    limits = FetchLimits(idle_seconds=5, total_seconds=0.3)
    assert failure(site, path, limits).reason == "too-slow"
    assert time.monotonic() - began < 2.5


def test_silence_ends_with_the_idle_time(site: Site) -> None:
    assert failure(site, "/silent", FetchLimits(idle_seconds=0.2)).reason == "too-slow"


@pytest.mark.parametrize("path", ["/broken", "/ssh"])
def test_what_breaks_off_or_speaks_no_http_is_unreachable(site: Site, path: str) -> None:
    assert failure(site, path).reason == "unreachable"
