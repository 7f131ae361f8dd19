"""Complete a noun phrase that stands for a whole question (通院は？, and in 2018?): put it into the question before."""

import re

import numpy as np

from app.answering.understand.history.completion import Whole, ended, joined
from app.answering.understand.message.question_parts import Parts, Span, patterns, trim
from app.answering.understand.message.standing_alone import ORDINAL
from retriever.text import morphemes
from retriever.types import Encoder

# Added to the cosine of two phrases that end alike (quiz classes, summary classes), and to that of the first phrase
# of a question, which is contrasted more often than others. Cosines of unlike phrases are near 0.85 as well.
_SHARED_END, _FIRST = 0.15, 0.02
_CLOSE = 0.03  # of a score: a candidate within this distance of the best may be meant as well
_SHORT_ZH, _LONGEST_JA = 6, 16  # maximum characters of a phrase that replaces a whole question
_FEW_NOUNS = 2  # with a question mark and nothing else: history?
_NUMBER = re.compile(r"\d+(?:[.,]\d+)?")
_MEASURE = re.compile(r"\d+(?:[.,]\d+)*(?P<unit>\s?[^\W\d]{0,6}|[%％])")  # 2018年, 40 km
_LEADING_EN = re.compile(
    r"^(?P<preposition>(?:in|on|at|of|by|for|from|to|with|during|under|after|before|among|between)\s+)?"
    r"(?:the |a |an |that of |those of |those in )?",
    re.IGNORECASE,
)
_STANDS_FOR_NOUN = re.compile(r"\b(?:ones?|groups?)$", re.IGNORECASE)


def is_contrast(question: str, parts: Parts, before: Parts) -> bool:
    """Whether a question is a noun phrase that stands for a whole question: 通院は？, and in history?

    A phrase of several nouns, none of which was said before, is a question of its own: 条約が結ばれた年は？
    """
    words, text = patterns(parts.language), parts.text
    opened = bool(words["joins"].match(trim(question)))
    if parts.language == "en":
        if words["contrast"].match(text):
            return True
        leading = _LEADING_EN.match(text)
        starts = bool(leading and leading.group().strip())
        verbless = not parts.asking and not parts.predicate and len(text.split()) <= 7
        bare = len(text.split()) <= _FEW_NOUNS and question.rstrip().endswith("?")
        return verbless and (opened or starts or bare or bool(_NUMBER.fullmatch(text)))
    if parts.language == "zh":
        ends = question.strip().endswith(("呢", "呢？", "呢?"))
        short = question.strip().endswith(("?", "？")) and (len(text) <= _SHORT_ZH or shares(parts, before))
        return not parts.asking and (ends or opened or short) and len(text) <= 14
    if parts.language == "ko":
        return not parts.asking and len(text.split()) <= 4 and bool(re.search(r"(?:은|는|요|도)$", text))
    how = parts.asking and parts.text[slice(*parts.asking)].startswith("どう")
    marked = re.search(r"(?:のほう|の方|の場合)(?:は|だと|では)(?:どう(?:です|でしょう)?か?)?$", text)
    ends_so = re.search(r"(?:は|では|には|も)(?:どう(?:です|でしょう)?か?)?$", text)
    if marked or not ends_so or (parts.asking and not how) or parts.predicate:
        return bool(marked)
    return is_one_noun(parts) or opened or bool(how) or (not _has_clause(text) and shares(parts, before))


def lacks_noun(parts: Parts) -> bool:
    """Whether a Japanese phrase has only a clause and a noun that names nothing by itself, and no question word."""
    ends_so = parts.language == "ja" and parts.text.endswith(("は", "も")) and len(parts.text) <= _LONGEST_JA
    return bool(ends_so and not (parts.slots or parts.asking or parts.predicate) and _has_clause(parts.text))


def is_one_noun(parts: Parts) -> bool:
    """Whether a phrase is short, of one noun, and no clause: 通院は, 廃止されたのは."""
    return len(parts.slots) <= 1 and len(parts.text) <= _LONGEST_JA and not _has_clause(parts.text)


def _has_clause(text: str) -> bool:
    """Whether a Japanese phrase has a verb; before のは, one with an argument: 塔を設計したのは, not 廃止されたのは."""
    words = morphemes(text)
    verb = next((place for place, word in enumerate(words) if word.pos[0] == "動詞"), None)
    nominal = bool(re.search(r"の(?:は|も|では|には)?(?:どう.*)?$", text))
    return verb is not None and (
        not nominal or any(word.surface in {"を", "が", "に", "と", "へ"} for word in words[:verb])
    )


def shares(parts: Parts, before: Parts) -> bool:
    """Whether a noun of a phrase stood in the question before."""
    return any(parts.text[slice(*slot)] in before.text for slot in parts.slots)


def contrasts(text: str, before: Parts, language: str, encoder: Encoder) -> list[Whole]:
    """The question before, asked about another thing or another side of the same thing; the likelier one first."""
    phrase = trim(patterns(language)["contrast"].sub("", text))
    of_same = Whole(joined(before.topic or before.statement, phrase, before, language), is_sentence=False)
    preposition, stands = "", False
    if language == "en":
        leading = _LEADING_EN.match(phrase)
        preposition = (leading.group("preposition") or "").strip() if leading else ""
        phrase = phrase[leading.end() :] if leading else phrase
        stands = bool(_STANDS_FOR_NOUN.search(phrase))
        phrase = trim(_STANDS_FOR_NOUN.sub("", phrase))
    elif language == "ja":
        phrase = trim(re.sub(r"(?:のほう|の方|のこと|の場合|の時)$", "", phrase))
    if nominal := _as_predicate(phrase, before, language):
        return [Whole(nominal, is_sentence=True)]
    places, sure = _places_of(phrase, before, preposition, encoder)
    if not places:
        return [of_same]
    place = places[0]
    if stands and " " in before.text[slice(*place)]:
        phrase = f"{phrase} {before.text[slice(*place)].split()[-1]}"  # the summary ones, of quiz classes
    instead = [Whole(ended(before.replaced(place, phrase), before.language), sure) for place in places]
    return instead if sure else [*instead, of_same]


def _as_predicate(phrase: str, before: Parts, language: str) -> str:
    """The last topic with a new predicate, or "": 廃止されたの after 砂見線はいつ開業しましたか."""
    if language != "ja" or not phrase.endswith("の") or not before.asking or not before.topic:
        return ""
    last = [morpheme for morpheme in morphemes(phrase) if morpheme.pos[0] in {"動詞", "助動詞", "形容詞"}]
    if not last or last[-1].end != len(phrase) - 1:
        return ""
    asks = re.sub("[にをがで]$", "", before.text[slice(*before.asking)])
    return ended(f"{before.topic}が{phrase}は{asks}ですか", "ja")


def _places_of(phrase: str, before: Parts, preposition: str, encoder: Encoder) -> tuple[list[Span], bool]:
    """The noun phrases of the question before that `phrase` may replace, the likelier first, at most two.

    Second, whether the form of `phrase` makes the first of them certain.
    """
    numbers = has_number(phrase)
    slots = [span for span in _slots(before) if has_number(before.text[slice(*span)]) == numbers]
    texts = [before.text[slice(*span)] for span in slots]
    if not slots:
        return [], False
    if (unit := _MEASURE.fullmatch(phrase)) and (same := _same_measure(unit, before)):
        return [same], True
    if numbers:
        units = [_unit(text) == _unit(phrase) for text in texts]
        return [slots[units.index(True) if any(units) else 0]], any(units)
    if preposition:
        behind = [
            span
            for span in slots
            if re.search(rf"\b{preposition}\s+(?:the\s+)?$", before.text[: span[0]], re.IGNORECASE)
        ]
        if behind:
            best = min(behind, key=lambda span: abs(_parts_count(before.text[slice(*span)]) - _parts_count(phrase)))
            return [best], _parts_count(before.text[slice(*best)]) == _parts_count(phrase)
    alike = [span for span in slots if _parts_count(before.text[slice(*span)]) == _parts_count(phrase)]
    slots = alike or slots
    texts = [before.text[slice(*span)] for span in slots]
    vectors = encoder.encode_queries([phrase, *texts])
    likeness = np.asarray(vectors[1:]) @ np.asarray(vectors[0])
    scores = [
        float(cosine) + _SHARED_END * _end_alike(phrase, text) for cosine, text in zip(likeness, texts, strict=True)
    ]
    scores[0] += _FIRST
    best, *others = np.argsort(np.negative(scores), kind="stable").tolist()
    close = [slots[other] for other in others[:1] if scores[other] >= scores[best] - _CLOSE]
    is_shown = _end_alike(phrase, texts[best])
    return [slots[best], *(() if is_shown else close)], is_shown


def _same_measure(measure: re.Match[str], before: Parts) -> Span | None:
    """The only number with this unit in the question before: 2019年 of 2019年度の合計, for 2020年."""
    unit = re.escape(measure.group("unit").strip())
    ends = r"(?![\d.,])" if not unit else ""
    spans = [match.span() for match in re.finditer(rf"\d+(?:[.,]\d+)*\s?{unit}{ends}", before.text)]
    return spans[0] if len(spans) == 1 else None


def _parts_count(phrase: str) -> int:
    """How many nouns a phrase joins: by spaces, and by の in Japanese."""
    return len(phrase.split()) + (phrase.count("の") if re.search(r"[\u3041-\u30ff]", phrase) else 0)


def _slots(before: Parts) -> list[Span]:
    """The noun phrases of a question; in Japanese also those that の joins."""
    slots = list(before.slots)
    numbers = [match.span() for match in ORDINAL.finditer(before.text)]
    if before.language == "ja":
        for first in before.slots:
            for last in before.slots:
                between = before.text[first[1] : last[0]] if last[0] > first[1] else ""
                if between == "の":
                    slots.append((first[0], last[1]))
    return slots + [span for span in numbers if span not in slots]


def has_number(text: str) -> bool:
    """Whether a text holds a number or says which in an order."""
    return bool(_NUMBER.search(text) or ORDINAL.search(text))


def _unit(text: str) -> str:
    """A text without its numbers, and with "Y" for years: 人 of 18人, Yに of 2018年に."""
    years = re.sub(r"(?<!\d)(?:1[5-9]|20)\d\d(?!\d)年?", "Y", text)
    return re.sub(r"[\d.,〜～\-–—~以上下未満]+", "", years)


def _end_alike(phrase: str, other: str) -> bool:
    if re.search(r"[A-Za-z]$", phrase):
        return phrase.rsplit(maxsplit=1)[-1].lower() == other.rsplit(maxsplit=1)[-1].lower()
    return phrase[-1:] == other[-1:]
