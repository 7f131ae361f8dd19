"""A server on loopback that speaks enough of the OpenAI API to stream what a test wrote, with every fault wanted."""

import json
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class ScriptedModel(ThreadingHTTPServer):
    """Answers each call with the next of `scripts`, the last one again and again.

    A script is a list of pieces: a text is streamed, a number is a pause in seconds, an exception ends the connection,
    bytes go out as they are, an int status (as a lone piece) refuses the call. `unsupported` parameters are refused by
    name, as hosted models do.
    """

    daemon_threads = True

    def __init__(self, scripts: Sequence[Sequence[Any]], unsupported: Sequence[str] = ()) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.scripts = list(scripts)
        self.unsupported = unsupported
        self.asked: list[dict[str, Any]] = []
        self.keys: list[str] = []

    @property
    def address(self) -> str:
        """What TENKYO_LLM_URL is set to."""
        return f"http://127.0.0.1:{self.server_address[1]}/v1"


class _Handler(BaseHTTPRequestHandler):
    server: ScriptedModel

    def do_GET(self) -> None:
        """`/v1/models`: the one model, or the status that the next call is refused with, or the bytes of a page."""
        script = self.server.scripts[min(len(self.server.asked), len(self.server.scripts) - 1)]
        if len(script) == 1 and isinstance(script[0], int):
            self.send_error(script[0])
            return
        body = json.dumps({"object": "list", "data": [{"id": "scripted", "object": "model"}]}).encode()
        is_page = bool(script) and isinstance(script[0], bytes)
        body = script[0] if is_page else body
        self.send_response(200)
        self.send_header("Content-Type", "text/html" if is_page else "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_POST(self) -> None:
        """`/v1/chat/completions`."""
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if refused := next((name for name in self.server.unsupported if name in body), ""):
            self._refuse(refused)
            return
        self.server.asked.append(body)
        self.server.keys.append(self.headers.get("Authorization", ""))
        script = self.server.scripts[min(len(self.server.asked), len(self.server.scripts)) - 1]
        if len(script) == 1 and isinstance(script[0], int):
            self.send_error(script[0])
            return
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.end_headers()
        try:
            for piece in script:
                self._send(piece)
            self._event({"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]})
            self._event({"choices": [], "usage": {"prompt_tokens": 90, "completion_tokens": 10, "total_tokens": 100}})
            self.wfile.write(b"data: [DONE]\n\n")
        except (ConnectionError, TimeoutError):
            self.close_connection = True

    def _refuse(self, parameter: str) -> None:
        error = {
            "message": f"Unsupported parameter: '{parameter}'",
            "param": parameter,
            "code": "unsupported_parameter",
        }
        body = json.dumps({"error": error}).encode()
        self.send_response(400)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _send(self, piece: Any) -> None:
        if isinstance(piece, Exception):
            raise piece
        if isinstance(piece, float):
            time.sleep(piece)
        elif isinstance(piece, bytes):
            self.wfile.write(piece)
        else:
            self._event({"choices": [{"index": 0, "delta": {"content": piece}, "finish_reason": None}]})
        self.wfile.flush()

    def _event(self, data: dict[str, Any]) -> None:
        whole = {"id": "x", "object": "chat.completion.chunk", "created": 0, "model": "scripted", **data}
        self.wfile.write(f"data: {json.dumps(whole)}\n\n".encode())

    def log_message(self, *_: Any) -> None:
        """Nothing is logged."""


@contextmanager
def scripted_model(*scripts: Sequence[Any], unsupported: Sequence[str] = ()) -> Iterator[ScriptedModel]:
    """A running server with these scripts, which refuses the `unsupported` parameters."""
    with ScriptedModel(scripts, unsupported) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()
