"""`tenkyo evaluate` and `tenkyo questions` as a user meets them."""

import argparse
import json
from collections.abc import Callable
from pathlib import Path
from typing import Unpack

import pytest

from app.answering.types import Answer, AskOptions
from app.commands.evaluation import (
    add_evaluate_arguments,
    add_questions_arguments,
    run_evaluate,
    run_questions,
)
from retriever.types import TenkyoError
from tests.app.evaluation.fake_library import PairLibrary, passage

TEXT = "東京は日本の首都である。東京の人口は1400万人である。"
LIBRARY = PairLibrary([passage("d1", TEXT)])
Call = Callable[..., int]


@pytest.fixture
def evaluate(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Call:
    """The command with its arguments as a shell gives them, in an empty folder with a question file."""
    monkeypatch.chdir(tmp_path)
    Path("q.csv").write_text("question,answers,evidence\n日本の首都はどこか,東京,東京は日本の首都\n", encoding="cp932")

    def call(*words: str) -> int:
        parser = argparse.ArgumentParser()
        add_evaluate_arguments(parser)
        return run_evaluate(parser.parse_args(words), lambda: LIBRARY)

    return call


def test_a_run_prints_its_figures_and_where_the_report_is(evaluate: Call, capsys: pytest.CaptureFixture[str]) -> None:
    assert evaluate("q.csv", "--min", "hit@5=0.95", "--max", "refused_answerable=0.05") == 0
    out = capsys.readouterr().out
    assert "1 question: 1 correct" in out
    assert "hit@5" in out
    assert str(Path("q-evaluation/report.html")) in out
    assert Path("q-evaluation/report.html").exists()


def test_json_prints_one_document_and_nothing_else(evaluate: Call, capsys: pytest.CaptureFixture[str]) -> None:
    assert evaluate("q.csv", "--out", "o", "--json") == 0
    printed = capsys.readouterr().out
    assert json.loads(printed) == json.loads(Path("o/metrics.json").read_text(encoding="utf-8"))
    assert json.loads(printed)["settings"] == {"k": 10, "index": {"encoder": "pairs", "passages": 1, "generation": 1}}


def test_a_missed_gate_is_one_line_and_exit_code_1(evaluate: Call, capsys: pytest.CaptureFixture[str]) -> None:
    assert evaluate("q.csv", "--out", "o", "--min", "char_f1=0.99") == 1
    error = capsys.readouterr().err.strip()
    assert error.count("\n") == 0
    assert error.startswith("error: char_f1 is 0.")


def test_wrong_rows_are_named(evaluate: Call, capsys: pytest.CaptureFixture[str]) -> None:
    Path("q.jsonl").write_text('{"question": "日本の首都は"}\n{}\n', encoding="utf-8")
    assert evaluate("q.jsonl", "--out", "o") == 1
    error = capsys.readouterr().err
    assert "q.jsonl: line 2: 'question' is missing or empty" in error
    assert "error: 1 row could not be asked" in error


@pytest.mark.parametrize(
    "words",
    [
        [], ["q.csv", "--min", "hits=1"], ["q.csv", "--min", "hit@5"], ["q.csv", "--workers", "0"],
        ["q.csv", "--min", "hit@5=nan"], ["q.csv", "--max", "ece=inf"],
        ["q.csv", "-k", "x"], ["q.csv", "--compare", "a", "b"],
    ],
)  # fmt: skip
def test_wrong_usage_exits_with_2(evaluate: Call, capsys: pytest.CaptureFixture[str], words: list[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        evaluate(*words)
    assert stopped.value.code == 2
    assert "error:" in capsys.readouterr().err


def test_a_missing_file_is_told_before_the_index_is_opened(evaluate: Call) -> None:
    with pytest.raises(TenkyoError, match="no such file"):
        evaluate("nothing.csv")


def test_two_runs_are_compared(evaluate: Call, capsys: pytest.CaptureFixture[str]) -> None:
    evaluate("q.csv", "--out", "a")
    evaluate("q.csv", "--out", "b", "-k", "5")
    capsys.readouterr()
    assert evaluate("--compare", "a", "b", "--json") == 0
    assert json.loads(capsys.readouterr().out)["settings"] == {"k": [10, 5]}
    assert Path("b/comparison.html").exists()
    assert evaluate("--compare", "a", "b", "--out", "c") == 0
    assert "answer_match" in capsys.readouterr().out
    assert Path("c/comparison.json").exists()


def test_questions_are_drafted_to_stdout_or_a_file_and_can_be_evaluated(
    evaluate: Call, capsys: pytest.CaptureFixture[str]
) -> None:
    parser = argparse.ArgumentParser()
    add_questions_arguments(parser)
    assert run_questions(parser.parse_args([]), lambda: LIBRARY) == 0
    rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert rows[0]["question"] == "東京の人口は何人ですか"
    assert rows[0]["evidence"] == ["東京の人口は1400万人である。"]
    assert run_questions(parser.parse_args(["--out", "draft.csv", "--limit", "3"]), lambda: LIBRARY) == 0
    assert "draft.csv" in capsys.readouterr().out
    assert evaluate("draft.csv", "--min", "answer_match=1") == 0
    with pytest.raises(TenkyoError, match="no document is named 'd9'"):
        run_questions(parser.parse_args(["--document", "d9"]), lambda: LIBRARY)


def test_drafts_do_not_take_the_place_of_a_file_that_may_have_been_edited(tmp_path: Path) -> None:
    parser = argparse.ArgumentParser()
    add_questions_arguments(parser)
    (tmp_path / "q.csv").write_text("question\nmine\n")
    with pytest.raises(TenkyoError, match=r"q\.csv: already exists"):
        run_questions(parser.parse_args(["--out", str(tmp_path / "q.csv")]), lambda: LIBRARY)
    assert (tmp_path / "q.csv").read_text() == "question\nmine\n"


@pytest.mark.parametrize(
    ("name", "reason"), [("q.xlsx", r"written as \.csv or \.jsonl"), ("no/q.csv", "no file can be written")]
)
def test_a_file_that_cannot_be_written_is_refused_before_anything_is_drafted(
    tmp_path: Path, name: str, reason: str
) -> None:
    def open_nothing() -> PairLibrary:
        raise AssertionError("the library was opened")

    parser = argparse.ArgumentParser()
    add_questions_arguments(parser)
    with pytest.raises(TenkyoError, match=reason):
        run_questions(parser.parse_args(["--out", str(tmp_path / name)]), open_nothing)


class Noted(PairLibrary):
    """Notes what it is asked; a question about errors meets one whose text has two lines."""

    def __init__(self) -> None:
        super().__init__([passage("d1", TEXT)])
        self.asked: list[str] = []

    def ask(self, question: str, **options: Unpack[AskOptions]) -> Answer:
        """The answer of PairLibrary."""
        self.asked.append(question)
        if question.startswith("エラー"):
            raise RuntimeError("no\nluck")
        return super().ask(question, **options)


def call_with(library: Noted, *words: str) -> int:
    parser = argparse.ArgumentParser()
    add_evaluate_arguments(parser)
    return run_evaluate(parser.parse_args(words), lambda: library)


def test_an_error_of_two_lines_is_told_in_one(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "q.jsonl").write_text('{"id": "x", "question": "エラー"}\n', encoding="utf-8")
    assert call_with(Noted(), str(tmp_path / "q.jsonl"), "--out", str(tmp_path / "o")) == 1
    error = capsys.readouterr().err.strip()
    assert "\n" not in error
    assert "1 question failed (x: RuntimeError: no luck)" in error


def test_what_the_first_question_loads_counts_for_no_latency(tmp_path: Path) -> None:
    (tmp_path / "q.jsonl").write_text('{"question": "首都"}\n{"question": "人口"}\n', encoding="utf-8")
    library, words = Noted(), (str(tmp_path / "q.jsonl"), "--out", str(tmp_path / "o"))
    assert call_with(library, *words) == 0
    assert sorted(library.asked[1:]) == ["人口", "首都"]
    assert library.asked[0] not in library.asked[1:]
    lines = (tmp_path / "o" / "predictions.jsonl").read_text(encoding="utf-8").splitlines()
    assert [json.loads(line)["question"] for line in lines] == ["首都", "人口"]
    assert call_with(library, *words, "--resume") == 0
    assert len(library.asked) == 3
