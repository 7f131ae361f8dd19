"""Recognise questions about a document as a whole, and small talk.

A model over the question's vector tells which kind it is; words that no such question uses speak against it. Certain
signs are told by patterns: the number of a section or table, a comparison of two things, a request to sum something up.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import get_args

from app.answering.understand.intent_model import Aspect, IntentModel, Smalltalk, intent_model
from retriever.numerals import KANJI_NUMERALS, kanji_value, roman_value
from retriever.text import fold
from retriever.types import Query

LAST = (-1,)  # the number of "the last section"
# The least chance that a question is none for passages: by how many characters of it no example uses.
_SURE_OF_FAMILIAR, _SURE, _SURE_OF_UNFAMILIAR, _SURE_WITH_SIGN = 0.35, 0.5, 0.85, 0.3
_FEW, _MOST_UNFAMILIAR = 1, 2
_LONGEST_SMALLTALK = 40  # characters
_DIGITS = rf"[0-9{KANJI_NUMERALS}]{{1,3}}"
_ORDINALS = "first second third fourth fifth sixth seventh eighth ninth tenth".split()
_SECTION = re.compile(
    rf"第?\s*({_DIGITS}(?:\.[0-9]{{1,2}})*)\s*(?:節|章|节|部分|절|장)(?!税)"
    r"|제?\s*([0-9]{1,2}(?:\.[0-9]{1,2})*)\s*(?:절|장)"
    r"|\b(?:section|chapter|sec\.|part|§)\s*([0-9]{1,2}(?:\.[0-9]{1,2})*|[ivx]{1,4})\b"
    rf"|\b({'|'.join(_ORDINALS)})\s+(?:section|chapter|part)\b"
)
_LAST_SECTION = re.compile(
    r"最後の(?:節|章)|最終(?:節|章)|\b(?:last|final) (?:section|chapter|part)\b|最后一[节章]|마지막 ?(?:절|장)"
)
_PART_NAMED = re.compile(
    r"節|章|部分|パート|箇所|セクション|では|で(?:は)?述べ|のところ|\bsection\b|\bchapter\b|\bpart\b|\bin the\b|\bthe\b|节|部分|절|부분|에서"
)
_TABLE = re.compile(
    rf"第\s*({_DIGITS})\s*表|表格?\s*({_DIGITS})(?!\d)|\btable\s*({_DIGITS})(?!\d)|표\s*({_DIGITS})(?!\d)"
)
_SHOWS = re.compile(
    r"見せ|示し|表示|内容|全体|全部|説明|まとめ|要約|出して|何が|何を|show|display|give|print|whole|content|explain|describe|summari[sz]|what"
    r"|显示|展示|给我看|内容|说明|什么|보여|표시|내용|설명|요약|무엇|뭐"
)
_POINTS = re.compile(
    rf"({_DIGITS})\s*(?:つ|点|個|項目|箇条|个|条|가지|개)|\b(one|two|three|four|five|six|seven|eight|[2-9])\s+(?:\w+\s+)?"
    r"(?:points|bullets?|findings|arguments|takeaways|sentences|ideas|things|items|results|claims|contributions|lines)"
    r"|(세|네|다섯|두)\s*(?:가지|개|줄)"
)
_COUNTS = {name: count for count, name in enumerate("one two three four five six seven eight".split(), 1)}
_COUNTS |= {"두": 2, "세": 3, "네": 4, "다섯": 5}
_MOST_POINTS = 8
_COMPARED = tuple(
    re.compile(pattern)
    for pattern in (
        r"^(.{1,40}?)と(?:、)?(.{1,40}?)(?:と)?(?:の|を|は|とでは|における|について)?(?:違い|相違点?|差異|共通点|異同|比較|対比)"
        r"(?:は|を|が|に|って|について|し)?[^、。]{0,14}$",
        r"^(.{1,40}?)と(.{1,40}?)(?:は|では)(?:どう|どのように|何が)(?:違|異な)[^、。]{0,8}$",
        r"^(.{1,40}?)と(.{1,40}?)を(?:比べ|見比べ)(?:て(?:くだ|下さ|み|ほし|$)|ると|よ)",
        r"\bcompar(?:e|ison of) (.{1,60}?)\s+(?:and|with|to|versus|vs\.?)\s+(.{1,60})",
        r"\b(?:differences?|contrast|distinction|similarit(?:y|ies))\s+(?:is there |are there )?between (.{1,60}?) and (.{1,60})",
        r"\bhow (?:do|does|did|is|are) (.{1,60}?) (?:differ|different) from (.{1,60})",
        r"\bhow (?:do|does|did|are) (.{1,60}?) and (.{1,60}?) (?:differ|different|compare)",
        r"^contrast (.{1,60}?) (?:and|with) (.{1,60})|^(.{1,60}?) (?:vs\.?|versus) (.{1,60})",
        r"(?:比较|對比|比較|对比)(?:一下)?(.{1,40}?)(?:和|与|與|跟|同)(.{1,40})",
        r"(.{1,40}?)(?:和|与|與|跟)(.{1,40}?)(?:之间)?(?:的|有什么|有何|有哪些)\s*(?:主要)?(?:区别|差别|差异|不同|异同|區別|差異)",
        r"(.{1,40}?)(?:와|과|랑|하고)\s*(.{1,40}?)(?:의|를|을|은|는)?\s*(?:차이|비교|다른 ?점|어떻게 다른)",
    )
)
_LONGEST_COMPARISON = 120  # characters of a question
_POLITE = r"(?:ください|下さい|ほしい|もらえますか|いただけますか|くれますか|くれる)?"
_SUMMED = re.compile(
    rf"(?:まとめ|要約し|整理し|概説し)て{_POLITE}$|(?:の|を)(?:まとめ|要約)(?:をお願い.{{0,6}})?$"
    r"|^(?:please |can you |could you )?(?:summari[sz]e|sum up|give (?:me )?(?:a|an) (?:summary|overview) of)\b"
    r"|(?:总结|概括|归纳|概述|總結)|(?:요약|정리)(?:을|를)?\s*(?:해|부탁)"
    # what the authors did, and how
    r"|^how (?:do|did|have) (?:the )?(?:authors?|researchers?) |^(?:著者|筆者)(?:ら|たち)?は.*(?:どのように|どうやって|どんな方法で)"
    r"|作者(?:们)?(?:是)?(?:如何|怎么|怎样)|저자(?:들)?[은는이가].*어떻게"
)
_SECTION_ON = re.compile(
    r"\bsections? (?:on|about|called|titled|entitled|named)\b|[」』](?:の|という)(?:節|章|部分|セクション)|부분에서|[」』]では何が"
)
_ASPECTS, _TALK = frozenset(get_args(Aspect)), frozenset(get_args(Smalltalk))


@dataclass(frozen=True, slots=True)
class OverviewRequest:
    """What a question asks of a document as a whole.

    - `number`: the section (2.1 → (2, 1), LAST) or table that is meant; () where a section is named, or all is meant
    - `points`: how many points are wanted; 0 where that is not said
    - `things`: the two things that are compared
    - `unfamiliar`: how much of the question is about something of its own
    """

    aspect: Aspect
    number: tuple[int, ...] = ()
    points: int = 0
    things: tuple[str, ...] = ()
    unfamiliar: int = 0


def overview_request(query: Query, encoder: str, titles: Iterable[str]) -> OverviewRequest | Smalltalk | None:
    """What a question asks of a document as a whole, or what kind of small talk it is; None for other questions.

    `encoder` is the one that made its vector: with another than the model was fitted for, only certain signs count.
    """
    model = intent_model()
    text = without_titles(query.text, titles)
    unfamiliar = model.unfamiliar(text)
    if table := _table(text, model):
        return table
    if section := _numbered_section(text, model):
        return section
    folded = fold(text).strip(" ?？。.!！")
    if _SECTION_ON.search(folded):
        return OverviewRequest("section", unfamiliar=unfamiliar)
    if things := _compared(folded):
        return OverviewRequest("compare", things=things, unfamiliar=unfamiliar)
    if encoder != model.encoder:
        return None
    chances = model.chances(query.vector)
    other = 1 - chances["passage"]
    talk = sum(chances[name] for name in _TALK)
    least = _SURE_OF_UNFAMILIAR if unfamiliar > _FEW else _SURE if unfamiliar else _SURE_OF_FAMILIAR
    if other >= least and unfamiliar <= _MOST_UNFAMILIAR:
        label = max(
            (name for name in chances if (name in _TALK) == (talk > other / 2) and name != "passage"),
            key=chances.__getitem__,
        )
        if label in _TALK and len(query.text) <= _LONGEST_SMALLTALK:
            return label  # type: ignore[return-value]
        if label in _ASPECTS:
            return OverviewRequest(label, points=_points(folded), unfamiliar=unfamiliar)  # type: ignore[arg-type]
    if chances["section"] >= _SURE_WITH_SIGN and _PART_NAMED.search(folded):
        return OverviewRequest("section", unfamiliar=unfamiliar)
    if unfamiliar > _FEW and _SUMMED.search(folded):
        return OverviewRequest("focus", points=_points(folded), unfamiliar=unfamiliar)
    return None


def without_titles(text: str, titles: Iterable[str]) -> str:
    """A question without the names of documents in it: whole titles, and words such as SAMSum that name one alone."""
    for title in titles:
        for name in names_of(title):
            text = re.sub(rf"[「『“\"《]?{re.escape(name)}[」』”\"》]?", " ", text, flags=re.IGNORECASE)
    return text


def names_of(title: str) -> list[str]:
    """What a document may be called by: its title, the title before its subtitle, names in it such as SAMSum, NATO."""
    bare = title.lstrip("# ").strip()
    main = re.split(r"\s*(?:[:：]|――|—|–| - )\s*", bare)[0]
    inner = re.findall(r"「([^」]+)」", bare)
    marked = re.findall(r"\b[A-Za-z]*[a-z][A-Z][A-Za-z0-9-]*\b|\b[A-Z]{2}[A-Za-z0-9-]*\b", bare)
    return sorted({name for name in (bare, main, *inner, *marked) if len(name) > 2}, key=len, reverse=True)


def _table(text: str, model: IntentModel) -> OverviewRequest | None:
    """A table that is asked for as a whole: nothing of what it holds is named."""
    folded = fold(text)
    match = _TABLE.search(folded)
    if not match:
        return None
    rest = folded[: match.start()] + " " + folded[match.end() :]
    bare = not re.sub(r"[\W_のをはについて表]", "", rest)
    if not bare and (model.unfamiliar(rest) > _FEW or not _SHOWS.search(rest)):
        return None
    return OverviewRequest("table", (_value(next(filter(None, match.groups()))),))


def _numbered_section(text: str, model: IntentModel) -> OverviewRequest | None:
    """A section that is asked for by its number, with nothing else that the question is about."""
    folded = fold(text)
    match = _SECTION.search(folded) or _LAST_SECTION.search(folded)
    if not match:
        return None
    rest = folded[: match.start()] + " " + folded[match.end() :]
    if model.unfamiliar(rest) > _MOST_UNFAMILIAR:
        return None
    told = next(filter(None, match.groups()), "") if match.groups() else ""
    number = tuple(map(_value, told.split("."))) if told else LAST
    return OverviewRequest("section", number, points=_points(rest))


def _compared(folded: str) -> tuple[str, ...]:
    """The two things that a question asks to compare; () for other questions."""
    if len(folded) > _LONGEST_COMPARISON:
        return ()
    for pattern in _COMPARED:
        if match := pattern.search(folded.strip(" ?？。.")):
            things = tuple(thing.strip(" 、,「」『』“”\"'") for thing in match.groups() if thing)
            return things if all(things) else ()
    return ()


def _points(folded: str) -> int:
    match = _POINTS.search(folded)
    if not match:
        return 0
    told = next(filter(None, match.groups()))
    return min(_MOST_POINTS, _COUNTS.get(told) or _value(told))


def _value(numeral: str) -> int:
    """The number that 5, 五, IV or "fourth" stands for."""
    if numeral.isdigit():
        return int(numeral)
    if numeral in _ORDINALS:
        return _ORDINALS.index(numeral) + 1
    return kanji_value(numeral) if numeral[0] in KANJI_NUMERALS else roman_value(numeral.upper())
