"""Fit the confidence that combines rules and reader.

Every question is answered by the pipeline's own steps, over an index, with the weights that ship.
"""

import json
import math
import pickle
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np

from app.answering.compose.extractive import choose
from app.answering.decide.confidence import (
    GROUPS,
    PRESENT_BY,
    RIGHT_BY,
    Calibration,
    Decision,
    Judge,
    decide,
    group_of,
    lacking,
    seen_by_judges,
)
from app.answering.read.sentences import Evidence, Uses, in_order, is_foreign, rank_sentences, with_evidence
from app.evaluation.measures.matching import best_char_f1, evidence_form
from app.training.reader.cases import Case
from app.training.reader.weights import read_weights, write_weights
from app.training.regression import Floats, logistic_regression
from retriever.embedded.adapter import ADAPTER
from retriever.embedded.model_files import sha256
from retriever.embedded.reader import OnnxReader, PassageReading, open_onnx_reader, read_hits
from retriever.files import write_whole
from retriever.types import Passage

_RIDGE = 3.0
REFUSED = 0.05  # share of each group's questions with an answer that may be refused, each source counting the same
_LEAST = 0.01  # least weight of rules and reader, so that the confidence rises with both
SURE, _RIGHT_WHERE_SURE, _STEP = 0.8, 0.95, 0.05
# Log-odds added by hand to the judge of right answers: fitted to sources from encyclopaedias, it is too low for papers.
# On the quality sets, .94 and .98 of the sure answers are then right, and .97 in the third group (LOG, 2026-12-01).
_RAISED = {"english": 0.77, "foreign": 1.39}
# For judging only: held-out sources, and two kinds of questions without an answer. Changed questions are often odd;
# weights fitted to them refuse fewer of the unanswerable questions that people wrote.
HELD_OUT = frozenset({"made_up_held_out", "near_misses", "search"})
_NOT_FITTED = frozenset({"changed", "hard_unanswerable_dev"})
MADE = frozenset({"without", "changed"})  # kinds of questions that were made from other questions
_ABOUT = (
    "JSQuAD's even articles (JGLUE, CC BY-SA 4.0), JaQuAD's dev part (SkelterLabs, CC BY-SA 3.0), QASPER's dev part "
    "(Allen Institute for AI, CC BY 4.0), SQuAD 2.0's dev set (Rajpurkar et al., CC BY-SA 4.0), DRCD (DRC Knowledge "
    "Team, CC BY-SA 3.0), our own questions on documents of JSQuAD and QASPER, the dev sets on the paper without the "
    "hard questions, and the made-up papers for fitting"
)


class RememberedReader:
    """A reader with a cache of its readings in `folder`: the same pairs are read in every run.

    `weights`: those that ship, or a checkpoint (.pt) or compact file (.npz). Their conversion is kept in `folder`, too.
    """

    def __init__(self, folder: Path, weights: Path = ADAPTER) -> None:
        name = sha256(weights.read_bytes())[:12]
        self._path = folder / f"readings.{name}.pkl"
        self._known: dict[tuple[str, str, str], PassageReading] = self._stored()
        if weights.suffix == ".pt":
            compact = folder / f"reader.{name}.npz"
            write_weights(compact, read_weights(weights))
            weights = compact
        self._reader: OnnxReader = open_onnx_reader(weights, folder / f"reader.{name}.bin")

    def read(self, question: str, passages: Sequence[Passage]) -> list[PassageReading]:
        """The reading of each passage, in the same order."""
        keys = [(question, passage.context, passage.text) for passage in passages]
        fresh = [place for place, key in enumerate(keys) if key not in self._known]
        read = self._reader.read(question, [passages[place] for place in fresh])
        self._known |= {keys[place]: reading for place, reading in zip(fresh, read, strict=True)}
        return [self._known[key] for key in keys]

    def save(self) -> None:
        """Keep what was read for the next run, with what another one has saved meanwhile."""
        write_whole(self._path, pickle.dumps(self._stored() | self._known))

    def _stored(self) -> dict[tuple[str, str, str], PassageReading]:
        return pickle.loads(self._path.read_bytes()) if self._path.exists() else {}  # noqa: S301 (written above)


@dataclass(frozen=True, slots=True)
class Judged:
    """An answered case: its language `pair`, the rules' `decision`, the log-odds of the `reader`, and its correctness.

    `right`: the chosen sentences contain an accepted answer; `first_passage`, `first_sentence`: the first one does.
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
    def seen(self) -> dict[str, float]:
        """The inputs of the judges."""
        return seen_by_judges(self.decision, self.reader, self.group)

    @property
    def lacking(self) -> float:
        """The penalty, in log-odds ≤ 0, for what the best sentence lacks or contradicts."""
        return lacking(self.decision, self.group)


def judged(case: Case, reader: RememberedReader, used: Uses) -> Judged | None:
    """Answer a case with the reader used as `used` says; None if nothing is found."""
    terms = case.terms
    evidence = Evidence.of(read_hits(reader, terms.query, case.hits, case.index.sentences_of), terms.query, case.hits)
    hits = in_order(case.hits, evidence, used)
    ranked = with_evidence(rank_sentences(terms, hits, case.index), evidence, used)
    if not ranked or not evidence:
        return None
    decision = decide(terms, hits, ranked, case.index)
    best = ranked[0]
    marked = best.hit.passage.text[slice(*best.span)] if best.span else ""
    return Judged(
        id=case.id,
        source=case.source,
        kind=case.kind,
        pair=f"{terms.query.language}-{best.hit.passage.language}",
        group=group_of(terms.query.language, foreign=is_foreign(terms.query, ranked)),
        answerable=case.answerable,
        decision=decision,
        reader=evidence.best,
        right=case.answerable and _is_right(case, [sentence.text for sentence in choose(ranked)]),
        first_passage=case.answerable and case.holds(hits[0].passage.text),
        first_sentence=case.answerable and case.holds(best.text),
        span_f1=best_char_f1([marked], case.answers) if case.answerable else 0.0,
    )


def _is_right(case: Case, sentences: Sequence[str]) -> bool:
    text = evidence_form("".join(sentences))
    return any(evidence_form(answer) in text for answer in case.answers) or (
        case.source == "qasper" and any(case.holds(sentence) for sentence in sentences)
    )


def calibrated(rows: Sequence[Judged]) -> dict[str, Calibration]:
    """Fit a calibration for each group of languages, to its own rows.

    Held-out rows and kinds that are not for fitting are left out. QASPER is not used for the judge of right answers:
    its accepted answers are seldom verbatim.
    """
    fitting = [row for row in rows if row.source not in HELD_OUT and row.kind not in _NOT_FITTED]
    calibrations = {}
    for group in GROUPS:
        own = [row for row in fitting if row.group == group]
        answerable = [row.answerable for row in own]
        present = _judge(own, PRESENT_BY, answerable, _evened(own, answerable))
        threshold = _quantile(present, [row for row in own if row.answerable], REFUSED)
        calibrations[group] = Calibration(_right(own), present, math.floor(1000 * threshold) / 1000)
    return calibrations


def for_papers(calibrations: Mapping[str, Calibration]) -> dict[str, Calibration]:
    """The calibrations that ship: some intercepts are raised by `_RAISED`, as fitted ones are too low for papers."""
    shipped = dict(calibrations)
    for group, raised in _RAISED.items():
        right = shipped[group].right
        shipped[group] = replace(shipped[group], right=replace(right, intercept=round(right.intercept + raised, 3)))
    return shipped


def _right(rows: Sequence[Judged]) -> Judge:
    """The judge of right answers, its intercept lowered until enough of the sure answers are right in every source."""
    rows = [row for row in rows if row.source != "qasper"]
    judge = _judge(rows, RIGHT_BY, [row.right for row in rows], _evened(rows))
    while not _is_right_where_sure(judge, rows):
        judge = replace(judge, intercept=round(judge.intercept - _STEP, 3))
    return judge


def _judge(rows: Sequence[Judged], names: Sequence[str], wanted: Sequence[bool], counts: Floats) -> Judge:
    """Logistic regression of `wanted` on the values of these names; `counts` are the weights of the rows."""
    values = np.array([[row.seen[name] for name in names] for row in rows])
    given = np.array([row.lacking for row in rows])
    weights, intercept = logistic_regression(values, np.array(wanted, float), counts, given, _RIDGE)
    named = {name: round(float(weight), 3) for name, weight in zip(names, weights, strict=True)}
    named |= {name: max(named[name], _LEAST) for name in ("rules", "reader")}
    return Judge(named, round(intercept, 3))


def _evened(rows: Sequence[Judged], wanted: Sequence[bool] = ()) -> Floats:
    """The weight of each row, shape (rows,): all sources weigh the same, and the weights sum to the number of rows.

    With `wanted`, the wanted and the other rows of each source weigh the same.
    """
    parts = [(row.source, bool(wanted) and wanted[place]) for place, row in enumerate(rows)]
    sizes = Counter(parts)
    return np.array([len(rows) / len(sizes) / sizes[part] for part in parts])


def by_source(rows: Sequence[Judged]) -> Mapping[str, list[Judged]]:
    """The rows of each source."""
    groups: dict[str, list[Judged]] = {}
    for row in rows:
        groups.setdefault(row.source, []).append(row)
    return groups


def chances(judge: Judge, rows: Sequence[Judged]) -> Floats:
    """The probability that a judge gives each row, shape (rows,)."""
    return np.array([judge.chance(row.seen, row.lacking) for row in rows])


def _is_right_where_sure(judge: Judge, rows: Sequence[Judged]) -> bool:
    """Whether at most one in twenty of the sure answers (or one in all) is wrong in each source.

    Only questions as people wrote them count, reweighted as if at most a quarter of them had no answer.
    """
    for group in by_source([row for row in rows if row.kind not in MADE]).values():
        sure = [row for row, chance in zip(group, chances(judge, group), strict=True) if chance >= SURE]
        counts = as_if_few_were_absent(sure, group)
        wrong = sum(count for row, count in zip(sure, counts, strict=True) if not row.right)
        if wrong > max(1.0, (1 - _RIGHT_WHERE_SURE) * sum(counts)):
            return False
    return True


def as_if_few_were_absent(counted: Sequence[Judged], all_rows: Sequence[Judged]) -> list[float]:
    """Weights of the `counted` rows that make at most a quarter of `all_rows` unanswerable."""
    yes, no = (sum(row.answerable is answerable for row in all_rows) for answerable in (True, False))
    return [1.0 if row.answerable else min(1.0, yes / (3 * no)) for row in counted]


def _quantile(judge: Judge, rows: Sequence[Judged], share: float) -> float:
    """The quantile of the rows' chances at `share`, with each source weighing the same."""
    row_chances = chances(judge, rows)
    order = np.argsort(row_chances)
    below = np.cumsum(_evened(rows)[order]) / len(rows)
    return float(row_chances[order][np.searchsorted(below, share)])


def write_calibrations(path: Path, calibrations: Mapping[str, Calibration]) -> None:
    """Write the weights that ship, and name the data that they were fitted on."""
    stored = {"data": _ABOUT} | {name: asdict(calibration) for name, calibration in calibrations.items()}
    path.write_text(json.dumps(stored, indent=1) + "\n", encoding="utf-8")
