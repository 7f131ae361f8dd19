"""The amounts and dates of a Japanese sentence, and the questions that ask for them by their units."""

from collections.abc import Iterator
from dataclasses import dataclass

from app.drafts.japanese.statements import Statement
from app.drafts.japanese.words import WORDS, is_counter, is_formal, is_noun, is_particle, is_verbal
from app.drafts.question import DraftQuestion
from retriever.text import Morpheme

SHORTEST_REST = 8  # characters beside the question word, so that a question means one thing

_ORDINALS = "等行目番代期位制"  # ends of units that give a place in an order, not an amount


@dataclass(frozen=True, slots=True)
class Amount:
    """A number with its unit, the words [begin, end) of a sentence; `unit` follows 何 in a question.

    `when`: "date" if a month is given, "year" for a year alone, "" for amounts.
    """

    begin: int
    end: int
    unit: str
    value: str
    when: str = ""


def amounts(words: tuple[Morpheme, ...]) -> Iterator[Amount]:
    """The amounts and dates that a sentence tells, in order; not the numbers of names, sections and sequences."""
    place = 0
    while place < len(words):
        if words[place].pos[1] != "数詞":
            place += 1
            continue
        begin = place
        quoted = sum((word.surface in "「『“") - (word.surface in "」』”") for word in words[:begin])
        place = _number_end(words, begin)
        unit_end = place
        while unit_end < len(words) and is_counter(words[unit_end]):
            unit_end += 1
        unit = "".join(word.surface for word in words[place:unit_end])
        amount = _date(words, begin, unit_end) if unit == "年" else None
        amount = amount or _amount(words, begin, place, unit_end, unit)
        if amount and not quoted and _stands_free(words, amount):
            yield amount
        place = max(amount.end if amount else unit_end, place)


def _number_end(words: tuple[Morpheme, ...], begin: int) -> int:
    end = begin
    while end < len(words) and (
        words[end].pos[1] == "数詞"
        or (words[end].surface in {",", ".", "，", "．"} and end + 1 < len(words) and words[end + 1].pos[1] == "数詞")
    ):
        end += 1
    return end


def _date(words: tuple[Morpheme, ...], begin: int, end: int) -> Amount | None:
    """A date that begins with its year: 2025年2月7日, 令和6年."""
    number = "".join(word.surface for word in words[begin : end - 1])
    era = begin > 0 and words[begin - 1].pos[1] == "固有名詞" and len(words[begin - 1].surface) == 2
    if not (era or (number.isdigit() and len(number) == 4)):
        return None
    first, when = begin - era, "year"
    while end + 1 < len(words) and words[end].pos[1] == "数詞" and words[end + 1].surface in {"月", "日"}:
        end, when = end + 2, "date"
    return Amount(first, end, "年", "".join(word.surface for word in words[first:end]), when)


def _amount(words: tuple[Morpheme, ...], begin: int, number_end: int, end: int, unit: str) -> Amount | None:
    number = "".join(word.surface for word in words[begin:number_end])
    unit = unit.rstrip("弱強余")
    is_vague = number[0] in "数何幾" or (number in {"1", "１", "一", "ひと"} and unit != "%")
    if not unit or unit in WORDS["no_units"] or unit[-1] in _ORDINALS or is_vague:
        return None
    while begin and (words[begin - 1].surface in WORDS["before_amount"]):
        begin -= 1
    after = end
    while after < len(words) and words[after].surface in WORDS["after_amount"]:
        after += 1
    value = "".join(word.surface for word in words[begin:after])
    return Amount(begin, after, {"％": "%", "パーセント": "%"}.get(unit, unit), value)


def _stands_free(words: tuple[Morpheme, ...], amount: Amount) -> bool:
    """Whether the amount is a phrase of its own, not a part of a name or of a compound."""
    before = words[amount.begin - 1] if amount.begin else None
    after = words[amount.end] if amount.end < len(words) else None
    if before and not (before.pos[0] in {"助詞", "副詞", "助動詞"} or before.surface == "、"):
        return False
    if before and before.surface == "の" and words[amount.begin - 2].surface[-1] in "率数額値価量":
        return False  # 不支持率の43%: what is counted is not what stands before
    if (
        after
        and after.surface == "から"
        and any(word.pos[1] == "数詞" for word in words[amount.end + 1 : amount.end + 3])
    ):
        return False  # a range
    if before and before.surface == "から" and is_noun(words[amount.begin - 2]) and is_counter(words[amount.begin - 2]):
        return False
    if after is None or after.surface == "、" or is_verbal(after):
        return True
    return after.pos[0] == "助詞" and after.surface not in {"と", "や", "か"}


def figure(statement: Statement, amount: Amount) -> Iterator[DraftQuestion]:
    """Replace the amount with a question word and its unit: 対象は何人ですか, 何年に設置されたのですか."""
    words, kind = statement.words, "date" if amount.when else "figure"
    if amount.when and not amount.begin:
        yield from _framing_date(statement, amount)
        return
    lead, word, after = statement.between(0, amount.begin), _asking(amount), amount.end
    if amount.end <= statement.topic and statement.has_topic:
        if amount.end < statement.topic or amount.when or not amount.begin:
            return
        word, after = f"{word}が", statement.topic + 1
    if amount.when == "date" and after < len(words) and words[after].surface == "に":
        after += 1
    if amount.when and any(map(_modifies, words[after:], words[after + 1 :])):
        return  # the date belongs to something that the sentence only mentions
    if lead.endswith("を") and after >= len(words):
        return  # オプションを32個、環境変数を32個受け取る: the verb comes later
    if len(lead) + len(statement.between(after, len(words))) >= SHORTEST_REST:
        yield DraftQuestion(kind, f"{lead}{word}{statement.ending(after)}", amount.value)


def _framing_date(statement: Statement, amount: Amount) -> Iterator[DraftQuestion]:
    """2015年に、SがVした: SがVしたのはいつですか."""
    words, topic = statement.words, statement.topic
    begin = amount.end
    while begin < topic and words[begin].surface in {"に", "は", "、"}:
        begin += 1
    if begin in (amount.end, topic) or words[-1].surface != "た" or words[-2].surface == "だっ":
        return
    if any(is_particle(word, "は", "が") for word in words[topic + 1 :]) or any(map(is_verbal, words[begin:topic])):
        return
    rest = statement.between(topic + 1, len(words)).lstrip("、")
    asked = "何年ですか" if amount.when == "year" else "いつですか"
    yield DraftQuestion("date", f"{statement.between(begin, topic)}が{rest}のは{asked}", amount.value)


def _modifies(word: Morpheme, following: Morpheme) -> bool:
    return is_verbal(word) and word.pos[5].startswith("連体形") and is_noun(following) and not is_formal(following)


def _asking(amount: Amount) -> str:
    if amount.when == "date":
        return "いつ"
    return "いくつ" if amount.unit == "つ" else f"何{amount.unit}"
