"""The index folder: what a writer, a reader and a damaged file do to it."""

from pathlib import Path

import pytest

from retriever.index.open import open_index
from retriever.index.snapshots import (
    START_AGAIN,
    IndexFolderError,
    IndexMissingError,
    current_snapshot,
    new_snapshot,
    snapshot_path,
    writing,
)
from tests.retriever.letters import entry, write


def files_of(folder: Path) -> dict[str, bytes]:
    """The content of every file of the index but the lock, by its path."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name != "writer.lock"
    }


def put(folder: Path, text: str) -> None:
    """Write a snapshot that holds one file."""
    with writing(folder), new_snapshot(folder, {"segments": []}) as target:
        (target / "file").write_text(text, encoding="utf-8")


def read(folder: Path) -> str:
    """The file of the snapshot in force."""
    name = current_snapshot(folder)
    assert name is not None
    return (snapshot_path(folder, name) / "file").read_text(encoding="utf-8")


@pytest.mark.parametrize("pointer", ["", "\n", "0000", "00000x\n", "../000001\n", "000002\n", "\x00\x00\x00", "第一"])
def test_a_writer_does_not_sweep_snapshots_away_behind_a_damaged_pointer(tmp_path: Path, pointer: str) -> None:
    write(tmp_path, entry("a", "alpha"))
    whole = (tmp_path / "CURRENT").read_text(encoding="ascii")
    (tmp_path / "CURRENT").write_text(pointer, encoding="utf-8")
    with pytest.raises(IndexFolderError, match=START_AGAIN):
        open_index(tmp_path)
    with pytest.raises(IndexFolderError, match=START_AGAIN), writing(tmp_path):
        open_index(tmp_path)
    (tmp_path / "CURRENT").write_text(whole, encoding="ascii")
    assert [one.id for one in open_index(tmp_path).documents.values()] == ["a"]


def test_an_index_that_has_lost_its_pointer_is_damaged_not_missing(tmp_path: Path) -> None:
    put(tmp_path, "one")
    put(tmp_path, "two")
    before = files_of(tmp_path)
    (tmp_path / "CURRENT").unlink()
    with pytest.raises(IndexFolderError, match="CURRENT is missing"):
        current_snapshot(tmp_path)
    before.pop("CURRENT")
    assert files_of(tmp_path) == before


def test_the_remains_of_a_first_writer_that_died_are_no_index(tmp_path: Path) -> None:
    remains = tmp_path / "generations" / "000001"
    remains.mkdir(parents=True)
    (remains / "half").write_bytes(b"written")
    with pytest.raises(IndexMissingError):
        open_index(tmp_path)
    put(tmp_path, "one")
    assert read(tmp_path) == "one"
    assert sorted(path.name for path in (tmp_path / "generations").iterdir()) == [current_snapshot(tmp_path)]


def test_every_flipped_bit_of_a_manifest_is_noticed(tmp_path: Path) -> None:
    folder = tmp_path / "index"
    write(folder, entry("a", "alpha"))
    name = current_snapshot(folder)
    manifest = folder / "generations" / str(name) / "manifest.json"
    whole = manifest.read_bytes()
    for place in range(0, len(whole), 7):
        manifest.write_bytes(whole[:place] + bytes([whole[place] ^ 4]) + whole[place + 1 :])
        with pytest.raises(IndexFolderError, match="move the folder away"):
            open_index(folder)
    manifest.write_bytes(whole)
    assert open_index(folder).manifest["documents"] == 1
