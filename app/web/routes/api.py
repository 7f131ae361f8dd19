"""The JSON API: ask, search, a cited passage with its neighbours, and tab ids."""

import asyncio
import json
import logging
from collections.abc import AsyncIterator, Iterator
from functools import cache
from pathlib import Path
from typing import Any, Protocol

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from app.answering.types import Answer, hit_to_json, sentence_to_json
from app.composing.events import Event
from app.library import UnknownDocumentError
from app.pages.labels.texts import html_language
from app.pages.source.view import BlockView, Focus, TextRun, nearby, source_address, view
from app.pages.static_files import StaticFile, send_file, static_file
from app.web.errors import Json, RefusedError, error_json, unavailable
from app.web.guard.questions import (
    ASKED,
    AskRequest,
)
from app.web.service.service import Service
from app.web.serving.requests import while_connected
from retriever.types import TenkyoError

_DESCRIPTION = Path(__file__).parent / "openapi.json"
_HEARTBEAT = 10.0  # seconds; proxies close streams that stay silent
_log = logging.getLogger("tenkyo.web")


def _service(request: Request) -> Service:
    service: Service = request.app.state.service
    return service


async def ask(request: Request) -> Response:
    """`POST /api/ask`: the answer as JSON, or as server-sent events if the client accepts them."""
    question: AskRequest = request.scope[ASKED]
    service = _service(request)
    if "text/event-stream" not in request.headers.get("accept", ""):
        answer = await while_connected(request.receive, _whole_answer(service, question))
        return Json(answer.to_json(), headers={"Cache-Control": "no-store"})
    return stream(request, JsonTeller())


class Teller(Protocol):
    """Turns the parts of one answer into server-sent events; a new one is made for each stream."""

    def begin(self, answer: Answer) -> str:
        """The event for a quoted answer that a language model now begins to compose."""
        ...

    def tell(self, step: Event) -> str:
        """The event for a composed sentence that has passed its check, or for a withheld one."""
        ...

    def finish(self, answer: Answer) -> Iterator[str]:
        """The events for the rest of the answer."""
        ...


class JsonTeller:
    """The events of `/api/ask`: `meta`, `sentence`, `withheld`, `answer`."""

    def __init__(self) -> None:
        self._has_begun = False

    def begin(self, answer: Answer) -> str:
        """`meta`: the intent and the standalone question."""
        self._has_begun = True
        return event("meta", {"intent": answer.intent, "standalone": answer.standalone or answer.question})

    def tell(self, step: Event) -> str:
        """`sentence` for a composed sentence that has passed its check, `withheld` for one that has not."""
        if step.sentence is None:
            return event("withheld", {"reason": step.withheld})
        return event("sentence", sentence_to_json(step.sentence))

    def finish(self, answer: Answer) -> Iterator[str]:
        """`meta` if it was not sent yet, `sentence` for each quoted sentence, then the whole `answer`."""
        if not self._has_begun:
            yield self.begin(answer)
        for sentence in answer.sentences:
            if sentence.origin != "composed":
                yield event("sentence", sentence_to_json(sentence))
        yield event("answer", answer.to_json())


def stream(request: Request, teller: Teller) -> Response:
    """Stream the answer as `teller`'s events; composed sentences are sent as soon as they are checked."""
    question: AskRequest = request.scope[ASKED]
    service = _service(request)
    _ = service.library  # raises NotReadyError now, before the status is sent
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    return StreamingResponse(_events(service, question, teller), media_type="text/event-stream", headers=headers)


async def _answered(service: Service, question: AskRequest) -> Answer:
    try:
        return await service.ask(question.text, question.k, question.history, question.documents, asker=question.asker)
    except UnknownDocumentError as error:
        raise RefusedError(422, "no_such_document", str(error)) from error


async def _whole_answer(service: Service, question: AskRequest) -> Answer:
    answer = await _answered(service, question)
    return await service.compose(answer, history=question.history, documents=question.documents)


async def _events(service: Service, question: AskRequest, teller: Teller) -> AsyncIterator[str]:
    """The events of the answer, or `error`; comments keep the stream alive."""
    arrived: asyncio.Queue[Event] = asyncio.Queue()
    tasks: list[asyncio.Task[Answer]] = [asyncio.create_task(_answered(service, question))]
    try:
        async for text in _waiting(tasks[0], arrived, teller):
            yield text
        answer = tasks[0].result()
        if service.composes:
            yield teller.begin(answer)
            composing = service.compose(
                answer, arrived.put_nowait, history=question.history, documents=question.documents
            )
            tasks.append(asyncio.create_task(composing))
            async for text in _waiting(tasks[1], arrived, teller):
                yield text
            answer = tasks[1].result()
    except RefusedError as error:
        yield event("error", error_json(error))
    except TenkyoError as error:
        yield event("error", error_json(unavailable(error)))
    except Exception:  # the status line is already sent: only an event can report the error
        _log.exception("answering failed")
        yield event("error", error_json(RefusedError(500, "internal", "the server failed: see its log")))
    else:
        for text in teller.finish(answer):
            yield text
    finally:
        for task in tasks:
            task.cancel()


async def _waiting(task: "asyncio.Task[Answer]", arrived: "asyncio.Queue[Event]", teller: Teller) -> AsyncIterator[str]:
    """Events until `task` is done: composed sentences as they arrive, and comments during pauses."""
    while True:
        getting = asyncio.ensure_future(arrived.get())
        done, _ = await asyncio.wait({task, getting}, timeout=_HEARTBEAT, return_when=asyncio.FIRST_COMPLETED)
        if getting in done:
            yield teller.tell(getting.result())
            continue
        getting.cancel()
        if task in done:
            return
        yield ": still looking\n\n"


def event(name: str, data: dict[str, Any]) -> str:
    """A server-sent event with data in JSON."""
    return f"event: {name}\ndata: {json.dumps(data, ensure_ascii=False)}\n\n"


async def search(request: Request) -> Response:
    """`POST /api/search`: ranked passages."""
    query: AskRequest = request.scope[ASKED]
    hits, titles = await while_connected(request.receive, _service(request).search(query.text, query.k))
    return Json({"query": query.text, "hits": [hit_to_json(hit, titles) for hit in hits]})


def focus_of(request: Request) -> Focus | None:
    """The passage and quote that the query names; a quote needs both of its offsets (characters)."""
    query = request.query_params
    passage_id = query.get("passage")
    if not passage_id:
        return None
    start, end = query.get("quote_start", ""), query.get("quote_end", "")
    if not (start.isdecimal() and end.isdecimal() and len(start) < 10 and len(end) < 10):
        return Focus(passage_id)
    return Focus(passage_id, int(start), int(end))


async def passage(request: Request) -> Response:
    """`GET /api/passage?document=…&passage=…`: a cited passage among its neighbours, for the chat's side panel."""
    document_id, focus = request.query_params.get("document", ""), focus_of(request)
    if not document_id or focus is None:
        raise RefusedError(422, "passage_missing", "name a document and a passage: ?document=…&passage=…")
    service = _service(request)
    library = service.library
    read = await service.call(lambda: (library.document(document_id), library.passages(document_id)))
    document, passages = read
    cited = next((passage for passage in passages if passage.id == focus.passage_id), None)
    if document is None or cited is None:
        raise RefusedError(404, "no_such_passage", "the documents hold no such passage: ask again")
    blocks = await service.call(lambda: nearby(view(document, passages, focus)))
    return Json(
        {
            "document_id": document.id,
            "document_title": document.title,
            "language": html_language("", document.language),
            "section": cited.place,
            "page": cited.page_at(focus.quote_start or 0),
            "address": source_address(document.id, cited.id, focus.quote_start, focus.quote_end),
            "blocks": [_block_json(block) for block in blocks],
        }
    )


def _block_json(view: BlockView) -> dict[str, Any]:
    cells = [{"column": name, "runs": [_run_json(run) for run in runs]} for name, runs in view.cells]
    return {"kind": view.block.kind, "runs": [_run_json(run) for run in view.runs], "cells": cells}


def _run_json(run: TextRun) -> dict[str, Any]:
    return {"text": run.text, "cited": run.cited, "quoted": run.quoted}


async def tab(request: Request) -> Response:
    """`GET /api/tab`: an id for a browser tab to send as X-Tenkyo-Tab; each tab has its own rate limit."""
    return Json({"tab": request.app.state.tabs.issue()}, headers={"Cache-Control": "no-store"})


@cache
def _description_file() -> StaticFile:
    return static_file(_DESCRIPTION.read_text(encoding="utf-8"), ".json", "application/json")


async def description(request: Request) -> Response:
    """`GET /api/openapi.json`: the description of this API in OpenAPI 3.1."""
    return send_file(request, _description_file())


routes = [
    Route("/api/tab", tab, methods=["GET"]),
    Route("/api/openapi.json", description, methods=["GET"]),
    Route("/api/ask", ask, methods=["POST"]),
    Route("/api/search", search, methods=["POST"]),
    Route("/api/passage", passage, methods=["GET"]),
]
