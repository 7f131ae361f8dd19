"""Find an item of the last answer (the second one, 2つ目), in the answer or in the document's text after it."""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import takewhile

from app.answering.types import Answer, Citation
from app.answering.understand.message.question_parts import is_verb, trim
from retriever.numerals import KANJI_DIGITS, kanji_value
from retriever.text import content_words, language_of

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
_MOST_NAMED, _LONGEST_NAME = 2, 60  # quotations in which a name is looked for; characters of a name
_LONGEST_NAMED = 30  # characters of an item in a list with commas alone
# A number in a question and the noun that it counts (three rounds, 4つの目的).
_COUNTED = {
    "ja": re.compile(
        rf"(?P<count>[1-9{KANJI_DIGITS[1:]}])(?:つ|種類|点)の(?P<noun>[\u4e00-\u9fff\u30a1-\u30ffー]{{1,12}})"
    ),
    "en": re.compile(
        r"\b(?P<count>two|three|four|five|six|[2-9])\s(?:[a-z-]+\s){0,3}?(?P<noun>[a-z]+s)\b", re.IGNORECASE
    ),
    "zh": re.compile(
        rf"(?P<count>[两兩{KANJI_DIGITS[2:7]}2-6])(?:个|個|种|種|项|項|条|條|点|點)(?P<noun>[\u4e00-\u9fff]{{2}})"
    ),
    "ko": re.compile(
        r"(?P<count>두|세|네|다섯|[2-6])\s?(?:가지|개)의?\s(?P<noun>[가-힣]{2,8}?)(?=[은는이가을를의]?(?:\s|$))"
    ),
}
_COUNTS = {"two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "两": 2, "兩": 2, "두": 2, "세": 3, "네": 4, "다섯": 5}
# Names in a row inside a sentence; `_BEFORE_ROW` and `_BEHIND_ROW` match words that are no part of the first and last
# one.
_ROW = {
    "ja": re.compile(
        r"(?:(?:(?!および|及び|または)[^、。\s「」（）()やとはがをにで]){1,20}+(?:、|や|および|及び|または|と)(?!は)){2,12}+"
        r"[^、。\s「」（）()やとはがをにでなとの]{1,20}+"
    ),
    "en": re.compile(r"(?:[^,;:.()“”\"]{2,60}, ){1,12}[^,;:.()“”\"]{2,60}?,? (?:and|or) [^,;:.()“”\"]{2,60}"),
    "zh": re.compile(
        r"(?:[^、，。；：（）()]{1,20}、){1,12}[^、，。；：（）()]{1,20}(?:[和及与或以][及]?[^、，。；：（）()]{1,20})?"
    ),
    "ko": re.compile(r"(?:[^,.;:()]{1,30}, ){2,12}[^,.;:()\s]{1,20}"),
}
_IN_ROW = {
    "ja": re.compile(r"、|や|および|及び|または|と"),
    "en": re.compile(r",? (?:and|or) |, "),
    "zh": re.compile(r"、|以及|[和及与或]"),
    "ko": re.compile(r", |그리고 "),
}
_FEWEST_IN_ROW = 3
_BEFORE_ROW = re.compile(
    r"^.*\b(?:are|is|were|was|includ(?:e|es|ed|ing)|as|of|in|to|for|with|by|the|on|from|have|has|using|into|between)\s"
    r"|^.*(?:包括|是|有|为|為)|^.*[은는]\s"
)
_BEHIND_ROW = re.compile(r"\s(?:are|is|were|was|in|to|for|with|by|on|from|have|has|that|which|as|at)\b.*$|等.*$| 등.*$")


def counted_things(question: str) -> tuple[int, str]:
    """The number and the noun that a question counts: (3, "rounds") in "the three rounds"; (0, "") for no number."""
    match = _COUNTED[language_of(question)].search(question)
    if not match:
        return 0, ""
    count = match["count"].lower()
    return _COUNTS.get(count) or (int(count) if count.isdigit() else kanji_value(count)), match["noun"]


def noun_behind(text: str, end: int) -> str:
    """The noun right after an ordinal that ends at `end` (the second round); "" for "the second one", 2番目の税率."""
    language, rest = language_of(text), text[end:]
    if language == "en":
        match = re.match(r"\s(?!ones?\b)([a-z]{3,})", rest, re.IGNORECASE)
        return match[1] if match and content_words(match[1]) and not is_verb(match[1]) else ""
    match = re.match({"zh": r"([\u4e00-\u9fff]{2})", "ko": r"\s?([가-힣]{2})"}.get(language, r"(?!)"), rest)
    return match[1] if match and not match[1].startswith(("是", "的", "呢")) else ""


def singular(noun: str) -> str:
    """An English noun without its plural ending; other words as they are."""
    return re.sub(r"ies$", "y", noun) if noun.endswith("ies") else re.sub(r"(?<=[^s])s$", "", noun)


def listed_item(ordinal: str, lists: Iterable[Sequence[str]], count: int = 0) -> str:
    """The item with this ordinal (the second one) of the first list that is long enough; "" if none is.

    If the question asked for `count` items (0: unknown), the list must have as many.
    """
    place = next((place for place, names in enumerate(_ORDER) if re.search(names, ordinal, re.IGNORECASE)), None)
    if place is None:
        if not _LAST.search(ordinal):
            return ""
        place = -1
    return next((items[place] for items in lists if len(items) > max(place, 1) and count in {0, len(items)}), "")


def named_in(answer: Answer | None) -> list[str]:
    """The marked words in an answer's first two quotations, if they are short and no figure."""
    spans = [citation.span for citation in answer.citations[:_MOST_NAMED]] if answer else []
    return [span for span in spans if span and len(span) <= _LONGEST_NAME and not _FIGURE.search(span)]


def lists_of(
    answer_text: str,
    answered: Callable[[], Answer | None],
    text_after: Callable[[Citation], str],
    *,
    of_names: bool = False,
) -> Iterator[list[str]]:
    """The lists that an answer may contain, the likeliest first.

    In this order: marked items, lists in the text after its quotations, names in a row in its first sentence if the
    question asked for names (`of_names`), its sentences, names between commas.

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
    if of_names and sentences:
        yield names_in_row(sentences[0])
    yield [sentence[:_LONGEST_ITEM] for sentence in sentences if sentence]
    named = [trim(name) for name in _LISTED.split(_CITED.sub("", " ".join(sentences))) if trim(name)]
    yield named if all(len(name) <= _LONGEST_NAMED for name in named) else []


def names_in_row(sentence: str) -> list[str]:
    """Three or more names in a row in a sentence: fitness, obesity, diet and brain; [] if there are none."""
    language = language_of(sentence)
    row = _ROW[language].search(sentence)
    if not row:
        return []
    first, *others = _IN_ROW[language].split(row.group())
    names = [_BEFORE_ROW.sub("", first), *others[:-1], _BEHIND_ROW.sub("", others[-1])]
    names = [trim(re.sub(r"^(?:the|a|an)\s", "", trim(name))) for name in names]
    is_row = len(names) >= _FEWEST_IN_ROW and all(name and len(name) <= _LONGEST_NAMED for name in names)
    return names if is_row else []


def _marked(text: str) -> list[str]:
    """The items after the marks (1), (2), … or first, second, … of a text, each to the end of its sentence."""
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
    """The items after a first line that ends in a colon: parts of the next paragraph, or else whole paragraphs."""
    lead, _, rest = text.partition("\n")
    if not lead.rstrip().endswith((":", "：")):
        return []
    parts = _PARTS.split(rest.strip().partition("\n")[0])
    if len(parts) > _FEW_PARTS:
        return [trim(part)[:_LONGEST_ITEM] for part in parts]
    items = [trim(paragraph) for paragraph in rest.split("\n") if trim(paragraph)]
    items = list(takewhile(lambda paragraph: len(paragraph) <= _LONGEST_PARAGRAPH, items))
    return [paragraph[:_LONGEST_ITEM] for paragraph in items]
