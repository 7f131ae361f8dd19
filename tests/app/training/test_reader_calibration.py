"""The fit of the confidence from the rules and the reader: what it learns, what it leaves out, what it writes."""

import json
import pickle
from dataclasses import replace
from pathlib import Path
from random import Random

import pytest

from app.answering.decide import confidence
from app.answering.decide.confidence import GROUPS, Decision, Judge, calibrations, log_odds
from app.training.reader.calibrate import (
    REFUSED,
    Judged,
    calibrated,
    chances,
    write_calibrations,
)
from app.training.reader.calibration_figures import calibration_figures, left_out
from app.training.reader.comparison import judged_by, side_by_side
from retriever.embedded.model_files import sha256


def seen(rng: Random) -> dict[str, float]:
    """Features that tell nothing."""
    return {"retrieved": rng.gauss(0.5, 0.1), "rivals": rng.gauss(1.0, 0.5)}


def chance(judge: Judge, rules: float, reader: float) -> float:
    return judge.chance({"rules": log_odds(rules), "reader": reader, "retrieved": 0.5, "rivals": 1.0}, 0.0)


def row(rng: Random, source: str, group: str, kind: str = "") -> Judged:
    """A question whose answerability the reader tells in part and whose answer is mostly right if there is one."""
    answerable = rng.random() < 0.6
    reader = rng.gauss(1.5 if answerable else -1.5, 1.5)
    rules = min(max(rng.gauss(0.6 if answerable else 0.4, 0.2), 0.01), 0.99)
    return Judged(
        id="q",
        source=source,
        kind=kind or source,
        pair="ja-ja",
        group=group,
        answerable=answerable,
        decision=Decision(rules, abstained=rules < 0.2, features=seen(rng)),
        reader=reader,
        right=answerable and rng.random() < 0.9,
        first_passage=answerable,
        first_sentence=answerable,
        span_f1=0.5,
    )


@pytest.fixture(name="rows", scope="module")
def _rows() -> list[Judged]:
    rng = Random(1)
    return [row(rng, source, group) for source in ("jsquad", "paper", "qasper") for group in GROUPS for _ in range(80)]


def test_it_learns_that_the_reader_tells_what_is_there_and_what_is_right(rows: list[Judged]) -> None:
    for calibration in calibrated(rows).values():
        for judge in (calibration.right, calibration.present):
            assert judge.weights["reader"] > 0.3
            assert chance(judge, 0.6, 3.0) > 0.5
            assert chance(judge, 0.4, -3.0) < 0.3


def test_qaspers_answers_do_not_tell_what_is_right_and_its_absent_ones_count(rows: list[Judged]) -> None:
    wrong = [replace(row, right=False) if row.source == "qasper" else row for row in rows]
    absent = [replace(row, answerable=False, right=False) if row.source == "qasper" else row for row in rows]
    assert [row.right for row in calibrated(wrong).values()] == [row.right for row in calibrated(rows).values()]
    assert calibrated(absent)["native"].present != calibrated(rows)["native"].present


def test_where_sure_answers_are_wrong_in_one_source_fewer_are_sure(rows: list[Judged]) -> None:
    misled = [replace(row, right=row.right and row.reader < 3.0) if row.source == "paper" else row for row in rows]
    sure = {}
    for name, of in (("rows", rows), ("misled", misled)):
        for group, calibration in calibrated(of).items():
            own = [row for row in of if row.source == "paper" and row.group == group]
            by_name = zip(own, chances(calibration.right, own), strict=True)
            sure[name, group] = [row.right for row, chance in by_name if chance >= 0.8]
            wrong = sure[name, group].count(False)
            assert wrong <= max(2, 0.1 * len(sure[name, group]))  # questions without an answer count half here
    assert len(sure["misled", "foreign"]) < len(sure["rows", "foreign"])


def test_a_share_of_the_answerable_is_refused_and_more_of_the_others(rows: list[Judged]) -> None:
    by_name = {str(row["set"]): row for row in calibration_figures(rows, calibrated(rows))}
    refused = sum(float(str(by_name[source]["refused"])) for source in ("jsquad", "paper", "qasper")) / 3
    assert refused == pytest.approx(REFUSED, abs=0.02)
    assert by_name["paper"]["absent"]["both"] > 0.4  # type: ignore[index]


@pytest.mark.parametrize("kind", ["changed", "hard_unanswerable_dev"])
def test_what_is_only_judged_by_changes_no_weight(rows: list[Judged], kind: str) -> None:
    added = [replace(row, kind=kind, answerable=False, right=False, reader=5.0) for row in rows[:60]]
    held_out = [replace(row, source="near_misses", right=not row.right) for row in rows[:60]]
    assert calibrated([*rows, *added, *held_out]) == calibrated(rows)


def test_many_questions_without_an_answer_count_as_a_quarter_where_answers_are_sure(rows: list[Judged]) -> None:
    """Twice as many of them must not make the answers to the others less sure."""
    native = [row for row in rows if row.source == "paper" and row.group == "native"]
    others = [row for row in rows if row not in native]
    absent = [row for row in native if not row.answerable]
    more = calibrated([*others, *native, *absent])["native"].right
    plain = calibrated(rows)["native"].right
    assert chance(more, 0.9, 4.0) == pytest.approx(chance(plain, 0.9, 4.0), abs=0.1)


def test_a_source_that_is_left_out_is_judged_by_the_others(rows: list[Judged]) -> None:
    by_name = {str(row["set"]): row for row in left_out(rows)}
    assert set(by_name) == {"jsquad, left out", "paper, left out", "qasper, left out"}
    others = [row for row in rows if row.source != "paper"]
    expected = next(
        row for row in calibration_figures([row for row in rows if row.source == "paper"], calibrated(others))
    )
    assert by_name["paper, left out"] | {"set": ""} == expected | {"set": ""}


def test_what_is_written_is_what_tenkyo_reads(
    rows: list[Judged], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fitted = calibrated(rows)
    write_calibrations(tmp_path / "weights.json", fitted)
    assert json.loads((tmp_path / "weights.json").read_text(encoding="utf-8"))["data"]
    monkeypatch.setattr(confidence, "READER_WEIGHTS", tmp_path / "weights.json")
    calibrations.cache_clear()
    try:
        assert calibrations() == fitted
    finally:
        calibrations.cache_clear()


def test_weights_stand_side_by_side_by_what_they_find_and_refuse(rows: list[Judged]) -> None:
    rng = Random(2)
    blind = [replace(row, reader=rng.gauss(0, 1), first_sentence=False) for row in rows]
    head, *lines = [line.split(" | ") for line in side_by_side({"old": blind, "new": rows})]
    assert head == ["set", "figure", "n", "old", "new"]
    by_figure = {(name, figure): (float(old), float(new)) for name, figure, _, old, new in lines}
    assert by_figure["paper", "first sentence"] == (0.0, 1.0)
    old, new = by_figure["paper", "absent: AUC reader"]
    assert old == pytest.approx(0.5, abs=0.1)
    assert new > 0.8
    assert by_figure["paper", "absent: refused at 15%"][1] > by_figure["paper", "absent: refused at 15%"][0]


def test_what_was_judged_by_some_weights_is_not_judged_again(tmp_path: Path, rows: list[Judged]) -> None:
    weights = tmp_path / "old.npz"
    weights.write_bytes(b"weights")
    kept = tmp_path / f"rows.paper.{sha256(b'weights')[:12]}.pkl"
    kept.write_bytes(pickle.dumps(rows))
    assert judged_by([weights], iter([]), "paper", tmp_path) == {weights: rows}
