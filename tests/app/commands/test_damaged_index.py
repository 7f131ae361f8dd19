"""An index that is damaged, or of another making: one line with the remedy, never a traceback or a wrong answer."""

import json
import shutil
from pathlib import Path

import pytest

from app.cli import main
from retriever.index.open import open_index
from retriever.index.snapshots import START_AGAIN, current_snapshot, new_snapshot, writing

pytestmark = pytest.mark.slow

QUESTION = "鳴砂博物館の初代館長は誰か"


def files_of(folder: Path) -> list[Path]:
    """The files of the snapshot in force, and the pointer to it."""
    snapshot = folder / "generations" / str(current_snapshot(folder))
    return [folder / "CURRENT", *sorted(path for path in snapshot.rglob("*") if path.is_file())]


def failure(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    """The one line of a command that fails."""
    assert main([*arguments]) == 1
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("error: ")
    assert err.count("\n") == 1
    return err


def test_every_file_that_is_cut_short_flipped_or_gone_is_noticed(
    own_library_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    files = files_of(own_library_folder)
    assert len(files) > 20
    for path in files:
        whole = path.read_bytes()
        damages = [whole[: len(whole) // 2], whole[:-1] + bytes([whole[-1] ^ 1]), b"", None]
        if path.name == "CURRENT":
            damages = [b"", b"00", b"\xff\xff", whole.replace(b"0", b"1", 1)]
        for damaged in damages:
            if damaged == whole:
                continue  # the file was empty
            path.unlink()
            if damaged is not None:
                path.write_bytes(damaged)
            line = failure(capsys, "ask", QUESTION, "--json", "--index", str(own_library_folder))
            assert START_AGAIN in line, path
            path.write_bytes(whole)
    assert main(["ask", QUESTION, "--index", str(own_library_folder)]) == 0


@pytest.mark.parametrize("command", [["documents"], ["search", "x"], ["remove", "museum.txt"], ["ingest", __file__]])
def test_every_command_says_what_is_damaged_and_what_to_do(
    command: list[str], own_library_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    damaged = files_of(own_library_folder)[5]
    damaged.write_bytes(damaged.read_bytes()[:-1])
    line = failure(capsys, *command, "--index", str(own_library_folder))
    assert line.startswith(f"error: index {own_library_folder}: {damaged} is damaged")
    assert line.endswith(f"{START_AGAIN}\n")


def rewritten(folder: Path, **changes: object) -> None:
    """Put a snapshot with the same files and another manifest in force."""
    index = open_index(folder)
    source = folder / "generations" / index.snapshot_name
    manifest = {key: value for key, value in index.manifest.items() if key not in {"files", "format", "generation"}}
    with writing(folder), new_snapshot(folder, {**manifest, **changes}) as target:
        shutil.copytree(source, target, dirs_exist_ok=True, ignore=shutil.ignore_patterns("manifest.json"))


def test_a_file_that_the_system_does_not_read_is_named(
    own_library_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = next(own_library_folder.rglob("vectors.faiss"))
    path.unlink()
    path.symlink_to(path)
    err = failure(capsys, "ask", QUESTION, "--index", str(own_library_folder))
    assert f"{path} cannot be read (Too many levels of symbolic links)" in err


def test_another_format_is_named_with_the_one_that_is_read(
    own_library_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    manifest = files_of(own_library_folder)[0].parent / "generations"
    (path,) = manifest.glob("*/manifest.json")
    path.write_text(json.dumps({**json.loads(path.read_text(encoding="utf-8")), "format": 99}), encoding="utf-8")
    line = failure(capsys, "ask", QUESTION, "--index", str(own_library_folder))
    assert line == f"error: index {own_library_folder} has format 99, this tenkyo reads format 2; {START_AGAIN}\n"


def test_passages_cut_by_other_rules_ask_for_a_new_index(
    own_library_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rewritten(own_library_folder, passage_rules="passages-0")
    for command in (["ask", QUESTION], ["ingest", __file__]):
        line = failure(capsys, *command, "--index", str(own_library_folder))
        assert "was made by another version, with the rules 'passages-0" in line
        assert line.endswith("ingest all its sources into a new folder with --index\n")


def test_an_index_of_another_encoder_names_both(own_library_folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    line = failure(capsys, "ingest", __file__, "--encoder", "other/model", "--index", str(own_library_folder))
    assert line == (
        f"error: index {own_library_folder} was built with the encoder 'multilingual-e5-small', not 'other/model'; "
        "use --encoder multilingual-e5-small, or another folder with --index\n"
    )


def test_vectors_of_another_dimension_are_not_searched(
    own_library_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rewritten(own_library_folder, dimension=100)
    line = failure(capsys, "ask", QUESTION, "--index", str(own_library_folder))
    assert "makes vectors of 384 dimensions, the index holds 100" in line
