"""The differences between two runs over the same questions: metrics with their significance, changed verdicts."""

import hashlib
import json
from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from operator import attrgetter
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from app.evaluation.measures.bootstrap import (
    CONFIDENCE_LEVEL,
    NAMES,
    SEED,
    percentiles,
    resamples,
    rounded,
    rows_at_once,
    statistics,
)
from app.evaluation.measures.metrics import RunMetrics, flat
from app.evaluation.measures.score_table import Columns, Floats, ScoreTable
from app.evaluation.measures.scores import FAILURES, SUCCESSES, VERDICTS, Prediction
from app.evaluation.predictions import FILE_NAME, parse_prediction, read_predictions
from app.evaluation.run import METRICS_FILE, score_predictions
from retriever.text import squeeze
from retriever.types import TenkyoError

PERMUTATIONS = 2000
_ALIKE = 0.5  # least similarity (difflib ratio) of two questions with one id


@dataclass(frozen=True, slots=True)
class FinishedRun:
    """A finished run: its folder, its metrics.json, and the scores of its questions."""

    folder: Path
    metrics: RunMetrics
    scores: ScoreTable


@dataclass(frozen=True, slots=True)
class Change:
    """A question whose verdict differs: `direction` is "worse", "better" or "other"; `places` are its rows in A, B."""

    direction: str
    places: tuple[int, int]


def prediction_at(run: FinishedRun, place: int) -> Prediction:
    """The prediction of the question in row `place` of a run, read from its file."""
    path = run.folder / FILE_NAME
    with path.open("rb") as file:
        file.seek(run.scores.offsets[place])
        return parse_prediction(file.readline(), place + 1, path)


def load_run(folder: Path) -> FinishedRun:
    """The run in a folder; raises TenkyoError if the folder holds no finished run."""
    try:
        metrics: RunMetrics = json.loads((folder / METRICS_FILE).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise TenkyoError(
            f"{folder}: holds no finished run ({METRICS_FILE} cannot be read); run evaluate first"
        ) from error
    return FinishedRun(folder, metrics, score_predictions(folder / FILE_NAME))


@dataclass(frozen=True, slots=True)
class _Identity:
    """What identifies a row of a run: digests of its fields and of its question, its id ("": none), its text."""

    fields: bytes
    question: bytes
    id: str
    text: str


def pairs_of(path_a: Path, path_b: Path) -> NDArray[np.int64]:
    """Pairs of rows in A and B that ask the same question, in A's order: shape (pairs, 2), numbers from 0.

    Rows with equal fields are paired first. Of the rest, two rows are paired if each is the only one in its run with
    that question, history and documents, or with that id; an id does not count if the two questions differ too
    much.
    """
    rows_a, rows_b = list(_identities(path_a)), list(_identities(path_b))
    left_a, left_b = set(range(len(rows_a))), set(range(len(rows_b)))
    pairs: list[tuple[int, int]] = []
    for key, is_alone in ((attrgetter("fields"), False), (attrgetter("question"), True), (attrgetter("id"), True)):
        places_a, places_b = _places(rows_a, left_a, key), _places(rows_b, left_b, key)
        for name in places_a.keys() & places_b.keys() - {""}:
            of_a, of_b = places_a[name], places_b[name]
            if is_alone and (len(of_a) > 1 or len(of_b) > 1):
                continue
            new = [(a, b) for a, b in zip(of_a, of_b, strict=False) if _is_same(rows_a[a], rows_b[b])]
            pairs += new
            left_a -= {a for a, _ in new}
            left_b -= {two for _, two in new}
    return np.array(sorted(pairs), dtype=np.int64).reshape(-1, 2)


def _places(rows: Sequence[_Identity], left: Collection[int], key: Callable[[_Identity], Any]) -> dict[Any, list[int]]:
    places: dict[Any, list[int]] = defaultdict(list)
    for place in sorted(left):
        places[key(rows[place])].append(place)
    return places


def _is_same(row: _Identity, other: _Identity) -> bool:
    """Whether two rows may be the same question: different questions of two files may have the same id."""
    return row.question == other.question or SequenceMatcher(None, row.text, other.text).ratio() >= _ALIKE


def _identities(path: Path) -> Iterator[_Identity]:
    for _, prediction in read_predictions(path):
        row = prediction.question
        question = [squeeze(row.text), list(map(squeeze, row.history)), sorted(row.documents)]
        row_id = str(row.fields.get("id") or "").strip()
        yield _Identity(_digest(row.fields), _digest(question), row_id, squeeze(row.text))


def _digest(value: Any) -> bytes:
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).digest()


def differences(a: Columns, b: Columns) -> dict[str, dict[str, float | int | None]]:
    """Each metric in A and B, B − A with its interval (paired bootstrap), and p of a paired randomisation test.

    The test (Fisher 1935; Smucker et al. 2007 for retrieval) swaps the two answers of random questions and counts how
    often the difference is at least as large as the observed one; two-sided, each metric separately.
    """
    once = np.ones((1, len(a)))
    values_a, values_b = statistics(a, once)[0], statistics(b, once)[0]
    seen = values_b - values_a
    drawn = np.concatenate([statistics(b, weights) - statistics(a, weights) for weights in resamples(len(a))])
    low, high = percentiles(drawn, (1 - CONFIDENCE_LEVEL) / 2)
    p = _randomisation_test(a, b, seen)
    counts = np.sum((a.denominators > 0) | (b.denominators > 0), axis=0).tolist()
    counts += [len(a)] * (len(NAMES) - len(counts))
    return {
        name: {
            "a": rounded(values_a[number]), "b": rounded(values_b[number]), "difference": rounded(seen[number]),
            "low": rounded(low[number]), "high": rounded(high[number]), "p": rounded(p[number]), "n": counts[number],
        }
        for number, name in enumerate(NAMES)
    }  # fmt: skip


def _randomisation_test(a: Columns, b: Columns, seen: Floats) -> Floats:
    generator = np.random.default_rng(SEED)
    both = a.followed_by(b)
    at_least = np.zeros(len(NAMES))
    step = rows_at_once(2 * len(a), PERMUTATIONS)
    for start in range(0, PERMUTATIONS, step):
        swapped = generator.integers(2, size=(min(step, PERMUTATIONS - start), len(a))).astype(np.float64)
        other = statistics(both, np.hstack([swapped, 1 - swapped])) - statistics(
            both, np.hstack([1 - swapped, swapped])
        )
        at_least += np.sum(np.abs(other) >= np.abs(seen) - 1e-12, axis=0)
    return np.where(np.isnan(seen), np.nan, (at_least + 1) / (PERMUTATIONS + 1))


def changes_of(scores_a: ScoreTable, scores_b: ScoreTable, pairs: NDArray[np.int64]) -> Iterator[Change]:
    """Questions whose verdict changed: worse first, then better, then other changes."""
    by_direction: dict[str, list[Change]] = {"worse": [], "better": [], "other": []}
    for a, b in pairs.tolist():
        before, after = scores_a.verdicts[a], scores_b.verdicts[b]
        if before != after:
            direction = _direction(VERDICTS[before], VERDICTS[after])
            by_direction[direction].append(Change(direction, (a, b)))
    for changes in by_direction.values():
        yield from changes


def _direction(before: str, after: str) -> str:
    if not {before, after} <= {*SUCCESSES, *FAILURES, "partial"}:
        return "other"  # a question that one run does not judge is neither better nor worse
    gain = _worth(after) - _worth(before)
    return "better" if gain > 0 else "worse" if gain < 0 else "other"


def _worth(verdict: str) -> float:
    """1 for a success, 0.5 for a partly right answer, 0 for a failure."""
    return 1.0 if verdict in SUCCESSES else 0.5 if verdict == "partial" else 0.0


def change_row(change: Change, run_a: FinishedRun, run_b: FinishedRun) -> dict[str, str]:
    """A change as comparison.json has it."""
    a, b = change.places
    question = prediction_at(run_a, a).question
    return {
        "id": question.id, "question": question.text, "change": change.direction,
        "a": VERDICTS[run_a.scores.verdicts[a]], "b": VERDICTS[run_b.scores.verdicts[b]],
    }  # fmt: skip


def differing(metrics_a: RunMetrics, metrics_b: RunMetrics) -> dict[str, list[Any]]:
    """Settings and versions that differ: name → [A's, B's]."""
    a, b = ({**flat(metrics["settings"]), **flat(metrics["versions"], "version")} for metrics in (metrics_a, metrics_b))
    return {name: [a.get(name), b.get(name)] for name in sorted(a.keys() | b.keys()) if a.get(name) != b.get(name)}
