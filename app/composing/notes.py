"""Notes for the reader when nothing of the language model can be shown, and the quoted answer is shown instead."""

from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:  # pages without a language model import this module too
    from app.composing.model import Kind

_NOTES: "dict[str, dict[Kind | Literal['withheld'], str]]" = {
    "ja": {
        "unreachable": "言語モデルにつながらないため、文書の文をそのまま示します。",
        "refused": "言語モデルが混み合っているか、使える量を超えたため、文書の文をそのまま示します。",
        "slow": "言語モデルの応答が遅いため、文書の文をそのまま示します。",
        "malformed": "言語モデルの応答を読めないため、文書の文をそのまま示します。",
        "empty": "言語モデルが文を書かなかったため、文書の文をそのまま示します。",
        "withheld": "言語モデルの文は文書との照合を通らなかったため、文書の文をそのまま示します。",
    },
    "en": {
        "unreachable": "The language model cannot be reached: these are the documents' own sentences.",
        "refused": "The language model is busy or used up: these are the documents' own sentences.",
        "slow": "The language model is too slow: these are the documents' own sentences.",
        "malformed": "The language model's answer cannot be read: these are the documents' own sentences.",
        "empty": "The language model wrote nothing: these are the documents' own sentences.",
        "withheld": "The language model wrote nothing that the documents support: these are their own sentences.",
    },
    "zh": {
        "unreachable": "无法连接语言模型，以下为文献原文。",
        "refused": "语言模型繁忙或用量已尽，以下为文献原文。",
        "slow": "语言模型响应太慢，以下为文献原文。",
        "malformed": "无法读取语言模型的回答，以下为文献原文。",
        "empty": "语言模型没有写出内容，以下为文献原文。",
        "withheld": "语言模型写的句子未能通过与文献的核对，以下为文献原文。",
    },
    "ko": {
        "unreachable": "언어 모델에 연결할 수 없어 문서의 문장을 그대로 보여 줍니다.",
        "refused": "언어 모델이 혼잡하거나 사용량을 다 써서 문서의 문장을 그대로 보여 줍니다.",
        "slow": "언어 모델의 응답이 느려 문서의 문장을 그대로 보여 줍니다.",
        "malformed": "언어 모델의 응답을 읽을 수 없어 문서의 문장을 그대로 보여 줍니다.",
        "empty": "언어 모델이 아무것도 쓰지 않아 문서의 문장을 그대로 보여 줍니다.",
        "withheld": "언어 모델이 쓴 문장이 문서와의 대조를 통과하지 못해 문서의 문장을 그대로 보여 줍니다.",
    },
}


def note(language: str, kind: "Kind | Literal['withheld']") -> str:
    """The note on a failure of the model, or that all of its sentences were withheld, in the reader's language."""
    return _NOTES.get(language, _NOTES["en"])[kind]


def is_note(text: str) -> bool:
    """Whether a note of an answer tells why nothing of the model is shown."""
    return any(text in notes.values() for notes in _NOTES.values())
