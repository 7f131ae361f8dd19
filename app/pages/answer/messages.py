"""Answers as HTML for chat, widget and reports. All text from documents and readers is escaped.

A message is one HTML block without a line break: Markdown (CommonMark 0.31, 4.6, kind 6) leaves such a block alone
up to the next blank line, so nothing in a passage is taken for Markdown, HTML or a formula.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from app.answering.compose.messages import bare_origin_label, say
from app.answering.compose.shown import shown_near
from app.answering.types import Answer, Citation
from app.composing.notes import is_note
from app.pages.answer.view import view_of
from app.pages.labels.texts import html_language, labels_for
from app.pages.source.view import below_root, heading_words, is_web_address, source_address
from app.pages.templates import load_message, message
from retriever.text import squeeze

_TEMPLATE = "answer/answer"
# a web address in a bibliography entry, without the punctuation that may end its sentence
_ADDRESS = re.compile(r"(<?https?://[!-~]+(?<![.,;:)\]]))")


def load_answer_template() -> None:
    """Compile the template ahead of the first answer, which would wait a third of a second for it."""
    load_message(_TEMPLATE)


def answer_html(answer: Answer, *, is_whole: bool = True, at_root: bool = False) -> str:
    """The answer as HTML. While it is still being composed (not `is_whole`), sources and suggestions are left out.

    Links are relative to the root if `at_root` (as in the widget), else to one step below it.
    """
    return _answer(answer, is_whole=is_whole, address=_address_from_root if at_root else source_address)


def stored_answer_html(stored: Mapping[str, Any]) -> str:
    """A stored answer (JSON form) as HTML for a page without a server: no links and no buttons.

    It also shows the quotes that the answer's text does not repeat; cited works are left out.
    """
    return _answer(Answer.from_json(stored), links=False)


def _answer(
    answer: Answer, *, is_whole: bool = True, address: Callable[..., str] = source_address, links: bool = True
) -> str:
    shown = view_of(answer)
    is_composed = any(piece.kind == "composed" for piece in shown.said)
    quoted = [sentence.text for sentence in answer.sentences if sentence.origin != "composed"]
    unsaid = _not_in(quoted if is_composed else [answer.text], answer.citations)
    return message(
        _TEMPLATE,
        answer=answer,
        language=html_language(answer.question, answer.language),
        is_absent=answer.abstained or not answer.sentences,
        understood=_understood(answer),
        certainty=labels_for(answer.language)[shown.certainty] if shown.certainty else "",
        composed=bare_origin_label(answer.language, "composed") if is_composed else "",
        shown=shown,
        is_whole=is_whole,
        failed=[note for note in answer.notes if is_note(note)],
        notes=[note for note in answer.notes if not is_note(note)],
        near=shown_near(answer),
        labels=labels_for(answer.language),
        links=links,
        is_composed=is_composed,
        unsaid=unsaid if is_composed or not links else set(),
        repeated=unsaid - _not_in([answer.text], answer.citations),
        address=address,
        quote_address=lambda citation: address(
            citation.document_id, citation.passage_id, citation.quote_start, citation.quote_end
        ),
        heading_words=heading_words,
        is_web_address=is_web_address,
        text_and_addresses=_ADDRESS.split,
        language_of=html_language,
    )


def _not_in(texts: Iterable[str], citations: Iterable[Citation]) -> set[int]:
    """The numbers of the citations whose quotes stand in none of the texts."""
    said = squeeze(" ".join(texts))
    return {citation.number for citation in citations if squeeze(citation.quote) not in said}


def _understood(answer: Answer) -> str:
    """The question as it was understood, if words were taken over from the conversation; else ""."""
    if answer.standalone in {"", answer.question}:
        return ""
    return say(answer.language, "understood", question=answer.standalone)


def _address_from_root(*place: Any) -> str:
    return below_root(source_address(*place))
