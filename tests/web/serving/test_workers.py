"""`tenkyo serve --workers 2` as it is started: one course cannot be read, a process is killed, and all end."""

import json
import os
import shutil
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from app.cli import main
from app.commands.serve import open_in_process
from app.settings import Settings
from ingest.pipeline import ingest_documents
from retriever.types import TenkyoError
from tests.retriever.letters import NoProgress
from tests.web.conftest import request, wait_until
from tests.web.fake_library import NOODLES
from tests.web.serve_process import ServeProcess, serving

HEADERS = {"Content-Type": "application/json"}


def ask(address: str, course: str) -> tuple[int, Any]:
    """Status and body of the answer to one question."""
    body = json.dumps({"question": "そばは何から作りますか"}).encode()
    status, answer, _ = request(address, f"/c/{course}/api/ask", "POST", body, HEADERS)
    return status, json.loads(answer)


@pytest.fixture
def running(tmp_path: Path) -> Iterator[ServeProcess]:
    """Two courses; a file of the second one's index is a link to itself."""
    ingest_documents(tmp_path / "good", [NOODLES], encoder_name=None, progress=NoProgress())
    shutil.copytree(tmp_path / "good", tmp_path / "broken")
    rows = next((tmp_path / "broken").rglob("documents.jsonl"))
    rows.unlink()
    rows.symlink_to(rows)
    courses = [f"--course={name}={tmp_path / name}" for name in ("good", "broken")]
    arguments = ("--workers=2", "--log-format=json", *courses)
    with serving(*arguments, ready="/c/good/readyz", folder=tmp_path, how=signal.SIGKILL) as process:
        yield process


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="this system does not list a process's children")
def test_a_broken_course_and_a_killed_process_fail_no_question_of_the_other_course(running: ServeProcess) -> None:
    assert "Tenkyo is at" in json.loads(running.line)["message"]
    status, answer = ask(running.address, "good")
    assert (status, bool(answer["citations"])) == (200, True)
    status, answer = ask(running.address, "broken")
    assert (status, answer["error"]["code"]) == (503, "not_ready")
    before = {*running.workers()}
    assert len(before) == 2
    os.kill(min(before), signal.SIGKILL)
    assert [ask(running.address, "good")[0] for _ in range(4)] == [200] * 4
    workers = before | {*running.workers()}
    running.process.send_signal(signal.SIGTERM)
    assert running.process.wait(20) in (0, -signal.SIGTERM)
    wait_until(lambda: not any(Path(f"/proc/{pid}").exists() for pid in workers))


def test_milvus_lite_is_refused_where_several_processes_would_open_it(tmp_path: Path) -> None:
    settings = Settings(index=tmp_path, store="milvus-lite:///courses/rows.db", workers=2)
    with pytest.raises(TenkyoError, match=r"^milvus-lite:///courses/rows\.db can be opened by one process only: serve"):
        open_in_process(settings)


def test_milvus_lite_is_refused_before_the_address_is_announced(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    store = f"milvus-lite://{tmp_path}/rows.db"
    assert main(["serve", "--workers=2", "--port=0", f"--index={tmp_path / 'index'}", f"--store={store}"]) == 1
    [line] = capsys.readouterr().err.splitlines()
    assert line.startswith(f"error: {store} can be opened by one process only: serve")
