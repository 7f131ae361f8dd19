"""Rewrite what Gradio sends to work on any host and path: relative addresses, our head, cache times.

Gradio writes absolute addresses from the Host and X-Forwarded-Host headers, whoever sent them. It sees none of them,
but a name of our own, which is replaced in the page.
"""

import json
import re

from markupsafe import Markup
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import Message, Scope, Send

from app.pages.static_files import etag_of, is_known
from app.pages.templates import page
from retriever.types import TenkyoError

_HOST = "gradio.invalid"
_HEADERS_OF_PROXIES = (b"forwarded", b"x-forwarded-", b"x-gradio-server", b"x-real-ip")
_BASE = '<base href="./" />'
_STYLES = ("tokens", "chat", "answer", "source_panel", "tools")
_OWN = ("page", "requests", "gradio_queue", "source_panel", "question_box", "chat", "head", "selection_source")
_TOOLS = ("dialog", "stored_conversations", "conversations", "export", "answer_acts", "study")
_SCRIPTS = (*_OWN, *_TOOLS)  # in this order
# link preview tags; Gradio's own describe Gradio and name its addresses
_PREVIEW = re.compile(r'<meta\s+(?:property="og:|name="(?:twitter:|description"))[^>]*>\s*')
_THEME = "/chat/theme.css"
_FILES = ("/chat/assets/", "/chat/static/", _THEME)
_FOR_EVER = "public, max-age=31536000, immutable"


def for_gradio(scope: Scope) -> Scope:
    """The scope for Gradio: without the headers that name this server, and with GET in place of HEAD."""
    dropped = (b"host", b"accept-encoding") if scope["path"] == _THEME else (b"host",)  # its ETag is made of plain text
    headers = [
        (name, value)
        for name, value in scope["headers"]
        if name not in dropped and not name.startswith(_HEADERS_OF_PROXIES)
    ]
    method = "GET" if scope.get("method") == "HEAD" else scope.get("method")  # Gradio's files take no HEAD
    ours = {"method": method, "root_path": "", "scheme": "http", "headers": [(b"host", _HOST.encode()), *headers]}
    return {**scope, **ours}


def preview_html(title: str, description: str) -> str:
    """The meta tags for link previews."""
    return page("chat/preview", title=title, description=description)


def finished_page(text: str, path: str, shell: str = "", tag: str = "en", preview: str = "") -> str:
    """Gradio's page with relative addresses and our head, as it is served at `path`: `/chat` or `/chat/`.

    `shell` is what we show around Gradio's part, in the language `tag`; `preview` is put into the head.

    Raises TenkyoError if Gradio's page is not the one that is known: half replaced, it would seem to work.
    """
    base, root = ("./", ".") if path.endswith("/") else ("chat/", "./chat")
    replaced = {
        _BASE: page("chat/head", base=base, styles=_STYLES, scripts=_SCRIPTS) + preview,
        '"root":' + json.dumps(f"http://{_HOST}/chat"): '"root":' + json.dumps(root),
        f"const root = {json.dumps(f'http://{_HOST}/chat')};": f"const root = {json.dumps(root)};",
        'href="/manifest.json"': 'href="../manifest.json"',
        "<body": Markup('<body lang="{}"').format(tag),
        '<html\n\tlang="en"': Markup('<html lang="{}"').format(tag),
        "<gradio-app": f"{shell}<gradio-app",
    }
    text = _PREVIEW.sub("", text)
    for gradios, ours in replaced.items():
        if text.count(gradios) != 1:
            raise TenkyoError(
                f"Gradio's page holds {gradios!r} {text.count(gradios)} times, not once: another release than 6.31?"
            )
        text = text.replace(gradios, ours)
    if _HOST in text:
        raise TenkyoError(
            f"Gradio's page holds an address at {text[text.index(_HOST) :][:80]!r}: another release than 6.31?"
        )
    return text


def with_our_headers(scope: Scope, send: Send) -> Send:
    """Adds headers: browsers keep files whose address has a hash for ever; nginx does not buffer streams.

    For a file that the browser already has, 304 is sent.
    """
    if scope["path"].startswith(_FILES):
        send = _unless_known(scope, send)
    is_hashed = scope["path"].startswith("/chat/assets/") or (
        scope["path"] == _THEME and scope["query_string"].startswith(b"v=")
    )

    async def send_with_header(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            if is_hashed and message["status"] in (200, 304):
                headers["Cache-Control"] = _FOR_EVER
            else:
                headers.setdefault("Cache-Control", "no-cache")
            if headers.get("content-type", "").startswith("text/event-stream"):
                headers["X-Accel-Buffering"] = "no"
        await send(message)

    return send_with_header


def _unless_known(scope: Scope, send: Send) -> Send:
    """Sends 304 in place of a file that the browser has, and no body for HEAD; Gradio does neither."""
    start: Message | None = None  # held back until the body shows whether the browser has it
    left_out = False

    async def send_if_new(message: Message) -> None:
        nonlocal start, left_out
        if message["type"] == "http.response.start":
            start = message
            return
        if start is None:
            if not left_out:
                await send(message)
            return
        if start["status"] == 200:
            headers = MutableHeaders(scope=start)
            etag = _weak_etag(headers.get("etag"), message)
            headers["ETag"] = etag
            if is_known(etag, Headers(scope=scope)):
                del headers["content-length"], headers["content-encoding"]
                start["status"] = 304
        left_out = start["status"] == 304 or scope["method"] == "HEAD"
        await send(start)
        start = None
        await send({"type": "http.response.body"} if left_out else message)

    return send_if_new


def _weak_etag(etag: str | None, message: Message) -> str:
    """The ETag that Gradio gives a file, or else one made of the body, which Gradio then sends in one piece."""
    if etag is None:
        return etag_of(message.get("body", b""))
    return etag if etag.startswith("W/") else f"W/{etag}"
