"""Works that a question mentions by their numbers, and whether it asks about the works or for what their texts say."""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from retriever.text import fold

LAST = -1  # the number of "the last reference"

_ENTRY = r"(?:参考|引用|참고\s?|인용\s?)?(?:文献|문헌)"
_N = r"(?:(?:no\.?|#|第)\s*+)?(\d{1,3}|[一二三四五六七八九十]{1,3}(?=番|篇|つ|\]))(?!\d)"
_NO_AMOUNT = (
    r"(?!\s*+(?:点|件|本(?!文)|冊|個|つ(?!目)|編|种|篇(?!参考)|年|月|日|以上|以下|%|개|편|건|년"
    r"|million|billion|percent|years?|more|or ))"
)
_NUMBERED = re.compile(
    rf"{_ENTRY}(?:一覧|リスト|表|目录|目録|목록)?(?:の|で|の中の|中の|的|中的|의|에서)?\s*+(?:[\[(〔]\s*+)?{_N}\s*+(?:番|번)?目?{_NO_AMOUNT}"
    rf"|[\[(〔]\s*+(\d{{1,3}})\s*+[\])〕]\s*+(?:(?:の|的|번|番)\s*+)?(?:参考)?(?:文献|참고\s?문헌)"
    rf"|(?:第\s*+|(?<!\s)\s++)?(\d{{1,3}}|[一二三四五六七八九十]{{1,3}})\s*+(?:番目?|篇|条|번째?)\s*+(?:(?:の|的|의)\s*+)?(?:参考|引用|참고\s?|인용\s?)(?:文献|문헌)"
    rf"|\b(?:reference|ref\.?|citation|cited work|bibliography (?:entry|item|number)|source)s?\s*+"
    rf"(?:(?:no\.?|number|#)\s*+)?(?:[\[(]\s*+)?(\d{{1,3}})(?![\d.%]){_NO_AMOUNT}"
    r"|\b(\d{1,3})(?:st|nd|rd|th) (?:reference|citation|cited work|entry (?:in|of) the (?:bibliography|references))\b"
    r"|^(?:what|who|which) (?:is|are|wrote) \[(\d{1,3})\]|^\[(\d{1,3})\]\s*(?:は|とは|って|是|은|는)",
    re.IGNORECASE,
)
_FURTHER = re.compile(
    r"[\]) 〕]*+\s*+(?:[,、]|と|and|&|和|과|와)\s*+(?:(?:(?:参考)?文献|references?)\s*+)?(?:[\[(]\s*+)?(\d{1,3})(?!\d)"
)
_WORD_ORDER = re.compile(
    r"\b(first|second|third|fourth|fifth|sixth|seventh|eighth|ninth|tenth|last) (?:reference|citation|cited work)\b",
    re.IGNORECASE,
)
_ORDER = "first second third fourth fifth sixth seventh eighth ninth tenth".split()

# What a question about a work itself is made of: nothing of a topic is left when these are taken out.
_ENGLISH = """
a an the of in on by to for from about with at as and or is are was were be been being do does did has have had can
could you me us i it its this that these those there s what who whom whose which when where why how tell show give
describe explain introduce summarize summarise summary compare difference differences between same please content
contents title titles name names called author authors writer writers editor write wrote written publish published
publication publisher appear appears appeared date dated year journal newspaper magazine book article paper papers
report document study source sources reference references work works cited cite cites citing citation entry bibliography
list listed number no say says said mean deal deals kind type sort language topic subject theme link url address
full text read readable fetched accessible available retrieved obtained
""".split()
_JAPANESE = """
について に関する に関して における というもの という として どのような どういう どんな いくつ どこ どれ どの どう
いつ だれ なに なぜ です でした でしょう ます ました ません されて されま され しま する した いる いま あり ある
ない なかった ください 下さい 教え 見せ 示し 説明 紹介 要約 要旨 概要 比較 違い もの こと この その また から まで
とは って 同じ 何年 何語 何番 何 誰 参考 引用 参照 出典 文献 論文 記事 報告書 報告 著書 著作 書籍 本文 資料 文書
白書 新聞 雑誌 一覧 全文 内容 中身 主題 題名 題目 題 標題 書名 名前 著者 筆者 作者 編者 出版社 出版 発行 刊行 発表
公表 掲載 年 月 日付 書い 書か 書く 述べ 言っ 言い 扱っ 読め 読ん 取得 入手 本 箇所 種類 は が を に の と も で
へ や か な だ れ ら い て た る っ ん し ね よ さ
""".split()
_CHINESE = """
是 什么 哪些 哪篇 哪年 哪 个 的 谁 写 作者 标题 题目 题名 主题 关于 讲 说 有关 文章 论文 书 报告 何时 时候 出版
发表 刊登 在 了 吗 呢 请 介绍 一下 告诉 我 概括 总结 摘要 由 和 有 这 该 篇 条 们
""".split()
_KOREAN = """
무엇 무슨 누구 누가 언제 어디 어떤 어느 저자 필자 작성자 제목 문헌 논문 기사 자료 보고서 책 내용 참고 인용 출판
발표 발행 설명 소개 요약 대한 대해 관한 인가요 입니까 인가 인지 이에요 예요 이란 하나요 합니까 습니까 나요 썼 쓴
쓰여 되 된 됐 했 하 해 알려 보여 줘 주세요 주십시오 다루 있 번 몇 년 은 는 이 가 을 를 의 에서 에 요 지 고 까 서
""".split()
_ABOUT = re.compile(
    rf"\b(?:{'|'.join(_ENGLISH)})\b|{'|'.join(sorted([*_JAPANESE, *_CHINESE, *_KOREAN], key=len, reverse=True))}"
)
# The paper is asked for what it does with the work.
_OF_PAPER = re.compile(
    r"^(?:この|本)?(?:論文|筆者|著者)(?:は|では)|\b(?:does|did|do) (?:the|this) (?:paper|article|authors?)\b(?! of)"
    r"|^(?:这篇|该|本)?(?:论文|文章)(?!的|中)|^(?:이|본) ?논문(?:은|는|이|에서)"
)
# What joins the work to what is asked of its text.
_BEFORE = re.compile(
    r"(?:\b(?:according to|based on|as per|as stated in|in|of|from|by|per)(?: the)?|根据|据|按照|依据|在"
    r"|(?:この|本)?論文(?:が|で|の)(?:引用|参照)?(?:している|した|する|されている|された)?|(?:이|본)? ?논문의)\s*$",
    re.IGNORECASE,
)
_AFTER = re.compile(
    r"^\s*(?:'s\b|’s\b|に(?:よる|よれば|従う|基づく)と?|において|における|の(?:中|本文|記述)?(?:に|で)?(?:は)?|では?|には?|は|が|から"
    r"|에 (?:따르면|의하면)|에서는?|에는|에|은|는|의|中|里|的)?[\s、,，:：]*"
)


@dataclass(frozen=True, slots=True)
class Mention:
    """Works mentioned by `numbers`, and the `words` asked of their texts; empty where they are meant themselves."""

    numbers: tuple[int, ...]
    words: str


def plain(question: str) -> str:
    """The question in the usual forms of its characters, on one line, without what ends it politely."""
    text = " ".join(unicodedata.normalize("NFKC", question).split())
    return re.sub(r"(?<![?。.!！？])[?。.!！？]++$", "", text).strip()


def mentioned(question: str) -> Mention | None:
    """The works that a question mentions by their numbers; None where it mentions none."""
    for text in (plain(question), fold(plain(question))):  # names in the question's own letters, if that will do
        if match := _WORD_ORDER.search(text):
            word = match.group(1).lower()
            numbers = (LAST if word == "last" else _ORDER.index(word) + 1,)
            return Mention(numbers, asked_of(text, [match.span()]))
        if match := _NUMBERED.search(text):
            found, end = [_value(next(group for group in match.groups() if group))], match.end()
            while more := _FURTHER.match(text, end):
                found.append(int(more.group(1)))
                end = more.end()
            return Mention(tuple(dict.fromkeys(found)), asked_of(text, [(match.start(), end)]))
    return None


def asked_of(text: str, places: Sequence[tuple[int, int]]) -> str:
    """What a question asks of the texts of the works that it mentions at `places`; empty where of the works themselves.

    Where it asks what the paper does with them, they are meant themselves, too.
    """
    ends = [end for _, end in places]
    starts = [*(start for start, _ in places[1:]), len(text)]
    before = text[: places[0][0]]
    after = "".join(text[end:start].lstrip("])〕」』") for end, start in zip(ends, starts, strict=True))
    rest = fold(f"{before}|{after}")
    if is_about(rest) or _OF_PAPER.search(rest):
        return ""
    said = f"{_BEFORE.sub('', before)} {_AFTER.sub('', after)}"
    return " ".join(said.split()).strip(" 、,")


def is_about(folded: str) -> bool:
    """Whether folded words ask about works as such, and name no topic."""
    return not re.search(r"\w", _ABOUT.sub(" ", folded))


def _value(digits: str) -> int:
    if digits.isdigit():
        return int(digits)
    tens, has_ten, ones = digits.rpartition("十")
    numerals = "〇一二三四五六七八九"
    value = {one: numerals.index(one) for one in digits if one in numerals}
    return (value.get(tens, 1) * 10 if has_ten else 0) + value.get(ones, 0)
