"""Complete a follow-up question: fill in what it leaves out or refers to from the questions before it.

No language model is used. The form of a question shows whether it stands alone: it has a subject and a predicate, and
no pronoun that refers back. What is missing is taken from the last question that stands alone. If the form leaves
several interpretations, all are returned, the likeliest first, and the pipeline chooses by the evidence.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from app.answering.types import Turn
from app.answering.understand.answer_forms import kind_asked
from app.answering.understand.classifier import leans_on_nothing
from app.answering.understand.history.completion import (
    about_item,
    asked_instead,
    joined,
    numbered_thing,
    pointed,
    why_asked,
)
from app.answering.understand.history.follow_up import (
    NO_ANSWERER,
    UNNAMED,
    Answerer,
    FollowUp,
    Interpretation,
    best_of,
    most_promising_first,
)
from app.answering.understand.history.listed_items import (
    counted_things,
    listed_item,
    lists_of,
    noun_behind,
    singular,
)
from app.answering.understand.history.substitution import contrasts, is_contrast, is_one_noun, lacks_noun, shares
from app.answering.understand.message.question_parts import counted_in, parts_of, patterns, trim
from app.answering.understand.message.standing_alone import ORDINAL, only_asks, outside, own_words, pointing, requested
from app.answering.understand.source_signs import content, numbered, source_words
from retriever.text import content_words, language_of
from retriever.types import Encoder

MOST_TURNS, MOST_CHARACTERS = 10, 8000  # of a history; older turns are ignored
_LONGEST = 300  # characters: a longer message stands alone; of a longer earlier question only the end is used
_RESOLVED = 4  # last turns that are completed in order, because a follow-up may follow another follow-up
_FEW_WORDS = 3
_ENOUGH, _ENOUGH_OF_AUTHORS = 3, 2  # least own words of a question that can be searched as it is
# Added to the question before, to ask for all items of its answer.
_LIST_ALL = {
    "ja": "。すべて挙げてください",
    "en": "? List all of them.",
    "zh": "？请全部列出。",
    "ko": "? 모두 나열해 주세요.",
}
# Pronouns for one person; pronouns for several persons or things.
_PERSONAL = re.compile(
    r"(?:he|him|his|she|hers?)\b|彼(?!ら)|(?:その|この)(?:人|方|氏)|[他她](?![们們])|그(?=녀| )", re.IGNORECASE
)
_MANY = re.compile(r"they|them|theirs?|these|those|彼女?ら|[他她它][们們]|그들", re.IGNORECASE)
_HAN_ONLY = re.compile(r"[^\u3041-\u30ffA-Za-z가-힣]+")
_SOURCE_OF = {
    "ja": "「{claim}」という主張の出典は何ですか？",
    "en": "What is the source for the claim that {claim}?",
    "zh": "“{claim}”这一说法的出处是什么？",
    "ko": "“{claim}”라는 주장의 출처는 무엇입니까?",
}
_ACRONYM = re.compile(r"[A-Z][A-Z0-9]{1,9}\s?[?？]?")  # "NATO?" is the same in every language


def counted(history: Iterable[Turn]) -> tuple[Turn, ...]:
    """The turns that count: the last ten, and of these the last 8,000 characters, whole turns only.

    If the last answer is longer, its beginning counts.
    """
    kept: list[Turn] = []
    room = MOST_CHARACTERS
    for turn in [*history][: -MOST_TURNS - 1 : -1]:
        room -= len(turn.question)
        if room < 0 or (kept and room < len(turn.answer)):
            break
        kept.append(replace(turn, answer=turn.answer[:room]))
        room -= len(turn.answer)
    return tuple(reversed(kept))


def interpretations(
    question: str, history: Sequence[Turn], encoder: Encoder, answerer: Answerer = NO_ANSWERER
) -> list[Interpretation]:
    """What a question after the turns of `history` may mean, the most promising first; itself if it stands alone."""
    before, more, answer_text = Interpretation(""), 0, ""
    for turn in history[-_RESOLVED:]:
        if not _without_joins(turn.question, before.text):
            continue  # thanks and greetings: a follow-up refers to the question before them
        before = best_of(_after(before, answer_text, turn.question[-_LONGEST:], encoder, answerer), answerer)
        more, answer_text = more + 1 if before.more else 0, turn.answer
    if not before.text or len(question) > _LONGEST:
        return [Interpretation(question)]
    own = _language(question, before.text)
    possible = [
        replace(
            interpretation,
            more=interpretation.more + (more if interpretation.more and interpretation.text == before.text else 0),
            language="" if language_of(interpretation.text) == own else own,
        )
        for interpretation in _after(before, history[-1].answer, question, encoder, answerer)
    ]
    return most_promising_first(possible, answerer)


def _without_joins(question: str, standing: str) -> str:
    return trim(patterns(_language(question, standing))["joins"].sub("", trim(question)))


def _after(
    before: Interpretation, answer_text: str, question: str, encoder: Encoder, answerer: Answerer
) -> list[Interpretation]:
    """What a question may mean after `before`, the last whole question, which was answered by `answer_text`."""
    text = _without_joins(question, before.text)
    if not before.text or not text:
        return [Interpretation(question)]
    parts = parts_of(text, _language(question, before.text))
    parts_before = parts_of(_without_joins(before.text, before.text) or before.text)
    follow_up = FollowUp(question, text, parts, before, parts_before, answer_text, encoder, answerer)
    for interpret in (
        _more,
        _all,
        _source,
        _whole,
        _reason,
        _correction,
        _other_asking,
        _item,
        _pointer,
        _further,
        _contrast,
        _elliptic,
    ):
        if possible := list(interpret(follow_up)):
            return list({each.text: each for each in reversed(possible)}.values())[::-1]
    goes_on = follow_up.words["goes_on"].match(trim(question))  # so what harm does it do to the country?
    if goes_on or own_words(parts) <= 1:  # 責任者は誰
        return [Interpretation(question), follow_up.joined_to_topic(own=text, if_refused=True)]
    return [Interpretation(question)]


def _more(follow_up: FollowUp) -> Iterator[Interpretation]:
    """A request for more of the last answer: 他には？, more details."""
    if follow_up.words["more"].fullmatch(follow_up.text):
        in_detail = bool(follow_up.words["in_detail"].search(follow_up.text))
        yield follow_up.beside(follow_up.earlier.text, more=1, in_detail=in_detail)
        if in_detail:
            yield follow_up.joined_to_topic()


def _all(follow_up: FollowUp) -> Iterator[Interpretation]:
    """A request for all items of what the question before asked for: 4つ全部."""
    if follow_up.words["all"].fullmatch(follow_up.text):
        yield follow_up.beside(f"{follow_up.before.text}{_LIST_ALL[follow_up.before.language]}")


def _source(follow_up: FollowUp) -> Iterator[Interpretation]:
    """A bare question for the source (出典は？, source?): asks for the source of what the question before was about."""
    if follow_up.words["source"].fullmatch(follow_up.text):
        claim = trim(follow_up.before.statement or follow_up.before.text).rstrip("はがもを")
        yield follow_up.beside(_SOURCE_OF[follow_up.parts.language].format(claim=claim))


def _whole(follow_up: FollowUp) -> Iterator[Interpretation]:
    """A message that stands alone, whatever its form: thanks, a work by its number, the document as a whole."""
    points = bool(pointing(follow_up.parts) or ORDINAL.search(follow_up.text))
    names_work = numbered(follow_up.text) and not numbered(follow_up.before.text)
    if (
        follow_up.words["of_whole"].search(follow_up.text)
        or (names_work and not pointing(follow_up.parts))
        or (not points and leans_on_nothing(follow_up.question, follow_up.encoder))
    ):
        yield Interpretation(follow_up.question)


def _reason(follow_up: FollowUp) -> Iterator[Interpretation]:
    """A bare why (なぜ？, why not?): asks the reason of the last answer if it names something, else of the question."""
    if not follow_up.words["why"].fullmatch(follow_up.text):
        return
    known = {"after": follow_up.answer, "why_of": follow_up.earlier.text}
    for named in follow_up.named[:1]:
        yield follow_up.from_whole(why_asked(follow_up.before, follow_up.text, named), **known)
    yield follow_up.from_whole(why_asked(follow_up.before, follow_up.text), **known)


def _correction(follow_up: FollowUp) -> Iterator[Interpretation]:
    """A correction of the question before: no, I meant 2018."""
    corrected = trim(follow_up.words["corrects"].sub("", follow_up.text))
    if not corrected or corrected == follow_up.text:
        return
    meant = parts_of(corrected, follow_up.parts.language)
    if meant.asking or meant.predicate:
        yield follow_up.joined_to_topic(corrected, after=follow_up.answer)
        return
    whole = contrasts(corrected, follow_up.before, follow_up.parts.language, follow_up.encoder)[0]
    instead = follow_up.from_whole(whole, after=follow_up.answer)
    if len(meant.slots) > 1 and not shares(meant, follow_up.before):
        yield Interpretation(corrected)  # I meant the role of the minister: may be a question of its own
    yield instead


def _other_asking(follow_up: FollowUp) -> Iterator[Interpretation]:
    """The question before with another question word: いつ？, for how many days?"""
    if only_asks(follow_up.parts):
        yield follow_up.from_whole(asked_instead(follow_up.before, follow_up.parts))


def _item(follow_up: FollowUp) -> Iterator[Interpretation]:
    """A question about one item of the last answer: the second one, 2つ目; else of what the question before counted."""
    text, earlier, language = follow_up.text, follow_up.earlier, follow_up.parts.language
    if (ordinal := ORDINAL.search(text)) and earlier.item_asked and not requested(text, language):
        text = ORDINAL.sub(
            ordinal.group(), earlier.item_asked, count=1
        )  # the third?, after: how long is the second one
        ordinal = ORDINAL.search(text)
    listing = earlier.item_of or earlier.text
    if not ordinal or ORDINAL.search(listing) or len(requested(text, language)) > _FEW_WORDS:
        return
    count, things = counted_things(listing)
    noun = noun_behind(text, ordinal.end())
    if noun and noun.lower() not in listing.lower():
        return  # the second round of voting, after a question on something else
    asks_for_names = not count and kind_asked(listing) in {"any", "list"}
    answerer, answer_text = follow_up.answerer, "" if earlier.item_of else follow_up.answer_text
    lists = lists_of(answer_text, lambda: answerer.answer_to(listing), answerer.text_after, of_names=asks_for_names)
    is_list = kind_asked(listing) not in UNNAMED
    if item := listed_item(ordinal.group(), lists, count) if is_list else "":
        whole = about_item(text, ordinal.span(), item, language)
        yield Interpretation(whole, item_of=listing, item_asked=text)
    elif things or noun:
        whole = numbered_thing(text, ordinal.span(), noun or singular(things), language)
        listed = parts_of(listing)
        whole = joined(listed.topic or listed.statement, whole, listed, language)
        yield follow_up.beside(whole, item_of=listing, item_asked=text)


def _pointer(follow_up: FollowUp) -> Iterator[Interpretation]:
    """A pointing word (it, その調査) that stands for the topic of the question before, or for its answer."""
    may_be_document = not (span := pointing(follow_up.parts, follow_up.before.text))
    span = span or pointing(follow_up.parts)
    if not span:
        return
    of_source = any(source_words(follow_up.text)) and not content(follow_up.text).words
    if of_source or follow_up.words["points_to_figure"].match(
        follow_up.parts.text, span[0]
    ):  # the source of this figure
        before = follow_up.before
        yield follow_up.beside(joined(before.statement, follow_up.text, before, follow_up.parts.language))
        return
    asks_for_person = kind_asked(follow_up.earlier.text) == "person"
    pointing_words = follow_up.parts.text[slice(*span)]
    fits = asks_for_person == bool(_PERSONAL.match(follow_up.parts.text, span[0])) or bool(
        _MANY.fullmatch(pointing_words)
    )
    to_answer = [
        follow_up.from_whole(pointed(follow_up.parts, span, named)) for named in (follow_up.named if fits else ())
    ]
    if may_be_document:  # この制度 with a new noun: the last answer, or the topic of the document
        yield from (Interpretation(follow_up.question), *to_answer) if to_answer else ()
        return
    topic = counted_in(follow_up.before) if follow_up.words["points_to_many"].fullmatch(pointing_words) else ""
    to_topic = follow_up.from_whole(pointed(follow_up.parts, span, topic or follow_up.topic, follow_up.before))
    may_be_authors, own = follow_up.words["points_to_authors"].fullmatch(pointing_words), own_words(follow_up.parts)
    if own >= (_ENOUGH_OF_AUTHORS if may_be_authors else _ENOUGH):
        yield Interpretation(follow_up.question)  # it may contain the antecedent itself
        if may_be_authors and own >= _ENOUGH:
            return
    yield from (*to_answer, to_topic) if asks_for_person else (to_topic, *to_answer)
    if not follow_up.before.topic and follow_up.parts.names_topic:
        yield Interpretation(follow_up.question)  # それに対して大統領はどうした, after a question about an action


def _further(follow_up: FollowUp) -> Iterator[Interpretation]:
    """A question that presupposes an earlier one: what other reasons, why so many, the rest."""
    if more := follow_up.words["more_of"].match(follow_up.text):
        named = len(content_words(follow_up.text[more.end() :]))
        if named <= 1:
            yield follow_up.beside(follow_up.earlier.text, more=1)  # any other reasons: more of the same answer
        if named < _ENOUGH:  # what other role do many pharmacists play
            yield follow_up.joined_to_topic(more=1)
    elif follow_up.words["another"].search(follow_up.text) and own_words(follow_up.parts) < _ENOUGH:
        yield follow_up.joined_to_topic(after=follow_up.answer)


def _contrast(follow_up: FollowUp) -> Iterator[Interpretation]:
    """A noun phrase that stands for a whole question: 通院は？, and in history?"""
    if lacks_noun(follow_up.parts):
        yield follow_up.joined_to_topic(own=follow_up.text)
        return
    if earlier := follow_up.earlier.why_of:  # why?, and in China?: of what was asked before the reason
        follow_up = replace(follow_up, earlier=Interpretation(earlier), before=parts_of(earlier))
    if not is_contrast(follow_up.question, follow_up.parts, follow_up.before):
        return
    if (
        follow_up.parts.language == "ja"
        and not is_one_noun(follow_up.parts)
        and follow_up.text == trim(follow_up.question)
    ):
        yield Interpretation(follow_up.question)  # ポルトガルの教育期間は, after another question on Portugal
    if follow_up.parts.language == "en" and own_words(follow_up.parts) >= _ENOUGH and not _said_before(follow_up):
        yield Interpretation(
            follow_up.question
        )  # what about the approval rating of the mayor, after a question on the lake
        return
    for whole in contrasts(follow_up.text, follow_up.before, follow_up.parts.language, follow_up.encoder):
        yield follow_up.from_whole(whole)
    if follow_up.parts.language == "en" and len(content_words(follow_up.text)) == len(follow_up.text.split()):
        yield Interpretation(follow_up.question)  # kelp price: may be a new question in nouns alone


def _said_before(follow_up: FollowUp) -> bool:
    """Whether the question shares a content word with the question before."""
    return not set(content_words(follow_up.text)).isdisjoint(content_words(follow_up.before.text))


def _elliptic(follow_up: FollowUp) -> Iterator[Interpretation]:
    """A question without a subject. If it has enough words to stand alone, it is read alone first."""
    words = content_words(outside(follow_up.parts))
    if follow_up.parts.language == "en":
        lacks = len(words) < _FEW_WORDS and not re.search(r"\s[A-Z]", follow_up.parts.text)
    else:
        lacks = not follow_up.parts.names_topic and len(words) <= _FEW_WORDS
    exists = follow_up.words["points_not"].search(follow_up.parts.text)  # how many schools were there
    if lacks and ((words and follow_up.parts.slots) or exists):
        yield Interpretation(follow_up.question)
    if lacks:
        yield follow_up.joined_to_topic(own="" if follow_up.parts.asking else follow_up.text)


def _language(question: str, standing: str) -> str:
    """The language of a question; that of the question before, if it has only numbers, ideographs or an acronym."""
    own, before = language_of(question), language_of(standing)
    undecided = bool(_HAN_ONLY.fullmatch(question)) and own == "ja" and before in {"ja", "zh"}
    undecided = undecided or bool(_ACRONYM.fullmatch(question.strip()))
    return before if undecided or not re.search(r"[^\W\d_]", question) else own
