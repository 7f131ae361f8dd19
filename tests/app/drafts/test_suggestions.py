"""What is suggested after an answer: near its passages, neither asked nor told, in the asker's language if possible."""

import time
from dataclasses import replace
from pathlib import Path

import pytest

from app.answering.types import Turn
from app.drafts.question import WRITTEN, Draft, Question
from app.drafts.suggestions import CheckedDrafts, Place
from retriever.types import Hit, Passage
from tests.app.drafts.made_answers import answer_of


def draft(number: int, kind: str = "figure", language: str = "ja", document_id: str = "d") -> Draft:
    """The draft of the passage with this number: 問い3 of d:3."""
    text = f"問い{number}" if language == "ja" else f"Question {number}"
    name = f"{document_id}:{number}"
    return Draft(Question(kind, text, "x"), language, document_id, name, "", f"{text}の根拠は{number}番目にある。")


PLACES = {f"d:{number}": Place("d", number, "一" if number < 5 else "二") for number in range(40)}
PLACES |= {f"e:{number}": Place("e", number, "") for number in range(3)}
CHECKED = CheckedDrafts("s1", tuple(draft(number) for number in (1, 3, 5, 6, 30)), PLACES)


def test_the_section_of_what_is_cited_comes_first_then_what_is_nearest() -> None:
    assert CHECKED.after(answer_of("引用", passage_id="d:4")) == ("問い3", "問い1", "問い5")
    assert CHECKED.after(answer_of("引用", passage_id="d:7")) == ("問い6", "問い5", "問い3")
    assert CHECKED.after(answer_of("引用", document_id="e", passage_id="e:1")) == ()
    assert CHECKED.after(answer_of("引用", passage_id="unknown")) == ()


def test_what_was_asked_or_just_told_is_not_suggested() -> None:
    answer = answer_of("引用", passage_id="d:4", question="問い３？")
    assert CHECKED.after(answer) == ("問い1", "問い5", "問い6")
    assert CHECKED.after(answer, [Turn("問い1"), Turn("問い5")]) == ("問い6",)
    assert CHECKED.after(replace(answer, standalone="問い1")) == ("問い5", "問い6")
    told = answer_of(CHECKED.drafts[0].evidence, passage_id="d:1")
    assert "問い1" not in CHECKED.after(told)


def test_an_abstention_suggests_what_the_nearest_passages_answer() -> None:
    passage = Passage("d:31", "d", "近い", 0, 2)
    abstained = replace(answer_of("x"), abstained=True, citations=(), hits=(Hit(passage, 1.0, 1),))
    assert CHECKED.after(abstained) == ("問い30",)


def test_small_talk_leads_to_questions_to_begin_with() -> None:
    greeting = replace(answer_of("こんにちは"), citations=(), intent="smalltalk")
    assert CHECKED.after(greeting) == tuple(CHECKED.starters("ja"))
    assert CHECKED.after(greeting, documents=["e"]) == ()


def test_the_askers_language_comes_first() -> None:
    both = replace(CHECKED, drafts=(*CHECKED.drafts, draft(9, language="en")))
    assert both.after(answer_of("q", passage_id="d:6", language="en"))[0] == "Question 9"
    assert both.starters("en") == ["Question 9"]
    assert both.starters("ko")[0] == "問い1"


def test_starters_are_of_different_kinds_and_those_written_by_hand_come_first() -> None:
    made = (draft(1, WRITTEN), draft(2), draft(3), draft(4, "section"), draft(5, "reason"))
    assert replace(CHECKED, drafts=made).starters("ja") == ["問い1", "問い2", "問い5"]
    assert replace(CHECKED, drafts=made[1:4]).starters("ja") == ["問い2", "問い4", "問い3"]


def test_one_sentence_gives_one_suggestion() -> None:
    twin = replace(draft(3, "date"), evidence=draft(3).evidence)
    assert replace(CHECKED, drafts=(draft(3), twin)).after(answer_of("引用", passage_id="d:4")) == ("問い3",)


def test_drafts_are_kept_beside_the_index_for_its_snapshot_only(tmp_path: Path) -> None:
    CHECKED.save(tmp_path)
    assert CheckedDrafts.load(tmp_path, "s1") == CHECKED
    assert CheckedDrafts.load(tmp_path, "s2") == CheckedDrafts("s2")
    assert [path.name for path in tmp_path.iterdir()] == ["questions.json"]


@pytest.mark.parametrize(
    "content",
    ["", "{", "[]", '{"format": 1, "snapshot": "s1"}', '{"format": 1, "snapshot": "s1", "drafts": [1], "places": {}}'],
)
def test_a_damaged_file_counts_as_none(tmp_path: Path, content: str) -> None:
    (tmp_path / "questions.json").write_text(content, encoding="utf-8")
    assert CheckedDrafts.load(tmp_path, "s1") == CheckedDrafts("s1")


def test_a_folder_that_cannot_be_written_keeps_none(tmp_path: Path) -> None:
    CHECKED.save(tmp_path / "missing")
    assert list(tmp_path.iterdir()) == []


def test_looking_up_takes_less_than_a_millisecond() -> None:
    places = {f"d:{number}": Place("d", number, str(number // 20)) for number in range(1500)}
    many = CheckedDrafts("s1", tuple(draft(number) for number in range(0, 1500, 4)), places)
    answer = answer_of("引用", passage_id="d:700")
    begun = time.process_time()
    for _ in range(20):
        assert len(many.after(answer)) == 3
    assert (time.process_time() - begun) / 20 < 0.001
