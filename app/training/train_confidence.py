"""Fit the confidence of answers: python -m app.training.train_confidence [JSQUAD.json].

The data are JSQuAD and the made-up papers for fitting (app/training/data). Each question is used three times: as it is,
without the sentences that answer it, and without their passages. The held-out papers judge the models.
`--also QUESTIONS INDEX` adds a question file over an index of your own, in any language, with `answers` and `evidence`,
and with questions of the type "unanswerable". All files together weigh as much as JSQuAD. A model for which there are
no questions keeps its weights.
"""

import argparse
import json
import math
import sys
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from app.answering.decide.confidence import WEIGHTS, Model, models
from app.training.confidence_examples import PARTS, ConfidenceRow, jsquad_rows, own_rows, paper_rows
from app.training.data import FITTING, HELD_OUT
from app.training.jsquad import JSQUAD, LICENCE
from app.training.regression import Floats, logistic_regression
from retriever.types import TenkyoError

# The features of each model whose weights are fitted (app.answering.decide.confidence.confidence_features).
_SEEN = {
    "native": ("cosine", "lead", "form", "term_overlap", "english"),
    "foreign": ("cosine", "lead", "z_score", "term_overlap"),
    "any_encoder": ("lead", "form", "term_overlap"),
}
# Weights set by hand (log-odds), for features too rare to be fitted with the others.
_RARE = {
    "no_form": -3.0,
    "unknown_names": -3.0,
    "not_body_text": -3.5,
    "reranker_gap": -5.0,
    "missing_names": -3.5,
    "missing_numbers": -3.5,
    "other_figure": -1.5,
    "other_unit": -2.5,
    "other_polarity": -2.5,
    "opposite": -2.0,
    "other_kind": -2.0,
}
_GIVEN = {
    "native": _RARE,
    "foreign": _RARE | {"no_form": -2.5, "unknown_names": -2.0, "not_body_text": -3.0},
    "any_encoder": _RARE,
}
_REFUSED = {"jsquad": 0.025, "also": 0.06}  # greatest share of answerable questions that may be refused, by source
_SURE, _RIGHT_WHERE_SURE = 0.8, 0.95  # answers with this confidence are right at least this often
_STEP = 0.05  # log-odds
_RIDGE = 1.0  # penalty on the weights of standardised features
_FEWEST = 50  # least rows of a source that is used


def fit(data: Sequence[ConfidenceRow], name: str) -> Model:
    """The logistic regression of being right, with a ridge penalty; each source counts the same."""
    names = _SEEN[name]
    values = np.array([[row.features[feature] for feature in names] for row in data], dtype=np.float64)
    by_hand = np.array(
        [sum(weight * row.features[feature] for feature, weight in _GIVEN[name].items()) for row in data]
    )
    right = np.array([row.right for row in data], dtype=np.float64)
    weights, intercept = logistic_regression(values, right, _counts(data), by_hand, _RIDGE)
    learned = {feature: round(float(weight), 3) for feature, weight in zip(names, weights, strict=True)}
    learned |= _GIVEN[name]
    model = _calibrated(Model(learned, round(intercept, 3), 0.0), data)
    return replace(model, abstain_below=_abstain_below(model, data))


def _calibrated(model: Model, data: Sequence[ConfidenceRow]) -> Model:
    """The model with its intercept lowered until, in each source, enough of the sure answers are right."""
    while any(_right_where_sure(model, data, source) < _RIGHT_WHERE_SURE for source in _REFUSED):
        model = replace(model, intercept=round(model.intercept - _STEP, 3))
    return model


def _right_where_sure(model: Model, data: Sequence[ConfidenceRow], source: str) -> float:
    """The share right among the answers of a source that are sure; 1 where none is."""
    sure = [row.right for row in data if row.source == source and not row.cut and model.chance(row.features) >= _SURE]
    return sum(sure) / len(sure) if sure else 1.0


def _counts(data: Sequence[ConfidenceRow]) -> Floats:
    """The weight of each row, shape (rows,): the sources weigh the same, and all weights sum to the number of rows."""
    sources = [row.source for row in data]
    return np.array([len(data) / len(set(sources)) / sources.count(source) for source in sources])


def _abstain_below(model: Model, data: Sequence[ConfidenceRow]) -> float:
    """The highest threshold that refuses, in each source, at most its allowed share of answerable questions."""
    limits = []
    for source, share in _REFUSED.items():
        chances = [model.chance(row.features) for row in data if row.answerable and row.source == source]
        limits += [float(np.quantile(chances, share))] if chances else []
    return math.floor(1000 * min(limits)) / 1000


def judge(model: Model, data: Sequence[ConfidenceRow]) -> dict[str, float]:
    """Shares: sure answers, right among the sure ones, refused of answerable and of unanswerable questions."""
    data = [row for row in data if not row.cut]
    chances = np.array([model.chance(row.features) for row in data])
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


def held_out(data: Sequence[ConfidenceRow], name: str) -> dict[str, dict[str, float]]:
    """The figures of `judge` by source, in cross-validation over the parts (mean of the parts)."""
    figures_of: dict[str, list[dict[str, float]]] = {}
    for part in range(PARTS):
        model = fit([row for row in data if row.part != part], name)
        for source in _REFUSED:
            rows = [row for row in data if row.part == part and row.source == source]
            if rows:
                figures_of.setdefault(source, []).append(judge(model, rows))
    return {
        source: {key: round(sum(part[key] for part in parts) / len(parts), 4) for key in parts[0]}
        for source, parts in figures_of.items()
    }


def _enough(data: Sequence[ConfidenceRow]) -> list[ConfidenceRow]:
    """The rows of the sources that have enough of them."""
    sources = [row.source for row in data]
    return [row for row in data if sources.count(row.source) >= _FEWEST]


def main(arguments: Sequence[str] | None = None) -> int:
    """Fit the models, judge them and write the weights; 1 for data that cannot be read."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("jsquad", type=Path, nargs="?", default=JSQUAD, help="jsquad-valid-v1.3.json")
    parser.add_argument("--also", type=Path, nargs=2, action="append", default=[], metavar=("QUESTIONS", "INDEX"))
    parser.add_argument("--out", type=Path, default=WEIGHTS)
    args = parser.parse_args(arguments)
    try:
        rows = jsquad_rows(args.jsquad)
        rows += [row for paper in FITTING for row in paper_rows(paper)]
        rows += [row for questions, folder in args.also for row in own_rows(questions, folder)]
        others = [row for paper in HELD_OUT for row in paper_rows(paper)]
    except (TenkyoError, OSError, ValueError, KeyError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    stored = {name: asdict(model) for name, model in models().items()}
    about = {}
    for name in _SEEN:
        fitting, judging = (_enough([row for row in of if row.foreign == (name == "foreign")]) for of in (rows, others))
        if fitting:
            model = fit(fitting, name)
            stored[name] = asdict(model)
            about[name] = held_out(fitting, name) | ({"other_papers": judge(model, judging)} if judging else {})
    print(json.dumps(about, indent=1), file=sys.stderr)
    also = f", {len(args.also)} question files of the developers'" if args.also else ""
    data = f"{LICENCE}; the made-up papers of app/training/data, Apache-2.0{also}"
    args.out.write_text(json.dumps({"data": data, "held_out": about, **stored}, indent=1) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
