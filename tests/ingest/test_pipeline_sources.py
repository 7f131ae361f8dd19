"""From what a user names to the files that are read."""

import os
import tempfile
from pathlib import Path

import pytest
from pypdf import PdfReader, PdfWriter

from ingest.pipeline import ingest
from ingest.runs.gather import expand
from ingest.runs.ingest_plan import Outcome
from retriever.types import TenkyoError
from tests.ingest import made_pdfs
from tests.retriever.letters import LetterEncoder, NoProgress


def take(folder: Path, *sources: Path | str) -> list[Outcome]:
    """Ingest with the letters encoder (the fixture `letters` puts it in place)."""
    return ingest(folder, [str(source) for source in sources], progress=NoProgress())


def test_folders_are_walked_in_the_order_of_names_and_each_file_is_named_once(tmp_path: Path) -> None:
    for name in ("b.txt", "a/z.txt", "a/b.txt", ".hidden", ".git/x.txt"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("text", encoding="utf-8")
    (tmp_path / "twice.txt").symlink_to(tmp_path / "b.txt")
    found = [path.relative_to(tmp_path).as_posix() for path in expand([str(tmp_path), str(tmp_path / "b.txt")])]
    assert found == ["b.txt", "a/b.txt", "a/z.txt"]


def test_a_hidden_file_that_is_named_itself_is_taken(tmp_path: Path) -> None:
    (tmp_path / ".notes.txt").write_text("text", encoding="utf-8")
    assert expand([str(tmp_path / ".notes.txt")]) == [tmp_path / ".notes.txt"]


@pytest.mark.parametrize("source", ["nothing.txt", "~no-such-user/x.txt", "a" * 300, ""])
def test_a_source_that_is_not_there_is_named(source: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(TenkyoError, match="no such file or folder; check the path"):
        expand([source])


def test_a_file_whose_name_begins_with_a_tilde_is_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "~$draft.txt").write_text("text", encoding="utf-8")
    assert expand(["~$draft.txt"]) == [tmp_path / "~$draft.txt"]


def test_links_that_lead_nowhere_are_skipped_with_the_reason(tmp_path: Path, letters: LetterEncoder) -> None:
    sources = tmp_path / "sources"
    sources.mkdir()
    (sources / "good.txt").write_text("Good text.", encoding="utf-8")
    (sources / "loop.txt").symlink_to(sources / "loop.txt")
    (sources / "broken.txt").symlink_to(sources / "gone.txt")
    outcomes = {Path(one.name).name: (one.state, one.reason) for one in take(tmp_path / "index", sources)}
    assert outcomes["good.txt"] == ("added", "")
    assert sorted(one for one in outcomes.values() if one[0] == "skipped") == [("skipped", "unreadable")] * 2
    assert letters.encoded


def test_what_is_no_regular_file_is_skipped_not_waited_for(tmp_path: Path, letters: LetterEncoder) -> None:
    sources = tmp_path / "sources"
    sources.mkdir()
    os.mkfifo(sources / "pipe.txt")
    (skipped,) = take(tmp_path / "index", sources, sources / "pipe.txt")
    assert (skipped.state, skipped.reason) == ("skipped", "unreadable")
    assert "neither a regular file nor a folder" in skipped.detail
    assert not letters.encoded


def test_the_index_is_not_a_source_of_itself(tmp_path: Path, letters: LetterEncoder) -> None:
    (tmp_path / "a.txt").write_text("Text of a.", encoding="utf-8")
    index = tmp_path / "index"
    assert [one.name for one in take(index, tmp_path)] == ["a.txt"]
    encoded = len(letters.encoded)
    assert [(one.state, one.name) for one in take(index, tmp_path)] == [("unchanged", "a.txt")]
    assert len(letters.encoded) == encoded


def test_files_of_unknown_type_are_named_as_such_whatever_their_size(tmp_path: Path, letters: LetterEncoder) -> None:
    with (tmp_path / "film.mp4").open("wb") as film:
        film.truncate(300_000_000)
    (tmp_path / "page.txt").write_text("Text.", encoding="utf-8")
    film_outcome, page = take(tmp_path / "index", tmp_path)
    assert (film_outcome.reason, page.state) == ("unknown-type", "added")
    assert letters.encoded


def test_a_name_that_is_no_utf8_is_taken(tmp_path: Path, letters: LetterEncoder) -> None:
    name = os.fsdecode(b"caf\xe9.txt")
    try:
        (tmp_path / name).write_text("Coffee.", encoding="utf-8")
    except OSError:
        pytest.skip("this file system takes UTF-8 names only")
    assert [one.state for one in take(tmp_path / "index", tmp_path)] == ["added"]
    assert [one.state for one in take(tmp_path / "index", tmp_path)] == ["unchanged"]
    assert letters.encoded


def test_a_folder_that_cannot_be_listed_is_skipped_with_the_reason(
    tmp_path: Path, letters: LetterEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    sources = tmp_path / "sources"
    (sources / "closed").mkdir(parents=True)
    (sources / "open.txt").write_text("Open.", encoding="utf-8")
    real = os.scandir

    def scandir(path: str) -> object:
        if str(path).endswith("closed"):
            raise PermissionError(13, "Permission denied", str(path))
        return real(path)

    monkeypatch.setattr(os, "scandir", scandir)  # permissions do not bind root, who runs tests in containers
    outcomes = take(tmp_path / "index", sources)
    assert [(Path(one.name).name, one.state) for one in outcomes] == [("open.txt", "added"), ("closed", "skipped")]
    assert letters.encoded


def test_without_a_temporary_folder_the_way_to_one_is_named(
    tmp_path: Path, letters: LetterEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a.txt").write_text("Text.", encoding="utf-8")
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "none"))
    with pytest.raises(TenkyoError, match=r"no temporary folder can be made .*; set TMPDIR to a folder of yours"):
        take(tmp_path / "index", tmp_path)
    assert not letters.encoded


def test_a_full_temporary_folder_is_no_fault_of_the_index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> Path:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("ingest.runs.gather.fetch", lambda *_, **__: None)
    monkeypatch.setattr("ingest.runs.gather.save", full)
    with pytest.raises(TenkyoError, match=r"temporary folder .* \(No space left on device\); free some space"):
        take(tmp_path / "index", "https://lamps.example/a.txt")


def test_what_is_left_out_of_a_pdf_keeps_its_own_reason(tmp_path: Path, letters: LetterEncoder) -> None:
    path = made_pdfs.with_a_bad_page(tmp_path / "a.pdf", 1, "missing")
    outcomes = {one.state: one for one in take(tmp_path / "index", path)}
    assert (outcomes["skipped"].name, outcomes["skipped"].reason) == (f"{path}, a.pdf page 2", "damaged")
    scanned = made_pdfs.scanned(tmp_path / "scan.pdf", 1)
    writer = PdfWriter()
    for source in (made_pdfs.essay(tmp_path / "text.pdf"), scanned):
        for page in PdfReader(source).pages:
            writer.add_page(page)
    writer.write(tmp_path / "b.pdf")
    outcomes = {one.state: one for one in take(tmp_path / "index", tmp_path / "b.pdf")}
    assert (outcomes["skipped"].name, outcomes["skipped"].reason) == (f"{tmp_path / 'b.pdf'}, b.pdf page 5", "scanned")
    assert "ocrmypdf" in outcomes["skipped"].detail
    assert letters.encoded


@pytest.mark.parametrize("name", ["a.txt", "a.md", "a.html", "a.jsonl"])
def test_a_file_of_blank_lines_is_empty(tmp_path: Path, letters: LetterEncoder, name: str) -> None:
    (tmp_path / name).write_text("\n \n", encoding="utf-8")
    (skipped,) = take(tmp_path / "index", tmp_path / name)
    assert (skipped.state, skipped.reason) == ("skipped", "empty")
    assert not letters.encoded
