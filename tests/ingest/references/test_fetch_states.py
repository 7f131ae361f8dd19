"""What each way in which an address can answer comes to."""

import gzip
import time
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest

from ingest.fetching import Wire
from ingest.fetching.outcomes import say
from ingest.references.fetch import CrawlOptions, fetch_references
from ingest.references.store import Store
from tests.ingest.loopback import Page, answer, public_web, redirect, serving
from tests.ingest.made_pdfs import essay
from tests.ingest.references.played import HASTE, LIMITS, article, fetch_all, stand, texts, title_of, work, works
from tests.retriever.letters import NoProgress

ABSTRACT = (
    "This article follows the keeper of the lighthouse through one winter and asks how the light was tended when the "
    "supply boat could not land. From the log it reconstructs the hours of each watch, the oil that was burned, and "
    "the ships that passed; it finds that the lamp failed on three nights only, and that each failure followed a storm."
)


def endless(handler: BaseHTTPRequestHandler) -> None:
    """A body without an end."""
    handler.send_response(200)
    handler.end_headers()
    while True:
        handler.wfile.write(b"<p>tide</p>" * 1000)


def dripping(handler: BaseHTTPRequestHandler) -> None:
    """A body that comes byte by byte."""
    handler.send_response(200)
    handler.end_headers()
    for _ in range(100):
        handler.wfile.write(b"<")
        time.sleep(0.1)


def test_an_article_is_fetched_and_stands_in_the_index(folder: Path) -> None:
    with serving({"/North": answer(article(title_of("North")))}) as site:
        cited = works(site, "North")
        held = fetch_all(folder, cited, site)["North"]
    assert (held.state, held.status, held.url, held.supplied) == ("fetched", 200, cited[0].url, False)
    assert held.document_id == "ref-north"
    assert held.language == "en"
    assert held.characters > 1000
    assert held.title == title_of("North")
    assert "boats were drawn up" in texts(folder)["ref-north"]


def test_a_pdf_is_read_with_its_pages(folder: Path, tmp_path: Path) -> None:
    pdf = essay(tmp_path / "essay.pdf").read_bytes()
    with serving({"/essay.pdf": answer(pdf, "application/octet-stream")}) as site:
        cited = [work("essay", site.url("/essay.pdf"), "灯台の記録", language="ja")]
        held = fetch_all(folder, cited, site)["essay"]
    assert (held.state, held.pages, held.language) == ("fetched", 4, "ja")
    kept = Store(folder).fetched_pdf(held.document_id)
    assert kept is not None, "its pages can be shown"
    assert kept.read_bytes() == pdf
    assert Store(folder).fetched_pdf("another") is None


@pytest.mark.parametrize("encoding", ["shift_jis", "euc_jp", "iso2022_jp", "utf-8"])
def test_japanese_pages_are_read_in_the_encoding_that_the_server_names(folder: Path, encoding: str) -> None:
    text = "".join(
        f"<p>{day}日目の夕方、灯台守は潮の高さを帳面に書きとめ、沖の船に光を送り続けた。</p>" for day in range(1, 40)
    )
    page = (
        f"<!doctype html><html><head><title>灯台守の記録</title></head><body><h1>灯台守の記録</h1>{text}</body></html>"
    )
    with serving({"/a": answer(page.encode(encoding), f"text/html; charset={encoding}")}) as site:
        cited = [work("a", site.url("/a"), "灯台守の記録", language="ja")]
        held = fetch_all(folder, cited, site)["a"]
    assert (held.state, held.language) == ("fetched", "ja")
    assert "灯台守は潮の高さ" in texts(folder)["ref-a"]


@pytest.mark.parametrize(
    ("page", "state", "status"),
    [
        (answer(b"gone", status=404), "dead", 404),
        (answer(b"gone", status=410), "dead", 410),
        (answer(b"no", status=400), "dead", 400),
        (answer(b"pay", status=402), "paywalled", 402),
        (answer(b"sign in", status=401), "paywalled", 401),
        (answer(b"no programs", status=403), "paywalled", 403),
        (answer(b"broken", status=500), "unreachable", 500),
        (answer(b"busy", status=429), "unreachable", 429),
        (redirect("/a"), "redirected", None),
        (redirect("http://10.0.0.1/"), "refused", None),
        (redirect("http://[::ffff:169.254.169.254]/"), "refused", None),
        (redirect("http://2130706433/"), "refused", None),
        (redirect("file:///etc/passwd"), "refused", None),
        (answer(b"\x89PNG\r\n\x1a\n" + bytes(2000), "application/pdf"), "unreadable", 200),
        (answer(b"", "application/pdf"), "unreadable", 200),
        (answer(b"%PDF-1.7\n1 0 obj\nnonsense", "text/html"), "unreadable", 200),
        (answer(gzip.compress(bytes(30_000_000)), Content_Encoding="gzip"), "too-large", None),
        (answer(b"x" * 2_000_001), "too-large", None),
        (endless, "too-large", None),
        (dripping, "unreachable", None),
    ],
)
def test_what_is_no_text_says_so(folder: Path, page: Page, state: str, status: int | None) -> None:
    with serving({"/a": page}) as site:
        held = fetch_all(folder, works(site, "a"), site)["a"]
    assert held.state == state
    assert status in (None, held.status)
    assert held.outcomes
    assert "\n" not in say(held.outcomes)
    assert list(texts(folder)) == ["paper.txt"]


def test_a_site_that_asks_programs_to_stay_away_is_left_alone(folder: Path) -> None:
    rules = answer(b"User-agent: *\nDisallow: /*.html$\nAllow: /open.html\n", "text/plain")
    page = answer(article("Robots"))
    with serving({"/robots.txt": rules, "/a.html": page, "/open.html": page}) as site:
        cited = [work(name, site.url(f"/{name}.html"), "Robots") for name in ("a", "open")]
        held = fetch_all(folder, cited, site)
        assert [one.state for one in held.values()] == ["robots", "fetched"]
        assert site.paths == ["/robots.txt", "/open.html"]


def test_loopback_is_refused_unless_it_is_allowed(folder: Path) -> None:
    with serving({"/a": answer(article(title_of("a")))}) as site:
        cited = works(site, "a")
        assert fetch_all(folder, cited)["a"].state == "refused"
        assert site.requests == []
        assert fetch_all(folder, cited, site, retry=True)["a"].state == "fetched"


@pytest.mark.parametrize(
    ("url", "state"),
    [
        ("", "no-address"),
        ("ftp://example.org/a.pdf", "refused"),
        ("http://user:secret@example.org/", "refused"),
        ("http://[::1]/", "refused"),
        ("http://0x7f.1/", "refused"),
        ("http://[", "refused"),
        ("http://nowhere.example/", "unreachable"),
    ],
)
def test_addresses_that_lead_nowhere_say_so(folder: Path, url: str, state: str) -> None:
    def nobody(_host: str, _port: int) -> list[str]:
        raise OSError("no such name")

    held = fetch_all(folder, [work("a", url)], wire=Wire(resolve=nobody))["a"]
    assert held.state == state
    assert "secret" not in say(held.outcomes)


def test_a_name_that_leads_to_a_private_address_is_refused(folder: Path) -> None:
    held = fetch_all(folder, [work("a", "http://inside.example/")], wire=Wire(resolve=lambda *_: ["192.168.1.1"]))["a"]
    assert held.state == "refused"


def landing(title: str, pdf: str) -> bytes:
    """A page about a work that names its PDF, with an abstract."""
    return (
        f"<!doctype html><html lang='en'><head><title>{title}</title>"
        f'<meta name="citation_title" content="{title}"><meta name="citation_pdf_url" content="{pdf}">'
        f'<meta name="citation_abstract" content="{ABSTRACT}"></head>'
        f"<body><h1>{title}</h1><h2>Abstract</h2>"
        f"<p>{ABSTRACT}</p></body></html>"
    ).encode()


def test_a_page_about_a_work_leads_to_its_pdf(folder: Path, tmp_path: Path) -> None:
    pdf = essay(tmp_path / "essay.pdf").read_bytes()
    with serving({"/pdf": answer(pdf, "application/pdf"), "/10.1/x": redirect("http://journal.example/x")}) as site:
        site.pages["/x"] = answer(landing("灯台の記録", "http://journal.example/pdf"))
        wire, _ = public_web(site, "doi.example", "journal.example")
        cited = [work("a", "http://doi.example/10.1/x", "灯台の記録", language="ja")]
        held = fetch_all(folder, cited, wire=wire)["a"]
        assert (held.state, held.pages, held.final_url) == ("fetched", 4, "http://journal.example/pdf")
        assert held.url == "http://doi.example/10.1/x"
        assert site.paths.count("/x") == site.paths.count("/pdf") == 1
        record = texts(folder)
        assert list(record) == ["paper.txt", "ref-a"]


def test_a_pdf_that_cannot_be_had_leaves_the_abstract(folder: Path) -> None:
    with serving({"/a": answer(b"")}) as site:
        site.pages["/a"] = answer(landing(title_of("a"), site.url("/a.pdf")))
        held = fetch_all(folder, works(site, "a"), site)["a"]
    assert held.state == "abstract-only"
    assert "404" in say(held.outcomes)
    assert held.document_id == "ref-a"


def test_a_pdf_that_was_busy_is_asked_for_in_the_next_run(folder: Path, tmp_path: Path) -> None:
    pdf = essay(tmp_path / "essay.pdf").read_bytes()
    with serving({"/a.pdf": answer(b"", status=503)}) as site:
        site.pages["/a"] = answer(landing("灯台の記録", site.url("/a.pdf")))
        cited = [work("a", site.url("/a"), "灯台の記録", language="ja")]
        assert fetch_all(folder, cited, site)["a"].state == "abstract-only"
        before = len(site.requests)
        assert fetch_all(folder, cited, site)["a"].state == "abstract-only"
        site.pages["/a.pdf"] = answer(pdf, "application/pdf")
        held = fetch_all(folder, cited, site)["a"]
        assert (held.state, held.pages) == ("fetched", 4)
        assert set(site.paths[before:]) == {"/robots.txt", "/a.pdf"}
        before = len(site.requests)
        assert fetch_all(folder, cited, site)["a"] == held
        assert len(site.requests) == before


def test_an_address_that_was_refused_is_asked_once_its_host_is_allowed(folder: Path) -> None:
    with serving({"/a": answer(article(title_of("a")))}) as site:
        cited = works(site, "a")
        assert fetch_all(folder, cited)["a"].state == "refused"
        assert fetch_all(folder, cited, site)["a"].state == "fetched"


@pytest.mark.parametrize(
    ("location", "lacks"),
    [
        ("/a", ""),
        ("ftp://10.0.0.1/", ""),
        ("http://169.254.169.254/", ""),
        ("http://0x7f.1/", ""),
        ("http://10.0.0.1/", "10.0.0.1:80"),
        ("http://[fd12::1]:8080/", "[fd12::1]:8080"),
    ],
)
def test_what_was_refused_is_asked_again_only_where_what_it_lacked_is_allowed(
    folder: Path, location: str, lacks: str
) -> None:
    with serving({"/a": redirect(location)}) as site:
        cited = works(site, "a")
        assert fetch_all(folder, cited, site)["a"].lacks == lacks
        before = len(site.requests)
        fetch_all(folder, cited, site)
        assert len(site.requests) == before
        if lacks:
            site.pages["/a"] = answer(article(title_of("a")))
            options = CrawlOptions(site.allowed | {lacks}, "", HASTE, LIMITS)
            fetch_references(folder, cited, options=options, progress=NoProgress())
            assert stand(folder, cited)["a"].state == "fetched"


@pytest.mark.parametrize(
    ("page", "state"),
    [
        (answer(b"gone", status=404), "dead"),
        (answer(b"no programs", status=403), "paywalled"),
        (answer(b"", "application/pdf"), "unreadable"),
        (answer(article("Soups of the kitchen")), "not-the-document"),
        (answer(b"x" * 2_000_001), "too-large"),
    ],
)
def test_the_state_follows_the_last_attempt_and_what_was_found_before_is_noted(
    folder: Path, page: Page, state: str
) -> None:
    with serving({"/a": page}) as site:
        cited = works(site, "a")
        found = fetch_all(folder, cited, site)["a"]
        assert found.state == state
        site.pages["/a"] = answer(b"", status=503, Retry_After="0")
        fetch_all(folder, cited, site, retry=True)
        held = fetch_all(folder, cited, site, retry=True)["a"]
        assert (held.state, held.status) == ("unreachable", 503)
        assert say(held.outcomes).endswith(f"found on {found.fetched_at[:10]}: {say(found.outcomes)}")
        assert say(held.outcomes).count("found on") == 1
        site.pages["/a"] = page
        assert fetch_all(folder, cited, site)["a"].state == state  # asked again without --retry
        site.pages["/a"] = answer(article(title_of("a")))
        assert fetch_all(folder, cited, site, retry=True)["a"].state == "fetched"


def test_a_host_that_is_allowed_and_answers_503_is_no_longer_refused(folder: Path) -> None:
    with serving({"/a": answer(b"", status=503, Retry_After="0")}) as site:
        cited = works(site, "a")
        assert fetch_all(folder, cited)["a"].state == "refused"
        held = fetch_all(folder, cited, site)["a"]
        assert (held.state, held.status, held.lacks) == ("unreachable", 503, "")
        assert "found on" not in say(held.outcomes)  # the site had not been asked


def test_a_page_does_not_lead_into_the_intranet(folder: Path) -> None:
    with serving({}) as inside, serving({}) as site:
        site.pages["/a"] = answer(landing("The a Lighthouse", inside.url("/secret.pdf")))
        wire, _ = public_web(site, "site.example")
        fetch_all(folder, [work("a", "http://site.example/a")], wire=wire)
        assert inside.requests == []


def test_names_of_files_never_become_paths(folder: Path, tmp_path: Path) -> None:
    before = {path for path in tmp_path.rglob("*") if "index" not in path.parts}
    names = ["/../../../etc/passwd", "/..%2f..%2fx", "/a\x00b", "/" + "x" * 3000, "/CON", "/%2e%2e/", "/日本/..／x"]
    with serving({}) as site:
        page = answer(article("Paths"), Content_Disposition='attachment; filename="../../../evil.sh"')
        site.pages = dict.fromkeys([*names, "/"], page)
        cited = [
            work(f"../{number}/\x00é{name[:50]}", site.url(name), "Paths", listed_in="../../paper", authors=(), date="")
            for number, name in enumerate(names)
        ]
        fetch_all(folder, cited, site)
    assert {path for path in tmp_path.rglob("*") if "index" not in path.parts} == before
    kept = [path.name for path in (folder / "references").rglob("*") if path.is_file()]
    assert kept
    assert all(set(name) <= set("abcdefghijklmnopqrstuvwxyz0123456789-.") for name in kept)


def test_a_contact_is_given_to_the_sites(folder: Path) -> None:
    with serving({"/a": answer(article(title_of("a")))}) as site:
        fetch_all(folder, works(site, "a"), site, contact="teacher@example.org")
        assert {headers["user-agent"] for _, headers in site.requests} == {"Tenkyo (teacher@example.org)"}
        assert all("cookie" not in headers for _, headers in site.requests)
