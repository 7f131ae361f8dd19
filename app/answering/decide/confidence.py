"""Estimate the confidence of an answer from corpus-independent evidence, and decide when to abstain.

Logistic regressions for the chance that the answer holds what was asked, fitted on questions asked three times: over
the whole corpus, without the sentences that tell the answer, and without their passages, so that the rest of the same
text makes hard questions without an answer (`python -m app.training.train_confidence`). The weights lie in
confidence_weights.json; those of rare evidence are set by hand.
"""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

from app.answering.decide.evidence import evidence
from app.answering.read.question_terms import QuestionTerms
from app.answering.read.sentences import Candidate, is_foreign
from retriever.encoder import DEFAULT_ENCODER
from retriever.index.open import Index
from retriever.types import Hit

WEIGHTS = Path(__file__).with_name("confidence_weights.json")


@dataclass(frozen=True, slots=True)
class Model:
    """A logistic regression: weights by the names in `evidence`, and the confidence below which to abstain."""

    weights: Mapping[str, float]
    intercept: float
    abstain_below: float

    def chance(self, evidence: Mapping[str, float]) -> float:
        """The confidence in [0, 1] that this evidence gives."""
        odds = self.intercept + sum(weight * evidence[name] for name, weight in self.weights.items())
        return 1 / (1 + math.exp(-odds))


@dataclass(frozen=True, slots=True)
class Decision:
    """How sure the best sentence is to answer, in [0, 1], whether to abstain, and what that was decided from."""

    confidence: float = 0.0
    abstained: bool = True
    evidence: Mapping[str, float] = field(default_factory=dict)


@lru_cache(maxsize=1)
def models() -> dict[str, Model]:
    """The models: for text in the question's language, in another one, and for other encoders than the embedded one.

    Cosines mean something else with every encoder, so the last does without them.
    """
    stored = json.loads(WEIGHTS.read_text(encoding="utf-8"))
    return {name: Model(**stored[name]) for name in ("native", "foreign", "any_encoder")}


def decide(terms: QuestionTerms, hits: Sequence[Hit], ranked: Sequence[Candidate], index: Index) -> Decision:
    """Whether the best of `ranked`, the sentences of `hits`, answers the question."""
    if not ranked:
        return Decision()
    embedded = index.manifest["encoder"] == DEFAULT_ENCODER
    model = models()[("foreign" if is_foreign(terms.query, ranked) else "native") if embedded else "any_encoder"]
    weighed = evidence(terms, hits, ranked, index)
    chance = model.chance(weighed)
    return Decision(chance, chance < model.abstain_below, weighed)
