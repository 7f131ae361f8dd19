"""What an answer says in its own voice, in the question's language. Quotes stay in the language of their source."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from retriever.types import Hit


@dataclass(frozen=True, slots=True)
class Frame:
    """The phrases of one language."""

    not_found: str
    nearby: str
    digest: str
    quote_open: str
    quote_close: str
    separator: str


_FRAMES = {
    "ja": Frame(
        not_found="この質問の答えは、登録された文書の中に見つかりませんでした。",
        nearby="文書の中で近い箇所: ",
        digest="引用元は論文の本文ではなく、Tenkyoのために書かれた要約です。",
        quote_open="「",
        quote_close="」",
        separator="、",
    ),
    "en": Frame(
        not_found="The documents do not hold an answer to this question.",
        nearby="The nearest places in them: ",
        digest="The quotes are from a digest written for Tenkyo, not from the paper itself.",
        quote_open="“",
        quote_close="”",
        separator="; ",
    ),
    "zh": Frame(
        not_found="已收录的文献中没有找到这个问题的答案。",
        nearby="文献中相近的部分：",
        digest="引文出自为Tenkyo编写的摘要，而非论文原文。",
        quote_open="“",
        quote_close="”",
        separator="、",
    ),
    "ko": Frame(
        not_found="등록된 문서에서 이 질문의 답을 찾지 못했습니다.",
        nearby="문서에서 가까운 부분: ",
        digest="인용문은 논문 본문이 아니라 Tenkyo를 위해 쓴 요약에서 가져온 것입니다.",
        quote_open="‘",
        quote_close="’",
        separator=", ",
    ),
}
_NEARBY = 3  # places that an abstention names


def frame_of(language: str) -> Frame:
    """The phrases for answers in `language` ("ja", "en", "zh" or "ko")."""
    return _FRAMES.get(language, _FRAMES["en"])


def abstention_text(language: str, hits: Sequence[Hit], titles: Mapping[str, str]) -> str:
    """That the documents do not hold the answer, and what they hold nearby."""
    frame = frame_of(language)
    places = dict.fromkeys(_place(hit, titles) for hit in hits[:_NEARBY])
    if not places:
        return frame.not_found
    named = frame.separator.join(f"{frame.quote_open}{place}{frame.quote_close}" for place in places)
    return f"{frame.not_found}{'' if language in {'ja', 'zh'} else ' '}{frame.nearby}{named}"


def _place(hit: Hit, titles: Mapping[str, str]) -> str:
    passage = hit.passage
    title = titles.get(passage.document_id, passage.document_id)
    return f"{title} – {passage.section}" if passage.section and passage.section != title else title
