"""A Milvus server that goes and comes back: one clear error meanwhile, and answers again without a restart."""

import base64
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from retriever.index.open import open_index
from retriever.store import StoreAwayError
from retriever.types import Hit, TenkyoError
from tests.retriever.letters import LetterEncoder, entry, write

pytestmark = pytest.mark.slow


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        return int(listening.getsockname()[1])


@contextmanager
def serving(folder: Path, port: int) -> Iterator[subprocess.Popen[bytes]]:
    """Milvus Lite as a server of its own, with its data in `folder`."""
    command = [sys.executable, "-m", "milvus_lite", "server", "--data-dir", str(folder), "--port", str(port)]
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        end = time.monotonic() + 60
        while time.monotonic() < end:
            with socket.socket() as asking:
                if asking.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.1)
        yield server
    finally:
        server.kill()
        server.wait()


def when_back(ask: Callable[[], list[Hit]]) -> list[Hit]:
    """What is answered once the server answers again, within half a minute."""
    end = time.monotonic() + 30
    while True:
        try:
            return ask()
        except StoreAwayError:
            assert time.monotonic() < end


def test_a_server_that_is_away_is_one_error_and_answers_again_when_it_is_back(tmp_path: Path) -> None:
    pytest.importorskip("milvus_lite", reason="milvus-lite is not installed: pip install 'tenkyo[milvus]'")
    port = free_port()
    store, folder, data = f"milvus://127.0.0.1:{port}/default", tmp_path / "index", tmp_path / "data"
    with serving(data, port):
        index = write(folder, entry("a", "salt and sand", "sea"), store=store)
        found = [hit.passage.id for hit in index.search(index.query("salt", LetterEncoder()), 5)]
    assert found[0] == "a:1"
    query = index.query("sand", LetterEncoder())
    with pytest.raises(StoreAwayError, match=rf"store {store} does not answer \(.*\); start it") as away:
        index.search(query, 5)
    assert "\n" not in str(away.value)
    with pytest.raises(StoreAwayError):
        write(folder, entry("b", "dust"), old=index)
    with serving(data, port):
        assert when_back(lambda: index.search(query, 5))[0].passage.id == "a:1"
        assert list(open_index(folder).documents) == ["a"]
        newest = write(folder, entry("b", "dust"), old=open_index(folder))
        assert list(newest.documents) == ["a", "b"]


def test_a_file_that_another_process_has_open_is_one_error_until_it_is_closed(tmp_path: Path) -> None:
    pytest.importorskip("milvus_lite", reason="milvus-lite is not installed: pip install 'tenkyo[milvus]'")
    store, salt = f"milvus-lite://{tmp_path}/rows.db", entry("a", "salt")
    with serving(tmp_path / "rows.db", free_port()), pytest.raises(StoreAwayError, match="close the other process"):
        write(tmp_path / "index", salt, store=store)
    index = write(tmp_path / "index", salt, store=store)
    assert [hit.passage.id for hit in index.search(index.query("salt", LetterEncoder()), 5)] == ["a:1"]


@pytest.mark.parametrize("damaged", ["*/data/*.parquet", "schema.json"])
def test_a_damaged_file_is_one_error_and_no_answer_until_it_is_whole_again(damaged: str, tmp_path: Path) -> None:
    pytest.importorskip("milvus_lite", reason="milvus-lite is not installed: pip install 'tenkyo[milvus]'")
    folder = tmp_path / "index"
    write(folder, entry("a", "salt", "sand"), store=f"milvus-lite://{tmp_path}/rows.db")
    shutil.copytree(tmp_path / "rows.db", tmp_path / "copy.db")
    (path,) = (tmp_path / "copy.db").rglob(damaged)
    whole = path.read_bytes()
    path.write_bytes(b"garbage" + whole[7:])
    with pytest.raises(StoreAwayError, match="if there is none, it is damaged") as broken:
        open_index(folder, f"milvus-lite://{tmp_path}/copy.db")
    assert "\n" not in str(broken.value)
    path.write_bytes(whole)
    index = open_index(folder, f"milvus-lite://{tmp_path}/copy.db")
    assert index.search(index.query("salt", LetterEncoder()), 5)[0].passage.id == "a:1"


class _FailingEngine:
    """An engine that fails each call."""

    def __init__(self, error: Exception) -> None:
        self._error = error

    def search(self, *_: object, **__: object) -> None:
        """Fail."""
        raise self._error


@pytest.mark.parametrize(
    ("said", "shown", "remedy"),
    [
        (None, "Deadline Exceeded", "the machine is too slow or too busy: try again, or keep this index in faiss"),
        ("", "no reason given", "memory ran out: free some, or keep this index in faiss"),
        ("[Errno 28] No space left on device", None, "free some space on its disk and run this again"),
    ],
)
def test_a_call_that_milvus_lite_fails_is_one_error_with_its_remedy(
    said: str | None, shown: str | None, remedy: str, tmp_path: Path
) -> None:
    pytest.importorskip("milvus_lite", reason="milvus-lite is not installed: pip install 'tenkyo[milvus]'")
    from grpc import RpcError
    from pymilvus.exceptions import MilvusException

    from retriever.index.milvus_client import connect

    index = write(tmp_path / "index", entry("a", "salt", "sand"), store=f"milvus-lite://{tmp_path}/rows.db")
    query = index.query("salt", LetterEncoder())
    error = RpcError("Deadline Exceeded") if said is None else MilvusException(1, said)
    connect(index.store.address)._engine = _FailingEngine(error)
    with pytest.raises(StoreAwayError) as failed:
        index.search(query, 5)
    assert str(failed.value).endswith(f"does not answer ({shown or said}); {remedy}")
    assert index.search(query, 5)[0].passage.id == "a:1"


def test_the_token_of_the_environment_is_sent_and_a_refusal_is_one_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("milvus_lite", reason="milvus-lite is not installed: pip install 'tenkyo[milvus]'")
    import grpc

    sent: list[str] = []

    class Refusing(grpc.GenericRpcHandler):  # type: ignore[misc] # grpc has no types
        def service(self, details: Any) -> Any:
            """Note the token, and refuse."""
            sent.extend(str(value) for key, value in details.invocation_metadata if key == "authorization")
            return grpc.unary_unary_rpc_method_handler(
                lambda _, context: context.abort(grpc.StatusCode.UNAUTHENTICATED, "unknown user")
            )

    monkeypatch.setenv("MILVUS_TOKEN", "reader:salt and sand")
    server = grpc.server(ThreadPoolExecutor(2), handlers=[Refusing()])
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    try:
        with pytest.raises(StoreAwayError, match="check MILVUS_TOKEN"):
            write(tmp_path / "index", entry("a", "salt"), store=f"milvus://127.0.0.1:{port}/default")
    finally:
        server.stop(0).wait()
    assert {base64.b64decode(value).decode() for value in sent} == {"reader:salt and sand"}


def test_a_store_whose_client_is_not_installed_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pymilvus", None)
    with pytest.raises(TenkyoError, match=r"pip install 'tenkyo\[milvus\]'"):
        write(tmp_path / "index", entry("a", "salt"), store="milvus://127.0.0.1:1/default")
