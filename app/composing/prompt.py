"""What the language model is told: the texts in `prompts/`, filled with passages, the question and the wanted form."""

import hashlib
import re
from collections.abc import Sequence
from functools import cache
from pathlib import Path

from app.answering.types import Intent
from retriever.types import Passage

Messages = list[dict[str, str]]

_FOLDER = Path(__file__).with_name("prompts")
_LANGUAGES = {"ja": "Japanese", "en": "English", "zh": "Chinese", "ko": "Korean"}
_SHORT = "Answer in one to three short sentences, the answer itself first."
_WIDE = "Answer in three to six sentences: what matters most first, and nothing twice."
_MARKS = re.compile(r"</?\s*passage", re.IGNORECASE)


def answer_messages(question: str, language: str, intent: Intent, passages: Sequence[Passage]) -> Messages:
    """The messages for an answer in `language` from `passages`, which are numbered from 1."""
    system = _text("answer").format(
        language=_LANGUAGES.get(language, language), form=_WIDE if intent == "overview" else _SHORT
    )
    blocks = "\n\n".join(_block(number, passage) for number, passage in enumerate(passages, 1))
    return _messages(system, _text("question").format(passages=blocks, question=_plain(question)))


def gloss_messages(quote: str, language: str) -> Messages:
    """The messages for a translation of `quote` into `language`."""
    return _messages(
        _text("gloss").format(language=_LANGUAGES.get(language, language)), f"<text>\n{_plain(quote)}\n</text>"
    )


def _messages(system: str, user: str) -> Messages:
    return [{"role": "system", "content": system}, {"role": "user", "content": user}]


def _block(number: int, passage: Passage) -> str:
    return f'<passage number="{number}">\n{_plain(passage.searchable)}\n</passage>'


def _plain(text: str) -> str:
    """The text without what would end its block."""
    return _MARKS.sub("(passage", text)


@cache
def _text(name: str) -> str:
    return (_FOLDER / f"{name}.txt").read_text(encoding="utf-8").strip()


@cache
def version() -> str:
    """Changes when any of the prompts does."""
    texts = "\0".join(path.read_text(encoding="utf-8") for path in sorted(_FOLDER.glob("*.txt")))
    return hashlib.sha256(texts.encode()).hexdigest()[:12]
