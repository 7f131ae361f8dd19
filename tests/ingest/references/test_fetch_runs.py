"""Runs over many works: second runs, interruptions, what leaves and what comes back."""

import os
import signal
import subprocess
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest

from ingest.fetching.outcomes import say
from ingest.pipeline import remove
from ingest.references.cited_work import CitedWork
from ingest.references.fetch_record import FetchRecord
from ingest.references.store import ReferenceStore
from retriever.index.open import open_index
from retriever.index.snapshots import current_snapshot
from retriever.types import TenkyoError
from tests.conftest import tenkyo_environment
from tests.ingest.loopback import Page, Site, answer, redirect, serving
from tests.ingest.references.played import (
    PAPER,
    article,
    asked,
    fetch_all,
    pages,
    stand,
    texts,
    title_of,
    work,
    works,
)
from tests.retriever.letters import LetterEncoder, NoProgress

# One run in a process of its own, which can be killed: folder, site, names of the works.
RUN = """
import sys
from pathlib import Path
import ingest.pipeline, retriever.encoder
from tests.retriever.letters import LetterEncoder
ingest.pipeline.open_encoder = retriever.encoder.open_encoder = lambda _name: LetterEncoder()
from tests.ingest.loopback import Site
from tests.ingest.references.played import fetch_all, works
site = Site({}, port=int(sys.argv[2]))
try:
    fetch_all(Path(sys.argv[1]), works(site, *sys.argv[3:]), site)
except KeyboardInterrupt:
    sys.exit(130)
"""
NAMES = ["a", "b", "c", "d"]


def test_an_address_that_stands_twice_is_asked_once_and_is_one_document(folder: Path) -> None:
    with serving(pages("a")) as site:
        cited = [work(key, site.url("/a"), title_of("a")) for key in ("first", "second")]
        held = fetch_all(folder, cited, site)
        assert asked(site) == ["/a"]
    assert {one.document_id for one in held.values()} == {"ref-first"}
    assert list(open_index(folder).documents) == [PAPER, "ref-first"]


def test_a_second_run_asks_for_nothing_and_writes_nothing(folder: Path) -> None:
    with serving(pages("a") | {"/gone": answer(b"", status=404)}) as site:
        cited = works(site, "a", "gone")
        first = fetch_all(folder, cited, site)
        snapshot, before = current_snapshot(folder), len(site.requests)
        assert fetch_all(folder, cited, site) == first
        assert len(site.requests) == before
        assert current_snapshot(folder) == snapshot


def versioned(version: list[str], text: bytes) -> Page:
    """A page with an ETag, answered with 304 to those that have it."""

    def page(handler: BaseHTTPRequestHandler) -> None:
        tag = f'"{version[0]}"'
        if handler.headers["If-None-Match"] == tag:
            answer(b"", status=304, ETag=tag)(handler)
        else:
            answer(text.replace(b"VERSION", version[0].encode()), ETag=tag)(handler)

    return page


def test_a_retry_asks_only_whether_what_was_read_has_changed(folder: Path, letters: LetterEncoder) -> None:
    version = ["one"]
    with serving({"/a": versioned(version, article(title_of("a"), head="<!-- VERSION -->"))}) as site:
        cited = works(site, "a")
        first = fetch_all(folder, cited, site)["a"]
        snapshot, encoded = current_snapshot(folder), len(letters.encoded)
        again = fetch_all(folder, cited, site, retry=True)["a"]
        assert site.requests[-1][1]["if-none-match"] == '"one"'
        assert (again.state, again.document_id, again.etag) == ("fetched", first.document_id, '"one"')
        assert (current_snapshot(folder), len(letters.encoded)) == (snapshot, encoded)


def test_a_text_that_has_changed_takes_the_place_of_the_old_one(folder: Path) -> None:
    version = ["one"]
    page = versioned(version, article(title_of("a")).replace(b"on day 3,", b"on VERSION evening,"))
    with serving({"/a": page}) as site:
        cited = works(site, "a")
        fetch_all(folder, cited, site)
        assert "on one evening" in texts(folder)["ref-a"]
        version[0] = "another"
        fetch_all(folder, cited, site, retry=True)
    assert list(texts(folder)) == [PAPER, "ref-a"]
    assert "on another evening" in texts(folder)["ref-a"]


def test_a_text_that_was_read_stays_when_its_page_is_gone(folder: Path) -> None:
    with serving(pages("a")) as site:
        cited = works(site, "a")
        fetch_all(folder, cited, site)
        site.pages["/a"] = answer(b"", status=404)
        held = fetch_all(folder, cited, site, retry=True)["a"]
    assert (held.state, held.status, held.document_id) == ("fetched", 404, "ref-a")
    assert "404" in say(held.outcomes)


def test_only_what_is_named_is_asked_for(folder: Path) -> None:
    with serving(pages("a", "b") | {"/c": answer(b"", status=404)}) as site:
        cited = works(site, "a", "b", "c")
        assert [one.key for one in _fetched(folder, cited, site, only=[cited[1]])] == ["b"]
        assert asked(site) == ["/b"]
        _fetched(folder, cited, site)
        _fetched(folder, cited, site, only=[cited[2], cited[1]])
        assert sorted(asked(site)) == ["/a", "/b", "/c", "/c"]


def _fetched(folder: Path, cited: list[CitedWork], site: Site, **options: Any) -> list[FetchRecord]:
    before = ReferenceStore(folder).records()
    fetch_all(folder, cited, site, **options)
    return [one for one in ReferenceStore(folder).records() if one not in before]


def test_a_text_that_is_removed_gives_its_place_back_and_comes_back_unfetched(folder: Path) -> None:
    with serving(pages("a")) as site:
        cited = works(site, "a")
        fetch_all(folder, cited, site)
        remove(folder, ["ref-a"], progress=NoProgress())
        gone = stand(folder, cited)["a"]
        assert (gone.state, gone.document_id) == ("not-tried", "")
        assert "removed from the index" in say(gone.outcomes)
        assert fetch_all(folder, cited, site)["a"].document_id == "ref-a"
        assert asked(site) == ["/a"]


def test_an_interruption_before_the_index_loses_no_text(folder: Path, letters: LetterEncoder) -> None:
    with serving(pages(*NAMES)) as site:
        cited = works(site, *NAMES)
        letters.stop_after = 0
        with pytest.raises(KeyboardInterrupt):
            fetch_all(folder, cited, site)
        assert {one.state for one in stand(folder, cited).values()} == {"fetched"}
        assert list(open_index(folder).documents) == [PAPER]
        letters.stop_after = None
    held = fetch_all(folder, cited)  # nobody serves any more
    assert sorted(one.document_id for one in held.values()) == ["ref-a", "ref-b", "ref-c", "ref-d"]


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGKILL])
def test_a_run_that_is_ended_loses_nothing_and_the_next_fetches_nothing_twice(
    folder: Path, how: signal.Signals
) -> None:
    reached, go_on = threading.Event(), threading.Event()

    def slow(handler: BaseHTTPRequestHandler) -> None:
        reached.set()
        go_on.wait(20)
        answer(article(title_of("c")))(handler)

    with serving(pages(*NAMES)) as site:
        site.pages["/c"] = slow
        arguments = [sys.executable, "-c", RUN, str(folder), str(site.port), *NAMES]
        process = subprocess.Popen(arguments, env=tenkyo_environment(), stderr=subprocess.PIPE, encoding="utf-8")
        assert reached.wait(30), process.stderr and process.stderr.read()
        began = time.monotonic()
        os.kill(process.pid, how)
        process.communicate(timeout=10)
        assert process.returncode == (130 if how is signal.SIGINT else -signal.SIGKILL)
        assert time.monotonic() - began < 5
        go_on.set()
        kept = {name: one.state for name, one in stand(folder, works(site, *NAMES)).items()}
        assert kept == {"a": "fetched", "b": "fetched", "c": "not-tried", "d": "not-tried"}
        held = fetch_all(folder, works(site, *NAMES), site)
        assert {one.state for one in held.values()} == {"fetched"}
        assert sorted(asked(site)) == ["/a", "/b", "/c", "/c", "/d"]
    assert len(open_index(folder).documents) == 5


def test_two_runs_at_once_are_one_too_many(folder: Path) -> None:
    with ReferenceStore(folder).fetching(), pytest.raises(TenkyoError, match="another tenkyo process is fetching"):
        fetch_all(folder, [])


def test_a_page_of_an_ended_run_is_read_from_what_was_kept(folder: Path) -> None:
    with serving(pages("a")) as site:
        cited = works(site, "a")
        fetch_all(folder, cited, site)
        for path in (folder / "references" / "holdings").iterdir():
            path.unlink()  # as if the run had died between the page and its reading
        assert fetch_all(folder, cited, site)["a"].state == "fetched"
        assert asked(site) == ["/a"]


def test_damaged_files_are_set_aside_and_their_works_fetched_again(folder: Path) -> None:
    with serving(pages("a")) as site:
        cited = works(site, "a")
        fetch_all(folder, cited, site)
        for path in (folder / "references").rglob("*.json"):
            path.write_text("{", encoding="utf-8")
        (path,) = (folder / "references" / "holdings").iterdir()
        assert stand(folder, cited)["a"].state == "not-tried"
        assert [one for one, _ in ReferenceStore(folder).damaged()] == [path]
        assert fetch_all(folder, cited, site)["a"].state == "fetched"
    ((aside, reason),) = ReferenceStore(folder).damaged()
    assert (aside.name, aside.read_text(encoding="utf-8")) == (f"{path.name}.damaged", "{")
    assert reason.startswith("is not JSON")


def test_a_waiting_text_that_is_damaged_is_set_aside_and_holds_nothing_up(folder: Path, letters: LetterEncoder) -> None:
    with serving(pages("a", "b")) as site:
        cited = works(site, "a", "b")
        letters.stop_after = 0
        with pytest.raises(KeyboardInterrupt):
            fetch_all(folder, cited, site)
        letters.stop_after = None
        path = min((folder / "references" / "texts").iterdir())
        path.write_text('{"id": 1}', encoding="utf-8")
        held = fetch_all(folder, cited, site)
        assert [one.state for one in held.values()] == ["not-tried", "fetched"]
        assert [one.name for one, _ in ReferenceStore(folder).damaged()] == [f"{path.name}.damaged"]
        assert fetch_all(folder, cited, site)["a"].state == "fetched"
        assert sorted(asked(site)) == ["/a", "/b"]  # its page was still there


def test_a_redirect_is_followed_and_remembered(folder: Path) -> None:
    with serving(pages("new") | {"/a": redirect("/new", 301)}) as site:
        held = fetch_all(folder, [work("a", site.url("/a"), title_of("new"))], site)["a"]
        assert (held.url, held.final_url) == (site.url("/a"), site.url("/new"))


@pytest.mark.parametrize("suffix", [".html", ".json"])
def test_a_stored_page_that_cannot_be_read_is_named_and_only_a_missing_one_is_not_there(
    folder: Path, suffix: str
) -> None:
    with serving(pages("a")) as site:
        cited = works(site, "a")
        fetch_all(folder, cited, site)
    store = ReferenceStore(folder)
    address = cited[0].entry.url
    assert store.page(address)
    path = next((folder / "references" / "pages").glob(f"*{suffix}"))
    path.unlink()
    assert store.page(address) is None
    path.mkdir()  # reading it fails for every user, root too
    with pytest.raises(TenkyoError, match=f"{path.name} cannot be read .*delete it"):
        store.page(address)
