"""Questions about sources: a work of the bibliography by its number or author, how many there are, what backs a claim.

Told by the forms in which they are asked in Japanese, English, Chinese and Korean. A question that merely holds a word
such as 参考 or "source" is none of them.
"""

import re
from dataclasses import dataclass
from typing import Literal

from app.answering.understand.source_claims import claimed
from app.answering.understand.source_mention import is_about, mentioned, plain
from retriever.text import fold

Asks = Literal["number", "said", "count", "all", "read", "unread", "claim", "name"]


@dataclass(frozen=True, slots=True)
class SourceQuestion:
    """What is asked of the bibliography.

    Works by `numbers`, what these say of `words`, how many works there are, all of them, those that could be read or
    could not, the source of `words`, the works by `words`.

    `words` are empty where the question points at a claim that it does not say (この主張の出典は？). `on_topic`: they
    name a topic on which the paper may cite something, not a claim.
    """

    asks: Asks
    numbers: tuple[int, ...] = ()
    words: str = ""
    on_topic: bool = False


_COUNT = re.compile(
    r"(?:参考|引用|挙げられた|引用された)文献(?:一覧|リスト)?(?:は|の数は|数は|の総数は|が|って)[^のち中、]{0,8}?"
    r"(?:いくつ|何[点件本冊個編]|どれ(?:くらい|ぐらい|だけ))"
    r"|文献を?(?:いくつ|何[点件本冊個編])(?:引用|参照|挙げ)"
    r"|(?:いくつ|何[点件本冊個編])の?(?:参考|引用)?文献(?:を|が)"
    r"|\bhow many (?:references|citations)\b(?! (?:to|by|from|about|are (?:by|from|about)))"
    r"|\bhow many (?:works|sources|entries|articles)\b.{0,30}\b(?:cites?|cited|bibliography|reference list)"
    r"|(?:参考|引用)文献(?:一共|共|总共|总数|数量)?(?:有|是)?(?:多少|几[篇条个种部])|引用了(?:多少|几)[篇条部]?文献"
    r"|참고\s?문헌(?:은|이|의 수는)?\s*+(?:(?:모두|전부|총)\s*+)?(?:몇|얼마)"
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
    r"|(?:이|본)?\s*+(?:논문|저자|필자)[은는이가]?\s*+(?:무엇|어떤 (?:문헌|자료|연구))[을를]\s*+"
    r"인용(?:했나요|하나요|합니까|했습니까|했는가)"
    r"|(?:(?:이|본)?\s*+논문의?\s*+)?(?:모든|전체)?\s*+(?:참고|인용)\s?문헌(?:의)?\s*+(?:목록|리스트|전체)?[을를은는이]?\s*+"
    r"(?:(?:모두|전부|다)\s*+)?(?:(?:나열|열거|알려|보여|제시)\s*+)?(?:해\s*+)?"
    r"(?:줘|주세요|주십시오|무엇(?:인가요|입니까|이 있나요))?"
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


# Whether works could be read: these words and no topic.
_ENTRIES = re.compile(
    r"(?:参考|引用)?文献|\b(?:references?|cited works?|works cited|sources?|citations?)\b|(?:참고|인용) ?문헌"
)
_READ = re.compile(
    r"読め|読み取れ|読み込め|読んだ|読んで|(?:取得|入手)(?:でき|し)|\b(?:read|readable|fetched|retrieved|accessible|accessed|obtained)\b"
    r"|读|获取|읽|가져오"
)
_NOT = re.compile(r"な[いかく]|ません|ず|\b(?:not|never|cannot|unable|fail(?:ed)?)\b|n['’]t\b|没|未|无法|不能|못|없|않")
_OF_READING = re.compile(
    r"全部|全て|すべて|うち|中|読み取れ|読み込め|でき|ませ|なく|ず|何[点件本冊]|\b(?:all|any|many|not|never|cannot|unable|fail(?:ed)?"
    r"|\w+n['’]t)\b|所有|全部|其中|多少|几|没有|没|未|无法|不能|能够|能|可以|被|到|读取|阅读|读|获取|取|모든|모두|전부|중|가운데|수|읽|가져오|못|없|않|었|던|지"
)


def source_question(question: str) -> SourceQuestion | None:
    """What a question asks about sources; None for every other question."""
    text = fold(plain(question))
    if _ENTRIES.search(text) and _READ.search(text) and is_about(_OF_READING.sub(" ", text)):
        return SourceQuestion("unread" if _NOT.search(text) else "read")
    if _COUNT.search(text):
        return SourceQuestion("count")
    if mention := mentioned(question):
        return SourceQuestion("said" if mention.words else "number", mention.numbers, mention.words)
    if _ALL.fullmatch(text):
        return SourceQuestion("all")
    if claim := claimed(text):
        return SourceQuestion("claim", words=claim.words, on_topic=claim.on_topic)
    by = next((match.group(1) for pattern in _NAMES if (match := pattern.search(text))), None)
    return SourceQuestion("name", words=by.strip(' 、,「」“”"')) if by else None
