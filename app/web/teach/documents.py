"""The documents page: list the documents of a course, add and remove them with progress."""

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from app.web.errors import RefusedError
from app.web.teach.desk import Desk, at_desk, service_of
from app.web.teach.forms import MOST_FILE_BYTES, fields_of, received
from app.web.teach.jobs import Job, JobProgress, Result
from app.web.teach.sessions import Session
from app.web.teach.uploads import set_aside
from app.web.teach.view import back_to, shown
from ingest.loaders import SUFFIXES, Limits
from retriever.types import DocumentRecord

# The loaders are imported where they are used, so that the server listens within a second.
if TYPE_CHECKING:
    from ingest.runs.ingest_plan import Outcome

_LIMITS = Limits(max_bytes=MOST_FILE_BYTES)
_MOST_ADDRESS = 2000  # characters


@at_desk
async def _documents(request: Request, desk: Desk, session: Session) -> Response:
    from corpus.bundle import holds_bundle_alone

    records = await desk.read(service_of(request).library.records)
    return shown(
        request,
        "documents",
        session,
        records=[record for record in records if record.kind != "reference"],
        is_bundle=holds_bundle_alone(records),
        fetch_hosts=sorted(desk.crawling.allow_hosts),
        texts=[record for record in records if record.kind == "reference"],
        jobs=desk.jobs.on("documents"),
        accept=",".join(SUFFIXES),
        most=MOST_FILE_BYTES // 1_000_000,
        seconds=int(_LIMITS.max_seconds),
    )


@at_desk
async def _upload(request: Request, desk: Desk, _: Session) -> Response:
    async with received(request, SUFFIXES) as (files, left_out):
        # a file with the same name is replaced, and so is its document
        upload = await asyncio.to_thread(set_aside, [(file, file.name) for file in files], desk.uploads)

    def work(_job: Job, progress: JobProgress) -> Sequence[Result]:
        from corpus.bundle import keep_for_own_documents
        from ingest.pipeline import ingest

        keep_for_own_documents(desk.index)
        with upload.placed() as accepted:
            sources = [str(path) for path in upload.paths]
            outcomes = ingest(desk.index, sources, limits=_LIMITS, goes_on=False, progress=progress)
            skipped = {outcome.name for outcome in outcomes if outcome.state == "skipped"}
            used = {record.source for record in _records(desk.index)} - skipped
            accepted.update(path for path in upload.paths if str(path) in used)
        not_taken = [Result("skipped", file.name, str(file.error), file.reason) for file in left_out]
        return [*not_taken, *(_result(outcome, desk.uploads) for outcome in outcomes)]

    names = (*upload.names, *(file.name for file in left_out))
    desk.jobs.add("upload", ", ".join(names), work, upload.drop)
    return back_to(request, "documents")


def _records(index: Path) -> list[DocumentRecord]:
    from retriever.index.open import open_index
    from retriever.index.snapshots import IndexMissingError

    try:
        return list(open_index(index).documents.values())
    except IndexMissingError:
        return []


@at_desk
async def _address(request: Request, desk: Desk, _: Session) -> Response:
    from ingest.runs.gather import Fetching, is_address

    address = (await fields_of(request)).get("address", "").strip()
    # other text would be taken for a path on this machine
    if not is_address(address) or len(address) > _MOST_ADDRESS or not address.isprintable():
        raise RefusedError(422, "no_address", "give an address that begins with https:// or http://")
    fetching = Fetching(desk.crawling.allow_hosts, desk.crawling.contact)

    def work(_job: Job, progress: JobProgress) -> Sequence[Result]:
        from corpus.bundle import keep_for_own_documents
        from ingest.pipeline import ingest

        keep_for_own_documents(desk.index)
        outcomes = ingest(desk.index, [address], limits=_LIMITS, fetching=fetching, goes_on=False, progress=progress)
        return [_result(outcome, desk.uploads) for outcome in outcomes]

    desk.jobs.add("address", address, work)
    return back_to(request, "documents")


@at_desk
async def _remove(request: Request, desk: Desk, _: Session) -> Response:
    document_id = (await fields_of(request)).get("document", "")
    records = await desk.read(service_of(request).library.records)
    record = next((known for known in records if known.id == document_id), None)
    if record is None:
        raise RefusedError(404, "no_such_document", f"the index holds no document {document_id[:200]!r}")

    def work(_job: Job, progress: JobProgress) -> Sequence[Result]:
        from ingest.pipeline import remove

        outcomes = remove(desk.index, [record.id], progress=progress)
        source = Path(record.source)
        if source.parent == desk.uploads.resolve() and record.source not in {
            known.source for known in _records(desk.index)
        }:
            source.unlink(missing_ok=True)
        return [_result(outcome, desk.uploads) for outcome in outcomes]

    desk.jobs.add("remove", record.title, work)
    return back_to(request, "documents")


def _result(outcome: "Outcome", uploads: Path) -> Result:
    """An outcome for the page, without the paths of the server's folders."""
    where = f"{uploads.resolve()}/"
    return Result(outcome.state, outcome.name.replace(where, ""), outcome.detail.replace(where, ""), outcome.reason)


routes = [
    Route("/teach/documents", _documents, methods=["GET"]),
    Route("/teach/documents/upload", _upload, methods=["POST"]),
    Route("/teach/documents/address", _address, methods=["POST"]),
    Route("/teach/documents/remove", _remove, methods=["POST"]),
]
