"""Comparing two runs: comparison.json and comparison.html."""

import json
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

from app.evaluation.comparison.differences import (
    PERMUTATIONS,
    Change,
    FinishedRun,
    change_row,
    changes_of,
    differences,
    differing,
    load_run,
    pairs_of,
)
from app.evaluation.measures.bootstrap import CONFIDENCE_LEVEL, RESAMPLES, SEED
from app.evaluation.measures.metrics import within
from app.evaluation.predictions import FILE_NAME
from app.evaluation.run import write_atomically
from retriever.types import TenkyoError

JSON_FILE, REPORT_FILE = "comparison.json", "comparison.html"
Report = Callable[[dict[str, Any], Sequence[Change], FinishedRun, FinishedRun], Iterable[str]]
"""Lays out comparison.json, the changed questions and both runs as pieces of HTML (see evaluation/report)."""


def compare(dir_a: Path, dir_b: Path, out: Path, report: Report) -> dict[str, Any]:
    """Compare two finished runs; writes comparison.json and comparison.html to `out` and returns the former.

    Questions are paired by what they ask or by their ids; the rest is counted and left out.
    """
    run_a, run_b = load_run(dir_a), load_run(dir_b)
    pairs = pairs_of(dir_a / FILE_NAME, dir_b / FILE_NAME)
    if not len(pairs):
        raise TenkyoError(
            f"{dir_a} and {dir_b} have no question in common (by its words or its id); nothing to compare"
        )
    columns = run_a.scores.columns().select(pairs[:, 0]), run_b.scores.columns().select(pairs[:, 1])
    k = min(int(run.metrics["settings"].get("k", 10)) for run in (run_a, run_b))
    changes = list(changes_of(run_a.scores, run_b.scores, pairs))
    directions = Counter(change.direction for change in changes)
    comparison = {
        "a": str(dir_a),
        "b": str(dir_b),
        "questions": len(pairs),
        "only_in_a": len(run_a.scores.verdicts) - len(pairs),
        "only_in_b": len(run_b.scores.verdicts) - len(pairs),
        "metrics": within(differences(*columns), k),
        "verdicts": {name: directions[name] for name in ("worse", "better", "other")},
        "changes": [change_row(change, run_a, run_b) for change in changes],
        "settings": differing(run_a.metrics, run_b.metrics),
        "test": {
            "name": "paired randomisation test", "permutations": PERMUTATIONS, "resamples": RESAMPLES,
            "level": CONFIDENCE_LEVEL, "seed": SEED,
        },
    }  # fmt: skip
    try:
        out.mkdir(parents=True, exist_ok=True)
        write_atomically(out / REPORT_FILE, report(comparison, changes, run_a, run_b))
        write_atomically(out / JSON_FILE, [json.dumps(comparison, ensure_ascii=False, indent=1) + "\n"])
    except OSError as error:
        raise TenkyoError(f"{out}: cannot be written ({error.strerror}); name another --out") from error
    return comparison
