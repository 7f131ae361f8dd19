"""The library that commands and pages ask: it follows the index, and many may ask at once."""

import os
import shutil
import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from app.library import Library
from ingest.pipeline import ingest, remove
from retriever.index.snapshots import IndexMissingError
from retriever.types import Vectors
from tests.conftest import write_sources
from tests.retriever.letters import DIMENSION, LetterEncoder, NoProgress, letter_vectors


def put(folder: Path, name: str, text: str) -> None:
    """Ingest a text file made for it."""
    source = folder.parent / name
    source.write_text(text, encoding="utf-8")
    ingest(folder, [str(source)], progress=NoProgress())


@pytest.mark.usefixtures("letters")
def test_a_library_follows_the_index(tmp_path: Path) -> None:
    folder = tmp_path / "index"
    put(folder, "a.txt", "Salt and sand.")
    library = Library.open(folder)
    first = library.snapshot_name
    put(folder, "b.txt", "Wind and sky.")
    assert library.search("wind", k=1)[0].passage.document_id == "b.txt"
    assert library.titles().keys() == {"a.txt", "b.txt"}
    assert library.snapshot_name != first
    remove(folder, ["a.txt"], progress=NoProgress())
    assert [record.id for record in library.records()] == ["b.txt"]
    assert library.document("a.txt") is None
    assert library.passages("a.txt") == []
    document = library.document("b.txt")
    assert document is not None
    assert document.text == "Wind and sky."
    assert [document.id for document in library.documents()] == ["b.txt"]
    assert library.manifest["documents"] == 1


@pytest.mark.usefixtures("letters")
def test_a_library_notices_an_index_that_was_made_anew(tmp_path: Path) -> None:
    folder = tmp_path / "index"
    put(folder, "a.txt", "Salt and sand.")
    library = Library.open(folder)
    shutil.move(folder, tmp_path / "moved away")
    assert library.titles().keys() == {"a.txt"}
    put(folder, "b.txt", "Wind and sky.")
    assert library.titles().keys() == {"b.txt"}


@pytest.mark.usefixtures("letters")
def test_a_library_notices_a_newer_index_when_the_clock_jumps_back(tmp_path: Path) -> None:
    folder = tmp_path / "index"
    put(folder, "a.txt", "Salt and sand.")
    os.utime(folder / "CURRENT", (4_000_000_000, 4_000_000_000))
    library = Library.open(folder)
    assert library.titles().keys() == {"a.txt"}
    put(folder, "b.txt", "Wind and sky.")
    os.utime(folder / "CURRENT", (0, 0))
    assert library.titles().keys() == {"a.txt", "b.txt"}
    assert library.search("wind", k=1)[0].passage.document_id == "b.txt"


@pytest.mark.usefixtures("letters")
def test_documents_after_a_removal_are_those_that_stay(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("retriever.index.changes._SMALL", 0)  # or the whole index would be written anew
    folder = tmp_path / "index"
    for name in ("a", "b", "c", "d"):
        (tmp_path / f"{name}.txt").write_text(f"The text of {name}.", encoding="utf-8")
    ingest(folder, [str(tmp_path / f"{name}.txt") for name in "abcd"], progress=NoProgress())
    remove(folder, ["a.txt"], progress=NoProgress())
    assert [document.id for document in Library.open(folder).documents()] == ["b.txt", "c.txt", "d.txt"]


def test_a_library_takes_the_encoder_of_an_index_that_was_made_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    encoders = {name: LetterEncoder(name) for name in ("multilingual-e5-small", "other")}
    for place in ("ingest.pipeline.open_encoder", "retriever.encoder.open_encoder"):
        monkeypatch.setattr(place, encoders.__getitem__)
    folder = tmp_path / "index"
    put(folder, "a.txt", "Salt and sand.")
    library = Library.open(folder)
    library.search("salt")
    shutil.rmtree(folder)
    ingest(folder, [str(tmp_path / "a.txt")], encoder_name="other", progress=NoProgress())
    assert library.search("salt")[0].passage.document_id == "a.txt"
    assert library.manifest["encoder"] == "other"


@pytest.mark.usefixtures("letters")
def test_questions_go_on_while_writers_write(tmp_path: Path) -> None:
    folder = tmp_path / "index"
    put(folder, "0.txt", "Salt number 0.")
    library = Library.open(folder)
    over = threading.Event()

    def ask() -> int:
        count = 0
        while not over.is_set() or not count:
            assert library.ask("Which salt?").hits
            assert library.search("salt", k=3)
            count += 1
        return count

    with ThreadPoolExecutor(3) as pool:
        asking = [pool.submit(ask) for _ in range(3)]
        for number in range(1, 6):
            put(folder, f"{number}.txt", f"Salt number {number}.")
        over.set()
        assert all(task.result() for task in asking)
    assert len(library.titles()) == 6


class HalfEncoder(LetterEncoder):
    """Vectors of half the length, which an index of the whole ones cannot search."""

    dimension = DIMENSION // 2

    def encode_queries(self, texts: Sequence[str]) -> Vectors:
        """Vectors of shape (len(texts), 32)."""
        return letter_vectors(texts)[:, : self.dimension]

    def encode_passages(self, texts: Sequence[str]) -> Vectors:
        """Vectors of shape (len(texts), 32)."""
        return self.encode_queries(texts)


def test_an_index_and_its_encoder_are_swapped_together_while_questions_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    encoders = {"multilingual-e5-small": LetterEncoder("multilingual-e5-small"), "half": HalfEncoder("half")}
    for place in ("ingest.pipeline.open_encoder", "retriever.encoder.open_encoder"):
        monkeypatch.setattr(place, encoders.__getitem__)
    folder = tmp_path / "index"
    put(folder, "0.txt", "Salt number 0.")
    library = Library.open(folder)
    over = threading.Event()
    seen: set[str] = set()

    def ask() -> None:
        while not over.is_set():
            snapshot = library._newest()
            assert snapshot.encoder.name == snapshot.index.manifest["encoder"]
            assert snapshot.sources.index is snapshot.index
            assert library.ask("Which salt?").hits
            assert library.search("salt", k=3)
            seen.add(snapshot.encoder.name)

    with ThreadPoolExecutor(4) as pool:
        asking = [pool.submit(ask) for _ in range(4)]
        try:
            for number, name in enumerate(("half", "multilingual-e5-small") * 3):
                folder.rename(tmp_path / f"moved away {number}")
                ingest(folder, [str(tmp_path / "0.txt")], encoder_name=name, progress=NoProgress())
                seen.discard(name)
                end = time.monotonic() + 20
                while name not in seen and not any(thread.done() for thread in asking):
                    assert time.monotonic() < end, f"no question was answered with {name}"
                    time.sleep(0.01)
        finally:
            over.set()
        for thread in asking:
            thread.result()
    assert seen == encoders.keys()


def test_without_an_index_there_is_no_library(tmp_path: Path) -> None:
    with pytest.raises(IndexMissingError):
        Library.open(tmp_path)


@pytest.mark.usefixtures("letters")
@pytest.mark.parametrize("pointer_text", [b"?", b"", None])
def test_an_index_that_is_damaged_meanwhile_is_reported_once_and_the_open_one_goes_on(
    pointer_text: bytes | None, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    folder = tmp_path / "index"
    put(folder, "a.txt", "Salt and sand.")
    library = Library.open(folder)
    pointer = folder / "CURRENT"
    put(folder, "b.txt", "Wind and sky.")  # so that a missing pointer is a loss, not the beginning of an index
    assert library.search("wind")
    whole = pointer.read_bytes()
    if pointer_text is None:
        pointer.unlink()
    else:
        pointer.write_bytes(pointer_text)
    for _ in range(3):
        assert library.search("salt")
    assert [record.levelname for record in caplog.records if "CURRENT" in record.message] == ["WARNING"]
    pointer.write_bytes(whole)
    put(folder, "c.txt", "Rain and fog.")
    assert library.search("rain", k=1)[0].passage.document_id == "c.txt"


@pytest.mark.usefixtures("letters")
def test_every_document_can_be_read_back(tmp_path: Path) -> None:
    folder = tmp_path / "index"
    ingest(folder, [str(write_sources(tmp_path / "sources"))], progress=NoProgress())
    library = Library.open(folder)
    passages = {document: library.passages(document.id) for document in library.documents()}
    assert len(passages) == 5
    for document, cut in passages.items():
        assert cut
        for passage in cut:
            assert document.text[passage.start : passage.end] == passage.text
            for start, end in passage.quotable:
                assert passage.text[start:end].strip()
