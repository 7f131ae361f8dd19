"""What a follow-up leaves out or points to, put into its words from the question before."""

import re

from app.answering.understand.message.question_parts import Parts, Span, trim

# What a Korean pointing word holds beside the thing: 그걸 is 그것을.
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


def about_item(text: str, ordinal: Span, item: str, language: str) -> str:
    """The question with the item in place of the words that point to it (the second one, 2つ目)."""
    before, after = text[: ordinal[0]], text[ordinal[1] :]
    if language == "en":
        before, after = re.sub(r"\b(?:the|that)\s$", "", before, flags=re.IGNORECASE), re.sub(r"^ ones?\b", "", after)
        return ended(f"{before}“{item}”{after}", "en")
    return ended(f"{before}「{item}」{after}" if language in {"ja", "zh"} else f"{before}‘{item}’{after}", language)


def asked_instead(before: Parts, asked: Parts) -> str:
    """The question before with other words that ask: いつ in the place of どこで."""
    start, end = asked.asking or (0, 0)
    asks = asked.text[start:end]
    if before.asking and before.language == asked.language:
        return ended(before.replaced(before.asking, asks), before.language)
    return joined(before.told, asks, before, asked.language)


def why_asked(before: Parts, why: str, named: str = "") -> str:
    """The question before, asked for its reason; `named` is what was answered to it."""
    asks = re.sub(r"(?i) not$", "", trim(why))
    if before.language == "en" and re.fullmatch(r"[A-Za-z ]+", asks):
        told = before.told
        if asks != trim(why) and not before.asking and before.topic and before.topic in told:
            told = told.replace(before.topic, f"{before.topic} not", 1)  # did tourists not use it?
        return f"{asks} {told[:1].lower()}{told[1:]}{f' ({named})' if named else ''}?"
    if before.language == "zh":
        return ended(f"{asks}{before.told}{f'（{named}）' if named else ''}", "zh")
    if before.language == "ja":
        return ended(f"{before.told}{f'（{named}）' if named else ''}、{asks}", "ja")
    return ended(f"{before.told} {named} {asks}" if named else f"{before.told} {asks}", before.language)


def pointed(asked: Parts, span: Span, topic: str) -> str:
    """The question with what its pointing words stand for, which is `topic`."""
    pointing = asked.text[slice(*span)]
    if asked.language == "ja":
        return ended(_pointed_japanese(asked, span, topic), "ja")
    if asked.language == "en":
        return ended(_pointed_english(asked, span, topic), "en")
    if asked.language == "zh":
        of = {"其中": f"{topic}中", "其": f"{topic}的"}
        return ended(asked.replaced(span, of.get(pointing, topic)), "zh")
    return ended(asked.replaced(span, topic + _PARTICLES_KO.get(pointing, "")), "ko")


def _pointed_english(asked: Parts, span: Span, topic: str) -> str:
    pointing, rest = asked.text[slice(*span)].lower(), asked.text[span[1] :]
    if pointing in {"this", "that", "these", "those"} and rest.strip():
        noun = rest.split()[0]
        if noun.lower() in topic.lower().split():
            return asked.replaced((span[0], span[1] + 1 + len(noun)), topic)
        return f"{asked.text} ({topic})"
    owns = pointing in {"its", "their", "theirs", "his", "her"} and rest[:1] == " "
    return asked.replaced(span, topic + ("’" if topic.endswith("s") else "’s") if owns else topic)


def _pointed_japanese(asked: Parts, span: Span, topic: str) -> str:
    pointing = asked.text[slice(*span)]
    if pointing in {"その", "この"}:
        noun = next((asked.text[slice(*slot)] for slot in asked.slots if slot[0] == span[1]), "")
        if noun and noun in topic:
            named = topic[: topic.index(noun) + len(noun)]
            return asked.replaced((span[0], span[1] + len(noun)), named)
        return asked.replaced(span, f"{topic}の")
    return asked.replaced(span, {"そのうち": f"{topic}のうち", "それぞれ": f"{topic}のそれぞれ"}.get(pointing, topic))


def about_another_side(before: Parts, phrase: str, language: str) -> str:
    """A question for another side of what the question before was about: the return rate of the questionnaire."""
    topic = before.topic or before.told
    if language == "ja":
        return ended(f"{topic}の{phrase}は", "ja")
    if language == "zh":
        return ended(f"{topic}的{phrase}", "zh")
    if language == "ko":
        return ended(f"{topic}의 {phrase}은", "ko")
    return ended(f"{phrase}: {before.told}", "en")


def joined(topic: str, text: str, before: Parts, language: str) -> str:
    """The question with what it is about before it."""
    if not topic:
        return ended(text, language)
    if language == "en":
        return ended(f"{text} ({topic})", "en")
    between = {"ja": "は、" if topic == before.topic else "、", "zh": "，"}.get(language, " ")
    return ended(f"{topic}{between}{text}", language)


def ended(text: str, language: str) -> str:
    """A question with its mark, and a capital in English."""
    text = trim(text)
    return text[:1].upper() + text[1:] + ("？" if language in {"ja", "zh"} else "?")
