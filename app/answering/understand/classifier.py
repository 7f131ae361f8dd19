"""Classify a question that asks nothing of the sources: about a document as a whole, small talk, or an ordinary one.

Words that no example of a question about a whole document uses count against that class. The patterns of
overview_signs.toml are certain signs of it: the number of a section or table, a comparison of two things, a request to
sum something up.
"""

import re
from collections.abc import Iterable, Mapping
from typing import cast, get_args

from app.answering.types import Aspect, OverviewRequest, Smalltalk
from app.answering.understand.intent_model import IntentModel, intent_model
from app.answering.understand.words import (
    bare,
    cut_out,
    each_section,
    number_of,
    numeral_value,
    sections_in,
    sign,
    signs,
)
from app.answering.works import without_titles
from retriever.text import fold
from retriever.types import Encoder

# The least chance that a question is not for passages, by the number of its characters that occur in no example. A
# question with more than four such characters is for passages; so are 973 of 1,000 JSQuAD questions.
_LEAST = (0.5, 0.65, 0.8, 0.95, 0.95)
_SURE_WITH_SIGN = 0.3
_FEW, _MOST_UNFAMILIAR = 1, 2
_LONGEST_SMALLTALK = 40  # characters
_LEAST_SMALLTALK, _SURE_OF_SMALLTALK = 0.45, 0.7  # least chances; the second of a message after a question
_SURE_OF_WHOLE = 0.7  # the least chance that a message after a question is about a document or its list as a whole
_LONGEST_COMPARISON = 120  # characters of a question
_MOST_POINTS = 8
_ASPECTS: frozenset[Aspect] = frozenset(get_args(Aspect))
_TALK: frozenset[Smalltalk] = frozenset(get_args(Smalltalk))
_OF_LIST = ("works_count", "works_list", "works_read", "works_unread", "works_uncited")  # labels: of all works
# What is said on one topic, and what Tenkyo thinks of one: recognised by the words around the topic.
ON_TOPIC: Aspect = "topic"
OPINION: Smalltalk = "opinion"


def overview_request(
    question: str, chances: Mapping[str, float], titles: Iterable[str]
) -> OverviewRequest | Smalltalk | None:
    """What a question asks of a document as a whole, or what kind of small talk it is; None for other questions.

    `chances` are those of the model; empty where it does not fit the encoder, so that only certain signs count.
    """
    model = intent_model()
    if not any(letter.isalnum() for letter in question):
        return "ability"  # "???" or "…": the answer says what can be asked
    text = without_titles(question, titles)
    signed = _signed(text, model)
    if signed or not chances:
        return signed
    folded, unfamiliar = bare(text), model.unfamiliar(text)
    is_told = not model.knows_none(text)  # 関税, Korea: the vectors of single words are alike, whatever they mean
    if is_told and (label := _likeliest(chances, unfamiliar, short=len(question) <= _LONGEST_SMALLTALK)):
        return label if label in _TALK else OverviewRequest(cast("Aspect", label), points=_points(folded))
    if chances["section"] >= _SURE_WITH_SIGN and sign("part_named").search(folded):
        return OverviewRequest("section")
    if unfamiliar > _FEW and sign("summed").search(folded):
        return OverviewRequest("focus", points=_points(folded))
    return None


def leans_on_nothing(message: str, encoder: Encoder) -> bool:
    """Whether a message is beyond doubt small talk, or about a document or its list of works as a whole.

    Such a message is never completed from the question before it.
    """
    model = intent_model()
    if encoder.name != model.encoder or model.knows_none(message):
        return False
    chances = model.chances(message, encoder.encode_queries([message])[0])
    is_talk = sum(chances[label] for label in _TALK) >= _SURE_OF_SMALLTALK
    of_list = sum(chances[label] for label in _OF_LIST)
    of_document = sum(chance for label, chance in chances.items() if label in _ASPECTS - {ON_TOPIC})
    return (
        (is_talk and len(message) <= _LONGEST_SMALLTALK)
        or of_list >= _SURE_OF_WHOLE
        or (of_document >= _SURE_OF_WHOLE and model.unfamiliar(message) <= _FEW)
    )


def asks_limitations_alone(question: str) -> bool:
    """Whether a question for limits means those of the study, not future work."""
    folded = fold(question)
    return bool(sign("limitations").search(folded)) and not sign("future_work").search(folded)


def is_brief(question: str) -> bool:
    """Whether a question asks for a short answer."""
    return bool(sign("brief").search(fold(question)))


def is_addressed(question: str) -> bool:
    """Whether a question speaks to Tenkyo: it has a word for "you"."""
    return bool(sign("addressed").search(fold(question)))


def is_signed(question: str) -> bool:
    """Whether the number of a table or section shows that a question asks for it."""
    model = intent_model()
    return bool(_table(question, model) or _numbered_section(question, model))


def _signed(text: str, model: IntentModel) -> OverviewRequest | None:
    """The request that certain signs show: a table or section by its number or heading, a comparison."""
    folded = each_section(bare(text))
    things = _compared(folded, text)
    request = _table(text, model) or _numbered_section(text, model)
    if request and not (request.aspect == "section" and request.number and any(map(_is_numbered, things))):
        return request  # a section that is compared with a named one is not asked for alone
    if sign("section_on").search(folded) and not (things and _quotes_two(folded)):
        return OverviewRequest("section")
    return OverviewRequest("compare", things=things) if things else None


def _likeliest(chances: Mapping[str, float], unfamiliar: int, *, short: bool) -> Aspect | Smalltalk | None:
    """The likeliest kind of overview or small talk; None if a question for passages is too likely."""
    other = sum(
        chance for label, chance in chances.items() if label != ON_TOPIC and (label in _ASPECTS or label in _TALK)
    )
    other /= other + chances["passage"]  # that it asks about sources has been ruled out
    if unfamiliar >= len(_LEAST) or other < _LEAST[unfamiliar]:
        return None
    talk = sum(chances[name] for name in _TALK)
    is_talk = talk > other / 2
    if is_talk and (not short or talk < _LEAST_SMALLTALK):
        return None
    labels: frozenset[Aspect | Smalltalk] = frozenset(_TALK if is_talk else _ASPECTS - {ON_TOPIC})
    return max(sorted(labels & chances.keys()), key=chances.__getitem__)


def _table(text: str, model: IntentModel) -> OverviewRequest | None:
    """A request for a whole table: by its number, without asking for a value in it, or to show the table on a topic."""
    folded = fold(text)
    match = sign("table").search(folded)
    if not match:
        return OverviewRequest("table") if sign("table_shown").search(folded) else None
    rest = folded[: match.start()] + " " + folded[match.end() :]
    bare = not re.sub(r"[\W_のをはについて表]", "", rest)
    if not bare and (
        model.unfamiliar(sign("table_whole").sub(" ", rest)) > _FEW or not sign("table_whole").search(rest)
    ):
        return None
    return OverviewRequest("table", (numeral_value(next(filter(None, match.groups()))),))


def _numbered_section(text: str, model: IntentModel) -> OverviewRequest | None:
    """A request for a section by its number, or for several, if the question is about nothing else."""
    folded = each_section(fold(text))
    matches = sections_in(folded)
    names = {number_of(match): match.group().strip() for match in reversed(matches)}
    is_one = len(names) == 1
    rest = cut_out(folded, matches[:1]) if is_one else sign("comparing").sub(" ", cut_out(folded, matches))
    if not names or model.unfamiliar(rest) > _MOST_UNFAMILIAR:
        return None
    if is_one:
        return OverviewRequest("section", next(iter(names)), points=_points(rest))
    return OverviewRequest("section", things=tuple(names.values())[::-1])


def _is_numbered(thing: str) -> bool:
    """Whether a thing is named by the number of a section alone."""
    return bool(sign("section").fullmatch(sign("of_document").sub("", bare(thing)).removeprefix("the ")))


def _quotes_two(text: str) -> bool:
    """Whether a text holds two quotations."""
    return sum(map(text.count, "」』”’")) > 1


def _compared(folded: str, text: str) -> tuple[str, ...]:
    """The two things that a question asks to compare, in the letters of `text`; () for other questions."""
    if len(folded) > _LONGEST_COMPARISON:
        return ()
    for pattern in signs()["compared"]:
        if match := pattern.search(folded.strip(" ?？。.")):
            things = [sign("attributed").sub("", thing) for thing in match.groups() if thing]
            named = tuple(_as_written(thing.strip(" 、,「」『』“”\"'"), text) for thing in things)
            return _alike_named(named) if all(named) else ()
    return ()


def _alike_named(things: tuple[str, ...]) -> tuple[str, ...]:
    """Name two things alike if one has words that belong to both: views of Japan and China, 前期と後期の得点."""
    first, second = things
    if " of " in first and " of " not in second:
        first = first.rsplit(" of ", maxsplit=1)[1]
    whose, _, side_named = second.rpartition("の")
    if whose and whose[-1] == first[-1] and "の" not in first:  # 前期と後期の得点
        return f"{first}の{side_named}", second
    side = sign("of_both").search(second)
    if side and side.start() and not sign("of_both").search(first):
        second = second[: side.start()]
    return re.sub(r"^the ", "", first), re.sub(r"^the ", "", second)


def _as_written(folded: str, text: str) -> str:
    """A part of a folded text as `text` writes it; unchanged if folding changed more than capitals."""
    match = re.search(re.escape(folded), text, re.IGNORECASE) if folded else None
    return match.group() if match else folded


def _points(folded: str) -> int:
    match = sign("points").search(folded)
    if not match:
        return 0
    numeral = next(filter(None, match.groups()))
    return min(_MOST_POINTS, numeral_value(numeral))
