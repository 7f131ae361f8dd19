"""Fit the confidence of answers: python -m app.training.train_confidence JSQUAD.json --reader HALF.json.

HALF.json is what `python -m app.training.train_span JSQUAD.json --half` writes: a reader that has seen every other
article only, so that its answers on the others are as sure as on new questions. Each question is asked as it is,
without the sentences that tell the answer, and without their passages. `--also QUESTIONS INDEX` adds a question file
over an index of one's own, in any language, with `answers` and `evidence`, and with questions of the type
"unanswerable"; all such files together count as much as JSQuAD. A model that has no question stays as it is (that for
other languages, with JSQuAD alone).
"""

import argparse
import json
import math
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from app.answering.compose.extractive import choose
from app.answering.decide.confidence import WEIGHTS, Model, models
from app.answering.decide.evidence import evidence
from app.answering.read.question_terms import question_terms
from app.answering.read.sentences import Candidate, is_foreign, rank_sentences
from app.answering.read.span_ranker import Ranker, ranker_from_json
from app.answering.understand.question import ordinary_question
from app.evaluation.matching import squeeze
from app.evaluation.question_file import Question, WrongRow, read_questions
from app.training.jsquad import LICENCE, indexed, read_jsquad, tells, with_and_without
from ingest.pipeline import encoder_for
from retriever.index.open import Index, open_index
from retriever.types import Encoder, Hit, TenkyoError

# What each model looks at (app.answering.decide.evidence.evidence).
_SEEN = {
    "native": ("cosine", "lead", "form", "term_overlap", "english"),
    "foreign": ("cosine", "lead", "z_score", "term_overlap"),
    "any_encoder": ("lead", "form", "term_overlap"),
}
# Too rare to be fitted beside the rest: how much rarer they are, in log-odds, where there is an answer (CHANGELOG.md).
_RARE = {
    "no_form": -3.0,
    "unpublished": -2.0,
    "unknown_names": -3.0,
    "no_overlap": -2.5,
    "not_body_text": -3.5,
    "reranker_gap": -5.0,
}
_GIVEN = {
    "native": _RARE,
    "foreign": _RARE
    | {"no_form": -2.5, "unpublished": -1.5, "unknown_names": -2.0, "no_overlap": -0.8, "not_body_text": -3.0},
    "any_encoder": _RARE,
}
_REFUSED = {"jsquad": 0.025, "also": 0.06}  # the shares of the questions with an answer that may be refused
_SURE, _RIGHT_WHERE_SURE = 0.8, 0.95  # answers with this confidence are right at least this often
_STEP = 0.05  # log-odds
_RIDGE = 1.0  # on weights of standardised evidence, as if one more question spoke against each
_STEPS, _PARTS = 30, 4
_FEWEST = 50  # questions of a source that count as one


@dataclass(frozen=True, slots=True)
class Row:
    """A question asked once: where it is from, its evidence, whether its answer holds a gold one, and whether it could.

    `part` is the same for questions on the same text, so that they are never on both sides of a split. `cut`: without
    the sentences that tell the answer, which teaches what a sentence nearby is worth; no user asks that way, so such
    rows are not judged by.
    """

    source: str
    part: int
    foreign: bool
    evidence: dict[str, float]
    right: bool
    answerable: bool
    cut: bool = False


def jsquad_rows(path: Path, reader: Ranker) -> list[Row]:
    """The questions of JSQuAD on the articles that `reader` has not seen."""
    data = read_jsquad(path)
    found: list[Row] = []
    with indexed(data) as (index, encoder):
        for item in data.items:
            if item.article % 2 == 0:
                question = Question(0, {}, item.question, item.id, answers=item.answers)
                is_telling = partial(tells, item=item)
                part = item.article // 2 % _PARTS
                found += _rows("jsquad", part, question, index, encoder, is_telling, reader)
    return found


def own_rows(questions: Path, folder: Path, reader: Ranker) -> list[Row]:
    """The questions of a file, over an index."""
    index = open_index(folder)
    encoder = encoder_for(index, None)
    found: list[Row] = []
    for number, question in enumerate(read_questions(questions)):
        if isinstance(question, WrongRow):
            raise TenkyoError(f"{questions}: line {question.line}: {question.reason}")
        is_telling = partial(_holds_evidence, question=question)
        found += _rows("also", number % _PARTS, question, index, encoder, is_telling, reader)
    return found


def _holds_evidence(hit: Hit, question: Question) -> bool:
    text = squeeze(hit.passage.text)
    return any(squeeze(one) in text for one in (*(question.evidence or ()), *(question.answers or ())))


def _rows(
    source: str, part: int, question: Question, index: Index, encoder: Encoder, is_telling: Callable[[Hit], bool],
    reader: Ranker,
) -> Iterator[Row]:  # fmt: skip
    query = index.query(question.text, encoder)
    terms = question_terms(ordinary_question(question.text), query, index)
    whole, without = with_and_without(terms, index, is_telling)
    ranked = rank_sentences(terms, whole, index, reader)
    cut = [one for one in ranked if not _tells(one.text, question)]
    ways = [(whole, ranked), (whole, cut), (without, rank_sentences(terms, without, index, reader))]
    for way, (hits, chosen) in enumerate(ways if question.answers else ways[:1]):
        if chosen:
            about = evidence(terms, hits, chosen, index)
            answerable = way == 0 and bool(question.answers)
            right = answerable and _is_right(chosen, question)
            yield Row(source, part, is_foreign(query, chosen), about, right, answerable, cut=way == 1)


def _is_right(ranked: Sequence[Candidate], question: Question) -> bool:
    told = squeeze("".join(one.text for one in choose(ranked)))
    golds = [squeeze(one) in told for one in question.answers or ()]
    return bool(golds) and (all(golds) if question.type == "list" else any(golds))


def _tells(sentence: str, question: Question) -> bool:
    """Whether an accepted answer stands in a sentence, or it is a part of the evidence."""
    text = squeeze(sentence)
    golds = (squeeze(one) for one in question.answers or ())
    return any(one in text for one in golds) or any(text in squeeze(one) for one in question.evidence or ())


def fit(data: Sequence[Row], name: str) -> Model:
    """The logistic regression of being right, with a ridge penalty, by Newton's method; each source counts the same."""
    names = _SEEN[name]
    values = np.array([[row.evidence[one] for one in names] for row in data], dtype=np.float64)
    given = np.array([sum(weight * row.evidence[one] for one, weight in _GIVEN[name].items()) for row in data])
    mean, scale = values.mean(axis=0), values.std(axis=0) + 1e-6
    seen = np.column_stack([(values - mean) / scale, np.ones(len(values))])
    right = np.array([row.right for row in data], dtype=np.float64)
    counts = _counts(data)
    penalty = np.diag([_RIDGE] * len(names) + [0.0])
    weights = np.zeros(len(names) + 1)
    for _ in range(_STEPS):
        chance = 1 / (1 + np.exp(-seen @ weights - given))
        slope = seen.T @ (counts * (chance - right)) + penalty @ weights
        weights -= np.linalg.solve((seen * (counts * chance * (1 - chance))[:, None]).T @ seen + penalty, slope)
    plain = weights[:-1] / scale
    learned = {one: round(float(weight), 3) for one, weight in zip(names, plain, strict=True)}
    learned |= _GIVEN[name]
    model = _calibrated(Model(learned, round(float(weights[-1] - plain @ mean), 3), 0.0), data)
    return replace(model, abstain_below=_abstain_below(model, data))


def _calibrated(model: Model, data: Sequence[Row]) -> Model:
    """The model with its intercept lowered until, in each source, enough of the sure answers are right."""
    while any(_right_where_sure(model, data, source) < _RIGHT_WHERE_SURE for source in _REFUSED):
        model = replace(model, intercept=round(model.intercept - _STEP, 3))
    return model


def _right_where_sure(model: Model, data: Sequence[Row], source: str) -> float:
    """The share right among the answers of a source that are sure; 1 where none is."""
    sure = [row.right for row in data if row.source == source and not row.cut and model.chance(row.evidence) >= _SURE]
    return sum(sure) / len(sure) if sure else 1.0


def _counts(data: Sequence[Row]) -> NDArray[np.float64]:
    """How much each row counts: as many rows as there are, shared out evenly among the sources."""
    sources = [row.source for row in data]
    return np.array([len(data) / len(set(sources)) / sources.count(source) for source in sources])


def _abstain_below(model: Model, data: Sequence[Row]) -> float:
    """The highest confidence below which no source has more of its questions with an answer than may be refused."""
    limits = []
    for source, share in _REFUSED.items():
        chances = [model.chance(row.evidence) for row in data if row.answerable and row.source == source]
        limits += [float(np.quantile(chances, share))] if chances else []
    return math.floor(1000 * min(limits)) / 1000


def judge(model: Model, data: Sequence[Row]) -> dict[str, float]:
    """The share right among the sure, and the shares refused of questions with an answer and without one."""
    data = [row for row in data if not row.cut]
    chances = np.array([model.chance(row.evidence) for row in data])
    right, answerable = (np.array([getattr(row, name) for row in data]) for name in ("right", "answerable"))
    sure, refused = chances >= _SURE, chances < model.abstain_below
    return {
        "questions": int(answerable.sum()),
        "sure": _mean(sure[answerable]),
        "right_where_sure": _mean(right[sure]),
        "refused": _mean(refused[answerable]),
        "refused_without_answer": _mean(refused[~answerable]),
    }


def _mean(values: NDArray[np.bool_]) -> float:
    return round(float(values.mean()), 4) if len(values) else 0.0


def held_out(data: Sequence[Row], name: str) -> dict[str, dict[str, float]]:
    """What `judge` says of each source, on average over the parts, with models of the other parts."""
    told: dict[str, list[dict[str, float]]] = {}
    for part in range(_PARTS):
        model = fit([row for row in data if row.part != part], name)
        for source in _REFUSED:
            rows = [row for row in data if row.part == part and row.source == source]
            if rows:
                told.setdefault(source, []).append(judge(model, rows))
    return {
        source: {key: round(sum(one[key] for one in parts) / len(parts), 4) for key in parts[0]}
        for source, parts in told.items()
    }


def _enough(data: Sequence[Row]) -> list[Row]:
    """The rows of the sources that have enough of them."""
    sources = [row.source for row in data]
    return [row for row in data if sources.count(row.source) >= _FEWEST]


def main(arguments: Sequence[str] | None = None) -> int:
    """Fit, judge, write the weights."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("jsquad", type=Path, help="jsquad-valid-v1.3.json")
    parser.add_argument("--reader", type=Path, required=True, help="what train_span --half wrote")
    parser.add_argument("--also", type=Path, nargs=2, action="append", default=[], metavar=("QUESTIONS", "INDEX"))
    parser.add_argument("--out", type=Path, default=WEIGHTS)
    given = parser.parse_args(arguments)
    try:
        reader = ranker_from_json(json.loads(given.reader.read_text(encoding="utf-8")))
        found = jsquad_rows(given.jsquad, reader)
        for questions, folder in given.also:
            found += own_rows(questions, folder, reader)
    except (TenkyoError, OSError, ValueError, KeyError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    stored = {name: asdict(model) for name, model in models().items()}
    about = {}
    for name in _SEEN:
        rows = _enough([row for row in found if row.foreign == (name == "foreign")])
        if rows:
            about[name] = held_out(rows, name)
            stored[name] = asdict(fit(rows, name))
    print(json.dumps(about, indent=1), file=sys.stderr)
    also = f" and {len(given.also)} question files of the developers'" if given.also else ""
    text = json.dumps({"data": f"{LICENCE}{also}", "held_out": about, **stored}, indent=1)
    given.out.write_text(text + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
