"""Readers side by side: what each finds, and how well it separates present answers from absent ones."""

import pickle
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from app.answering.decide.confidence import Calibration
from app.answering.read.sentences import USED, Uses
from app.training.reader.calibrate import Judged, RememberedReader, by_source, calibrated, judged
from app.training.reader.calibration_figures import ABSENT
from app.training.reader.cases import Case
from retriever.embedded.model_files import sha256

_FALSE_REFUSALS = (0.06, 0.15)
_FEWEST = 5  # least rows for a figure
_FOUND: Mapping[str, Callable[[Judged], float]] = {
    "evidence first": lambda row: row.first_passage,
    "first sentence": lambda row: row.first_sentence,
    "answer right": lambda row: row.right,
    "span F1": lambda row: row.span_f1,
}


def judged_by(
    weights: Sequence[Path], asked: Iterator[Case], name: str, folder: Path, used: Uses = USED
) -> dict[Path, list[Judged]]:
    """The questions `asked` as judged with each of the weights, through the pipeline's own steps.

    The rows are kept in `folder` by `name` and weights, so that only new weights are judged. Delete them when the
    pipeline has changed.
    """
    if used != USED:
        name += f".{used.order:d}{used.sentences:d}{used.spans:d}"
    stored = {path: folder / f"rows.{name}.{sha256(path.read_bytes())[:12]}.pkl" for path in weights}
    rows: dict[Path, list[Judged]] = {path: [] for path in weights if not stored[path].exists()}
    readers = {path: RememberedReader(folder, path) for path in rows}
    for case in asked if readers else ():
        for path, reader in readers.items():
            row = judged(case, reader, used)
            rows[path] += [row] if row else []
    for path, reader in readers.items():
        reader.save()
        stored[path].write_bytes(pickle.dumps(rows[path]))
    return {path: pickle.loads(stored[path].read_bytes()) for path in weights}  # noqa: S301 (written above)


def side_by_side(rows: Mapping[str, Sequence[Judged]]) -> Iterator[str]:
    """Lines of a table: the set, the figure, the number of questions, and the figure for each of the weights.

    `rows` has the same questions for each of the weights. Whether there is an answer is judged by the reader alone,
    and by rules and reader with a calibration fitted to the other sources with these weights ("both").
    """
    tables = {name: _table(of) for name, of in rows.items()}
    yield " | ".join(("set", "figure", "n", *tables))
    for key in dict.fromkeys(key for table in tables.values() for key in table):
        counts = sorted({table[key][0] for table in tables.values() if key in table})
        values = (f"{table[key][1]:.3f}" if key in table else "-" for table in tables.values())
        yield " | ".join((*key, "/".join(map(str, counts)), *values))


def _table(rows: Sequence[Judged]) -> dict[tuple[str, str], tuple[int, float]]:
    """The count and the value of each figure, by set and figure."""
    figures: dict[tuple[str, str], tuple[int, float]] = {}
    for source, of_source in sorted(by_source(rows).items()):
        calibrations = calibrated([row for row in rows if row.source != source])
        pairs = sorted({row.pair for row in of_source})
        for pair in ("", *pairs) if len(pairs) > 1 else ("",):
            own = [row for row in of_source if pair in {"", row.pair}]
            name = f"{source} {pair}".strip()
            figures |= {(name, figure): value for figure, value in _figures(own, calibrations).items()}
    return figures


def _figures(rows: Sequence[Judged], calibrations: Mapping[str, Calibration]) -> dict[str, tuple[int, float]]:
    yes = [row for row in rows if row.answerable]
    if len(yes) < _FEWEST:
        return {}
    figures = {name: (len(yes), float(np.mean([value(row) for row in yes]))) for name, value in _FOUND.items()}
    present = _present(yes, calibrations)
    for kind, is_of in ABSENT.items():
        no = [row for row in rows if not row.answerable and is_of(row)]
        if len(no) < _FEWEST:
            continue
        absent = _present(no, calibrations)
        alone = area(*(np.array([row.reader for row in group]) for group in (yes, no)))
        figures[f"{kind}: AUC reader"] = len(no), alone
        figures[f"{kind}: AUC both"] = len(no), area(present, absent)
        for share in _FALSE_REFUSALS:
            refused = float((absent < np.quantile(present, share)).mean())
            figures[f"{kind}: refused at {share:.0%}"] = len(no), refused
    return figures


def area(higher: NDArray[np.float64], lower: NDArray[np.float64]) -> float:
    """AUC: the chance that a value of `higher` exceeds one of `lower`, ties counting half."""
    above = (higher[:, None] > lower[None]).mean() + 0.5 * (higher[:, None] == lower[None]).mean()
    return float(above)


def _present(rows: Sequence[Judged], calibrations: Mapping[str, Calibration]) -> NDArray[np.float64]:
    """The chance of each row that there is an answer, shape (rows,)."""
    return np.array([calibrations[row.group].present.chance(row.seen, row.lacking) for row in rows])
