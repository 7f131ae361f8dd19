"""The first thing a request meets: which path a proxy put before it, and whether it comes from this machine."""

from ipaddress import ip_address
from urllib.parse import quote

from starlette.types import ASGIApp, Receive, Scope, Send

IS_LOCAL = "tenkyo.is_local"  # in the scope: whether a program on this machine asks, not a proxy for someone else
UNDER = "tenkyo.under"  # in the scope: "course/" if the address is the root path without its slash, else ""
_PROXY_HEADERS = frozenset((b"forwarded", b"x-forwarded-for", b"x-real-ip", b"via"))


class Front:
    """ASGI middleware before the guard; it answers nothing itself."""

    def __init__(self, app: ASGIApp, root_path: str = "") -> None:
        self._app = app
        self._root_path = root_path

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Passes on."""
        if scope["type"] == "http":
            scope = {**without_root_path(scope, self._root_path), IS_LOCAL: _is_local(scope)}
        await self._app(scope, receive, send)


def without_root_path(scope: Scope, root_path: str) -> Scope:
    """The scope with the path below `root_path`. A proxy may have taken that away already, or passed it on."""
    path, raw = scope["path"], scope.get("raw_path") or quote(scope["path"]).encode()
    if not root_path or not (path == root_path or path.startswith(f"{root_path}/")):
        return {**scope, "raw_path": raw, UNDER: ""}
    below = path.removeprefix(root_path)
    prefix = root_path.encode()
    # a raw path without the prefix spells it with needless percent escapes
    raw = raw.removeprefix(prefix) if raw.startswith(prefix) else quote(below).encode()
    under = "" if below else root_path.rpartition("/")[2] + "/"
    return {**scope, "path": below or "/", "raw_path": raw or b"/", UNDER: under}


def _is_local(scope: Scope) -> bool:
    client = scope.get("client")
    if scope["http_version"] == "1.0":  # only nginx without `proxy_http_version` speaks HTTP/1.0
        return False
    if not client or any(name.lower() in _PROXY_HEADERS for name, _ in scope["headers"]):
        return False
    try:
        return ip_address(client[0]).is_loopback
    except ValueError:
        return False
