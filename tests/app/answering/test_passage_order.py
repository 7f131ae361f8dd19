"""The order of passages by what the question shows its answer to be."""

from dataclasses import replace

import numpy as np
import pytest

from app.answering.read.sentences import answering_first
from app.answering.understand.question import QuestionTerms, WeightedWords, ordinary_question
from retriever.types import Hit, Passage, Query, Reranking


def terms(question: str) -> QuestionTerms:
    """A question of which only its form counts."""
    query = Query(question, "ja", np.zeros(2, np.float32))
    return QuestionTerms(ordinary_question(question), query, WeightedWords((), np.zeros(0)))


def hit(name: str, text: str, score: float, kind: str = "paragraph") -> Hit:
    """A hit on a passage."""
    return Hit(Passage(name, "d", text, 0, len(text), kind=kind), score, 0)


def order(question: str, *hits: Hit) -> list[str]:
    """The ids of the hits in the order in which they may answer."""
    found = answering_first(terms(question), hits)
    assert [one.rank for one in found] in ([1, 2], [0, 0])  # anew, or as they were
    return [one.passage.id for one in found]


def test_a_passage_with_the_form_that_is_asked_for_comes_before_a_slightly_better_one() -> None:
    hits = hit("a", "支持率は高い。", 0.50), hit("b", "支持率は46%である。", 0.48)
    assert order("支持率は何%か", *hits) == ["b", "a"]
    assert order("支持はどうなったか", *hits) == ["a", "b"]


def test_a_much_better_passage_stays_first() -> None:
    assert order("支持率は何%か", hit("a", "支持率は高い。", 0.9), hit("b", "税は5%だ。", 0.5)) == ["a", "b"]


def test_rows_come_first_where_the_question_names_their_table() -> None:
    hits = hit("a", "関税は保護のためである。", 0.50), hit("b", "目的: 保護", 0.45, "table_row")
    assert order("表1では関税の目的は何か", *hits) == ["b", "a"]
    assert order("梅雨明けの発表は何を目的とするか", *hits) == ["a", "b"]


def test_what_a_reranker_has_ordered_stays_so() -> None:
    first, second = hit("a", "支持率は高い。", 0.50), hit("b", "支持率は46%である。", 0.48)
    ordered = [replace(one, reranked=Reranking(chance=0.5, rank=1, score=0.5)) for one in (first, second)]
    assert order("支持率は何%か", *ordered) == ["a", "b"]


def test_an_entry_lies_behind_the_text_where_the_question_asks_of_no_work() -> None:
    hits = hit("a", "港新聞「町長が島へ」2025年2月4日。", 0.9, "entry"), hit("b", "町長は2月7日に島へ渡った。", 0.5)
    assert order("町長はいつ島へ渡ったか", *hits) == ["b", "a"]
    assert order("町長の訪問はどの資料で確かめられるか", *hits) == ["a", "b"]
    assert order("町長の訪問はいつ公表されたか", *hits) == ["a", "b"]


def test_entries_alone_keep_their_scores() -> None:
    hits = hit("a", "港新聞「町長が島へ」", 0.9, "entry"), hit("b", "山新聞「町長の旅」", 0.5, "entry")
    assert [one.score for one in answering_first(terms("町長はなぜ島へ渡ったか"), hits)] == [0.9, 0.5]


@pytest.mark.parametrize(
    ("question", "entry", "fits"),
    [
        ("町長はいつ島へ渡ったか", "港新聞「町長が島へ」2025年2月4日。", False),
        ("町長はいつ島へ渡ったか", "港新聞「町長、2月7日に島へ」2025年2月8日。", True),
        ("町長の訪問はいつ公表されたか", "港新聞「町長が島へ」2025年2月4日。", True),
        ("How many islands are there?", "Mori, H. (2019). The island. Tides, 12, 33–40.", False),
        ("島に賛成する人は何%か", "港新聞「島の調査」2024年。\n住民の調査で、83%という数字に関わる。", True),
        ("誰が島へ渡ったか", "田中太郎『島へ』港書店、1998年。", True),
    ],
)
def test_when_and_where_a_work_appeared_is_no_answer_to_what_happened(question: str, entry: str, *, fits: bool) -> None:
    found = hit("a", entry, 0.5, "entry")
    assert (answering_first(terms(question), [found])[0].score > found.score) is fits
