"""Incremental ingestion: what became of each document, and what it cost in encoding."""

import json
import time
from pathlib import Path

import pytest

from ingest.document import Block, Document, hash_document
from ingest.pipeline import ingest, ingest_documents, remove
from ingest.runs.ingest_plan import IngestPlan, Outcome, summary
from retriever.index.open import open_index
from retriever.index.search import Index
from retriever.index.snapshots import IndexMissingError, current_snapshot
from retriever.types import TenkyoError
from tests.retriever.letters import LetterEncoder, NoProgress

pytestmark = pytest.mark.usefixtures("letters")
FIRST, SECOND, THIRD = (
    f"The {name} paragraph says something of its own. " + f"It is about the {name} thing and nothing else. " * 9
    for name in ("first", "second", "third")
)


def take(folder: Path, *sources: Path) -> dict[str, str]:
    """Ingest; the state of each document or source by its id or the name of its file."""
    return {Path(one.name).name: one.state for one in outcomes_of(folder, *sources)}


def outcomes_of(folder: Path, *sources: Path) -> list[Outcome]:
    """Ingest, with what became of each document."""
    return ingest(folder, [str(source) for source in sources], progress=NoProgress())


def put(path: Path, *paragraphs: str) -> Path:
    """A text file of paragraphs."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n\n".join(paragraphs) + "\n", encoding="utf-8")
    return path


def put_rows(path: Path, **texts: str) -> Path:
    """A .jsonl file of a document for each keyword argument."""
    rows = [{"id": name, "title": name.title(), "text": text} for name, text in texts.items()]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def texts_of(folder: Path) -> dict[str, list[str]]:
    """The first words of every passage in the index, by document, as they stand there."""
    index = open_index(folder)
    return {name: [passage.text[:9].strip() for passage in index.passages_of(name)] for name in index.documents}


def test_an_unchanged_source_costs_no_encoding_and_no_new_snapshot(tmp_path: Path, letters: LetterEncoder) -> None:
    source, folder = put(tmp_path / "s" / "a.txt", FIRST, SECOND), tmp_path / "index"
    assert take(folder, source) == {"a.txt": "added"}
    snapshot, encoded = current_snapshot(folder), len(letters.encoded)
    assert encoded
    assert take(folder, source) == {"a.txt": "unchanged"}
    source.touch()
    assert take(folder, source.parent) == {"a.txt": "unchanged"}
    assert (current_snapshot(folder), len(letters.encoded)) == (snapshot, encoded)


def test_of_a_changed_source_only_the_changed_passages_are_encoded(tmp_path: Path, letters: LetterEncoder) -> None:
    source, folder = put(tmp_path / "a.txt", FIRST, SECOND), tmp_path / "index"
    take(folder, source)
    before = {passage.text[:9]: passage.id for passage in open_index(folder).passages_of("a.txt")}
    letters.encoded.clear()
    put(source, FIRST, THIRD, SECOND)
    assert take(folder, source) == {"a.txt": "updated"}
    assert letters.encoded
    assert not [text for text in letters.encoded if "first" in text or "second" in text]
    assert texts_of(folder) == {"a.txt": ["The first", "The third", "The secon"]}
    after = {passage.text[:9]: passage.id for passage in open_index(folder).passages_of("a.txt")}
    assert {key: after[key] for key in before} == before


def test_an_updated_index_holds_what_a_new_one_would(tmp_path: Path) -> None:
    source, other = put(tmp_path / "s" / "a.txt", FIRST, SECOND), put(tmp_path / "s" / "b.txt", THIRD)
    take(tmp_path / "grown", source)
    take(tmp_path / "grown", other)
    put(source, SECOND, THIRD + " More.")
    take(tmp_path / "grown", source.parent)
    take(tmp_path / "new", source.parent)
    assert same_files(open_index(tmp_path / "grown"), open_index(tmp_path / "new"))


def test_the_same_sources_make_the_same_files_whatever_the_run(tmp_path: Path) -> None:
    source = put(tmp_path / "a.txt", FIRST, SECOND, THIRD)
    take(tmp_path / "one", source)
    take(tmp_path / "two", source)
    assert same_files(open_index(tmp_path / "one"), open_index(tmp_path / "two"))


def same_files(one: Index, other: Index) -> bool:
    """Whether two indexes hold the same bytes in every file."""
    files: dict[str, dict[str, int]] = one.manifest["files"]
    return bool(files) and files == other.manifest["files"]


def test_files_of_one_name_in_two_folders_are_two_documents(tmp_path: Path) -> None:
    folder = tmp_path / "index"
    put(tmp_path / "s" / "x" / "a.txt", FIRST)
    second = put(tmp_path / "s" / "y" / "a.txt", SECOND)
    take(folder, tmp_path / "s")
    (first_id, second_id) = open_index(folder).documents
    assert first_id == "a.txt"
    assert second_id.startswith("a.txt-")
    put(second, THIRD)
    assert take(folder, second) == {second_id: "updated"}
    assert texts_of(folder) == {first_id: ["The first"], second_id: ["The third"]}


def test_the_same_content_twice_is_taken_once(tmp_path: Path) -> None:
    folder = tmp_path / "index"
    put(tmp_path / "s" / "a.txt", FIRST)
    copy = put(tmp_path / "s" / "b.txt", FIRST)
    first, second = outcomes_of(folder, tmp_path / "s")
    assert (first.state, second.state, second.reason) == ("added", "skipped", "duplicate")
    assert second.detail == "the same content as a.txt"
    assert take(folder, tmp_path / "s") == {"a.txt": "unchanged", "b.txt": "skipped"}
    put(copy, FIRST, SECOND)
    assert take(folder, copy) == {"b.txt": "added"}


def test_a_copy_that_is_read_before_its_original_is_the_duplicate(tmp_path: Path) -> None:
    folder = tmp_path / "index"
    put(tmp_path / "s" / "original.txt", FIRST)
    take(folder, tmp_path / "s")
    put(tmp_path / "s" / "a copy.txt", FIRST)
    assert take(folder, tmp_path / "s") == {"a copy.txt": "skipped", "original.txt": "unchanged"}


def test_files_that_change_places_both_stay(tmp_path: Path) -> None:
    folder = tmp_path / "index"
    a, b = put(tmp_path / "s" / "a.txt", FIRST), put(tmp_path / "s" / "b.txt", SECOND)
    take(folder, tmp_path / "s")
    put(a, SECOND)
    put(b, FIRST)
    assert take(folder, tmp_path / "s") == {"a.txt": "updated", "b.txt": "updated"}
    assert texts_of(folder) == {"a.txt": ["The secon"], "b.txt": ["The first"]}


def test_a_source_that_becomes_a_copy_gives_up_its_old_text(tmp_path: Path) -> None:
    folder = tmp_path / "index"
    put(tmp_path / "s" / "a.txt", FIRST)
    b = put(tmp_path / "s" / "b.txt", SECOND)
    take(folder, tmp_path / "s")
    put(b, FIRST)
    states = [(one.state, Path(one.name).name) for one in outcomes_of(folder, tmp_path / "s")]
    assert states == [("unchanged", "a.txt"), ("skipped", "b.txt"), ("removed", "b.txt")]
    assert texts_of(folder) == {"a.txt": ["The first"]}


def test_lines_of_a_jsonl_are_added_changed_and_removed_one_by_one(tmp_path: Path, letters: LetterEncoder) -> None:
    folder, rows = tmp_path / "index", tmp_path / "rows.jsonl"
    assert take(folder, put_rows(rows, a="Alpha text.", b="Beta text.", c="Gamma text.")) == dict.fromkeys(
        "abc", "added"
    )
    letters.encoded.clear()
    put_rows(rows, a="Alpha text.", c="Gamma text, changed.", d="Delta text.")
    expected = {"a": "unchanged", "c": "updated", "d": "added", "b": "removed"}
    assert take(folder, rows) == expected
    assert texts_of(folder) == {"a": ["Alpha tex"], "c": ["Gamma tex"], "d": ["Delta tex"]}
    assert not [text for text in letters.encoded if "Alpha" in text or "Beta" in text]


def test_a_line_under_another_id_is_another_document(tmp_path: Path) -> None:
    folder, rows = tmp_path / "index", tmp_path / "rows.jsonl"
    take(folder, put_rows(rows, a="Alpha text."))
    assert take(folder, put_rows(rows, z="Alpha text.")) == {"z": "added", "a": "removed"}
    assert list(open_index(folder).documents) == ["z"]


def test_a_line_that_moves_to_another_file_moves_with_it(tmp_path: Path) -> None:
    folder, one, two = tmp_path / "index", tmp_path / "s" / "1.jsonl", tmp_path / "s" / "2.jsonl"
    one.parent.mkdir()
    put_rows(one, a="Alpha text.", b="Beta text.")
    put_rows(two, c="Gamma text.")
    take(folder, one.parent)
    put_rows(one, a="Alpha text.")
    put_rows(two, c="Gamma text.", b="Beta text.")
    take(folder, one.parent)
    documents = open_index(folder).documents
    assert {name: Path(record.source).name for name, record in documents.items()} == {
        "a": "1.jsonl",
        "c": "2.jsonl",
        "b": "2.jsonl",
    }


def test_an_id_that_another_file_has_is_skipped_with_its_name(tmp_path: Path) -> None:
    folder = tmp_path / "index"
    put_rows(tmp_path / "1.jsonl", a="Alpha text.")
    put_rows(tmp_path / "2.jsonl", a="Another text.", b="Beta text.")
    outcomes = outcomes_of(folder, tmp_path / "1.jsonl", tmp_path / "2.jsonl")
    assert [(one.name, one.state, one.reason) for one in outcomes] == [
        ("a", "added", ""),
        ("a", "skipped", "id"),
        ("b", "added", ""),
    ]
    assert "1.jsonl" in outcomes[1].detail


def test_wrong_lines_are_skipped_with_their_number_and_the_others_taken(tmp_path: Path) -> None:
    rows = put_rows(tmp_path / "rows.jsonl", a="Alpha text.")
    rows.write_text('{"id": "x"}\n' + rows.read_text(encoding="utf-8"), encoding="utf-8")
    skipped, added = outcomes_of(tmp_path / "index", rows)
    assert skipped.state == "skipped"
    assert skipped.name.endswith("rows.jsonl:1")
    assert (added.state, added.name) == ("added", "a")


def test_a_source_that_has_become_unreadable_keeps_its_last_text(tmp_path: Path) -> None:
    folder, source = tmp_path / "index", put(tmp_path / "a.txt", FIRST)
    take(folder, source)
    source.write_bytes(b"")
    assert take(folder, source) == {"a.txt": "skipped"}
    assert texts_of(folder) == {"a.txt": ["The first"]}


def test_removed_documents_go_and_the_others_stay(tmp_path: Path, letters: LetterEncoder) -> None:
    folder = tmp_path / "index"
    for name, text in (("a.txt", FIRST), ("b.txt", SECOND), ("c.txt", THIRD)):
        put(tmp_path / "s" / name, text)
    take(folder, tmp_path / "s")
    letters.encoded.clear()
    assert [one.name for one in remove(folder, ["b.txt", "b.txt"], progress=NoProgress())] == ["b.txt"]
    assert texts_of(folder) == {"a.txt": ["The first"], "c.txt": ["The third"]}
    assert letters.encoded == []


def test_an_unknown_id_removes_nothing(tmp_path: Path) -> None:
    folder = tmp_path / "index"
    take(folder, put(tmp_path / "a.txt", FIRST))
    with pytest.raises(TenkyoError, match=r"document 'b\.txt' is not in .*; tenkyo documents lists the ids"):
        remove(folder, ["a.txt", "b.txt"], progress=NoProgress())
    assert list(open_index(folder).documents) == ["a.txt"]


def test_an_emptied_index_finds_nothing_and_can_be_filled_again(tmp_path: Path, letters: LetterEncoder) -> None:
    folder, source = tmp_path / "index", put(tmp_path / "a.txt", FIRST)
    take(folder, source)
    remove(folder, ["a.txt"], progress=NoProgress())
    index = open_index(folder)
    assert index.documents == {}
    assert index.search(index.query("the first thing", letters), 5) == []
    assert take(folder, source) == {"a.txt": "added"}
    assert texts_of(folder) == {"a.txt": ["The first"]}


def test_removing_from_no_index_makes_none(tmp_path: Path) -> None:
    with pytest.raises(IndexMissingError):
        remove(tmp_path / "index", ["a"], progress=NoProgress())
    assert not (tmp_path / "index").exists()


def digest(digest_of: str = "") -> Document:
    """A document made in memory."""
    return Document(
        "digest", "A digest", "corpus/digest.md", (Block("paragraph", SECOND),), kind="digest", digest_of=digest_of
    )


def test_the_digest_of_a_paper_steps_aside_when_the_paper_comes_in(tmp_path: Path) -> None:
    folder = tmp_path / "index"
    ingest_documents(folder, [digest(digest_of="On Salt and Sand")], progress=NoProgress())
    paper = put(tmp_path / "paper.txt", "ＯＮ  SALT\nand Sand", FIRST, THIRD)
    added, removed = outcomes_of(folder, paper)
    assert (added.name, added.state) == ("paper.txt", "added")
    assert (removed.name, removed.state) == ("digest", "removed")
    assert removed.detail == "replaced by the paper itself"
    assert list(open_index(folder).documents) == ["paper.txt"]


def test_a_digest_makes_room_for_any_other_document_of_the_users_own(tmp_path: Path) -> None:
    folder = tmp_path / "index"
    ingest_documents(folder, [digest(digest_of="On Salt and Sand")], progress=NoProgress())
    added, removed = outcomes_of(folder, put(tmp_path / "other.txt", "On Sand", FIRST))
    assert (added.name, removed.name, removed.state) == ("other.txt", "digest", "removed")
    assert removed.detail == "the bundled paper was removed, because you added documents of your own"
    assert list(open_index(folder).documents) == ["other.txt"]


def test_documents_made_in_memory_do_not_replace_an_index_that_is_there(tmp_path: Path) -> None:
    folder = tmp_path / "index"
    take(folder, put(tmp_path / "a.txt", FIRST))
    ingest_documents(folder, [digest()], progress=NoProgress())
    assert list(open_index(folder).documents) == ["a.txt"]


def test_the_summary_counts_the_states() -> None:
    outcomes = [Outcome("added", "a"), Outcome("added", "b"), Outcome("skipped", "c"), Outcome("removed", "d")]
    assert summary(outcomes) == "2 added, 0 updated, 1 removed, 1 skipped"
    assert summary([]) == "0 added, 0 updated"


def test_the_cost_of_a_document_does_not_grow_with_the_index() -> None:
    made = [Document(f"d{n}", f"d{n}", f"/made/{n}.txt", (Block("paragraph", f"text {n}"),)) for n in range(20_000)]
    intake = IngestPlan({})
    began = time.process_time()
    for document in made:
        assert intake.take(document, hash_document(document), own_id=False).state == "added"
    assert time.process_time() - began < 5  # it was 15 s when each document was compared to all
