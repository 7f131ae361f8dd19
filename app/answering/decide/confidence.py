"""Estimate the confidence of an answer from corpus-independent features, and decide when to abstain.

Logistic regressions for the probability that the answer is right. In fitting, each question is asked three times: on
the whole corpus, without the answering sentences, and without their passages. The last two make hard questions
without an answer on the same topic (`python -m app.training.train_confidence`). The weights are in
confidence_weights.json; the weights of rare features are set by hand.
"""

import json
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

from app.answering.decide.named_things import missing
from app.answering.read.sentences import Candidate, is_foreign
from app.answering.understand.question import QuestionTerms, asks_front_matter, titles
from retriever.cross_lingual.equivalents import is_loan
from retriever.cross_lingual.terms import (
    Term,
    cross_lingual_names,
    indexed_terms,
    is_indexed,
    readings_term,
    share_words,
)
from retriever.encoder import DEFAULT_ENCODER
from retriever.index.open import Index
from retriever.text import character_pairs, fold, japanese_forms, proper_nouns, words
from retriever.types import Hit, Query

_SHARED_WITH_ENTRY = 0.1  # of a question's weight
_NO_OVERLAP = 1 / 12  # of a question's weight: nearly all passages that answer a question hold more (measured)
_SURNAMES_KO = frozenset("김이박최정강조윤장임한오서신권황안송류전홍고문양손배백허유남심노하곽성차주우민진시모마왕")
_LATIN = re.compile(r"[A-Za-zÀ-ɏ][A-Za-zÀ-ɏ0-9&.’'-]*")
_QUOTED_HAN = re.compile(r"[“「『《\"]([\u4e00-\u9fff]{2,8})[”」』》\"]")
WEIGHTS = Path(__file__).with_name("confidence_weights.json")


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


def decide(terms: QuestionTerms, hits: Sequence[Hit], ranked: Sequence[Candidate], index: Index) -> Decision:
    """Whether the best of `ranked`, the sentences of `hits`, answers the question."""
    if not ranked:
        return Decision()
    embedded = index.manifest["encoder"] == DEFAULT_ENCODER
    model = models()[("foreign" if is_foreign(terms.query, ranked) else "native") if embedded else "any_encoder"]
    values = features(terms, hits, ranked, index)
    chance = model.chance(values)
    return Decision(chance, chance < model.abstain_below, values)


def features(terms: QuestionTerms, hits: Sequence[Hit], ranked: Sequence[Candidate], index: Index) -> dict[str, float]:
    """The features that the confidence is estimated from.

    - `reranker_gap`: how much higher the retriever itself scores another passage than the reranker's first one (≥ 0):
      a reranker alone cannot raise confidence
    - `lead`: the softmax of the sentences' scores at the best; `form`: whether it has the form of what is asked;
      `z_score`: how far its cosine stands out, in standard deviations; `english`: 1 if question and text are English,
      as cosines are lower there
    - `cosine` and `term_overlap`: the highest of the sentences that have the form that an answer needs, or of all where
      none has
    - `no_form`: 1 if none has that form; `unpublished`: 1 if, besides, publication data was asked for (a DOI, a price)
    - `no_overlap`: 1 if the best passage contains no word of the question, falling to 0 at an overlap of 1/12 or if the
      form alone makes the answer certain
    - `unknown_names`: 1 if the question names something that no document names
    - `missing_names`, `missing_numbers`: how much of the names and of the numbers of the question is not near the best
      sentence (named_things.py)
    - `not_body_text`: 1 if the best sentence is a bibliography entry with little overlap, or front matter although the
      question does not ask for such data
    """
    best, question = ranked[0], terms.question
    needed = question.needed_form
    fitting = [sentence for sentence in ranked if sentence.features.form or not needed]
    no_form = not fitting
    missing_names, missing_numbers = missing(terms.query, ranked, index)
    odds = sum(math.exp(sentence.score - best.score) for sentence in ranked)
    certain = question.form is not None and question.form.sure and not no_form
    return {
        "reranker_gap": max(hit.own_score for hit in hits) - hits[0].own_score,
        "lead": 1 / odds,
        "form": best.features.form,
        "z_score": best.features.z_score,
        "english": float(terms.query.language == best.hit.passage.language == "en"),
        "cosine": max(sentence.features.cosine for sentence in fitting or ranked),
        "term_overlap": max(sentence.features.term_overlap for sentence in fitting or ranked),
        "no_form": float(no_form),
        "unpublished": float(no_form and needed is not None and needed.on_publication),
        "no_overlap": 0.0 if certain else max(0.0, 1 - _overlap(terms, best.hit) / _NO_OVERLAP),
        "unknown_names": float(names_unknown(terms.query, index)),
        "missing_names": missing_names,
        "missing_numbers": missing_numbers,
        "not_body_text": float(_is_not_body_text(terms, best)),
    }


def _is_not_body_text(terms: QuestionTerms, best: Candidate) -> bool:
    question, kind = terms.question, best.hit.passage.kind
    if kind == "bibliographic":
        told = question.form is not None and question.form.on_publication and best.features.form > 0
        return not told and not asks_front_matter(question.searched, terms.query.language)
    return kind == "entry" and best.features.term_overlap < _SHARED_WITH_ENTRY


def _overlap(terms: QuestionTerms, hit: Hit) -> float:
    """The share of the question's weight that a passage holds with its headings."""
    if share_words(terms.query.language, hit.passage.language):
        return terms.share(set(words(hit.passage.searchable)), hit.row)
    return terms.cross_lingual_share(hit.passage.searchable)


def names_unknown(query: Query, index: Index) -> bool:
    """Whether a question names something that no document names, in any script.

    Names are, in Japanese, Sudachi's proper nouns and katakana before a title; in Latin letters, capitalised words;
    in Korean, words before a title; in Chinese, quoted words, since nothing else marks a name there.
    """
    if query.language == "en":
        parted = query.text.replace("-", " ")  # GNSS-based
        return any(not is_indexed(name, index.cross_lingual) for name in cross_lingual_names(parted, "en"))
    if any(not is_indexed(name, index.cross_lingual) for name in _latin_names(query.text)):
        return True
    if query.language == "ja":
        return any(
            _is_unknown(name, index) and not _is_known_by_sound(name, index) for name in _japanese_names(query.text)
        )
    if query.language == "ko":
        return any(not is_indexed(readings_term(name), index.cross_lingual) for name in _korean_names(query.text))
    return any(_is_unknown(japanese_forms(name), index) for name in _QUOTED_HAN.findall(query.text))


def _latin_names(question: str) -> list[Term]:
    """Names in Latin letters in a question that is not English; its first Latin word counts as well."""
    return cross_lingual_names("a " + " ".join(_LATIN.findall(question)), "en")


def _japanese_names(question: str) -> list[str]:
    return list(dict.fromkeys([*proper_nouns(question), *_titled()[0].findall(fold(question))]))


def _korean_names(question: str) -> list[str]:
    """Names before a title: foreign names, or a surname with two more syllables."""
    titled = _titled()[1].findall(question)
    return [name for name in titled if is_loan(name) or (len(name) == 3 and name[0] in _SURNAMES_KO)]


@lru_cache(maxsize=1)
def _titled() -> tuple[re.Pattern[str], re.Pattern[str]]:
    """A name in katakana before an office in Japanese, and a name before one in Korean.

    Offices of the same person may stand between the name and the title (ヘグセス国防長官).
    """
    japanese = re.compile(rf"(?<![ァ-ヺー・])([ァ-ヺー・]{{3,}}+)[\u4e00-\u9fff]{{0,4}}(?:{titles('offices')})")
    korean = re.compile(rf"([가-힣]{{2,5}})\s?(?:전 |전임 |부)?(?:{titles('offices_ko')})")
    return japanese, korean


def _is_known_by_sound(name: str, index: Index) -> bool:
    """Whether a text in another writing holds a name that sounds like this one (モーゲンソー, Morgenthau)."""
    if all(language == "ja" for language, _ in index.manifest["groups"]):
        return False
    terms = indexed_terms(cross_lingual_names(name, "ja"), index.cross_lingual)
    return any(index.passage(int(row)).language != "ja" for term in terms for row in term.rows)


def _is_unknown(name: str, index: Index) -> bool:
    """Whether no document contains `name`, neither as a word nor as character pairs."""
    as_word, as_pairs = words(name), character_pairs(name)
    return not index.words.knows(as_word).any() and not index.pairs.knows(as_pairs).all()
