"""Decide what a question asks, before its passages are searched.

answer_forms.py decides on the form of the answer, sources/ on what is asked of the bibliography, classifier.py on the
rest.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Literal

import numpy as np

from app.answering.types import AnswerForm, Intent, Kind, OverviewRequest, Smalltalk
from app.answering.understand.answer_forms import form_asked, kind_asked, names_table, wants_list
from app.answering.understand.classifier import (
    LEAST_ABOUT_SOURCES,
    ON_TOPIC,
    OPINION,
    about_sources,
    intent_model,
    is_addressed,
    is_signed,
    overview_request,
)
from app.answering.understand.message.question_parts import parts_of, patterns
from app.answering.understand.message.standing_alone import leans_on_a_question
from app.answering.understand.source_signs import (
    Asks,
    SourceRequest,
    content,
    holds_year,
    mentions_number,
    numbered,
    plain,
    titled,
)
from app.answering.understand.sources.asked import asked_by_signs, asked_of_sources, asks_where_cited
from app.answering.understand.sources.lookup import Lookup
from app.answering.works import Sources, on_this_paper
from ingest.references.cited_work import CitedWork
from retriever.cross_lingual.terms import (
    IndexedTerm,
    entries_aside,
    indexed_terms,
    share_of_known,
    share_words,
    terms_of,
)
from retriever.cross_lingual.tokens import tokens as cross_lingual_tokens
from retriever.index.search import Index
from retriever.text import content_words, language_of
from retriever.types import Encoder, Query

_LONGEST_BARE = 10  # characters of a question of question words alone
_MOST_WORDS_OF_TOPIC = 4
_MOST_WORDS_OF_BARE_TOPIC = 2
_LEAST_AROUND_TOPIC = 2  # content words of a question beside its topic, such as "author" and "say"
_SURE_ON_TOPIC = 0.7  # the least chance that a question asks what is said on a topic
_SURE_OF_OPINION = 0.7  # the least chance that a question with the word "you" asks what Tenkyo thinks
_KNOWN_TOPIC = {"ja": "フランス", "en": "France", "zh": "法国", "ko": "프랑스"}  # a topic of the training examples


@dataclass(frozen=True, slots=True)
class Question:
    """What a person asked, as it was understood.

    - `text`: as asked, or as completed from the conversation; `language`: that of the person's own words, in which the
      answer is given
    - `searched`: the text to search and read: `text` itself or, for questions about sources, the claim to be backed or
      the question to the works' texts. `kind`, `form`, `wants_list` and `names_table` describe `searched`
    - `request`: what is asked of the bibliography, None for other questions; `lookup`: the works that it means
    - `overview`: what is asked of a document as a whole; `smalltalk`: what kind of small talk it is; None for others
    - `asks_nothing`: it is question words alone (いつ？), which lean on a question before it
    """

    text: str
    language: str
    searched: str
    kind: Kind = "any"
    form: AnswerForm | None = None
    wants_list: bool = False
    names_table: bool = False
    request: SourceRequest | None = None
    lookup: Lookup = field(default_factory=Lookup)
    overview: OverviewRequest | None = None
    smalltalk: Smalltalk | None = None
    asks_nothing: bool = False

    @property
    def asks(self) -> Asks | Literal["passage"]:
        """What is asked of the bibliography; "passage" for a question that passages of any document answer."""
        return self.request.asks if self.request else "passage"

    @property
    def intent(self) -> Intent:
        """What kind of question it is."""
        if self.request:
            return "sources"
        return "overview" if self.overview else "smalltalk" if self.smalltalk else "passage"

    @property
    def is_quoted(self) -> bool:
        """Whether the answer quotes sentences: from all documents, or from the texts of works."""
        return self.intent == "passage" or self.asks == "text"

    @property
    def also_of_paper(self) -> bool:
        """Whether passages of the paper may answer if its cited works, or the sentences on a topic, do not."""
        if self.request is None:
            return self.overview is not None and self.overview.aspect == ON_TOPIC
        return self.asks == "claim" or (self.asks == "text" and self.request.by_date)

    @property
    def needed_form(self) -> AnswerForm | None:
        """The form that a sentence must have to be an answer; None if any form will do."""
        return self.form if self.form and self.form.needed else None


def understand(text: str, sources: Sources, encoder: Encoder, language: str = "") -> tuple[Question, Query]:
    """What `text` asks, and the query that searches for it.

    The text is encoded once; a second time where titles of documents in it are replaced, or for a question on a topic.
    Patterns find works named by number, or by author and year; everything else is classified by the query's vector.
    `language` is that of the answer, if given: a follow-up may have taken words from a question in another language.
    """
    request = numbered(text) if mentions_number(text) else None
    named = asked_by_signs(text, request, sources) if request or holds_year(text) else (None, Lookup())
    question = _question(text, *named, language)
    query = sources.index.query(question.searched, encoder)
    if len(text) <= _LONGEST_BARE and leans_on_a_question(text):
        return replace(question, asks_nothing=True), query
    names_works = question.request and question.request.asks == "entry" and question.lookup.works
    if question.request and names_works and asks_where_cited(query, sources.index.manifest["encoder"]):
        question = replace(question, request=replace(question.request, asks="citing"))
    if not (question.request or question.lookup.works):
        question = _with_intent(question, query, sources, encoder)
    return question, sources.index.part_of(query, question.searched)


def off_topic(question: Question, query: Query, sources: Sources, encoder: Encoder) -> tuple[Question, Query]:
    """Classify a question again without the intent "all that a document says on a topic", which did not answer it.

    A question with a topic of its own does not ask about the document as a whole.
    """
    other = _with_intent(replace(question, overview=None), query, sources, encoder, may_be_on_topic=False)
    if other.overview and not other.overview.things and intent_model().unfamiliar(question.text) > 1:
        other = replace(other, overview=None)
    return other, sources.index.part_of(query, other.searched)


def _with_intent(
    question: Question, query: Query, sources: Sources, encoder: Encoder, *, may_be_on_topic: bool = True
) -> Question:
    """The question with its intent by its vector: about sources, about a document as a whole, or small talk.

    It is about sources only if the bibliographies can answer it; then `searched` is the part to be asked of passages.
    Document titles in the question are ignored when its intent is classified.
    """
    index, model, titles = sources.index, intent_model(), sources.own_titles()
    untitled = on_this_paper(query.text, titles)
    untitled_query = query if untitled == query.text else index.query(untitled, encoder)
    fits = model.fits(index.manifest["encoder"], untitled_query.vector)
    chances = model.chances(untitled, untitled_query.vector) if fits else {}
    request, lookup = None, Lookup()
    if fits and _may_ask_of_sources(question.text, untitled_query, chances, sources):
        request, lookup = asked_of_sources(question.text, untitled_query, chances, sources)
    if request:
        return _question(question.text, request, lookup, question.language)
    if question.form and question.form.on_publication:
        return question
    on_one = _asked_on_topic(untitled, encoder) if fits and may_be_on_topic else None
    wanted = on_one or overview_request(untitled, chances, titles)
    if isinstance(wanted, OverviewRequest):
        return replace(question, overview=wanted)
    return replace(question, smalltalk=wanted)


def _may_ask_of_sources(text: str, untitled: Query, chances: Mapping[str, float], sources: Sources) -> bool:
    """Whether a question is likely enough to be about sources, as it is or if it named a work, or gives a title."""
    if is_signed(untitled.text):
        return False
    naming = intent_model().chances(untitled.text, untitled.vector, names_work=True)
    if max(about_sources(chances), about_sources(naming)) >= LEAST_ABOUT_SOURCES:
        return True
    listed = (work for name in sources.listings_meant(text) for work in sources.works(name).values())
    return bool(titled(list(listed), plain(untitled.text)))


def _asked_on_topic(text: str, encoder: Encoder) -> OverviewRequest | Smalltalk | None:
    """What a question asks on a topic: what the document says on it, or what Tenkyo thinks of it; None for others.

    The topic dominates the vector of a question, so the question is classified with a known topic in its place.
    """
    model, bare = intent_model(), plain(text)
    topic = content(bare, model.topic_frames)
    around, addressed = bare.replace(topic.text, " ", 1), is_addressed(bare)
    is_named = 1 <= len(topic.words) <= _MOST_WORDS_OF_TOPIC and model.unfamiliar(topic.text) > 0
    if not is_named or (len(content_words(around)) < _LEAST_AROUND_TOPIC and not addressed) or is_signed(text):
        return None
    if patterns(language_of(text))["asks"].search(topic.text):
        return None  # a clause, not a topic
    known = bare.replace(topic.text, _KNOWN_TOPIC[language_of(text)], 1)
    chances = model.chances(known, encoder.encode_queries([known])[0])
    if addressed and chances[OPINION] >= _SURE_OF_OPINION:
        return OPINION
    return OverviewRequest(ON_TOPIC, things=(topic.text,)) if chances[ON_TOPIC] >= _SURE_ON_TOPIC else None


def on_bare_topic(question: Question) -> Question | None:
    """The question for all that a document says on a topic, if the message is a topic alone (関税, dropout rates)."""
    text = plain(question.text)
    if question.intent != "passage" or len(text.split()) > _MOST_WORDS_OF_BARE_TOPIC:
        return None
    parts = parts_of(text)
    if (0, len(text)) not in parts.slots or parts.asking or parts.predicate:
        return None
    return replace(question, overview=OverviewRequest(ON_TOPIC, things=(text,)))


def ordinary_question(text: str, named: tuple[CitedWork, ...] = (), language: str = "") -> Question:
    """What `text` asks of all documents, even if its words ask about sources; `named` are works that it names.

    It is answered in `language`, by default that of `text`.
    """
    return _question(text, None, Lookup(works=named), language)


def _question(text: str, request: SourceRequest | None, lookup: Lookup, language: str) -> Question:
    searched = request.words if request and request.asks in {"claim", "text"} else text
    kind = kind_asked(searched)
    return Question(
        text=text,
        language=language or language_of(text),
        searched=searched,
        kind=kind,
        form=form_asked(kind, searched, language_of(searched)),
        wants_list=wants_list(searched),
        names_table=names_table(searched),
        request=request,
        lookup=lookup,
    )


@dataclass(frozen=True, slots=True)
class WeightedWords:
    """Words with their idf."""

    tokens: tuple[str, ...]
    idf: np.ndarray = field(repr=False)

    def share(self, present: set[str]) -> float:
        """The share of the words' weight that is in `present`."""
        total = float(self.idf.sum())
        if not total:
            return 0.0
        return float(sum(w for token, w in zip(self.tokens, self.idf, strict=True) if token in present)) / total


@dataclass(frozen=True, slots=True)
class QuestionTerms:
    """A question with its words as the index weighs them.

    - `renamed`: for each alias of the query, the words with the alias in place of the name
    - `terms`: its cross-lingual terms; `known`: the share in [0, 1] of its weight that any document contains. Without
      documents in other languages, there are no terms, and `known` is 0
    """

    question: Question
    query: Query
    words: WeightedWords
    renamed: tuple[WeightedWords, ...] = ()
    terms: tuple[IndexedTerm, ...] = ()
    known: float = 0.0

    def share(self, present: set[str], row: int) -> float:
        """The share of the question's weight in `present`, the words of a `row`; a name counts in any of its forms."""
        aliases = zip(self.query.aliases, self.renamed, strict=True)
        holding = (words for alias, words in aliases if alias.holds_for(np.array([row])).all())
        return max(self.words.share(present), *(words.share(present) for words in holding), 0.0)

    def cross_lingual_topic(self, text: str) -> float:
        """Share of a topic's weight that a text in another language matches: `known` times that of indexed terms."""
        return self.known * share_of_known(self.terms, cross_lingual_words(text))


def question_terms(question: Question, query: Query, index: Index) -> QuestionTerms:
    """The words of the question, weighted by the index."""
    texts = (query.text, *(alias.text for alias in query.aliases))
    words, *renamed = (weigh_words(content_words(text), index) for text in texts)
    terms, known = _cross_lingual(query, words, index)
    return QuestionTerms(question, query, words, tuple(renamed), terms, known)


def weigh_words(words: Sequence[str], index: Index) -> WeightedWords:
    """Words with their idf in the index."""
    return WeightedWords(tuple(words), index.words.idf(words))


def _cross_lingual(query: Query, words: WeightedWords, index: Index) -> tuple[tuple[IndexedTerm, ...], float]:
    """The `terms` and `known` share of a question; none if it shares words with all languages of the index.

    Bibliography entries that are scored apart (`entries_aside`) do not count.
    """
    groups = index.manifest["groups"]
    aside = entries_aside(query.language, groups)
    if all(is_aside or share_words(query.language, of) for (of, _), is_aside in zip(groups, aside, strict=True)):
        return (), 0.0
    wanted = terms_of(query.text, query.language)
    terms = tuple(indexed_terms(wanted, index.cross_lingual))
    are_known = index.words.knows(words.tokens)
    known = words.share({word for word, is_known in zip(words.tokens, are_known, strict=True) if is_known})
    if query.language in {"en", "ko"}:
        known = max(known, _known_share(len(wanted), terms, index.manifest["passages"]))
    return terms, known


def _known_share(count: int, terms: Sequence[IndexedTerm], passages: int) -> float:
    """Share of the weight of `count` terms that is indexed; other terms have the weight of a term in no passage."""
    weight = sum(term.weight for term in terms)
    unknown = (count - len(terms)) * math.log1p((passages + 0.5) / 0.5)
    return weight / (weight + unknown) if weight else 0.0


@lru_cache(maxsize=4096)
def cross_lingual_words(text: str) -> frozenset[str]:
    """Cross-lingual index terms of a text."""
    return frozenset(cross_lingual_tokens(text))
