"""The security headers of every response."""

from collections.abc import Callable, Iterable, Sequence

from starlette.datastructures import MutableHeaders

_BARE_CSP = "default-src 'none'; style-src 'self'; img-src 'self' data:; base-uri 'none'"
_PAGE_CSP = f"{_BARE_CSP}; form-action 'none'"
# Only the Trusted Types policy `tenkyo` of static/widget/frame.js may turn text into markup: the server's answers
_WIDGET_CSP = (
    f"{_PAGE_CSP}; script-src 'self'; connect-src 'self'; frame-src 'self'; "  # a source, shown over the answer
    "require-trusted-types-for 'script'; trusted-types tenkyo"
)
_DEMO_CSP = f"{_PAGE_CSP}; script-src 'self'; frame-src 'self'"
_TEACH_CSP = (
    f"{_BARE_CSP}; form-action 'self'; script-src 'self'; connect-src 'self'; require-trusted-types-for 'script'; "
    "trusted-types tenkyo; frame-ancestors 'none'"
)
# reports have inline styles and scripts; the sandbox gives them no origin, so they cannot reach the desk
_REPORT_CSP = (
    "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data:; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'; sandbox allow-scripts allow-popups"
)
_TEACH_REPORTS = ("/teach/references/report", "/teach/quality/report/")
_FOR_COURSE_PAGES = ("/widget.js", "/widget.d.ts")  # loaded by other sites
# Gradio needs inline scripts and styles; eval and resources of other sites stay forbidden
_CHAT_CSP = (
    "default-src 'self'; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    "font-src 'self' data:; connect-src 'self'; object-src 'none'; base-uri 'self'; form-action 'self'; "
    "frame-ancestors 'self'"
)


def frame_ancestors(origins: Iterable[str]) -> str:
    """The CSP directive that lets these origins embed the widget; "" for any site (`*` would exclude file: pages)."""
    listed = list(origins)
    return "" if "*" in listed else "; frame-ancestors " + " ".join(["'self'", *listed])


class SecurityHeaders:
    """Chooses the headers by path; `embed_origins` and the sites of `platforms` may embed the widget."""

    def __init__(self, embed_origins: Iterable[str], platforms: Callable[[], Sequence[str]] = lambda: ()) -> None:
        self._embed_origins, self._platforms = tuple(embed_origins), platforms

    def add(self, path: str, headers: MutableHeaders) -> None:
        """Sets the headers of a response to a request for `path`."""
        if path == "/chat" or path.startswith("/chat/"):
            policy = _CHAT_CSP
        elif path == "/widget":
            policy = _WIDGET_CSP + frame_ancestors([*self._embed_origins, *self._platforms()])
        elif path.startswith("/documents/"):
            # if the widget's frame may not open tabs, a citation's source opens inside the widget
            policy = _PAGE_CSP + frame_ancestors([*self._embed_origins, *self._platforms()])
        elif path.startswith("/lti/"):
            # no frame-ancestors or form-action: a site not yet registered may frame a launch and receive its form
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
        # a sandboxed frame has no origin: even its own files are cross-origin requests
        is_public = path in _FOR_COURSE_PAGES or path == "/labels.js" or path.startswith("/static/")
        headers["Cross-Origin-Resource-Policy"] = "cross-origin" if is_public else "same-origin"
        if path in _FOR_COURSE_PAGES:
            headers["Access-Control-Allow-Origin"] = "*"  # modules are loaded with CORS
