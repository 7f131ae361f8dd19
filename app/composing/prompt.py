"""Prompts for the language model: the texts in `prompts/`, filled with passages, question and answer form."""

import hashlib
import re
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Literal

from app.answering.types import Answer, OverviewRequest, Turn
from app.answering.understand.classifier import overview_request
from app.answering.understand.question import ordinary_question

Messages = list[dict[str, str]]
Form = Literal["short", "list", "comparison", "explanation", "overview"]  # each has a text in `prompts/`

_FOLDER = Path(__file__).with_name("prompts")
_LANGUAGES = {"ja": "Japanese", "en": "English", "zh": "Chinese", "ko": "Korean"}
_MARKS = re.compile(r"</?\s*(?=passage|conversation|text)", re.IGNORECASE)
_MOST_TURNS, _LONGEST_ANSWER = 4, 300  # of a conversation in the prompt; characters


def wanted_form(answer: Answer) -> Form:
    """The form in which the question of an extractive answer should be answered."""
    question_text = answer.standalone or answer.question
    signed = overview_request(question_text, {}, ())
    if isinstance(signed, OverviewRequest) and signed.aspect == "compare":
        return "comparison"
    if answer.intent == "overview":
        return "overview"
    question = ordinary_question(question_text)
    if question.wants_list:
        return "list"
    return "explanation" if question.kind in {"reason", "definition"} else "short"


def answer_messages(question: str, language: str, form: Form, texts: Sequence[str]) -> Messages:
    """The messages for an answer in `language` from the `texts` of passages, which are numbered from 1."""
    system = _text("answer").format(language=_LANGUAGES.get(language, language), form=_text(f"form_{form}"))
    blocks = "\n\n".join(_block(number, text) for number, text in enumerate(texts, 1))
    return _messages(system, _text("question").format(passages=blocks, question=_plain(question)))


def whole_messages(question: str, language: str, turns: Sequence[Turn]) -> Messages:
    """The messages that ask to complete a question from the turns before it, oldest first."""
    recent = [(turn.question, turn.answer[:_LONGEST_ANSWER]) for turn in turns[-_MOST_TURNS:]]
    lines = [
        f"Student: {_plain(question_before)}" + (f"\nAnswer: {_plain(answer_before)}" if answer_before else "")
        for question_before, answer_before in recent
    ]
    system = _text("follow_up").format(language=_LANGUAGES.get(language, language))
    block = "\n".join(lines)
    return _messages(system, f"<conversation>\n{block}\n</conversation>\n\nLast question: {_plain(question)}")


def gloss_messages(quote: str, language: str) -> Messages:
    """The messages for a translation of `quote` into `language`."""
    return _messages(
        _text("gloss").format(language=_LANGUAGES.get(language, language)), f"<text>\n{_plain(quote)}\n</text>"
    )


def _messages(system: str, user: str) -> Messages:
    return [{"role": "system", "content": system}, {"role": "user", "content": user}]


def _block(number: int, text: str) -> str:
    return f'<passage number="{number}">\n{_plain(text)}\n</passage>'


def _plain(text: str) -> str:
    """The text without tags that could end its block."""
    return _MARKS.sub("(", text)


@cache
def _text(name: str) -> str:
    return (_FOLDER / f"{name}.txt").read_text(encoding="utf-8").strip()


@cache
def version() -> str:
    """A hash of all prompts, 12 hexadecimal digits."""
    texts = "\0".join(path.read_text(encoding="utf-8") for path in sorted(_FOLDER.glob("*.txt")))
    return hashlib.sha256(texts.encode()).hexdigest()[:12]
