"""Comparing two runs."""

import json
from pathlib import Path
from typing import Any

import pytest

from app.commands.evaluation import ask_of
from app.evaluation.comparison.compare import compare
from app.evaluation.comparison.differences import pairs_of
from app.evaluation.report.comparison import comparison_html, comparison_text
from app.evaluation.report.run_report import report_html
from app.evaluation.run import evaluate
from retriever.types import TenkyoError
from tests.app.evaluation.fake_library import PairLibrary, passage
from tests.app.evaluation.fake_progress import NotedProgress

ROWS = [
    {
        "id": f"q{number}",
        "question": f"{city}はどの県の都市か",
        "answers": [f"{city}県"],
        "evidence": [f"{city}は{city}県"],
    }
    for number, city in enumerate(["青森", "秋田", "山形", "福島", "千葉", "新潟", "富山", "福井", "長野", "岐阜"])
]
GOOD = PairLibrary([passage(row["id"], f"{row['evidence'][0]}の都市である。") for row in ROWS])  # type: ignore[arg-type]
BAD = PairLibrary([passage("x", "どの県の都市でもない。")])


def run(folder: Path, library: PairLibrary, rows: list[dict[str, Any]], **settings: Any) -> Path:
    folder.parent.mkdir(exist_ok=True)
    questions = folder.with_suffix(".jsonl")
    questions.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    evaluate(
        questions, folder, ask=ask_of(library, 10), settings={"k": 10, **settings},
        report=report_html, minimums={}, workers=1, progress=NotedProgress(),
    )  # fmt: skip
    return folder


def test_a_better_run_differs_significantly_and_its_changes_are_listed(tmp_path: Path) -> None:
    a, b = run(tmp_path / "a", BAD, ROWS, encoder="x"), run(tmp_path / "b", GOOD, ROWS, encoder="y")
    comparison = compare(a, b, tmp_path / "out", comparison_html)
    match = comparison["metrics"]["answer_match"]
    assert (match["a"], match["b"], match["difference"], match["n"]) == (0, 1, 1, 10)
    assert (match["low"], match["high"]) == (1, 1)
    # ten pairs that all favour B: only the 2 of 2^10 assignments without a mixed swap reach the difference
    assert 0 < match["p"] < 0.01
    assert comparison["verdicts"] == {"worse": 0, "better": 10, "other": 0}
    assert comparison["changes"][0] == {
        "id": "q0",
        "question": ROWS[0]["question"],
        "change": "better",
        "a": "wrong",
        "b": "correct",
    }
    assert comparison["settings"] == {"encoder": ["x", "y"]}
    assert json.loads((tmp_path / "out" / "comparison.json").read_text(encoding="utf-8")) == comparison
    assert "answer_match" in comparison_text(comparison)
    page = (tmp_path / "out" / "comparison.html").read_text(encoding="utf-8")
    assert page.count("<article") == 10


def test_a_run_compared_with_itself_differs_in_nothing(tmp_path: Path) -> None:
    a = run(tmp_path / "a", GOOD, ROWS)
    comparison = compare(a, a, tmp_path / "out", comparison_html)
    assert all(
        metric["difference"] in {0, None} and metric["p"] in {1, None} for metric in comparison["metrics"].values()
    )
    assert comparison["changes"] == []
    assert comparison["settings"] == {}


def test_a_single_changed_question_is_no_significant_difference(tmp_path: Path) -> None:
    mixed = PairLibrary(GOOD.searched[1:])
    comparison = compare(
        run(tmp_path / "a", GOOD, ROWS), run(tmp_path / "b", mixed, ROWS), tmp_path / "out", comparison_html
    )
    match = comparison["metrics"]["answer_match"]
    assert match["difference"] == pytest.approx(-0.1)
    assert match["p"] > 0.9  # one discordant pair: every swap is as large
    assert comparison["verdicts"]["worse"] == 1


def test_a_question_that_one_run_does_not_judge_is_neither_better_nor_worse(tmp_path: Path) -> None:
    unjudged = [{name: value for name, value in ROWS[0].items() if name not in {"answers", "evidence"}}, *ROWS[1:]]
    comparison = compare(
        run(tmp_path / "a", GOOD, ROWS), run(tmp_path / "b", GOOD, unjudged), tmp_path / "out", comparison_html
    )
    assert comparison["verdicts"] == {"worse": 0, "better": 0, "other": 1}


def pairs(folder: Path, first: list[dict[str, Any]], second: list[dict[str, Any]]) -> list[tuple[int, int]]:
    """The places of the questions that are compared."""
    a, b = run(folder / "a", GOOD, first), run(folder / "b", GOOD, second)
    return [tuple(pair) for pair in pairs_of(a / "predictions.jsonl", b / "predictions.jsonl").tolist()]


def asking(*texts: str, **fields: Any) -> list[dict[str, Any]]:
    """Questions without ids."""
    return [{"question": text, "answers": ["県"], **fields} for text in texts]


def test_questions_are_paired_by_their_words_wherever_they_stand(tmp_path: Path) -> None:
    first, second = asking("青森は何か", "秋田は何か", "福井は何か"), asking("福井は何か", "長野は何か", " 青森は 何か")
    assert pairs(tmp_path, first, second) == [(0, 2), (2, 0)]


def test_a_question_whose_gold_was_edited_is_still_the_same_question(tmp_path: Path) -> None:
    edited = [*ROWS[:3], {**ROWS[3], "answers": ["別"]}, ROWS[0]]
    comparison = compare(
        run(tmp_path / "a", GOOD, ROWS), run(tmp_path / "b", GOOD, edited), tmp_path / "out", comparison_html
    )
    assert (comparison["questions"], comparison["only_in_a"], comparison["only_in_b"]) == (4, 6, 1)


def test_the_same_words_after_other_questions_are_another_question(tmp_path: Path) -> None:
    first = asking("それはいつか", history=["青森は何か"]) + asking("それはいつか", history=["秋田は何か"])
    second = asking("それはいつか", history=["秋田は何か"], answers=["1900年"])
    assert pairs(tmp_path, first, second) == [(1, 0)]


def test_a_reworded_question_is_found_by_its_id(tmp_path: Path) -> None:
    first = [{"id": "x", "question": "青森はどの県の都市か"}, {"id": "y", "question": "秋田はどの県の都市か"}]
    second = [{"id": "y", "question": "秋田市はどの県の都市ですか"}, {"id": "x", "question": "青森はどの県の都市か"}]
    assert pairs(tmp_path, first, second) == [(0, 1), (1, 0)]


def test_numbers_as_ids_do_not_pair_the_questions_of_two_files(tmp_path: Path) -> None:
    first = [{"id": "1", "question": "青森はどの県の都市か"}]
    second = [{"id": "1", "question": "Who built the lighthouse?"}]
    assert pairs(tmp_path, first, second) == []


def test_questions_that_occur_twice_with_other_gold_are_left_out(tmp_path: Path) -> None:
    first = asking("青森は何か", answers=["a"]) + asking("青森は何か", answers=["b"])
    second = (
        asking("青森は何か", answers=["b"]) + asking("青森は何か", answers=["c"]) + asking("青森は何か", answers=["d"])
    )
    assert pairs(tmp_path, first, second) == [(1, 0)]


def test_nothing_in_common_and_no_run_are_clear_errors(tmp_path: Path) -> None:
    a, b = run(tmp_path / "a", GOOD, ROWS[:2]), run(tmp_path / "b", GOOD, ROWS[2:])
    with pytest.raises(TenkyoError, match="no question in common"):
        compare(a, b, tmp_path / "out", comparison_html)
    with pytest.raises(TenkyoError, match="holds no finished run"):
        compare(a, tmp_path, tmp_path / "out", comparison_html)
