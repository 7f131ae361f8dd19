"""What people see of a follow-up: the question made whole, or the questions as they were typed."""

import pytest

from app.answering.types import Turn
from app.answering.understand.history.conversation import interpretations
from tests.opened_once import open_encoder


@pytest.mark.parametrize(
    ("before", "question", "shown"),
    [
        # sentences
        ("鳴砂博物館はいつ開館しましたか", "それはどこにありますか", "鳴砂博物館はどこにありますか？"),
        ("How many visitors came in 2021?", "and in 2023?", "How many visitors came in 2023?"),
        ("Did the town buy the saltworks?", "Why?", "Why did the town buy the saltworks?"),
        # what would be no sentence stands beside the question before
        ("鳴砂博物館はどこで紹介されましたか", "なぜ？", "鳴砂博物館はどこで紹介されましたか — なぜ？"),
        ("館長を選んだのはだれですか", "その人の年齢は？", "館長を選んだのはだれですか — その人の年齢は？"),
        ("What did the council change?", "Why?", "What did the council change? — Why?"),
        (
            "What is the rating of the mayor?",
            "What about Congress?",
            "What is the rating of the mayor? — What about Congress?",
        ),
        ("谁建了灯塔？", "为什么？", "谁建了灯塔？ — 为什么？"),
        ("월명 시장은 언제 열립니까?", "왜요?", "월명 시장은 언제 열립니까? — 왜요?"),
    ],
)
def test_people_see_a_sentence_or_both_questions_as_they_were_typed(before: str, question: str, shown: str) -> None:
    assert interpretations(question, [Turn(before)], open_encoder())[0].standalone == shown


def test_of_several_follow_ups_people_see_the_first_question_and_the_last_two() -> None:
    turns = [Turn("What did the council change — and when?"), Turn("Why?"), Turn("Any other reasons?")]
    asked = interpretations("What else?", turns, open_encoder())[0]
    assert asked.standalone == "What did the council change — and when? — Any other reasons? — What else?"
