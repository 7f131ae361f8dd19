"""`tenkyo serve --workers 2` as it is started: one course cannot be read, a process is killed, and all end."""

import json
import os
import re
import shutil
import signal
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from app.commands.serve import open_in_process
from app.settings import Settings
from ingest.pipeline import ingest_documents
from retriever.types import TenkyoError
from tests.conftest import TENKYO, tenkyo_environment
from tests.retriever.letters import NoProgress
from tests.web.conftest import request, wait_until
from tests.web.fake_library import NOODLES

HEADERS = {"Content-Type": "application/json"}


@dataclass(frozen=True, slots=True)
class Running:
    """The command, where it serves, and the first line that it wrote."""

    process: "subprocess.Popen[str]"
    address: str
    line: str

    def ask(self, course: str) -> tuple[int, Any]:
        """Status and body of the answer to one question."""
        body = json.dumps({"question": "そばは何から作りますか"}).encode()
        status, answer, _ = request(self.address, f"/c/{course}/api/ask", "POST", body, HEADERS)
        return status, json.loads(answer)

    def workers(self) -> set[int]:
        """The processes that answer."""
        children = Path(f"/proc/{self.process.pid}/task").glob("*/children")
        pids = {int(pid) for path in children for pid in path.read_text().split()}
        return {pid for pid in pids if b"spawn_main" in Path(f"/proc/{pid}/cmdline").read_bytes()}


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Running]:
    """Two courses; a file of the second one's index is a link to itself."""
    ingest_documents(tmp_path / "good", [NOODLES], encoder_name=None, progress=NoProgress())
    shutil.copytree(tmp_path / "good", tmp_path / "broken")
    rows = next((tmp_path / "broken").rglob("documents.jsonl"))
    rows.unlink()
    rows.symlink_to(rows)
    courses = [f"--course={name}={tmp_path / name}" for name in ("good", "broken")]
    process = subprocess.Popen(
        [*TENKYO, "serve", "--port=0", "--workers=2", "--log-format=json", *courses],
        cwd=tmp_path,
        env=tenkyo_environment(),
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stderr
    line = process.stderr.readline()
    address = re.search(r"http://127\.0\.0\.1:\d+", line)
    assert address, line + process.stderr.read()
    yield Running(process, address.group(), line)
    process.kill()
    process.communicate(timeout=20)


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="this system does not list a process's children")
def test_a_broken_course_and_a_killed_process_fail_no_question_of_the_other_course(running: Running) -> None:
    assert "Tenkyo is at" in json.loads(running.line)["message"]
    wait_until(lambda: request(running.address, "/c/good/readyz")[0] == 200, seconds=20)
    status, answer = running.ask("good")
    assert (status, bool(answer["citations"])) == (200, True)
    status, answer = running.ask("broken")
    assert (status, answer["error"]["code"]) == (503, "not_ready")
    before = running.workers()
    assert len(before) == 2
    os.kill(min(before), signal.SIGKILL)
    assert [running.ask("good")[0] for _ in range(4)] == [200] * 4
    workers = running.workers() | before
    running.process.send_signal(signal.SIGTERM)
    assert running.process.wait(20) in (0, -signal.SIGTERM)
    wait_until(lambda: not any(Path(f"/proc/{pid}").exists() for pid in workers))


def test_milvus_lite_is_refused_where_several_processes_would_open_it(tmp_path: Path) -> None:
    settings = Settings(index=tmp_path, store="milvus-lite:///courses/rows.db", workers=2)
    with pytest.raises(TenkyoError, match=r"^milvus-lite:///courses/rows\.db can be opened by one process only: serve"):
        open_in_process(settings)
