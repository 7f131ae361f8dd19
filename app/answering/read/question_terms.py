"""The words of a question, weighted by the index, and how much of them a text holds."""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np

from app.answering.read.spans import ROLE, tokens
from app.answering.understand.question import AnswerForm, Question, compiled, titles
from retriever.cross_lingual.terms import Held, held, share_in, share_of_known, share_words, terms_of
from retriever.cross_lingual.terms import tokens as cross_lingual_tokens
from retriever.index.open import Index
from retriever.lexical.aliases import holds_for
from retriever.text import content_words, fold, language_of
from retriever.types import Query

_LATIN_NAME = re.compile(r"\b[A-Z][\w.’-]+(?: [A-Z][\w.’-]*){1,3}")


@dataclass(frozen=True, slots=True)
class WeightedWords:
    """Words with their idf."""

    tokens: tuple[str, ...]
    idf: np.ndarray = field(repr=False)

    def share(self, present: set[str]) -> float:
        """The share of the words' weight that `present` holds."""
        total = float(self.idf.sum())
        if not total:
            return 0.0
        return float(sum(w for token, w in zip(self.tokens, self.idf, strict=True) if token in present)) / total


@dataclass(frozen=True, slots=True)
class QuestionTerms:
    """A question with its words as the index weighs them.

    - `renamed`: the words with names in the other forms that documents define, one for each alias of the query
    - `terms`: what texts in other languages may hold of the question; `known`: the share in [0, 1] of its weight that
      any document holds. Both are empty where all documents share the question's words as they are written
    """

    question: Question
    query: Query
    words: WeightedWords
    renamed: tuple[WeightedWords, ...] = ()
    terms: tuple[Held, ...] = ()
    known: float = 0.0

    def share(self, present: set[str], row: int) -> float:
        """The share of the question's weight that `present`, words of the index's `row`, holds, names in any form."""
        aliases = zip(self.query.aliases, self.renamed, strict=True)
        holding = (words for alias, words in aliases if holds_for(alias, np.array([row])).all())
        return max(self.words.share(present), *(words.share(present) for words in holding), 0.0)

    def cross_lingual_share(self, text: str) -> float:
        """The share of the question's weight that a text in another language holds."""
        return self.known * share_in(self.terms, cross_lingual_words(text))

    def cross_lingual_topic(self, text: str) -> float:
        """The same for a topic, which one common word may name whole."""
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


def _cross_lingual(query: Query, words: WeightedWords, index: Index) -> tuple[tuple[Held, ...], float]:
    """The `terms` and the `known` share of a question, where some passage shares no words with it."""
    if all(share_words(query.language, language) for language, _ in index.manifest["groups"]):
        return (), 0.0
    wanted = terms_of(query.text, query.language)
    terms = tuple(held(wanted, index.abroad))
    are_known = index.words.knows(words.tokens)
    known = words.share({word for word, is_known in zip(words.tokens, are_known, strict=True) if is_known})
    if query.language in {"en", "ko"}:
        known = max(known, _known_share(len(wanted), terms, len(index.passages)))
    return terms, known


def _known_share(count: int, terms: Sequence[Held], passages: int) -> float:
    """The share of the weight of `count` terms that those held have; the others weigh what no passage holds."""
    weight = sum(term.weight for term in terms)
    unknown = (count - len(terms)) * math.log1p((passages + 0.5) / 0.5)
    return weight / (weight + unknown) if weight else 0.0


@lru_cache(maxsize=4096)
def cross_lingual_words(text: str) -> frozenset[str]:
    """The words of a text as questions in other languages look for them."""
    return frozenset(cross_lingual_tokens(text))


def holds_form(form: AnswerForm, text: str, question: str) -> bool:
    """Whether `text` has the form of the answer to `question`."""
    if not form.told:
        return _names_another_person(text, fold(question))
    return bool(compiled(form.told).search(_folded(text)))


# Asked of the same sentences when passages are put in order and when sentences are scored.
@lru_cache(maxsize=1024)
def _names_another_person(text: str, folded_question: str) -> bool:
    """Whether `text` names a person whom the question does not name itself."""
    names = [match.group() for match in _LATIN_NAME.finditer(text)]
    if language_of(text) != "en":
        names += [token.surface for token in tokens(text) if token.role == ROLE["person"]]
        names += [match.group(1) for match in _titled().finditer(_folded(text))]
    return any(not _is_in(name, folded_question) for name in names)


@lru_cache(maxsize=1)
def _titled() -> re.Pattern[str]:
    """A name before a title."""
    return re.compile(
        rf"([ァ-ヺー・]{{2,}}|[a-z]{{2,}}|[\u4e00-\u9fff]{{1,4}})(?:{titles('offices')}|{titles('others')})"
    )


def _is_in(name: str, folded: str) -> bool:
    return any(part in folded for part in re.split(r"[\s・]+", fold(name)) if part)


_folded = lru_cache(maxsize=4096)(fold)
