"""What a question asks: the kind of thing it wants, and the form that it comes in."""

import re
from typing import Literal

from retriever.text import fold

Kind = Literal["percentage", "date", "number", "person", "place", "organisation", "reason", "list", "definition", "any"]

# In the order in which they are tried: the narrower kind first. Japanese, English, Chinese, Korean.
_ASKED_WORDS: dict[Kind, tuple[str, ...]] = {
    "percentage": (
        r"何(?:%|パーセント|割|分の)|(?:割合|比率|率|シェア)(?:は|を|が|って)",
        r"\bpercent|\bwhat (?:share|rate|proportion)|tariff rate",
        r"百分之|百分比|比例是|率是",
        r"퍼센트|몇 ?%|비율|몇 프로",
    ),
    "date": (
        r"いつ|何(?:年|月|日|世紀|時)|年月日|日付",
        r"\bwhen\b|what (?:year|date|day|month)|which (?:year|date)",
        r"(?:哪|何|几)(?:一)?(?:年|月|天|日)|什么时候|何时",
        r"언제|몇 ?(?:년|월|일)|며칠|날짜",
    ),
    "number": (
        r"何(?:人|名|回|度|個|つ|本|件|[カかヵ]国|位|番|倍|社|字|歳|メートル|キロ|円|ドル|点|ポイント|[週日年]間)",
        r"いく[つら]|どの?[くぐ]らい|どれ(?:[くぐ]らい|だけ)|第何|(?:人口|面積|金額|数|額)は",
        r"\bhow (?:many|much|long|old|far|often|high|large|big)\b",
        r"多少|几",
        r"몇|얼마",
    ),
    "person": (r"誰|だれ|何者|人物|氏名", r"\bwho(?:se|m)?\b", r"谁|哪位", r"누구|누가"),
    "place": (
        r"どこ|何処|何(?:県|市|国|州|町)|どの(?:国|都市|場所|地域)",
        r"\bwhere\b|which (?:country|city|place)",
        r"哪里|哪儿|在哪|哪个国家",
        r"어디|어느 나라",
    ),
    "organisation": (
        r"どの(?:会社|組織|機関|団体|大学|企業)|何という(?:会社|組織|団体)",
        r"which (?:organi[sz]ation|company|agency)",
        r"哪个(?:机构|公司|组织)",
        r"어느 (?:기관|회사|단체)",
    ),
    "reason": (
        r"なぜ|何故|どうして|理由|原因|わけ",
        r"\bwhy\b|reason|cause",
        r"为什么|为何|原因",
        r"왜|이유|까닭",
    ),
    "definition": (
        r"とは[?？]?$|とは(?:何|なに|どのような|どういう)|の(?:定義|意味)",
        r"\bwhat (?:is|are) (?:an? )?\w+\??$",
        r"什么是|是什么意思",
        r"무엇인가|(?:이)?란 무엇",
    ),
    "list": (
        r"(?:挙げ|列挙)|どのような(?:もの|国|点|分野)|何と何|つは(?:何|なに)|すべて|それぞれ|[2-9二三四五六七八九]つの",
        r"\bwhat are\b|\blist\b|which .*s\b|\b(?:two|three|four|five|six) \w+s\b",
        r"哪些|列举|哪[两三四五]",
        r"어떤 것들|무엇무엇|가지",
    ),
}
_ASKED = tuple((kind, re.compile("|".join(patterns))) for kind, patterns in _ASKED_WORDS.items())
_LIST = dict(_ASKED)["list"]


def kind_asked(question: str) -> Kind:
    """The kind of thing that `question` asks for; "any" where it does not show."""
    folded = fold(question)
    return next((kind for kind, pattern in _ASKED if pattern.search(folded)), "any")


def asks_for_list(question: str) -> bool:
    """Whether the question wants several things named, of whatever kind (四つの理由を挙げて asks for reasons)."""
    return bool(_LIST.search(fold(question)))


_HOLDS: dict[Kind, re.Pattern[str]] = {
    "percentage": re.compile(r"\d\s*(?:%|パーセント|ポイント|割)|[一二三四五六七八九]割|分の|percent|percentage"),
    "date": re.compile(
        r"\d{3,4}\s*年|\d\s*月|\d\s*日|世紀|(?:明治|大正|昭和|平成|令和|慶応|天正|元禄)|年代|\b[12]\d{3}\b"
        r"|january|february|march|april|may|june|july|august|september|october|november|december"
    ),
    "number": re.compile(
        r"\d|[一二三四五六七八九十百千万億兆][人名回度個つ本件国位番倍社字歳年月日週]|数[日週カヵか年]"
    ),
    "reason": re.compile(
        r"ため|から|ので|により|によって|理由|原因|として|よって|背景|目的|because|due to|since|so that|in order"
    ),
    "definition": re.compile(r"とは|である|という|指す|いわゆる|呼ばれ|通称|略|:|means|refers|is an?\b"),
}


# The units in which the answer to a question for an amount comes, by the noun that asks for it.
_ASKED_FOR = r"(?:は|を|って|[?？]|$)"
_UNITS = tuple(
    (re.compile(noun), unit)
    for noun, unit in (
        (
            rf"(?:価格|値段|金額|収入|費用|予算|賃金|売上){_ASKED_FOR}|いくら",
            r"円|ドル|ユーロ|ウォン|元|dollar|\$|€|yen",
        ),
        (
            r"\bhow much (?:money|did|does|do|was|is)\b|\bwhat (?:price|cost)",
            r"円|ドル|ユーロ|ウォン|元|dollar|\$|€|yen|%",
        ),
        (rf"何[人名](?!か)|(?:人数|人口){_ASKED_FOR}", r"人|名|people"),
        (rf"部数{_ASKED_FOR}", r"部"),
        (rf"面積{_ASKED_FOR}", r"平方|ヘクタール|坪|km|㎡"),
        (rf"(?:高さ|標高|長さ|距離|深さ){_ASKED_FOR}", r"メートル|キロ|センチ|マイル|m\b|km"),
        (rf"年齢{_ASKED_FOR}|何歳", r"歳|才"),
        (rf"回数{_ASKED_FOR}|何[回度]", r"回|度"),
        (rf"順位{_ASKED_FOR}|何[位番]", r"位|番"),
        (r"何[かカヵヶ箇]国", r"国"),
        (r"何分間?(?!の)|何時間|何秒", r"分|時間|秒"),
    )
)


def holds(kind: Kind, question: str, text: str) -> bool:
    """Whether `text` has the form of an answer to a question of this kind; True for kinds without a form.

    An amount must come in a unit that fits the question, where it shows which (価格: 円, ドル …; 何人: 人).
    """
    folded = fold(text)
    asked = fold(question)
    units = [unit for noun, unit in _UNITS if noun.search(asked)]
    if units and kind in {"number", "any"}:
        return any(
            re.search(rf"(?:\d|[一二三四五六七八九十百千万億兆数])[^\d、。]{{0,3}}(?:{unit})", folded) for unit in units
        )
    pattern = _HOLDS.get(kind)
    return pattern is None or bool(pattern.search(folded))


def has_form(kind: Kind, question: str) -> bool:
    """Whether the question shows what form its answer has."""
    return kind != "any" or any(noun.search(fold(question)) for noun, _ in _UNITS)
