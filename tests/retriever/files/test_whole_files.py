"""Files that appear whole or not at all."""

import os
import stat
from pathlib import Path

import pytest

from retriever.files import whole_file, write_whole


def test_a_file_takes_the_place_of_the_old_one(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    write_whole(path, b"old")
    write_whole(path, b"new\r\nline")
    assert path.read_bytes() == b"new\r\nline"
    assert _names(tmp_path) == ["a.json"]


def test_until_the_block_ends_readers_see_the_old_content(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_bytes(b"old")
    with whole_file(path) as file:
        file.write(b"new")
        file.flush()
        assert path.read_bytes() == b"old"
    assert path.read_bytes() == b"new"


def test_an_error_in_the_block_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_bytes(b"old")
    with pytest.raises(KeyError):
        _write_and_fail(path)
    assert path.read_bytes() == b"old"
    assert _names(tmp_path) == ["a.json"]


def test_a_target_that_cannot_be_replaced_leaves_no_temporary_file(tmp_path: Path) -> None:
    (tmp_path / "a.json" / "inside").mkdir(parents=True)  # no file can be renamed to a folder that is not empty
    with pytest.raises(OSError):  # noqa: PT011 - its number differs between systems
        write_whole(tmp_path / "a.json", b"new")
    assert _names(tmp_path) == ["a.json"]


def test_two_writers_of_one_file_do_not_mix(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    with whole_file(path) as first, whole_file(path) as second:
        first.write(b"first")
        second.write(b"2")
        first.write(b", in full")
    assert path.read_bytes() == b"first, in full"  # its block ends last


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such permissions")
def test_a_secret_file_is_never_readable_by_others(tmp_path: Path) -> None:
    path = tmp_path / "key"
    with whole_file(path, mode=0o600) as file:
        part = next(tmp_path.iterdir())
        assert stat.S_IMODE(part.stat().st_mode) == 0o600
        file.write(b"secret")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_durable_content_is_on_the_disk_before_the_rename_and_the_rename_before_the_return(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "CURRENT"
    steps: list[str] = []

    def note(_: int) -> None:
        steps.append("renamed" if path.exists() else "not renamed")

    monkeypatch.setattr("retriever.files.os.fsync", note)
    write_whole(path, b"quick")
    assert steps == []
    path.unlink()
    write_whole(path, b"000001", durable=True)
    assert steps == (["not renamed"] if os.name == "nt" else ["not renamed", "renamed"])


def _write_and_fail(path: Path) -> None:
    with whole_file(path) as file:
        file.write(b"half of the ne")
        raise KeyError(path.name)


def _names(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir()]
