import pytest
from protego import Protego

from ingest.fetching import FetchError, FetchLimits, RobotsRules, fetch
from ingest.fetching.robots import crawl_delay
from tests.ingest.loopback import Page, Site, answer, public_web, redirect, serving

LIMITS = FetchLimits(max_bytes=100_000, connect_seconds=5, idle_seconds=5, total_seconds=10)
PAGE = answer(b"<!doctype html><html><p>x</p></html>")
RULES = answer(
    b"User-agent: *\nDisallow: /private/\nCrawl-delay: 3\n\nUser-agent: Tenkyo\nDisallow: /no\n", "text/plain"
)


def reason(site: Site, path: str, rules: RobotsRules) -> str:
    try:
        fetch(site.url(path), limits=LIMITS, allow_hosts=site.allowed, robots=rules)
    except FetchError as error:
        return error.reason
    return ""


def test_rules_for_this_program_are_kept_and_fetched_once_a_run() -> None:
    with serving({"/robots.txt": RULES, "/a": PAGE, "/no/b": PAGE, "/private/c": PAGE}) as site:
        rules: RobotsRules = {}
        assert [reason(site, path, rules) for path in ["/a", "/no/b", "/private/c"]] == ["", "robots", ""]
        assert site.paths == ["/robots.txt", "/a", "/private/c"]
        assert list(rules) == [f"http://{site.host}"]


def test_without_rules_nobody_is_asked() -> None:
    with serving({"/robots.txt": RULES, "/no/b": PAGE}) as site:
        assert fetch(site.url("/no/b"), limits=LIMITS, allow_hosts=site.allowed).status == 200
        assert site.paths == ["/no/b"]


@pytest.mark.parametrize(
    ("robots", "outcome"),
    [
        (answer(b"", status=404), ""),
        (answer(b"", status=403), ""),
        (answer(b"", status=401), ""),
        (redirect("/robots.txt"), ""),
        (answer(b""), ""),
        (answer(b"<!doctype html><html><p>Not found</p></html>"), ""),
        (answer(b"\xef\xbb\xbfUser-agent: *\nDisallow: /"), "robots"),
        (answer(b"", status=503), "status"),
        (answer(b"", status=429), "status"),
    ],
)
def test_a_site_without_rules_is_open_and_one_that_cannot_tell_them_is_not(robots: Page, outcome: str) -> None:
    with serving({"/robots.txt": robots, "/a": PAGE}) as site:
        assert reason(site, "/a", {}) == outcome


@pytest.mark.parametrize(
    ("rules", "path", "outcome"),
    [
        ("User-agent: *\nDisallow: /a\nAllow: /a/open", "/a/open/1", ""),  # the longest rule that matches decides
        ("User-agent: *\nAllow: /a\nDisallow: /a/closed", "/a/closed/1", "robots"),
        ("User-agent: *\nDisallow: /*/private$", "/a/private", "robots"),
        ("User-agent: *\nDisallow: /*/private$", "/a/private/1", ""),
        ("User-agent: *\nDisallow:", "/a", ""),
        ("User-agent: TENKYO\nDisallow: /", "/a", "robots"),
        ("User-agent: Tenkyo/2.0\nDisallow: /", "/a", "robots"),  # names are compared without a version
        ("User-agent: kyo\nDisallow: /", "/a", ""),
        ("User-agent: *\nDisallow: /\nUser-agent: Tenkyo\nAllow: /", "/a", ""),
        ("User-agent: *\nDisallow: /%E3%81%82", "/あ", "robots"),
    ],
)
def test_rules_are_read_as_the_rfc_has_them(rules: str, path: str, outcome: str) -> None:
    with serving({"/robots.txt": answer(rules.encode(), "text/plain"), path: PAGE}) as site:
        assert (reason(site, path, {}) == "robots") == (outcome == "robots")


def test_a_delay_that_the_rules_ask_for_is_read() -> None:
    with serving({"/robots.txt": RULES, "/a": PAGE}) as site:
        rules: RobotsRules = {}
        assert reason(site, "/a", rules) == ""
        assert crawl_delay(rules[f"http://{site.host}"]) == 0.0  # the group of this program asks for none
        assert crawl_delay(Protego.parse("User-agent: *\nCrawl-delay: 3")) == 3.0
        assert crawl_delay(None) == 0.0


def test_each_site_on_the_way_is_asked() -> None:
    with serving({"/robots.txt": RULES, "/10.1/x": redirect("http://journal.example/no/x"), "/no/x": PAGE}) as site:
        wire, _ = public_web(site, "doi.example", "journal.example")
        rules: RobotsRules = {}
        with pytest.raises(FetchError, match=r"journal\.example/no/x.*robots\.txt") as caught:
            fetch("http://doi.example/10.1/x", limits=LIMITS, robots=rules, wire=wire)
        assert caught.value.reason == "robots"
        assert site.paths == ["/robots.txt", "/10.1/x", "/robots.txt"]
        assert list(rules) == ["http://doi.example", "http://journal.example"]
