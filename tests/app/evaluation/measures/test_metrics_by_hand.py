"""Each metric against figures computed by hand."""

import math

import numpy as np
import pytest

from app.evaluation.measures.bootstrap import estimate, reliability
from app.evaluation.measures.metrics import summarise
from app.evaluation.measures.score_table import Columns, ScoreTable
from app.evaluation.measures.scores import METRICS, Prediction, Score, score
from tests.app.evaluation.answers import answer, citation, hit, prediction


def scored(*predictions: Prediction) -> list[Score]:
    return score(predictions)


def columns(*predictions: Prediction) -> Columns:
    scores = ScoreTable()
    for prediction_row, row_score in zip(predictions, score(predictions), strict=True):
        scores.add(prediction_row, row_score, 0)
    return scores.columns()


def values(*predictions: Prediction) -> dict[str, float | int | None]:
    return {name: figures["value"] for name, figures in estimate(columns(*predictions)).items()}


def test_ranking_of_one_quote_at_rank_three() -> None:
    hits = [hit("x"), hit("y"), hit("東京 は首都で"), hit("東京は首都で")]
    parts = scored(prediction(answer("z", hits=hits), evidence=["東京は首都"]))[0].parts
    assert [parts[f"hit@{k}"][0] for k in (1, 2, 3, 5, 10)] == [0, 0, 1, 1, 1]
    assert parts["mrr@10"] == pytest.approx((1 / 3, 1))
    assert parts["ndcg@10"] == pytest.approx((1 / math.log2(4), 1))


def test_ranking_of_several_quotes_counts_each_once() -> None:
    # a at rank 2 (again at 3), b at rank 5, c nowhere
    hits = [hit("x"), hit("a…"), hit("…a"), hit("y"), hit("b")]
    parts = scored(prediction(answer("z", hits=hits), evidence=["a", "b", "c"]))[0].parts
    assert [parts[f"recall@{k}"][0] for k in (1, 3, 5)] == [0, pytest.approx(1 / 3), pytest.approx(2 / 3)]
    assert parts["hit@1"][0] == 0
    assert parts["hit@2"][0] == 1
    gained = 1 / math.log2(3) + 1 / math.log2(6)
    assert parts["ndcg@10"][0] == pytest.approx(gained / (1 + 1 / math.log2(3) + 1 / math.log2(4)))


def test_a_hit_that_holds_every_quote_is_a_perfect_ranking() -> None:
    parts = scored(prediction(answer("z", hits=[hit("a b"), hit("x")]), evidence=["a", "b"]))[0].parts
    assert parts["ndcg@10"][0] == parts["recall@1"][0] == parts["mrr@10"][0] == 1


def test_beyond_rank_ten_nothing_counts() -> None:
    parts = scored(prediction(answer("z", hits=[hit("x")] * 10 + [hit("a")]), evidence=["a"]))[0].parts
    assert parts["mrr@10"][0] == parts["ndcg@10"][0] == parts["hit@10"][0] == parts["recall@10"][0] == 0


def test_the_document_is_judged_where_no_evidence_is_given() -> None:
    hits = [hit("x", "other"), hit("y", "mine"), hit("z", "mine")]
    parts = scored(prediction(answer("z", hits=hits), document_id="mine"))[0].parts
    assert (parts["hit@1"][0], parts["hit@2"][0], parts["recall@3"][0], parts["mrr@10"][0]) == (0, 1, 1, 0.5)


def test_rows_without_gold_count_for_nothing_but_length_latency_and_quotes() -> None:
    scores = scored(prediction(answer("答え。", citations=[citation("答え。")])))[0]
    assert scores.verdict == "unjudged"
    assert sorted(scores.parts) == ["answer_length", "latency_mean", "verbatim"]


def test_verdicts() -> None:
    gold = {"answers": ["東京", "大阪"]}
    assert [
        row_score.verdict
        for row_score in scored(
            prediction(answer("大阪です。"), **gold),
            prediction(answer("大阪です。"), type="list", **gold),
            prediction(answer("大阪と東京。"), type="list", **gold),
            prediction(answer("京都。"), **gold),
            prediction(answer(), **gold),
            prediction(answer("京都。"), type="unanswerable"),
            prediction(answer(), answers=[]),
            prediction(None, **gold),
            prediction(answer("x", citations=[citation("a b")]), evidence=["a", "b"]),
            prediction(answer("x", citations=[citation("a")]), evidence=["a", "b"]),
            prediction(answer("x"), document_id="d"),
        )
    ] == [
        "correct", "partial", "correct", "wrong", "refused", "overanswered", "abstained", "failed", "correct",
        "partial", "unjudged",
    ]  # fmt: skip


def test_answer_metrics() -> None:
    # list: one of two items; factoid: found, but not in the first sentence; refused: 0
    figures = values(
        prediction(answer("東京だ。"), type="list", answers=["東京", "大阪"]),
        prediction(answer("はい。1951年だ。"), answers=["1951年"]),
        prediction(answer(), answers=["はい"]),
    )
    assert figures["answer_match"] == pytest.approx((0.5 + 1 + 0) / 3)
    assert figures["first_match"] == pytest.approx((0.5 + 0 + 0) / 3)
    # 東京だ/東京: 2·2/(3+2); 1951年だ/1951年: 2·5/(6+5); refused: 0
    assert figures["char_f1"] == pytest.approx((4 / 5 + 10 / 11 + 0) / 3)
    assert figures["accuracy"] == pytest.approx(0.5)
    assert figures["answer_length"] == pytest.approx((4 + 10) / 2)


def test_the_first_mark_is_judged_by_itself() -> None:
    marked = [
        citation("東京は1951年だ。") | {"span": None},
        *({**citation("1951年だ"), "span": one} for one in ("51年", "1951年")),
    ]
    figures = values(
        prediction(answer("x", citations=marked), answers=["1951年"]),
        prediction(answer("x", citations=[citation("1951年")]), answers=["1951年"]),
    )
    assert figures["span_f1"] == pytest.approx(2 * 3 / (3 + 5))


def test_citation_marks_are_no_part_of_the_answer() -> None:
    row_score = scored(prediction(answer("はい [1]。いいえ [2]。"), answers=["1"]))[0]
    assert row_score.verdict == "wrong"


def test_citation_precision_recall_and_verbatim() -> None:
    figures = values(
        # two of three citations hold evidence, one of two quotes is held
        prediction(answer("x", citations=[citation("a1"), citation("a2"), citation("z")]), evidence=["a", "b"]),
        # an abstention recalls nothing and has no precision
        prediction(answer(), evidence=["a"]),
        # a quote that does not stand at the place it names
        prediction(answer("x", citations=[citation("b", "ab", start=0)])),
    )
    assert figures["citation_precision"] == pytest.approx(2 / 3)
    assert figures["citation_recall"] == pytest.approx((0.5 + 0) / 2)
    assert figures["verbatim"] == pytest.approx(3 / 4)


def test_abstention_by_hand() -> None:
    # unanswerable: 2 abstained, 1 answered; answerable: 1 abstained, 3 answered
    rows = [prediction(answer(), type="unanswerable")] * 2 + [prediction(answer("x"), type="unanswerable")]
    rows += [prediction(answer(), answers=["x"])] + [prediction(answer("x"), answers=["x"])] * 3
    figures = values(*rows)
    assert figures["abstention_precision"] == pytest.approx(2 / 3)
    assert figures["abstention_recall"] == pytest.approx(2 / 3)
    assert figures["abstention_f1"] == pytest.approx(2 * 2 / (2 * 2 + 1 + 1))
    assert figures["refused_answerable"] == pytest.approx(1 / 4)


def test_abstention_is_not_rated_where_no_question_is_unanswerable() -> None:
    figures = estimate(columns(prediction(answer(), answers=["x"]), prediction(answer("x"), answers=["x"])))
    for name in ("abstention_precision", "abstention_recall", "abstention_f1"):
        assert (figures[name]["value"], figures[name]["n"]) == (None, 0)
    assert figures["refused_answerable"]["value"] == 0.5


def test_calibration_by_hand() -> None:
    rows = [prediction(answer("x", confidence=0.95), answers=["x"])] * 3
    rows += [prediction(answer("x", confidence=0.91), answers=["y"])]
    rows += [prediction(answer("x", confidence=0.25), answers=["y"])]
    rows += [prediction(answer(confidence=0.05), answers=["y"])]  # an abstention is not an answer to rate
    figures = columns(*rows)
    bins = reliability(figures)
    assert [bins[9][name] for name in ("n", "confidence", "accuracy")] == pytest.approx([4, 0.94, 0.75])
    assert (bins[2]["n"], bins[2]["accuracy"], bins[0]["n"]) == (1, 0, 0)
    assert estimate(figures)["ece"]["value"] == pytest.approx((4 * 0.19 + 1 * 0.25) / 5)


def test_confidence_of_exactly_one_falls_into_the_last_bin() -> None:
    assert reliability(columns(prediction(answer("x", confidence=1.0), answers=["x"])))[9]["n"] == 1


def test_latency_percentiles_are_nearest_rank() -> None:
    figures = values(*(prediction(answer("x", total_ms=float(ms))) for ms in range(1, 101)))
    assert (figures["latency_p50"], figures["latency_p95"], figures["latency_p99"]) == (50, 95, 99)
    assert figures["latency_mean"] == pytest.approx(50.5)


def test_a_failed_question_counts_as_not_found_and_not_answered() -> None:
    gold = {"answers": ["x"], "evidence": ["x"]}
    figures = values(prediction(None, **gold), prediction(answer("x", hits=[hit("x")]), **gold))
    assert (figures["hit@1"], figures["answer_match"], figures["accuracy"], figures["refused_answerable"]) == (
        0.5,
        0.5,
        0.5,
        0,
    )


def test_intervals_hold_the_value_and_narrow_with_questions() -> None:
    def rows(count: int) -> list[Prediction]:
        return [prediction(answer("x" if number % 4 else "z"), answers=["x"]) for number in range(count)]

    few, many = (estimate(columns(*rows(count)))["answer_match"] for count in (20, 400))
    for figures in (few, many):
        assert figures["low"] < figures["value"] < figures["high"]  # type: ignore[operator]
    # the normal approximation for p = 3/4, n = 400: ± 1.96 · sqrt(p(1 − p)/n) = ± 0.042
    assert many["high"] - many["low"] == pytest.approx(2 * 0.0424, abs=0.012)  # type: ignore[operator]
    assert few["high"] - few["low"] > many["high"] - many["low"]  # type: ignore[operator]


def test_intervals_are_the_same_every_time_and_absent_for_few_questions() -> None:
    rows = [prediction(answer("x", confidence=n / 9), answers=["x" if n % 2 else "y"]) for n in range(9)]
    assert estimate(columns(*rows)) == estimate(columns(*rows))
    assert estimate(columns(*rows[:4]))["answer_match"]["low"] is None


def test_no_questions_have_no_figures_and_no_warnings() -> None:
    empty = columns(prediction(answer("x"))).select(np.array([], dtype=int))
    assert all(figures["value"] is None and figures["n"] == 0 for figures in estimate(empty).values())


def test_groups_and_cutoffs_beyond_the_hits_asked_for() -> None:
    scores = ScoreTable()
    rows = [
        prediction(answer("x", hits=[hit("x")]), lang="ja", type="factoid", document_id="d1", evidence=["x"]),
        prediction(answer("x", hits=[hit("y")]), lang="en", type="list", evidence=["x"]),
    ]
    for row, row_score in zip(rows, score(rows), strict=True):
        scores.add(row, row_score, 0)
    metrics = summarise(scores, {"k": 5})
    assert metrics["overall"]["hit@5"]["value"] == 0.5
    assert "hit@10" not in metrics["overall"]
    assert "ndcg@10" not in metrics["overall"]
    assert metrics["by_language"]["ja"]["hit@1"]["value"] == 1
    assert metrics["by_type"]["list"]["hit@1"]["value"] == 0
    assert list(metrics["by_document"]) == ["d1", "unspecified"]
    assert "answer_match" not in metrics["by_language"]["ja"]
    assert set(METRICS) >= {"mrr@10", "ndcg@10"}
