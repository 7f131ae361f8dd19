"""Training of the ranker that reads sentences for answers, and of the confidence."""

import json
from pathlib import Path

import pytest

from app.answering.decide.confidence import Model, models
from app.answering.read.span_ranker import WEIGHTS, ranker_from_json
from app.training import confidence_examples, span_examples, train_confidence, train_span
from app.training.data import FITTING


def jsquad(path: Path) -> Path:
    """A file of two articles in JSQuAD's form; the answer to each question is a year."""
    articles = []
    for number in range(2):
        text = f"橋は{1900 + number}年に建てられた。塔は{1950 + number}年に建てられた。"
        context = f"町{number} [SEP] {text}"
        questions = []
        for thing, year in (("橋", 1900 + number), ("塔", 1950 + number)):
            answer = f"{year}年"
            start = context.index(answer)
            answers = [{"text": answer, "answer_start": start}]
            questions.append(
                {"id": f"{number}{thing}", "question": f"{thing}が建てられたのは何年か", "answers": answers}
            )
        articles.append({"title": f"町{number}", "paragraphs": [{"context": context, "qas": questions}]})
    path.write_text(json.dumps({"data": articles}), encoding="utf-8")
    return path


def test_the_weights_file_tells_what_was_held_out_and_training_is_repeatable(tmp_path: Path) -> None:
    data = jsquad(tmp_path / "data.json")
    for name in ("first.json", "second.json"):
        assert train_span.main([str(data), "--half", "--out", str(tmp_path / name)]) == 0
    first, second = ((tmp_path / name).read_bytes() for name in ("first.json", "second.json"))
    assert first == second
    stored = json.loads(first)
    assert stored["held_out_even_articles"]["asked in Japanese"]["questions"] == 2
    assert "told_apart" in stored["held_out_even_articles"]["asked in Japanese"]
    assert ranker_from_json(stored).output.shape == (144,)


def test_each_question_is_read_with_and_without_the_passages_that_answer_it(tmp_path: Path) -> None:
    native, abroad = span_examples.examples(jsquad(tmp_path / "data.json"))
    assert (
        [example.id for example in native[::2]]
        == [example.id for example in native[1::2]]
        == ["0橋", "0塔", "1橋", "1塔"]
    )
    for answerable, lacking in zip(native[::2], native[1::2], strict=True):
        assert answerable.holds.count(True) == 1
        right = answerable.sentence[answerable.exact == 1]
        assert len(right) == 1
        assert answerable.holds[right[0]]
        assert not any(lacking.holds)
        assert lacking.f1.max() == 0
    assert len(abroad) == 2
    assert all(example.exact.sum() == 1 and not example.may_lack for example in abroad)


def test_a_file_of_another_kind_is_refused_in_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "other.json"
    path.write_text("{}", encoding="utf-8")
    assert train_span.main([str(path)]) == 1
    error = capsys.readouterr().err
    assert error.startswith("error: ")
    assert str(path) in error
    assert error.count("\n") == 1


def test_the_confidence_keeps_what_too_few_questions_would_fit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for papers in ("FITTING", "HELD_OUT"):
        monkeypatch.setattr(train_confidence, papers, ())
    data, half, out = jsquad(tmp_path / "data.json"), tmp_path / "half.json", tmp_path / "confidence.json"
    assert train_span.main([str(data), "--half", "--out", str(half)]) == 0
    assert train_confidence.main([str(data), "--reader", str(half), "--out", str(out)]) == 0
    stored = json.loads(out.read_text(encoding="utf-8"))
    assert stored["held_out"] == {}
    assert {name: Model(**stored[name]) for name in models()} == models()


def test_a_reader_that_is_not_there_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    missing = tmp_path / "half.json"
    assert train_confidence.main([str(jsquad(tmp_path / "data.json")), "--reader", str(missing)]) == 1
    assert str(missing) in capsys.readouterr().err


def test_the_questions_on_a_made_up_paper_are_asked_with_and_without_what_answers_them() -> None:
    reader = ranker_from_json(json.loads(WEIGHTS.read_text(encoding="utf-8")))
    rows = confidence_examples.paper_rows(FITTING[0], reader)
    answered = [question for question in FITTING[0].questions() if question["answers"]]
    assert sum(row.answerable for row in rows) == len(answered)
    assert sum(row.right for row in rows) > 0.5 * len(answered)
    assert not any(row.right for row in rows if not row.answerable)
