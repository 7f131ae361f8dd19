"""Several sections are told side by side, each under its heading; one that does not exist is named."""

import pytest

from app.answering.types import Answer, Turn
from app.library import Library


def _tops(answer: Answer) -> list[str]:
    """The top sections that an answer quotes, in its order."""
    return list(dict.fromkeys(citation.section.split(" > ")[0] for citation in answer.citations))


@pytest.mark.parametrize(
    "question",
    [
        "第2節と第3節を比べてください",
        "第2節と第3節の違いは何ですか",
        "Compare sections 2 and 3",
        "第2节和第3节有什么区别",
        "2절과 3절을 비교해 줘",
    ],
)
def test_two_sections_are_told_side_by_side_under_their_headings(trail: Library, question: str) -> None:
    answer = trail.ask(question)
    assert answer.intent == "overview"
    assert not answer.abstained
    assert len(answer.text) <= 720
    assert [heading[:2] for heading in _tops(answer)] == ["2.", "3."]
    assert "3. 調査の方法: " in answer.text


@pytest.mark.parametrize(
    ("question", "headings"),
    [
        ("Compare the introduction and the discussion", ["1. Introduction", "5. Discussion"]),
        ("Compare the introduction and section 5 of this paper", ["1. Introduction", "5. Discussion"]),
        ("引言和讨论有什么区别？", ["1. Introduction", "5. Discussion"]),
        ("서론과 논의를 비교해 줘", ["1. Introduction", "5. Discussion"]),
    ],
)
def test_two_sections_are_compared_by_their_names(quizzes: Library, question: str, headings: list[str]) -> None:
    answer = quizzes.ask(question)
    assert _tops(answer) == headings
    assert all(f"{heading}: " in answer.text for heading in headings)


def test_two_sections_are_compared_by_their_names_in_japanese(trail: Library) -> None:
    for question in ("はじめにとおわりにを比べてください", "この論文の「はじめに」と「おわりに」の違いは何ですか"):
        assert ["はじめに" in heading or "おわりに" in heading for heading in _tops(trail.ask(question))] == [
            True,
            True,
        ]


@pytest.mark.parametrize(
    ("question", "missing"),
    [
        ("第2節と第9節を比べてください", "第9節"),
        ("Compare sections 2 and 9", "section 9"),
        ("第2节和第9节有什么区别", "第9节"),
        ("2절과 9절을 비교해 줘", "9절"),
    ],
)
def test_of_two_sections_the_one_that_does_not_exist_is_named(trail: Library, question: str, missing: str) -> None:
    answer = trail.ask(question)
    assert answer.abstained
    assert answer.citations == ()
    assert missing in answer.text
    assert "おわりに" in answer.text


def test_more_of_two_sections_is_of_these_sections(trail: Library) -> None:
    asked = "第2節と第4節を比べてください"
    first = trail.ask(asked)
    more = trail.ask("もっと詳しく", history=[Turn(asked, first.text)])
    assert {citation.section[:2] for citation in more.citations} <= {"2.", "4."}
