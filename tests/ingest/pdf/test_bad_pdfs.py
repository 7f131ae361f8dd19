"""PDFs that cannot be read, or only in part: each is refused with its reason, in bounded time and memory."""

import time
from dataclasses import asdict
from pathlib import Path

import pytest

from ingest.loaders import Limits, SourceError, load, pdf
from ingest.pdf.layout import worker
from ingest.pdf.layout.worker import PdfTask, check
from tests.ingest import made_pdfs

REASONS = {"empty", "encrypted", "damaged", "scanned", "garbled", "too-large", "too-slow"}


def refused(path: Path, limits: Limits | None = None, password: str | None = None) -> SourceError:
    """The error with which a PDF is refused; its message is one line."""
    with pytest.raises(SourceError) as raised:
        load(path, limits=limits or Limits(), password=password)
    assert "\n" not in str(raised.value)
    assert path.name in str(raised.value)
    return raised.value


def test_an_encrypted_pdf_asks_for_its_password(tmp_path: Path) -> None:
    right, wrong = "ひみつ", "はずれ"
    path = made_pdfs.encrypted(tmp_path / "a.pdf", right)
    error = refused(path)
    assert error.reason == "encrypted"
    assert "--password" in str(error)
    assert refused(path, password=wrong).reason == "encrypted"
    assert "灯台" in load(path, limits=Limits(), password=right).documents[0].text


def test_a_scanned_pdf_names_its_pages_and_the_way_out(tmp_path: Path) -> None:
    error = refused(made_pdfs.scanned(tmp_path / "a.pdf", pages=3))
    assert error.reason == "scanned"
    assert "pages 1-3" in str(error)
    assert "ocrmypdf" in str(error)


def test_text_without_a_unicode_map_is_garbled_and_never_indexed(tmp_path: Path) -> None:
    error = refused(made_pdfs.without_unicode(tmp_path / "a.pdf"))
    assert error.reason == "garbled"
    assert "page 1" in str(error)


def test_a_bomb_is_refused_before_it_unpacks(tmp_path: Path) -> None:
    path = made_pdfs.bomb(tmp_path / "a.pdf", megabytes=60)
    assert path.stat().st_size < 5_000
    started = time.monotonic()
    error = refused(path, Limits(max_decompressed_bytes=20_000_000))
    assert error.reason == "too-large"
    assert "it may be a decompression bomb" in str(error)
    assert time.monotonic() - started < 5


@pytest.mark.parametrize("place", ["form", "font"])
def test_a_bomb_in_a_form_or_font_is_refused(tmp_path: Path, place: str) -> None:
    path = made_pdfs.hidden_bomb(tmp_path / "a.pdf", 60, place)
    assert refused(path, Limits(max_decompressed_bytes=20_000_000)).reason == "too-large"
    assert "A few words." in load(path, limits=Limits()).documents[0].text


def test_memory_is_bounded(tmp_path: Path) -> None:
    path = made_pdfs.bomb(tmp_path / "a.pdf", megabytes=200)
    limits = Limits(max_decompressed_bytes=10_000_000_000, max_memory_bytes=300_000_000)
    assert refused(path, limits).reason in ("too-large", "damaged")


def test_time_is_bounded(tmp_path: Path) -> None:
    path = made_pdfs.many_pages(tmp_path / "a.pdf", 60_000)
    started = time.monotonic()
    assert refused(path, Limits(max_pages=100_000, max_seconds=0.3)).reason == "too-slow"
    assert time.monotonic() - started < 3


def test_too_many_pages_are_refused(tmp_path: Path) -> None:
    error = refused(made_pdfs.many_pages(tmp_path / "a.pdf", 500), Limits(max_pages=100))
    assert error.reason == "too-large"
    assert "500 pages" in str(error)


def test_too_many_characters_are_refused(tmp_path: Path) -> None:
    assert refused(made_pdfs.essay(tmp_path / "a.pdf"), Limits(max_characters=100)).reason == "too-large"


def test_a_pdf_without_text_or_pictures_is_empty(tmp_path: Path) -> None:
    assert refused(made_pdfs.many_pages(tmp_path / "a.pdf", 1)).reason == "empty"


@pytest.mark.parametrize("size", [9, 300, 2000])
def test_a_truncated_pdf_is_damaged(tmp_path: Path, size: int) -> None:
    path = made_pdfs.essay(tmp_path / "a.pdf")
    path.write_bytes(path.read_bytes()[:size])
    assert refused(path).reason == "damaged"


def test_what_is_no_pdf_is_damaged(tmp_path: Path) -> None:
    path = tmp_path / "a.pdf"
    path.write_bytes(b"<html>Not found</html>" * 20)
    assert refused(path).reason == "damaged"


def test_a_few_scanned_pages_are_left_out_and_named(tmp_path: Path) -> None:
    from pypdf import PdfReader, PdfWriter

    writer = PdfWriter()
    for source in (made_pdfs.essay(tmp_path / "text.pdf"), made_pdfs.scanned(tmp_path / "scan.pdf", 1)):
        for page in PdfReader(source).pages:
            writer.add_page(page)
    writer.write(tmp_path / "a.pdf")
    loaded = load(tmp_path / "a.pdf", limits=Limits())
    assert "灯台" in loaded.documents[0].text
    assert [(part.place, part.reason) for part in loaded.skipped] == [("a.pdf page 5", "scanned")]
    assert "ocrmypdf" in loaded.skipped[0].detail


@pytest.mark.parametrize(
    ("place", "fault", "read"),
    [(0, "missing", 2), (1, "missing", 2), (2, "undecodable", 2), (0, "undecodable", 2)],
)
def test_a_damaged_page_is_left_out_and_named_as_damaged(tmp_path: Path, place: int, fault: str, read: int) -> None:
    loaded = load(made_pdfs.with_a_bad_page(tmp_path / "a.pdf", place, fault), limits=Limits())
    assert [(part.place, part.reason) for part in loaded.skipped] == [(f"a.pdf page {place + 1}", "damaged")]
    pages = {page for block in loaded.documents[0].blocks for _, page in block.page_starts}
    assert pages == {1, 2, 3} - {place + 1}
    assert len(pages) == read


def test_a_pdf_that_no_password_opens_is_encrypted_not_damaged(tmp_path: Path) -> None:
    error = refused(made_pdfs.encrypted_for_a_certificate(tmp_path / "a.pdf"))
    assert error.reason == "encrypted"
    assert "save it without encryption" in str(error)


def test_a_reader_that_the_system_kills_is_no_slow_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = made_pdfs.essay(tmp_path / "a.pdf")
    monkeypatch.setattr("ingest.pdf.reading_process._START", "import os; os.kill(os.getpid(), 9)")
    error = refused(path)
    assert error.reason == "too-large"
    assert "memory" in str(error)


def test_a_reader_that_cannot_be_started_is_no_damaged_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = made_pdfs.essay(tmp_path / "a.pdf")
    monkeypatch.setattr("sys.executable", str(tmp_path / "none"))
    error = refused(path)
    assert error.reason == "unreadable"
    assert "cannot be started" in str(error)


def test_a_page_with_too_many_glyphs_is_read_in_part_and_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = made_pdfs.essay(tmp_path / "a.pdf", pages=2)
    monkeypatch.setattr("ingest.pdf.layout.glyphs._MOST_GLYPHS", 100)
    task = PdfTask(path=str(path), name="a.pdf", password=None, **asdict(Limits()))  # type: ignore[typeddict-item]
    checked = check(task)
    pages = list(worker._pages(task, checked))
    head = {"title": "", "outline": [], "page_count": 2}
    monkeypatch.setattr(pdf, "_read", lambda *_: (head, pages))  # the reading process would not see the lower limit
    loaded = load(path, limits=Limits())
    assert [(part.place, part.reason) for part in loaded.skipped] == [
        ("a.pdf page 1", "too-large"),
        ("a.pdf page 2", "too-large"),
    ]
    assert "灯台" in loaded.documents[0].text
