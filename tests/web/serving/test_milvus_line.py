"""`tenkyo serve` over Milvus whose line is cut: 503 as long as it is, and answers again by itself."""

import contextlib
import json
import os
import signal
import socket
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ingest.pipeline import ReadDocument, ingest_documents, ingest_read
from retriever.store import StoreAwayError
from tests.conftest import ROOT
from tests.retriever.index.test_milvus_away import free_port
from tests.retriever.index.test_milvus_away import serving as serving_rows
from tests.retriever.letters import NoProgress
from tests.web.conftest import request, wait_until
from tests.web.fake_library import NOODLES, TEA
from tests.web.serve_process import serving

pytestmark = pytest.mark.slow


class Line:
    """A proxy on loopback: carries bytes between its own port and another one, until it is cut."""

    def __init__(self, target: int) -> None:
        self._target, self._lock = target, threading.Lock()
        self._open: set[socket.socket] = set()
        self._listener: socket.socket | None = None
        self.port = 0
        self.restore()

    def restore(self) -> None:
        """Carry connections (again), on the port of the first time."""
        self._listener = socket.create_server(("127.0.0.1", self.port))
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, args=(self._listener,), daemon=True).start()

    def cut(self) -> None:
        """Break all connections, and refuse new ones."""
        if self._listener is not None:
            with contextlib.suppress(OSError):
                self._listener.shutdown(socket.SHUT_RDWR)  # wakes the thread that accepts
            self._listener.close()
        with self._lock:
            broken, self._open = self._open, set()
        for end in broken:
            _shut(end)

    def _accept(self, listener: socket.socket) -> None:
        with contextlib.suppress(OSError):  # of a closed listener
            while True:
                near, _ = listener.accept()
                try:
                    far = socket.create_connection(("127.0.0.1", self._target), timeout=5)
                except OSError:
                    near.close()
                    continue
                far.settimeout(None)
                with self._lock:
                    self._open |= {near, far}
                for ends in ((near, far), (far, near)):
                    threading.Thread(target=self._carry, args=ends, daemon=True).start()

    def _carry(self, source: socket.socket, target: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while sent := source.recv(65536):
                target.sendall(sent)
        _shut(target)
        source.close()  # each end is closed by the thread that reads it


def _shut(end: socket.socket) -> None:
    with contextlib.suppress(OSError):
        end.shutdown(socket.SHUT_RDWR)


@contextlib.contextmanager
def line_to(target: int) -> Iterator[Line]:
    """A line to a port of this machine, which is cut at the end."""
    line = Line(target)
    try:
        yield line
    finally:
        line.cut()


def ask(address: str, question: str) -> tuple[int, Any]:
    """Status and body of an answer."""
    headers = {"Content-Type": "application/json"}
    status, body, _ = request(address, "/api/ask", "POST", json.dumps({"question": question}).encode(), headers)
    return status, json.loads(body)


def test_a_line_that_is_cut_is_503_and_answers_come_again_by_themselves(tmp_path: Path) -> None:
    pytest.importorskip("milvus_lite", reason="milvus-lite is not installed: pip install 'tenkyo[milvus]'")
    port, index = free_port(), tmp_path / "index"
    with serving_rows(tmp_path / "data", port), line_to(port) as line:
        store = f"milvus://127.0.0.1:{line.port}/default"
        ingest_documents(index, [NOODLES], encoder_name=None, store=store, progress=NoProgress())
        path = os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])
        with serving("--workers=2", "--index", str(index), how=signal.SIGKILL, PYTHONPATH=path) as served:
            address = served.address
            status, before = ask(address, "そばは何から作りますか")
            assert (status, bool(before["citations"])) == (200, True)
            line.cut()
            for question in ("ラーメンはいつ広まりましたか", "うどんは何から作りますか"):  # one for each process
                status, refused = ask(address, question)
                assert (status, refused["error"]["code"]) == (503, "unavailable")
            assert request(address, "/healthz")[0] == 200
            with pytest.raises(StoreAwayError):
                ingest_read(index, [ReadDocument(TEA, "tea")], progress=NoProgress())
            line.restore()
            wait_until(lambda: ask(address, "ラーメンはいつ広まりましたか")[0] == 200, seconds=30)
            status, after = ask(address, "そばは何から作りますか")
            assert (status, after | {"timings_ms": 0}) == (200, before | {"timings_ms": 0})
            ingest_read(index, [ReadDocument(TEA, "tea")], progress=NoProgress())
            status, answer = ask(address, "What temperature should the water for green tea be?")
            assert (status, {hit["document_id"] for hit in answer["hits"]} >= {"tea"}) == (200, True)
