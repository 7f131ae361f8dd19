"""Fit the confidence that takes the rules and the reader together, and judge what else the reader may decide.

Every question is answered by the pipeline's own steps, over an index, with the weights that ship.
"""

import json
import math
import pickle
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from app.answering.compose.extractive import choose
from app.answering.decide.confidence import (
    GROUPS,
    Calibration,
    Decision,
    Judge,
    decide,
    group_of,
    lacking,
    log_odds,
    with_reader,
)
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
_RIDGE, _STEPS = 3.0, 50
# Shares of each group's questions with an answer, each source counting the same; set by hand, on the paper's questions.
REFUSED = {"native": 0.14, "english": 0.08, "foreign": 0.06}
_LEAST = 0.01  # of a weight: confidence rises with both judges
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
    """A case answered: by languages `pair`, with the rules' `decision`, the reader's log-odds, and how right it is.

    `right`: the chosen sentences hold what is accepted; `first_passage`, `first_sentence`: the first of them does.
    """

    id: str
    source: str
    kind: str
    pair: str
    group: str
    answerable: bool
    decision: Decision
    reader: float
    right: bool
    first_passage: bool
    first_sentence: bool
    span_f1: float

    @property
    def rules(self) -> float:
        """The log-odds of the rules' confidence."""
        return log_odds(self.decision.confidence)

    @property
    def lacking(self) -> float:
        """What the sentence lacks of the question's names and numbers, in log-odds."""
        return lacking(self.decision, self.group)


def judged(case: Case, reader: RememberedReader, used: Uses) -> Judged | None:
    """A case answered with the reader used so; None where nothing is found."""
    terms = case.terms
    evidence = read_hits(reader, terms.query, case.hits, case.index)
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
        decision=decision,
        reader=evidence.best,
        right=case.answerable and _is_right(case, [one.text for one in choose(ranked)]),
        first_passage=case.answerable and case.holds(hits[0].passage.text),
        first_sentence=case.answerable and case.holds(best.text),
        span_f1=best_char_f1([marked_words(case, best) or ""], case.answers) if case.answerable else 0.0,
    )


def _is_right(case: Case, told: Sequence[str]) -> bool:
    text = evidence_form("".join(told))
    return any(evidence_form(answer) in text for answer in case.answers) or (
        case.source == "qasper" and any(case.holds(sentence) for sentence in told)
    )


def calibrated(rows: Sequence[Judged]) -> dict[str, Calibration]:
    """The calibrations of each group of languages: confidence fitted together, what is refused for each on its own.

    A group's questions without an answer are few or many, so that one intercept and threshold for all would refuse
    hardly any in one of them. Confidence cannot be learned from QASPER, whose accepted answers are seldom verbatim.
    """
    right = _judges(
        [row for row in rows if row.source != "qasper"], [row.right for row in rows if row.source != "qasper"]
    )
    while _least_right_where_sure(right, rows) < _RIGHT_WHERE_SURE:
        right = {group: replace(judge, intercept=judge.intercept - _STEP) for group, judge in right.items()}
    found = {}
    for group in GROUPS:
        own = [row for row in rows if row.group == group]
        present = _rounded(_judge(own, [row.right for row in own]))
        threshold = _quantile({group: present}, [row for row in own if row.answerable], REFUSED[group])
        found[group] = Calibration(_rounded(right[group]), present, math.floor(1000 * threshold) / 1000)
    return found


def _judge(rows: Sequence[Judged], wanted: Sequence[bool]) -> Judge:
    """The logistic regression of what is `wanted` on both log-odds of one group's rows."""
    (rules, reader), intercept = _regression([(row.rules, row.reader) for row in rows], rows, wanted)
    return Judge(rules, reader, intercept)


def _judges(rows: Sequence[Judged], wanted: Sequence[bool]) -> dict[str, Judge]:
    """By group, the logistic regression of what is `wanted` on both log-odds, each source counting the same.

    "english" has an intercept of its own, "foreign" slopes of its own, too, all drawn towards those of "native", as
    there are few such rows.
    """
    weights, intercept = _regression([_regressors(row) for row in rows], rows, wanted)
    rules, reader, english, foreign, rules_too, reader_too = weights
    return {
        "native": Judge(rules, reader, intercept),
        "english": Judge(rules, reader, intercept + english),
        "foreign": Judge(rules + rules_too, reader + reader_too, intercept + foreign),
    }


def _regression(
    regressors: Sequence[tuple[float, ...]], rows: Sequence[Judged], wanted: Sequence[bool]
) -> tuple[list[float], float]:
    """Weights and intercept of a logistic regression, each source counting the same."""
    seen = np.array(regressors)
    mean, scale = seen.mean(axis=0), seen.std(axis=0) + 1e-6
    columns = np.column_stack([(seen - mean) / scale, np.ones(len(rows))])
    weights = _newton(columns, np.array(wanted, float), _counts(rows))
    plain = weights[:-1] / scale
    return plain.tolist(), float(weights[-1] - plain @ mean)


def _regressors(row: Judged) -> tuple[float, ...]:
    foreign = float(row.group == "foreign")
    return row.rules, row.reader, float(row.group == "english"), foreign, foreign * row.rules, foreign * row.reader


def _newton(seen: Floats, wanted: Floats, counts: Floats) -> Floats:
    """The weights of the columns of `seen`, of which the last is the intercept's, with a ridge on the others."""
    penalty = np.diag([_RIDGE] * (seen.shape[1] - 1) + [1e-6])
    weights = np.zeros(seen.shape[1])
    for _ in range(_STEPS):
        chance = 1 / (1 + np.exp(-seen @ weights))
        slope = seen.T @ (counts * (chance - wanted)) + penalty @ weights
        weights -= np.linalg.solve((seen * (counts * chance * (1 - chance))[:, None]).T @ seen + penalty, slope)
    return weights


def _rounded(judge: Judge) -> Judge:
    return Judge(round(max(judge.rules, _LEAST), 3), round(max(judge.reader, _LEAST), 3), round(judge.intercept, 3))


def _counts(rows: Sequence[Judged]) -> Floats:
    """How much each row counts: as many rows as there are, shared out evenly among the sources."""
    sizes = {source: len(group) for source, group in _by_source(rows).items()}
    return np.array([len(rows) / len(sizes) / sizes[row.source] for row in rows])


def _by_source(rows: Sequence[Judged]) -> Mapping[str, list[Judged]]:
    groups: dict[str, list[Judged]] = {}
    for row in rows:
        groups.setdefault(row.source, []).append(row)
    return groups


def chances(judges: Mapping[str, Judge], rows: Sequence[Judged]) -> Floats:
    """What the judge of each row's group says of it."""
    return np.array([judges[row.group].chance(1 / (1 + math.exp(-row.rules)), row.reader, row.lacking) for row in rows])


def _least_right_where_sure(judges: Mapping[str, Judge], rows: Sequence[Judged]) -> float:
    """The share right of the sure answers, without near misses, in the source where it is lowest; 1 if none is sure."""
    shares = [1.0]
    for group in _by_source([row for row in rows if row.kind != "without" and row.source != "qasper"]).values():
        sure = [row.right for row, chance in zip(group, chances(judges, group), strict=True) if chance >= _SURE]
        shares += [sum(sure) / len(sure)] if sure else []
    return min(shares)


def _quantile(judges: Mapping[str, Judge], rows: Sequence[Judged], share: float) -> float:
    """The chance below which a share of the rows lie, each source counting the same."""
    told = chances(judges, rows)
    order = np.argsort(told)
    below = np.cumsum(_counts(rows)[order]) / len(rows)
    return float(told[order][np.searchsorted(below, share)])


def left_out(rows: Sequence[Judged]) -> Iterator[dict[str, object]]:
    """The figures of each source by the calibrations of the others."""
    for source, group in _by_source(rows).items():
        calibrations = calibrated([row for row in rows if row.source != source and row.source in FITTED])
        yield {"set": f"{source}, left out"} | _figures(group, calibrations)


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
    told["refused_rules"] = _mean(row.decision.abstained for row in yes)
    told["refused"] = _mean(_decision(row, calibrations).abstained for row in yes)
    told["sure"] = _mean(_is_sure(row, calibrations) for row in yes if row.right)
    asked = [row for row in rows if row.kind != "without"]
    told["right_where_sure"] = _mean(row.right for row in asked if _is_sure(row, calibrations))
    for name, is_of in _ABSENT.items():
        no = [row for row in rows if not row.answerable and is_of(row)]
        if no:
            told[name] = {
                "n": len(no),
                "rules": _mean(row.decision.abstained for row in no),
                "both": _mean(_decision(row, calibrations).abstained for row in no),
            }
    return told


_ABSENT: dict[str, Callable[[Judged], bool]] = {
    "absent": lambda row: row.kind not in {"without", "hard_unanswerable_dev"},
    "absent_hard": lambda row: row.kind == "hard_unanswerable_dev",
    "near_misses": lambda row: row.kind == "without",
}


def _decision(row: Judged, calibrations: Mapping[str, Calibration]) -> Decision:
    return with_reader(row.decision, row.reader, row.group, calibrations)


def _is_sure(row: Judged, calibrations: Mapping[str, Calibration]) -> bool:
    decision = _decision(row, calibrations)
    return decision.confidence >= _SURE and not decision.abstained


def _mean(values: Iterator[float]) -> float:
    told = [float(value) for value in values]
    return round(sum(told) / len(told), 3) if told else 0.0


def write_calibrations(path: Path, calibrations: Mapping[str, Calibration]) -> None:
    """Write the weights that ship, with what they were fitted on."""
    stored = {"data": _ABOUT} | {name: asdict(calibration) for name, calibration in calibrations.items()}
    path.write_text(json.dumps(stored, indent=1) + "\n", encoding="utf-8")
