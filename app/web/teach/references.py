"""The references page: the state of each cited work, fetching with progress, attaching a file to a work."""

import asyncio
from collections.abc import Sequence
from typing import cast

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from app.references.states import STATE_WORDS
from app.references.works import chosen, references
from app.web.errors import RefusedError
from app.web.teach.desk import Desk, at_desk
from app.web.teach.forms import received
from app.web.teach.jobs import Job, JobProgress, Result
from app.web.teach.sessions import Session
from app.web.teach.uploads import set_aside
from app.web.teach.view import NOT_KEPT, back_to, page_language, shown
from ingest.fetching.outcomes import Language, say
from ingest.loaders import SUFFIXES
from ingest.references.cited_work import CitedWork
from ingest.references.fetch_record import READABLE
from retriever.types import TenkyoError

_FILES = tuple(suffix for suffix in SUFFIXES if suffix != ".jsonl")


@at_desk
async def _references(request: Request, desk: Desk, session: Session) -> Response:
    works = await desk.read(lambda: references(desk.index))
    order = list(STATE_WORDS)
    return shown(
        request,
        "references",
        session,
        works=sorted(works, key=lambda work: (work.listed_in, order.index(work.state), work.number)),
        readable=sum(work.state in READABLE for work in works),
        states=STATE_WORDS,
        jobs=desk.jobs.on("references"),
        accept=",".join(_FILES),
        says=say,
    )


@at_desk
async def _fetch(request: Request, desk: Desk, _: Session) -> Response:
    def work(_job: Job, progress: JobProgress) -> Sequence[Result]:
        from ingest.references.fetch import CrawlOptions, fetch_references

        works = references(desk.index)
        options = CrawlOptions(desk.crawling.allow_hosts, desk.crawling.contact)
        fetched = fetch_references(desk.index, works, retry=True, options=options, progress=progress)
        names = {cited.names[0] for cited in fetched}
        return [_result(cited) for cited in references(desk.index) if cited.names[0] in names]

    desk.jobs.add("fetch", "", work)
    return back_to(request, "references")


def _result(work: CitedWork) -> Result:
    state = "added" if work.state in READABLE else "skipped"
    return Result(state, f"[{work.number}] {work.line[:120]}", say(work.fetched.outcomes), work.state)


@at_desk
async def _attach(request: Request, desk: Desk, _: Session) -> Response:
    """Attach an uploaded file as the text of a work."""
    key = request.query_params.get("work", "")
    works = await desk.read(lambda: references(desk.index))
    try:
        cited = chosen(works, key)
    except TenkyoError as error:
        raise RefusedError(404, "no_such_document", str(error)) from error
    async with received(request, _FILES) as (files, _left_out):
        name = f"{cited.number}-{files[0].name}"
        upload = await asyncio.to_thread(set_aside, [(files[0], name)], desk.uploads)

    def work(_job: Job, progress: JobProgress) -> Sequence[Result]:
        from ingest.references.attach_file import attach_file

        with upload.placed() as accepted:
            (path,) = upload.paths
            record = attach_file(desk.index, references(desk.index), cited, str(path), password=None, progress=progress)
            accepted.add(path)
        return [Result("added", record.document_id or cited.key, say(record.outcomes))]

    desk.jobs.add("attach", name, work, upload.drop)
    return back_to(request, "references")


@at_desk
async def _report(request: Request, desk: Desk, session: Session) -> Response:
    """The health report as `tenkyo references --html` writes it."""
    from app.references.report import report  # here, because it imports the templates

    language = cast("Language", page_language(request, session))
    text = await desk.read(lambda: report(references(desk.index), language=language))
    return HTMLResponse(text, headers=NOT_KEPT)


routes = [
    Route("/teach/references", _references, methods=["GET"]),
    Route("/teach/references/fetch", _fetch, methods=["POST"]),
    Route("/teach/references/attach", _attach, methods=["POST"]),
    Route("/teach/references/report", _report, methods=["GET"]),
]
