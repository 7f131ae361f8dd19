"""The order of passages by what the question shows its answer to be."""

from dataclasses import replace

import numpy as np

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
