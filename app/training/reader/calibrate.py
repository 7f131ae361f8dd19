"""Fit the confidence that takes the rules and the reader together, and judge what else the reader may decide.

Every question is answered by the pipeline's own steps, over an index, with the weights that ship.
"""

import json
import math
import pickle
from collections import Counter
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
REFUSED = 0.08  # share of each group's questions with an answer that may be refused, each source counting the same
_LEAST = 0.01  # of a weight: confidence rises with both judges
_SURE, _RIGHT_WHERE_SURE, _STEP = 0.8, 0.95, 0.05
_FEW = 8  # sure answers of a source; fewer tell little of the share that is right


# Only judged by: sources that are held out, and kinds of questions without an answer. Changed questions are often odd,
# and weights fitted to them refuse fewer of the questions that people wrote.
HELD_OUT = frozenset({"made_up_held_out", "near_misses"})
_NOT_FITTED = frozenset({"changed", "hard_unanswerable_dev"})
_MADE = frozenset({"without", "changed"})  # kinds of questions that were made from others, as many as these
_ABOUT = (
    "JSQuAD's even articles (JGLUE, CC BY-SA 4.0), JaQuAD's dev part (SkelterLabs, CC BY-SA 3.0), QASPER's dev part "
    "(Allen Institute for AI, CC BY 4.0), SQuAD 2.0's dev set (Rajpurkar et al., CC BY-SA 4.0), DRCD (DRC Knowledge "
    "Team, CC BY-SA 3.0), our own questions on documents of JSQuAD and QASPER, the dev sets on the paper without the "
    "hard questions, and the made-up papers for fitting"
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
    """The calibrations of each group of languages, by its own rows.

    Those that are held out or not to be fitted to are left aside. Confidence cannot be learned from QASPER, whose
    accepted answers are seldom verbatim.
    """
    fitting = [row for row in rows if row.source not in HELD_OUT and row.kind not in _NOT_FITTED]
    found = {}
    for group in GROUPS:
        own = [row for row in fitting if row.group == group]
        answerable = [row.answerable for row in own]
        present = _rounded(_judge(own, answerable, _evened(own, answerable)))
        threshold = _quantile(present, [row for row in own if row.answerable], REFUSED)
        found[group] = Calibration(_rounded(_right(own)), present, math.floor(1000 * threshold) / 1000)
    return found


def _right(rows: Sequence[Judged]) -> Judge:
    """The judge of what is right, lowered until enough of the sure answers are right in every source."""
    rows = [row for row in rows if row.source != "qasper"]
    judge = _judge(rows, [row.right for row in rows], _evened(rows))
    while _least_right_where_sure(judge, rows) < _RIGHT_WHERE_SURE:
        judge = replace(judge, intercept=judge.intercept - _STEP)
    return judge


def _judge(rows: Sequence[Judged], wanted: Sequence[bool], counts: Floats) -> Judge:
    """The logistic regression of what is `wanted` on both log-odds."""
    seen = np.array([(row.rules, row.reader) for row in rows])
    mean, scale = seen.mean(axis=0), seen.std(axis=0) + 1e-6
    columns = np.column_stack([(seen - mean) / scale, np.ones(len(rows))])
    weights = _newton(columns, np.array(wanted, float), counts)
    rules, reader = (weights[:-1] / scale).tolist()
    return Judge(rules, reader, float(weights[-1] - mean @ [rules, reader]))


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


def _evened(rows: Sequence[Judged], wanted: Sequence[bool] = ()) -> Floats:
    """How much each row counts: as many rows as there are, shared out evenly among the sources.

    With `wanted`, evenly among the wanted and the other rows of each source.
    """
    parts = [(row.source, bool(wanted) and wanted[place]) for place, row in enumerate(rows)]
    sizes = Counter(parts)
    return np.array([len(rows) / len(sizes) / sizes[part] for part in parts])


def _by_source(rows: Sequence[Judged]) -> Mapping[str, list[Judged]]:
    groups: dict[str, list[Judged]] = {}
    for row in rows:
        groups.setdefault(row.source, []).append(row)
    return groups


def chances(judge: Judge, rows: Sequence[Judged]) -> Floats:
    """What a judge says of each row."""
    return np.array([judge.chance(1 / (1 + math.exp(-row.rules)), row.reader, row.lacking) for row in rows])


def _least_right_where_sure(judge: Judge, rows: Sequence[Judged]) -> float:
    """The share right of the sure answers to questions as asked, in the source where it is lowest; 1 if none is sure.

    Sources with a few sure answers only are left aside.
    """
    shares = [1.0]
    for group in _by_source([row for row in rows if row.kind not in _MADE]).values():
        sure = [row for row, chance in zip(group, chances(judge, group), strict=True) if chance >= _SURE]
        shares += [_right_among(sure, group)] if len(sure) >= _FEW else []
    return min(shares)


def _right_among(sure: Sequence[Judged], asked: Sequence[Judged]) -> float:
    """The share right of the sure ones, as if at most a quarter of the questions asked had no answer; 0 if none is."""
    yes, no = (sum(row.answerable is answerable for row in asked) for answerable in (True, False))
    counts = [1.0 if row.answerable else min(1.0, yes / (3 * no)) for row in sure]
    right = sum(count for row, count in zip(sure, counts, strict=True) if row.right)
    return right / sum(counts) if right else 0.0


def _quantile(judge: Judge, rows: Sequence[Judged], share: float) -> float:
    """The chance below which a share of the rows lie, each source counting the same."""
    told = chances(judge, rows)
    order = np.argsort(told)
    below = np.cumsum(_evened(rows)[order]) / len(rows)
    return float(told[order][np.searchsorted(below, share)])


def left_out(rows: Sequence[Judged]) -> Iterator[dict[str, object]]:
    """The figures of each source by the calibrations of the others."""
    for source, group in _by_source(rows).items():
        calibrations = calibrated([row for row in rows if row.source != source])
        yield {"set": f"{source}, left out"} | _figures(group, calibrations)


def figures(rows: Sequence[Judged], calibrations: Mapping[str, Calibration]) -> Iterator[dict[str, object]]:
    """What each source comes to, and each with its languages."""
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
    asked = [row for row in rows if row.kind not in _MADE]
    told["right_where_sure"] = round(_right_among([row for row in asked if _is_sure(row, calibrations)], asked), 3)
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
    "absent": lambda row: row.kind not in {*_MADE, "hard_unanswerable_dev"},
    "absent_hard": lambda row: row.kind == "hard_unanswerable_dev",
    "without": lambda row: row.kind == "without",
    "changed": lambda row: row.kind == "changed",
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
