import gzip
import socket
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler
from typing import Any

import pytest

from ingest.fetching import Fetched, FetchError, FetchLimits, Validators, Wire, fetch
from tests.ingest.loopback import PUBLIC, Answers, PlayedWeb, Site, answer, public_web, redirect, serving

LIMITS = FetchLimits(max_bytes=100_000, connect_seconds=5, idle_seconds=5, total_seconds=10)
PAGE = b"<!doctype html><html><title>T</title><p>x</p></html>"
PDF = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\n%%EOF"
SHIFT_JIS = "<html><meta charset=Shift_JIS><p>①表計算ソフト髙</p></html>".encode("cp932")


def versioned(handler: BaseHTTPRequestHandler) -> None:
    """A page with an ETag and a date, and 304 where the client has it."""
    known = handler.headers["If-None-Match"] == '"v1"' or handler.headers["If-Modified-Since"] is not None
    body = b"" if known else PAGE
    headers = {"ETag": '"v1"', "Last_Modified": "Mon, 10 Feb 2025 00:00:00 GMT"}
    answer(body, status=304 if known else 200, **headers)(handler)


def unavailable(handler: BaseHTTPRequestHandler) -> None:
    """503 with the time an hour from now, as of the request."""
    in_an_hour = format_datetime(datetime.now(UTC) + timedelta(hours=1), usegmt=True)
    answer(PAGE, status=503, Retry_After=in_an_hour)(handler)


PAGES = {
    "/page": answer(PAGE, "text/html; charset=utf-8", Set_Cookie="a=b"),
    "/pdf": answer(PDF, "text/html"),
    "/named.pdf": answer(PAGE, "application/pdf"),
    "/sjis": answer(SHIFT_JIS),
    "/gzip": answer(gzip.compress(PAGE), Content_Encoding="gzip"),
    "/image": answer(b"\x89PNG\r\n\x1a\n", "application/pdf"),
    "/json": answer(b'{"a": 1}', "text/html"),
    "/empty": answer(b""),
    "/to-page": redirect("/page"),
    "/301": redirect("page?#top", 301),
    "/page?": answer(PAGE),
    "/loop-a": redirect("/loop-b", 307),
    "/loop-b": redirect("/loop-a", 308),
    **{f"/hop{n}": redirect(f"/hop{n + 1}") for n in range(9)},
    "/hop9": answer(PAGE),
    "/nowhere": answer(b"", status=302),
    "/to-private": redirect("http://169.254.169.254/latest/"),
    "/to-file": redirect("file:///etc/passwd"),
    "/to-numeric": redirect("//2130706433/"),
    "/to-user": redirect("http://a:b@example.org/"),
    "/to-broken": redirect("http://[::1/"),
    "/401": answer(PAGE, status=401),
    "/402": answer(PAGE, status=402),
    "/403": answer(PAGE, status=403),
    "/410": answer(PAGE, status=410),
    "/418": answer(PAGE, status=418),
    "/429": answer(PAGE, status=429, Retry_After="120"),
    "/503": unavailable,
    "/500": answer(PAGE, status=500, Retry_After="soon"),
    "/999": answer(PAGE, status=999),
    "/206": answer(PAGE, status=206),
    "/304": answer(b"", status=304),
    "/versioned": versioned,
    "/to-versioned": redirect("/versioned"),
}


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    with serving(PAGES) as served:
        yield served


def get(site: Site, path: str, limits: FetchLimits = LIMITS, **settings: Any) -> Fetched:
    return fetch(site.url(path), limits=limits, allow_hosts=site.allowed, **settings)


def failure(site: Site, path: str, limits: FetchLimits = LIMITS, **settings: Any) -> FetchError:
    with pytest.raises(FetchError) as caught:
        get(site, path, limits, **settings)
    assert "\n" not in str(caught.value)
    return caught.value


def test_a_page_comes_as_it_is_with_its_type_and_charset(site: Site) -> None:
    fetched = get(site, "/page#part")
    assert (fetched.requested_url, fetched.url, fetched.status) == (site.url("/page"), site.url("/page"), 200)
    assert (fetched.content, fetched.content_type, fetched.charset) == (PAGE, "html", "utf-8")


def test_loopback_is_refused_unless_it_is_allowed(site: Site) -> None:
    before = len(site.requests)
    for url in [site.url("/page"), f"http://localhost:{site.port}/page"]:
        for allowed in [frozenset[str](), frozenset({"127.0.0.1"}), frozenset({f"127.0.0.1:{site.port + 1}"})]:
            with pytest.raises(FetchError) as caught:
                fetch(url, limits=LIMITS, allow_hosts=allowed)
            assert caught.value.reason == "refused-address"
    assert len(site.requests) == before


def test_a_request_says_who_asks_and_carries_no_cookie(site: Site) -> None:
    get(site, "/page", user_agent="Tenkyo (mailto:a@example.org)")
    get(site, "/page", user_agent="Tenkyo (mailto:a@example.org)")
    headers = site.requests[-1][1]
    assert headers["user-agent"] == "Tenkyo (mailto:a@example.org)"
    assert headers["host"] == site.host
    assert headers["accept-encoding"] == "gzip, deflate"
    assert not {"cookie", "authorization", "referer"} & headers.keys()


def test_proxies_of_the_environment_are_not_used(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ["http_proxy", "HTTP_PROXY", "ALL_PROXY"]:
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    assert get(site, "/page").content == PAGE


def test_the_content_decides_its_type_and_not_the_header(site: Site) -> None:
    assert get(site, "/pdf").content_type == "pdf"
    assert get(site, "/named.pdf").content_type == "html"
    assert failure(site, "/image").reason == "wrong-type"
    assert failure(site, "/empty").reason == "wrong-type"
    assert "json" in str(failure(site, "/json"))
    assert get(site, "/json", accept=frozenset({"json"})).content == b'{"a": 1}'


def test_shift_jis_passes_unharmed(site: Site) -> None:
    fetched = get(site, "/sjis")
    assert (fetched.content, fetched.charset) == (SHIFT_JIS, "shift_jis")


def test_gzip_is_undone(site: Site) -> None:
    assert get(site, "/gzip").content == PAGE


def test_redirects_are_followed_and_the_last_address_is_told(site: Site) -> None:
    fetched = get(site, "/to-page")
    assert (fetched.requested_url, fetched.url, fetched.content) == (site.url("/to-page"), site.url("/page"), PAGE)
    assert get(site, "/301").content == PAGE
    assert get(site, "/hop4").url == site.url("/hop9")


def test_circles_and_long_ways_are_named(site: Site) -> None:
    error = failure(site, "/loop-a")
    assert error.reason == "redirect-loop"
    assert f"loop back to {site.url('/loop-a')}" in str(error)
    assert "more than 5 times" in str(failure(site, "/hop3"))


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("/to-private", "refused-address"),
        ("/to-numeric", "refused-address"),
        ("/to-file", "not-http"),
        ("/to-user", "bad-url"),
        ("/to-broken", "bad-url"),
        ("/nowhere", "status"),
    ],
)
def test_a_redirect_leads_to_no_address_that_would_be_refused(site: Site, path: str, reason: str) -> None:
    assert failure(site, path).reason == reason


def test_a_page_of_the_public_web_leads_to_no_private_one() -> None:
    with serving({"/": redirect("http://inside.example/"), "/a": redirect("http://127.0.0.1/b")}) as site:
        web = PlayedWeb(site.port)
        wire = Wire(resolve=Answers({"a.example": [[PUBLIC]], "inside.example": [["10.0.0.5"]]}), network=web)
        for path in ["/", "/a"]:
            with pytest.raises(FetchError) as caught:
                fetch(f"http://a.example{path}", limits=LIMITS, wire=wire)
            assert caught.value.reason == "refused-address"
        assert web.dialled == [(PUBLIC, 80)] * 2
        assert site.paths == ["/", "/a"]


def test_a_name_is_looked_up_once_a_connection_and_the_connection_goes_to_that_address() -> None:
    with serving({"/": answer(PAGE)}) as site:
        names = Answers({"rebinding.example": [[PUBLIC], ["127.0.0.1"]]})
        web = PlayedWeb(site.port)
        assert fetch("http://rebinding.example/", limits=LIMITS, wire=Wire(names, web)).content == PAGE
        assert (names.asked, web.dialled) == (["rebinding.example"], [(PUBLIC, 80)])
        assert site.requests[0][1]["host"] == "rebinding.example"


def test_a_name_that_turns_private_between_two_hops_is_refused() -> None:
    with serving({"/": redirect("/again"), "/again": answer(PAGE)}) as site:
        web = PlayedWeb(site.port)
        wire = Wire(Answers({"rebinding.example": [[PUBLIC], ["127.0.0.1"]]}), web)
        with pytest.raises(FetchError) as caught:
            fetch("http://rebinding.example/", limits=LIMITS, wire=wire)
        assert caught.value.reason == "refused-address"
        assert (web.dialled, site.paths) == ([(PUBLIC, 80)], ["/"])


def test_a_second_address_is_tried_where_the_first_takes_no_connection(site: Site) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))  # bound and not listening: refuses connections
        allowed = frozenset({f"two.example:{site.port}"})
        wire = Wire(resolve=lambda _host, _port: ["::1", "127.0.0.1"])
        assert (
            fetch(f"http://two.example:{site.port}/page", limits=LIMITS, allow_hosts=allowed, wire=wire).status == 200
        )
        port = closed.getsockname()[1]
        allowed = frozenset({f"127.0.0.1:{port}"})
        with pytest.raises(FetchError, match="cannot be reached") as caught:
            fetch(f"http://127.0.0.1:{port}/", limits=LIMITS, allow_hosts=allowed)
        assert caught.value.reason == "unreachable"


def test_a_name_without_an_address_and_a_slow_resolver_are_unreachable() -> None:
    limits = FetchLimits(connect_seconds=0.2)
    for wire in [
        Wire(resolve=Answers({})),
        Wire(resolve=lambda _host, _port: []),
        Wire(resolve=lambda _host, _port: threading.Event().wait(0.5) and []),  # type: ignore[arg-type,return-value]
    ]:
        with pytest.raises(FetchError) as caught:
            fetch("http://nosuch.example/", limits=limits, wire=wire)
        assert caught.value.reason == "unreachable"


@pytest.mark.parametrize(
    ("path", "reason", "status"),
    [
        ("/none", "dead", 404),
        ("/410", "dead", 410),
        ("/401", "paywalled", 401),
        ("/402", "paywalled", 402),
        ("/403", "status", 403),
        ("/418", "status", 418),
        ("/500", "status", 500),
        ("/999", "status", 999),
        ("/206", "status", 206),
        ("/304", "status", 304),
    ],
)
def test_statuses_are_named(site: Site, path: str, reason: str, status: int) -> None:
    error = failure(site, path)
    assert (error.reason, error.status, error.retry_after) == (reason, status, None)
    assert str(status) in str(error)


def test_retry_after_is_told_in_seconds(site: Site) -> None:
    assert failure(site, "/429").retry_after == 120
    wait = failure(site, "/503").retry_after
    assert wait is not None
    assert 3500 < wait <= 3600
    assert "wait 120 seconds" in str(failure(site, "/429"))


def test_a_version_that_still_stands_is_not_sent_again(site: Site) -> None:
    first = get(site, "/to-versioned")
    assert (first.etag, first.last_modified) == ('"v1"', "Mon, 10 Feb 2025 00:00:00 GMT")
    again = get(site, "/to-versioned", previous=first.validators)
    assert (again.not_modified, again.content, again.url) == (True, b"", site.url("/versioned"))
    assert again.validators == first.validators
    assert "if-none-match" not in site.requests[-2][1]
    changed = get(site, "/versioned", previous=Validators(site.url("/versioned"), etag='"v0"'))
    assert (changed.not_modified, changed.content) == (False, PAGE)


def test_validators_that_no_header_can_hold_do_no_harm(site: Site) -> None:
    assert get(site, "/versioned", previous=Validators(site.url("/versioned"), etag='"版"')).content == PAGE
    error = failure(site, "/versioned", previous=Validators(site.url("/versioned"), etag='"a"\r\nCookie: b'))
    assert error.reason == "unreachable"


def test_fetches_run_side_by_side(site: Site) -> None:
    wire, web = public_web(site, "a.example", "b.example")
    got: list[Fetched] = []
    threads = [
        threading.Thread(target=lambda host=host: got.append(fetch(f"http://{host}/page", limits=LIMITS, wire=wire)))
        for host in ["a.example", "b.example"]
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(fetched.url for fetched in got) == ["http://a.example/page", "http://b.example/page"]
    assert web.dialled == [(PUBLIC, 80)] * 2
