"""A document's page, pictures of its PDF's pages, and the PDF itself if it may be downloaded."""

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, Response
from starlette.routing import Route

from app.pages.source.page import Facsimile, source_page
from app.pages.source.pictures import (
    ADDRESS,
    BOXES,
    BoxedPicture,
    Cited,
    LatePicture,
    cited_pages,
    figure,
    late_picture,
)
from app.pages.source.view import Focus, Following, view
from app.pages.static_files import etag_of, is_known
from app.pages.templates import page, way_up
from app.web.errors import BusyError, RefusedError
from app.web.routes import api
from app.web.routes.pictures import Pictures
from app.web.service.service import AnswerSource, Service
from ingest.document import Document
from ingest.pdf.facsimile.pictures import PagePicture, PictureError

ORIGINAL = "original"
# the browser revalidates its copy each time, so an upgrade shows at once
REVALIDATE = {"Cache-Control": "no-cache", "Vary": "Accept-Language"}
_PATIENCE = 3.0  # seconds that a page waits for its pictures; the browser loads later ones


async def _document(request: Request) -> Response:
    document_id = request.path_params["document_id"]
    service: Service = request.app.state.service
    library, focus = service.library, api.focus_of(request)
    language = service.course.now.language(request.headers, request.query_params)
    document, original = await service.call(lambda: (library.document(document_id), library.original(document_id)))
    if document is None:
        raise _no_document(document_id)
    wanted = await service.call(lambda: _wanted(library, document, focus, request)) if original else {}
    figures = await _figures(request.app.state.pictures, original, document, wanted, focus) if original else ()
    serves = original is not None and request.app.state.course.now.originals
    facsimile = Facsimile(figures, has_pictures=original is not None, download=serves)

    def render() -> str:
        following = Following(library.entry_targets(document_id), library.texts_of_entries(document_id))
        passages = library.passages(document_id)
        framed = request.headers.get("sec-fetch-dest", "") in ("iframe", "frame")
        return source_page(document, passages, focus, language, following, way_up(request.scope), facsimile, framed)

    headers = REVALIDATE | {"Vary": f"{REVALIDATE['Vary']}, Sec-Fetch-Dest"}
    return HTMLResponse(await service.call(render), headers=headers)


def _wanted(library: AnswerSource, document: Document, focus: Focus | None, request: Request) -> dict[int, Cited]:
    """The pages to show: the one in the query, else those of the cited passage, else the first."""
    number = _number(request, document)
    cited = cited_pages(view(document, library.passages(document.id), focus)) if focus and number is None else {}
    return cited or {number or 1: Cited()}


def _number(request: Request, document: Document) -> int | None:
    """The page number in the query; None if the document has no such page."""
    text = request.query_params.get("page", "")
    if not (text.isascii() and text.isdecimal() and len(text) < 6):
        return None
    return int(text) if 1 <= int(text) <= (document.page_count or 0) else None


async def _figures(
    pictures: Pictures, original: Path, document: Document, wanted: Mapping[int, Cited], focus: Focus | None
) -> tuple[BoxedPicture | LatePicture, ...]:
    """The pictures drawn in time, then placeholders for late ones; pages that cannot be drawn are left out."""
    figures: list[BoxedPicture] = []
    left = list(wanted)
    with suppress(TimeoutError, BusyError):
        async with asyncio.timeout(_PATIENCE):
            while left:
                with suppress(PictureError):
                    picture = await pictures.get(original, left[0])
                    figures.append(await asyncio.to_thread(figure, document.id, left[0], picture, wanted[left[0]]))
                del left[0]
    late = (late_picture(document.id, number, focus if wanted[number] != Cited() else None) for number in left)
    return *figures, *late


async def _picture(request: Request) -> Response:
    """`GET /page.webp?document=…&page=…`: a picture of the printed page."""
    _, _, picture = await _with_picture(request)
    headers = {"ETag": etag_of(picture.image), "Cache-Control": "no-cache"}
    if is_known(headers["ETag"], request.headers):
        return Response(status_code=304, headers=headers)
    return Response(picture.image, media_type="image/webp", headers=headers)


async def _boxes(request: Request) -> Response:
    """`GET /boxes.svg?document=…&page=…&passage=…`: the boxes that lie over a late picture of a page."""
    document, number, picture = await _with_picture(request)
    service: Service = request.app.state.service
    library, focus = service.library, api.focus_of(request)

    def draw() -> str:
        cited = cited_pages(view(document, library.passages(document.id), focus)).get(number, Cited())
        return page("source/layer", shown=figure(document.id, number, picture, cited))

    headers = {"Cache-Control": "no-cache"}
    return Response(await service.call(draw), media_type="image/svg+xml", headers=headers)


async def _with_picture(request: Request) -> tuple[Document, int, PagePicture]:
    """The document, page number and picture that the query names; raises RefusedError (404) if there is none."""
    document, original = await _with_original(request)
    number = _number(request, document)
    if number is None:
        raise RefusedError(404, "no_such_page", f"the document has no such page: it has {document.page_count}")
    try:
        return document, number, await request.app.state.pictures.get(original, number)
    except PictureError as error:
        raise RefusedError(404, "no_picture", str(error)) from error


async def _original(request: Request) -> Response:
    """`GET /original?document=…`: the PDF itself, if the teacher allows it."""
    if not request.app.state.course.now.originals:
        raise RefusedError(404, "not_found", f"nothing is at {request.url.path[:200]}")
    document, original = await _with_original(request)
    name = document.id if document.id.lower().endswith(".pdf") else f"{document.id}.pdf"
    return FileResponse(original, media_type="application/pdf", filename=name, headers={"Cache-Control": "no-cache"})


async def _with_original(request: Request) -> tuple[Document, Path]:
    """The document that the query names, and its PDF's path; raises RefusedError (404) if either is missing."""
    document_id = request.query_params.get("document", "")
    service: Service = request.app.state.service
    library = service.library
    document, original = await service.call(lambda: (library.document(document_id), library.original(document_id)))
    if document is None or original is None:
        raise _no_document(document_id)
    return document, original


def _no_document(document_id: str) -> RefusedError:
    return RefusedError(404, "no_such_document", f"the index holds no document {document_id[:200]!r}")


routes: Sequence[Route] = (
    Route(f"/{ADDRESS}", _picture),
    Route(f"/{BOXES}", _boxes),
    Route(f"/{ORIGINAL}", _original),
    Route("/documents/{document_id:path}", _document),
)
