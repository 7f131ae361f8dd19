"""Training of the confidence of the rules."""

import json
from pathlib import Path

import pytest

from app.answering.decide.confidence import Model, models
from app.training import confidence_examples, train_confidence
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


def test_a_file_of_another_kind_is_refused_in_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "other.json"
    path.write_text("{}", encoding="utf-8")
    assert train_confidence.main([str(path)]) == 1
    error = capsys.readouterr().err
    assert error.startswith("error: ")
    assert str(path) in error
    assert error.count("\n") == 1


def test_the_confidence_keeps_what_too_few_questions_would_fit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for papers in ("FITTING", "HELD_OUT"):
        monkeypatch.setattr(train_confidence, papers, ())
    data, out = jsquad(tmp_path / "data.json"), tmp_path / "confidence.json"
    assert train_confidence.main([str(data), "--out", str(out)]) == 0
    stored = json.loads(out.read_text(encoding="utf-8"))
    assert stored["held_out"] == {}
    assert {name: Model(**stored[name]) for name in models()} == models()


def test_the_questions_on_a_made_up_paper_are_asked_with_and_without_what_answers_them() -> None:
    rows = confidence_examples.paper_rows(FITTING[0])
    answered = [question for question in FITTING[0].questions() if question["answers"]]
    assert sum(row.answerable for row in rows) == len(answered)
    assert sum(row.right for row in rows) > 0.5 * len(answered)
    assert not any(row.right for row in rows if not row.answerable)
