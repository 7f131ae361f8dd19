"""Detect a sentence that nearly answers the question, but for another month, unit, side or thing.

A missing word is no contradiction, because an answer need not repeat the question's words. Only another thing of the
same kind in place of the one asked about counts. Each kind of contradiction is a feature of the confidence, with a
weight in app/answering/decide/confidence_weights.json.
"""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import pairwise

from app.answering.read.sentences import Candidate
from app.answering.statements.meanings import english_words, opposed
from app.answering.statements.statement import (
    Figure,
    Stance,
    figures,
    on_other_end,
    on_other_side,
    stance,
    turned_words,
    unit_at_start,
    word_lists,
)
from app.answering.understand.answer_forms import kind_asked
from retriever.cross_lingual.dictionary import antonyms_of, base_forms
from retriever.text import Morpheme, fold, morphemes
from retriever.types import Query

NAMES = ("other_figure", "other_unit", "other_polarity", "opposite", "other_kind")
_NO_SIGN_OF_REASON = ("other_polarity", "opposite")  # a reason may be the opposite: so many, because so few
_AROUND = 6  # best sentences in which a figure or unit is looked for
_ELSEWHERE = 1 / 3  # strength if the figure asked about is in another one of these
_LONGEST = 120  # characters of a question; a longer one says more than what it asks
_WEAKER = 0.5  # strength of an English comparison (increase, reduce), and of a negation only in an English question
_LATIN = re.compile(r"[a-z]")
_CLOCK, _YEAR = re.compile(r"\d{1,2}:\d{2}"), re.compile(r"\d{4}|thousand|hundred|decade|centur|世紀")
# A yes-no question begins with `_BEGINS` in English and lacks `_ASKS` in Japanese. A sentence that denies it answers
# it.
_BEGINS = re.compile(
    r"^(?:(?:and|but|so|then|or)[, ]{1,2})?"
    r"(?:is|are|was|were|do|does|did|has|have|had|can|could|will|would|should|may)\b"
)
_ASKS = re.compile(r"何|なに|なん|誰|だれ|どこ|いつ|どの|どれ|どんな|どう|どちら|いくつ|いくら|なぜ")
_HOW = re.compile(r"\bhow \w+")
_ASKED_UNIT = {
    "en": re.compile(r"\bhow many (?:more |of (?:the |its )?)?([a-z]+)"),
    "zh": re.compile(r"(?:多少|几)([\u4e00-\u9fff]{1,3})"),
    "ko": re.compile(r"몇 ?([가-힣%]{1,3})"),
}
_COUNTED = frozenset({"people", "time"})  # units for which other languages use many words
_UNSAID = "[数半何]"  # before a unit, in place of a number
_LONGEST_UNIT = 12  # characters


@dataclass(frozen=True, slots=True)
class _Compared:
    """A question and a sentence with their languages, the text before the sentence, and other sentences."""

    question: str
    asked_in: str
    sentence: str
    written_in: str
    before: str
    others: tuple[str, ...]

    @property
    def is_one_language(self) -> bool:
        """Whether words can be compared as they are."""
        return self.asked_in == self.written_in


def contradictions(query: Query, ranked: Sequence[Candidate]) -> Mapping[str, float]:
    """How far the best sentence contradicts the question, each of `NAMES` in [0, 1].

    All are 0 for a question that is answered by yes or no, and for a long message.

    - `other_figure`: a figure of the question is missing, and the sentence has another one with the same unit: 2月, 3月
    - `other_unit`: no figure of the first sentences has the unit asked for (何か月, how many weeks)
    - `other_polarity`: the sentence denies what the question affirms, or the reverse
    - `opposite`: the sentence has an antonym of a word of the question
      (both are 0 if a reason is asked for: so many, because so few)
    - `other_kind`: in Japanese, a compound of the question has another modifier: 管楽器, 打楽器
    """
    best, *others = ranked[:_AROUND]
    passage = best.hit.passage
    before = f"{passage.context}\n{passage.text[: best.start]}"
    around = tuple(sentence.text for sentence in others)
    return _contradictions(_Compared(query.text, query.language, best.text, passage.language, before, around))


@lru_cache(maxsize=64)
def _contradictions(compared: _Compared) -> Mapping[str, float]:
    if len(compared.question) > _LONGEST or _is_yes_or_no(compared.question, compared.asked_in):
        return dict.fromkeys(NAMES, 0.0)
    values = (_other_figure, _other_unit, _other_polarity, _opposite, _other_kind)
    known = {name: float(value(compared)) for name, value in zip(NAMES, values, strict=True)}
    if kind_asked(compared.question) == "reason":
        known |= dict.fromkeys(_NO_SIGN_OF_REASON, 0.0)
    return known


def _is_yes_or_no(question: str, language: str) -> bool:
    folded = fold(question).rstrip("?。 ")
    if language == "ja":
        return folded.endswith(("か", "の")) and not _ASKS.search(folded)
    return language == "en" and bool(_BEGINS.search(folded))


def _other_figure(compared: _Compared) -> float:
    in_sentence = figures(compared.sentence)
    around = tuple(figure for text in compared.others for figure in figures(text))
    worst = 0.0
    for asked in figures(compared.question):
        if asked.value == "1" and asked.unit != "month":  # 一つ, 哪一年
            continue
        if _is_among(asked, (*in_sentence, *figures(compared.before))):
            continue
        if asked.unit and any(figure.unit == asked.unit for figure in in_sentence):
            worst = max(worst, _ELSEWHERE if _is_among(asked, around) else 1.0)
    return worst


def _is_among(asked: Figure, written: Sequence[Figure]) -> bool:
    return any(asked.agrees(figure) for figure in written)


def _other_unit(compared: _Compared) -> bool:
    unit = _asked_unit(compared.question, compared.asked_in)
    if not unit or (unit in _COUNTED and not compared.is_one_language):
        return False
    return not any(_has_unit(text, unit) for text in (compared.sentence, *compared.others))


def _asked_unit(question: str, language: str) -> str:
    """The unit in words.toml in which the question asks for a figure; "" if it names none."""
    folded, unit = fold(question), ""
    if language == "ja":
        units = morphemes(folded, short=True)
        counters = (counter for asking, counter in pairwise(units) if asking.surface in {"何", "なん"})
        unit = next((folded[counter.start : counter.start + _LONGEST_UNIT] for counter in counters), "")
    elif language in _ASKED_UNIT and (match := _ASKED_UNIT[language].search(folded)):
        unit = match[1]
    name, is_known = unit_at_start(unit)
    return name if is_known else ""


@lru_cache(maxsize=256)
def _has_unit(text: str, unit: str) -> bool:
    if any(figure.known and figure.unit == unit for figure in figures(text)):
        return True
    folded = fold(text)
    if (unit == "hour" and _CLOCK.search(folded)) or (unit == "year" and _YEAR.search(folded)):
        return True
    forms = word_lists()["units"][unit]
    if any(re.search(_UNSAID + re.escape(form), folded) for form in forms if not form.isascii()):
        return True
    return bool(_LATIN.search(folded)) and any(form in english_words(text) for form in forms)  # a few weeks


def _other_polarity(compared: _Compared) -> float:
    if not compared.is_one_language:
        return 0.0
    asked, told = _stance_asked(compared), stance(compared.sentence, compared.written_in)
    if turned_words(asked, told) and bool(asked.denied) != bool(told.denied):
        return 1.0
    return _WEAKER if compared.asked_in == "en" and asked.denied and not told.denied else 0.0


def _stance_asked(compared: _Compared) -> Stance:
    return stance(_HOW.sub("how", fold(compared.question)), compared.asked_in)


def _opposite(compared: _Compared) -> float:
    if {compared.asked_in, compared.written_in} == {"en", "ja"}:
        english, japanese = compared.question, compared.sentence
        word = opposed(*((english, japanese) if compared.asked_in == "en" else (japanese, english)))
        return float(bool(word) and not _converses().keys() & base_forms(word))
    if not compared.is_one_language:
        return 0.0
    if compared.asked_in == "en" and _english_antonym(compared):
        return 1.0
    if compared.asked_in not in {"en", "ja"}:
        return 0.0
    asked, told = _stance_asked(compared), stance(compared.sentence, compared.written_in)
    if compared.asked_in == "ja" and on_other_end(asked, told):
        return 1.0
    return (_WEAKER if compared.asked_in == "en" else 1.0) if on_other_side(asked, told, scales=False) else 0.0


def _english_antonym(compared: _Compared) -> bool:
    """Whether the sentence has an antonym of a word of the question, and neither has the other's word."""
    question = _HOW.sub("how", fold(compared.question))
    asked, told = _bases(question), _bases(compared.sentence)
    known = told | _bases(compared.before)
    for word in english_words(question):
        forms = set(base_forms(word))
        if not forms & known and any(_opposites(form) & told - asked for form in forms):
            return True
    return False


def _opposites(word: str) -> set[str]:
    """The antonyms of an English word, without its converse (buy, sell)."""
    return set(antonyms_of(word)) - _converses().get(word, set())


@cache
def _converses() -> dict[str, set[str]]:
    ends: dict[str, set[str]] = defaultdict(set)
    for first, second in word_lists()["converses"]:
        ends[first].add(second)
        ends[second].add(first)
    return ends


@lru_cache(maxsize=256)
def _bases(text: str) -> set[str]:
    return {form for word in english_words(text) for form in base_forms(word)}


def _other_kind(compared: _Compared) -> bool:
    if not (compared.is_one_language and compared.asked_in == "ja"):
        return False
    modifiers = defaultdict(set)
    for modifier, head in _compounds(compared.sentence):
        modifiers[head].add(modifier)
    known = fold(compared.sentence + compared.before)
    return any(head in modifiers and modifier not in known for modifier, head in _compounds(compared.question))


def _compounds(text: str) -> Iterator[tuple[str, str]]:
    """Each two consecutive nouns of a Japanese text, as (modifier, head).

    Countries are left out: they have several names (米国人, アメリカ人), and a missing name is a feature of its own.
    """
    units = morphemes(fold(text), short=True)
    for modifier, head in pairwise(units):
        if (
            _is_noun(modifier)
            and modifier.pos[3] != "国"
            and modifier.surface not in {"お", "ご"}
            and (_is_noun(head) or head.pos[0] == "接尾辞")
        ):
            yield modifier.surface, head.surface


def _is_noun(morpheme: Morpheme) -> bool:
    return morpheme.pos[:2] in {("名詞", "普通名詞"), ("名詞", "固有名詞")} or morpheme.pos[0] == "接頭辞"
