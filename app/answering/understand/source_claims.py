"""The forms in which it is asked what backs a claim, or what is cited on a topic, in four languages."""

import re
from dataclasses import dataclass

# Japanese
_SOURCE_JA = r"(?:出典|典拠|引用元|引用文献|参照元|情報源)"
_ENTRY_JA = r"(?:参考|引用)?文献"
_SAYING_JA = r"(?:主張|記述|指摘|説明|数字|データ|見解|話|こと|文|箇所|部分|内容)"
_PAPER_JA = r"(?:(?:この|本)?(?:論文|筆者|著者|本文|作者)(?:は|が|では?|には)?、?)"
_WHICH_JA = (
    r"(?:何|どれ|誰|(?:どの|どんな|どのような|どういう|何の|いずれの)(?:参考|引用)?(?:文献|資料|論文|調査|研究|記事))"
)
_TOPICS_JA = (
    (
        rf"^{_PAPER_JA}?(.+?)(?:について|に関して|に対して|の(?:根拠|裏付け|典拠|出典|説明)(?:として|に))(?:は)?、?{_PAPER_JA}?"
        rf"{_WHICH_JA}を(?:引用|典拠|参照し|参照して)"
    ),
    rf"^{_PAPER_JA}{_WHICH_JA}を(?:引用|参照)し(?:て|ながら)、?(.+?)(?:を|について)(?:説明|論じ|述べ|主張|裏付け|示)",
    rf"^(.+?)について(?:は)?、?(?:どの|どんな|何の){_ENTRY_JA}(?:が|は)(?:引用|参照|挙げ)(?:さ|ら)れ",
)
_CLAIMS_JA = (
    (
        rf"^(.+?)(?:という|との|といった){_SAYING_JA}(?:は|が|では?|に)、?(?:{_WHICH_JA}|どこ)(?:を|から|に|が|の)"
        r"(?:引用|参照|典拠|出典)"
    ),
    rf"^(.+?)(?:の|を)(?:根拠|裏付け|裏づけ|論拠)(?:と|に)(?:なる|なった|なっている|される|された|した|している){_ENTRY_JA}(?:は|って|$)",
    rf"^(.+?)(?:の|を)(?:根拠|裏付け|裏づけ|論拠|元|もと)(?:の|を示す){_ENTRY_JA}(?:は|って|$)",
    (
        rf"^(.*?)(?:という|といった)?(?:の|についての|に関する|に対する|を示す|を裏付ける)?{_SOURCE_JA}"
        r"(?:は|って|とは|を|が|として|$)(?!.*(?:信頼|評価|管理|秘匿|守))"
    ),
    rf"^(?:どの|どちらの|何の|いずれの){_ENTRY_JA}(?:が|は)(.+?)を?(?:裏付け|支持し|示し|根拠)",
    (
        rf"^(?:どの|何の|いずれの){_ENTRY_JA}(?:が|に|で)(.+?)(?:と|を|に|について)"
        r"(?:述べ|報告|書い|書か|指摘|主張|論じ|扱|触れ|言及|取り上げ)"
    ),
    (
        rf"^(.+?)(?:は|が)、?(?:どの|何の|いずれの){_ENTRY_JA}(?:に|を|から)"
        r"(?:基づ|もとづ|依拠|よる|よって|引用|根拠|来|取)"
    ),
    rf"^(.+?)を(?:裏付け|支持す|支え)る(?:のは)?(?:どの)?{_ENTRY_JA}",
    rf"^(.+?)(?:と|を)(?:述べ|報告し|書い|指摘し|主張し)(?:た|ている|てある)(?:のは)?(?:どの)?{_ENTRY_JA}(?:は|か|です|$)",
)

# English
_CLAIM_WORD = r"(?:claim|statement|figure|number|statistic|data|quote|quotation|percentage|assertion|estimate)"
_WORKS = r"(?:sources?|references?|works?|citations?|studies|study|documents?|reports?|articles?|literature|evidence)"
_PAPER_EN = r"(?:(?:the |this )?(?:paper|authors?|article|text|study)|it|she|he|they)"
_FOR = (
    r"(?:for|on|about|regarding|concerning|in support of"
    r"|to (?:support|back up|show|argue|illustrate|prove|justify|explain)"
    r"|when (?:it |she |he |they )?(?:discuss(?:es|ing)|say(?:s|ing)(?: that)?|writ(?:es|ing) about)"
    r"|as (?:the |a )?(?:source|evidence) (?:for|of))"
)
_TOPICS_EN = (
    (
        rf"\b(?:what|whom?|(?:which|what) (?:of the )?{_WORKS}) (?:does|do|did|is|are) {_PAPER_EN} "
        rf"(?:cite|citing|reference|quote)s? {_FOR} (.+)$"
    ),
    (
        rf"^(?:for|on|about|regarding|concerning|as for|in support of|to support) (.+?),? "
        rf"(?:what|whom?|(?:which|what) {_WORKS}) (?:does|do|did) {_PAPER_EN} (?:cite|reference|quote)$"
    ),
)
_CLAIMS_EN = (
    (
        rf"\b(?:which|what) (?:of the )?{_WORKS}\b[^,]{{0,30}}?\b(?:supports?|backs? up|backs?|underl(?:ies|ie)|"
        r"(?:is|are|was|were) (?:cited|given|quoted) (?:for|to support)|cited? (?:for|on|about|to support)|is behind) "
        r"(.+)$"
    ),
    r"\bwhat(?:'s|’s| is| are) the (?:sources?|references?|citations?) (?:for|behind) (.+)$",
    rf"\bwhat(?:'s|’s| is| are) the (?:sources?|references?|citations?) of ((?:the |this |that )?{_CLAIM_WORD}s?\b.*)$",
    rf"\bwhat (?:is|are|was|were) ((?:the|this|that) {_CLAIM_WORD}s? (?:that|of|about) .+?) (?:based on|taken from)$",
    rf"\bwhere (?:does|did|do) (?:the |this |that |paper['’]s |author['’]s )*({_CLAIM_WORD}s?\b.*?) come from\b",
    r"\bwhere (?:does|did|do) (?:the|this) (?:paper|article|authors?) (?:get|take|have) (.+?) from$",
    r"^(?:the )?(?:sources?|references?|citations?) (?:for|behind) (.+)$",
    rf"\bwhat (?:does|do|did) (?:the|this) (?:paper|article|authors?) base (?:its|the|this) ({_CLAIM_WORD}s? .+?) on$",
    (
        r"\bdoes (?:the|this) (?:paper|article|author) (?:give|cite|provide|name|have) (?:an?|any|the|its) "
        r"(?:source|reference|citation)s? (?:for|on) (.+)$"
    ),
    (
        r"\b(?:which|what) (?:of the )?(?:references?|cited works?|works cited) "
        r"(?:says?|states?|shows?|reports?|mentions?|discuss(?:es)?|covers?|deals? with)(?: that)? (.+)$"
    ),
    r"\bis there (?:a|any) (?:source|reference|citation)s? (?:for|behind) (.+)$",
)

# Chinese, the characters of 論文 as Japanese and traditional Chinese write them too
_PAPER_ZH = r"(?:(?:这篇|该|本|此)?(?:[论論]文|文章|作者|本文|文)(?:中|里)?)"
_WHICH_ZH = r"(?:什么|哪些|哪篇|哪个|谁的?|何种)"
_SAYING_ZH = r"(?:说法|主张|观点|论述|论断|结论|论点|数据|数字|描述|记述)"
_FROM_ZH = r"是?(?:出自|来自|源自|引自|取自|出于)于?(?:哪|何|什么|谁)"
_TOPICS_ZH = (
    (
        rf"{_PAPER_ZH}引用了?{_WHICH_ZH}(?:参考)?(?:文献|资料|研究|文章|著作)?(?:来|以|去|用来|用以)"
        r"(?:说明|支持|支撑|论证|证明|佐证|解释|讨论|阐述|论述)(.+)$"
    ),
    (
        rf"^(?:在|当)?(?:讨论|谈到|论述|说明|提到|关于|对于|就)(.+?)(?:时|的时候|方面|问题)?(?:(?<![,、 ])[,、 ]++)?"
        rf"{_PAPER_ZH}引用了?{_WHICH_ZH}"
    ),
    rf"(?:关于|对于|有关)(.+?)的?{_SAYING_ZH}{_FROM_ZH}",
    rf"(?:[论論]文|作者|文章|本文)(?:中|里)?(?:对于?|就|关于|针对|为)?(.*?)引用了?{_WHICH_ZH}",
)
_CLAIMS_ZH = (
    (rf"^(?:{_PAPER_ZH}的?)?(.+?)的?(?:这一|这个|这种)?{_SAYING_ZH}{_FROM_ZH}"),
    r"^(.+?)是?(?:引自|出自|引用自|引用了?)(?:哪|什么)[一篇些个本]{0,2}(?:参考)?文献",
    r"^(.+?)有?(?:什么|哪些|哪篇|何种?)(?:参考)?文献(?:上的)?(?:依据|支持|支撑|根据|佐证)",
    r"^(.+?)的?(?:出处|出処|引用来源|文献来源|资料来源|数据来源|信息来源)(?:是|在|为|有|$)",
    r"哪[篇些个一]{0,2}(?:参考|引用)?文献(?:可以)?(?:支持|支撑|证明|佐证)了?(.+)$",
)

# Korean
_PAPER_KO = r"(?:(?:이|본)?\s*+(?:논문|저자|필자)(?:은|는|이|가|에서는?)?\s*+)"
_WHICH_KO = r"(?:무엇|뭘|누구|(?:어떤|어느|무슨) (?:참고\s?)?(?:문헌|자료|연구|논문))"
_TOPICS_KO = (
    (
        rf"^{_PAPER_KO}?(.+?)(?:에 대해서?|에 대하여|에 관해서?|에 관하여|의 근거로|[을를] 뒷받침하기 위해)(?:는)?\s*+"
        rf"{_PAPER_KO}?{_WHICH_KO}을?를?\s*+인용"
    ),
)
_CLAIMS_KO = (
    (
        r"^(.+?)(?:라는|다는) (?:주장|내용|수치|서술|설명|진술)(?:은|는|이|가)\s*"
        rf"(?:어디|{_WHICH_KO})(?:에서|서|을|를)?\s*(?:인용|나온|나왔|온|왔|가져)"
    ),
    (
        r"^(.+?)(?:에 관한|에 대한) (?:주장|내용|서술)(?:은|는|이|가)?\s*(?:어느|어떤|무슨) (?:문헌|자료)\S*\s*"
        r"(?:근거|인용|나온|나왔)"
    ),
    r"^(.+?)(?:에 대한|의) 근거(?:가 되는)? (?:참고\s?)?(?:문헌|자료)",
    r"^(.+?)(?:의|에 대한|에 관한)?\s*(?:출처|전거|인용\s?출처)(?:는|은|가|를|을|$)",
    r"^(.+?)[을를] 뒷받침하는 (?:문헌|자료|출처)",
)

_TOPICS = tuple(map(re.compile, (*_TOPICS_JA, *_TOPICS_EN, *_TOPICS_ZH, *_TOPICS_KO)))
_CLAIMS = tuple(map(re.compile, (*_CLAIMS_JA, *_CLAIMS_EN, *_CLAIMS_ZH, *_CLAIMS_KO)))

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
    r"^(?:論文(?:で|の中で|中の|における|の(?=、))(?:の|は|、)?|(?:the )?paper's )"
    r"|^(?:the )?(?:claim|statement|assertion|figure|idea|fact)s? (?:that|of|about) "
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
