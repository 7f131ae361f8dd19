"""What the marking of a span needs to know of a question: where it asks, for what, and which of its words are told."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache

from app.answering.read.span_candidates import CONTENT, NOUNS, ROLE, Token, tokens
from app.answering.understand.question import kind_asked
from retriever.cross_lingual import terms as abroad
from retriever.text import fold, japanese_forms, language_of

# What may be wanted: the kinds of `understand.question`, told apart further by the noun that is asked for.
WANTS = "percentage date number person place organisation reason definition name manner thing".split()
_WANT_OF_KIND = {"list": "thing", "any": "thing"}
_ASKING = frozenset(
    """何 誰 何処 どこ 何時 いつ どれ どちら どなた 何方 どの どんな どう 幾つ いくつ 幾ら なぜ 何故 どうして 何者 如何
    なん なに""".split()
)
_MANNERS = frozenset("どう どんな どのよう 如何".split())
# The last characters of nouns that name what is wanted where the question word alone does not: 最大の都市は何か.
_HEADS: Mapping[str, tuple[str, ...]] = {
    "person": tuple(
        "者 人 人物 家 氏 王 監督 長 手 師 員 大臣 帝 父 母 妻 夫 子 娘 息子 弟 兄 選手 大統領 首相 皇帝 教授".split()
    ),
    "place": tuple("国 県 市 町 村 州 島 都市 地域 地方 場所 地 所 首都 川 山 駅 海 湖 大陸 都 区 港 空港 線".split()),
    "date": tuple("年 月 日 時 時期 時代 期間 頃 ころ 世紀 年代".split()),
    "percentage": tuple("率 割合 比率 シェア".split()),
    "number": tuple("数 量 金額 額 高さ 長さ 広さ 面積 人口 距離 間隔 重さ 温度 値 年齢 順位".split()),
    "organisation": tuple("会社 社 機関 団体 組織 党 大学 企業 隊 学校 省 庁 協会 軍 チーム 政党 銀行 局".split()),
    "name": tuple("語 言葉 名 名称 呼称 別名 通称 略称 名前 愛称 正式名称 タイトル 題名 用語 称号".split()),
}
_HEAD_WANTS = {head: want for want, heads in _HEADS.items() for head in heads}
_KANJI = re.compile(r"[\u4e00-\u9fff]+")
_NAMING = frozenset("言う 呼ぶ 称する 名付ける 呼ばれる 称す 名乗る".split())
_PLAIN = frozenset({"何", "なに", "なん", "もの", "事", "こと", "物", "の"})


@dataclass(frozen=True, slots=True)
class Wanted:
    """A question, read for marking.

    - `tokens[begin:end]` is the question word with the noun that it asks by (何大学, どの都市, 何という鳥);
      both are the count of tokens where there is none (首都は？); `bare` is where the question word alone ends
    - `want` indexes `WANTS`; `noun` is the noun asked for, as written ("" where none is)
    - `copular`: whether nothing is told after the question word (…したのは誰か), so that what it stands for
      has another particle in the text
    - `naming`: whether it asks what something is called
    - `told`: the normalised content words beside what is asked, each with its place among the tokens;
      `folded`: the question for finding parts of words in
    - `foreign`: asked in another language, so that only names and numbers are told, and what the tokens of the text are
      there: `spelled` has those of the question's terms, each with the term's place
    """

    tokens: tuple[Token, ...]
    begin: int
    bare: int
    end: int
    want: int
    noun: str
    copular: bool
    naming: bool
    told: Mapping[str, int]
    folded: str
    foreign: bool
    spelled: Mapping[str, int] = field(default_factory=dict)

    def place_of(self, token: Token) -> int:
        """Where the question tells a token of the text; -1 where it does not."""
        place = self.told.get(token.normalised, -1)
        if place < 0 and self.spelled and token.role in CONTENT:
            return next((self.spelled[one] for one in abroad.tokens(token.surface) if one in self.spelled), -1)
        return place


@lru_cache(maxsize=256)
def wanted(question: str) -> Wanted:
    """What `question` asks for."""
    language = language_of(question)
    if language != "ja":
        return wanted_abroad(question, japanese_forms(question) if language == "zh" else question, language)
    found = tokens(question)
    want = _want(question)
    begin, bare, end = _asking_place(found)
    rest = [one for one in found[end:] if one.role in CONTENT and one.normalised not in {"為る", "有る", "居る", "事"}]
    noun = _noun_asked(found, begin, bare, end, copular=not rest)
    naming = any(one.normalised in _NAMING for one in found[bare:])
    asking = {one.normalised for one in found[begin:bare]}
    if want in {"thing", "definition"}:
        want = _refined(found[begin:bare], noun, want, naming=naming)
    told = {
        one.normalised: place
        for place, one in enumerate(found)
        if one.role in CONTENT and not begin <= place < bare and one.normalised not in _PLAIN | asking
    }
    return Wanted(
        found, begin, bare, end, WANTS.index(want), noun, not rest, naming, told, fold(question), foreign=False
    )


def wanted_abroad(question: str, written: str, language: str = "") -> Wanted:
    """What `question` asks for over text in another language: its kind, and the words of it that are alike there.

    `written` is the question in the text's characters, `language` the one whose words are looked up.
    """
    found = tokens(written)
    shared = {one.normalised: place for place, one in enumerate(found) if _is_shared(one)}
    count, want = len(found), WANTS.index(_want(question))
    return Wanted(
        found, count, count, count, want, "", copular=False, naming=False, told=shared, folded="", foreign=True,
        spelled=_spelled(question, language) if language in {"en", "ko"} else {},
    )  # fmt: skip


def _spelled(question: str, language: str) -> dict[str, int]:
    """What the terms of a question are in Japanese text, each spelling with the place of its term."""
    return {
        token: place
        for place, term in enumerate(abroad.terms_of(question, language))
        for spelling in term.spellings
        for token in spelling
    }


def _want(question: str) -> str:
    kind = kind_asked(question)
    return _WANT_OF_KIND.get(kind, kind)


def _is_shared(one: Token) -> bool:
    """Whether a word is alike in other languages: a number, a name in Latin letters, one in kanji."""
    return one.role in {ROLE["latin"], ROLE["number"]} or (len(one.surface) > 1 and bool(_KANJI.fullmatch(one.surface)))


def _refined(asking: tuple[Token, ...], noun: str, want: str, *, naming: bool) -> str:
    heads = [noun[start:] for start in range(max(0, len(noun) - 4), len(noun))]
    by_noun = next((_HEAD_WANTS[head] for head in heads if head in _HEAD_WANTS), None)
    if by_noun:
        return by_noun
    if naming:
        return "name"
    return "manner" if any(one.normalised in _MANNERS for one in asking) else want


def _asking_place(found: tuple[Token, ...]) -> tuple[int, int, int]:
    """The token of the last question word, the one after it, and the one after the noun that it asks by."""
    places = [place for place, one in enumerate(found) if _is_asking(one)]
    if not places:
        count = len(found)
        while count and found[count - 1].role not in CONTENT | {ROLE["は"], ROLE["particle"], ROLE["と"]}:
            count -= 1
        return count, count, count
    begin = places[-1]
    bare = begin + 1
    following = [one.normalised for one in found[bare : bare + 2]]
    if following in (["と", "言う"], ["と", "呼ぶ"]) and bare + 2 < len(found) and _is_noun(found[bare + 2]):
        bare += 2
    elif following[:1] in (["言う"], ["様"], ["よう"]):
        bare += 1
        if bare < len(found) and found[bare].role == ROLE["auxiliary"]:
            bare += 1
    end = bare
    while end < len(found) and _is_noun(found[end]):
        end += 1
    return begin, bare, end


def _is_asking(one: Token) -> bool:
    return one.normalised in _ASKING or one.surface in _ASKING or one.surface.startswith("何")


def _is_noun(one: Token) -> bool:
    return one.role in NOUNS or one.role == ROLE["prefix"]


def _noun_asked(found: tuple[Token, ...], begin: int, bare: int, end: int, *, copular: bool) -> str:
    fused = found[begin].surface[1:] if begin < bare and found[begin].surface.startswith("何") else ""  # 第何回, 何気団
    if end > bare or fused:
        return fused + "".join(one.surface for one in found[bare:end])
    if not copular:
        return ""
    place = begin
    while place and (
        found[place - 1].role in {ROLE["は"], ROLE["と"], ROLE["comma"]} or found[place - 1].surface == "って"
    ):
        place -= 1
    if place == begin < len(found):
        return ""
    stop = place
    while place and _is_noun(found[place - 1]):
        place -= 1
    return "".join(one.surface for one in found[place:stop])
