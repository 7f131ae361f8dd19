"""Estimate how likely an answer is right, and decide when to abstain.

First, the rules: logistic regressions on features that do not depend on the corpus estimate the probability that the
answer is right. In fitting, each question is asked three times: on the whole corpus, without the answering sentences,
and without their passages. The last two make hard questions without an answer on the same topic
(`python -m app.training.train_confidence`). The weights are in confidence_weights.json; those of rare features are set
by hand.

Then, if the reader has read the passages, two more regressions (the judges) combine the confidence of the rules, the
reader's log-odds and two features (`python -m app.training.reader calibrate` fits reader_weights.json).
"""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

from app.answering.decide.contradictions import NAMES as CONTRADICTIONS
from app.answering.decide.contradictions import contradictions
from app.answering.decide.named_things import missing, names_unknown
from app.answering.read.sentences import Candidate, is_foreign
from app.answering.types import Answer
from app.answering.understand.answer_forms import asks_front_matter
from app.answering.understand.question import QuestionTerms
from retriever.encoder import DEFAULT_ENCODER
from retriever.index.search import Index
from retriever.types import Hit

WEIGHTS = Path(__file__).with_name("confidence_weights.json")
READER_WEIGHTS = Path(__file__).with_name("reader_weights.json")
_SHARED_WITH_ENTRY = 0.1  # least term overlap of a bibliography entry that may be an answer
# Text in the question's language; English text for English questions, of which the reader saw fewer in training; text
# in another language.
GROUPS = ("native", "english", "foreign")
_LACKING = ("missing_names", "missing_numbers", *CONTRADICTIONS)  # features that the reader does not see
# Inputs of the two judges: whether the answer is right; whether there is one. With all four inputs, the second one
# refuses more follow-ups.
RIGHT_BY, PRESENT_BY = ("rules", "reader", "retrieved", "rivals"), ("rules", "reader")
_FARTHEST = 8.0  # log-odds of rules and reader are clipped to ± this
_RIVAL = 2.0  # log-odds that a sentence may score below the best one to be its rival


@dataclass(frozen=True, slots=True)
class Model:
    """A logistic regression: weights by the names in `features`, and the confidence below which to abstain."""

    weights: Mapping[str, float]
    intercept: float
    abstain_below: float

    def chance(self, features: Mapping[str, float]) -> float:
        """The confidence in [0, 1] that these features give."""
        odds = self.intercept + sum(weight * features[name] for name, weight in self.weights.items())
        return 1 / (1 + math.exp(-odds))


@dataclass(frozen=True, slots=True)
class Judge:
    """A logistic regression: weights by the names in `RIGHT_BY` or `PRESENT_BY`, positive for "rules" and "reader"."""

    weights: Mapping[str, float]
    intercept: float

    def chance(self, evidence: Mapping[str, float], lacking: float) -> float:
        """The chance in [0, 1] from the values of `seen_by_judges`; rises with the rules and with the reader.

        `lacking` (log-odds, at most 0) is the penalty for names and numbers of the question that the best sentence
        lacks, and for what contradicts the question. The reader does not see these, so the penalty counts in full.
        """
        odds = self.intercept + sum(weight * evidence[name] for name, weight in self.weights.items())
        return 1 / (1 + math.exp(-odds - lacking))


@dataclass(frozen=True, slots=True)
class Calibration:
    """Two regressions for a group of languages: whether the answer is right, and whether the documents have one.

    Tenkyo abstains if the chance of the second is below `abstain_below`. On new papers, each predicts its own target
    better than the other one does.
    """

    right: Judge
    present: Judge
    abstain_below: float


@dataclass(frozen=True, slots=True)
class Decision:
    """Confidence in the best sentence, in [0, 1], whether to abstain, and the features behind both."""

    confidence: float = 0.0
    abstained: bool = True
    features: Mapping[str, float] = field(default_factory=dict)


@lru_cache(maxsize=1)
def models() -> dict[str, Model]:
    """The models: for text in the question's language, in another one, and for other encoders than the embedded one.

    Cosines are not comparable between encoders, so the last model does not use them.
    """
    stored = json.loads(WEIGHTS.read_text(encoding="utf-8"))
    return {name: Model(**stored[name]) for name in ("native", "foreign", "any_encoder")}


@lru_cache(maxsize=1)
def calibrations() -> dict[str, Calibration]:
    """The calibration of each of `GROUPS`."""
    stored = json.loads(READER_WEIGHTS.read_text(encoding="utf-8"))
    return {name: _calibration(stored[name]) for name in GROUPS}


def _calibration(stored: Mapping[str, Any]) -> Calibration:
    return Calibration(Judge(**stored["right"]), Judge(**stored["present"]), stored["abstain_below"])


def decide(terms: QuestionTerms, hits: Sequence[Hit], ranked: Sequence[Candidate], index: Index) -> Decision:
    """Whether the best of `ranked`, the sentences of `hits`, answers; question words alone are always refused."""
    if not ranked or terms.question.asks_nothing:
        return Decision()
    embedded = index.manifest["encoder"] == DEFAULT_ENCODER
    model = models()[("foreign" if is_foreign(terms.query, ranked) else "native") if embedded else "any_encoder"]
    values = confidence_features(terms, hits, ranked, index)
    chance = model.chance(values)
    return Decision(chance, chance < model.abstain_below, values)


def with_reader(
    decision: Decision, evidence: float, group: str, calibrated: Mapping[str, Calibration] | None = None
) -> Decision:
    """The decision with the reader's `evidence`, the log-odds that any passage answers, in one of `GROUPS`.

    `calibrated`: the calibration of each group, by default those that ship; fitting passes others.
    """
    calibration = (calibrated or calibrations())[group]
    seen, penalty = seen_by_judges(decision, evidence, group), lacking(decision, group)
    right, present = (judge.chance(seen, penalty) for judge in (calibration.right, calibration.present))
    features = {**decision.features, "rules": decision.confidence, "reader": evidence, "present": present}
    return replace(decision, confidence=right, abstained=present < calibration.abstain_below, features=features)


def seen_by_judges(decision: Decision, evidence: float, group: str) -> dict[str, float]:
    """The inputs of the judges by name: all of `RIGHT_BY`, which includes `PRESENT_BY`.

    `rules`: the log-odds of the rules' confidence without the penalty of `lacking`; `reader`: the log-odds that any
    passage answers; `retrieved` and `rivals`: see `features`.
    """
    return {
        "rules": _bounded(log_odds(decision.confidence) - lacking(decision, group)),
        "reader": _bounded(evidence),
        "retrieved": decision.features["retrieved"],
        "rivals": decision.features["rivals"],
    }


def certainty(answer: Answer) -> float:
    """Confidence for comparing answers; 0 for an abstention and for small talk, whose recognition is unsure."""
    return 0.0 if answer.abstained or answer.intent == "smalltalk" else answer.confidence


def lacking(decision: Decision, group: str) -> float:
    """Penalty, in log-odds ≤ 0, for names and numbers that the best sentence lacks, and for contradictions."""
    weights = models()["foreign" if group == "foreign" else "native"].weights
    return sum(weights[name] * decision.features.get(name, 0.0) for name in _LACKING)


def group_of(language: str, *, foreign: bool) -> str:
    """The one of `GROUPS` for a question in `language`; `foreign`: the answering text is in another language."""
    return "foreign" if foreign else "english" if language == "en" else "native"


def log_odds(chance: float) -> float:
    """A probability as log-odds; 0 and 1 are clipped, so that the result is finite."""
    least = 1e-9
    chance = min(max(chance, least), 1 - least)
    return math.log(chance / (1 - chance))


def _bounded(odds: float) -> float:
    return min(max(odds, -_FARTHEST), _FARTHEST)


def confidence_features(
    terms: QuestionTerms, hits: Sequence[Hit], ranked: Sequence[Candidate], index: Index
) -> dict[str, float]:
    """The features that the confidence is estimated from.

    - `reranker_gap`: how much higher the retriever itself scores another passage than the reranker's first one (≥ 0):
      a reranker alone cannot raise confidence
    - `lead`: the best sentence's share of the softmax of all scores; `form`: whether it has the form of the answer;
      `z_score`: how far its cosine stands out, in standard deviations; `english`: 1 if question and text are English,
      as cosines are lower there
    - `cosine` and `term_overlap`: the highest among the sentences that have the needed form, or among all if none has
    - `no_form`: 1 if no sentence has that form
    - `unknown_names`: 1 if the question names something that no document names
    - `missing_names`, `missing_numbers`: the weight of the heaviest name and number of the question that is not near
      the best sentence (named_things.py)
    - `retrieved`: the retriever's highest score; `rivals`: the logarithm of the number of sentences that score nearly
      as well as the best one, itself included
    - `other_figure` and the other contradictions of the question by the best sentence (contradictions.py)
    - `not_body_text`: 1 if the best sentence is a bibliography entry with little overlap, or front matter although the
      question does not ask for such data
    """
    best, question = ranked[0], terms.question
    needed = question.needed_form
    fitting = [sentence for sentence in ranked if sentence.features.form or not needed]
    no_form = not fitting
    retrieved = max(hit.own_score for hit in hits)
    missing_names, missing_numbers = missing(terms.query, ranked, index)
    return {
        "reranker_gap": retrieved - hits[0].own_score,
        "retrieved": retrieved,
        "rivals": math.log(sum(sentence.score > best.score - _RIVAL for sentence in ranked)),
        "lead": 1 / sum(math.exp(sentence.score - best.score) for sentence in ranked),
        "form": best.features.form,
        "z_score": best.features.z_score,
        "english": float(terms.query.language == best.hit.passage.language == "en"),
        "cosine": max(sentence.features.cosine for sentence in fitting or ranked),
        "term_overlap": max(sentence.features.term_overlap for sentence in fitting or ranked),
        "no_form": float(no_form),
        "unknown_names": float(names_unknown(terms.query, index)),
        "missing_names": missing_names,
        "missing_numbers": missing_numbers,
        "not_body_text": float(_is_not_body_text(terms, best)),
        **contradictions(terms.query, ranked),
    }


def _is_not_body_text(terms: QuestionTerms, best: Candidate) -> bool:
    question, kind = terms.question, best.hit.passage.kind
    if kind == "bibliographic":
        is_publication_datum = question.form is not None and question.form.on_publication and best.features.form > 0
        return not is_publication_datum and not asks_front_matter(question.searched, terms.query.language)
    return kind == "entry" and best.features.term_overlap < _SHARED_WITH_ENTRY
