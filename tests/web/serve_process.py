"""Servers in processes of their own, started, waited for and stopped: `tenkyo serve`, and one over a fake library."""

import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from tests.conftest import ROOT, TENKYO, tenkyo_environment

_ADDRESS = re.compile(r"http://127\.0\.0\.1:\d+")


class ServeProcess:
    """A server that listens: its process, its address, and the line in which it said so."""

    def __init__(self, command: Sequence[str], environment: Mapping[str, str], folder: Path = ROOT) -> None:
        """Start it in `folder`; returns when it has said where it listens, and fails with its words if it ends."""
        self.process = subprocess.Popen(command, cwd=folder, env=environment, stderr=subprocess.PIPE, text=True)
        self.address = self.line = ""
        self._other_lines: list[str] = []
        self._listens = threading.Event()
        self._reading = threading.Thread(target=self._read, daemon=True)  # a full pipe would stop the server
        self._reading.start()
        self._listens.wait()
        assert self.address, self.stop() or f"the server ended with {self.process.returncode}"

    @property
    def pid(self) -> int:
        """The id of its process."""
        return self.process.pid

    def _read(self) -> None:
        assert self.process.stderr
        with self.process.stderr as written:
            for line in written:
                if not self.address and (found := _ADDRESS.search(line)):
                    self.address, self.line = found.group(), line
                    self._listens.set()
                else:
                    self._other_lines.append(line)
        self._listens.set()

    def stop(self, how: signal.Signals = signal.SIGINT) -> str:
        """End the process, if it has not ended; returns what it wrote to stderr beside `line`."""
        if self.process.poll() is None:
            self.process.send_signal(how)
        try:
            self.process.wait(90)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise
        self._reading.join(10)
        return "".join(self._other_lines)

    def workers(self) -> list[int]:
        """The ids of the processes that answer, where the system lists them."""
        children = Path(f"/proc/{self.pid}/task").glob("*/children")
        pids = {int(pid) for path in children for pid in path.read_text().split()}
        return sorted(pid for pid in pids if b"spawn_main" in _command_of(pid))


def _command_of(pid: int) -> bytes:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:  # it ended at this moment
        return b""


def start_fake(*arguments: str, module: str = "fake_server", **environment: str) -> ServeProcess:
    """The server over the fake library (tests/web/fake_server.py), with these arguments and variables."""
    command = [sys.executable, "-m", f"tests.web.{module}", *arguments]
    return ServeProcess(command, {**os.environ, "PYTHONPATH": str(ROOT), **environment})


@contextmanager
def serving_fake(*arguments: str, **environment: str) -> Iterator[ServeProcess]:
    """The server over the fake library while the block runs."""
    served = start_fake(*arguments, **environment)
    try:
        yield served
    finally:
        served.stop()


@contextmanager
def serving(
    *arguments: str,
    ready: str | None = "/readyz",
    folder: Path = ROOT,
    how: signal.Signals = signal.SIGINT,
    seconds: float = 60,
    **variables: str,
) -> Iterator[ServeProcess]:
    """`tenkyo serve` with these arguments and variables, at a free port, and no setting of the developer.

    Waits up to `seconds` until `ready` answers 200 (None: does not wait). Stopped at the end by the signal `how`.
    """
    from tests.web.conftest import request, wait_until  # which imports this module

    served = ServeProcess([*TENKYO, "serve", "--port=0", *arguments], tenkyo_environment(**variables), folder)

    def is_ready() -> bool:
        assert served.process.poll() is None, served.stop()
        try:
            return request(served.address, ready or "/healthz")[0] == 200
        except OSError:  # a busy machine
            return False

    try:
        if ready:
            wait_until(is_ready, seconds=seconds)
        yield served
    finally:
        served.stop(how)
