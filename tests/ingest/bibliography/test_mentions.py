"""Places in running text that cite works of the bibliography, beyond numbers and authors with years."""

import json

import pytest

from ingest.bibliography.mentions import find_mentions, with_cites
from ingest.bibliography.parser import parse_bibliography, with_references
from ingest.document import Block, Document
from ingest.passages import cut
from retriever.index.segment_files import passage_to_json
from retriever.index.segments import passage_from_json
from retriever.types import Cites

ENTRIES = (
    "Lamp Council, “Support for Lamps Grows,” December 2024.",
    "港湾省「港湾会談（概要）」2025年2月7日。",
    "港湾省「港湾会談（共同声明）」2025年2月7日。",
    "灯台新聞「海の国が港湾共同声明に抗議」2025年2月10日。",
    "Sea Agency, “Sea Change,” 2025.",
    "River Agency, “Sea Change,” 2025.",
    "Peter Light, “Lamps Among Harbours: A History,” 1978.",
    "海洋庁「令和5年版海洋白書」2023年。",
)


def cited(*paragraphs: str, heading: str = "") -> list[Cites]:
    """What the paragraphs cite, with ENTRIES as the bibliography."""
    blocks = [Block("paragraph", one) for one in paragraphs]
    entries = [Block("entry", one) for one in ENTRIES]
    front = [Block("heading", heading, level=1)] if heading else []
    document = Document("d", "灯台", "/d", (*front, *blocks, *entries))
    return find_mentions(document, parse_bibliography(document))


def numbers(*paragraphs: str) -> list[tuple[int, ...]]:
    """The numbers alone."""
    return [one.numbers for one in cited(*paragraphs)]


def test_what_points_back_means_the_work_cited_just_before() -> None:
    survey = "灯台協議会 (Lamp Council) が2024年に行った調査では、83%が賛成した。"
    assert numbers(survey + "同じ調査では、反対は5%だった。") == [(1,), (1,)]
    assert numbers("同じ調査では、反対は5%だった。") == []
    assert numbers(survey, "これらの調査は古い。") == [(1,)], "these surveys are not one"


def test_a_name_that_the_text_explains_is_known_from_then_on() -> None:
    explained = "灯台協議会 (Lamp Council) は町にある。"
    assert numbers(explained + "灯台協議会の2024年の調査では、賛成が多い。") == [(1,)]


def test_a_statement_is_cited_by_what_it_is() -> None:
    assert numbers("港湾会談の共同声明が出た。") == [(3,)]
    assert numbers("港湾共同声明はこう述べた。さらに、声明では航路も扱う。") == [(3,), (3,)]
    assert numbers("2023年の海洋白書によると、海は広い。") == [(8,)]


@pytest.mark.parametrize(
    "sentence",
    [
        "山河共同声明が出た。",  # other parties' statement
        "声明では航路も扱う。",  # of whom?
        "港湾省は2025年に動いた。",  # the ministry acts
        "山国港湾省（2025）の概要がある。",  # another one's ministry
        "港湾の共同体が声を上げた。",
        "Everyone speaks of sea change in 2025.",
    ],
)
def test_what_only_sounds_like_a_work_is_not_cited(sentence: str) -> None:
    assert numbers(sentence) == []


def test_of_two_works_of_one_title_the_author_decides() -> None:
    assert cited("In “Sea Change” (2025) it is warm.")[0] == Cites(4, 14, (5, 6), certain=False)
    assert [one.numbers for one in cited("River Agency’s “Sea Change” is cold.")] == [(6,)]


def test_of_two_works_of_one_ministry_in_one_year_a_word_of_the_title_decides() -> None:
    assert cited("港湾省（2025）は港を開いた。")[0].numbers == (2, 3)
    assert not cited("港湾省（2025）は港を開いた。")[0].certain
    assert [one.numbers for one in cited("港湾省（2025）の概要は短い。")] == [(2,)]


def test_a_short_title_counts_where_capitals_or_marks_set_it_off() -> None:
    assert numbers("Light wrote Lamps Among Harbours.") == [(7,)]
    assert numbers("There are lamps among harbours.") == []


def test_passages_know_what_they_cite() -> None:
    blocks = (
        Block("paragraph", "灯台は高い。港湾会談の共同声明が出た。"),
        *(Block("entry", one) for one in ENTRIES),
    )
    document = with_references(Document("d", "灯台", "/d", blocks))
    first, *entries = with_cites(document, cut(document))
    assert [(first.text[one.start : one.end], one.numbers) for one in first.cites] == [("共同声明", (3,))]
    assert not any(one.cites for one in entries)
    assert passage_from_json(json.loads(json.dumps(passage_to_json(first)))) == first
