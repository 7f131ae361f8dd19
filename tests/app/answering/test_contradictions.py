"""A sentence that nearly answers, but of another month, unit, side or thing, makes no answer sure."""

import numpy as np
import pytest

from app.answering.decide.contradictions import NAMES, contradictions
from app.answering.read.sentences import Candidate, Features
from retriever.types import Hit, Passage, Query


def candidate(text: str, language: str, before: str = "", score: float = 0.0) -> Candidate:
    """A sentence of a passage after the text `before`."""
    whole = before + text
    passage = Passage(f"p{text}", "d", whole, 0, len(whole), language=language, sentences=((len(before), len(whole)),))
    return Candidate(Hit(passage, 1.0, 1), len(before), len(whole), Features(0.0, 0.0, 0.0, 0.0, 0.0), score)


def query(text: str, language: str) -> Query:
    """A question without a vector, which no contradiction needs."""
    return Query(text, language, np.zeros(1, np.float32))


def found(question: str, told: str, language: str = "ja", written_in: str = "", before: str = "") -> dict[str, float]:
    """The contradictions between a question and a sentence that are not zero."""
    ranked = [candidate(told, written_in or language, before)]
    return {name: value for name, value in contradictions(query(question, language), ranked).items() if value}


@pytest.mark.parametrize(
    ("question", "told", "contradicted"),
    [
        ("3月の会合では何が決まりましたか", "2月の会合では予算が決まった。", {"other_figure": 1.0}),
        ("2月の会合では何が決まりましたか", "2月の会合では予算が決まった。", {}),
        ("第3回の会合はどこで開かれましたか", "第2回の会合は港で開かれた。", {"other_figure": 1.0}),
        ("一つだけ選ぶとすれば何ですか", "三つの案がある。", {}),
        ("工事に何か月かかりましたか", "工事は4月に始まり、予算は5億円だった。", {}),  # a month is named
        ("演説は何分間でしたか", "演説は1月に議会で行われた。", {"other_unit": 1.0}),
        ("演説は何分間でしたか", "演説は約40分続いた。", {}),
        ("観測は何週間続きましたか", "観測は数週間続いた。", {}),
        ("質問紙は何通集まりましたか", "742世帯が答えた。", {}),
        ("新政権を支持する人の割合は", "新政権を支持しない人が53%いた。", {"other_polarity": 1.0}),
        ("新政権を支持しない人の割合は", "新政権を支持しない人が53%いた。", {}),
        ("一番古い管楽器は何ですか", "一番古い打楽器は手と足である。", {"other_kind": 1.0}),
        ("好意的な米国人は何%ですか", "好意的なアメリカ人は83%であった。", {}),  # a country of two names
        ("新政権は支持されていますか", "新政権は支持されていない。", {}),  # it answers
        ("なぜ輸出が増加したのですか", "輸入が減少したためである。", {}),  # the opposite may be the reason
        ("輸出が増加した年は", "輸出は2019年に減少した。", {"opposite": 1.0}),
    ],
)
def test_what_contradicts_a_japanese_question(question: str, told: str, contradicted: dict[str, float]) -> None:
    assert found(question, told) == contradicted


@pytest.mark.parametrize(
    ("question", "told", "contradicted"),
    [
        (
            "What did the council decide in March?",
            "In February the council decided on the budget.",
            {"other_figure": 1.0},
        ),
        ("Which towns were not flooded?", "Harrow and Westleigh were flooded.", {"other_polarity": 1.0}),
        ("Which towns were flooded?", "Harrow and Westleigh were flooded.", {}),
        ("Who did not vote?", "The farmers came to the meeting.", {"other_polarity": 0.5}),
        ("What is the maximum load?", "The minimum load is two tonnes.", {"opposite": 1.0}),
        ("How many weeks did it last?", "It was held in eleven schools.", {"other_unit": 1.0}),
        ("How many weeks did it last?", "It lasted a few weeks.", {}),
        ("How long did the rain last?", "The rain lasted a short while.", {}),  # "how long" is no side
        ("How many years did it last?", "It lasted for three decades.", {}),
        ("Did they know the result?", "They did not know the result.", {}),  # it answers
        ("How many questions were set?", "They gave 30 answers.", {}),  # two ends of one relation
        ("Who bought the mill?", "The heirs sold it to a miller.", {}),
    ],
)
def test_what_contradicts_an_english_question(question: str, told: str, contradicted: dict[str, float]) -> None:
    assert found(question, told, "en") == contradicted


def test_across_languages_figures_units_and_antonyms_contradict() -> None:
    assert found("What was decided in March?", "2月の会合では予算が決まった。", "en", "ja") == {"other_figure": 1.0}
    assert found("作るのに何か月かかりましたか", "It contains over 16k dialogues.", "ja", "en") == {"other_unit": 1.0}
    assert found("Who opposed the division?", "分割に賛成した者は9名である。", "en", "ja") == {"opposite": 1.0}
    assert found("Who bought the mill?", "水車は粉屋に売られた。", "en", "ja") == {}  # two ends of one relation
    assert found("Why is it not used?", "使われている。", "en", "ja") == {}  # each language denies in its own way
    assert found("몇 명이 참가했습니까?", "The learners came twice.", "ko", "en") == {}  # learners are people


def test_what_stands_before_the_sentence_is_no_contradiction_and_elsewhere_a_weak_one() -> None:
    question, told = "3月の会合では何が決まりましたか", "前回は2月であった。"
    assert found(question, told, before="3月の会合は港で開かれた。") == {}
    ranked = [candidate(told, "ja"), candidate("3月の会合では予算が決まった。", "ja")]
    assert contradictions(query(question, "ja"), ranked)["other_figure"] == pytest.approx(1 / 3)


def test_a_long_message_says_more_than_it_asks() -> None:
    told = "3月の会合では予算が決まった。"
    assert found("2月の会合は休みました。" + "お世話になっております。" * 10 + "何が決まりましたか", told) == {}
    assert set(contradictions(query("何か", "ja"), [candidate(told, "ja")])) == set(NAMES)
