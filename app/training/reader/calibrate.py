"""Fit the confidence that takes the rules and the reader together, and judge what else the reader may decide.

Every question is answered by the pipeline's own steps, over an index, with the weights that ship.
"""

import json
import math
import pickle
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from app.answering.compose.extractive import choose
from app.answering.decide.confidence import GROUPS, Calibration, decide, group_of, log_odds
from app.answering.read.evidence import Uses, in_order, read_hits, with_evidence
from app.answering.read.sentences import is_foreign, rank_sentences
from app.evaluation.matching import best_char_f1, evidence_form
from app.training.reader.cases import Case
from app.training.reader.trials import marked_words
from retriever.embedded.adapter import ADAPTER
from retriever.embedded.converted_file import sha256
from retriever.embedded.reader import OnnxReader, PassageReading, open_onnx_reader
from retriever.types import Passage

Floats = NDArray[np.float64]
_RIDGE, _STEPS = 1.0, 50
# Of the questions with an answer. Of JSQuAD's and JaQuAD's 0 to 2 % are refused so, of the paper's 7 %; the made-up
# papers', of which the rules alone refuse 30 %, take most of it.
REFUSED = 0.1
_SURE, _RIGHT_WHERE_SURE, _STEP = 0.8, 0.95, 0.05


# What is fitted on; the other kinds are only judged by. "paper" was seen when the rules were written.
FITTED = ("jsquad", "jaquad", "qasper", "paper", "made_up")
_ABOUT = (
    "near misses and answerable questions of JSQuAD's even articles (JGLUE, CC BY-SA 4.0), JaQuAD's dev part "
    "(SkelterLabs, CC BY-SA 3.0), QASPER's dev part (Allen Institute for AI, CC BY 4.0), the dev sets on the paper, "
    "and the made-up papers for fitting"
)


class RememberedReader:
    """The reader that ships, which remembers on disk what it has read: the same pairs are judged again and again."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / f"readings.{sha256(ADAPTER.read_bytes())[:12]}.pkl"
        self._known: dict[tuple[str, str, str], PassageReading] = {}
        if self._path.exists():
            self._known = pickle.loads(self._path.read_bytes())  # noqa: S301 (written below)
        self._reader: OnnxReader = open_onnx_reader()

    def read(self, question: str, passages: Sequence[Passage]) -> list[PassageReading]:
        """What it makes of each passage, in their order."""
        keys = [(question, passage.context, passage.text) for passage in passages]
        fresh = [place for place, key in enumerate(keys) if key not in self._known]
        read = self._reader.read(question, [passages[place] for place in fresh])
        self._known |= {keys[place]: reading for place, reading in zip(fresh, read, strict=True)}
        return [self._known[key] for key in keys]

    def save(self) -> None:
        """Keep what was read for the next run."""
        self._path.write_bytes(pickle.dumps(self._known))


@dataclass(frozen=True, slots=True)
class Judged:
    """A case answered: by languages `pair`, with the log-odds of the `rules` and of the `reader`, and how right it is.

    `right`: the chosen sentences hold what is accepted; `first_passage`, `first_sentence`: the first of them does.
    """

    id: str
    source: str
    kind: str
    pair: str
    group: str
    answerable: bool
    rules: float
    reader: float
    right: bool
    first_passage: bool
    first_sentence: bool
    span_f1: float
    refused_today: bool


def judged(case: Case, reader: RememberedReader, used: Uses) -> Judged | None:
    """A case answered with the reader used so; None where nothing is found."""
    terms = case.terms
    evidence = read_hits(reader, terms.question.searched, case.hits)
    hits = in_order(case.hits, evidence, used)
    ranked = with_evidence(rank_sentences(terms, hits, case.index), evidence, used)
    if not ranked or not evidence:
        return None
    decision = decide(terms, hits, ranked, case.index)
    best = ranked[0]
    return Judged(
        id=case.id,
        source=case.source,
        kind=case.kind,
        pair=f"{terms.query.language}-{best.hit.passage.language}",
        group=group_of(terms.query.language, foreign=is_foreign(terms.query, ranked)),
        answerable=case.answerable,
        rules=log_odds(decision.confidence),
        reader=evidence.best,
        right=case.answerable and _is_right(case, "".join(one.text for one in choose(ranked))),
        first_passage=case.answerable and case.holds(hits[0].passage.text),
        first_sentence=case.answerable and case.holds(best.text),
        span_f1=best_char_f1([marked_words(case, best) or ""], case.answers) if case.answerable else 0.0,
        refused_today=decision.abstained,
    )


def _is_right(case: Case, told: str) -> bool:
    text = evidence_form(told)
    return any(evidence_form(answer) in text for answer in case.answers) or (
        case.source == "qasper" and case.holds(told)
    )


def calibrated(rows: Sequence[Judged]) -> dict[str, Calibration]:
    """The calibrations of each group of languages."""
    return {group: fit([row for row in rows if row.group == group]) for group in GROUPS}


def fit(rows: Sequence[Judged]) -> Calibration:
    """The logistic regression of being right on both log-odds, each source counting the same, no weight below 0."""
    used = [True, True]
    while True:
        weights = _newton(rows, used)
        if min(weights[:2]) >= 0:
            break
        used = [use and weight >= 0 for use, weight in zip(used, weights, strict=False)]
    rules, reader, intercept = (round(float(weight), 3) for weight in weights)
    calibration = Calibration(rules, reader, intercept, 0.0)
    while _right_where_sure(calibration, rows) < _RIGHT_WHERE_SURE:
        calibration = Calibration(rules, reader, round(calibration.intercept - _STEP, 3), 0.0)
    threshold = _threshold(calibration, rows)
    return Calibration(rules, reader, calibration.intercept, math.floor(1000 * threshold) / 1000)


def _newton(rows: Sequence[Judged], used: Sequence[bool]) -> Floats:
    """Weights of the rules, of the reader and the intercept; 0 for what is not used."""
    seen = np.array([[row.rules * used[0], row.reader * used[1], 1.0] for row in rows])
    right = np.array([row.right for row in rows], float)
    counts = _counts(rows)
    penalty = np.diag([_RIDGE, _RIDGE, 1e-6])
    weights = np.zeros(3)
    for _ in range(_STEPS):
        chance = 1 / (1 + np.exp(-seen @ weights))
        slope = seen.T @ (counts * (chance - right)) + penalty @ weights
        weights -= np.linalg.solve((seen * (counts * chance * (1 - chance))[:, None]).T @ seen + penalty, slope)
    return weights


def _counts(rows: Sequence[Judged]) -> Floats:
    """How much each row counts: as many rows as there are, shared out evenly among the sources."""
    sizes = {source: len(group) for source, group in _by_source(rows).items()}
    return np.array([len(rows) / len(sizes) / sizes[row.source] for row in rows])


def _by_source(rows: Sequence[Judged]) -> Mapping[str, list[Judged]]:
    groups: dict[str, list[Judged]] = {}
    for row in rows:
        groups.setdefault(row.source, []).append(row)
    return groups


def chances(calibration: Calibration, rows: Sequence[Judged]) -> Floats:
    """The confidence in each row's answer."""
    return np.array([calibration.chance(1 / (1 + math.exp(-row.rules)), row.reader) for row in rows])


def _right_where_sure(calibration: Calibration, rows: Sequence[Judged]) -> float:
    """The share right of the sure answers, without near misses, each source counting the same; 1 if none is sure."""
    rows = [row for row in rows if row.kind != "without"]
    sure = chances(calibration, rows) >= _SURE
    if not sure.any():
        return 1.0
    return float(np.average(np.array([row.right for row in rows], float)[sure], weights=_counts(rows)[sure]))


def _threshold(calibration: Calibration, rows: Sequence[Judged]) -> float:
    """The confidence below which `REFUSED` of the questions with an answer lie, each source counting the same.

    Higher, as long as neither more of those with an answer nor more of those without one are refused than by the rules.
    """
    answerable, absent = ([row for row in rows if row.answerable == wanted] for wanted in (True, False))
    as_the_rules = [
        _quantile(calibration, group, float(np.average([row.refused_today for row in group], weights=_counts(group))))
        for group in (answerable, absent)
    ]
    return max(_quantile(calibration, answerable, REFUSED), min(as_the_rules))


def _quantile(calibration: Calibration, rows: Sequence[Judged], share: float) -> float:
    """The confidence below which a share of the rows lie, each source counting the same."""
    told = chances(calibration, rows)
    order = np.argsort(told)
    below = np.cumsum(_counts(rows)[order]) / len(rows)
    return float(told[order][np.searchsorted(below, share)])


def figures(rows: Sequence[Judged], calibrations: Mapping[str, Calibration]) -> Iterator[dict[str, object]]:
    """What each source, with its languages, comes to; "without" rows are near misses."""
    groups: dict[str, list[Judged]] = {}
    for row in rows:
        groups.setdefault(f"{row.source} {row.pair if row.source not in {'jsquad', 'jaquad'} else ''}", []).append(row)
        groups.setdefault(row.source, []).append(row)
    for name, group in sorted(groups.items()):
        yield {"set": name} | _figures(group, calibrations)


def _figures(rows: Sequence[Judged], calibrations: Mapping[str, Calibration]) -> dict[str, object]:
    yes = [row for row in rows if row.answerable]
    told: dict[str, object] = {"n": len(yes)}
    for name in ("first_passage", "first_sentence", "right", "span_f1"):
        told[name] = _mean(getattr(row, name) for row in yes)
    told["refused_rules"] = _mean(row.refused_today for row in yes)
    told["refused"] = _mean(_refused(row, calibrations) for row in yes)
    told["sure"] = _mean(_chance(row, calibrations) >= _SURE for row in yes if row.right)
    asked = [row for row in rows if row.kind != "without"]
    told["right_where_sure"] = _mean(row.right for row in asked if _chance(row, calibrations) >= _SURE)
    for name, is_of in _ABSENT.items():
        no = [row for row in rows if not row.answerable and is_of(row)]
        if no:
            told[name] = {
                "n": len(no),
                "rules": _mean(row.refused_today for row in no),
                "both": _mean(_refused(row, calibrations) for row in no),
            }
    return told


_ABSENT: dict[str, Callable[[Judged], bool]] = {
    "absent": lambda row: row.kind not in {"without", "hard_unanswerable_dev"},
    "absent_hard": lambda row: row.kind == "hard_unanswerable_dev",
    "near_misses": lambda row: row.kind == "without",
}


def _chance(row: Judged, calibrations: Mapping[str, Calibration]) -> float:
    calibration = calibrations[row.group]
    return calibration.chance(1 / (1 + math.exp(-row.rules)), row.reader)


def _refused(row: Judged, calibrations: Mapping[str, Calibration]) -> bool:
    return _chance(row, calibrations) < calibrations[row.group].abstain_below


def _mean(values: Iterator[float]) -> float:
    told = [float(value) for value in values]
    return round(sum(told) / len(told), 3) if told else 0.0


def write_calibrations(path: Path, calibrations: Mapping[str, Calibration]) -> None:
    """Write the weights that ship, with what they were fitted on."""
    stored = {"data": _ABOUT} | {name: asdict(calibration) for name, calibration in calibrations.items()}
    path.write_text(json.dumps(stored, indent=1) + "\n", encoding="utf-8")
