"""Texts stay with the works that they were read for, whatever the works are called later."""

import json
from pathlib import Path

import pytest

from ingest.references.attach_file import attach_file
from ingest.references.cited_work import CitedWork
from ingest.references.fetch_record import FetchRecord
from ingest.references.store import ReferenceStore
from tests.ingest.loopback import answer, serving
from tests.ingest.references.played import PAPER, article, changed, fetch_all, stand, texts, title_of, work
from tests.retriever.letters import NoProgress


def given(folder: Path, cited: list[CitedWork], one: CitedWork, words: str) -> FetchRecord:
    """A file of these words becomes the text of a work."""
    path = folder.parent / f"{words.rsplit(maxsplit=1)[-1]}.txt"
    path.write_text(f"A scan\n\n{words}.\n", encoding="utf-8")
    return attach_file(folder, cited, one, str(path), progress=NoProgress())


def test_a_renumbered_work_keeps_its_text_and_the_new_one_gets_its_own(folder: Path) -> None:
    pages = {f"/{name}": answer(article(title_of(name))) for name in ("North", "South", "New")}
    with serving(pages) as site:
        north, south, new = (
            work(str(number), site.url(f"/{name}"), title_of(name))
            for number, name in enumerate(("North", "South", "New"), 1)
        )
        first = fetch_all(folder, [north, south], site)
        shifted = [changed(new, key="1"), changed(north, key="2"), changed(south, key="3")]
        held = stand(folder, shifted)
        assert [held[key].state for key in "123"] == ["not-tried", "fetched", "fetched"]
        assert [held[key].document_id for key in "23"] == [first[key].document_id for key in "12"]
        before = len(site.requests)
        held = fetch_all(folder, shifted, site)
        assert set(site.paths[before:]) == {"/robots.txt", "/New"}
        assert len(texts(folder)) == 4
        for key, name in zip("123", ("New", "North", "South"), strict=True):
            assert title_of(name) in texts(folder)[held[key].document_id]
        assert fetch_all(folder, [north, south], site)["1"].document_id == first["1"].document_id


def test_a_text_that_waits_follows_its_work_too(folder: Path) -> None:
    one = work("1", "", "The Northern Light")
    store = ReferenceStore(folder)
    given(folder, [one], one, "The keeper rowed")
    holding = store.records()[0]
    store.text_is_indexed(holding)
    assert not store.has_waiting_text(stand(folder, [changed(one, key="2")])["2"])
    (folder / "references" / "texts" / f"{holding.place}.json").write_text("{}", encoding="utf-8")
    assert store.has_waiting_text(stand(folder, [changed(one, key="2")])["2"])


def test_letters_that_tell_works_of_a_year_apart_may_change(folder: Path) -> None:
    roads = work("Tanaka 2021a", "", "On roads by the sea", date="2021")
    wells = work("Tanaka 2021b", "", "On wells of the town", date="2021")
    given(folder, [roads, wells], roads, "roads")
    given(folder, [roads, wells], wells, "wells")
    boats = work("Tanaka 2021a", "", "On boats in winter", date="2021")
    shifted = [boats, changed(roads, key="Tanaka 2021b"), changed(wells, key="Tanaka 2021c")]
    held = stand(folder, shifted)
    assert [one.state for one in held.values()] == ["no-address", "fetched", "fetched"]
    assert "roads" in texts(folder)[held["Tanaka 2021b"].document_id]
    assert "wells" in texts(folder)[held["Tanaka 2021c"].document_id]
    held["Tanaka 2021a"] = given(folder, shifted, boats, "boats")
    assert "boats" in texts(folder)[held["Tanaka 2021a"].document_id]
    assert stand(folder, shifted) == held


def test_another_paper_with_the_same_numbers_gets_no_text(folder: Path) -> None:
    with serving({"/a": answer(article(title_of("a")))}) as site:
        fetched, supplied = work("1", site.url("/a"), title_of("a")), work("2", "", "The Book of Storms")
        fetch_all(folder, [fetched], site)
        given(folder, [fetched, supplied], supplied, "storms")
        other = [
            work("1", site.url("/b"), "Nets and Knots", listed_in="other.md", authors=("B. Other",), date="1990"),
            work("2", "", "The Price of Salt", listed_in="other.md", authors=("B. Other",), date="1991"),
            work("3", "", "The Book of Storms", listed_in="other.md"),
        ]
        assert [one.state for one in stand(folder, other).values()] == ["not-tried", "no-address", "fetched"]


@pytest.mark.parametrize(
    ("changes", "keeps"),
    [
        ({"title": "The Book of the Storms"}, True),  # a misprint was mended
        ({"title": "The Book of Storms: a Record"}, True),
        ({"date": "1903", "title": "The Book of Storms"}, False),  # another edition
        ({"authors": ("B. Other",)}, False),
        ({"title": "The Book of Storms 2"}, False),
        ({"title": "The Price of Salt"}, False),
        ({"url": "https://example.org/storms"}, True),  # an address was added
    ],
)
def test_a_given_text_stays_while_its_entry_means_the_same_work(
    folder: Path, changes: dict[str, str], keeps: bool
) -> None:
    one = work("1", "", "The Book of Storms")
    given(folder, [one], one, "storms")
    held = stand(folder, [changed(one, **changes)])["1"]
    assert (held.state == "fetched") == keeps


def test_works_that_share_a_front_page_are_not_one(folder: Path) -> None:
    with serving({"/": answer(article(title_of("a")))}) as site:
        one, other = work("1", site.url("/"), title_of("a")), work("2", site.url("/"), "Nets and Knots")
        fetch_all(folder, [one], site)
        assert stand(folder, [changed(other, key="1")])["1"].state == "not-tried"
        assert [held.state for held in stand(folder, [changed(one, key="2"), changed(other, key="1")]).values()] == [
            "fetched",
            "not-tried",
        ]


def test_what_an_earlier_version_kept_still_loads(folder: Path) -> None:
    with serving({"/a": answer(article(title_of("a")))}) as site:
        cited = [work("1", site.url("/a"), title_of("a")), work("2", "", "The Book of Storms"), work("3", "", "Soup")]
        fetch_all(folder, cited, site)
        for one in cited[1:]:
            given(folder, cited, one, one.entry.title)
        before = stand(folder, cited)
        for path in sorted((folder / "references" / "holdings").glob("*.json")):
            data = {name: value for name, value in json.loads(path.read_text()).items() if "cited" not in name}
            path.unlink()
            path.with_name(f"{data['key']}-00.json").write_text(json.dumps(data), encoding="utf-8")
        held = stand(folder, cited)
        assert {key: one.document_id for key, one in held.items()} == {
            key: one.document_id for key, one in before.items()
        }
        shifted = [work("1", "", "Nets and Knots"), *(changed(one, key=f"{int(one.key) + 1}") for one in cited[:2])]
        states = {key: one.state for key, one in stand(folder, shifted).items()}
        assert states == {"1": "no-address", "2": "fetched", "3": "fetched"}
        assert fetch_all(folder, shifted, site, retry=True)["2"].document_id == before["1"].document_id
        assert PAPER in texts(folder)
