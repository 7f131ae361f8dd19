"""What a follow-up leaves out or points to, put into its words from the question before."""

import re

from app.answering.understand.question_parts import Parts, Span, trim

_ITEM_ENDS = re.compile(r"(?:\[\d++\]\s*+)++")
_LISTED = re.compile(r"、|，|;|；|, (?:and )?| and |及び|および|和|与|그리고")
_ORDER = (
    "first|[1１一](?:つ目|番目|点目)|第[1一]|첫",
    "second|[2２二](?:つ目|番目|点目)|第[2二]|두",
    "third|[3３三](?:つ目|番目|点目)|第[3三]|세",
    "fourth|[4４四](?:つ目|番目|点目)|第[4四]|네",
    "fifth|[5５五](?:つ目|番目|点目)|第[5五]|다섯",
)
_LAST = re.compile(r"\blast\b|最後|最后|最後の|마지막", re.IGNORECASE)


_MARKS = tuple(
    rf"[(（]{number}[)）]|{circled}|第[{number}{kanji}]に|[{number}{kanji}](?:つ目|点目)|\b{english},|{chinese}|{korean}"
    for number, circled, kanji, english, chinese, korean in (
        ("1", "①", "一", "first(?:ly)?", "首先", "첫째"),
        ("2", "②", "二", "second(?:ly)?", "其次", "둘째"),
        ("3", "③", "三", "(?:third(?:ly)?|finally)", "再次", "셋째"),
        ("4", "④", "四", "fourth(?:ly)?", "第四", "넷째"),
        ("5", "⑤", "五", "fifth(?:ly)?", "第五", "다섯째"),
    )
)
_LONGEST_ITEM = 100  # characters


def listed_item(ordinal: str, answer: str) -> str:
    """The item of an answer that an ordinal names (the second one, 2つ目); empty where it has no such item."""
    place = next((place for place, names in enumerate(_ORDER) if re.search(names, ordinal, re.IGNORECASE)), None)
    if place is not None and (marked := _marked_item(place, answer)):
        return marked
    items = [trim(one) for one in _ITEM_ENDS.split(answer) if trim(one)]
    if len(items) < 2:
        items = [trim(one) for one in _LISTED.split(answer) if trim(one)]
    if len(items) > 1 and _LAST.search(ordinal):
        return items[-1]
    return items[place][:_LONGEST_ITEM] if place is not None and 1 < len(items) > place else ""


def _marked_item(place: int, answer: str) -> str:
    """What stands behind the mark of a place in an answer ((2), 第二に, second,), to the next mark or full stop."""
    mark = re.search(_MARKS[place], answer, re.IGNORECASE)
    if not mark:
        return ""
    rest = answer[mark.end() :][:_LONGEST_ITEM]
    ends = re.compile(
        r"[。.;；\n]|\[\d" + "".join(f"|{other}" for other in _MARKS[place + 1 : place + 2]), re.IGNORECASE
    )
    end = ends.search(rest)
    return trim(rest[: end.start()] if end else rest)


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
    if named:
        return ended(
            f"{before.told}（{named}）、{asks}" if before.language == "ja" else f"{before.told} {named} {asks}",
            before.language,
        )
    return ended(f"{before.told}、{asks}" if before.language == "ja" else f"{before.told} {asks}", before.language)


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
    particle = {"그건": "은", "이건": "은", "그게": "이", "그중": "중", "그 중": "중", "그": "의"}
    return ended(asked.replaced(span, topic + particle.get(pointing, "")), "ko")


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
