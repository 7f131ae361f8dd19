"""The security headers of every response."""

from collections.abc import Callable, Iterable, Sequence

from starlette.datastructures import MutableHeaders

_BARE_CSP = "default-src 'none'; style-src 'self'; img-src 'self' data:; base-uri 'none'"
_PAGE_CSP = f"{_BARE_CSP}; form-action 'none'"
# Only the policy `tenkyo` of static/widget/frame.js turns text into markup: what the server has made of an answer
_WIDGET_CSP = (
    f"{_PAGE_CSP}; script-src 'self'; connect-src 'self'; frame-src 'self'; "  # a source, over the answer
    "require-trusted-types-for 'script'; trusted-types tenkyo"
)
_DEMO_CSP = f"{_PAGE_CSP}; script-src 'self'; frame-src 'self'"
_TEACH_CSP = (
    f"{_BARE_CSP}; form-action 'self'; script-src 'self'; connect-src 'self'; require-trusted-types-for 'script'; "
    "trusted-types tenkyo; frame-ancestors 'none'"
)
# reports bring their own style and script; without an origin, nothing in them reaches the desk
_REPORT_CSP = (
    "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data:; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'; sandbox allow-scripts allow-popups"
)
_TEACH_REPORTS = ("/teach/references/report", "/teach/quality/report/")
_FOR_COURSE_PAGES = ("/widget.js", "/widget.d.ts")  # what other sites load
# Gradio starts from inline scripts and styles; nothing is evaluated from text, nothing comes from elsewhere
_CHAT_CSP = (
    "default-src 'self'; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    "font-src 'self' data:; connect-src 'self'; object-src 'none'; base-uri 'self'; form-action 'self'; "
    "frame-ancestors 'self'"
)


def frame_ancestors(origins: Iterable[str]) -> str:
    """The directive that lets these origins embed the widget; empty for any (`*` would leave out file: pages)."""
    listed = list(origins)
    return "" if "*" in listed else "; frame-ancestors " + " ".join(["'self'", *listed])


class SecurityHeaders:
    """The policies by address; `embed_origins` and the sites of `platforms` may show the widget."""

    def __init__(self, embed_origins: Iterable[str], platforms: Callable[[], Sequence[str]] = lambda: ()) -> None:
        self._embed_origins, self._platforms = tuple(embed_origins), platforms

    def add(self, path: str, headers: MutableHeaders) -> None:
        """Sets them on a response."""
        if path == "/chat" or path.startswith("/chat/"):
            policy = _CHAT_CSP
        elif path == "/widget":
            policy = _WIDGET_CSP + frame_ancestors([*self._embed_origins, *self._platforms()])
        elif path.startswith("/documents/"):
            # the source of a citation opens inside the widget where its frame may open no tab
            policy = _PAGE_CSP + frame_ancestors([*self._embed_origins, *self._platforms()])
        elif path.startswith("/lti/"):
            # a launch starts in a frame of a page that registers only now, and ends with a form for the platform
            policy = f"{_BARE_CSP}; script-src 'self'"
        elif path.startswith(_TEACH_REPORTS):
            policy = _REPORT_CSP
        elif path == "/teach" or path.startswith("/teach/"):
            policy = _TEACH_CSP
        elif path == "/widget/demo":
            policy = f"{_DEMO_CSP}; frame-ancestors 'self'"
        else:
            policy = f"{_PAGE_CSP}; frame-ancestors 'self'"
        headers["Content-Security-Policy"] = policy
        headers["X-Content-Type-Options"] = "nosniff"
        headers["Referrer-Policy"] = "no-referrer"
        # a frame in a sandbox without an origin loads even its own files as a stranger
        is_public = path in _FOR_COURSE_PAGES or path == "/labels.js" or path.startswith("/static/")
        headers["Cross-Origin-Resource-Policy"] = "cross-origin" if is_public else "same-origin"
        if path in _FOR_COURSE_PAGES:
            headers["Access-Control-Allow-Origin"] = "*"  # modules are loaded with CORS
