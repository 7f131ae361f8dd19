"""What a store promises (retriever/store.py), asked of each implementation, and of each against FAISS files."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from retriever.index import changes
from retriever.index.open import open_index
from retriever.index.search import Index
from retriever.index.snapshots import IndexFolderError
from retriever.index.verify import faults_of, verify
from retriever.lexical.bm25 import hash_tokens
from retriever.store import LEXICAL, StoreAwayError
from retriever.types import TenkyoError
from tests.retriever.letters import LetterEncoder, entry, letter_vectors, write

QUESTIONS = ("salt and sand", "sea wind", "the sun", "塩の道", "unicorn", "Trump in Colombia")
TEXTS = (
    ("salt and sand", "sea wind and salt", "wind and sky", "salt"),
    ("the sun over the sea", "bird and bird and bird"),
    ("salt and sand", "dust", "トランプ大統領はコロンビアに行った。"),
)

Make = Callable[[str], str]


@pytest.fixture(params=["faiss", "milvus-lite"])
def make_store(request: pytest.FixtureRequest, tmp_path: Path) -> Make:
    """Gives the address of a new store of each kind."""
    if request.param == "milvus-lite":
        pytest.importorskip("milvus_lite", reason="milvus-lite is not installed: pip install 'tenkyo[milvus]'")
    return lambda name: "faiss" if request.param == "faiss" else f"milvus-lite://{tmp_path}/{name}.db"


def made(folder: Path, store: str) -> Index:
    """An index of three documents, the last in Japanese."""
    entries = [entry(str(number), *texts, language="ja" if number == 2 else "en") for number, texts in enumerate(TEXTS)]
    return write(folder, *entries, store=store)


def scores(index: Index) -> dict[tuple[str, str], float]:
    """The score of each passage for each question."""
    queries = [index.query(question, LetterEncoder()) for question in QUESTIONS]
    return {(query.text, hit.passage.id): hit.score for query in queries for hit in index.search(query, 100)}


def test_the_same_passages_have_the_same_scores(make_store: Make, tmp_path: Path) -> None:
    index, files = made(tmp_path / "index", make_store("one")), made(tmp_path / "files", "faiss")
    assert scores(index) == pytest.approx(scores(files), abs=1e-5)
    assert verify(tmp_path / "index") == []


def test_rows_give_back_what_was_written(make_store: Make, tmp_path: Path) -> None:
    index = made(tmp_path / "index", make_store("one"))
    rows = np.array([8, 0, 3])
    assert index.stored.vectors(rows) == pytest.approx(
        letter_vectors([index.passage(row).text for row in rows]), abs=1e-6
    )
    vectors, lengths = index.stored.sentences(rows)
    assert lengths.tolist() == [1, 1, 1]
    assert vectors == pytest.approx(index.stored.vectors(rows), abs=1e-3)
    for name, lexical in LEXICAL.items():
        flat, lengths = index.stored.postings[name].tokens(rows)
        expected = [hash_tokens(lexical.tokenizer(index.passage(row).searchable)) for row in rows]
        assert flat.tolist() == np.concatenate(expected).tolist()
        assert lengths.tolist() == [len(tokens) for tokens in expected]


def test_no_rows_are_asked_for_and_none_come(make_store: Make, tmp_path: Path) -> None:
    index, none = made(tmp_path / "index", make_store("one")), np.zeros(0, np.int64)
    assert index.stored.passages([]) == []
    assert index.stored.vectors(none).shape[0] == 0
    assert index.stored.sentences(none)[0].shape[0] == 0
    words = index.stored.postings["words"]
    assert words.tokens(none)[1].tolist() == []
    assert words.first(np.zeros(0, np.uint64), np.zeros(0, np.float32), 5).tolist() == []
    assert words.scores(np.zeros(0, np.uint64), np.zeros(0, np.float32), np.array([0, 1])).tolist() == [0, 0]


def test_postings_count_and_find_the_rows_of_a_token(make_store: Make, tmp_path: Path) -> None:
    words = made(tmp_path / "index", make_store("one")).stored.postings["words"]
    hashes = hash_tokens(["salt", "unicorn", "bird"])
    assert words.frequencies(hashes).tolist() == [4, 0, 1]
    assert [rows.tolist() for rows in words.holding(hashes)] == [[0, 1, 3, 6], [], [5]]
    weights = np.array([1, 1, 0.5], np.float32)
    sums = words.scores(hashes, weights, np.arange(9))
    assert (sums > 0).tolist() == [True, True, False, True, False, True, True, False, False]
    assert sums[3] > sums[1]
    assert sorted(words.first(hashes, weights, 2).tolist()) == sorted(np.argsort(-sums, kind="stable")[:2].tolist())


def test_an_update_is_seen_as_a_whole_and_an_open_snapshot_does_not_see_it(
    make_store: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(changes, "_SMALL", 0)
    folder, files = tmp_path / "index", tmp_path / "files"
    first = made(folder, make_store("one"))
    before = scores(first)
    added = [entry("0", "salt and wind"), entry("new", "sand", "the bird of the sea")]
    second = write(folder, *added, old=first, removed=["1"])
    assert scores(first) == before
    write(files, entry("0", "salt and wind"), entry("2", *TEXTS[2], language="ja"), added[1])
    assert scores(second) == pytest.approx(scores(open_index(files)), abs=1e-5)
    assert second.words.knows(["bird", "sun", "sky"]).tolist() == [True, False, False]
    third = write(folder, old=second, removed=["new"])
    assert scores(third).keys() < scores(second).keys()
    assert third.words.knows(["bird"]).tolist() == [False]


def test_a_writer_that_was_interrupted_leaves_the_old_state_and_the_next_one_replaces_its_rows(
    make_store: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "index"
    first = made(folder, make_store("one"))
    before = scores(first)
    with monkeypatch.context() as patch:
        patch.setattr("retriever.index.snapshots._write_manifest", interrupt)
        with pytest.raises(KeyboardInterrupt):
            write(folder, entry("lost", "salt and salt and salt", "sand"), old=first)
    assert scores(open_index(folder)) == before
    second = write(folder, entry("kept", "dust and dust"), old=open_index(folder))
    assert "lost:1" not in {passage for _, passage in scores(second)}
    assert [passage.text for passage in second.passages_of("kept")] == ["dust and dust"]
    assert verify(folder) == []


def test_rows_that_the_engine_has_lost_are_told_by_verify_and_by_a_question(tmp_path: Path) -> None:
    pytest.importorskip("milvus_lite", reason="milvus-lite is not installed: pip install 'tenkyo[milvus]'")
    from retriever.index.milvus_client import connect

    folder = tmp_path / "index"
    first = made(folder, f"milvus-lite://{tmp_path}/one.db")
    connect(first.store.address).delete(f"place == {(1 << 32) + 1}")
    assert faults_of(first) == ["9 passages, but the store holds 8"]
    with pytest.raises(StoreAwayError, match="lacks 1 passages of this snapshot"):
        open_index(folder)


def interrupt(*_: object) -> None:
    """Stop as Ctrl-C does."""
    raise KeyboardInterrupt


def test_a_segment_that_is_written_twice_has_each_row_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("milvus_lite", reason="milvus-lite is not installed: pip install 'tenkyo[milvus]'")
    from retriever.index.milvus_client import Client, connect

    first = made(tmp_path / "index", f"milvus-lite://{tmp_path}/one.db")
    client, added = connect(first.store.address), entry("new", "dust and dust", "sky")
    for _ in range(2):
        with monkeypatch.context() as patch:
            patch.setattr("retriever.index.snapshots._write_manifest", interrupt)
            patch.setattr(Client, "delete", lambda *_: None)
            with pytest.raises(KeyboardInterrupt):
                write(tmp_path / "index", added, old=first)
        written = client.query([(2 << 32) + row for row in range(50)], ["id", "place", "course"])
        assert len({row["id"] for row in written}) == len(written) == 11
        assert {row["course"] for row in written} == {first.store.address.rpartition("/")[2]}


def test_a_collection_that_another_machine_makes_at_the_same_moment_is_shared(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("milvus_lite", reason="milvus-lite is not installed: pip install 'tenkyo[milvus]'")
    from retriever.index.milvus_client import Client

    store = f"milvus-lite://{tmp_path}/one.db"
    made(tmp_path / "one", store)
    seen, exists = list[str](), Client.exists

    def exists_late(client: Client) -> bool:
        seen.append(client.address)
        return seen.count(client.address) > 1 and exists(client)

    monkeypatch.setattr(Client, "exists", exists_late)
    other = made(tmp_path / "other", store)
    assert scores(other) == scores(open_index(tmp_path / "one"))


def test_two_indexes_share_an_engine(make_store: Make, tmp_path: Path) -> None:
    store = make_store("shared")
    one = write(tmp_path / "one", entry("a", "salt"), store=store)
    other = write(tmp_path / "other", entry("b", "salt"), store=store)
    assert {passage for _, passage in scores(one)} == {"a:1"}
    assert {passage for _, passage in scores(other)} == {"b:1"}


def test_an_index_is_not_opened_in_a_store_of_another_kind(make_store: Make, tmp_path: Path) -> None:
    store = make_store("one")
    made(tmp_path / "index", store)
    other = "milvus://127.0.0.1:1/default" if store == "faiss" else "faiss"
    with pytest.raises(IndexFolderError, match="keeps its passages in"):
        open_index(tmp_path / "index", other)


@pytest.mark.parametrize("address", ["milvus://", "milvus://host/x", "milvus-lite://x.db", "redis://x:1/y", ""])
def test_an_address_of_no_store_is_an_error_that_names_the_forms(address: str, tmp_path: Path) -> None:
    with pytest.raises(TenkyoError, match="milvus://HOST:PORT/DATABASE"):
        write(tmp_path / "index", entry("a", "salt"), store=address)
