"""What a question asks: the kind of thing it wants, and the form that it comes in."""

import re
from typing import Literal

from retriever.text import fold

Kind = Literal["percentage", "date", "number", "person", "place", "organisation", "reason", "list", "definition", "any"]

_ENGLISH_PLURAL = r"\bwhich (?:\w+ )?(?!this|is|was|has|does|says|gives)\w+[^\Ws]s\b"
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
        rf"\bwhat are\b|\blist\b|{_ENGLISH_PLURAL}|\b(?:two|three|four|five|six) \w+s\b",
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
