"""How sites are treated: in turn and with pauses, again after a while, and what is made of those that are silent."""

import threading
import time
from dataclasses import replace
from http.server import BaseHTTPRequestHandler
from itertools import pairwise
from pathlib import Path

import pytest

from ingest.fetching import Wire
from ingest.fetching.fetched import Resolver
from ingest.references.cited_work import CitedWork
from ingest.references.crawler import CrawlPolicy
from ingest.references.fetch import CrawlOptions, fetch_references
from ingest.references.store import ReferenceStore
from tests.ingest.loopback import PUBLIC, Page, PlayedWeb, Site, answer, serving
from tests.ingest.references.played import HASTE, LIMITS, article, asked, fetch_all, pages, stand, work, works
from tests.retriever.letters import NoProgress

pytestmark = pytest.mark.slow

NAMES = ["a", "b", "c", "d"]


def test_a_site_is_asked_one_page_at_a_time_and_with_pauses(folder: Path) -> None:
    busy = threading.Lock()
    times: list[float] = []

    def page(handler: BaseHTTPRequestHandler) -> None:
        assert busy.acquire(blocking=False), "two requests at once"
        times.append(time.monotonic())
        time.sleep(0.05)
        busy.release()
        answer(article("Pauses"))(handler)

    with serving({f"/{name}": page for name in NAMES}) as site:
        held = fetch_all(folder, works(site, *NAMES), site, policy=replace(HASTE, delay=0.2))
    assert len(times) == len(held) == 4
    assert all(later - earlier >= 0.2 for earlier, later in pairwise(times))


def test_sites_are_asked_at_once(folder: Path) -> None:
    together = threading.Barrier(2, timeout=5)

    def page(handler: BaseHTTPRequestHandler) -> None:
        together.wait()
        answer(article("Together"))(handler)

    with serving({"/a": page}) as one, serving({"/a": page}) as other:
        cited = [work("one", one.url("/a"), "Together"), work("other", other.url("/a"), "Together")]
        options = CrawlOptions(one.allowed | other.allowed, "", HASTE, LIMITS)
        fetch_references(folder, cited, options=options, progress=NoProgress())
    assert {one.state for one in stand(folder, cited).values()} == {"fetched"}


def test_a_pause_that_robots_txt_asks_for_is_kept(folder: Path) -> None:
    times: list[float] = []

    def page(handler: BaseHTTPRequestHandler) -> None:
        times.append(time.monotonic())
        answer(article("Pauses"))(handler)

    rules = answer(b"User-agent: Tenkyo\nCrawl-delay: 0.3\n", "text/plain")
    with serving({"/robots.txt": rules, "/a": page, "/b": page}) as site:
        fetch_all(folder, works(site, "a", "b"), site, policy=replace(HASTE, longest_delay=1.0))
    assert times[1] - times[0] >= 0.3


def failing(times: int, status: int, **headers: str) -> Page:
    """A page that fails some times before it answers."""
    left = [times]

    def page(handler: BaseHTTPRequestHandler) -> None:
        left[0] -= 1
        failed = left[0] >= 0
        (answer(b"", status=status, **headers) if failed else answer(article("Late")))(handler)

    return page


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
def test_a_site_that_is_busy_is_asked_again(folder: Path, status: int) -> None:
    with serving({"/a": failing(2, status)}) as site:
        held = fetch_all(folder, [work("a", site.url("/a"), "Late")], site)["a"]
        assert asked(site) == ["/a"] * 3
    assert held.state == "fetched"


def test_the_time_that_a_site_asks_for_is_kept(folder: Path) -> None:
    with serving({"/a": failing(1, 429, Retry_After="1")}) as site:
        began = time.monotonic()
        held = fetch_all(folder, [work("a", site.url("/a"), "Late")], site)["a"]
    assert held.state == "fetched"
    assert time.monotonic() - began >= 1.0


def test_a_site_that_asks_for_an_hour_is_left_alone_for_it(folder: Path) -> None:
    with serving({"/a": failing(1, 503, Retry_After="3600")} | pages("b")) as site:
        cited = works(site, "a", "b")
        held = fetch_all(folder, cited, site)
        assert asked(site) == ["/a"]
        assert {one.state for one in held.values()} == {"unreachable"}
        assert held["a"].retry_at > held["a"].fetched_at
        fetch_all(folder, cited, site)
        assert asked(site) == ["/a"]
        fetch_all(folder, cited, site, retry=True)
        fetch_all(folder, cited, site, only=cited)
        assert asked(site) == ["/a"]
        for holding in ReferenceStore(folder).records():
            ReferenceStore(folder).keep(replace(holding, retry_at=holding.fetched_at))  # an hour later
        fetch_all(folder, cited, site)
        assert asked(site) == ["/a", "/a", "/b"]


def test_a_silent_network_ends_the_run_quickly(folder: Path) -> None:
    def slow_resolver(_host: str, _port: int) -> list[str]:
        time.sleep(30)
        raise OSError("no such name")

    cited = [work(str(number), f"http://site{number}.example/") for number in range(20)]
    began = time.monotonic()
    held = fetch_all(folder, cited, policy=CrawlPolicy(), wire=Wire(resolve=slow_resolver))
    assert time.monotonic() - began < 12  # with 3 seconds to connect, not 20 × 30
    assert {one.state for one in held.values()} == {"unreachable"}


def dead_links(*numbers: int) -> list[CitedWork]:
    """Works at sites that are gone."""
    return [work(f"dead{number}", f"http://old-site-{number}.invalid/a") for number in numbers]


def found_on(site: Site, cited: list[CitedWork], folder: Path, resolve: Resolver) -> dict[str, str]:
    """The states after one run in which all connections lead to one server; no two requests lie on one site."""
    wire = Wire(resolve=resolve, network=PlayedWeb(site.port))
    return {key: one.state for key, one in fetch_all(folder, cited, wire=wire).items()}


def test_dead_links_before_sites_that_are_slower_to_answer_stop_nothing(folder: Path) -> None:
    def slow(handler: BaseHTTPRequestHandler) -> None:
        time.sleep(0.3)
        answer(article("Slow"))(handler)

    def resolve(host: str, _port: int) -> list[str]:
        if host.endswith(".invalid"):
            raise OSError("no such name")
        return [PUBLIC]

    with serving({"/a": slow}) as site:
        live = [work(f"live{number}", f"http://site-{number}.example/a", "Slow") for number in range(9)]
        states = found_on(site, [*dead_links(*range(12)), *live], folder, resolve)
    assert [state for key, state in states.items() if key.startswith("live")] == ["fetched"] * 9
    assert [state for key, state in states.items() if key.startswith("dead")] == ["unreachable"] * 12


def test_a_site_that_gave_no_answer_before_any_had_is_asked_again(folder: Path) -> None:
    asked_for: list[str] = []

    def resolve(host: str, _port: int) -> list[str]:  # the network comes up after the first dozen
        asked_for.append(host)
        if len(asked_for) < 12:
            raise OSError("no such name")
        return [PUBLIC]

    with serving({"/a": answer(article("Slow"))}) as site:
        cited = [work(str(number), f"http://site-{number}.example/a", "Slow") for number in range(13)]
        assert set(found_on(site, cited, folder, resolve).values()) == {"fetched"}
        assert len([path for path in site.paths if path == "/a"]) == 13
