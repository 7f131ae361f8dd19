"""An index that is checked: whole ones pass, and each kind of damage is named."""

import shutil
from pathlib import Path

import faiss
import numpy as np
import pytest

from retriever.index import snapshots
from retriever.index.open import open_index
from retriever.index.snapshots import IndexFolderError, IndexMissingError, snapshot_path
from retriever.index.verify import verify
from tests.retriever.letters import entry, write


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """An index of two documents."""
    write(tmp_path / "index", entry("a", "first words", "second words"), entry("b", "third"))
    return tmp_path / "index"


def test_a_whole_index_has_no_fault(folder: Path) -> None:
    assert verify(folder) == []


def test_an_empty_index_has_no_fault(tmp_path: Path) -> None:
    write(tmp_path)
    assert verify(tmp_path) == []


def test_no_index_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(IndexMissingError):
        verify(tmp_path)


def test_a_changed_byte_is_found_in_an_index_of_any_size(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(snapshots, "_CHECKED_BYTES", 0)
    path = snapshot_path(folder, open_index(folder).snapshot_name) / "sentences" / "vectors.npy"
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)
    open_index(folder)  # which checks sizes only, above that size
    with pytest.raises(IndexFolderError, match="its checksum differs"):
        verify(folder)


def test_a_damaged_file_of_the_snapshot_before_is_named_until_the_next_update_deletes_it(folder: Path) -> None:
    old = open_index(folder)
    new = write(folder, entry("b", "fourth"), entry("c", "third", "more", "words"), old=old)
    before = snapshot_path(folder, old.snapshot_name)
    assert old.snapshot_name not in {segment["name"] for segment in new.manifest["segments"]}  # they were merged
    size = (before / "passages.jsonl").stat().st_size
    (before / "passages.jsonl").write_bytes(b"{}")
    (before / "bodies.jsonl").unlink()
    said = "no question reads it, and the next update deletes it"
    assert verify(folder) == [
        f"{before / 'bodies.jsonl'} is missing; {said}",
        f"{before / 'passages.jsonl'} is damaged (2 bytes, not {size}); {said}",
    ]
    (before / "manifest.json").write_bytes(b"{")
    assert verify(folder) == [f"{before / 'manifest.json'} is damaged; {said}"]
    write(folder, entry("c", "fifth"), old=new)
    assert verify(folder) == []


def rewritten(folder: Path, name: str, faults: int) -> list[str]:
    """The faults after the manifest of a damaged snapshot was written anew, as a faulty writer would have."""
    index = open_index(folder)
    path = snapshot_path(folder, index.snapshot_name)
    if name == "passages":
        vectors = faiss.read_index(str(path / "vectors.faiss"))
        rows = vectors.reconstruct_n(0, vectors.ntotal)
        rows[:faults] = 0
        anew = faiss.IndexFlatIP(vectors.d)
        anew.add(rows)
        faiss.write_index(anew, str(path / "vectors.faiss"))
    elif name == "sentences":
        rows = np.load(path / "sentences" / "vectors.npy")
        rows[:faults] = np.nan
        np.save(path / "sentences" / "vectors.npy", rows)
    else:
        for file in (path / name).iterdir():
            file.unlink()
        (path / name).rmdir()
        other = write(folder.with_name("other"), entry("a", "first"))
        shutil.copytree(snapshot_path(folder.with_name("other"), other.snapshot_name) / name, path / name)
    manifest = {key: value for key, value in index.manifest.items() if key not in {"files", "format", "generation"}}
    (path / "manifest.json").unlink()
    snapshots._write_manifest(path, manifest, index.snapshot_name)
    return verify(folder)


@pytest.mark.parametrize(
    ("name", "faults", "said"),
    [
        ("passages", 2, ["the vectors of 2 passages are missing"]),
        ("sentences", 1, ["the vectors of 1 sentences are missing"]),
        ("words", 0, ["3 passages, but the words of 1"]),
        ("pairs", 0, ["3 passages, but the pairs of 1"]),
    ],
)
def test_what_a_faulty_writer_left_is_named(folder: Path, name: str, faults: int, said: list[str]) -> None:
    assert rewritten(folder, name, faults) == said
