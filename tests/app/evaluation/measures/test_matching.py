"""When texts hold answers and evidence."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.evaluation.measures.matching import best_char_f1, evidence_form, holds_answer, normalise, share_held


@pytest.mark.parametrize(
    ("text", "gold"),
    [
        ("支持率は４６％であり", "46%"),
        ("支持率は46 percentだった", "46％"),
        ("イーロン・マスク氏", "イーロンマスク"),
        ("予算は2,000億円", "２０００億円"),
        ("It is The Treaty, signed in 1951.", "treaty signed in 1951"),
        ("NATOの目標", "nato"),
        ("率は2.5%", "2.5%"),
        ("第4位、第5位", "第5位"),
        ("Treaty of San\nFrancisco", "San Francisco"),
    ],
)
def test_an_answer_is_found_whatever_its_width_case_and_punctuation(text: str, gold: str) -> None:
    assert share_held(text, [gold]) == 1


@pytest.mark.parametrize(
    ("text", "gold"),
    [
        ("率は12%", "2%"),
        ("率は2.5%", "5%"),
        ("19510人", "1951"),
        ("because it used", "US"),
        ("3、4年", "34"),
        ("", "1"),
    ],
)
def test_part_of_a_number_or_word_is_no_answer(text: str, gold: str) -> None:
    assert share_held(text, [gold]) == 0


@pytest.mark.parametrize(
    ("text", "gold", "held"), [("x ≥ y", "≥", 1), ("記号は「-」である", "「-」", 1), ("x > y", "≥", 0)]
)
def test_an_answer_of_signs_alone_is_looked_for_as_it_is(text: str, gold: str, held: float) -> None:
    assert share_held(text, [gold]) == held


def test_share_counts_the_answers_that_stand_in_the_text() -> None:
    assert share_held("環境技術と造船", ["環境技術", "北極圏", "造船", "宇宙"]) == 0.5


def test_character_f1_by_hand() -> None:
    # "2025年" and "2025年2月": 5 characters shared, 5 and 7 long → 2·5 / (5 + 7)
    assert best_char_f1(["2025年"], ["2025年2月"]) == pytest.approx(10 / 12)
    assert best_char_f1(["まったく別", "2025 年"], ["一九", "2025年"]) == 1
    assert best_char_f1([], ["2025年"]) == 0


@pytest.mark.parametrize(
    ("first", "second"),
    [("43%", "43"), ("2.5倍", "25倍"), ("The treaty!", "treaty"), ("１,０００ $", "1000"), ("Aさん", "aさん")],
)
def test_character_f1_takes_punctuation_and_articles_away_as_squad_does(first: str, second: str) -> None:
    assert best_char_f1([first], [second]) == 1
    assert best_char_f1(["ㇷ\u309a"], ["ㇷ"]) == pytest.approx(2 / 3)  # a combining mark is no punctuation
    assert best_char_f1(["A班"], ["B班"]) == 0.5  # an article is a word of its own


def test_evidence_is_compared_without_white_space_and_width() -> None:
    assert evidence_form("Ａ b\n　ｃ") == "Abc"


@given(st.text(), st.text(), st.text())
def test_a_text_holds_each_run_of_its_own_tokens(before: str, gold: str, after: str) -> None:
    wanted = normalise(gold)
    if wanted.text:
        assert holds_answer(normalise(f"{before} 、 {gold} 、 {after}"), wanted)


@given(st.text(min_size=1), st.text(min_size=1))
def test_f1_is_symmetric_and_between_0_and_1(first: str, second: str) -> None:
    assert best_char_f1([first], [second]) == best_char_f1([second], [first])
    assert 0 <= best_char_f1([first], [second]) <= 1
