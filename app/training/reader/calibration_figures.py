"""The figures of a calibration: how often answers are right, refused and sure, by source and pair of languages."""

from collections.abc import Callable, Iterator, Mapping, Sequence

from app.answering.decide.confidence import Calibration, Decision, with_reader
from app.training.reader.calibrate import MADE, SURE, Judged, as_if_few_were_absent, by_source, calibrated


def left_out(rows: Sequence[Judged]) -> Iterator[dict[str, object]]:
    """The figures of each source with calibrations fitted to the other sources."""
    for source, group in by_source(rows).items():
        calibrations = calibrated([row for row in rows if row.source != source])
        yield {"set": f"{source}, left out"} | _figures(group, calibrations)


def calibration_figures(rows: Sequence[Judged], calibrations: Mapping[str, Calibration]) -> Iterator[dict[str, object]]:
    """The figures of each source, and of each source and pair of languages."""
    groups: dict[str, list[Judged]] = {}
    for row in rows:
        groups.setdefault(f"{row.source} {row.pair if row.source not in {'jsquad', 'jaquad'} else ''}", []).append(row)
        groups.setdefault(row.source, []).append(row)
    for name, group in sorted(groups.items()):
        yield {"set": name} | _figures(group, calibrations)


def _figures(rows: Sequence[Judged], calibrations: Mapping[str, Calibration]) -> dict[str, object]:
    yes = [row for row in rows if row.answerable]
    measured: dict[str, object] = {"n": len(yes)}
    for name in ("first_passage", "first_sentence", "right", "span_f1"):
        measured[name] = _mean(getattr(row, name) for row in yes)
    measured["refused_rules"] = _mean(row.decision.abstained for row in yes)
    measured["refused"] = _mean(_decision(row, calibrations).abstained for row in yes)
    measured["sure"] = _mean(_is_sure(row, calibrations) for row in yes if row.right)
    as_written = [row for row in rows if row.kind not in MADE]
    sure = [row for row in as_written if _is_sure(row, calibrations)]
    counts = as_if_few_were_absent(sure, as_written)
    right = sum(count for row, count in zip(sure, counts, strict=True) if row.right)
    measured["right_where_sure"] = round(right / sum(counts), 3) if right else 0.0
    for name, is_of in ABSENT.items():
        no = [row for row in rows if not row.answerable and is_of(row)]
        if no:
            measured[name] = {
                "n": len(no),
                "rules": _mean(row.decision.abstained for row in no),
                "both": _mean(_decision(row, calibrations).abstained for row in no),
            }
    return measured


# Kinds of questions without an answer.
ABSENT: dict[str, Callable[[Judged], bool]] = {
    "absent": lambda row: row.kind not in {*MADE, "hard_unanswerable_dev"},
    "absent_hard": lambda row: row.kind == "hard_unanswerable_dev",
    "without": lambda row: row.kind == "without",
    "changed": lambda row: row.kind == "changed",
}


def _decision(row: Judged, calibrations: Mapping[str, Calibration]) -> Decision:
    return with_reader(row.decision, row.reader, row.group, calibrations)


def _is_sure(row: Judged, calibrations: Mapping[str, Calibration]) -> bool:
    decision = _decision(row, calibrations)
    return decision.confidence >= SURE and not decision.abstained


def _mean(values: Iterator[float]) -> float:
    numbers = [float(value) for value in values]
    return round(sum(numbers) / len(numbers), 3) if numbers else 0.0
