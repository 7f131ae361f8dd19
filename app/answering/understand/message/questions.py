"""The questions in a message: the sentences that ask, without the courtesies around them.

There is no list of courtesies. A sentence asks by its form: a question mark, question words, a request at its end. Of
these, only sentences whose words occur in the documents count; "Could you help me?" does not.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice

from app.answering.types import Turn
from app.answering.understand.message.question_parts import patterns, trim
from ingest.text import split_sentences
from retriever.cross_lingual.terms import indexed_terms, share_words, terms_of
from retriever.index.search import Index
from retriever.text import content_words, language_of

_MOST_LEADS = 12  # clauses that may lead to a question; each is weighed
MOST_QUESTIONS = 4  # of one message that are answered one by one; further ones are joined to the last
_LEAST_SHARE = 0.25  # least weight of a further question, as a share of that of the weightiest one
_LEAST_SHARE_ASKED = 0.15  # least weight of an indirect question, as a share of that of its sentence
# A single question of at least this many characters may have an opening clause that is left out.
LONG = {"ja": 45, "en": 100, "zh": 45, "ko": 60}
_LEANING = {"en": 60, "ko": 25}  # characters at most of a question that needs the sentence before: なぜですか
_LEANING_CJK = 20
_LONGEST_NAME = 12  # characters of a name that looks like a sentence: Yahoo!
_GOES_ON = re.compile(r"[がはのをにとでもや](?!すか)")


@dataclass(frozen=True, slots=True)
class _Sentence:
    """A sentence of a message. `asks`: it is a question or request; `tells`: it reports one (I want to know …).

    `weight` is the summed IDF of its words that the index holds.
    """

    text: str
    language: str
    asks: bool
    tells: bool
    weight: float

    @property
    def leans(self) -> bool:
        """Whether the sentence needs the one before: it is short and has a pointing word or no content words."""
        if len(self.text) > _LEANING.get(self.language, _LEANING_CJK):
            return False
        words = patterns(self.language)
        pointing = words["points"].search(self.text)
        return bool(pointing and not words["points_not"].search(self.text)) or not content_words(self.text)


def questions_in(message: str, index: Index) -> list[str]:
    """The questions of a message, in order, at least one: the message itself where it holds nothing else."""
    texts = _sentences(message)
    if len(texts) < 2:
        return [_bare(message, index) if len(message) >= LONG[language_of(message)] else message]
    language = language_of(message)
    sentences = [_sentence(text, language, index) for text in texts]
    asking = _asking(sentences)
    if not asking:
        return [message]
    questions = [_with_referent(place, sentences, asking) for place in asking]
    if len(questions) > MOST_QUESTIONS:
        questions[MOST_QUESTIONS - 1 :] = [" ".join(questions[MOST_QUESTIONS - 1 :])]
    return questions


def turns_in(turn: Turn, index: Index) -> list[Turn]:
    """A turn of the conversation, split into one turn for each of its questions; the last has the answer."""
    *earlier, last = questions_in(turn.question, index)
    return [*map(Turn, earlier), Turn(last, turn.answer)]


def _sentences(message: str) -> list[str]:
    """The sentences of a message; one that begins with a particle belongs to the one before, a name such as 熱ラジ!."""
    texts: list[str] = []
    for text in split_sentences(message):
        if texts and _GOES_ON.match(text):
            texts[-1] += text
        else:
            texts.append(text)
    return texts


def _sentence(text: str, language: str, index: Index) -> _Sentence:
    own = language_of(text) if re.search(r"[^\W\d_]", text) else language
    words = patterns(own)
    asks = bool(words["question_form"].search(text) or words["request_form"].search(text))
    tells = bool(words["indirect"].search(text) or (words["wish_form"].search(text) and words["asks"].search(text)))
    bare = _bare(text, index) if asks or tells else text
    return _Sentence(bare, own, asks, tells, _weight(bare, own, index))


def _weight(text: str, language: str, index: Index) -> float:
    """The summed IDF of the words of a text that the index holds, in their own language or another."""
    own = content_words(text)
    weight = float((index.words.idf(own) * index.words.knows(own)).sum())
    if all(share_words(language, of) for of, _ in index.manifest["groups"]):
        return weight
    return max(weight, sum(term.weight for term in indexed_terms(terms_of(text, language), index.cross_lingual)))


def _asking(sentences: Sequence[_Sentence]) -> list[int]:
    """The places of the sentences that ask something of the documents."""
    for asking in (
        [sentence.asks or sentence.tells for sentence in sentences],
        [_wishes(sentence) for sentence in sentences],
    ):
        best = max((sentence.weight for sentence, asks in zip(sentences, asking, strict=True) if asks), default=0.0)
        places: list[int] = []
        for place, sentence in enumerate(sentences):
            follows = bool(places) and places[-1] == place - 1 and _only_asks(sentence)
            counts = sentence.weight >= _LEAST_SHARE * best and bool(content_words(sentence.text))
            if asking[place] and (counts or follows):
                places.append(place)
        if places:
            return places
    return []


def _wishes(sentence: _Sentence) -> bool:
    return bool(patterns(sentence.language)["wish_form"].search(sentence.text))


def _only_asks(sentence: _Sentence) -> bool:
    """Whether a sentence is a short question whose subject is in a question before it."""
    longest = _LEANING.get(sentence.language, _LEANING_CJK)
    return (
        sentence.asks
        and len(sentence.text) <= longest
        and bool(patterns(sentence.language)["asks"].search(sentence.text))
    )


def _with_referent(place: int, sentences: Sequence[_Sentence], asking: Sequence[int]) -> str:
    """A question, preceded by the sentence before it if that is needed to understand it and is no question itself."""
    sentence, before = sentences[place], sentences[place - 1] if place else None
    if not before or place - 1 in asking or not before.weight:
        return sentence.text
    if sentence.leans or len(before.text) <= _LONGEST_NAME:
        return f"{before.text} {sentence.text}"
    return sentence.text


def _bare(question: str, index: Index) -> str:
    """A question without what leads to it (I was wondering …, …のですが、) and what closes it (…か知りたいです)."""
    language = language_of(question)
    words = patterns(language)
    whole = _weight(question, language, index)
    if indirect := words["indirect"].search(question):
        remaining = question[indirect.end() :]
        if _weight(remaining, language, index) >= _LEAST_SHARE_ASKED * whole:
            return remaining
    remaining = question
    for lead in islice(words["leads"].finditer(question), _MOST_LEADS):
        before = _weight(question[: lead.end()], language, index)
        if before < _LEAST_SHARE * whole:
            remaining = question[lead.end() :]
    closed = words["closes"].search(trim(remaining))
    return trim(remaining)[: closed.start()] if closed else remaining
