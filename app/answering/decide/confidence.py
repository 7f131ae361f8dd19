"""How sure an answer is, from evidence that says something over any corpus, and when it is not sure enough to give.

Logistic regressions for the chance that the answer holds what was asked, fitted on questions asked three times: over
the whole corpus, without the sentences that tell the answer, and without their passages, so that the rest of the same
text makes hard questions without an answer (`python -m app.training.train_confidence`). The weights lie in
confidence_weights.json.
"""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from app.answering.decide.names import names_unknown
from app.answering.read.candidates import Asked, Candidate, is_foreign
from app.answering.understand.answer_form import front_tells
from retriever.cross_lingual.terms import share_words
from retriever.encoder import DEFAULT_ENCODER
from retriever.index.open import Index
from retriever.text import words
from retriever.types import Hit

_SHARED_WITH_ENTRY = 0.1  # of a question's weight
_TOUCHED = 1 / 12  # of a question: what nearly all passages hold that answer it (CHANGELOG.md)
WEIGHTS = Path(__file__).with_name("confidence_weights.json")


@dataclass(frozen=True, slots=True)
class Model:
    """A logistic regression: weights by the names in `evidence`, and the confidence below which not to answer."""

    weights: Mapping[str, float]
    intercept: float
    abstain_below: float

    def chance(self, evidence: Mapping[str, float]) -> float:
        """The confidence in [0, 1] that this evidence gives."""
        odds = self.intercept + sum(weight * evidence[name] for name, weight in self.weights.items())
        return 1 / (1 + math.exp(-odds))


@lru_cache(maxsize=1)
def models() -> dict[str, Model]:
    """The models: for text in the question's language, in another one, and for other encoders than the embedded one.

    Cosines mean something else with every encoder, so the last does without them.
    """
    stored = json.loads(WEIGHTS.read_text(encoding="utf-8"))
    return {name: Model(**stored[name]) for name in ("native", "foreign", "any_encoder")}


def judge(question: Asked, hits: Sequence[Hit], ranked: Sequence[Candidate], index: Index) -> tuple[float, bool]:
    """The confidence in [0, 1] of an answer that begins with the best of `ranked`, and whether to abstain."""
    if not ranked:
        return 0.0, True
    embedded = index.manifest["encoder"] == DEFAULT_ENCODER
    model = models()[("foreign" if is_foreign(question.query, ranked) else "native") if embedded else "any_encoder"]
    chance = model.chance(evidence(question, hits, ranked, index))
    return chance, chance < model.abstain_below


def evidence(question: Asked, hits: Sequence[Hit], ranked: Sequence[Candidate], index: Index) -> dict[str, float]:
    """What the confidence is made from.

    - `disputed`: how far the retriever itself puts another passage before the best, where a reranker did not (≥ 0)
    - `lead`: the chance of the best among the sentences, by their scores; `form`: whether it has the form of what is
      asked; `standing`: how far its cosine stands out, in standard deviations; `english`: 1 if question and text are
      English, as cosines are lower there
    - `cosine` and `shared`: the highest cosine, and the largest share of the question's words (with headings), of the
      sentences that have the form that an answer needs, or of all where none has
    - `formless`: 1 if none of them has that form; `unpublished`: 1 if that is a datum of the document as a publication
    - `untouched`: 1 where the best passage holds nothing of the question, 0 where it holds a twelfth or is surely told
    - `unknown_names`: 1 if the question names something that no document names
    - `aside`: 1 if the best is no sentence of the text but an entry of the bibliography that shares little with the
      question, or the lines before the text where these tell no such thing
    """
    best = ranked[0]
    fitting = [one for one in ranked if one.signs.form or not question.needed]
    formless = not fitting
    odds = sum(math.exp(one.score - best.score) for one in ranked)
    sure = question.form is not None and question.form.sure and not formless
    return {
        "disputed": max(hit.own_score for hit in hits) - hits[0].own_score,
        "lead": 1 / odds,
        "form": best.signs.form,
        "standing": best.signs.standing,
        "english": float(question.query.language == best.hit.passage.language == "en"),
        "cosine": max(one.signs.cosine for one in fitting or ranked),
        "shared": max(one.signs.in_context for one in fitting or ranked),
        "formless": float(formless),
        "unpublished": float(formless and question.needed is not None and question.needed.on_publication),
        "untouched": 0.0 if sure else max(0.0, 1 - _covered(question, best.hit) / _TOUCHED),
        "unknown_names": float(names_unknown(question.query, index)),
        "aside": float(_is_aside(question, best)),
    }


def _is_aside(question: Asked, best: Candidate) -> bool:
    if best.hit.passage.kind == "bibliographic":
        told = question.form is not None and question.form.on_publication and best.signs.form > 0
        return not told and not front_tells(question.query.text, question.query.language)
    return best.hit.passage.kind == "entry" and best.signs.in_context < _SHARED_WITH_ENTRY


def _covered(question: Asked, hit: Hit) -> float:
    if share_words(question.query.language, hit.passage.language):
        return question.share(set(words(hit.passage.searchable)), hit.row)
    return question.share_abroad(hit.passage.searchable)
