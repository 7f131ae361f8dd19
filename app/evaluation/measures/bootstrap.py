"""Metrics of a set of questions with bootstrap confidence intervals."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from app.evaluation.measures.score_table import BINS, Columns, Floats
from app.evaluation.measures.scores import METRICS

LATENCIES = {"latency_p50": 0.5, "latency_p95": 0.95, "latency_p99": 0.99}
NAMES = (*METRICS, "ece", *LATENCIES)
RESAMPLES = 1000
SEED = 20240229
CONFIDENCE_LEVEL = 0.95
FEWEST_FOR_INTERVAL = 5  # questions; an interval drawn from fewer says nothing
_RECALL = METRICS.index("abstention_recall")
_WITHOUT_UNANSWERABLE = np.array([np.nan if name.startswith("abstention") else 1.0 for name in METRICS])
_CELLS = 500_000  # most cells of the matrix of weights that are held at once


def estimate(columns: Columns, intervals: bool = True) -> dict[str, dict[str, float | int | None]]:
    """Each metric's `value`, the number `n` of questions that count for it, and the interval `low` to `high`.

    Intervals are percentile bootstrap (Efron 1979) over questions: 95%, 1,000 resamples, fixed seed; None below
    five questions. `value` is None where no question counts.
    """
    everyone = np.ones((1, len(columns)))
    values = statistics(columns, everyone)[0] if len(columns) else np.full(len(NAMES), np.nan)
    counts = _counts(columns)
    low = high = np.full(len(NAMES), np.nan)
    if intervals and len(columns) >= FEWEST_FOR_INTERVAL:
        samples = np.concatenate([statistics(columns, weights) for weights in resamples(len(columns))])
        low, high = percentiles(samples, (1 - CONFIDENCE_LEVEL) / 2)
    result: dict[str, dict[str, float | int | None]] = {}
    for number, name in enumerate(NAMES):
        sure = counts[number] >= FEWEST_FOR_INTERVAL
        result[name] = {
            "value": rounded(values[number]),
            "n": int(counts[number]),
            "low": rounded(low[number]) if sure else None,
            "high": rounded(high[number]) if sure else None,
        }
    return result


def statistics(columns: Columns, weights: Floats) -> Floats:
    """Every metric of `NAMES` for each row of `weights` (how often each question counts): shape (rows, len(NAMES)).

    ece is the expected calibration error over ten bins of equal width (Naeini et al. 2015): the mean gap between
    confidence and accuracy, each bin weighed by its answers. Latency percentiles are nearest-rank.
    Without an unanswerable question, precision and F1 of abstention have no value.
    """
    with np.errstate(invalid="ignore", divide="ignore"):
        denominators = weights @ columns.denominators
        ratios = (weights @ columns.numerators) / denominators
        ratios[denominators[:, _RECALL] == 0] *= _WITHOUT_UNANSWERABLE
        answers, confidence, right = np.split(weights @ columns.calibration, 3, axis=1)
        ece = np.abs(confidence - right).sum(axis=1) / answers.sum(axis=1)
    return np.column_stack([ratios, ece, _latency_percentiles(columns.latency_ms, weights)])


def reliability(columns: Columns) -> list[dict[str, float | int | None]]:
    """The reliability table: for each bin of confidence the answers in it, their mean confidence and accuracy."""
    answers, confidence, right = columns.calibration.sum(axis=0).reshape(3, BINS)
    return [
        {
            "from": number / BINS,
            "to": (number + 1) / BINS,
            "n": int(answers[number]),
            "confidence": rounded(confidence[number] / answers[number]) if answers[number] else None,
            "accuracy": rounded(right[number] / answers[number]) if answers[number] else None,
        }
        for number in range(BINS)
    ]


def _latency_percentiles(latency_ms: Floats, weights: Floats) -> Floats:
    known = np.flatnonzero(~np.isnan(latency_ms))
    if not len(known):
        return np.full((len(weights), len(LATENCIES)), np.nan)
    order = known[np.argsort(latency_ms[known], kind="stable")]
    counted = weights[:, order].cumsum(axis=1)
    totals = counted[:, -1]
    places = [np.sum(counted < totals[:, None] * share, axis=1) for share in LATENCIES.values()]
    values = latency_ms[order][np.minimum(np.column_stack(places), len(order) - 1)]
    return np.where(totals[:, None] > 0, values, np.nan)


def _counts(columns: Columns) -> list[int]:
    answers = int(np.sum(~np.isnan(columns.confidence)))
    timed = int(np.sum(~np.isnan(columns.latency_ms)))
    counting = np.sum(columns.denominators > 0, axis=0)
    if not counting[_RECALL]:
        counting[np.isnan(_WITHOUT_UNANSWERABLE)] = 0
    return [*counting.tolist(), answers, *(timed for _ in LATENCIES)]


def resamples(count: int) -> Iterator[Floats]:
    """Weights of `RESAMPLES` draws of `count` questions with replacement, a few rows at a time."""
    generator = np.random.default_rng(SEED)
    step = rows_at_once(count, RESAMPLES)
    for start in range(0, RESAMPLES, step):
        rows = min(step, RESAMPLES - start)
        drawn = generator.integers(count, size=(rows, count)) + np.arange(rows)[:, None] * count
        yield np.bincount(drawn.ravel(), minlength=rows * count).reshape(rows, count).astype(np.float64)


def rows_at_once(columns: int, rows: int) -> int:
    """How many rows of a matrix of weights are held at once, so that memory does not grow with the questions."""
    return max(1, min(rows, _CELLS // columns))


def percentiles(samples: Floats, tail: float) -> tuple[Floats, Floats]:
    """The lower and upper percentile of each column, without the resamples in which the metric has no value (NaN)."""
    ordered = np.sort(samples, axis=0)
    valid = np.sum(~np.isnan(ordered), axis=0)
    columns = np.arange(samples.shape[1])
    places: NDArray[np.float64] = tail * np.maximum(valid - 1, 0)
    low = ordered[np.floor(places).astype(int), columns]
    high = ordered[np.maximum(valid - 1, 0) - np.floor(places).astype(int), columns]
    return low, high


def rounded(value: float) -> float | None:
    """A figure for JSON: None for NaN."""
    return None if np.isnan(value) else round(float(value), 12)
