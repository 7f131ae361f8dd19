"""The paper the product is for: its PDF gives what its clean text gives. Run with -s to see the figures."""

import json
import re
import unicodedata
from functools import cache
from pathlib import Path

import pytest

from ingest.bibliography.parser import parse_bibliography
from ingest.document import Author, Document
from ingest.loaders import Limits, load
from ingest.passages import cut
from ingest.text import split_sentences

SHARED = Path(__file__).resolve().parents[3] / "shared"
pytestmark = pytest.mark.skipif(
    not (SHARED / "corpus" / "paper.pdf").exists(), reason="../shared/corpus, which holds the paper, is not here"
)


@cache
def paper(suffix: str) -> Document:
    """The paper as read from its text or its PDF."""
    return load(SHARED / "corpus" / f"paper.{suffix}", limits=Limits()).documents[0]


def squeezed(text: str) -> str:
    """NFKC without white space: what the comparison of text and PDF goes by."""
    return re.sub(r"\s", "", unicodedata.normalize("NFKC", text))


def tree(document: Document) -> list[tuple[int, str]]:
    """(level, words) of each heading."""
    return [(block.level, squeezed(block.text)) for block in document.blocks if block.kind == "heading"]


def sentences(document: Document) -> list[str]:
    """The sentences of the text; of a table row, its cells as they stand in the source."""
    lines = [block.text.split("\n")[:1] if block.kind == "table_row" else [block.text] for block in document.blocks]
    return [sentence for group in lines for line in group for sentence in split_sentences(line)]


def test_text_and_pdf_have_the_same_section_tree() -> None:
    assert tree(paper("txt")) == tree(paper("pdf"))
    assert len(tree(paper("pdf"))) == 9


def test_the_sentences_of_the_text_stand_whole_in_passages_of_the_pdf() -> None:
    passages = [squeezed(passage.text) for passage in cut(paper("pdf"))]
    headings = [words for _, words in tree(paper("pdf"))]
    wanted = sentences(paper("txt"))
    found = [one for one in wanted if any(squeezed(one) in words for words in [*passages, *headings])]
    share = len(found) / len(wanted)
    print(f"sentences of the text whole in passages of the PDF: {len(found)} of {len(wanted)} ({share:.1%})")
    assert share >= 0.99


@pytest.mark.parametrize("suffix", ["txt", "pdf"])
def test_every_evidence_stands_in_one_passage(suffix: str) -> None:
    passages = [re.sub(r"\s", "", passage.text) for passage in cut(paper(suffix))]
    lines = (SHARED / "data" / "paper_qa_dev.jsonl").read_text(encoding="utf-8").splitlines()
    wanted = [(row["id"], quote) for row in map(json.loads, lines) for quote in row["evidence"]]
    missing = [name for name, quote in wanted if not any(quote in words for words in passages)]
    print(f"evidence in one passage ({suffix}): {len(wanted) - len(missing)} of {len(wanted)}")
    assert missing == []


@pytest.mark.parametrize("suffix", ["txt", "pdf"])
def test_the_four_rows_of_the_table_name_their_columns(suffix: str) -> None:
    rows = [block for block in paper(suffix).blocks if block.kind == "table_row"]
    print(f"rows of 第1表 ({suffix}): {len(rows)} of 4")
    assert [dict(row.cells)["目的"] for row in rows] == ["交渉手段", "保護", "財政収入", "貿易収支改善"]
    assert [dict(row.cells)["税率"] for row in rows] == [
        "25%以上、増加傾向",
        "25%—50%、安定または減少",
        "10%以下",
        "10%—25%",
    ]
    assert all(row.caption == "第1表 目的別の関税概要" for row in rows)


def test_text_and_pdf_give_the_same_references() -> None:
    def fields(document: Document) -> list[tuple[str, ...]]:
        return [
            (squeezed(one.title), one.date, one.url, one.kind, *map(squeezed, one.authors))
            for one in parse_bibliography(document)
        ]

    from_text, from_pdf = fields(paper("txt")), fields(paper("pdf"))
    marks = (SHARED / "corpus" / "paper.txt").read_text(encoding="utf-8").count("\n- ")
    dated = sum(1 for one in from_pdf if one[1])
    addressed = sum(1 for one in from_pdf if one[2])
    print(f"references: {len(from_pdf)} of {marks}, with date {dated}, with address {addressed}")
    assert from_text == from_pdf
    assert len(from_pdf) == marks
    assert all(title and date for title, date, *_ in from_pdf)
    raw = [one.raw for one in parse_bibliography(paper("txt"))]
    assert addressed == sum(1 for one in raw if "http" in one)


def test_no_running_header_or_page_number_is_left_in_the_pdf() -> None:
    passages = cut(paper("pdf"))
    title = paper("pdf").title
    assert [passage.id for passage in passages if title in passage.text and passage.kind != "bibliographic"] == []
    assert [passage.id for passage in passages if re.search(r"(?m)^\s*\d{1,3}\s*$", passage.text)] == []


@pytest.mark.parametrize("suffix", ["txt", "pdf"])
def test_one_passage_tells_who_wrote_the_paper_when_and_where(suffix: str) -> None:
    (passage,) = [passage for passage in cut(paper(suffix)) if passage.kind == "bibliographic"]
    for words in ("新政権と日米関係の課題", "中林 美恵子", "Nakabayashi Mieko", "早稲田大学教授", "2025年2月10日"):
        assert words in passage.text
    data = paper(suffix).front_matter
    assert data.authors == (Author("中林 美恵子", "Nakabayashi Mieko", "なかばやし・みえこ"),)
    assert ([date for _, date in data.dates], data.affiliations) == (["2025-02-10"], ("早稲田大学教授",))
    assert data.abstract.endswith("重要な課題となっている。")


def test_passages_of_the_pdf_know_their_pages() -> None:
    passages = cut(paper("pdf"))
    assert {number for passage in passages for _, number in passage.page_starts} == set(range(1, 18))
    (quote,) = [passage for passage in passages if "83%が" in passage.text]
    assert quote.page_at(quote.text.index("83%が")) == 8


def test_citations_in_the_running_text_lead_to_their_surveys() -> None:
    from ingest.bibliography.mentions import find_mentions

    document = paper("pdf")
    records = parse_bibliography(document)
    named = {
        records[number - 1].authors[0] for mention in find_mentions(document, records) for number in mention.numbers
    }
    assert {"Gallup", "Chicago Council on Global Affairs"} <= named
