"""Complete a follow-up with words of the question before, in place of its pronouns or for what it leaves out."""

import re
from dataclasses import dataclass

from app.answering.understand.message.question_parts import Parts, Span, is_verb, trim
from retriever.text import morphemes

# Particles contracted into a Korean pronoun: 그걸 is 그것을.
_PARTICLES_KO = {
    "그건": "은",
    "이건": "은",
    "그게": "이",
    "이게": "이",
    "그걸": "을",
    "이걸": "을",
    "그중": " 중",
    "그 중": " 중",
}
_PARTICLES_KO |= {"그": "의"}


# Adverbs that ask for a circumstance can replace one another: where was it built, when was it built.
_ADVERBS = re.compile(r"いつ(?:ごろ)?|どうして|どうやって|どのように|when|where|how", re.IGNORECASE)
_AUXILIARY_EN = re.compile(r"\s*(?:did|do|does|is|are|was|were|has|have|had|can|could|will|would)\b", re.IGNORECASE)
_BARE = re.compile(  # pronouns, which a noun may replace
    r"it|its|they|them|theirs?|he|him|his|she|her|它们?|他们?|她们?|其中?"
    r"|그(?:것|건|게|걸|거|중| 중|녀|들)|이(?:것|건|게|걸|거)",
    re.IGNORECASE,
)
_NO_THING = re.compile(
    r"^(?: ones?\b|の(?:もの|やつ|こと|項目)|\s?(?:것|거)(?=[은는이의도]|\s|$))"
)  # behind an ordinal
_MANY_EN, _ONE_EN = {"they", "them", "their", "theirs", "these", "those"}, {"he", "him", "his", "she", "her", "hers"}
_PERSONS_JA = ("人", "方", "氏")


@dataclass(frozen=True, slots=True)
class Whole:
    """A completed question, and whether it is a sentence that can be shown (else it is only searched)."""

    text: str
    is_sentence: bool


def about_item(text: str, ordinal: Span, item: str, language: str) -> str:
    """The question with the item in place of the words that point to it (the second one, 2つ目)."""
    before, after = text[: ordinal[0]], _NO_THING.sub("", text[ordinal[1] :])
    if language == "en":
        before = re.sub(r"\b(?:the|that)\s$", "", before, flags=re.IGNORECASE)
        return ended(f"{before}“{item}”{after}", "en")
    return ended(f"{before}「{item}」{after}" if language in {"ja", "zh"} else f"{before}‘{item}’{after}", language)


def numbered_thing(text: str, ordinal: Span, noun: str, language: str) -> str:
    """The question with the counted noun after its ordinal: the second round for the second one, 2番目の目的."""
    before, ordinals, after = text[: ordinal[0]], text[slice(*ordinal)], text[ordinal[1] :]
    if noun.lower() in after.lower():
        return text
    after = _NO_THING.sub("", after)
    between = {"ja": "の", "zh": ""}.get(language, " ")
    return f"{before}{ordinals.rstrip()}{between}{noun}{after}"


def asked_instead(before: Parts, parts: Parts) -> Whole:
    """The question before with the question words of this one: いつ in place of どこで."""
    start, end = parts.asking or (0, 0)
    asks = parts.text[start:end]
    if not before.asking or before.language != parts.language:
        return Whole(joined(before.statement, asks, before, parts.language), is_sentence=False)
    whole = ended(_asked_of_counted(before, asks), before.language)
    is_counted = before.text[slice(*before.asking)].split()[:2] == asks.split()[:2]
    is_circumstance = before.language != "en" or bool(_AUXILIARY_EN.match(before.text, before.asking[1]))
    return Whole(whole, is_counted or (is_circumstance and bool(_ADVERBS.fullmatch(asks))))


def _asked_of_counted(before: Parts, asks: str) -> str:
    """The question before with other question words; what it counts in English stays: when were tweets collected."""
    start, end = before.asking or (0, 0)
    counted = re.fullmatch(r"how (?:many|much) (.+)", before.text[start:end], re.IGNORECASE)
    helper = _AUXILIARY_EN.match(before.text, end)
    if not (counted and helper) or asks.lower().startswith("how m"):
        return before.replaced((start, end), asks)
    rest = before.text[helper.end() :].strip()
    is_subject = is_verb(rest.split()[0]) if rest else True
    order = (counted[1], rest) if is_subject else (rest, counted[1])
    return " ".join((asks, helper.group().strip(), *filter(None, order)))


def why_asked(before: Parts, why: str, named: str = "") -> Whole:
    """A question for the reason of what the question before asked; `named` is what the answer to that one names.

    It is a sentence only after an English yes-no question.
    """
    asks = re.sub(r"(?i) not$", "", trim(why))
    if before.language == "en" and re.fullmatch(r"[A-Za-z ]+", asks):
        statement = before.statement
        if asks != trim(why) and not before.asking and before.topic and before.topic in statement:
            statement = statement.replace(before.topic, f"{before.topic} not", 1)  # did tourists not use it?
        whole = f"{asks} {statement[:1].lower()}{statement[1:]}{f' ({named})' if named else ''}?"
        return Whole(whole, not before.asking and bool(_AUXILIARY_EN.match(statement)))
    if before.language == "zh":
        return Whole(ended(f"{asks}{before.statement}{named}", "zh"), is_sentence=False)
    between = "、" if before.language == "ja" else " "
    return Whole(ended(between.join(filter(None, (before.statement, named, asks))), before.language), is_sentence=False)


def pointed(parts: Parts, span: Span, topic: str, before: Parts | None = None) -> Whole:
    """The question with its pointing words replaced by `topic`, from the question `before` or its answer."""
    pointing, language = parts.text[slice(*span)], parts.language
    if language == "ja":
        whole = _pointed_japanese(parts, span, topic)
    elif language == "en":
        whole = _pointed_english(parts, span, topic)
    elif language == "zh":
        of = {"其中": f"{topic}中", "其": f"{topic}的"}
        whole = parts.replaced(span, of.get(pointing, topic))
    else:
        whole = parts.replaced(span, topic + _PARTICLES_KO.get(pointing, ""))
    fits = _is_noun_phrase(topic, before) if before else not topic.islower()
    stands_for_noun = language == "ja" or bool(_BARE.fullmatch(pointing))
    agrees = language != "en" or (pointing.lower() in _MANY_EN) == _is_plural(topic) or pointing.lower() in _ONE_EN
    return Whole(ended(whole, language), fits and stands_for_noun and agrees)


def _is_plural(topic: str) -> bool:
    """Whether an English noun phrase is plural: the teachers of a class, people, bread and wine."""
    head = re.split(r" (?:of|in|on|at|for|from|to|with|by|that|which|who)\b", topic)[0].rstrip("’'")
    return bool(re.search(r"[^s]s$| and |\b(?:people|children|men|women|data)$", head))


def _is_noun_phrase(topic: str, before: Parts) -> bool:
    """Whether the topic of a question is a noun phrase by its form."""
    if not before.topic and not topic.startswith("the "):
        return False
    if before.language == "ja":
        last = morphemes(topic)[-1]
        return last.pos[0] in {"名詞", "接尾辞", "形状詞", "補助記号"}
    if before.language == "en":
        words = re.split(r"\b(?:that|which|who)\b", topic)[0].split()
        return not any(is_verb(word) and word.islower() for word in words[:-1])
    return not before.asking or before.asking[0] > 0


def _pointed_english(parts: Parts, span: Span, topic: str) -> str:
    pointing, rest = parts.text[slice(*span)].lower(), parts.text[span[1] :]
    if pointing in {"this", "that", "these", "those"} and rest.strip():
        noun = rest.split()[0]
        if noun.lower() in topic.lower().split():
            return parts.replaced((span[0], span[1] + 1 + len(noun)), topic)
        return f"{parts.text} ({topic})"
    owns = pointing in {"its", "their", "theirs", "his", "her"} and rest[:1] == " "
    return parts.replaced(span, topic + ("’" if topic.endswith("s") else "’s") if owns else topic)


def _pointed_japanese(parts: Parts, span: Span, topic: str) -> str:
    pointing = parts.text[slice(*span)]
    if pointing in {"その", "この"}:
        noun = next((parts.text[slice(*slot)] for slot in parts.slots if slot[0] == span[1]), "")
        if noun and noun in topic:
            named = topic[: topic.index(noun) + len(noun)]
            return parts.replaced((span[0], span[1] + len(noun)), named)
        if parts.text.startswith(_PERSONS_JA, span[1]):
            return parts.replaced((span[0], span[1] + 1), topic)
        return parts.replaced(span, f"{topic}の")
    return parts.replaced(span, {"そのうち": f"{topic}のうち", "それぞれ": f"{topic}のそれぞれ"}.get(pointing, topic))


def joined(topic: str, text: str, before: Parts, language: str) -> str:
    """The question joined with `topic`, which it lacks."""
    if not topic:
        return ended(text, language)
    if language == "en":
        return ended(f"{text} ({topic})", "en")
    between = {"ja": "は、" if topic == before.topic else "、", "zh": "，"}.get(language, " ")
    return ended(f"{topic}{between}{text}", language)


def ended(text: str, language: str) -> str:
    """A question with a question mark at its end and a capital at its beginning."""
    text = trim(text)
    return text[:1].upper() + text[1:] + ("？" if language in {"ja", "zh"} else "?")
