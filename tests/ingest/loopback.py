"""A web for the tests, on loopback: pages as functions, names that resolve as a test says, one certificate."""

import ssl
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import httpcore

from ingest.fetching import Wire

Page = Callable[[BaseHTTPRequestHandler], None]
PUBLIC = "8.8.8.8"  # stands for a public address; nothing is ever sent to it


@dataclass
class Site:
    """A server on 127.0.0.1 and a random port; `requests` holds the path and headers of each request."""

    pages: dict[str, Page]
    requests: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    port: int = 0

    @property
    def host(self) -> str:
        """Host and port, as allow_hosts names them."""
        return f"127.0.0.1:{self.port}"

    @property
    def allowed(self) -> frozenset[str]:
        """What allows this server and nothing else."""
        return frozenset({self.host})

    @property
    def paths(self) -> list[str]:
        """The paths asked for, in order."""
        return [path for path, _ in self.requests]

    def url(self, path: str) -> str:
        """The address of a page."""
        return f"http://{self.host}{path}"


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Clients that hang up are what these tests are about."""


@contextmanager
def serving(pages: Mapping[str, Page], tls: ssl.SSLContext | None = None) -> Iterator[Site]:
    """A site that serves `pages` until the block ends."""
    site = Site(dict(pages))

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            site.requests.append((self.path, {name.lower(): value for name, value in self.headers.items()}))
            site.pages.get(self.path, answer(b"", status=404))(self)

        def log_message(self, *args: object) -> None:
            pass

    server = _Server(("127.0.0.1", 0), Handler)
    if tls:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    site.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield site
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def answer(body: bytes, content_type: str = "text/html", status: int = 200, **headers: str) -> Page:
    """A page of this body; underscores in the names of headers stand for hyphens."""

    def page(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        handler.send_header("Content-Type", content_type)
        handler.send_header("Content-Length", str(len(body)))
        for name, value in headers.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.end_headers()
        handler.wfile.write(body)

    return page


def redirect(location: str, status: int = 302) -> Page:
    """A page that leads on."""
    return answer(b"moved", status=status, Location=location)


@dataclass
class PlayedWeb(httpcore.NetworkBackend):
    """Takes connections to any IP address to the site on `port`, and remembers where they were meant to go."""

    port: int
    dialled: list[tuple[str, int]] = field(default_factory=list)

    def connect_tcp(self, host: str, port: int, *args: Any, **kwargs: Any) -> httpcore.NetworkStream:
        """A connection to the site, whatever the address."""
        self.dialled.append((host, port))
        return httpcore.SyncBackend().connect_tcp("127.0.0.1", self.port, *args, **kwargs)


@dataclass
class Answers:
    """A resolver that gives a name one answer after the other, the last for ever; other names have no address."""

    answers: dict[str, Sequence[Sequence[str]]]
    asked: list[str] = field(default_factory=list)

    def __call__(self, host: str, port: int) -> Sequence[str]:
        """The next answer for a name."""
        assert port in (80, 443)
        if host not in self.answers:
            raise OSError("no such name")
        answers = self.answers[host]
        self.asked.append(host)
        return answers[min(self.asked.count(host), len(answers)) - 1]


def public_web(site: Site, *hosts: str, tls: ssl.SSLContext | None = None) -> tuple[Wire, PlayedWeb]:
    """A wire on which `site` stands behind these names, at a public address, on the standard ports."""
    web = PlayedWeb(site.port)
    return Wire(resolve=Answers({host: [[PUBLIC]] for host in hosts}), network=web, tls=tls), web
