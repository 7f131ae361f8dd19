"""Markdown, HTML, DOCX and JSON Lines."""

import json
import zipfile
from pathlib import Path

import docx
import pytest

from ingest.document import Document
from ingest.loaders import Limits, SourceError, load


def parts(document: Document) -> list[tuple[str, str]]:
    """(kind, text) of each block."""
    return [(block.kind, block.text) for block in document.blocks]


def read(path: Path, text: str) -> Document:
    """The document of a text file."""
    path.write_text(text, encoding="utf-8")
    return load(path, limits=Limits()).documents[0]


def test_markdown_keeps_headings_lists_and_tables(tmp_path: Path) -> None:
    document = read(
        tmp_path / "a.md",
        "# 灯台\n\n光は*遠く*まで\n届く。\n\n## 数\n\n- 一つ目\n- 二つ目\n\n表1 灯台の数\n\n"
        "| 国 | 数 |\n|---|---|\n| 日本 | 3千 |\n"
        "\nSee [the\nlist](https://example.org).\n",
    )
    assert parts(document) == [
        ("heading", "灯台"),
        ("paragraph", "光は遠くまで届く。"),
        ("heading", "数"),
        ("list_item", "一つ目"),
        ("list_item", "二つ目"),
        ("caption", "表1 灯台の数\n国\t数"),
        ("table_row", "日本\t3千\n国: 日本／数: 3千"),
        ("paragraph", "See the list."),
    ]
    assert document.title == "灯台"
    assert [block.level for block in document.blocks if block.kind == "heading"] == [1, 2]


def test_code_of_markdown_keeps_its_lines_and_is_no_sentence(tmp_path: Path) -> None:
    document = read(tmp_path / "a.md", "# 灯台\n\n```\nlight = 1\nif light: shine()\n```\n\n    dark = 2\n")
    assert parts(document)[1:] == [("code", "light = 1\nif light: shine()"), ("code", "dark = 2")]


def test_numbered_lines_of_a_markdown_bibliography_are_entries_each(tmp_path: Path) -> None:
    entries = ["[1] 水野さくら「灯台の光」2020年。", "[2] 戸倉静江「港の霧」2021年。", "[3] 高橋一郎「船の道」2022年。"]
    text = "# 灯台\n\n光は遠くまで\n届く [1]。\n\n## 参考文献\n" + "\n".join(entries) + "\n"
    document = read(tmp_path / "a.md", text)
    assert [text for kind, text in parts(document) if kind in {"entry", "paragraph"}] == [
        "光は遠くまで届く [1]。",
        *entries,
    ]


def test_markdown_front_matter_gives_the_title_and_is_no_text(tmp_path: Path) -> None:
    document = read(tmp_path / "a.md", "---\ntitle: '灯台の話'\n---\n\n光は遠くまで届く。\n")
    assert document.title == "灯台の話"
    assert document.text == "光は遠くまで届く。"


PAGE = """<!DOCTYPE html><html><head><title>灯台 - 海の百科</title><style>p{}</style></head><body>
<nav>目次</nav><h1>灯台</h1><p>これは<ruby>灯台<rp>（</rp><rt>とうだい</rt><rp>）</rp></ruby>で
ある。A <b>bold</b> light.<br>次の行。</p><ul><li>一つ目</li><li><p>二つ目</p></li></ul>
<table><caption>表1 数</caption><tr><th>国</th><th>数</th></tr><tr><td rowspan="2">日本</td><td>3千</td></tr>
<tr><td>4千</td></tr></table><script>alert(1)</script><aside>広告</aside><footer>著作権</footer></body></html>"""


def test_html_gives_what_a_reader_reads(tmp_path: Path) -> None:
    document = read(tmp_path / "a.html", PAGE)
    assert parts(document) == [
        ("heading", "灯台"),
        ("paragraph", "これは灯台である。A bold light.\n次の行。"),
        ("list_item", "一つ目"),
        ("list_item", "二つ目"),
        ("caption", "表1 数\n国\t数"),
        ("table_row", "日本\t3千\n国: 日本／数: 3千"),
        ("table_row", "日本\t4千\n国: 日本／数: 4千"),
    ]
    assert document.title == "灯台"


def test_html_in_shift_jis_is_read_as_it_declares(tmp_path: Path) -> None:
    path = tmp_path / "a.html"
    path.write_bytes(
        '<html><head><meta charset="Shift_JIS"></head><body><p>灯台の光。</p></body></html>'.encode("cp932")
    )
    assert load(path, limits=Limits()).documents[0].text == "灯台の光。"


def test_deeply_nested_html_is_read(tmp_path: Path) -> None:
    assert "深い文。" in read(tmp_path / "a.html", "<div>" * 1500 + "深い文。" + "</div>" * 1500).text


def test_html_nested_beyond_what_the_parser_keeps_is_refused_not_shortened(tmp_path: Path) -> None:
    with pytest.raises(SourceError) as raised:
        read(tmp_path / "a.html", "<p>前の文。</p>" + "<div>" * 5000 + "深い文。" + "</div>" * 5000)
    assert raised.value.reason == "damaged"


def test_docx_keeps_headings_lists_tables_and_captions(tmp_path: Path) -> None:
    made = docx.Document()
    made.core_properties.title = "灯台の報告"
    made.add_heading("1 はじめに", 1)
    made.add_paragraph("光は遠くまで届く。")
    made.add_paragraph("一つ目", style="List Bullet")
    made.add_paragraph("表1 灯台の数")
    table = made.add_table(2, 2)
    for index, value in enumerate(["国", "数", "日本", "3千"]):
        table.cell(index // 2, index % 2).text = value
    made.save(str(tmp_path / "a.docx"))
    document = load(tmp_path / "a.docx", limits=Limits()).documents[0]
    assert parts(document) == [
        ("heading", "1 はじめに"),
        ("paragraph", "光は遠くまで届く。"),
        ("list_item", "一つ目"),
        ("caption", "表1 灯台の数\n国\t数"),
        ("table_row", "日本\t3千\n国: 日本／数: 3千"),
    ]
    assert document.title == "灯台の報告"


def test_a_docx_bomb_is_refused_before_it_unpacks(tmp_path: Path) -> None:
    path = tmp_path / "a.docx"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("word/document.xml", b" " * 30_000_000)
    with pytest.raises(SourceError, match="bomb") as raised:
        load(path, limits=Limits(max_decompressed_bytes=20_000_000))
    assert raised.value.reason == "too-large"


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"PK\x03\x04 not a zip", "damaged"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "encrypted"),
        (b"", "empty"),
    ],
)
def test_a_docx_that_is_none_is_refused(tmp_path: Path, content: bytes, reason: str) -> None:
    path = tmp_path / "a.docx"
    path.write_bytes(content)
    with pytest.raises(SourceError) as raised:
        load(path, limits=Limits())
    assert raised.value.reason == reason


def test_each_line_of_json_lines_is_a_document_and_wrong_ones_are_reported(tmp_path: Path) -> None:
    rows = [
        json.dumps({"id": "a", "title": "灯台", "text": "光は届く。\n音も届く。", "url": "https://example.org/a"}),
        "{broken",
        json.dumps({"id": "b", "title": "船"}),
        json.dumps({"id": "a", "text": "同じ。"}),
        json.dumps({"id": 7, "text": "数の名。"}),
    ]
    (tmp_path / "a.jsonl").write_text("\n".join(rows), encoding="utf-8")
    loaded = load(tmp_path / "a.jsonl", limits=Limits())
    assert [(one.id, one.title, one.url) for one in loaded.documents] == [
        ("a", "灯台", "https://example.org/a"),
        ("7", "7", None),
    ]
    assert [block.text for block in loaded.documents[0].blocks] == ["光は届く。", "音も届く。"]
    assert [part.place for part in loaded.skipped] == ["a.jsonl:2", "a.jsonl:3", "a.jsonl:4"]
    assert "text" in loaded.skipped[1].detail


def test_json_lines_are_read_line_by_line_and_in_other_encodings(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = json.dumps({"id": "a", "title": "灯台", "text": "光は沖の船まで届くという。"}, ensure_ascii=False)
    (tmp_path / "b.jsonl").write_text(row, encoding="cp932")
    assert load(tmp_path / "b.jsonl", limits=Limits()).documents[0].title == "灯台"
    (tmp_path / "a.jsonl").write_text(f"{row}\n", encoding="utf-8-sig")
    monkeypatch.setattr(Path, "read_bytes", _not_as_a_whole)
    assert load(tmp_path / "a.jsonl", limits=Limits()).documents[0].title == "灯台"


def _not_as_a_whole(path: Path) -> bytes:
    raise AssertionError(f"{path.name} is read as a whole")


def test_json_lines_without_a_usable_line_are_refused(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text("[]\n", encoding="utf-8")
    with pytest.raises(SourceError) as raised:
        load(tmp_path / "a.jsonl", limits=Limits())
    assert raised.value.reason == "damaged"


def test_an_unknown_type_is_named_with_the_known_ones(tmp_path: Path) -> None:
    (tmp_path / "a.xls").write_bytes(b"x")
    with pytest.raises(SourceError, match=r"\.pdf .*convert") as raised:
        load(tmp_path / "a.xls", limits=Limits())
    assert raised.value.reason == "unknown-type"


def test_a_docx_with_an_encrypted_part_is_encrypted_not_damaged(tmp_path: Path) -> None:
    path = tmp_path / "a.docx"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("word/document.xml", "<document/>")
    data = bytearray(path.read_bytes())
    for header, flags in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        data[data.index(header) + flags] |= 1
    path.write_bytes(data)
    with pytest.raises(SourceError) as raised:
        load(path, limits=Limits())
    assert raised.value.reason == "encrypted"


def test_a_docx_that_the_disk_does_not_give_is_unreadable_not_damaged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.docx"
    docx.Document().save(str(path))

    def failing(_: str) -> None:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(docx, "Document", failing)
    with pytest.raises(SourceError) as raised:
        load(path, limits=Limits())
    assert raised.value.reason == "unreadable"
    assert "Input/output error" in str(raised.value)


@pytest.mark.parametrize("suffix", [".txt", ".md", ".html", ".docx", ".jsonl", ".pdf"])
def test_a_missing_or_empty_file_is_refused_by_every_loader(tmp_path: Path, suffix: str) -> None:
    with pytest.raises(SourceError) as missing:
        load(tmp_path / f"none{suffix}", limits=Limits())
    assert missing.value.reason == "unreadable"
    path = tmp_path / f"empty{suffix}"
    path.write_bytes(b"")
    with pytest.raises(SourceError) as empty:
        load(path, limits=Limits())
    assert empty.value.reason == "empty"
    path.write_bytes(b"x" * 2000)
    with pytest.raises(SourceError) as large:
        load(path, limits=Limits(max_bytes=1000))
    assert large.value.reason == "too-large"


def test_preformatted_lines_of_html_are_code_and_keep_their_lines(tmp_path: Path) -> None:
    (tmp_path / "a.html").write_text(
        "<h1>Lamps</h1><p>It is lit by:</p><pre>def lamp():\n    return 1</pre>", encoding="utf-8"
    )
    document = load(tmp_path / "a.html", limits=Limits()).documents[0]
    assert [block.text for block in document.blocks if block.kind == "code"] == ["def lamp():\n    return 1"]


@pytest.mark.parametrize("field", [10, 42])  # of a part's entry in the directory: its method, its place
def test_a_docx_whose_directory_lies_is_damaged_and_said_in_a_short_line(tmp_path: Path, field: int) -> None:
    path = tmp_path / "a.docx"
    docx.Document().save(str(path))
    data = bytearray(path.read_bytes())
    entry = data.find(b"PK\x01\x02")
    data[entry + field : entry + field + 2] = b"\x63\x00"
    path.write_bytes(data)
    with pytest.raises(SourceError) as raised:
        load(path, limits=Limits())
    assert raised.value.reason == "damaged"
    assert len(str(raised.value)) < 300
