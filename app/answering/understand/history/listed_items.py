"""An item of what was answered (the second one, 2つ目): as the answer lists it, or as the document goes on after it."""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import takewhile

from app.answering.types import Answer, Citation
from app.answering.understand.message.question_parts import trim

_LAST = re.compile(r"\blast\b|最後|最后|마지막", re.IGNORECASE)
_ORDER = (
    "first|[1１一](?:つ目|番目|点目)|第[1一]|첫",
    "second|[2２二](?:つ目|番目|点目)|第[2二]|두",
    "third|[3３三](?:つ目|番目|点目)|第[3三]|세",
    "fourth|[4４四](?:つ目|番目|点目)|第[4四]|네",
    "fifth|[5５五](?:つ目|番目|点目)|第[5五]|다섯",
)
# What marks an item: (1), (P1), ①, 第一に, 1つ目, first. The letter of (P1) names the item.
_MARKS = tuple(
    re.compile(
        rf"[(（](?P<letter>[A-Z])?{number}[)）]|{circled}|第[{number}{kanji}](?:に|は、|の)|[{number}{kanji}](?:つ目|点目)"
        rf"|\b{english},|{chinese}|{korean}",
        re.IGNORECASE,
    )
    for number, circled, kanji, english, chinese, korean in (
        ("1", "①", "一", "first(?:ly)?", "首先|第一，", "첫째"),
        ("2", "②", "二", "second(?:ly)?", "其次|第二，", "둘째"),
        ("3", "③", "三", "third(?:ly)?", "再次|第三，", "셋째"),
        ("4", "④", "四", "fourth(?:ly)?", "第四", "넷째"),
        ("5", "⑤", "五", "fifth(?:ly)?", "第五", "다섯째"),
    )
)
_FINAL_MARK = re.compile(r"\b(?:finally|lastly),|最後に、|最后，|마지막으로", re.IGNORECASE)
_CITED = re.compile(r"(?:\[\d++\]\s*+)++")
_LISTED = re.compile(r"、|，|;|；|, (?:and )?| and |及び|および|和|与|그리고")
_ENDS = re.compile(r"[。.;；](?=\s|[^\d])|\n|\[\d")
_PARTS, _FEW_PARTS = re.compile(r"[;；] ?|, (?:and )?(?=[A-Z])"), 2  # of a paragraph that is a list, without marks
_LONGEST_ITEM = 100  # characters
_LONGEST_PARAGRAPH = 250  # characters of an item that is a paragraph of its own
_FIGURE = re.compile(r"^\d|\d\s?[%％\u4e00-\u9fff가-힣]")  # 18 lanes, およそ3千人; not GPT-2
_MOST_NAMED, _LONGEST_NAME = 2, 60  # quotations that are looked at for a name, and its characters
_LONGEST_NAMED = 30  # characters of an item that only a comma parts from the next


def listed_item(ordinal: str, lists: Iterable[Sequence[str]]) -> str:
    """The item with this ordinal (the second one) of the first list that is long enough; "" if none is."""
    place = next((place for place, names in enumerate(_ORDER) if re.search(names, ordinal, re.IGNORECASE)), None)
    if place is None:
        if not _LAST.search(ordinal):
            return ""
        place = -1
    return next((items[place] for items in lists if len(items) > max(place, 1)), "")


def named_in(answer: Answer | None) -> list[str]:
    """What the marked words of an answer's first quotations name, at most two; no figures."""
    spans = [citation.span for citation in answer.citations[:_MOST_NAMED]] if answer else []
    return [span for span in spans if span and len(span) <= _LONGEST_NAME and not _FIGURE.search(span)]


def lists_of(
    answer_text: str, answered: Callable[[], Answer | None], text_after: Callable[[Citation], str]
) -> Iterator[list[str]]:
    """The lists that an answer may contain, the likeliest first.

    Marked items, lists in the text after its quotations, its sentences, names between commas.

    `answer_text` is the text of the last answer, if known; `answered` answers the question before again.
    """
    yield _marked(answer_text)
    answer = answered()
    if answer and answer.abstained:
        answer = None
    for text in (answer.text, *map(text_after, answer.citations)) if answer else ():
        yield _marked(text)
        yield _after_colon(text)
    sentences = [trim(sentence) for sentence in _CITED.split(answer_text)] if answer_text else []
    if answer and not answer_text:
        sentences = [trim(sentence.text) for sentence in answer.sentences if sentence.citations]
    yield [sentence[:_LONGEST_ITEM] for sentence in sentences if sentence]
    named = [trim(name) for name in _LISTED.split(_CITED.sub("", " ".join(sentences))) if trim(name)]
    yield named if all(len(name) <= _LONGEST_NAMED for name in named) else []


def _marked(text: str) -> list[str]:
    """What stands behind the marks (1), (2), … or first, second, … of a text, each to the end of its sentence."""
    items: list[str] = []
    start = 0
    for mark in _MARKS:
        match = mark.search(text, start)
        match = match or (_FINAL_MARK.search(text, start) if len(items) > 1 else None)
        if not match:
            break
        start = match.end()
        end = _ENDS.search(text, start)
        letter = match.groupdict().get("letter")
        item = trim(text[start : end.start() if end else None])[:_LONGEST_ITEM]
        items.append(f"{trim(match.group()).strip('()（）')}: {item}" if letter else item)
    return items


def _after_colon(text: str) -> list[str]:
    """The paragraphs that a sentence with a colon at its end leads to, or the parts of the one that it leads to."""
    lead, _, rest = text.partition("\n")
    if not lead.rstrip().endswith((":", "：")):
        return []
    parts = _PARTS.split(rest.strip().partition("\n")[0])
    if len(parts) > _FEW_PARTS:
        return [trim(part)[:_LONGEST_ITEM] for part in parts]
    items = [trim(paragraph) for paragraph in rest.split("\n") if trim(paragraph)]
    items = list(takewhile(lambda paragraph: len(paragraph) <= _LONGEST_PARAGRAPH, items))
    return [paragraph[:_LONGEST_ITEM] for paragraph in items]
