"""A batch run: order, failures, interruption, resumption, gates."""

import json
import os
import signal
import threading
import time
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from app.answering.types import Answer
from app.commands.evaluation import ask_of
from app.evaluation.question_files.question_file import QuestionRow, WrongRow
from app.evaluation.report.run_report import report_html
from app.evaluation.run import EvaluationResult, evaluate
from retriever.types import TenkyoError
from tests.app.evaluation.fake_library import PairLibrary, passage
from tests.app.evaluation.fake_progress import NotedProgress

LIBRARY = PairLibrary([passage("d1", "東京は日本の首都である。"), passage("d2", "大阪は西日本の中心都市である。")])


def write_questions(path: Path, count: int) -> Path:
    rows = [
        {
            "id": f"q{number}",
            "question": f"日本の首都である都市は{number}",
            "answers": ["東京"],
            "evidence": ["東京は日本の首都"],
        }
        for number in range(count)
    ]
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    return path


def run(questions: Path, out: Path, **changes: Any) -> EvaluationResult:
    arguments: dict[str, Any] = {
        "ask": ask_of(LIBRARY, 10), "settings": {"k": 10, "index": {"generation": 1}},
        "report": report_html, "minimums": {}, "workers": 3, "progress": NotedProgress(),
    }  # fmt: skip
    return evaluate(questions, out, **{**arguments, **changes})


def predicted(out: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (out / "predictions.jsonl").read_text(encoding="utf-8").splitlines()]


class Asked:
    """Counts what it is asked, and is slow to answer some of it."""

    def __init__(self, seconds: float = 0.0, broken: str = "nothing") -> None:
        self.counts: Counter[str] = Counter()
        self.at_once = self.most_at_once = 0
        self._seconds, self._broken, self._lock = seconds, broken, threading.Lock()

    def __call__(self, row: QuestionRow) -> Answer:
        question = row.text
        with self._lock:
            self.counts[question] += 1
            self.at_once += 1
            self.most_at_once = max(self.most_at_once, self.at_once)
        time.sleep(self._seconds if int(question[-1]) % 2 else 0)
        with self._lock:
            self.at_once -= 1
        if question.endswith(self._broken):
            raise ZeroDivisionError("no luck")
        return LIBRARY.ask(question, k=10)


def test_predictions_keep_the_rows_and_their_order_whatever_takes_longer(tmp_path: Path) -> None:
    asker = Asked(seconds=0.01)
    questions = write_questions(tmp_path / "q.jsonl", 30)
    result = run(questions, tmp_path / "out", ask=asker)
    rows = predicted(tmp_path / "out")
    assert [row["id"] for row in rows] == [f"q{number}" for number in range(30)]
    assert set(rows[0]) == {"id", "question", "answers", "evidence", "answer"}
    assert rows[0]["answer"]["hits"][0]["document_id"] == "d1"
    assert 1 < asker.most_at_once <= 3
    assert result.exit_code == 0
    assert result.metrics["overall"]["hit@1"] == {"value": 1.0, "n": 30, "low": 1.0, "high": 1.0}
    assert {path.name for path in (tmp_path / "out").iterdir()} == {
        "predictions.jsonl", "metrics.json", "report.html", "run.json",
    }  # fmt: skip


def test_a_row_is_asked_after_its_history_and_over_its_documents(tmp_path: Path) -> None:
    rows = [
        {"question": "それは何か", "history": ["東京は日本の首都か"]},
        {"question": "それは何か", "history": ["東京は日本の首都か"], "documents": ["d2"]},
    ]
    path = tmp_path / "q.jsonl"
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    run(path, tmp_path / "out")
    hits = [[hit["document_id"] for hit in row["answer"]["hits"]] for row in predicted(tmp_path / "out")]
    assert hits == [["d1", "d2"], ["d2"]]


def test_a_question_that_fails_is_recorded_and_the_rest_goes_on(tmp_path: Path) -> None:
    result = run(write_questions(tmp_path / "q.jsonl", 5), tmp_path / "out", ask=Asked(broken="3"))
    rows = predicted(tmp_path / "out")
    assert rows[3]["answer"] is None
    assert rows[3]["error"] == "ZeroDivisionError: no luck"
    assert all(row["answer"] and "error" not in row for row in rows if row["id"] != "q3")
    assert (result.failed, result.exit_code) == (1, 1)
    assert result.metrics["failures"] == ["q3: ZeroDivisionError: no luck"]
    assert result.metrics["verdicts"] | {"failed": 1, "correct": 4} == result.metrics["verdicts"]


def test_an_answer_that_is_no_json_fails_alone(tmp_path: Path) -> None:
    def ask(row: QuestionRow) -> Answer:
        answer = LIBRARY.ask(row.text, k=10)
        answer.timings_ms["total"] = float("nan") if row.text.endswith("1") else 1.0
        return answer

    assert run(write_questions(tmp_path / "q.jsonl", 3), tmp_path / "out", ask=ask).failed == 1


def test_wrong_rows_are_told_and_make_the_exit_code_1(tmp_path: Path) -> None:
    questions = write_questions(tmp_path / "q.jsonl", 2)
    with questions.open("a", encoding="utf-8") as file:
        file.write('{"question": ""}\n{"question": "日本の首都は1"}\n')
    wrong_rows: list[WrongRow] = []
    result = run(questions, tmp_path / "out", on_wrong_row=wrong_rows.append)
    assert [(row.line, row.reason) for row in wrong_rows] == [(3, "'question' is missing or empty")]
    assert (result.wrong_rows, result.exit_code, result.metrics["questions"]) == (1, 1, 3)
    assert result.metrics["wrong_rows"]["rows"] == ["line 3: 'question' is missing or empty"]


def test_gates(tmp_path: Path) -> None:
    questions = write_questions(tmp_path / "q.jsonl", 4)
    assert run(questions, tmp_path / "a", minimums={"hit@5": 1.0}, maximums={"refused_answerable": 0.0}).exit_code == 0
    result = run(questions, tmp_path / "b", minimums={"char_f1": 0.9, "abstention_f1": 0.5}, maximums={"hit@1": 0.5})
    assert result.exit_code == 1
    assert [text.split()[0] for text in result.missed] == ["char_f1", "abstention_f1", "hit@1"]
    assert "less than 0.9" in result.missed[0]
    assert "could not be computed" in result.missed[1]
    assert "more than 0.5" in result.missed[2]


@pytest.mark.skipif(not hasattr(signal, "raise_signal"), reason="needs signals")
def test_ctrl_c_and_resume_ask_nothing_twice_and_leave_the_same_predictions(tmp_path: Path) -> None:
    questions = write_questions(tmp_path / "q.jsonl", 40)
    asker = Asked(seconds=0.005)
    interrupting = NotedProgress(lambda done: os.kill(os.getpid(), signal.SIGINT) if done == 7 else None)
    with pytest.raises(KeyboardInterrupt, match=r"of 40 answers .* --resume"):
        run(questions, tmp_path / "out", ask=asker, progress=interrupting)
    assert interrupting.finished
    done = len(predicted(tmp_path / "out"))
    assert 7 <= done < 40
    assert not (tmp_path / "out" / "metrics.json").exists()
    run(questions, tmp_path / "out", ask=asker, resume=True)
    assert set(asker.counts.values()) == {1}
    assert len(asker.counts) == 40
    assert [row["id"] for row in predicted(tmp_path / "out")] == [f"q{number}" for number in range(40)]
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


@pytest.mark.parametrize(
    "torn",
    [b'{"id": "q3", "quest', b'{"id": "q3", "quest\n', b"\0\0\0\0\n", b"\n", b'{"id": "' + b"x" * 70_000 + b"\n"],
)
def test_a_torn_last_line_is_dropped_and_asked_again(tmp_path: Path, torn: bytes) -> None:
    questions, out = write_questions(tmp_path / "q.jsonl", 6), tmp_path / "out"
    run(questions, out)
    whole = (out / "predictions.jsonl").read_bytes()
    (out / "predictions.jsonl").write_bytes(b"".join(whole.splitlines(keepends=True)[:3]) + torn)
    (out / "metrics.json").unlink()
    asker = Asked()
    result = run(questions, out, ask=asker, resume=True)
    assert sorted(question[-1] for question in asker.counts) == ["3", "4", "5"]
    assert result.metrics["run"]["asked"] == 3
    assert [row["id"] for row in predicted(out)] == [f"q{number}" for number in range(6)]


def test_a_finished_run_is_resumed_without_asking(tmp_path: Path) -> None:
    questions, asker = write_questions(tmp_path / "q.jsonl", 4), Asked()
    first = run(questions, tmp_path / "out")
    again = run(questions, tmp_path / "out", ask=asker, resume=True)
    assert not asker.counts
    assert again.metrics["overall"] == first.metrics["overall"]


def test_resuming_with_another_index_or_k_names_what_differs(tmp_path: Path) -> None:
    questions = write_questions(tmp_path / "q.jsonl", 2)
    run(questions, tmp_path / "out")
    with pytest.raises(TenkyoError, match=r"settings\.index\.generation = 1, now it is 2"):
        run(questions, tmp_path / "out", resume=True, settings={"k": 10, "index": {"generation": 2}})


def test_resuming_with_other_questions_names_the_line(tmp_path: Path) -> None:
    run(write_questions(tmp_path / "q.jsonl", 3), tmp_path / "out")
    other = tmp_path / "other.jsonl"
    other.write_text('{"question": "別の質問"}\n', encoding="utf-8")
    with pytest.raises(TenkyoError, match="line 1 answers another question"):
        run(other, tmp_path / "out", resume=True)


def test_an_interrupted_run_is_not_thrown_away_unasked(tmp_path: Path) -> None:
    questions, out = write_questions(tmp_path / "q.jsonl", 3), tmp_path / "out"
    run(questions, out)
    (out / "metrics.json").unlink()
    with pytest.raises(TenkyoError, match="--resume"):
        run(questions, out)


def test_a_new_run_in_the_folder_of_a_finished_one_replaces_it(tmp_path: Path) -> None:
    run(write_questions(tmp_path / "q.jsonl", 5), tmp_path / "out")
    result = run(write_questions(tmp_path / "q2.jsonl", 2), tmp_path / "out")
    assert len(predicted(tmp_path / "out")) == result.metrics["questions"] == 2


@pytest.mark.parametrize(
    ("content", "reason"),
    [("", "it is empty"), ('{"q": "a"}\n', "line 1: 'question' is missing"), (None, "cannot be read")],
)
def test_a_file_without_questions_is_one_clear_error(tmp_path: Path, content: str | None, reason: str) -> None:
    if content is not None:
        (tmp_path / "q.jsonl").write_text(content)
    with pytest.raises(TenkyoError, match=reason):
        run(tmp_path / "q.jsonl", tmp_path / "out")


def test_a_folder_that_cannot_be_written_is_one_clear_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(TenkyoError, match="cannot be written"):
        run(write_questions(tmp_path / "q.jsonl", 1), tmp_path / "file")
