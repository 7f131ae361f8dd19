"""Training of the ranker that marks answers."""

import json
from pathlib import Path

import pytest

from app.answering import train_span
from app.answering.span import ranker_from_json


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
    assert ranker_from_json(stored).output.shape == (144,)


def test_the_sentence_is_the_one_that_holds_the_answer(tmp_path: Path) -> None:
    native, abroad = train_span.examples(jsquad(tmp_path / "data.json"))
    assert [one.id for one in native] == ["0橋", "0塔", "1橋", "1塔"]
    assert len(abroad) == 2
    assert all(one.exact.sum() == 1 and one.f1.max() == 1 for one in native)


def test_a_file_of_another_kind_is_refused_in_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "other.json"
    path.write_text("{}", encoding="utf-8")
    assert train_span.main([str(path)]) == 1
    error = capsys.readouterr().err
    assert error.startswith("error: ")
    assert str(path) in error
    assert error.count("\n") == 1
