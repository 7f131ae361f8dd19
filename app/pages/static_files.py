"""The files below `static/`, held in memory, each with its ETag and a fixed MIME type (systems' MIME tables differ)."""

import hashlib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import rcssmin
import rjsmin
from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import Response

STATIC = Path(__file__).parent / "static"
_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/manifest+json",
    ".svg": "image/svg+xml",
    ".ts": "text/plain; charset=utf-8",
}
# files joined into one request each, because the widget's page must open soon after a click
_BUNDLES = {
    "widget_page.css": ("tokens.css", "frame.css", "answer.css", "source_panel.css"),
    "widget_page.js": ("page.js", "requests.js", "source_panel.js", "frame.js"),
}


@dataclass(frozen=True, slots=True)
class StaticFile:
    """What is sent for a file."""

    body: bytes
    media_type: str
    etag: str


def static_file(text: str, suffix: str, media_type: str | None = None) -> StaticFile:
    """A text as a file to serve; CSS and scripts are minified. Scripts become ASCII: a Shift_JIS page may load them."""
    if suffix == ".js":
        text = rjsmin.jsmin(_ascii_script(text))
    elif suffix == ".css":
        text = rcssmin.cssmin(text)
    body = text.encode()
    return StaticFile(body, media_type or _TYPES[suffix], etag_of(body))


def etag_of(body: bytes) -> str:
    """The ETag of a body: weak, as its compressed form has the same one."""
    return f'W/"{hashlib.sha256(body).hexdigest()[:20]}"'


def is_known(etag: str, headers: Headers) -> bool:
    """Whether the browser says that it has the file with this ETag (RFC 9110, 13.1.2)."""
    known = headers.get("if-none-match", "")
    return known.strip() == "*" or etag.removeprefix("W/") in known


@cache
def static_files() -> dict[str, StaticFile]:
    """All static files and bundles by file name: addresses under /static/ hold no folder."""
    texts = {path.name: path.read_text(encoding="utf-8") for path in STATIC.rglob("*") if path.suffix in _TYPES}
    texts |= {name: "".join(texts[part] for part in parts) for name, parts in _BUNDLES.items()}
    return {name: static_file(text, Path(name).suffix) for name, text in texts.items()}


def send_file(request: Request, file: StaticFile) -> Response:
    """The file, or 304 if the browser has it. Browsers ask each time, so that an upgrade shows at once."""
    headers = {"ETag": file.etag, "Cache-Control": "no-cache"}
    if is_known(file.etag, request.headers):
        return Response(status_code=304, headers=headers)
    return Response(file.body, headers=headers | {"Content-Type": file.media_type})


def _ascii_script(text: str) -> str:
    r"""The script with \uXXXX in place of other characters; they stand in strings and comments only."""
    units = (character.encode("utf-16-be").hex() for character in text if not character.isascii())
    escapes = iter("".join(rf"\u{unit[at : at + 4]}" for at in range(0, len(unit), 4)) for unit in units)
    return "".join(character if character.isascii() else next(escapes) for character in text)
