"""The insight page: counts of what the class asks, their download as CSV, and deleting them."""

import asyncio
import csv
import io
from collections.abc import Iterable

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from app.pages.source.view import source_address
from app.web.errors import RefusedError
from app.web.insight.groups import K
from app.web.insight.insight import CSV_HEAD, Insight, csv_rows
from app.web.service.service import AnswerSource
from app.web.teach.desk import Desk, at_desk, service_of
from app.web.teach.sessions import Session
from app.web.teach.view import NOT_KEPT, back_to, page_language, shown, words_of

_SHOWN, _DAYS = 20, 60
_EXCERPT = 160  # characters
_FORMULA = ("=", "+", "-", "@", "\t", "\r")  # a spreadsheet would run a cell that begins so


def insight_of(request: Request) -> Insight:
    """The counts; raises RefusedError (404) if this server keeps none."""
    insight: Insight | None = request.app.state.insight
    if insight is None:
        raise RefusedError(404, "not_found", "nothing is counted on this server")
    return insight


@at_desk
async def _insight(request: Request, desk: Desk, session: Session) -> Response:
    insight = insight_of(request)
    store = insight.store
    library = service_of(request).library
    await asyncio.to_thread(insight.settle)
    days = await asyncio.to_thread(store.days)
    gaps = await asyncio.to_thread(store.gaps, _SHOWN)
    cited = await asyncio.to_thread(store.cited, K, _SHOWN)
    shown_passages = {passage for gap in gaps for passage in gap.passages} | {passage for _, passage, _ in cited}
    return shown(
        request,
        "insight",
        session,
        is_on=insight.is_on,
        days=days[:_DAYS],
        most=max((asked for _, asked, _ in days[:_DAYS]), default=1),
        asked=sum(asked for _, asked, _ in days),
        absent=sum(absent for *_, absent in days),
        gaps=gaps,
        cited=cited,
        confusing=await asyncio.to_thread(store.confusing, K, _SHOWN),
        waiting=insight.groups.waiting,
        places=await desk.read(lambda: places_of(library, shown_passages)),
        titles=await desk.read(library.titles),
        least=K,
    )


def places_of(library: AnswerSource, passage_ids: Iterable[str]) -> dict[str, tuple[str, str, str, str]]:
    """Passage id → (document title, section, first 160 characters, address of its source).

    A passage's id is "document id:digest", so only the documents of these passages are read.
    """
    wanted = set(passage_ids)
    documents = {passage_id.rpartition(":")[0] for passage_id in wanted}
    return {
        passage.id: (record.title, passage.section, passage.text[:_EXCERPT], source_address(record.id, passage.id))
        for record in library.records()
        if record.id in documents
        for passage in library.passages(record.id)
        if passage.id in wanted
    }


@at_desk
async def _csv(request: Request, _: Desk, session: Session) -> Response:
    insight, words = insight_of(request), words_of(page_language(request, session))["table"]
    await asyncio.to_thread(insight.settle)
    rows = await asyncio.to_thread(csv_rows, insight)
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(words[name] for name in CSV_HEAD)
    writer.writerows((words[str(kind)], *map(_cell, values)) for kind, *values in rows)
    named = {"Content-Disposition": 'attachment; filename="insight.csv"'}
    return Response(text.getvalue().encode("utf-8-sig"), media_type="text/csv; charset=utf-8", headers=NOT_KEPT | named)


def _cell(value: object) -> object:
    """Quote a value that a spreadsheet would take for a formula."""
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value


@at_desk
async def _wipe(request: Request, _: Desk, __: Session) -> Response:
    await asyncio.to_thread(insight_of(request).wipe)
    return back_to(request, "insight")


routes = [
    Route("/teach/insight", _insight, methods=["GET"]),
    Route("/teach/insight.csv", _csv, methods=["GET"]),
    Route("/teach/insight/wipe", _wipe, methods=["POST"]),
]
