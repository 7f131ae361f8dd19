"""Plain text: encodings, wrapped lines, cut sentences, tables, bibliographies."""

from pathlib import Path

import pytest

from ingest.document import Author, Document, FrontMatter
from ingest.loaders import Limits, SourceError, load
from tests.ingest.made_pdfs import SENTENCES


def read(path: Path, text: str, encoding: str = "utf-8") -> Document:
    """The document of a text file."""
    path.write_bytes(text.encode(encoding))
    return load(path, limits=Limits()).documents[0]


def parts(document: Document) -> list[tuple[str, str]]:
    """(kind, text) of each block."""
    return [(block.kind, block.text) for block in document.blocks]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp932", "euc_jp", "iso2022_jp", "utf-16"])
def test_japanese_encodings_are_told_apart(tmp_path: Path, encoding: str) -> None:
    text = "".join(SENTENCES)
    assert read(tmp_path / "a.txt", text, encoding).text == text


def test_a_document_is_named_after_its_file(tmp_path: Path) -> None:
    document = read(tmp_path / "灯台.txt", "光は遠くまで届く。" * 20)
    assert (document.id, document.title, document.source) == ("灯台.txt", "灯台", str(tmp_path / "灯台.txt"))


def test_a_sentence_cut_by_a_page_is_whole_again(tmp_path: Path) -> None:
    whole = "".join(SENTENCES)
    document = read(tmp_path / "a.txt", whole[:70] + "\n\n" + whole[70:] + "\n\n" + SENTENCES[0])
    assert parts(document) == [("paragraph", whole), ("paragraph", SENTENCES[0])]


def test_a_sentence_cut_by_a_table_is_whole_again_before_the_table(tmp_path: Path) -> None:
    whole = "".join(SENTENCES)
    table = "第1表 灯台の数\n\n国\t数\n日本\t3千\n韓国\t2千\n\n(出所) 筆者作成。"
    document = read(tmp_path / "a.txt", f"{whole[:70]}\n\n{table}\n\n{whole[70:]}")
    assert parts(document) == [
        ("paragraph", whole),
        ("caption", "第1表 灯台の数\n国\t数\n(出所) 筆者作成。"),
        ("table_row", "日本\t3千\n国: 日本／数: 3千"),
        ("table_row", "韓国\t2千\n国: 韓国／数: 2千"),
    ]
    assert document.blocks[2].cells == (("国", "日本"), ("数", "3千"))
    assert document.blocks[2].caption == "第1表 灯台の数"


def test_a_table_between_its_caption_and_notes_without_blank_lines_is_one(tmp_path: Path) -> None:
    table = "Table 1. Lighthouses\nCountry\tNumber\nJapan\t3,000\nKorea\t2,000\nNote: of 2020.\nSource: made up."
    document = read(tmp_path / "a.txt", f"{SENTENCES[0]}\n\n{table}\n\n{SENTENCES[1]}")
    assert parts(document)[1:4] == [
        ("caption", "Table 1. Lighthouses\nCountry\tNumber\nNote: of 2020.\nSource: made up."),
        ("table_row", "Japan\t3,000\nCountry: Japan; Number: 3,000"),
        ("table_row", "Korea\t2,000\nCountry: Korea; Number: 2,000"),
    ]


def test_lines_wrapped_by_an_editor_are_joined_and_other_lines_are_not(tmp_path: Path) -> None:
    wrapped = (
        "The lighthouse on the cape was built by the people\nof the town, who had lost many ships to the rocks\n"
        "in winter storms."
    )
    document = read(tmp_path / "a.txt", f"{wrapped}\n\n一行目の段落である。\n二行目の段落である。")
    assert parts(document) == [
        ("paragraph", wrapped.replace("\n", " ")),
        ("paragraph", "一行目の段落である。"),
        ("paragraph", "二行目の段落である。"),
    ]


def test_headings_without_markup_are_found(tmp_path: Path) -> None:
    body = "".join(SENTENCES)
    lines = [
        "灯台の研究",
        "[要旨]",
        body,
        "はじめに",
        body,
        "1 灯台の歴史",
        body,
        "2 灯台の現在",
        body,
        "おわりに",
        body,
    ]
    document = read(tmp_path / "a.txt", "\n\n".join(lines))
    headings = [block.text for block in document.blocks if block.kind == "heading"]
    assert headings[-5:] == ["[要旨]", "はじめに", "1 灯台の歴史", "2 灯台の現在", "おわりに"]
    assert document.title == "灯台の研究"


def test_numbered_lines_of_a_list_are_items_not_headings(tmp_path: Path) -> None:
    document = read(
        tmp_path / "a.txt", f"{SENTENCES[0]}\n\n(1) 光を調べる\n(2) 音を調べる\n(3) 霧を調べる\n\n{SENTENCES[1]}"
    )
    assert [kind for kind, _ in parts(document)] == ["paragraph", "list_item", "list_item", "list_item", "paragraph"]


def test_the_entries_of_a_bibliography_are_kept_apart(tmp_path: Path) -> None:
    text = (
        f"{SENTENCES[0]}\n\n■参考文献\n\n- 田中太郎「灯台の歴史」 2019 年。\nhttps://example.org/a\n"
        "- Smith, J. “The Light,” 2020. <https://example.org/b>\n\nやまだ・たろう 港大学教授"
    )
    document = read(tmp_path / "a.txt", text)
    entries = [text for kind, text in parts(document) if kind == "entry"]
    assert entries == [
        "田中太郎「灯台の歴史」 2019 年。https://example.org/a",
        "Smith, J. “The Light,” 2020. <https://example.org/b>",
    ]


def test_bibliographic_data_are_gathered_from_both_ends(tmp_path: Path) -> None:
    body = "".join(SENTENCES)
    lines = ["灯台の研究", "山田 太郎", "Yamada Taro", "[要旨]", body, "はじめに", body]
    lines += ["(脱稿日：2024年5月6日)", "やまだ・たろう 港大学教授"]
    document = read(tmp_path / "a.txt", "\n\n".join(lines))
    assert document.front_matter == FrontMatter(
        block_count=5,
        places=(0, 1, 2, 8, 7),
        title="灯台の研究",
        authors=(Author("山田 太郎", "Yamada Taro", "やまだ・たろう"),),
        affiliations=("港大学教授",),
        dates=(("脱稿日", "2024-05-06"),),
        abstract=body,
    )
    front = [block.text for block in document.blocks[: document.front_matter.block_count]]
    assert front == ["灯台の研究", "山田 太郎", "Yamada Taro", "やまだ・たろう 港大学教授", "(脱稿日：2024年5月6日)"]
    assert [document.blocks[index].text for index in document.printed_order()] == lines


def test_a_short_note_stays_one_paragraph(tmp_path: Path) -> None:
    document = read(tmp_path / "a.txt", "The light is out.")
    assert parts(document) == [("paragraph", "The light is out.")]
    assert document.language == "en"


def test_binary_data_are_no_text(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes(bytes(range(256)) * 20)
    with pytest.raises(SourceError) as raised:
        load(path, limits=Limits())
    assert raised.value.reason == "garbled"


def test_headings_marked_as_in_markdown_are_headings_and_not_quoted(tmp_path: Path) -> None:
    text = "# Kelp\n\n## Abstract\n\nKelp grows fast.\n\n## Plots ::: Depth\n\n"
    text += "The plots lie deep beneath the waves.\n\n#1 is a number.\n"
    document = read(tmp_path / "kelp.txt", text)
    headings = [(block.text, block.level) for block in document.blocks if block.kind == "heading"]
    assert headings == [("Kelp", 1), ("Abstract", 2), ("Depth", 3)]
    assert document.title == "Kelp"
    assert "#1 is a number." in [block.text for block in document.blocks]
