"""Uniting indexes: the same answers as from one ingest, without encoding, whatever ids and stores they have."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from ingest.document import Block, CitedIn, Document, DocumentKind, Reference, hash_bytes
from ingest.fetching import Fetched
from ingest.indexes.merging import merge
from ingest.pdf.facsimile.originals import Originals
from ingest.pipeline import ingest, ingest_documents
from ingest.references.fetch_record import FetchRecord, State
from ingest.references.store import RECORDS_FOLDER, ReferenceStore
from ingest.runs.gather import Shard
from ingest.runs.ingest_plan import Outcome
from retriever.index import build
from retriever.index.open import open_index
from retriever.index.search import Index
from retriever.index.snapshots import IndexMissingError
from retriever.index.verify import verify
from retriever.types import TenkyoError
from tests.ingest.made_pdfs import essay
from tests.ingest.runs.test_batches import many
from tests.retriever.letters import LetterEncoder, NoProgress, entry, write

pytestmark = pytest.mark.usefixtures("letters")


@pytest.fixture(autouse=True)
def _hashes_of_files(monkeypatch: pytest.MonkeyPatch) -> None:
    """Documents made in memory have the hash of their text, as if it were a file."""
    monkeypatch.setattr("ingest.pipeline.hash_document", lambda document: hash_bytes(document.text.encode()))


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


def indexed(folder: Path, *documents: Document) -> Path:
    """An index of these documents."""
    ingest_documents(folder, documents, progress=NoProgress())
    return folder


def document(document_id: str, text: str, source: str = "", kind: DocumentKind = "document", **fields: Any) -> Document:
    """A document of one paragraph; the id is its source, unless there is one."""
    blocks = (Block("paragraph", text),)
    return Document(document_id, document_id, source or f"/{document_id}", blocks, kind=kind, **fields)


def texts_of(folder: Path) -> dict[str, str]:
    """The text of each document, by its source."""
    index = open_index(folder)
    return {record.source: index.passages_of(name)[0].text for name, record in index.documents.items()}


@pytest.mark.parametrize("first", ["a.txt", "z.txt"])
def test_content_that_moved_to_another_file_stays(tmp_path: Path, first: str) -> None:
    indexed(tmp_path / "index", document("n.txt", "Salt."))
    moved = [document("n.txt", "Sand."), document(first, "Salt.")]
    shard = indexed(tmp_path / "shard", *sorted(moved, key=lambda document: document.id))
    outcomes = {outcome.name: outcome.state for outcome in united(tmp_path / "index", shard)}
    assert outcomes == {"n.txt": "updated", first: "added"}
    assert texts_of(tmp_path / "index") == {"/n.txt": "Sand.", f"/{first}": "Salt."}


def test_files_that_swapped_their_contents_stay_two(tmp_path: Path) -> None:
    indexed(tmp_path / "index", document("a", "Salt."), document("b", "Sand."))
    united(tmp_path / "index", indexed(tmp_path / "shard", document("a", "Sand."), document("b", "Salt.")))
    assert texts_of(tmp_path / "index") == {"/a": "Sand.", "/b": "Salt."}


def test_a_document_replaces_that_of_its_source_whatever_its_id_is(tmp_path: Path) -> None:
    indexed(tmp_path / "index", document("a", "Salt.", "/x/a"))
    shard = indexed(tmp_path / "shard", document("a", "Sand.", "/y/a"), document("a-1", "Wind.", "/x/a"))
    outcomes = united(tmp_path / "index", shard)
    assert [outcome.state for outcome in outcomes] == ["added", "updated"]
    assert texts_of(tmp_path / "index") == {"/x/a": "Wind.", "/y/a": "Sand."}
    assert open_index(tmp_path / "index").documents["a"].source == "/x/a"
    assert {outcome.state for outcome in united(tmp_path / "index", shard)} == {"unchanged"}


def test_lines_of_one_file_stay_documents_of_their_own(tmp_path: Path) -> None:
    shards = [
        indexed(tmp_path / name, document(name, f"Salt {name}.", "/s.jsonl"), document("c", "Sand.", "/s.jsonl"))
        for name in "ab"
    ]
    assert [outcome.state for outcome in united(tmp_path / "index", *shards)] == ["added"] * 2 + ["added", "unchanged"]
    assert list(open_index(tmp_path / "index").documents) == ["a", "c", "b"]


def test_of_two_versions_the_later_one_is_taken(tmp_path: Path) -> None:
    shards = [indexed(tmp_path / text, document("a", text)) for text in ("Salt", "Sand")]
    outcomes = united(tmp_path / "index", *shards)
    assert [(outcome.state, outcome.reason) for outcome in outcomes] == [("skipped", "replaced"), ("added", "")]
    assert texts_of(tmp_path / "index") == {"/a": "Sand"}


def citing(folder: Path) -> dict[str, set[tuple[str, str]]]:
    """Where each cited work is cited."""
    index = open_index(folder)
    works = [name for name, record in index.documents.items() if record.kind == "reference"]
    return {name: {(place["document_id"], place["key"]) for place in index.body_of(name)["cited_in"]} for name in works}


@pytest.mark.parametrize("text_of_second", ["A work.", "The work, fetched again."])
def test_a_work_that_papers_of_several_indexes_cite_is_cited_in_all(tmp_path: Path, text_of_second: str) -> None:
    shards = [
        indexed(
            tmp_path / name,
            document(name, f"Salt of {name}."),
            document("ref", text, kind="reference", cited_in=(CitedIn(name, key), CitedIn("gone", "9"))),
        )
        for name, key, text in (("x", "1", "A work."), ("y", "2", text_of_second))
    ]
    united(tmp_path / "index", *shards)
    assert citing(tmp_path / "index") == {"ref": {("x", "1"), ("y", "2")}}
    for shard in shards:
        united(tmp_path / "one by one", shard)
    assert citing(tmp_path / "one by one") == {"ref": {("x", "1"), ("y", "2")}}
    assert united(tmp_path / "index", *shards)[-1].state == "unchanged"


def test_a_work_stays_cited_by_a_paper_that_is_there_under_another_id(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    work = document("ref", "A work.", kind="reference", cited_in=(CitedIn("copy", "1"),))
    shard = indexed(tmp_path / "shard", document("copy", "Salt."), work)
    indexed(tmp_path / "index", document("paper", "Salt."))
    united(tmp_path / "index", shard)
    assert citing(tmp_path / "index") == {"ref": {("paper", "1")}}
    indexed(tmp_path / "other", document("copy", "Wind.", "/other"))  # the paper gets a longer id
    monkeypatch.setattr("ingest.indexes.merging._PASSAGES", 1)
    interrupted_after_one(tmp_path / "other", shard, monkeypatch=monkeypatch)
    assert {outcome.state for outcome in united(tmp_path / "other", shard)} == {"unchanged", "added"}
    (renamed,) = (name for name in open_index(tmp_path / "other").documents if name.startswith("copy-"))
    assert citing(tmp_path / "other") == {"ref": {(renamed, "1")}}


def fetched(folder: Path, record: FetchRecord, page: bytes = b"", waiting: Document | None = None) -> Path:
    """The index with a record of a fetched work, its page and a text that waits."""
    store = ReferenceStore(folder)
    with store.fetching():
        if page:
            got = Fetched(record.url, record.url, 200, page, "pdf")
            record = replace(record, file=store.keep_page(got, record.fetched_at).name)
        store.keep(record, waiting)
    return folder


def records_of(folder: Path) -> dict[tuple[str, str], tuple[str, str]]:
    """State and document of each record, by the document that lists the work and its key there."""
    records = ReferenceStore(folder).records()
    return {(record.listed_in, record.key): (record.state, record.document_id) for record in records}


def test_records_of_fetched_works_come_along_with_pages_and_waiting_texts(tmp_path: Path) -> None:
    work = document("ref", "A work.", kind="reference", cited_in=(CitedIn("copy", "1"),))
    shard = indexed(tmp_path / "shard", document("copy", "Salt."), work)
    url = "https://example.org/work.pdf"
    fetched(
        shard, FetchRecord("copy", "1", "fetched", url=url, document_id="ref", fetched_at="2026-01-02"), b"%PDF-1.7"
    )
    fetched(shard, FetchRecord("copy", "2", "abstract-only"), waiting=document("text", "An abstract."))
    fetched(shard, FetchRecord("copy", "3", "unreachable", fetched_at="2026-03-01"))
    fetched(shard, FetchRecord("nobody", "1", "dead"))
    index = indexed(tmp_path / "index", document("paper", "Salt."), document("ref", "Another text.", "/other"))
    fetched(index, FetchRecord("paper", "3", "fetched", fetched_at="2026-01-01"))
    for _ in range(2):
        united(index, shard)
        (renamed,) = (name for name in open_index(index).documents if name.startswith("ref-"))
        assert records_of(index) == {
            ("paper", "1"): ("fetched", renamed),
            ("paper", "2"): ("abstract-only", ""),
            ("paper", "3"): ("fetched", ""),
        }
    store = ReferenceStore(index)
    pdf = store.fetched_pdf(renamed)
    assert pdf is not None
    assert pdf.read_bytes() == b"%PDF-1.7"
    (waiting,) = filter(None, map(store.waiting_text, store.records()))
    assert waiting.text == "An abstract."


def test_the_later_of_two_records_counts_and_a_damaged_one_is_told(tmp_path: Path) -> None:
    states: dict[str, State] = {"2026-02-02": "dead", "2026-01-01": "unreachable"}
    shards = [
        fetched(indexed(tmp_path / day, document("paper", "Salt.")), FetchRecord("paper", "1", state, fetched_at=day))
        for day, state in states.items()
    ]
    (shards[0] / RECORDS_FOLDER / "torn.json").write_bytes(b"{")
    outcomes = united(tmp_path / "index", *shards)
    assert records_of(tmp_path / "index") == {("paper", "1"): ("dead", "")}
    assert [(outcome.state, Path(outcome.name).name) for outcome in outcomes if outcome.reason == "damaged"] == [
        ("skipped", "torn.json")
    ]


def interrupted_after_one(folder: Path, *shards: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A merge that ends when its second update begins."""
    real, calls = build.update, list[str]()

    def once(*arguments: Any, **options: Any) -> object:
        calls.append("update")
        if len(calls) > 1:
            raise KeyboardInterrupt
        return real(*arguments, **options)

    with monkeypatch.context() as patch:
        patch.setattr("retriever.index.build.update", once)
        with pytest.raises(KeyboardInterrupt):
            united(folder, *shards)


def test_the_bundled_paper_steps_aside_for_documents_of_the_users_own(tmp_path: Path) -> None:
    def bundle(name: str) -> Path:
        digest = document("digest", "A digest.", "corpus/digest.md", "digest", digest_of="On Salt")
        works = tuple(Reference(number, str(number), ("Kelp",), f"Tides {number}") for number in range(3))
        listing = document("works", "A list.", "corpus/works.json", "references", references=works)
        listing = replace(listing, blocks=tuple(Block("entry", work.title) for work in works))
        return indexed(tmp_path / name, digest, listing)

    own = indexed(tmp_path / "own", document("a", "Sand."))
    outcomes = united(bundle("index"), own)
    assert [(outcome.state, outcome.name) for outcome in outcomes] == [
        ("added", "a"),
        ("removed", "digest"),
        ("removed", "works"),
    ]
    assert list(open_index(tmp_path / "index").documents) == ["a"]
    united(own, bundle("other"))
    assert list(open_index(own).documents) == ["a"]
    united(tmp_path / "third", bundle("another"))
    assert list(open_index(tmp_path / "third").documents) == ["digest", "works"]


def test_pdfs_are_copied_before_documents_refer_to_them_and_leave_with_these(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, pages in (("index", 1), ("shard", 2)):
        ingest(tmp_path / name, [str(essay(tmp_path / "a.pdf", pages))], progress=NoProgress())
    real = build.update

    def looking(*arguments: Any, **options: Any) -> object:
        assert all(Originals(tmp_path / "index").find(entry.record.content_hash) for entry in options["entries"])
        return real(*arguments, **options)

    monkeypatch.setattr("retriever.index.build.update", looking)
    assert [outcome.state for outcome in united(tmp_path / "index", tmp_path / "shard")] == ["updated"]
    (record,) = open_index(tmp_path / "index").documents.values()
    assert [path.stem for path in Originals(tmp_path / "index").files()] == [record.content_hash]


def test_an_interrupted_merge_leaves_the_old_index_and_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shards = [tmp_path / name for name in "ab"]
    for number, shard in enumerate(shards):
        (tmp_path / f"{number}.txt").write_text(f"Salt {number}.", encoding="utf-8")
        ingest(shard, [str(tmp_path / f"{number}.txt")], progress=NoProgress())
    monkeypatch.setattr("ingest.indexes.merging._PASSAGES", 1)
    interrupted_after_one(tmp_path / "index", *shards, monkeypatch=monkeypatch)
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
    monkeypatch.setattr("ingest.runs.batches._DOCUMENTS", 3)
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
