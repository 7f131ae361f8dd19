"""The chat's question box and its event in Gradio Blocks. Importing this imports Gradio, which takes seconds.

`start.py` makes the rest of the page. In app/pages/static/chat, chat.js shows the conversation and gradio_queue.js
sends the event: Gradio's own script would lose text typed meanwhile and scroll the beginning of the answer away.
"""

import json
import logging
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from typing import Any

import gradio as gr

from app.answering.types import Answer, Turn
from app.library import UnknownDocumentError
from app.pages.answer.messages import answer_html
from app.pages.labels.texts import LABELS
from app.web.chat.composing import composed
from app.web.errors import RefusedError, unavailable
from app.web.guard.gate import EventKind, PageEvent
from app.web.guard.questions import ASKER, check_question
from app.web.service.service import Service
from retriever.types import TenkyoError

_log = logging.getLogger("tenkyo.web")
Part = dict[str, Any]

I18N = gr.I18n(**LABELS)
# generic names, because our style sheets choose the fonts by language
THEME = gr.themes.Default(font=["system-ui", "sans-serif"], font_mono=["ui-monospace", "monospace"])


def build_chat(service: Service) -> gr.Blocks:
    """The box and the values sent with it: the earlier turns, which the browser keeps, and the documents to search."""
    # Gradio deletes files in its folder after ten minutes
    with gr.Blocks(title="Tenkyo 典拠", analytics_enabled=False, delete_cache=(600, 600)) as blocks:
        box = gr.Textbox(
            label=I18N("question"),
            placeholder=I18N("placeholder"),
            show_label=False,
            container=False,
            max_lines=6,
            autofocus=True,
            submit_btn=True,
            elem_id="tenkyo-box",
            html_attributes=gr.InputHTMLAttributes(enterkeyhint="send", autocomplete="off"),
        )
        history, documents, reply = (gr.JSON(visible=False) for _ in range(3))

        async def asked(
            text: str, turns: list[dict[str, str]] | None, within: list[str] | None, request: gr.Request
        ) -> AsyncIterator[Part]:
            past = [Turn(turn["question"], turn.get("answer", "")) for turn in turns or ()]
            async for part in converse(service, text, past, within or (), request.headers.get(ASKER.decode(), "")):
                yield part

        box.submit(asked, [box, history, documents], [reply], api_visibility="private", show_progress="hidden")
    blocks.queue(max_size=128, default_concurrency_limit=16, api_open=False)
    return blocks


_KINDS: dict[str, EventKind] = {"submit": "ask"}


def page_events(blocks: gr.Blocks) -> dict[int, PageEvent]:
    """The events that the page may send, by fn_index. Raises KeyError for an event that is not in _KINDS."""
    events = {}
    for dependency in blocks.config["dependencies"]:
        [(component, name)] = dependency["targets"]
        events[dependency["id"]] = PageEvent(_KINDS[name], dependency["id"], component, queued=dependency["queue"])
    return events


async def converse(
    service: Service, text: str, history: Sequence[Turn] = (), documents: Sequence[str] = (), asker: str = ""
) -> AsyncIterator[Part]:
    """Yields the parts that chat.js shows: the quoted answer, the composed one as it grows, and last the whole answer.

    The last part also holds the turn to send with later questions, and the answer as JSON without its hits.
    `asker` is the key of the browser tab. Raises gr.Error if there is no answer.
    """
    try:
        quoted = answer = await service.ask(check_question(text), history=history, documents=documents, asker=asker)
        async for so_far in composed(service, quoted, history, documents):
            yield {"html": answer_html(so_far if so_far.sentences else quoted, is_whole=False), "whole": False}
            answer = so_far
    except UnknownDocumentError as error:
        raise _failure(RefusedError(422, "no_such_document", str(error))) from error
    except TenkyoError as error:
        raise _failure(error) from error
    except Exception as error:
        _log.exception("answering failed")
        raise _failure(RefusedError(500, "internal", "the server failed: see its log")) from error
    yield whole_part(answer)


def whole_part(answer: Answer) -> Part:
    """The last part of an answer."""
    return {
        "html": answer_html(answer),
        "whole": True,
        "turn": {"question": answer.question, "answer": "" if answer.abstained else answer.text},
        "answer": replace(answer, hits=()).to_json(),
    }


def _failure(error: TenkyoError) -> gr.Error:
    """The error as JSON, which gradio_queue.js reads from Gradio's message; chat.js shows it with a retry button."""
    refusal = error if isinstance(error, RefusedError) else unavailable(error)
    details = {"code": refusal.code, "message": str(refusal), "seconds": refusal.retry_after or 0}
    return gr.Error(json.dumps(details), print_exception=False)
