"""The chat page: Gradio Blocks over the answer service. Importing this module imports Gradio (seconds)."""

import json
import logging
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import gradio as gr

from app.answering.types import Turn
from app.answering.understand.conversation import counted
from app.web.api import MAX_QUESTION, check_question
from app.web.chat.composing import composed
from app.web.errors import RefusedError
from app.web.guard.gate import EventKind, PageEvent
from app.web.pages.labels import LABELS, labels_for, preferred
from app.web.pages.messages import answer_html, header_html, question_html, searching_html
from app.web.service import Service
from retriever.types import TenkyoError

_log = logging.getLogger("tenkyo.web")
Message = dict[str, str]


@dataclass(frozen=True, slots=True)
class Past:
    """What the server remembers of a conversation: the messages as they are shown, and the turns they stand for."""

    shown: tuple[Message, ...] = ()
    turns: tuple[Turn, ...] = ()


_KEPT = 40  # messages of a conversation; what the server remembers of one browser tab stays small
_SESSIONS = 500  # conversations remembered
_FONTS = (
    "system-ui",
    "-apple-system",
    "Hiragino Sans",
    "Yu Gothic UI",
    "Noto Sans CJK JP",
    "Noto Sans JP",
    "sans-serif",
)

I18N = gr.I18n(**LABELS)
THEME = gr.themes.Default(font=list(_FONTS), font_mono=["ui-monospace", "monospace"])


def build_chat(service: Service) -> gr.Blocks:
    """The page and its events; the starter questions come when it is opened, as they change with the index."""
    # files under Gradio's folder go after ten minutes
    with gr.Blocks(title="Tenkyo 典拠", analytics_enabled=False, fill_height=True, delete_cache=(600, 600)) as blocks:
        header = gr.Markdown("<h1>Tenkyo 典拠</h1>", elem_id="tenkyo-header", sanitize_html=True)
        history = gr.State(Past())
        chatbot = gr.Chatbot(
            label=I18N("chat"),
            elem_id="tenkyo-chat",
            show_label=False,
            scale=1,
            height=None,
            min_height=240,
            buttons=[],
            feedback_options=None,
            latex_delimiters=[],
            allow_tags=False,
        )
        box = gr.Textbox(
            label=I18N("question"),
            placeholder=I18N("placeholder"),
            show_label=False,
            container=False,
            max_lines=4,
            max_length=MAX_QUESTION,
            autofocus=True,
            submit_btn=True,
            elem_id="tenkyo-box",
            html_attributes=gr.InputHTMLAttributes(enterkeyhint="send", autocomplete="off"),
        )
        _connect(service, blocks, header, history, chatbot, box)
    blocks.state_session_capacity = _SESSIONS
    blocks.queue(max_size=128, default_concurrency_limit=16, api_open=False)
    return blocks


_KINDS: dict[str, EventKind] = {"submit": "ask", "example_select": "example", "clear": "clear", "load": "load"}


def page_events(blocks: gr.Blocks) -> dict[int, PageEvent]:
    """The events that the page may send, by fn_index. An event that is not named in _KINDS is a KeyError."""
    events = {}
    for dependency in blocks.config["dependencies"]:
        [(component, name)] = dependency["targets"]
        events[dependency["id"]] = PageEvent(_KINDS[name], dependency["id"], component, queued=dependency["queue"])
    return events


def _connect(
    service: Service,
    blocks: gr.Blocks,
    header: gr.Markdown,
    history: gr.State,
    chatbot: gr.Chatbot,
    box: gr.Textbox,
) -> None:
    """What happens when something is asked, an example clicked, or the conversation cleared."""

    async def asked(text: str, past: Past, request: gr.Request) -> AsyncIterator[Any]:
        async for shown, kept in converse(service, text, past, _language(request)):
            yield "", shown, kept

    async def example(event: gr.SelectData, past: Past, request: gr.Request) -> AsyncIterator[Any]:
        text = event.value["text"] if isinstance(event.value, dict) else ""
        async for shown, kept in converse(service, str(text), past, _language(request)):
            yield shown, kept

    async def opened(request: gr.Request) -> tuple[str, Any]:
        library, language = service.library, _language(request)
        header = header_html(await service.call(library.titles), language)
        questions = [{"text": question} for question in service.starters(language)]
        shown = {"examples": questions, "placeholder": labels_for(language)["examples"]} if questions else {}
        return header, gr.update(**shown)

    box.submit(asked, [box, history], [box, chatbot, history], api_visibility="private", show_progress="hidden")
    chatbot.example_select(example, [history], [chatbot, history], api_visibility="private", show_progress="hidden")
    chatbot.clear(Past, None, history, queue=False, api_visibility="private")
    blocks.load(opened, None, [header, chatbot], api_visibility="private", show_progress="hidden")


def _language(request: gr.Request) -> str:
    return preferred(request.headers.get("accept-language", ""))


async def converse(service: Service, text: str, past: Past, language: str) -> AsyncIterator[tuple[list[Message], Past]]:
    """The messages to show, growing sentence by sentence, and what to keep; raises gr.Error where there is no answer.

    Nothing that the browser says about earlier messages is used: `past` is the server's own.
    """
    labels = labels_for(language)
    if not text.strip():
        yield list(past.shown), past
        return
    begun = [*past.shown, {"role": "user", "content": question_html(text[:MAX_QUESTION])}]
    yield [*begun, _reply(searching_html(labels["searching"]))], past
    try:
        answer = await service.ask(check_question(text), history=past.turns)
        async for so_far in composed(service, answer, past.turns):
            checked = answer_html(so_far, len(so_far.sentences)) if so_far.sentences else ""
            yield [*begun, _reply(checked + searching_html(labels["checking"]))], past
            answer = so_far
    except TenkyoError as error:
        raise _failure(error) from error
    except Exception as error:
        _log.exception("answering failed")
        raise _failure(RefusedError(500, "internal", "the server failed: see its log")) from error
    for count in range(1, len(answer.sentences)):
        yield [*begun, _reply(answer_html(answer, count))], past
    shown = [*begun, _reply(answer_html(answer))]
    turn = Turn(answer.question, "" if answer.abstained else answer.text)
    yield shown, Past(tuple(shown[-_KEPT:]), counted([*past.turns, turn]))


def _reply(content: str) -> Message:
    return {"role": "assistant", "content": content}


def _failure(error: TenkyoError) -> gr.Error:
    """What static/chat-queue.js shows in place of Gradio's message, with a button that sends the question again."""
    known = error if isinstance(error, RefusedError) else RefusedError(503, "unavailable", str(error))
    told = {"code": known.code, "message": str(known), "seconds": known.retry_after or 0}
    return gr.Error(json.dumps(told), print_exception=False)
