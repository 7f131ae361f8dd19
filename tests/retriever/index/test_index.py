"""The index as readers see it: what was saved comes back, in order, whole, while writers go on."""

import tempfile
import threading
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from retriever.index import segment_files, segments
from retriever.index.open import check_encoder, open_index
from retriever.index.search import Index
from retriever.index.segment_files import passage_to_json
from retriever.index.segments import passage_from_json
from retriever.index.snapshots import IndexFolderError, IndexMissingError
from retriever.types import Cell, Cites, Passage
from tests.retriever.letters import LetterEncoder, entry, letter_vectors, write

TEXT = st.text(st.characters(codec="utf-8"), min_size=1, max_size=30)
OFFSET = st.integers(0, 50)
OFFSETS = st.tuples(st.integers(0, 50), st.integers(1, 50))
PASSAGES = st.builds(
    Passage,
    id=TEXT,
    document_id=TEXT,
    text=TEXT,
    start=st.integers(0, 10**7),
    end=st.integers(0, 10**7),
    section=st.just("") | TEXT,
    page=st.none() | st.integers(1, 999),
    page_starts=st.lists(OFFSETS, max_size=3).map(tuple),
    kind=st.sampled_from(["paragraph", "table_row", "entry"]),
    language=st.sampled_from(["ja", "en", "zh", "ko"]),
    context=st.just("") | TEXT,
    url=st.none() | TEXT,
    sentences=st.lists(OFFSETS, max_size=3).map(tuple),
    cites=st.lists(st.builds(Cites, OFFSET, OFFSET, st.tuples(OFFSET)), max_size=2).map(tuple),
    cells=st.lists(st.builds(Cell, st.just("") | TEXT, OFFSET, OFFSET), max_size=2).map(tuple),
)


@given(PASSAGES)
@settings(suppress_health_check=[HealthCheck.too_slow])
def test_a_passage_comes_back_from_json(passage: Passage) -> None:
    assert passage_from_json(passage_to_json(passage)) == passage


@given(st.lists(st.lists(TEXT, max_size=3), max_size=4))
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_what_is_saved_comes_back(texts: list[list[str]]) -> None:
    entries = [entry(f"document {number}", *group) for number, group in enumerate(texts)]
    with tempfile.TemporaryDirectory() as folder:
        index = write(Path(folder), *entries)
        assert list(index.documents) == [one.record.id for one in entries]
        assert index.manifest["passages"] == sum(map(len, texts))
        for one in entries:
            assert index.passages_of(one.record.id) == list(one.passages)
            assert index.body_of(one.record.id) == one.body
            record = index.documents[one.record.id]
            rows = np.arange(record.first, record.first + record.count)
            if len(rows):
                expected = letter_vectors([passage.text for passage in one.passages])
                assert index.stored.vectors(rows) == pytest.approx(expected)
            assert [len(index.sentences_of(int(row))) for row in rows] == [1] * len(rows)
        del index


def test_a_search_ranks_by_letters_in_common(tmp_path: Path) -> None:
    index = write(tmp_path, entry("a", "salt sand sea", "wind and sky"), entry("b", "dust"))
    hits = index.search(index.query("sea salt", LetterEncoder()), 2)
    assert hits[0].passage.id == "a:1"
    assert [hit.rank for hit in hits] == [1, 2]
    assert index.passage(hits[0].row) == hits[0].passage


def test_the_manifest_says_what_the_index_was_made_with(tmp_path: Path) -> None:
    manifest = write(tmp_path, entry("a", "salt", language="en"), entry("b", "塩", language="ja")).manifest
    assert {key: manifest[key] for key in ("format", "encoder", "dimension", "passage_rules", "documents")} == {
        "format": 2, "encoder": "letters", "dimension": 64, "passage_rules": "made", "documents": 2,
    }  # fmt: skip
    assert (manifest["passages"], manifest["store"]) == (2, "faiss")
    assert manifest["groups"] == [["en", "text"], ["ja", "text"]]


def test_an_index_of_another_encoder_is_refused_with_the_way_out(tmp_path: Path) -> None:
    index = write(tmp_path, entry("a", "salt"))
    check_encoder(index, "letters")
    with pytest.raises(
        IndexFolderError, match="was built with the encoder 'letters', not 'other'; use --encoder letters"
    ):
        write(tmp_path, entry("b", "sand"), encoder=LetterEncoder("other"), old=index)
    assert list(open_index(tmp_path).documents) == ["a"]


def test_an_unknown_document_has_no_passages_and_no_body(tmp_path: Path) -> None:
    index = write(tmp_path, entry("a", "salt"))
    assert index.passages_of("b") == []
    with pytest.raises(KeyError):
        index.body_of("b")


def test_no_index_is_told_from_a_damaged_one(tmp_path: Path) -> None:
    with pytest.raises(IndexMissingError, match="make one with: tenkyo ingest SOURCE"):
        open_index(tmp_path / "none")


def test_a_chinese_question_over_japanese_text_is_encoded_in_japanese_characters(tmp_path: Path) -> None:
    japanese = write(tmp_path / "ja", entry("a", "塩", language="ja"))
    both = write(tmp_path / "both", entry("a", "塩", language="ja"), entry("b", "盐", language="zh"))
    encoder = LetterEncoder()
    assert (
        japanese.query("钓鱼岛在哪里", encoder).vector.tolist() != encoder.encode_queries(["钓鱼岛在哪里"])[0].tolist()
    )
    assert both.query("钓鱼岛在哪里", encoder).vector.tolist() == encoder.encode_queries(["钓鱼岛在哪里"])[0].tolist()


def test_a_reader_that_writers_overtake_while_it_opens_gets_the_newest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path, entry("first", "alpha"))
    real = segment_files.load_vectors
    overtaken: list[Path] = []

    def load_after_two_writers(path: Path) -> segments.Dense:
        if not overtaken:
            overtaken.append(path)
            second = write(tmp_path, entry("second", "beta"), old=open_index(tmp_path))
            write(tmp_path, entry("third", "gamma"), old=second)
            assert not path.exists()
        return real(path)

    monkeypatch.setattr("retriever.index.segment_files.load_vectors", load_after_two_writers)
    assert list(open_index(tmp_path).documents) == ["first", "second", "third"]


def test_an_open_index_stays_whole_while_others_replace_it(tmp_path: Path) -> None:
    first = write(tmp_path, entry("a", "salt and sand", "wind and sky"))
    found = ids(first, "salt")
    newest = first
    for number in range(3):
        newest = write(tmp_path, entry(f"new {number}", f"salt number {number}"), old=newest, removed=["a"])
    assert not (tmp_path / "generations" / first.snapshot_name).exists()
    assert ids(first, "salt") == found
    assert [passage.text for passage in first.passages_of("a")] == ["salt and sand", "wind and sky"]
    assert "a" not in newest.documents


def test_readers_that_open_while_writers_write_see_one_snapshot_each(tmp_path: Path) -> None:
    newest = write(tmp_path, entry("0", "salt 0", "sand 0"))
    wrong: list[object] = []
    over = threading.Event()

    def read() -> None:
        while not over.is_set():
            try:
                index = open_index(tmp_path)
                (name,) = index.documents
                if sorted(ids(index, "salt sand")) != [f"{name}:1", f"{name}:2"]:
                    wrong.append((index.snapshot_name, ids(index, "salt sand")))
            except Exception as error:
                wrong.append(error)

    threads = [threading.Thread(target=read) for _ in range(2)]
    for thread in threads:
        thread.start()
    for number in range(1, 9):
        newest = write(
            tmp_path, entry(str(number), f"salt {number}", f"sand {number}"), old=newest, removed=[str(number - 1)]
        )
    over.set()
    for thread in threads:
        thread.join()
    assert wrong == []


def ids(index: Index, question: str, k: int = 10) -> list[str]:
    """The ids of the passages found for a question."""
    return [hit.passage.id for hit in index.search(index.query(question, LetterEncoder()), k)]


def test_an_index_within_some_documents_finds_their_passages_only_and_weighs_words_as_before(tmp_path: Path) -> None:
    index = write(tmp_path, entry("a", "salt and sand"), entry("b", "salt"), entry("c", "sand"))
    query = index.query("salt", LetterEncoder())
    whole = {hit.passage.document_id: hit.score for hit in index.search(query, 3)}
    inside = index.within(["a", "c"]).search(query, 3)
    assert {hit.passage.document_id for hit in inside} == {"a", "c"}
    assert all(hit.score == whole[hit.passage.document_id] for hit in inside)
    assert [hit.rank for hit in inside] == [1, 2]
