"""What is suggested after an answer: near its passages, neither asked nor told, in the asker's language if possible."""

import time
from dataclasses import replace
from pathlib import Path

import pytest

from app.answering.types import Turn
from app.drafts.choice import PassagePlace
from app.drafts.forms import forms
from app.drafts.question import WRITTEN, Draft, DraftQuestion
from app.drafts.suggestions import CheckedDrafts, Offered
from tests.app.drafts.made_answers import answer_of

ASKED = {
    1: "石橋を架けた職人は何人でしたか",
    2: "渡し船の往復料金はいくらでしたか",
    3: "灯台の高さは何メートルですか",
    4: "水車小屋の持ち主は誰でしたか",
    5: "井戸が掘られたのは西暦何年ですか",
    6: "市場の屋根は何色に塗られましたか",
    30: "祭礼の行列はなぜ中止されましたか",
}


def draft(number: int, kind: str = "figure", language: str = "ja", document_id: str = "d") -> Draft:
    """The draft of the passage with this number."""
    text = ASKED.get(number, f"第{number}観測所の所長は誰でしたか") if language == "ja" else f"Who built lock {number}?"
    name = f"{document_id}:{number}"
    return Draft(DraftQuestion(kind, text, "x"), language, document_id, name, "", f"この根拠は{number}番目にある。")


def by_form(kind: str, number: int, language: str = "ja") -> Draft:
    """A question by form, at the passage with this number."""
    text = forms(language)[kind].format(paper=forms(language)["this"], number=number, name="NATO")
    return Draft(DraftQuestion(kind, text, "x"), language, "d", f"d:{number}", "", f"{kind}への答えの始まり{number}。")


def texts(*numbers: int) -> tuple[str, ...]:
    """The questions of these passages."""
    return tuple(ASKED[number] for number in numbers)


PLACES = {f"d:{number}": PassagePlace("d", number, "一" if number < 5 else "二") for number in range(40)}
PLACES |= {f"e:{number}": PassagePlace("e", number, "") for number in range(3)}
CHECKED = CheckedDrafts("s1", tuple(draft(number) for number in (1, 3, 5, 6, 30)), PLACES)


def test_the_section_of_what_is_cited_comes_first_then_what_is_nearest() -> None:
    assert CHECKED.after(answer_of("引用", passage_id="d:4")) == texts(3, 1, 5)
    assert CHECKED.after(answer_of("引用", passage_id="d:7")) == texts(6, 5, 3)
    assert CHECKED.after(answer_of("引用", document_id="e", passage_id="e:1")) == ()
    assert CHECKED.after(answer_of("引用", passage_id="unknown")) == ()


def test_what_was_asked_or_just_told_is_not_suggested() -> None:
    answer = answer_of("引用", passage_id="d:4", question="灯台の高さは何メートルですか？")
    assert CHECKED.after(answer) == texts(1, 5, 6)
    assert CHECKED.after(answer, [Turn(ASKED[1]), Turn(ASKED[5])]) == texts(6)
    assert CHECKED.after(replace(answer, standalone=ASKED[1])) == texts(5, 6)
    told = answer_of(CHECKED.drafts[0].evidence, passage_id="d:1")
    assert ASKED[1] not in CHECKED.after(told)


def test_an_abstention_suggests_what_the_nearest_passages_answer() -> None:
    near = answer_of("近い", passage_id="d:31")
    abstained = replace(near, abstained=True, citations=(), near=near.citations)
    assert CHECKED.after(abstained) == texts(30)


def test_small_talk_leads_to_questions_to_begin_with() -> None:
    greeting = replace(answer_of("こんにちは"), citations=(), intent="smalltalk")
    assert CHECKED.after(greeting) == tuple(CHECKED.starters("ja"))
    assert CHECKED.after(greeting, documents=["e"]) == ()


def test_the_askers_language_comes_first() -> None:
    both = replace(CHECKED, drafts=(*CHECKED.drafts, draft(9, language="en")))
    assert both.after(answer_of("q", passage_id="d:6", language="en"))[0] == "Who built lock 9?"
    assert both.starters("en") == ["Who built lock 9?"]
    assert both.starters("ko")[0] == ASKED[1]


def test_starters_are_of_different_kinds_and_those_written_by_hand_come_first() -> None:
    made = (draft(1, WRITTEN), draft(2), draft(3), draft(4, "section"), draft(5, "reason"))
    assert replace(CHECKED, drafts=made).starters("ja") == [*texts(1, 2, 5)]
    assert replace(CHECKED, drafts=made[1:4]).starters("ja") == [*texts(2, 3)], "sections are asked for by form"
    summary = by_form("summary", 1)
    assert replace(CHECKED, drafts=(*made[1:], summary)).starters("ja") == [*texts(2, 5), summary.question.text]


def test_what_cannot_be_understood_by_itself_is_not_suggested() -> None:
    unclear = (
        "それは何ですか",
        "おそらく収入目的の関税率は何%に抑えられるのですか",
        f"{'とても長い説明' * 9}は何ですか",
    )
    made = [replace(draft(3), question=DraftQuestion("figure", text, "x")) for text in unclear]
    assert replace(CHECKED, drafts=tuple(made)).after(answer_of("引用", passage_id="d:4")) == ()
    english = replace(draft(3, language="en"), question=DraftQuestion("object", "What should a colon separate?", "x"))
    assert replace(CHECKED, drafts=(english,)).after(answer_of("q", passage_id="d:4", language="en")) == ()


def test_other_words_for_what_was_asked_are_no_suggestion() -> None:
    answer = answer_of("引用", passage_id="d:4", question="灯台の高さは何メートルくらいですか")
    assert ASKED[3] not in CHECKED.after(answer)
    conclusion = replace(CHECKED, drafts=(by_form("conclusion", 6), by_form("works", 7)))
    assert conclusion.after(answer_of("引用", passage_id="d:4", question="結論は？")) == (
        "この論文の参考文献を一覧にしてください",
    )


def test_a_conversation_is_not_offered_a_question_twice() -> None:
    offered, answer = Offered(), answer_of("引用", passage_id="d:4", question="最初の質問")
    offered.note(answer.question, CHECKED.after(answer))
    history = [Turn("最初の質問", "引用")]
    assert CHECKED.after(answer_of("引用", passage_id="d:4"), history, offered=offered.before(history)) == texts(6)
    assert offered.before([Turn("別の質問")]) == []


def test_readers_of_another_language_are_offered_questions_by_form_of_parts_and_of_the_whole() -> None:
    made = tuple(
        by_form(kind, number, "en") for number, kind in ((2, "summary"), (4, "part"), (6, "name"), (9, "works"))
    )
    checked = replace(CHECKED, drafts=(*CHECKED.drafts, *made))
    assert checked.after(answer_of("q", passage_id="d:3", language="en")) == (
        "What does section 4 of this paper say?",
        "What is this paper about?",
        "What does this paper say about NATO?",
    )
    overview = replace(answer_of("q", passage_id="d:3", language="en"), intent="overview")
    assert checked.after(overview)[:2] == ("What is this paper about?", "Which works does this paper cite?")


def test_one_sentence_gives_one_suggestion() -> None:
    twin = replace(draft(3, "date"), evidence=draft(3).evidence)
    assert replace(CHECKED, drafts=(draft(3), twin)).after(answer_of("引用", passage_id="d:4")) == texts(3)


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
    places = {f"d:{number}": PassagePlace("d", number, str(number // 20)) for number in range(1500)}
    many = CheckedDrafts("s1", tuple(draft(number) for number in range(0, 1500, 4)), places)
    answer = answer_of("引用", passage_id="d:700")
    begun = time.process_time()
    for _ in range(20):
        assert len(many.after(answer)) == 3
    assert (time.process_time() - begun) / 20 < 0.001


def test_drafts_that_cannot_be_kept_are_said_so(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "file").write_text("no folder", encoding="utf-8")
    CheckedDrafts("s").save(tmp_path / "file")
    assert "the drafted questions are not kept" in caplog.text
