"""An index of several segments answers like one that was made in one go, and an update writes what has changed."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from retriever.index import changes, snapshots
from retriever.index.changes import Entry, kept_segments
from retriever.index.open import open_index
from retriever.index.search import Index
from retriever.index.snapshots import snapshot_path
from retriever.index.verify import verify
from tests.retriever.letters import LetterEncoder, entry, write

WORDS = "salt sand sea wind sky bird sun dust".split()
QUESTIONS = ("salt", "sea wind", "the sun and the sky", "塩", "unicorn")


@pytest.fixture(autouse=True)
def _no_index_is_small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(changes, "_SMALL", 0)


def document(name: str, number: int, passages: int, *, language: str = "en") -> Entry:
    """A made document whose passages differ by its number."""
    return entry(
        name,
        *(f"{WORDS[(number + row) % 8]} and {WORDS[(number * 3 + row * 5) % 8]} {number}" for row in range(passages)),
        language=language,
    )


def scores(index: Index) -> dict[tuple[str, str], float]:
    """The score of each passage for each question."""
    queries = [index.query(question, LetterEncoder()) for question in QUESTIONS]
    return {(query.text, hit.passage.id): hit.score for query in queries for hit in index.search(query, 100)}


def sizes(index: Index) -> list[int]:
    """The numbers of rows of the segments."""
    return [segment["rows"] for segment in index.manifest["segments"]]


@given(
    st.lists(
        st.tuples(st.sampled_from("abcde"), st.integers(0, 9), st.integers(0, 4), st.booleans()), min_size=1, max_size=8
    )
)
@settings(max_examples=20, deadline=None, phases=(Phase.explicit, Phase.reuse, Phase.generate))
def test_any_updates_leave_an_index_that_answers_like_one_made_at_once(
    tmp_path_factory: pytest.TempPathFactory, steps: Sequence[tuple[str, int, int, bool]]
) -> None:
    folder = tmp_path_factory.mktemp("steps")
    index, documents = None, dict[str, Entry]()
    for name, number, passages, is_removed in steps:
        if is_removed and index is not None and name in documents:
            index = write(folder, old=index, removed=[name])
            del documents[name]
        else:
            documents[name] = document(name, number, passages, language="ja" if number % 3 else "en")
            index = write(folder, documents[name], old=index)
    assert index is not None
    assert verify(folder) == []
    at_once = write(tmp_path_factory.mktemp("at_once"), *documents.values())
    assert scores(index) == pytest.approx(scores(at_once), abs=1e-5)
    assert index.manifest["groups"] == at_once.manifest["groups"]
    for name, one in documents.items():
        assert index.passages_of(name) == list(one.passages)
        assert index.body_of(name) == one.body
    for tokens in (WORDS, ["unicorn"]):
        assert index.words.idf(tokens) == pytest.approx(at_once.words.idf(tokens))
        assert index.words.knows(tokens).tolist() == at_once.words.knows(tokens).tolist()


def test_a_small_addition_leaves_the_large_segment_as_it_is(tmp_path: Path) -> None:
    first = write(tmp_path, document("large", 1, 20))
    path = snapshot_path(tmp_path, first.snapshot_name)
    before = {file: file.stat().st_mtime_ns for file in path.rglob("*")}
    second = write(tmp_path, document("small", 2, 2), old=first)
    assert sizes(second) == [20, 2]
    third = write(tmp_path, document("other", 3, 3), old=second)
    assert sizes(third) == [20, 5]
    assert {file: file.stat().st_mtime_ns for file in path.rglob("*")} == before


def test_the_folder_of_a_segment_stays_while_a_snapshot_names_it(tmp_path: Path) -> None:
    newest = write(tmp_path, document("large", 1, 20))
    first = newest.snapshot_name
    for number in range(5):
        newest = write(tmp_path, document("small", number, 1), old=newest)
        assert snapshot_path(tmp_path, first).is_dir()
    assert len(list((tmp_path / "generations").iterdir())) <= 4
    newest = write(tmp_path, document("huge", 7, 60), old=newest)
    newest = write(tmp_path, document("small", 7, 1), old=newest)
    assert not snapshot_path(tmp_path, first).exists()


def test_a_removed_document_is_gone_at_once_and_its_rows_when_most_of_the_segment_is(tmp_path: Path) -> None:
    index = write(tmp_path, *(document(str(number), number, 4) for number in range(5)))
    index = write(tmp_path, old=index, removed=["0"])
    assert (sizes(index), index.manifest["passages"], index.row_count) == ([20], 16, 20)
    assert not any(hit.passage.document_id == "0" for hit in index.search(index.query("salt", LetterEncoder()), 50))
    index = write(tmp_path, old=index, removed=["1", "2"])
    assert (sizes(index), index.manifest["passages"]) == ([8], 8)


def test_an_update_that_merges_encodes_nothing_again(tmp_path: Path) -> None:
    index = write(tmp_path, document("a", 1, 4))
    encoder = LetterEncoder()
    index = write(tmp_path, document("b", 2, 5), old=index, encoder=encoder)
    assert sizes(index) == [9]
    assert len(set(encoder.encoded)) == 5


def test_all_documents_can_be_removed_and_others_added(tmp_path: Path) -> None:
    index = write(tmp_path, document("a", 1, 4))
    index = write(tmp_path, old=index, removed=["a"])
    assert index.search(index.query("salt", LetterEncoder()), 5) == []
    index = write(tmp_path, document("b", 2, 3), old=index)
    assert len(index.search(index.query("salt", LetterEncoder()), 5)) == 3


def test_a_snapshot_that_was_open_before_a_merge_answers_as_before(tmp_path: Path) -> None:
    first = write(tmp_path, document("a", 1, 4))
    before = scores(first)
    newest = first
    for number in range(4):
        newest = write(tmp_path, document(f"b{number}", number, 8), old=newest, removed=["a"])
    assert scores(first) == before


@pytest.mark.parametrize("dies_at", ["_write_manifest", "_sync_tree", "write_whole"])
def test_a_writer_that_dies_leaves_the_old_segments_whole_and_its_remains_to_the_next(
    dies_at: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = write(tmp_path, document("large", 1, 20))
    second = write(tmp_path, document("small", 2, 3), old=first)
    before = scores(second)

    def die(*_: object, **__: object) -> None:
        raise SystemExit

    with monkeypatch.context() as patch:
        patch.setattr(snapshots, dies_at, die)
        patch.setattr("shutil.rmtree", lambda *_, **__: None)  # a killed process clears nothing away
        with pytest.raises(SystemExit):
            write(tmp_path, document("lost", 3, 2), old=second, removed=["large"])
    assert scores(open_index(tmp_path)) == before
    assert verify(tmp_path) == []
    third = write(tmp_path, document("kept", 4, 1), old=open_index(tmp_path))
    assert list(third.documents) == ["large", "small", "kept"]
    assert len(list((tmp_path / "generations").iterdir())) == 3


@pytest.mark.parametrize(
    ("rows", "live", "added", "kept"),
    [
        ([], [], 5, []),
        ([100], [100], 5, [0]),
        ([100], [100], 51, []),
        ([100, 10], [100, 10], 5, [0, 1]),
        ([100, 10], [100, 10], 6, [0]),
        ([100, 40], [100, 40], 30, []),
        ([100, 30], [49, 30], 1, []),
        ([100, 30], [100, 14], 0, [0]),
        ([100, 30], [100, 30], 0, [0, 1]),
        ([100, 400, 300], [49, 400, 300], 0, [1, 2]),
        ([4000, 4000], [4000, 4000], 200, [0, 1]),
        ([5000, 4000], [5000, 4000], 3000, [0]),
        ([9000], [4400], 10, []),
    ],
)
def test_segments_are_merged_while_they_are_less_than_twice_what_follows_and_not_too_large(
    rows: list[int], live: list[int], added: int, kept: list[int]
) -> None:
    assert kept_segments(rows, live, added) == kept


def test_adding_one_by_one_writes_each_row_a_few_times() -> None:
    rows: list[int] = []
    written = 0
    for _ in range(2000):
        kept = [rows[place] for place in kept_segments(rows, rows, 1)]
        rows = [*kept, sum(rows) - sum(kept) + 1]
        written += rows[-1]
    assert len(rows) <= np.log2(2000) + 1
    assert written / 2000 < 2 * np.log2(2000)
