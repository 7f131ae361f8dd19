"""Render the desk's pages: Jinja2 templates in `app/pages/teach/` with the texts in `app/web/teach/words/`."""

import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from app.pages.labels.texts import LANGUAGES, NAMES, html_language, preferred
from app.pages.templates import page, way_up
from app.web.teach.sessions import Session

_WORDS = Path(__file__).parent / "words"
PAGES = ("documents", "references", "quality", "insight", "settings")
NOT_KEPT = {"Cache-Control": "no-store", "Vary": "Accept-Language"}


@cache
def words_of(language: str) -> dict[str, Any]:
    """The desk's texts in a language of the interface."""
    return tomllib.loads((_WORDS / f"{language}.toml").read_text(encoding="utf-8"))


def words_for(name: str, *tables: Mapping[str, str]) -> str:
    """The text for a reason, from the first table that has it; else the text for "other"."""
    return next(table[key] for key in (name, "other") for table in tables if key in table)


def chosen_language(request: Request) -> str:
    """The language that the address names ("": none)."""
    chosen = request.query_params.get("lang", "")
    return chosen if chosen in LANGUAGES else ""


def page_language(request: Request, session: Session | None = None) -> str:
    """The language in the address (noted in the session), else the session's, else the browser's."""
    chosen = chosen_language(request)
    if chosen and session is not None:
        session.language = chosen
    if chosen:
        return chosen
    if session is not None and session.language:
        return session.language
    return preferred(request.headers.get("accept-language", ""))


def shown(request: Request, name: str, session: Session | None, *, status: int = 200, **values: Any) -> Response:
    """A page of the desk. Every value is escaped."""
    language = page_language(request, session)
    text = page(
        f"teach/{name}",
        up=way_up(request.scope),
        language=language,
        languages=NAMES,
        w=words_of(language),
        words_for=words_for,
        csrf=session.csrf if session else "",
        pages=PAGES,
        here=name,
        tag=html_language,
        **values,
    )
    return HTMLResponse(text, status_code=status, headers=NOT_KEPT)


def back_to(request: Request, name: str) -> Response:
    """Redirect to a page of the desk (303)."""
    return RedirectResponse(f"{way_up(request.scope)}teach/{name}", 303, headers={"Cache-Control": "no-store"})
