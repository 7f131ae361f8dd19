from pathlib import Path

import pytest

from ingest.fetching import Fetched, FetchLimits, fetch, save
from ingest.fetching.fetched import ContentType
from ingest.fetching.files import name_of
from retriever.types import TenkyoError
from tests.ingest.loopback import answer, redirect, serving

LIMITS = FetchLimits(max_bytes=10_000, total_seconds=3)


def fetched(url: str, kind: ContentType = "html") -> Fetched:
    return Fetched(url, url, 200, b"content", kind)


@pytest.mark.parametrize(
    "path",
    [
        "/../../../etc/passwd",
        "/..%2f..%2fa",
        "/C:%5cWindows",
        "/a%00.pdf",
        "//x",
        "/" + "a" * 3000,
        "/.bashrc",
        "/論文",
    ],
)
def test_a_name_never_becomes_a_path(tmp_path: Path, path: str) -> None:
    made = save(fetched(f"https://example.org{path}"), tmp_path / "new" / "folder")
    assert made.parent == tmp_path / "new" / "folder"
    assert [file.name for file in made.parent.iterdir()] == [made.name]
    assert made.name.startswith("example-org-")
    assert made.suffix == ".html"
    assert len(made.name) < 80
    assert made.read_bytes() == b"content"


def test_an_address_has_its_own_name_each_time() -> None:
    assert name_of("https://example.org/a?b=1") == name_of("https://example.org/a?b=1")
    assert name_of("https://example.org/a?b=1") != name_of("https://example.org/a?b=2")


@pytest.mark.parametrize(
    ("url", "kind", "suffix"),
    [
        ("https://example.org/a.html", "pdf", ".pdf"),
        ("https://example.org/a.pdf", "html", ".html"),
        ("https://example.org/a.exe", "text", ".txt"),
        ("https://example.org/README.md", "text", ".md"),
        ("https://example.org/a", "docx", ".docx"),
        ("https://example.org/a.pdf", "binary", ".bin"),
    ],
)
def test_the_suffix_is_that_of_the_content(tmp_path: Path, url: str, kind: ContentType, suffix: str) -> None:
    assert save(fetched(url, kind), tmp_path).suffix == suffix


def test_a_file_is_named_after_the_address_asked_for_and_replaced_the_next_time(tmp_path: Path) -> None:
    pages = {"/doi": redirect("/session/1"), "/session/1": answer("日本語".encode("cp932"))}
    with serving(pages) as site:
        first = save(fetch(site.url("/doi"), limits=LIMITS, allow_hosts=site.allowed), tmp_path)
        assert first.read_bytes() == "日本語".encode("cp932")
        site.pages.update({"/doi": redirect("/session/2"), "/session/2": answer(b"changed")})
        assert save(fetch(site.url("/doi"), limits=LIMITS, allow_hosts=site.allowed), tmp_path) == first
        assert first.read_bytes() == b"changed"
        assert list(tmp_path.iterdir()) == [first]


@pytest.mark.parametrize(
    ("content", "charset", "written"),
    [
        ("한국어".encode("euc_kr"), "euc_kr", "\ufeff한국어".encode()),
        ("①髙".encode("cp932"), "shift_jis", "\ufeff①髙".encode()),
        ("日本語の文章".encode("cp932"), "iso8859-1", "日本語の文章".encode("cp932")),
        ("日本語の文章".encode("cp932"), "euc_jp", "日本語の文章".encode("cp932")),
        ("日本語の文章".encode("cp932"), None, "日本語の文章".encode("cp932")),
        ("日本語".encode(), "utf-8", "日本語".encode()),
    ],
)
def test_an_encoding_that_only_the_header_names_is_not_lost(
    tmp_path: Path, content: bytes, charset: str | None, written: bytes
) -> None:
    url = "https://example.org/a.txt"
    assert save(Fetched(url, url, 200, content, "text", charset), tmp_path).read_bytes() == written


def test_a_page_that_declares_its_encoding_keeps_its_bytes(tmp_path: Path) -> None:
    url, content = "https://example.org/", "<html><meta charset=shift_jis>日本語".encode("cp932")
    assert save(Fetched(url, url, 200, content, "html", "shift_jis"), tmp_path).read_bytes() == content


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(TenkyoError, match="cannot be written"):
        save(fetched("https://example.org/"), tmp_path / "file")
