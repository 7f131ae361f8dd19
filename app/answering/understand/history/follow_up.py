"""A follow-up question with the question before it, and the interpretations that are made of both."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from app.answering.types import Answer, Citation
from app.answering.understand.answer_forms import kind_asked
from app.answering.understand.history.completion import Whole, joined
from app.answering.understand.history.listed_items import named_in
from app.answering.understand.message.question_parts import Parts, patterns
from retriever.types import Encoder

_BESIDE = " — "  # separates two questions shown together
UNNAMED = {"number", "percentage", "date", "reason"}  # kinds of questions whose answer is no person or thing


@dataclass(frozen=True, slots=True)
class Interpretation:
    """What a question may mean.

    - `text`: the whole question, which is searched
    - `shown`: the questions as typed that people are shown in place of `text`: an earlier one and this one
    - `more`: how many times in a row the person has asked for more of the answer; 0 if this one does not
    - `in_detail`: `more` asks for details, not for other things
    - `language`: language of the person's own words, if `text` is in another one; else ""
    - `item_of`: the question whose answer listed the item that this one asks about; `item_asked`: this one, as typed
    - `why_of`: the question whose reason this one asks for, if it is a bare why
    - `if_refused`: tried only if the likelier interpretations have no answer
    - `own`: words of the message that an answer must contain; without them it only repeats the last answer
    - `after`: the last answer; the answer to this question is likelier to be near its quotations
    """

    text: str
    shown: tuple[str, ...] = ()
    more: int = 0
    in_detail: bool = False
    language: str = ""
    item_of: str = ""
    item_asked: str = ""
    why_of: str = ""
    if_refused: bool = False
    own: str = ""
    after: Answer | None = field(default=None, repr=False)

    @property
    def standalone(self) -> str:
        """The whole question as people are shown it."""
        return _BESIDE.join(self.shown) or self.text


@dataclass(frozen=True, slots=True)
class Answerer:
    """Callbacks for the interpretation of a question.

    - `answer_to`: the answer to a whole question
    - `text_after`: the text that follows a citation
    - `promise`: the confidence in [0, 1] of the answer to an interpretation, estimated before reading
    """

    answer_to: Callable[[str], Answer | None] = lambda _: None
    text_after: Callable[[Citation], str] = lambda _: ""
    promise: Callable[[Interpretation], float] = lambda _: 1.0


NO_ANSWERER = Answerer()
_MARGIN = 0.1  # a less likely interpretation is taken only if it promises this much more


def most_promising_first(possible: Sequence[Interpretation], answerer: Answerer) -> list[Interpretation]:
    """The interpretations of a question, the most promising one first; those with `if_refused` stay last.

    The likeliest one by form stays first unless another one promises more by `_MARGIN`.
    """
    last = [interpretation for interpretation in possible if interpretation.if_refused]
    possible = [interpretation for interpretation in possible if not interpretation.if_refused]
    if len(possible) == 1:
        return [*possible, *last]
    promises = [answerer.promise(interpretation) for interpretation in possible]
    if possible[0].more and promises[0]:
        return [*possible, *last]  # further sentences are never as certain as the first ones
    promises[0] += _MARGIN
    best = possible[promises.index(max(promises))]
    return [best, *(interpretation for interpretation in possible if interpretation is not best), *last]


def best_of(possible: Sequence[Interpretation], answerer: Answerer) -> Interpretation:
    """The interpretation of an earlier question that later ones are completed from: the most promising one.

    If it has no answer: the last one, which takes over most of the questions before.
    """
    best = most_promising_first(possible, answerer)[0]
    return best if len(possible) == 1 or best is possible[-1] or answerer.promise(best) else possible[-1]


@dataclass(frozen=True, slots=True)
class FollowUp:
    """A follow-up as typed (`question`), without its opening words (`text`) and in `parts`; and the question before."""

    question: str
    text: str
    parts: Parts
    earlier: Interpretation  # the question before
    before: Parts  # the parts of the question before
    answer_text: str  # the last answer, as the history holds it
    encoder: Encoder = field(repr=False)
    answerer: Answerer = field(repr=False)

    @property
    def words(self) -> Mapping[str, re.Pattern[str]]:
        """The patterns of the question's language."""
        return patterns(self.parts.language)

    @property
    def topic(self) -> str:
        """What the question before was about."""
        return self.before.topic or self.before.statement

    @property
    def answer(self) -> Answer | None:
        """The answer to the question before."""
        return self.answerer.answer_to(self.earlier.text)

    @property
    def named(self) -> list[str]:
        """At most two persons or things that the answer names, if the question before asked for a person or thing."""
        if not self.before.asking or kind_asked(self.earlier.text) in UNNAMED:
            return []
        return named_in(self.answer)

    def joined_to_topic(self, text: str = "", **known: Any) -> Interpretation:
        """The question (or `text`) with the topic of the question before, shown beside that question."""
        return self.beside(joined(self.topic, text or self.text, self.before, self.parts.language), **known)

    def beside(self, text: str, **known: Any) -> Interpretation:
        """An interpretation whose text is only searched: people are shown the question before and this one."""
        first, *others = self.earlier.shown or (self.earlier.text,)
        typed = self.question[self.question.index(self.text) :].strip()
        return Interpretation(text, shown=(first.strip(), *others[-1:], typed), **known)

    def from_whole(self, whole: Whole, **known: Any) -> Interpretation:
        """A completed question: shown itself if it is a sentence, else as `beside`."""
        return Interpretation(whole.text, **known) if whole.is_sentence else self.beside(whole.text, **known)
