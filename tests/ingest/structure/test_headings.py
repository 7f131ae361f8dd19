"""Headings: names, numbers in sequence, lines that only look like one."""

from dataclasses import replace

import pytest

from ingest.document import Block
from ingest.structure.headings import (
    OpenHeading,
    is_abstract,
    is_named,
    is_references,
    is_short_line,
    level_in_sequence,
    mark_headings,
    numbering,
    opened,
    run_in,
)


@pytest.mark.parametrize(
    "text",
    [
        "はじめに",
        "[要旨]",
        "■参考文献",
        "１．はじめに",
        "5. Conclusion",
        "Ⅴ　おわりに",
        "結　論",
        "参考문헌"[:2] + "文献",
    ],
)
def test_the_usual_parts_of_a_paper_are_headings_by_name(text: str) -> None:
    assert is_named(text)


def test_the_abstract_and_the_bibliography_are_known_by_their_headings() -> None:
    assert is_abstract("【要旨】")
    assert is_abstract("Abstract")
    assert is_references("参考文献・資料")
    assert is_references("7. REFERENCES")
    assert not is_references("参考になる話")


@pytest.mark.parametrize(
    ("text", "style", "numbers"),
    [
        ("1 灯台の歴史", "arabic", (1,)),
        ("２．灯台の現在", "arabic", (2,)),
        ("3.2 Results", "decimal", (3, 2)),
        ("第4章 灯台と船", "chapter", (4,)),
        ("第二節　光の届く先", "section", (2,)),
        ("Ⅲ 方法", "roman", (3,)),
        ("IV. Methods", "roman", (4,)),
        ("（1）点検", "bracket", (1,)),
        ("二、灯台", "kanji", (2,)),
    ],
)
def test_the_number_of_a_heading_is_read(text: str, style: str, numbers: tuple[int, ...]) -> None:
    found = numbering(text)
    assert found is not None
    assert (found.style, found.numbers) == (style, numbers)


@pytest.mark.parametrize("text", ["2025年の灯台", "灯台"])
def test_other_numbers_are_no_heading_numbers(text: str) -> None:
    assert numbering(text) is None


def test_a_decimal_number_without_the_heading_before_it_is_no_heading() -> None:
    found = numbering("3.5ポイント増えた")
    assert found is not None
    assert level_in_sequence(found, ()) is None


def levels(*texts: str) -> list[int | None]:
    """The level that each heading gets after those before it."""
    stack: tuple[OpenHeading, ...] = ()
    found = []
    for text in texts:
        number = numbering(text)
        assert number is not None
        level = level_in_sequence(number, stack)
        found.append(level)
        if level:
            stack = opened(number, level, stack)
    return found


def test_sub_sections_lie_deeper_than_their_section() -> None:
    assert levels("1 灯台", "1.1 歴史", "1.2 現在", "2 船", "2.1 帆船") == [1, 2, 2, 1, 2]
    assert levels("第1章 灯台", "第1節 歴史", "第2節 現在", "第2章 船", "第1節 帆船") == [1, 2, 2, 1, 2]
    assert levels("Ⅰ 灯台", "1. 歴史", "2. 現在", "Ⅱ 船", "1. 帆船") == [1, 2, 2, 1, 2]


def test_a_number_out_of_sequence_opens_no_section() -> None:
    assert levels("1 灯台", "12 人の技師") == [1, None]
    assert levels("3 apples a day") == [None]


@pytest.mark.parametrize(
    "text",
    ["これは文である。", "そして、", "https://example.org/", "目的\t期間", "あ" * 60, "The light reached the ship."],
)
def test_sentences_addresses_and_table_rows_are_no_headings(text: str) -> None:
    assert not is_short_line(text)


def test_a_heading_that_runs_into_its_paragraph_is_taken_apart() -> None:
    assert run_in("Abstract—This paper studies lamps.") == ("Abstract", "This paper studies lamps.")
    assert run_in("キーワード：灯台、船") == ("キーワード", "灯台、船")
    assert run_in("目的：灯台を調べる") is None


def test_a_number_puts_a_heading_under_its_parent_though_both_look_alike() -> None:
    words = "灯台は海を照らし、船はその光を頼りに港へ帰ってくる。" * 3
    texts = ("1 灯台", words, "2 船", "2.1 帆船", words, "2.2 汽船", words, "おわりに", words)
    blocks = [
        Block("paragraph" if text == words else "heading", text, level=0 if text == words else 1) for text in texts
    ]
    found = mark_headings(blocks, by_typography=True)
    assert [block.level for block in found if block.kind == "heading"] == [1, 1, 2, 2, 1]
    seen_by_number = [replace(block, kind="paragraph", level=0) if ".1" in block.text else block for block in blocks]
    found = mark_headings(seen_by_number, by_typography=True)
    assert [block.level for block in found if block.kind == "heading"] == [1, 1, 2, 2, 1]


def test_a_plain_numbered_line_is_no_heading_where_headings_numbered_alike_stand_out() -> None:
    words = "灯台は海を照らし、船はその光を頼りに港へ帰ってくる。" * 3
    texts = ("1 灯台", words, "2 船", words, "1. 帆船", words, "3. 汽船", words, "3 港", words)
    blocks = [Block("heading", text, level=1) if text[1] == " " else Block("paragraph", text) for text in texts]
    found = mark_headings(blocks, by_typography=True)
    assert [block.text for block in found if block.kind == "heading"] == ["1 灯台", "2 船", "3 港"]


def test_a_number_in_brackets_heads_a_paragraph_and_numbers_the_items_of_a_list() -> None:
    words = "灯台は海を照らし、船はその光を頼りに港へ帰ってくる。" * 4
    texts = ("1 灯台", "（1）歴史", words, "（2）現在", words, "2 船", words, "(1) 帆船", "(2) 汽船", "(3) 漁船", words)
    blocks = [Block("paragraph", text) for text in texts]
    found = [
        (block.level, block.text) for block in mark_headings(blocks, by_typography=True) if block.kind == "heading"
    ]
    assert found == [(1, "1 灯台"), (2, "（1）歴史"), (2, "（2）現在"), (1, "2 船")]
    alike = [replace(block, kind="heading", level=1) if len(block.text) < 9 else block for block in blocks[:5]]
    assert [block.level for block in mark_headings(alike, by_typography=True) if block.kind == "heading"] == [1, 2, 2]


def test_a_sentence_about_a_chapter_is_not_numbered_as_its_heading() -> None:
    assert numbering("第1章 では，灯台の構造について説明していま") is None
    assert numbering("第1章 はじめの一歩") is not None
    assert numbering("第2章 光の歴史") is not None
