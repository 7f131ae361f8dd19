"""Questions about sources: a work of the bibliography by its number or author, how many there are, what backs a claim.

Told by the forms in which they are asked in Japanese, English, Chinese and Korean. A question that merely holds a word
such as 参考 or "source" is none of them.
"""

import re
import unicodedata
from dataclasses import dataclass
from typing import Literal

from retriever.text import fold

Asks = Literal["number", "count", "all", "claim", "name"]


@dataclass(frozen=True, slots=True)
class SourceQuestion:
    """What is asked: works by `numbers`, how many there are, all of them, the source of `words`, the works by `words`.

    `words` are empty where the question points at a claim that it does not say (この主張の出典は？). `on_topic`: they
    name a topic on which the paper may cite something, not a claim.
    """

    asks: Asks
    numbers: tuple[int, ...] = ()
    words: str = ""
    on_topic: bool = False


_ENTRY = r"(?:参考|引用|참고\s?|인용\s?)?(?:文献|문헌)"
_N = r"(?:no\.?|#|第)?\s*(\d{1,3}|[一二三四五六七八九十]{1,3}(?=番|篇|つ|\]))(?!\d)"
_NO_AMOUNT = (
    r"(?!\s*(?:点|件|本|冊|個|つ(?!目)|編|种|篇(?!参考)|年|月|日|以上|以下|%|개|편|건|년"
    r"|million|billion|percent|years?|more|or ))"
)
_NUMBERED = re.compile(
    rf"{_ENTRY}(?:一覧|リスト|表|目录|目録|목록)?(?:の|で|の中の|中の|的|中的|의|에서)?\s*[\[(〔]?\s*{_N}\s*(?:番|번)?目?{_NO_AMOUNT}"
    rf"|[\[(〔]\s*(\d{{1,3}})\s*[\])〕]\s*(?:の|的|번|番)?\s*(?:参考)?(?:文献|참고\s?문헌)"
    rf"|第?\s*(\d{{1,3}}|[一二三四五六七八九十]{{1,3}})\s*(?:番目?|篇|条|번째?)\s*(?:の|的|의)?\s*(?:参考|引用|참고\s?|인용\s?)(?:文献|문헌)"
    rf"|\b(?:reference|ref\.?|citation|cited work|bibliography (?:entry|item|number)|source)s?\s*(?:no\.?|number|#)?\s*"
    rf"[\[(]?\s*(\d{{1,3}})(?![\d.%]){_NO_AMOUNT}"
    r"|\b(\d{1,3})(?:st|nd|rd|th) (?:reference|citation|cited work|entry (?:in|of) the (?:bibliography|references))\b"
    r"|^(?:what|who|which) (?:is|are|wrote) \[(\d{1,3})\]|^\[(\d{1,3})\]\s*(?:は|とは|って|是|은|는)"
)
_FURTHER = re.compile(
    r"\s*(?:[,、]|と|and|&|和|과|와)\s*(?:(?:参考)?文献|references?)?\s*[\[(]?\s*(\d{1,3})(?!\d)[\])]?"
)
_WORD_ORDER = re.compile(
    r"\b(first|second|third|fourth|fifth|sixth|seventh|eighth|ninth|tenth|last) (?:reference|citation|cited work)\b"
)
_ORDER = "first second third fourth fifth sixth seventh eighth ninth tenth".split()
LAST = -1  # the number of "the last reference"

_COUNT = re.compile(
    r"(?:参考|引用|挙げられた|引用された)文献(?:一覧|リスト)?(?:は|の数は|数は|の総数は|が|って)[^のち中、]{0,8}?"
    r"(?:いくつ|何[点件本冊個編]|どれ(?:くらい|ぐらい|だけ))"
    r"|文献を?(?:いくつ|何[点件本冊個編])(?:引用|参照|挙げ)"
    r"|(?:いくつ|何[点件本冊個編])の?(?:参考|引用)?文献(?:を|が)"
    r"|\bhow many (?:references|citations)\b(?! (?:to|by|from|about|are (?:by|from|about)))"
    r"|\bhow many (?:works|sources|entries|articles)\b.{0,30}\b(?:cites?|cited|bibliography|reference list)"
    r"|(?:参考|引用)文献(?:一共|共|总共|总数|数量)?(?:有|是)?(?:多少|几[篇条个种部])|引用了(?:多少|几)[篇条部]?文献"
    r"|참고\s?문헌(?:은|이|의 수는)?\s*(?:모두|전부|총)?\s*(?:몇|얼마)"
)
# These are the whole question: a list of some references, or of references to a thing, is another one.
_ALL = re.compile(
    r"(?:(?:この|本)?(?:論文|文書|本文)(?:の|が|で|に|中の)、?)?(?:(?:引用|参照)(?:した|している|されている)|挙げ(?:た|ている|られた))?"
    r"(?:全ての|すべての|全)?(?:参考|引用)?文献(?:(?:の)?(?:一覧|リスト|全て|すべて|全部))?"
    r"(?:(?:を|には?|は)?、?(?:全て|すべて|全部)?(?:一覧(?:に(?:して|する)|で)?|列挙(?:して)?|リスト(?:アップ|に)?(?:して)?|挙げて|並べて|"
    r"見せて|示して|教えて|出して|表示(?:して)?|何が?(?:あ(?:る|ります)|挙げられて(?:いる|います))?|どれ|どんなもの)+)?"
    r"(?:ください|下さい|くれますか|です)?か?"
    r"|(?:この|本)?(?:論文|筆者|著者)(?:は|が)(?:何|(?:どんな|どの|どのような|どういう|何の)(?:文献|資料|研究))を(?:引用|参照)"
    r"(?:して|し)(?:いますか|いるのか|いるか|いる|ていますか|たか|ましたか)"
    r"|(?:please |can you |could you )*(?:(?:list|show|give|print|tell)(?: me| us)?|what(?:'s|’s| is| are)) "
    r"(?:(?:all|an?|the|this|of|its|full|complete|whole|entire|paper's|list of|cited) ?)*"
    r"(?:references|bibliography|reference list|works cited|cited works|cited sources|sources cited)"
    r"(?: (?:of|in|for|cited in|cited by|used in|used by) (?:the|this) "
    r"(?:paper|article|text|document|author))?(?: please)?"
    r"|what (?:does|do|did) (?:the |this )?(?:paper|article|authors?|text) cite"
    r"|(?:which|what) (?:works|sources|references|documents|literature) (?:does|do|did|are|is) (?:the |this )?"
    r"(?:(?:paper|article|author|authors|text|it) (?:cite|reference|list|use)|cited|listed)"
    r"(?: in (?:the|this) (?:paper|article))?"
    r"|(?:请|請)?(?:列出|列举|显示|给出|告诉我)?(?:(?:这篇|该|本)?(?:论文|文章)的?)?(?:所有的?|全部的?)?(?:参考文献|引用文献)"
    r"(?:目录|列表|清单|一览|(?:都|一共|分别)?(?:有|是)(?:哪些|什么))?"
    r"|(?:这篇|该|本)?(?:论文|文章|作者)(?:都|一共)?引用了?(?:哪些|什么|哪几篇)(?:文献|资料|参考文献)"
    r"|(?:이|본)?\s*(?:논문|저자|필자)[은는이가]?\s*(?:무엇|어떤 (?:문헌|자료|연구))[을를]\s*"
    r"인용(?:했나요|하나요|합니까|했습니까|했는가)"
    r"|(?:(?:이|본)?\s*논문의?\s*)?(?:모든|전체)?\s*(?:참고|인용)\s?문헌(?:의)?\s*(?:목록|리스트|전체)?[을를은는이]?\s*"
    r"(?:모두|전부|다)?\s*(?:나열|열거|알려|보여|제시)?\s*(?:해)?\s*"
    r"(?:줘|주세요|주십시오|무엇(?:인가요|입니까|이 있나요))?"
)
_SOURCE_JA = r"(?:出典|典拠|引用元|引用文献|参照元|情報源)"
_CLAIM_WORD = r"(?:claim|statement|figure|number|statistic|data|quote|quotation|percentage|assertion|estimate)"
_WORKS = r"(?:sources?|references?|works?|citations?|studies|study|documents?|reports?|articles?)"
_CLAIMS = (
    re.compile(
        rf"^(.*?)(?:という|といった)?(?:の|についての|に関する|に対する|を示す|を裏付ける)?{_SOURCE_JA}"
        r"(?:は|って|とは|を|が|として|$)(?!.*(?:信頼|評価|管理|秘匿|守))"
    ),
    re.compile(r"^(?:どの|どちらの|何の|いずれの)(?:参考|引用)?文献(?:が|は)(.+?)を?(?:裏付け|支持し|示し|根拠)"),
    re.compile(
        r"^(.+?)(?:は|が)(?:どの|何の|いずれの)(?:参考|引用)?文献(?:に|を)(?:基づ|もとづ|依拠|よる|よって|引用|根拠)"
    ),
    re.compile(r"^(.+?)を(?:裏付け|支持す|支え)る(?:のは)?(?:どの)?(?:参考|引用)?文献"),
    re.compile(
        rf"\b(?:which|what) (?:of the )?{_WORKS}\b[^,]{{0,30}}?\b(?:supports?|backs? up|backs?|underl(?:ies|ie)|"
        rf"(?:is|are|was|were) (?:cited|given|quoted) (?:for|to support)|cited? (?:for|on|about|to support)|is behind) "
        rf"(.+)$"
    ),
    re.compile(r"\bwhat(?:'s|’s| is| are) the (?:sources?|references?|citations?) (?:for|behind) (.+)$"),
    re.compile(
        rf"\bwhat(?:'s|’s| is| are) the (?:sources?|references?|citations?) of "
        rf"((?:the |this |that )?{_CLAIM_WORD}s?\b.*)$"
    ),
    re.compile(rf"\bwhere (?:does|did|do) (?:the |this |that )?({_CLAIM_WORD}s?\b.*?) come from\b"),
    re.compile(r"^(.+?)的?(?:出处|出処|引用来源|文献来源|资料来源|数据来源|信息来源)(?:是|在|为|有|$)"),
    re.compile(r"哪[篇些个一]{0,2}(?:参考|引用)?文献(?:可以)?(?:支持|支撑|证明|佐证)了?(.+)$"),
    re.compile(r"^(.+?)(?:의|에 대한|에 관한)?\s*(?:출처|전거|인용\s?출처)(?:는|은|가|를|을|$)"),
    re.compile(r"^(.+?)[을를] 뒷받침하는 (?:문헌|자료|출처)"),
)
_TOPICS = (
    re.compile(
        r"^(.+?)(?:について|に関して|に対して|の(?:根拠|裏付け)として)(?:は)?、?(?:この|本)?(?:論文|筆者|著者|本文|作者)?"
        r"(?:は|が|で|では)?、?(?:何|どれ|どの(?:参考|引用)?(?:文献|資料|論文|調査|研究|記事))を(?:引用|典拠|参照し)"
    ),
    re.compile(
        r"\bwhat (?:does|do|did|is|are) (?:the )?(?:paper|author|authors|article|text|study|it|she|he|they) "
        r"(?:cite|citing|reference|quote)s? "
        r"(?:for|on|about|to support|as (?:the |a )?(?:source|evidence) (?:for|of)) (.+)$"
    ),
    re.compile(r"\bwh(?:om|o) (?:does|do|did) (?:the )?(?:paper|author|authors|article) cite (?:for|on|about) (.+)$"),
    re.compile(r"(?:论文|作者|文章|本文)(?:对于?|就|关于|针对|为)?(.*?)引用了?(?:什么|哪些|哪篇|哪个|谁)"),
    re.compile(
        r"^(.+?)(?:에 대해서?|에 관해서?)\s*(?:이 )?(?:논문|저자|필자)(?:은|는|이|가)?\s*"
        r"(?:무엇|뭘|어떤 (?:문헌|자료|연구))을?를?\s*인용"
    ),
)
_POINTING = re.compile(
    r"(?:この|その|上の|上記の|今の|前の|先の|あの|それらの|これらの)?"
    r"(?:主張|文|記述|発言|数字|内容|説明|部分|回答|答え|情報|データ|話|点|箇所|これ|それ|こと|もの)?"
    r"|(?:this|that|these|those|it|the|the above|your|what you said)?\s*"
    rf"(?:{_CLAIM_WORD}s?|sentence|answer|passage|information|this|that|it)?"
    r"|[这那该此上]?(?:个|句|一|项|些|面|条)*(?:的)?(?:主张|观点|说法|话|论断|数字|数据|陈述|内容|回答|信息)?"
    r"|[이그저]?\s*(?:주장|문장|내용|수치|말|것|진술|정보|답변|설명)?"
)
_PAPER = re.compile(
    r"(?:この|本|当|こちらの)?(?:論文|文書|論考|本)|(?:this|the) (?:paper|article|text)|[这本该]篇?论文|이 논문"
)
_TRIMMED = re.compile(
    r"^(?:論文(?:で|の中で|中の|における)(?:の|は|、)?|(?:the )?paper's )"
    r"|^(?:the )?(?:claim|statement|assertion|figure|idea|fact)s? (?:that|of) "
    r"|(?:という|との)(?:主張|記述|数字|データ|指摘|説明|話|部分|点)?$"
    r"|(?:的)?(?:这一)?(?:说法|主张|观点)$|(?:라는|다는) (?:주장|내용|수치)$"
)
_KINDS_OF_WORK = r"(?:新聞)?(?:記事|論文|文献|報告書?|レポート|著書|著作|書籍|本|資料|調査|白書)"
_NAMES = (
    re.compile(
        rf"^(.+?)(?:の|による|が書いた|が発表した|が出した){_KINDS_OF_WORK}は(?:どれ|何番|いくつ目|どの文献|何です?か)"
    ),
    re.compile(rf"^(.+?)(?:の|による){_KINDS_OF_WORK}は$"),
    re.compile(
        r"\bwhich (?:reference|source|entry|work|citation|article|report)s? (?:is|are|was|were|comes?|did) "
        r"(?:by |from |written by |published by )?(.+)$"
    ),
    re.compile(r"^(.+?)的(?:文章|报道|文献|报告|论文)是哪"),
    re.compile(r"^(.+?)의 (?:기사|문헌|보고서|논문|자료)[은는이] ?(?:어느|무엇|몇 번|어떤)"),
)


def source_question(question: str) -> SourceQuestion | None:
    """What a question asks about sources; None for every other question."""
    plain = _plain(question)
    if _COUNT.search(plain):
        return SourceQuestion("count")
    if numbers := _numbers(plain):
        return SourceQuestion("number", numbers)
    if _ALL.fullmatch(plain):
        return SourceQuestion("all")
    for patterns, on_topic in ((_TOPICS, True), (_CLAIMS, False)):
        for pattern in patterns:
            if match := pattern.search(plain):
                return _claim(match.group(1), on_topic)
    for pattern in _NAMES:
        if match := pattern.search(plain):
            return SourceQuestion("name", words=match.group(1).strip(' 、,「」“”"'))
    return None


def _plain(question: str) -> str:
    """The question folded, on one line, without what ends it politely."""
    text = " ".join(fold(unicodedata.normalize("NFKC", question)).split())
    return re.sub(r"[?。.!！？]+$", "", text).strip()


def _numbers(plain: str) -> tuple[int, ...]:
    if match := _WORD_ORDER.search(plain):
        word = match.group(1)
        return (LAST if word == "last" else _ORDER.index(word) + 1,)
    match = _NUMBERED.search(plain)
    if match is None:
        return ()
    found = [_value(next(group for group in match.groups() if group))]
    rest = plain[match.end() :].lstrip("]) 〕")
    while more := _FURTHER.match(rest):
        found.append(int(more.group(1)))
        rest = rest[more.end() :]
    return tuple(dict.fromkeys(found))


def _value(digits: str) -> int:
    if digits.isdigit():
        return int(digits)
    tens, has_ten, ones = digits.rpartition("十")
    numerals = "〇一二三四五六七八九"
    value = {one: numerals.index(one) for one in digits if one in numerals}
    return (value.get(tens, 1) * 10 if has_ten else 0) + value.get(ones, 0)


def _claim(words: str, on_topic: bool) -> SourceQuestion | None:
    """The question for what backs the claim in `words`; None for the paper as a whole, which is no claim."""
    claim = words.strip(" 、,「」『』“”\"'‘’:")
    if _PAPER.fullmatch(claim):
        return None
    claim = _TRIMMED.sub("", _TRIMMED.sub("", claim)).strip(" 、,「」『』“”\"'‘’:")
    return SourceQuestion("claim", words="" if _POINTING.fullmatch(claim) else claim, on_topic=on_topic)
