"""How sure an answer is, from evidence that says something over any corpus, and when it is not sure enough to give.

Logistic regressions for the chance that the answer holds what was asked. Fitted on questions asked twice: over the
whole corpus, and with the passages that hold the answer taken out, so that the rest of the same text makes a hard
question without an answer. The questions: 1,000 of JSQuAD (JGLUE, CC BY-SA 4.0), 160 of them in English, Chinese and
Korean, and 165 on the paper. In cross-validation on the paper, and on half of JSQuAD (CHANGELOG.md), among answers
with a confidence of 0.8 or more 95 % held the gold answer.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from app.answering.candidates import Asked, Candidate
from retriever.encoder import DEFAULT_ENCODER
from retriever.index import Index
from retriever.text import character_pairs, proper_nouns, words
from retriever.types import Hit


@dataclass(frozen=True, slots=True)
class _Model:
    """A logistic regression: weights by the names in `evidence`, and the confidence below which not to answer."""

    weights: Mapping[str, float]
    intercept: float
    abstain_below: float

    def chance(self, evidence: Mapping[str, float]) -> float:
        """The confidence in [0, 1] that this evidence gives."""
        odds = self.intercept + sum(weight * evidence[name] for name, weight in self.weights.items())
        return 1 / (1 + math.exp(-odds))


_NATIVE = _Model(
    {"cosine": 17.24, "lead": 3.34, "covered": 1.89, "gap": 5.77, "form": 0.95, "formless": -2, "unknown_names": -1.6},
    -19.69,
    0.15,
)
_FOREIGN = _Model({"cosine": 8.36, "lead": 3.68, "top": 3.82, "formless": -2}, -10.97, 0.1)
# Cosines mean something else with every encoder; for others than the embedded one they are left out.
_ANY_ENCODER = _Model({"lead": 4.9, "covered": 5.1, "formless": -2, "unknown_names": -1.6}, -5.9, 0.07)


def judge(
    question: Asked, hits: Sequence[Hit], ranked: Sequence[Candidate], index: Index, *, foreign: bool
) -> tuple[float, bool]:
    """The confidence in [0, 1] of an answer that begins with the best of `ranked`, and whether to abstain.

    `foreign`: whether the passages are in another language than the question.
    """
    if not ranked:
        return 0.0, True
    model = _ANY_ENCODER
    if index.manifest["encoder"] == DEFAULT_ENCODER:
        model = _FOREIGN if foreign else _NATIVE
    chance = model.chance(evidence(question, hits, ranked, index))
    return chance, chance < model.abstain_below


def evidence(question: Asked, hits: Sequence[Hit], ranked: Sequence[Candidate], index: Index) -> dict[str, float]:
    """What the confidence is made from.

    `top`: the score of the best passage, and `gap` how far the next one is behind; `cosine`: that of the best sentence;
    `lead`: the chance of the best among the sentences, by their scores; `form`: whether it has the form of what is
    asked; `covered`: the share of the question's words that its passage holds with its headings; `formless`: 1 if
    none of them has that form, else 0; `unknown_names`: 1 if the question names something that no document names,
    else 0.
    """
    best = ranked[0]
    odds = sum(math.exp(one.score - best.score) for one in ranked)
    return {
        "top": hits[0].own_score,
        "gap": hits[0].own_score - max(hit.own_score for hit in hits[1:]) if len(hits) > 1 else 0.0,
        "form": best.signs.form,
        "formless": float(question.has_form and not any(one.signs.form for one in ranked)),
        "cosine": max(one.signs.cosine for one in ranked),
        "lead": 1 / odds,
        "covered": question.words.share(set(words(best.hit.passage.searchable))),
        "unknown_names": float(any(_is_unknown(name, index) for name in proper_nouns(question.query.text))),
    }


def _is_unknown(name: str, index: Index) -> bool:
    """Whether no document holds `name`, neither as a word nor in its neighbouring letters."""
    as_word, as_pairs = words(name), character_pairs(name)
    return not index.words.knows(as_word).any() and not index.pairs.knows(as_pairs).all()
