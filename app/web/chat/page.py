"""Rewrite Gradio's responses to work under any host and path: relative addresses, our head, cache headers.

Gradio builds absolute addresses from the Host and X-Forwarded-Host headers, which any client can forge. So we pass it
a fixed host name instead, and replace that name in the page.
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
# Gradio's tags for link previews: they describe Gradio and hold absolute addresses
_PREVIEW = re.compile(r'<meta\s+(?:property="og:|name="(?:twitter:|description"))[^>]*>\s*')
_THEME = "/chat/theme.css"
_FILES = ("/chat/assets/", "/chat/static/", _THEME)
_FOR_EVER = "public, max-age=31536000, immutable"


def for_gradio(scope: Scope) -> Scope:
    """The scope for Gradio: without the headers that name this server, and with GET in place of HEAD."""
    dropped = (b"host", b"accept-encoding") if scope["path"] == _THEME else (b"host",)  # its ETag is of plain text
    headers = [
        (name, value)
        for name, value in scope["headers"]
        if name not in dropped and not name.startswith(_HEADERS_OF_PROXIES)
    ]
    method = "GET" if scope.get("method") == "HEAD" else scope.get("method")  # Gradio's files do not answer HEAD
    ours = {"method": method, "root_path": "", "scheme": "http", "headers": [(b"host", _HOST.encode()), *headers]}
    return {**scope, **ours}


def preview_html(title: str, description: str) -> str:
    """The meta tags for link previews, without an address: this server does not know its public one."""
    return page("chat/preview", title=title, description=description)


def finished_page(text: str, path: str, shell: str = "", tag: str = "en", preview: str = "") -> str:
    """Gradio's page with relative addresses and our head, as served at `path`: `/chat` or `/chat/`.

    `shell` is our HTML before Gradio's part, in the language `tag`; `preview` goes into the head.

    Raises TenkyoError if Gradio's page has changed: if only some replacements fitted, it would only seem to work.
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
    """Wraps `send` to add headers: files with a hash in their address are cached for ever, nginx buffers no streams.

    Answers 304 for a file that the browser has cached.
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
    """Wraps `send` to answer 304 for a cached file and to send no body for HEAD; Gradio does neither."""
    start: Message | None = None  # held back: the ETag may depend on the body
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
    """Gradio's ETag as a weak one, else one made from the body; Gradio sends a body without an ETag in one piece."""
    if etag is None:
        return etag_of(message.get("body", b""))
    return etag if etag.startswith("W/") else f"W/{etag}"
