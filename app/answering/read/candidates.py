"""The sentences among which an extractive answer is chosen, each with what speaks for it."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache

import numpy as np

from app.answering.budget import UNLIMITED, Budget
from app.answering.read.row import with_units
from app.answering.read.span import LEAST, Ranker, read
from app.answering.read.span_form import Floats
from app.answering.understand.answer_form import Form, form_asked
from app.answering.understand.question import Kind, kind_asked
from retriever.cross_lingual.terms import Held, held, share_in, share_of_known, share_words, terms_of, tokens
from retriever.index.open import Index
from retriever.lexical.aliases import holds_for
from retriever.text import content_words, words
from retriever.types import Hit, Passage, Query

# How much of a sentence's score is what reading it told: the reader knows questions for facts best, and a paper's
# questions are broader (measured: CHANGELOG.md).
_READING = 0.6
_PASSAGES, _READ = 5, 8  # passages whose sentences are weighed, and sentences that are read for the answer itself


@dataclass(frozen=True, slots=True)
class Signs:
    """What speaks for a sentence.

    - `behind`: how far its passage's score lies below the best one's (≤ 0)
    - `in_context`: the share of the question's words, weighed by idf, that it holds together with its headings; in
      another language, of what that language may hold of the question
    - `form`: whether it has the form of what is asked, 0 or 1 (0.5 where the question does not show it)
    - `cosine` of its vector and the question's; `standing`: how far that stands out among sentences at large,
      in standard deviations
    """

    behind: float
    in_context: float
    form: float
    cosine: float
    standing: float


@dataclass(frozen=True, slots=True)
class Candidate:
    """A sentence of a hit, `hit.passage.text[start:end]`, what speaks for it, and its score in log-odds.

    Of a sentence that was read for the answer itself, `read` is the log-odds that it holds it, against none of those
    read with it, and `span` the (start, end) in the passage's text of the words that answer, where they stand out.
    """

    hit: Hit
    start: int
    end: int
    signs: Signs
    score: float
    read: float | None = None
    span: tuple[int, int] | None = None

    @property
    def text(self) -> str:
        """The sentence, verbatim."""
        return self.hit.passage.text[self.start : self.end]


@dataclass(frozen=True, slots=True)
class Weighed:
    """A question's tokens with their idf."""

    tokens: tuple[str, ...]
    idf: np.ndarray = field(repr=False)

    def share(self, present: set[str]) -> float:
        """The share of the tokens' weight that `present` holds."""
        total = float(self.idf.sum())
        if not total:
            return 0.0
        return float(sum(w for token, w in zip(self.tokens, self.idf, strict=True) if token in present)) / total


@dataclass(frozen=True, slots=True)
class Asked:
    """A question as the choice of sentences sees it.

    `renamed` has its words with names in the other forms that documents define; `terms` are what other languages may
    hold of it, and `known` the share in [0, 1] of the question's weight that any document holds (both nothing where
    all documents share the question's words as they are written).
    """

    query: Query
    kind: Kind
    form: Form | None
    words: Weighed
    renamed: tuple[Weighed, ...]
    terms: tuple[Held, ...]
    known: float

    @property
    def needed(self) -> Form | None:
        """The form without which a sentence is no answer; None where there is no such."""
        return self.form if self.form and self.form.needed else None

    def share_abroad(self, text: str) -> float:
        """The share of the question's weight that a text in another language holds."""
        return self.known * share_in(self.terms, _abroad(text))

    def topic_abroad(self, text: str) -> float:
        """The same of a topic, which one common word may name whole."""
        return self.known * share_of_known(self.terms, _abroad(text))

    def share(self, present: set[str], row: int) -> float:
        """The share of the question's weight that `present`, of the index's `row`, holds, names in either form."""
        aliases = zip(self.query.aliases, self.renamed, strict=True)
        holding = (weighed for alias, weighed in aliases if holds_for(alias, np.array([row])).all())
        return max(self.words.share(present), *(weighed.share(present) for weighed in holding), 0.0)


def asked(query: Query, index: Index) -> Asked:
    """What the question asks, its words weighed by the index."""
    kind = kind_asked(query.text)
    texts = (query.text, *(one.text for one in query.aliases))
    weighed, *renamed = (weigh_words(content_words(text), index) for text in texts)
    terms, known = _abroad_of(query, weighed, index)
    return Asked(query, kind, form_asked(kind, query.text, query.language), weighed, tuple(renamed), terms, known)


def weigh_words(tokens: Sequence[str], index: Index) -> Weighed:
    """Tokens with their idf in the index."""
    return Weighed(tuple(tokens), index.words.idf(tokens))


def _abroad_of(query: Query, weighed: Weighed, index: Index) -> tuple[tuple[Held, ...], float]:
    """The `terms` and the `known` share of a question, where there is a passage that shares no words with it."""
    if all(share_words(query.language, language) for language, _ in index.manifest["groups"]):
        return (), 0.0
    wanted = terms_of(query.text, query.language)
    terms = tuple(held(wanted, index.abroad))
    are_known = index.words.knows(weighed.tokens)
    known = weighed.share({word for word, is_known in zip(weighed.tokens, are_known, strict=True) if is_known})
    if query.language in {"en", "ko"}:
        known = max(known, _known(len(wanted), terms, len(index.passages)))
    return terms, known


def _known(count: int, terms: Sequence[Held], passages: int) -> float:
    """The share of the weight of `count` terms that those held have; the others weigh what no passage holds."""
    weight = sum(term.weight for term in terms)
    unknown = (count - len(terms)) * math.log1p((passages + 0.5) / 0.5)
    return weight / (weight + unknown) if weight else 0.0


def is_foreign(query: Query, ranked: Sequence[Candidate]) -> bool:
    """Whether the best sentence is in another language than the question, so that shared words say little.

    An entry of a bibliography tells it only where there are no sentences: its language is that of the work.
    """
    said = [one for one in ranked if one.hit.passage.kind != "entry"] or ranked
    return bool(said) and said[0].hit.passage.language != query.language


def candidates(
    question: Asked, hits: Sequence[Hit], index: Index, ranker: Ranker | None = None, *, budget: Budget = UNLIMITED
) -> list[Candidate]:
    """The sentences of the first hits, best first; equal scores by passage id and place.

    Where question and text are Japanese, the likeliest are read for the answer itself (app.answering.read.span), by the
    ranker that ships or, in training, another one, unless `budget` is spent. Of a datum of the publication, only
    sentences that tell one, where there are any.
    """
    weighed = weigh(question, hits, index)
    to_be_read = question.query.language == "ja" and not budget.spent
    found = _ranked(_read(question.query.text, weighed, ranker)) if to_be_read else weighed
    if question.form and question.form.on_publication:
        return [one for one in found if one.signs.form] or found
    return found


def weigh(question: Asked, hits: Sequence[Hit], index: Index) -> list[Candidate]:
    """The sentences of the first hits by what speaks for each as a whole, best first."""
    if index.fusion is None or not hits:
        return []
    places = [(hit, span) for hit in hits[:_PASSAGES] for span in hit.passage.quotable]
    cosines = np.concatenate([index.sentences.of(hit.row) for hit in hits[:_PASSAGES]]) @ question.query.vector
    rows = np.array([hit.row for hit, _ in places], dtype=np.int64)
    standing = index.fusion.background.sentence_standing(question.query, rows, cosines)
    # an entry's language is that of the work: beside passages in the question's language it is measured as these are
    has_own = any(hit.passage.language == question.query.language for hit in hits[:_PASSAGES])
    found = []
    for (hit, span), cosine, above in zip(places, cosines, standing, strict=True):
        signs = _signs(question, hit, span, hit.score - hits[0].score, float(cosine), float(above))
        foreign = hit.passage.language != question.query.language and not (has_own and hit.passage.kind == "entry")
        found.append(Candidate(hit, *span, signs, _log_odds(signs, foreign=foreign)))
    return _ranked(found)


def _ranked(found: Iterable[Candidate]) -> list[Candidate]:
    return sorted(found, key=lambda one: (-one.score, one.hit.passage.id, one.start))


def to_read(ranked: Sequence[Candidate]) -> list[Candidate]:
    """The sentences that are read for the answer itself: the Japanese ones among the first eight."""
    return [one for one in ranked[:_READ] if one.hit.passage.language == "ja"]


def signs_to_read(chosen: Sequence[Candidate]) -> Floats:
    """What speaks for each of the sentences to read as a whole, shape (len(chosen), SIGNS)."""
    best = max(one.score for one in chosen)
    rows = [
        (
            max(one.score - best, -8),
            10 * one.signs.behind,
            5 * one.hit.score,
            one.signs.in_context,
            one.signs.standing,
            one.signs.form,
        )
        for one in chosen
    ]
    return np.array(rows, dtype=np.float32)


def _read(question: str, ranked: Sequence[Candidate], ranker: Ranker | None) -> list[Candidate]:
    """The candidates with the first ones read: what they give for an answer orders them among themselves.

    The best of them keeps the best score, so that sentences that are not read compare with it as before; of those, the
    Japanese ones come after all that were read.
    """
    chosen = to_read(ranked)
    readings = read(question, [one.text for one in chosen], signs_to_read(chosen), ranker) if chosen else []
    pairs = {(one.hit.row, one.start): reading for one, reading in zip(chosen, readings, strict=True) if reading}
    if not pairs:
        return list(ranked)
    highest = max(reading.score for reading in pairs.values())
    best = max(one.score for one in chosen)
    lowest = best + min(reading.score for reading in pairs.values()) - highest
    found = []
    for one in ranked:
        reading = pairs.get((one.hit.row, one.start))
        if reading is None:
            told = min(one.score, lowest) if one.hit.passage.language == "ja" else one.score
            found.append(replace(one, score=_mixed(one.score, told)))
            continue
        span = (one.start + reading.start, one.start + reading.end) if reading.chance >= LEAST else None
        score = _mixed(one.score, best + reading.score - highest)
        found.append(replace(one, score=score, read=reading.score, span=span))
    return found


def _mixed(weighed: float, told: float) -> float:
    """A sentence's score as a whole and by what reading it told."""
    return (1 - _READING) * weighed + _READING * told


def _signs(question: Asked, hit: Hit, span: tuple[int, int], behind: float, cosine: float, standing: float) -> Signs:
    text = hit.passage.text[slice(*span)]
    context = hit.passage.context
    in_context = question.share(_words(text) | _words(context), hit.row)
    if not share_words(question.query.language, hit.passage.language):
        in_context = max(in_context, share_in(question.terms, _abroad(text) | _abroad(context)))
    form = float(has_form(question.form, hit.passage, text)) if question.form else 0.5
    return Signs(behind, in_context, form, cosine, standing)


def has_form(form: Form, passage: Passage, text: str) -> bool:
    """Whether a sentence of a passage has the form of the answer.

    The cells of a table's row have the units of their columns; a bibliography's entries tell nothing of the document.
    """
    if passage.kind == "entry" and form.on_publication:
        return False
    return form.held_by(with_units(text) if passage.kind == "table_row" else text)


def _log_odds(signs: Signs, *, foreign: bool) -> float:
    """The score of a sentence: a softmax over the sentences of a question gives the chance that it is the one.

    Fitted on half of 1,000 JSQuAD questions, and for foreign text on 300 questions in English, Chinese and Korean.
    """
    if foreign:
        return 19 * signs.behind + 3.8 * signs.in_context + 0.9 * signs.standing + 2.4 * signs.form
    return 15 * signs.behind + 4.3 * signs.in_context + 0.17 * signs.standing + 1.3 * signs.form


@lru_cache(maxsize=4096)
def _words(text: str) -> set[str]:
    return set(words(text))


@lru_cache(maxsize=4096)
def _abroad(text: str) -> frozenset[str]:
    return frozenset(tokens(text))
