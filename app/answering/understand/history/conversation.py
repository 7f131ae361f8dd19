"""A question in its conversation, made whole: what it leaves out or points to is taken from the questions before it.

Nothing here is a language model: the form of a question shows whether it stands alone (it has a subject and a
predicate, and points to nothing), and what is missing is taken from the last question that does. Where the form does
not decide, several readings are given, the likeliest first, and the pipeline lets the evidence choose.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from app.answering.types import Answer, Citation, Turn
from app.answering.understand.history.completion import Whole, about_item, asked_instead, joined, pointed, why_asked
from app.answering.understand.history.listed_items import ORDINAL, listed_item, lists_of, named_in
from app.answering.understand.history.standing_alone import only_asks, outside, own_words, pointing, requested
from app.answering.understand.history.substitution import contrasts, is_contrast, is_one_noun
from app.answering.understand.message.question_parts import Parts, counted_in, parts_of, patterns, trim
from app.answering.understand.question import kind_asked
from retriever.text import content_words, language_of
from retriever.types import Encoder

MOST_TURNS, MOST_CHARACTERS = 10, 8000  # of a history; what is older does not count
_LONGEST = 300  # characters: a longer message stands alone, and of a longer one before it the end counts
_RESOLVED = 4  # turns that are made whole themselves, so that a follow-up may follow another
_FEW_WORDS = 3
_ENOUGH, _ENOUGH_OF_AUTHORS = 3, 2  # words of its own, from which a question can be searched as it stands
_BESIDE = " — "  # between two questions that are shown beside each other
_UNNAMED = {"number", "percentage", "date", "reason"}  # kinds of questions that do not ask for a person or thing
# Words that point to a person; those that point to several things or persons.
_PERSONAL = re.compile(
    r"(?:he|him|his|she|hers?)\b|彼(?!ら)|(?:その|この)(?:人|方|氏)|[他她](?![们們])|그(?=녀| )", re.IGNORECASE
)
_MANY = re.compile(r"they|them|theirs?|these|those|彼女?ら|[他她它][们們]|그들", re.IGNORECASE)
_HAN_ONLY = re.compile(r"[^\u3041-\u30ffA-Za-z가-힣]+")


@dataclass(frozen=True, slots=True)
class Understood:
    """One reading of a question: the whole question, and how often more was wanted than was answered to it (0: not).

    `text` is searched; people are shown `shown`, or `text` where that is empty. `in_detail`: more of the same is
    wanted, else what else there is. `language` is that of the person's own
    words where the text holds others; else "". `item_of` is the question whose answer listed the item that this one is
    about; `after` is the answer that this one follows, near which its own is likelier to stand.
    """

    text: str
    shown: str = ""
    more: int = 0
    in_detail: bool = False
    language: str = ""
    item_of: str = ""
    after: Answer | None = field(default=None, repr=False)

    @property
    def standalone(self) -> str:
        """The whole question as people are shown it."""
        return self.shown or self.text


@dataclass(frozen=True, slots=True)
class Answerer:
    """What the readings of a question may look at: the answer to a whole question, and the text from a citation on."""

    answer_to: Callable[[str], Answer | None] = lambda _: None
    text_after: Callable[[Citation], str] = lambda _: ""


_NO_ANSWERER = Answerer()


@dataclass(frozen=True, slots=True)
class _FollowUp:
    """A question after another: as typed, without what opens it (`text`), in its parts, with the whole one before."""

    question: str
    text: str
    asked: Parts
    understood: Understood  # the question before
    before: Parts  # the same in its parts
    given: str  # what was answered before, as the history says
    encoder: Encoder = field(repr=False)
    answerer: Answerer = field(repr=False)

    @property
    def words(self) -> Mapping[str, re.Pattern[str]]:
        """The patterns of the question's language."""
        return patterns(self.asked.language)

    @property
    def topic(self) -> str:
        """What the question before was about."""
        return self.before.topic or self.before.told

    @property
    def answer(self) -> Answer | None:
        """The answer to the question before."""
        return self.answerer.answer_to(self.understood.text)

    @property
    def named(self) -> list[str]:
        """The persons or things, at most two, that the answer names, if the question before asked for such."""
        if not self.before.asking or kind_asked(self.understood.text) in _UNNAMED:
            return []
        return named_in(self.answer)

    def joined_to_topic(self, text: str = "", **known: Any) -> Understood:
        """The question (`text`, if given) with what the one before was about, shown beside that."""
        return self.beside(joined(self.topic, text or self.text, self.before, self.asked.language), **known)

    def beside(self, text: str, **known: Any) -> Understood:
        """A reading that is no sentence to be shown: people see the question before and this one as it was typed."""
        first, *others = self.understood.standalone.split(_BESIDE)
        earlier = _BESIDE.join([first, *others[-1:]])
        typed = self.question[self.question.index(self.text) :].strip()
        return Understood(text, shown=f"{earlier.strip()}{_BESIDE}{typed}", **known)

    def as_told(self, whole: Whole, **known: Any) -> Understood:
        """A reading, shown as it is if it is a sentence."""
        return Understood(whole.text, **known) if whole.is_sentence else self.beside(whole.text, **known)


def counted(history: Iterable[Turn]) -> tuple[Turn, ...]:
    """The turns that count: the last ten, and of these the last 8,000 characters, whole turns only."""
    kept: list[Turn] = []
    room = MOST_CHARACTERS
    for turn in [*history][: -MOST_TURNS - 1 : -1]:
        room -= len(turn.question) + len(turn.answer)
        if room < 0:
            break
        kept.append(turn)
    return tuple(reversed(kept))


def readings(
    question: str, history: Sequence[Turn], encoder: Encoder, answerer: Answerer = _NO_ANSWERER
) -> list[Understood]:
    """The readings of a question after the turns of `history`, the likeliest first; itself where it stands alone."""
    before, more = Understood(""), 0
    for turn in history[-_RESOLVED:]:
        if not _without_joins(turn.question, before.text):
            continue  # thanks and greetings: what was asked before them is what a follow-up leans on
        before = _readings(turn.question[-_LONGEST:], before, "", encoder)[0]
        more = more + 1 if before.more else 0
    if not before.text or len(question) > _LONGEST:
        return [Understood(question)]
    own = _language(question, before.text)
    found = _readings(question, before, history[-1].answer, encoder, answerer)
    return [
        replace(
            one,
            more=one.more + (more if one.more and one.text == before.text else 0),
            language="" if language_of(one.text) == own else own,
        )
        for one in found
    ]


def _without_joins(question: str, standing: str) -> str:
    return trim(patterns(_language(question, standing))["joins"].sub("", trim(question)))


def _readings(
    question: str, before: Understood, given: str, encoder: Encoder, answerer: Answerer = _NO_ANSWERER
) -> list[Understood]:
    """The readings of a question after `before`, the last whole question, to which `given` was answered."""
    text = _without_joins(question, before.text)
    if not before.text or not text:
        return [Understood(question)]
    asked = parts_of(text, _language(question, before.text))
    follow_up = _FollowUp(question, text, asked, before, parts_of(before.text), given, encoder, answerer)
    for read in (
        _more,
        _reason,
        _correction,
        _other_asking,
        _item,
        _of_whole,
        _pointer,
        _further,
        _contrast,
        _elliptic,
    ):
        if found := list(read(follow_up)):
            return list({one.text: one for one in reversed(found)}.values())[::-1]
    return [Understood(question)]


def _more(one: _FollowUp) -> Iterator[Understood]:
    """More of the same: 他には？, more details."""
    if one.words["more"].fullmatch(one.text):
        in_detail = bool(one.words["in_detail"].search(one.text))
        yield one.beside(one.understood.text, more=1, in_detail=in_detail)
        if in_detail:
            yield one.joined_to_topic()


def _reason(one: _FollowUp) -> Iterator[Understood]:
    """The reason of what was asked: なぜ？, why not? Where that asked for something, the reason of the answer."""
    if not one.words["why"].fullmatch(one.text):
        return
    for named in one.named[:1]:
        yield one.as_told(why_asked(one.before, one.text, named), after=one.answer)
    yield one.as_told(why_asked(one.before, one.text), after=one.answer)


def _correction(one: _FollowUp) -> Iterator[Understood]:
    """What was meant: no, I meant 2018."""
    corrected = trim(one.words["corrects"].sub("", one.text))
    if not corrected or corrected == one.text:
        return
    meant = parts_of(corrected, one.asked.language)
    if meant.asking or meant.predicate:
        yield one.joined_to_topic(corrected, after=one.answer)
    else:
        yield one.as_told(contrasts(corrected, one.before, one.asked.language, one.encoder)[0], after=one.answer)


def _other_asking(one: _FollowUp) -> Iterator[Understood]:
    """The same question with other words that ask: いつ？, for how many days?"""
    if only_asks(one.asked):
        yield one.as_told(asked_instead(one.before, one.asked))


def _item(one: _FollowUp) -> Iterator[Understood]:
    """An item of what was answered: the second one, 2つ目."""
    ordinal = ORDINAL.search(one.text)
    listing = one.understood.item_of or one.understood.text
    if not ordinal or ORDINAL.search(listing) or len(requested(one.text, one.asked.language)) > _FEW_WORDS:
        return
    answerer, given = one.answerer, "" if one.understood.item_of else one.given
    lists = lists_of(given, lambda: answerer.answer_to(listing), answerer.text_after)
    if item := listed_item(ordinal.group(), lists):
        yield Understood(about_item(one.text, ordinal.span(), item, one.asked.language), item_of=listing)


def _of_whole(one: _FollowUp) -> Iterator[Understood]:
    """A question of the whole document (結論は？), or to Tenkyo itself, that would pass for a follow-up by its form."""
    if one.words["of_whole"].search(one.text):
        yield Understood(one.question)


def _pointer(one: _FollowUp) -> Iterator[Understood]:
    """What points to something said before: it, その調査. Where the question before asked for that, its answer."""
    may_be_document = not (span := pointing(one.asked, one.before.text))
    span = span or pointing(one.asked)
    if not span:
        return
    asks_for_person = kind_asked(one.understood.text) == "person"
    told = one.asked.text[slice(*span)]
    fits = asks_for_person == bool(_PERSONAL.match(one.asked.text, span[0])) or bool(_MANY.fullmatch(told))
    to_answer = [one.as_told(pointed(one.asked, span, named)) for named in (one.named if fits else ())]
    if may_be_document:  # この制度, of which nothing was said: what was answered, or what the document is about
        yield from (Understood(one.question), *to_answer) if to_answer else ()
        return
    topic = counted_in(one.before) if one.words["points_to_many"].fullmatch(told) else ""
    to_topic = one.as_told(pointed(one.asked, span, topic or one.topic, one.before))
    may_be_authors, own = one.words["points_to_authors"].fullmatch(told), own_words(one.asked)
    if own >= (_ENOUGH_OF_AUTHORS if may_be_authors else _ENOUGH):
        yield Understood(one.question)  # what it points to may stand in itself
        if may_be_authors and own >= _ENOUGH:
            return
    yield from (*to_answer, to_topic) if asks_for_person else (to_topic, *to_answer)
    if not one.before.topic and one.asked.names_topic:
        yield Understood(one.question)  # それに対して大統領はどうした, after something that was done


def _further(one: _FollowUp) -> Iterator[Understood]:
    """What presupposes something said before: what other reasons, why so many, the rest."""
    if more := one.words["more_of"].match(one.text):
        named = len(content_words(one.text[more.end() :]))
        if named <= 1:
            yield one.beside(one.understood.text, more=1)  # any other reasons: of what was asked
        if named < _ENOUGH:  # what other role do many pharmacists play
            yield one.joined_to_topic(more=1)
    elif one.words["another"].search(one.text) and own_words(one.asked) < _ENOUGH:
        yield one.joined_to_topic(after=one.answer)


def _contrast(one: _FollowUp) -> Iterator[Understood]:
    """A noun phrase that stands for a whole question: 通院は？, and in history?"""
    if not is_contrast(one.question, one.asked, one.before):
        return
    if one.asked.language == "ja" and not is_one_noun(one.asked) and one.text == trim(one.question):
        yield Understood(one.question)  # ポルトガルの教育期間は, after another question on Portugal
    if one.asked.language == "en" and own_words(one.asked) >= _ENOUGH and not _said_before(one):
        yield Understood(one.question)  # what about the approval rating of the mayor, after a question on the lake
        return
    for whole in contrasts(one.text, one.before, one.asked.language, one.encoder):
        yield one.as_told(whole)
    if one.asked.language == "en" and len(content_words(one.text)) == len(one.text.split()):
        yield Understood(one.question)  # kelp price: may be a new question in nouns alone


def _said_before(one: _FollowUp) -> bool:
    """Whether a content word of the question stood in the one before."""
    return not set(content_words(one.text)).isdisjoint(content_words(one.before.text))


def _elliptic(one: _FollowUp) -> Iterator[Understood]:
    """A question without a subject; alone first where it has words enough that it may stand alone."""
    words = content_words(outside(one.asked))
    if one.asked.language == "en":
        lacks = len(words) < _FEW_WORDS and not re.search(r"\s[A-Z]", one.asked.text)
    else:
        lacks = not one.asked.names_topic and len(words) <= _FEW_WORDS
    exists = one.words["points_not"].search(one.asked.text)  # how many schools were there
    if lacks and ((words and one.asked.slots) or exists):
        yield Understood(one.question)
    if lacks:
        yield one.joined_to_topic()


def _language(question: str, standing: str) -> str:
    """The language of a question; of one in numbers or ideographs alone, that of the question before it."""
    own, before = language_of(question), language_of(standing)
    undecided = _HAN_ONLY.fullmatch(question) and own == "ja" and before in {"ja", "zh"}
    return before if undecided or not re.search(r"[^\W\d_]", question) else own
