"""CSV, XLSX, PPTX and EPUB: what is read, where each passage stands, and what hostile files cost."""

import os
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from ingest.document import Document
from ingest.loaders import Limits, SourceError, load
from ingest.passages import cut
from tests.ingest.loaders import made_office

LAUGHS = b"".join(
    [
        b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "ha">',
        *(b'<!ENTITY %c "%s">' % (98 + level, b"&%c;" % (97 + level) * 20) for level in range(12)),
        b"]>",
    ]
)
MAKERS: dict[str, Callable[[Path], Path]] = {
    ".xlsx": made_office.book,
    ".pptx": made_office.slides,
    ".epub": made_office.epub,
}


def processor_time() -> float:
    """Seconds of processor time of this process and of those that it waited for."""
    used = os.times()
    return used.user + used.system + used.children_user + used.children_system


def read(path: Path) -> Document:
    """The document of a file."""
    return load(path, limits=Limits()).documents[0]


def places(document: Document) -> list[tuple[str, str, int | None]]:
    """(last line, place, page) of each passage."""
    return [(one.text.split("\n")[-1], one.place, one.page) for one in cut(document) if one.kind != "caption"]


def refusal(path: Path, limits: Limits | None = None) -> SourceError:
    """The error that a file ends in."""
    with pytest.raises(SourceError) as refused:
        load(path, limits=limits or Limits())
    return refused.value


@pytest.mark.parametrize(
    ("name", "encoding", "delimiter"), [("a.csv", "utf-8-sig", ","), ("a.csv", "cp932", ","), ("a.tsv", "utf-8", "\t")]
)
def test_each_row_of_a_csv_is_a_table_row_that_names_its_columns(
    name: str, encoding: str, delimiter: str, tmp_path: Path
) -> None:
    lines = [["年度", "人数", "備考"], ["2022", "39,500", "改装中、短縮"], [], ["2023", "42,000", "通年\n開館"]]
    text = "\r\n".join(delimiter.join(f'"{cell}"' for cell in line) for line in lines)
    (tmp_path / name).write_bytes(text.encode(encoding))
    assert places(read(tmp_path / name)) == [
        ("年度: 2022／人数: 39,500／備考: 改装中、短縮", "2行目", None),
        ("年度: 2023／人数: 42,000／備考: 通年 開館", "4行目", None),
    ]
    assert read(tmp_path / name).title == "a"


def test_a_csv_of_more_rows_than_the_limit_is_read_up_to_it_and_says_so(tmp_path: Path) -> None:
    path = tmp_path / "long.csv"
    path.write_text("name,count\n" + "".join(f"gate {number},{number}\n" for number in range(50)), encoding="utf-8")
    loaded = load(path, limits=Limits(max_rows=10))
    rows = [block for block in loaded.documents[0].blocks if block.kind == "table_row"]
    assert (len(rows), rows[-1].text.split("\t")[0], rows[-1].row) == (10, "gate 9", 11)
    assert [(one.place, one.reason) for one in loaded.skipped] == [
        ("long.csv, table rows after the first 10", "too-large")
    ]
    assert not load(path, limits=Limits(max_rows=50)).skipped


@pytest.mark.parametrize(("content", "reason"), [(b"\n,,\n", "empty"), (b"\x00\x01\x02\x03" * 50, "garbled")])
def test_a_csv_without_a_table_is_refused(content: bytes, reason: str, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(content)
    assert refusal(tmp_path / "a.csv").reason == reason


def test_a_value_that_csv_cannot_hold_is_refused_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("name,text\nx," + "y" * 200_000 + "\n", encoding="utf-8")
    assert "cannot be read as CSV (field larger than field limit" in str(refusal(tmp_path / "a.csv"))


def test_sheets_are_sections_and_cells_are_as_the_spreadsheet_shows_them(tmp_path: Path) -> None:
    loaded = load(made_office.book(tmp_path / "a.xlsx"), limits=Limits())
    assert places(loaded.documents[0]) == [
        ("年度: 2022／人数: 39,500／外国人: 10.0%／開館日: 2023年4月1日", "来館者 > 4行目", None),
        ("年度: 2023／人数: 42,000／外国人: 12.5%／開館日: 2023年4月2日", "来館者 > 5行目", None),
        ("年度: 2024／人数: 45,000／外国人: 13.0%／開館日: 2024年4月3日", "来館者 > 7行目", None),
        ("区分: 大人／料金: 500", "料金 > 2行目", None),
        ("区分: 子供／料金: 200", "料金 > 3行目", None),
    ]
    rows = [block for block in loaded.documents[0].blocks if block.kind == "table_row"]
    assert {block.caption for block in rows[:3]} == {"霧原町の来館者"}
    assert [(one.place, one.reason) for one in loaded.skipped] == [("a.xlsx sheet 内部", "hidden")]


def test_rows_of_all_sheets_count_towards_the_limit(tmp_path: Path) -> None:
    loaded = load(made_office.book(tmp_path / "a.xlsx"), limits=Limits(max_rows=4))
    assert sum(block.kind == "table_row" for block in loaded.documents[0].blocks) == 4
    assert {one.reason for one in loaded.skipped} == {"hidden", "too-large"}


def test_slides_are_sections_with_their_numbers_without_notes_and_hidden_ones(tmp_path: Path) -> None:
    loaded = load(made_office.slides(tmp_path / "a.pptx"), limits=Limits())
    document = loaded.documents[0]
    assert (document.title, document.page_count) == ("灯台の歴史", 3)
    assert places(document) == [
        ("霧原町立博物館", "", 1),  # under the document's own title
        ("設計は戸倉静江による", "建設", 2),
        ("項目: 階段／数: 214段", "建設", 2),
    ]
    assert "出席" not in document.text
    assert [(one.place, one.reason) for one in loaded.skipped] == [("a.pptx slide 3", "hidden")]


def test_chapters_are_read_in_order_under_their_headings_or_names(tmp_path: Path) -> None:
    document = read(made_office.epub(tmp_path / "a.epub"))
    assert document.title == "海辺の町"
    assert places(document) == [
        ("港は1820年に石で築かれた。", "第一章 港", None),
        ("灯台には214段の階段がある。", "第二章 灯台", None),
    ]


def test_a_chapter_that_is_missing_or_protected_is_named_and_the_others_are_read(tmp_path: Path) -> None:
    encryption = "<e xmlns='http://www.w3.org/2001/04/xmlenc#'><CipherReference URI='OEBPS/text/{}'/></e>"
    path = made_office.epub(tmp_path / "a.epub", extra={"META-INF/encryption.xml": encryption.format("one.xhtml")})
    loaded = load(path, limits=Limits())
    assert [(one.place, one.reason) for one in loaded.skipped] == [("a.epub OEBPS/text/one.xhtml", "encrypted")]
    assert "214段" in loaded.documents[0].text
    alone = made_office.epub(
        tmp_path / "b.epub", {"x.xhtml": "<p>x</p>"}, {"META-INF/encryption.xml": encryption.format("x.xhtml")}
    )
    assert refusal(alone).reason == "encrypted"


def test_a_chapter_whose_name_is_endless_is_named_in_a_short_line(tmp_path: Path) -> None:
    pages = {"one.xhtml": "<p>港は1820年に石で築かれた。</p>", f"{'x' * 150}.xhtml": "<p>x</p>"}
    encryption = (
        f"<e xmlns='http://www.w3.org/2001/04/xmlenc#'><CipherReference URI='OEBPS/text/{'x' * 150}.xhtml'/></e>"
    )
    loaded = load(
        made_office.epub(tmp_path / "a.epub", pages, {"META-INF/encryption.xml": encryption}), limits=Limits()
    )
    assert [part.reason for part in loaded.skipped] == ["encrypted"]
    assert max(len(part.place) + len(part.detail) for part in loaded.skipped) < 320


@pytest.mark.parametrize("suffix", MAKERS)
def test_an_archive_that_decompresses_beyond_the_limit_is_refused_unread(suffix: str, tmp_path: Path) -> None:
    path = MAKERS[suffix](tmp_path / f"a{suffix}")
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("bomb.xml", b"\0" * 5_000_000)
    error = refusal(path, Limits(max_decompressed_bytes=4_000_000))
    assert (error.reason, "decompression bomb" in str(error)) == ("too-large", True)


@pytest.mark.parametrize(
    ("suffix", "part", "content"),
    [
        (".xlsx", "xl/sharedStrings.xml", LAUGHS + b"<sst><si><t>&m;</t></si></sst>"),
        (".xlsx", "xl/worksheets/sheet1.xml", LAUGHS + b"<worksheet><sheetData>&m;</sheetData></worksheet>"),
        (".pptx", "ppt/slides/slide2.xml", LAUGHS + b"<p:sld xmlns:p='x'>&m;</p:sld>"),
        (".epub", "OEBPS/book.opf", LAUGHS + b"<package>&m;</package>"),
        (".epub", "OEBPS/text/two.xhtml", LAUGHS + b"<html><body><p>&m;</p></body></html>"),
    ],
)  # fmt: skip
def test_entities_that_grow_without_end_cost_neither_time_nor_memory(
    suffix: str, part: str, content: bytes, tmp_path: Path
) -> None:
    path = made_office.with_part(MAKERS[suffix](tmp_path / f"good{suffix}"), tmp_path / f"a{suffix}", part, content)
    begun = processor_time()
    try:
        loaded = load(path, limits=Limits(max_memory_bytes=700_000_000))
    except SourceError as error:
        assert error.reason in {"damaged", "empty", "too-large"}  # noqa: PT017
    else:
        assert sum(len(document.text) for document in loaded.documents) < 10_000
    assert processor_time() - begun < 5


@pytest.mark.parametrize("suffix", MAKERS)
def test_what_is_no_such_file_is_refused_in_one_line(suffix: str, tmp_path: Path) -> None:
    path = tmp_path / f"a{suffix}"
    path.write_bytes(b"no archive")
    assert refusal(path).reason == "damaged"
    path.write_bytes(b"\xd0\xcf\x11\xe0" + b"x" * 100)
    assert refusal(path).reason == "encrypted"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("word/document.xml", "<w/>")
    assert f"is not a valid {suffix[1:].upper()} file (it lacks " in str(refusal(path))


def test_a_reader_that_never_ends_is_stopped(tmp_path: Path) -> None:
    path = made_office.book(tmp_path / "a.xlsx")
    error = refusal(path, Limits(max_seconds=0.01))
    assert (error.reason, str(error)) == ("too-slow", "a.xlsx takes over 0.01 seconds to read; split it")


def test_a_package_that_is_not_installed_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda _name: None)
    error = refusal(made_office.book(tmp_path / "a.xlsx"))
    assert (error.reason, str(error)) == (
        "not-installed",
        "a.xlsx needs the package openpyxl, which is not installed; run: pip install 'tenkyo[office]'",
    )
