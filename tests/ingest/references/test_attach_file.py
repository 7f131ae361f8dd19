"""A file that the user gives for a cited work."""

from pathlib import Path

import pytest

from ingest.fetching.outcomes import say
from ingest.references.attach_file import attach_file
from retriever.types import TenkyoError
from tests.ingest.loopback import answer, serving
from tests.ingest.references.played import PAPER, article, fetch_all, stand, texts, title_of, work, works
from tests.retriever.letters import NoProgress


def test_a_file_of_the_user_takes_the_place_of_a_page(folder: Path, tmp_path: Path) -> None:
    found = tmp_path / "found.txt"
    found.write_text("The keeper's book\n\nOn the ninth day the lens was cleaned with oil.\n", encoding="utf-8")
    pages = {f"/{name}": answer(article(title_of(name))) for name in ("a", "b")}
    with serving(pages) as site:
        cited = works(site, "a", "b")
        fetch_all(folder, cited, site)
        held = attach_file(folder, cited, cited[0], str(found), progress=NoProgress())
        assert (held.state, held.supplied, held.file) == ("fetched", True, str(found))
        assert sorted(texts(folder)) == sorted([PAPER, "ref-b", held.document_id])
        assert "cleaned with oil" in texts(folder)[held.document_id]
        before = len(site.requests)
        assert fetch_all(folder, cited, site, retry=True)["a"] == held
        assert set(site.paths[before:]) <= {"/b", "/robots.txt"}


def test_a_file_without_a_title_bears_that_of_its_entry(folder: Path, tmp_path: Path) -> None:
    one = work("a", "", "The Keeper of the Northern Light")
    found = tmp_path / "scan0012.txt"
    found.write_text("12 March 1902\n\nThe keeper of the northern light trimmed the lamp.\n", encoding="utf-8")
    held = attach_file(folder, [one], one, str(found), progress=NoProgress())
    assert (held.title, held.date, held.supplied) == (one.entry.title, "1902-03-12", True)
    assert "another work" not in say(held.outcomes)


def test_a_file_that_looks_like_another_work_is_taken_and_said_to(folder: Path, tmp_path: Path) -> None:
    found = tmp_path / "soup.md"
    found.write_text("# Soups of the kitchen\n\nCarrots are cut and boiled with leeks.\n", encoding="utf-8")
    one = work("a", "", "The Keeper of the Northern Light")
    held = attach_file(folder, [one], one, str(found), progress=NoProgress())
    assert (held.state, held.title) == ("fetched", "Soups of the kitchen")
    assert "looks like another work" in say(held.outcomes)


def test_a_file_that_cannot_be_the_text_is_refused_in_one_line(folder: Path, tmp_path: Path) -> None:
    one = work("a", "")
    empty = tmp_path / "empty.txt"
    empty.write_bytes(b"")
    for source in (str(tmp_path / "nowhere.pdf"), str(empty), str(tmp_path), str(tmp_path / PAPER)):
        with pytest.raises(TenkyoError) as raised:
            attach_file(folder, [one], one, source, progress=NoProgress())
        assert "\n" not in str(raised.value)
    assert stand(folder, [one])["a"].state == "no-address"
