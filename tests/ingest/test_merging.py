"""Uniting indexes: the same answers as from one ingest, without encoding, whatever ids and stores they have."""

from pathlib import Path

import pytest

from ingest.document import Block, CitedIn, Document
from ingest.merging import merge
from ingest.pipeline import ingest, ingest_documents
from ingest.sources.gather import Shard
from ingest.sources.ingest_plan import Outcome
from retriever.index import build
from retriever.index.open import Index, open_index
from retriever.index.snapshots import IndexMissingError
from retriever.index.verify import verify
from retriever.types import TenkyoError
from tests.ingest.test_batches import many
from tests.retriever.letters import LetterEncoder, NoProgress, entry, write

pytestmark = pytest.mark.usefixtures("letters")


def united(folder: Path, *sources: Path, store: str | None = None) -> list[Outcome]:
    """Merge, quietly."""
    return merge(folder, sources, store=store, progress=NoProgress())


def scores(index: Index) -> dict[tuple[str, str], float]:
    """The score of each passage for some questions."""
    queries = [index.query(question, LetterEncoder()) for question in ("salt and sand", "the bird", "stone 14")]
    return {(query.text, hit.passage.id): hit.score for query in queries for hit in index.search(query, 200)}


@pytest.mark.parametrize("store", ["faiss", "milvus-lite"])
def test_shards_of_a_folder_make_the_index_of_the_whole_and_encode_nothing(
    store: str, tmp_path: Path, letters: LetterEncoder
) -> None:
    if store == "milvus-lite":
        pytest.importorskip("milvus_lite", reason="milvus-lite is not installed: pip install 'tenkyo[milvus]'")
    source, shards = many(tmp_path / "s", 12), [tmp_path / f"shard-{number}" for number in (1, 2, 3)]
    for number, shard in enumerate(shards, 1):
        ingest(shard, [str(source)], shard=Shard(number, 3), progress=NoProgress())
    ingest(tmp_path / "whole", [str(source)], progress=NoProgress())
    encoded = len(letters.encoded)
    outcomes = united(
        tmp_path / "index", *shards, store=store if store == "faiss" else f"milvus-lite://{tmp_path}/r.db"
    )
    assert {outcome.state for outcome in outcomes} == {"added"}
    assert len(letters.encoded) == encoded
    index = open_index(tmp_path / "index")
    assert scores(index) == pytest.approx(scores(open_index(tmp_path / "whole")), abs=1e-3)
    assert verify(tmp_path / "index") == []
    assert {outcome.state for outcome in united(tmp_path / "index", *shards)} == {"unchanged"}


def test_documents_of_one_id_get_two_and_the_same_content_is_taken_once(tmp_path: Path) -> None:
    for place, text in (("x", "Salt is here."), ("y", "Sand is there."), ("z", "Salt is here.")):
        (tmp_path / place).mkdir()
        (tmp_path / place / "a.txt").write_text(text, encoding="utf-8")
        ingest(tmp_path / f"index {place}", [str(tmp_path / place)], progress=NoProgress())
    outcomes = united(tmp_path / "index", *(tmp_path / f"index {place}" for place in "xyz"))
    assert [(outcome.state, outcome.reason) for outcome in outcomes] == [
        ("added", ""),
        ("added", ""),
        ("skipped", "duplicate"),
    ]
    index = open_index(tmp_path / "index")
    first, second = index.documents
    assert (first, second[:6]) == ("a.txt", "a.txt-")
    (passage,) = index.passages_of(second)
    assert (passage.text, passage.document_id, index.body_of(second)["id"]) == ("Sand is there.", second, second)
    assert passage.id.startswith(f"{second}:")


def test_texts_of_works_stay_with_the_document_that_cites_them_under_its_new_id(tmp_path: Path) -> None:
    for place in "xy":
        paper = Document("paper", "Paper", f"/{place}/paper", (Block("paragraph", f"Salt of {place}."),))
        work = Document(
            f"ref-{place}", "Work", f"/{place}/work", (Block("paragraph", f"Work of {place}."),), kind="reference",
            cited_in=(CitedIn("paper", "1"),),
        )  # fmt: skip
        ingest_documents(tmp_path / place, [paper, work], progress=NoProgress())
    united(tmp_path / "index", tmp_path / "x", tmp_path / "y")
    index = open_index(tmp_path / "index")
    (renamed,) = (name for name in index.documents if name.startswith("paper-"))
    assert index.body_of("ref-x")["cited_in"][0]["document_id"] == "paper"
    assert index.body_of("ref-y")["cited_in"][0]["document_id"] == renamed


def test_an_interrupted_merge_leaves_the_old_index_and_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shards = [tmp_path / name for name in "ab"]
    for number, shard in enumerate(shards):
        (tmp_path / f"{number}.txt").write_text(f"Salt {number}.", encoding="utf-8")
        ingest(shard, [str(tmp_path / f"{number}.txt")], progress=NoProgress())
    monkeypatch.setattr("ingest.merging._PASSAGES", 1)
    written: list[str] = []
    real = build.update

    def once(*arguments: object, **options: object) -> object:
        if written:
            raise KeyboardInterrupt
        written.append("one")
        return real(*arguments, **options)  # type: ignore[arg-type]

    with monkeypatch.context() as patch:
        patch.setattr("retriever.index.build.update", once)
        with pytest.raises(KeyboardInterrupt):
            united(tmp_path / "index", *shards)
    with pytest.raises(IndexMissingError):
        open_index(tmp_path / "index")
    assert [outcome.state for outcome in united(tmp_path / "index", *shards)] == ["unchanged", "added"]
    assert list(open_index(tmp_path / "index").documents) == ["0.txt", "1.txt"]


def test_a_merge_that_writes_nothing_drops_what_an_interrupted_ingest_has_staged(
    tmp_path: Path, letters: LetterEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "b.txt").write_text("Salt.", encoding="utf-8")
    for folder in (tmp_path / "index", tmp_path / "shard"):
        ingest(folder, [str(tmp_path / "b.txt")], progress=NoProgress())
    monkeypatch.setattr("ingest.batches._DOCUMENTS", 3)
    letters.stop_after = len(letters.encoded) + 40
    with pytest.raises(KeyboardInterrupt):
        ingest(tmp_path / "index", [str(many(tmp_path / "s", 9))], progress=NoProgress())
    assert (tmp_path / "index" / "STAGED").exists()
    assert [outcome.state for outcome in united(tmp_path / "index", tmp_path / "shard")] == ["unchanged"]
    assert list(open_index(tmp_path / "index").documents) == ["b.txt"]


def test_indexes_that_do_not_fit_are_refused(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("Salt.", encoding="utf-8")
    ingest(tmp_path / "a", [str(tmp_path / "a.txt")], progress=NoProgress())
    with pytest.raises(TenkyoError, match="cannot be merged into itself"):
        united(tmp_path / "a", tmp_path / "a")
    write(tmp_path / "other", entry("b", "sand"), encoder=LetterEncoder("other"))
    with pytest.raises(TenkyoError, match="was made by another version"):
        united(tmp_path / "a", tmp_path / "other")
    assert list(open_index(tmp_path / "a").documents) == ["a.txt"]
