"""The forms in which it is asked what backs a claim, or what is cited on a topic, in four languages."""

import re
from dataclasses import dataclass

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
_QUOTES = " 、,「」『』“”\"'‘’:"
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


@dataclass(frozen=True, slots=True)
class Claim:
    """The `words` of a claim, empty where a question points at one that it does not say.

    `on_topic`: they name a topic on which the paper may cite something, not a claim.
    """

    words: str
    on_topic: bool


def claimed(folded: str) -> Claim | None:
    """The claim whose source a question asks for; None where it asks for none, or for that of the paper as a whole."""
    for patterns, on_topic in ((_TOPICS, True), (_CLAIMS, False)):
        for pattern in patterns:
            if match := pattern.search(folded):
                claim = match.group(1).strip(_QUOTES)
                if _PAPER.fullmatch(claim):
                    return None
                claim = _TRIMMED.sub("", _TRIMMED.sub("", claim)).strip(_QUOTES)
                return Claim("" if _POINTING.fullmatch(claim) else claim, on_topic)
    return None
