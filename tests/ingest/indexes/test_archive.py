"""An index as one file: what goes out comes back whole, and nothing else comes in."""

import io
import json
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from ingest.indexes.archive import ArchiveError, export_index, import_index
from ingest.pipeline import encoder_for
from retriever.index.open import RulesChangedError, open_index
from retriever.index.snapshots import IndexMissingError
from retriever.types import TenkyoError

QUESTION = "初代館長は誰か"


def files_of(folder: Path) -> dict[str, bytes]:
    """The contents of all files of a folder by their relative paths."""
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def ranked(folder: Path) -> list[tuple[str, float]]:
    """What a question finds in an index."""
    index = open_index(folder)
    hits = index.search(index.query(QUESTION, encoder_for(index, None)), 5)
    return [(hit.passage.id, hit.score) for hit in hits]


@pytest.fixture
def archive(own_library_folder: Path, tmp_path: Path) -> Path:
    """The library as an archive, with a record of a cited work."""
    (own_library_folder / "references" / "holdings").mkdir(parents=True)
    (own_library_folder / "references" / "holdings" / "kuga-0123.json").write_text("{}", encoding="utf-8")
    (own_library_folder / "references" / "fetch.lock").touch()
    export_index(own_library_folder, tmp_path / "library.zip")
    return tmp_path / "library.zip"


def test_an_index_comes_back_as_it_went(archive: Path, own_library_folder: Path, tmp_path: Path) -> None:
    import_index(archive, tmp_path / "back" / "index")
    assert ranked(tmp_path / "back" / "index") == ranked(own_library_folder)
    gone, come = files_of(own_library_folder), files_of(tmp_path / "back" / "index")
    assert come == {name: content for name, content in gone.items() if not name.endswith(".lock")}
    assert [path.name for path in (tmp_path / "back").iterdir()] == ["index"]


def test_an_archive_that_exists_is_not_overwritten(archive: Path, own_library_folder: Path) -> None:
    before = archive.read_bytes()
    with pytest.raises(ArchiveError, match="exists; name another file"):
        export_index(own_library_folder, archive)
    assert archive.read_bytes() == before


def test_what_cannot_be_exported_leaves_no_file(tmp_path: Path, library_folder: Path) -> None:
    with pytest.raises(IndexMissingError, match="tenkyo ingest"):
        export_index(tmp_path / "nothing", tmp_path / "a.zip")
    with pytest.raises(ArchiveError, match="cannot be written"):
        export_index(library_folder, tmp_path / "no folder" / "a.zip")
    assert list(tmp_path.iterdir()) == []


def test_an_index_is_never_imported_over_another_one(archive: Path, own_library_folder: Path) -> None:
    before = files_of(own_library_folder)
    with pytest.raises(ArchiveError, match="is not empty; move it away"):
        import_index(archive, own_library_folder)
    assert files_of(own_library_folder) == before


def test_a_folder_that_only_was_locked_counts_as_free(archive: Path, tmp_path: Path) -> None:
    (tmp_path / "new").mkdir()
    (tmp_path / "new" / "writer.lock").touch()
    import_index(archive, tmp_path / "new")
    assert ranked(tmp_path / "new")


def change(archive: Path, *, head: str = "", extra: str = "", left_out: str = "") -> None:
    """Rewrite an archive: with another `head`, with a file called `extra`, without the file called `left_out`."""
    with zipfile.ZipFile(archive) as old:
        members = {info.filename: old.read(info) for info in old.infolist()}
    with zipfile.ZipFile(archive, "w") as new:
        for name, content in members.items():
            if Path(name).name != left_out:
                new.writestr(name, head if head and name == "tenkyo-index.json" else content)
        if extra:
            new.writestr(extra, b"x")


HOSTILE: dict[str, dict[str, str]] = {
    "a path out of the folder": {"extra": "references/pages/../../../../evil"},
    "an absolute path": {"extra": "/evil"},
    "a file of another kind": {"extra": "evil.py"},
    "a pointer": {"extra": "CURRENT"},
    "another snapshot": {"extra": "generations/000099-aaaaaa/x.npy"},
    "a deep path": {"extra": "references/pages/a/b"},
    "a head that is no JSON": {"head": "{"},
    "a head that is a list": {"head": "[]"},
    "a snapshot that is none": {"head": json.dumps({"format": 1, "snapshot": "../.."})},
    "a snapshot that is a number": {"head": json.dumps({"format": 1, "snapshot": 7})},
    "a later format": {"head": json.dumps({"format": 2, "snapshot": "000001-aaaaaa"})},
    "a snapshot that it does not hold": {"head": json.dumps({"format": 1, "snapshot": "000001-aaaaaa"})},
    "no vectors": {"left_out": "vectors.faiss"},
    "no manifest": {"left_out": "manifest.json"},
}


@pytest.mark.parametrize("changes", HOSTILE.values(), ids=HOSTILE)
def test_nothing_comes_in_but_an_index(changes: dict[str, str], archive: Path, tmp_path: Path) -> None:
    change(archive, **changes)
    with pytest.raises(TenkyoError) as error:
        import_index(archive, tmp_path / "in" / "index")
    assert "\n" not in str(error.value)
    assert list((tmp_path / "in").iterdir()) == []
    assert not (tmp_path / "evil").exists()


def damages(content: bytes) -> Iterator[bytes]:
    """Copies of a file that are cut short or have a byte changed."""
    for place in range(0, len(content), max(1, len(content) // 24)):
        yield content[:place]
        yield content[:place] + bytes([content[place] ^ 0x55]) + content[place + 1 :]


def test_a_damaged_archive_is_refused_or_comes_in_whole(
    archive: Path, own_library_folder: Path, tmp_path: Path
) -> None:
    refused = 0
    for number, damaged in enumerate(damages(archive.read_bytes())):
        archive.write_bytes(damaged)
        target = tmp_path / "in" / str(number)
        try:
            import_index(archive, target)
        except TenkyoError:
            refused += 1
            assert not target.exists()
        else:  # the byte was one of a time or a flag, which says nothing of the files
            assert ranked(target) == ranked(own_library_folder)
    assert refused > 40


def test_an_archive_that_claims_too_much_is_refused_before_it_is_unpacked(
    archive: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = type("Usage", (), {"free": 1000})
    monkeypatch.setattr("ingest.indexes.archive.shutil.disk_usage", lambda _: usage)
    with pytest.raises(ArchiveError, match="more than the free space"):
        import_index(archive, tmp_path / "in")
    assert not (tmp_path / "in").exists()


def test_an_index_of_other_rules_is_refused(archive: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ingest.indexes.archive.RULES", "passages-0")
    with pytest.raises(RulesChangedError, match="made by another version"):
        import_index(archive, tmp_path / "in")
    assert not (tmp_path / "in").exists()


def test_what_is_no_archive_is_one_clear_line(tmp_path: Path) -> None:
    (tmp_path / "notes.zip").write_bytes(b"notes")
    with pytest.raises(ArchiveError, match="was not written by `tenkyo index export`"):
        import_index(tmp_path / "notes.zip", tmp_path / "in")
    with pytest.raises(ArchiveError, match="does not exist"):
        import_index(tmp_path / "none.zip", tmp_path / "in")
    other = io.BytesIO()
    with zipfile.ZipFile(other, "w") as archive:
        archive.writestr("a.txt", "a")
    (tmp_path / "other.zip").write_bytes(other.getvalue())
    with pytest.raises(ArchiveError, match="was not written by"):
        import_index(tmp_path / "other.zip", tmp_path / "in")
