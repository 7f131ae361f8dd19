"""The outermost middleware: strips a proxy's path prefix and notes whether a request is from this machine."""

from ipaddress import ip_address
from urllib.parse import quote

from starlette.types import ASGIApp, Receive, Scope, Send

IS_LOCAL = "tenkyo.is_local"  # in the scope: whether the client is on this machine and is no proxy
UNDER = "tenkyo.under"  # in the scope: "course/" if the root path /course was asked for without a slash, else ""
_PROXY_HEADERS = frozenset((b"forwarded", b"x-forwarded-for", b"x-real-ip", b"via"))


class Front:
    """ASGI middleware before the guard; it only changes the scope."""

    def __init__(self, app: ASGIApp, root_path: str = "") -> None:
        self._app = app
        self._root_path = root_path

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Passes the request on with a changed scope."""
        if scope["type"] == "http":
            scope = {**without_root_path(scope, self._root_path), IS_LOCAL: _is_local(scope)}
        await self._app(scope, receive, send)


def without_root_path(scope: Scope, root_path: str) -> Scope:
    """The scope with the path below `root_path`, whether or not the proxy has already removed that prefix."""
    path, raw = scope["path"], scope.get("raw_path") or quote(scope["path"]).encode()
    if not root_path or not (path == root_path or path.startswith(f"{root_path}/")):
        return {**scope, "raw_path": raw, UNDER: ""}
    below = path.removeprefix(root_path)
    prefix = root_path.encode()
    # a raw path without the prefix has needless percent escapes in it
    raw = raw.removeprefix(prefix) if raw.startswith(prefix) else quote(below).encode()
    under = "" if below else root_path.rpartition("/")[2] + "/"
    return {**scope, "path": below or "/", "raw_path": raw or b"/", UNDER: under}


def _is_local(scope: Scope) -> bool:
    client = scope.get("client")
    if scope["http_version"] == "1.0":  # nginx's default towards servers: taken for a proxy
        return False
    if not client or any(name.lower() in _PROXY_HEADERS for name, _ in scope["headers"]):
        return False
    try:
        return ip_address(client[0]).is_loopback
    except ValueError:
        return False
