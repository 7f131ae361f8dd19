"""A question in its conversation, made whole: what it leaves out or points to is taken from the questions before it.

Nothing here is a language model: the form of a question shows whether it stands alone (it has a subject and a
predicate, and points to nothing), and what is missing is taken from the last question that does. Where the form does
not decide, several readings are given, the likeliest first, and the pipeline lets the evidence choose.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from app.answering.types import Turn
from app.answering.understand.question_parts import Parts, Span, parts_of, patterns, trim
from retriever.text import content_words, language_of
from retriever.types import Encoder

MOST_TURNS, MOST_CHARACTERS = 10, 8000  # of a history; what is older does not count
_LONGEST = 300  # characters: a longer message stands alone, and of a longer one before it the end counts
_RESOLVED = 4  # turns that are made whole themselves, so that a follow-up may follow another
# Added to the cosine of two phrases that end alike (quiz classes, summary classes), and to that of the first phrase
# of a question, which is contrasted more often than others. Cosines of unlike phrases are near 0.85 as well.
_SHARED_END, _FIRST = 0.15, 0.02
_FEW_WORDS = 3
_HAN_ONLY = re.compile(r"[^\u3041-\u30ffA-Za-z가-힣]+")
_DIGITS = re.compile(r"\d+(?:[.,]\d+)?")
_LEADING_EN = re.compile(
    r"^(?P<preposition>(?:in|on|at|of|by|for|from|to|with|during|under|after|before|among|between)\s+)?"
    r"(?:the |a |an |that of |those of |those in )?",
    re.IGNORECASE,
)
_STANDS_FOR_NOUN = re.compile(r"\s*\b(?:ones?|groups?)$", re.IGNORECASE)
_ORDINAL = re.compile(
    r"\b(?:first|second|third|fourth|fifth|last)\b|[0-9一二三四五]+(?:つ目|番目|点目)|第[0-9一二三四五][个個]|(?:첫|두|세|네|다섯) ?번째",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Understood:
    """One reading of a question: the whole question, and how often more was wanted than was answered to it (0: not)."""

    text: str
    more: int = 0


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


def readings(question: str, history: Sequence[Turn], encoder: Encoder) -> list[Understood]:
    """The readings of a question after the turns of `history`, the likeliest first; itself where it stands alone."""
    standing, more = "", 0
    for turn in history[-_RESOLVED:]:
        told = _readings(turn.question[-_LONGEST:], standing, "", encoder)[0]
        standing, more = told.text, more + 1 if told.more else 0
    if not standing.strip() or len(question) > _LONGEST:
        return [Understood(question)]
    found = _readings(question, standing, history[-1].answer, encoder)
    return [replace(one, more=one.more + more) if one.more and one.text == standing else one for one in found]


def _readings(question: str, standing: str, answer: str, encoder: Encoder) -> list[Understood]:
    """The readings of a question after `standing`, the last whole question, which got `answer`."""
    alone = Understood(question)
    if not standing.strip():
        return [alone]
    language = _language(question, standing)
    words = patterns(language)
    text = trim(words["joins"].sub("", trim(question)))
    before = parts_of(standing)
    if not text or words["more"].fullmatch(text):
        return [Understood(standing, more=1)] if text else [alone]
    if words["why"].fullmatch(text):
        return [Understood(_why(before, text))]
    corrected = trim(words["corrects"].sub("", text))
    if corrected and corrected != text:
        meant = parts_of(corrected, language)
        if meant.asking or meant.predicate:
            return [Understood(_joined(before.topic or before.told, corrected, before, language))]
        return [Understood(one) for one in _contrasts(corrected, before, language, encoder)[:1]]
    asked = parts_of(text, language)
    if _only_asks(asked):
        return [Understood(_asked_instead(before, asked))]
    if span := _pointing(asked):
        return [Understood(_pointed(asked, span, before))]
    if words["more_of"].search(text):
        return [Understood(_joined(before.topic or before.told, text, before, language), more=1)]
    if words["another"].search(text):
        return [Understood(_joined(before.told, text, before, language))]
    if _is_contrast(question, asked):
        found = _contrasts(text, before, language, encoder)
        return [Understood(found[0]), *(Understood(one) for one in found[1:])]
    if _lacks_subject(asked):
        whole = _joined(before.topic or before.told, text, before, language)
        if not content_words(_outside(asked)) or not asked.slots:
            return [Understood(whole)]
        return [alone, Understood(whole)]
    return [alone]


def _language(question: str, standing: str) -> str:
    """The language of a question; of one in numbers or ideographs alone, that of the question before it."""
    own, before = language_of(question), language_of(standing)
    undecided = _HAN_ONLY.fullmatch(question) and own == "ja" and before in {"ja", "zh"}
    return before if undecided or not re.search(r"[^\W\d_]", question) else own


def _outside(asked: Parts) -> str:
    """What a question has beside the words that ask."""
    return asked.replaced(asked.asking, " ") if asked.asking else asked.text


def _only_asks(asked: Parts) -> bool:
    """Whether a question is nothing but words that ask (いつ？, for how many days?), or points with what else it has."""
    if not asked.asking:
        return False
    words = patterns(asked.language)
    rest = words["points"].sub("", words["ending"].sub("", trim(_outside(asked))))
    if asked.language == "en":
        return not trim(re.sub(r"^(?:\s*\b(?:is|are|was|were|exactly|then)\b)*", "", rest))
    rest = re.sub(r"[はがもに年是た]", "", rest)
    return not trim(rest) and not asked.predicate


def _asked_instead(before: Parts, asked: Parts) -> str:
    """The question before with other words that ask: いつ in the place of どこで."""
    start, end = asked.asking or (0, 0)
    asks = asked.text[start:end]
    if before.asking and before.language == asked.language:
        return _ended(before.replaced(before.asking, asks), before.language)
    return _joined(before.told, asks, before, asked.language)


def _why(before: Parts, why: str) -> str:
    """The question before, asked for its reason."""
    asks = trim(why.removesuffix("not").removesuffix("Not"))
    if before.language == "en" and re.fullmatch(r"[A-Za-z ]+", asks):
        told = before.told
        return f"{asks} {told[:1].lower()}{told[1:]}?"
    return _ended(f"{before.told}、{asks}" if before.language == "ja" else f"{before.told} {asks}", before.language)


def _pointing(asked: Parts) -> Span | None:
    """The words that point to something said before, unless the question itself says what they point to."""
    words = patterns(asked.language)
    not_pointing = [match.span() for match in words["points_not"].finditer(asked.text)]
    for match in words["points"].finditer(asked.text):
        if any(start <= match.start() < end for start, end in not_pointing):
            continue
        earlier = [slot for slot in asked.slots if slot[1] <= match.start()]
        if asked.language == "en" and earlier and match.end() < len(asked.text):
            continue  # "How did the council change its lamps?"
        if asked.language in {"ja", "zh"} and earlier and match.group() in {"その", "其", "この"}:
            continue  # 砂見線の開業とその目的は
        return match.span()
    return None


def _pointed(asked: Parts, span: Span, before: Parts) -> str:
    """The question with what its pointing words stand for."""
    pointing, topic = asked.text[slice(*span)], before.topic or before.told
    rest = asked.text[span[1] :]
    if asked.language == "ja":
        return _ended(_pointed_japanese(asked, span, topic), "ja")
    if asked.language == "en":
        if pointing.lower() in {"it", "that", "this"} and not before.topic:
            return _joined(before.told, asked.text, before, "en")
        owner = pointing.lower() in {"its", "their", "theirs", "his", "her"} and rest[:1] == " "
        named = topic + ("’" if topic.endswith("s") else "’s") if owner else topic
        named = named if pointing.lower() not in {"these", "those", "this", "that"} or not rest.strip() else f"{topic}:"
        return _ended(asked.replaced(span, named), "en")
    if asked.language == "zh":
        of = {"其中": f"{topic}中", "其": f"{topic}的"}
        return _ended(asked.replaced(span, of.get(pointing, topic)), "zh")
    particle = {"그건": "은", "이건": "은", "그게": "이", "그중": "중", "그 중": "중", "그": "의"}
    return _ended(asked.replaced(span, topic + particle.get(pointing, "")), "ko")


def _pointed_japanese(asked: Parts, span: Span, topic: str) -> str:
    pointing, rest = asked.text[slice(*span)], asked.text[span[1] :]
    if pointing in {"その", "この"}:
        noun = next((asked.text[slice(*slot)] for slot in asked.slots if slot[0] == span[1]), "")
        if noun and noun in topic:
            return asked.replaced((span[0], span[1] + len(noun)), topic)
        return asked.replaced(span, f"{topic}の")
    return asked.replaced(span, {"そのうち": f"{topic}のうち", "それぞれ": f"{topic}のそれぞれ"}.get(pointing, topic))


def _is_contrast(question: str, asked: Parts) -> bool:
    """Whether a question is a noun phrase that stands for a whole question: 通院は？, and in history?"""
    words, text = patterns(asked.language), asked.text
    opened = bool(words["joins"].match(trim(question)))
    if asked.language == "en":
        if words["contrast"].match(text):
            return True
        starts = bool(_LEADING_EN.match(text).group().strip())  # type: ignore[union-attr] - matches the empty string
        verbless = not asked.asking and not asked.predicate and len(text.split()) <= 7
        return verbless and (opened or starts or bool(_DIGITS.fullmatch(text)))
    if asked.language == "zh":
        return not asked.asking and bool(re.search(r"[呢？?]$", question.strip())) and len(text) <= 14
    if asked.language == "ko":
        return not asked.asking and len(text.split()) <= 4 and bool(re.search(r"(?:은|는|요|도)$", text))
    how = asked.asking and asked.text[slice(*asked.asking)].startswith("どう")
    ends = re.search(r"(?:は|では|には|も)(?:どう(?:です|でしょう)?か?)?$", text)
    return bool(ends) and (not asked.asking or bool(how)) and not asked.predicate


def _contrasts(text: str, before: Parts, language: str, encoder: Encoder) -> list[str]:
    """The question before about another thing, or another side of the same thing; the likelier reading first."""
    phrase = trim(patterns(language)["contrast"].sub("", text))
    of_same = _attribute(before, phrase, language)
    preposition, stands = "", False
    if language == "en":
        leading = _LEADING_EN.match(phrase)
        preposition = (leading.group("preposition") or "").strip() if leading else ""
        phrase = phrase[leading.end() :] if leading else phrase
        stands = bool(_STANDS_FOR_NOUN.search(phrase))
        phrase = _STANDS_FOR_NOUN.sub("", phrase)
    elif language == "ja":
        phrase = trim(re.sub(r"(?:のほう|の方|のこと|の場合|の時)$", "", phrase))
    place, sure = _place_of(phrase, before, preposition, encoder)
    if place is None:
        return [of_same]
    if stands and " " in before.text[slice(*place)]:
        phrase = f"{phrase} {before.text[slice(*place)].split()[-1]}"  # the summary ones, of quiz classes
    instead = _ended(before.replaced(place, phrase), before.language)
    return [instead] if sure else [instead, of_same]


def _place_of(phrase: str, before: Parts, preposition: str, encoder: Encoder) -> tuple[Span | None, bool]:
    """The noun phrase of the question before whose place `phrase` takes, and whether its form shows that."""
    numbers = bool(_DIGITS.search(phrase) or _ORDINAL.search(phrase))
    slots = [span for span in _slots(before) if bool(_number(before.text[slice(*span)])) == numbers]
    texts = [before.text[slice(*span)] for span in slots]
    if not slots:
        return None, False
    if numbers:
        units = [_unit(text) == _unit(phrase) for text in texts]
        return slots[units.index(True) if any(units) else 0], True
    if preposition:
        behind = [
            span
            for span in slots
            if re.search(rf"\b{preposition}\s+(?:the\s+)?$", before.text[: span[0]], re.IGNORECASE)
        ]
        if behind:
            return behind[0], True
    alike = [span for span in slots if _parts_count(before.text[slice(*span)]) == _parts_count(phrase)]
    slots = alike or slots
    texts = [before.text[slice(*span)] for span in slots]
    vectors = encoder.encode_queries([phrase, *texts])
    likeness = np.asarray(vectors[1:]) @ np.asarray(vectors[0])
    scores = [float(one) + _SHARED_END * _end_alike(phrase, text) for one, text in zip(likeness, texts, strict=True)]
    scores[0] += _FIRST
    best = int(np.argmax(scores))
    return slots[best], _end_alike(phrase, texts[best])


def _parts_count(phrase: str) -> int:
    """How many nouns a phrase joins: by spaces, and by の in Japanese."""
    return len(phrase.split()) + (phrase.count("の") if re.search(r"[\u3041-\u30ff]", phrase) else 0)


def _slots(before: Parts) -> list[Span]:
    """The noun phrases of a question; in Japanese also those that の joins."""
    slots = list(before.slots)
    numbers = [match.span() for match in _ORDINAL.finditer(before.text)]
    if before.language == "ja":
        for first in before.slots:
            for last in before.slots:
                between = before.text[first[1] : last[0]] if last[0] > first[1] else ""
                if between == "の":
                    slots.append((first[0], last[1]))
    return slots + [span for span in numbers if span not in slots]


def _number(text: str) -> bool:
    return bool(_DIGITS.search(text) or _ORDINAL.search(text))


def _unit(text: str) -> str:
    """What is left of a text with a number without its numbers: 年 of 2018年."""
    years = re.sub(r"(?<!\d)(?:1[5-9]|20)\d\d(?!\d)年?", "Y", text)
    return re.sub(r"[\d.,〜～\-–—~以上下未満]+", "", years)


def _end_alike(phrase: str, other: str) -> bool:
    if re.search(r"[A-Za-z]$", phrase):
        return phrase.rsplit(maxsplit=1)[-1].lower() == other.rsplit(maxsplit=1)[-1].lower()
    return phrase[-1:] == other[-1:]


def _attribute(before: Parts, phrase: str, language: str) -> str:
    """A question for another side of what the question before was about: the return rate of the questionnaire."""
    topic = before.topic or before.told
    if language == "ja":
        return _ended(f"{topic}の{phrase}は", "ja")
    if language == "zh":
        return _ended(f"{topic}的{phrase}", "zh")
    if language == "ko":
        return _ended(f"{topic}의 {phrase}은", "ko")
    return _ended(f"{phrase}: {before.told}", "en")


def _lacks_subject(asked: Parts) -> bool:
    """Whether a question names too little to stand alone: no topic or subject, or very few words in all."""
    words = content_words(_outside(asked))
    if asked.language == "en":
        return len(words) <= _FEW_WORDS - 1 and not re.search(r"\s[A-Z]", asked.text)
    return not asked.names_topic and len(words) <= _FEW_WORDS


def _joined(topic: str, text: str, before: Parts, language: str) -> str:
    """The question with what it is about before it."""
    if not topic:
        return _ended(text, language)
    if language == "en":
        return _ended(f"{text} ({topic})", "en")
    between = {"ja": "は、" if topic == before.topic else "、", "zh": "，"}.get(language, " ")
    return _ended(f"{topic}{between}{text}", language)


def _ended(text: str, language: str) -> str:
    text = trim(text)
    return text[:1].upper() + text[1:] + ("？" if language in {"ja", "zh"} else "?")
