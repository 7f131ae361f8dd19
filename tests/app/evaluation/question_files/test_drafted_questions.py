"""Drafted questions as rows of a question file."""

from pathlib import Path

from app.evaluation.question_files.question_file import QuestionRow, read_questions
from app.evaluation.question_files.questions import draft, to_csv, to_jsonl
from tests.app.evaluation.fake_library import PairLibrary, passage

LIBRARY = PairLibrary(
    [
        passage("water", "霧鐘とは、霧の深い日に岬の位置を知らせる鐘のことである。来館者の数は年に1,200人である。"),
        passage("road", "遊歩道は2009年に開通した。道の幅は4メートルである。"),
    ]
)


def rows(limit: int = 50) -> list[dict[str, object]]:
    return draft([LIBRARY.passages("water"), LIBRARY.passages("road")], limit, LIBRARY.ask)


def test_rows_have_the_answer_and_the_sentence_that_it_stands_in() -> None:
    by_question = {row["question"]: row for row in rows()}
    assert by_question["霧鐘とは何ですか"] == {
        "id": "draft-001", "question": "霧鐘とは何ですか", "lang": "ja", "type": "explain",
        "answers": ["霧の深い日に岬の位置を知らせる鐘のことである"],
        "evidence": ["霧鐘とは、霧の深い日に岬の位置を知らせる鐘のことである。"], "document_id": "water",
    }  # fmt: skip
    assert by_question["遊歩道は何年に開通したのですか"]["answers"] == ["2009年"]
    assert len({row["id"] for row in by_question.values()}) == len(by_question)


def test_a_draft_that_another_sentence_answers_is_left_out() -> None:
    rival = PairLibrary([passage("other", "遊歩道は何年に開通したのですかと町長は問うた。"), *LIBRARY.passages("road")])
    drafted = draft([rival.passages("road")], 50, rival.ask)
    assert "遊歩道は何年に開通したのですか" not in [row["question"] for row in drafted]


def test_no_more_are_drafted_than_asked_for_and_documents_take_turns() -> None:
    assert [row["document_id"] for row in rows(2)] == ["water", "road"]


def test_what_a_csv_would_take_for_two_answers_is_left_out() -> None:
    for text, count in (("来館者と会員の合計は120人である。", 1), ("来館者 | 会員の合計は120人である。", 0)):
        held = passage("d", text)
        assert len(draft([[held]], 9, PairLibrary([held]).ask)) == count


def test_the_drafts_are_read_back_as_they_were_written(tmp_path: Path) -> None:
    drafted = rows()
    (tmp_path / "q.csv").write_text(to_csv(drafted), encoding="utf-8-sig", newline="")
    (tmp_path / "q.jsonl").write_text(to_jsonl(drafted), encoding="utf-8")
    for name in ("q.csv", "q.jsonl"):
        read = list(read_questions(tmp_path / name))
        assert [row.fields for row in read if isinstance(row, QuestionRow)] == drafted
