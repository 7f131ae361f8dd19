"""How sure an answer is, from evidence that says something over any corpus, and when it is not sure enough to give.

Logistic regressions for the chance that the answer holds what was asked, fitted on questions asked twice: over the
whole corpus, and with the passages that hold the answer taken out, so that the rest of the same text makes a hard
question without an answer (`python -m app.answering.train_confidence`). The weights lie in confidence_weights.json.
"""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from app.answering.candidates import Asked, Candidate
from retriever.abroad import is_held, names_abroad, share_words
from retriever.encoder import DEFAULT_ENCODER
from retriever.index import Index
from retriever.text import character_pairs, proper_nouns, words
from retriever.types import Hit, Query

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


def judge(
    question: Asked, hits: Sequence[Hit], ranked: Sequence[Candidate], index: Index, *, foreign: bool
) -> tuple[float, bool]:
    """The confidence in [0, 1] of an answer that begins with the best of `ranked`, and whether to abstain.

    `foreign`: whether the passages are in another language than the question.
    """
    if not ranked:
        return 0.0, True
    embedded = index.manifest["encoder"] == DEFAULT_ENCODER
    model = models()[("foreign" if foreign else "native") if embedded else "any_encoder"]
    chance = model.chance(evidence(question, hits, ranked, index))
    return chance, chance < model.abstain_below


def evidence(question: Asked, hits: Sequence[Hit], ranked: Sequence[Candidate], index: Index) -> dict[str, float]:
    """What the confidence is made from.

    `gap`: how far the score of the next passage is behind that of the best; `cosine`: that of the best sentence;
    `standing`: how far the best's cosine stands out, in standard deviations; `lead`: the chance of the best among the
    sentences, by their scores; `form`: whether it has the form of what is asked; `covered`: the share of the question's
    words that its passage holds with its headings, and `untouched`: 1 where that is nothing, 0 from a twelfth on;
    `formless`: 1 if none of them has that form, else 0; `unknown_names`: 1 if the question names something that no
    document names, else 0.
    """
    best = ranked[0]
    covered = _covered(question, best.hit)
    odds = sum(math.exp(one.score - best.score) for one in ranked)
    return {
        "gap": hits[0].own_score - max(hit.own_score for hit in hits[1:]) if len(hits) > 1 else 0.0,
        "form": best.signs.form,
        "formless": float(question.has_form and not any(one.signs.form for one in ranked)),
        "cosine": max(one.signs.cosine for one in ranked),
        "lead": 1 / odds,
        "standing": best.signs.standing,
        "covered": covered,
        "untouched": max(0.0, 1 - covered / _TOUCHED),
        "unknown_names": float(names_unknown(question.query, index)),
    }


def _covered(question: Asked, hit: Hit) -> float:
    if share_words(question.query.language, hit.passage.language):
        return question.share(set(words(hit.passage.searchable)), hit.row)
    return question.share_abroad(hit.passage.searchable)


def names_unknown(query: Query, index: Index) -> bool:
    """Whether a Japanese or English question names something that no document names, in whatever writing.

    In Korean and Chinese nothing tells a name from other words surely enough.
    """
    if query.language == "ja":
        return any(_is_unknown(name, index) for name in proper_nouns(query.text))
    parted = query.text.replace("-", " ")  # GNSS-based
    return query.language == "en" and any(not is_held(name, index.abroad) for name in names_abroad(parted, "en"))


def _is_unknown(name: str, index: Index) -> bool:
    """Whether no document holds `name`, neither as a word nor in its neighbouring letters."""
    as_word, as_pairs = words(name), character_pairs(name)
    return not index.words.knows(as_word).any() and not index.pairs.knows(as_pairs).all()
