"""A class behind one address: python -m tests.benchmarks.load [--students 40] [--seconds 180] [--burst 200].

Each student opens the widget's page or the chat's, then asks every few seconds (--every) over the API or through the
chat's queue (--through chat). Afterwards --burst questions come at once, without a tab's id. Starts `tenkyo serve` with
the index of the settings and measures its memory; --address measures a server that runs already.
Prints refusals, percentiles of the time to the whole answer, and memory before the class (after a first question), each
minute and after it: of all processes, shared pages once, and what each has of its own. As issue 19 asks, with processes
that answer: --workers 2 --seconds 300 --burst 0.
"""

import argparse
import asyncio
import itertools
import json
import os
import random
import re
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

ROOT = Path(__file__).resolve().parents[2]
QUESTIONS = (
    "この論文は何を論じていますか",
    "調査の対象は誰ですか",
    "どのような方法で調べましたか",
    "結論は何ですか",
    "表1は何を示していますか",
    "What is the purpose of this paper?",
    "参考文献にはどのようなものがありますか",
    "本文的研究方法是什么？",
)
_JSON = {"Content-Type": "application/json"}


@dataclass(frozen=True, slots=True)
class Reply:
    """A response, read whole."""

    status: int
    headers: dict[str, str]
    body: bytes


@dataclass(slots=True)
class Result:
    """What a class saw: the seconds of each answer by status, 0 for a connection that broke."""

    seconds: list[float] = field(default_factory=list)
    clock: Callable[[], float] = time.monotonic
    statuses: Counter[int] = field(default_factory=Counter)

    def add(self, status: int, seconds: float) -> None:
        """One question."""
        self.statuses[status] += 1
        if status == 200:
            self.seconds.append(seconds)

    def percentile(self, share: float) -> float:
        """Seconds within which that share was answered; 0 without any."""
        ordered = sorted(self.seconds)
        return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else 0.0

    def line(self, name: str) -> str:
        """One line of the report."""
        told = ", ".join(f"{status}: {count}" for status, count in sorted(self.statuses.items()))
        figures = "   ".join(f"p{share} {self.percentile(share / 100):6.3f} s" for share in (50, 95, 99))
        return f"{name:8}{told:32} {figures}"


class Client:
    """HTTP/1.1 over one connection that is kept, as a browser keeps it."""

    def __init__(self, address: str) -> None:
        parts = urlsplit(address)
        self._host, self._port = parts.hostname or "127.0.0.1", parts.port or 80
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def request(self, method: str, path: str, body: bytes = b"", headers: dict[str, str] | None = None) -> Reply:
        """Sends a request and reads the answer to its end; a connection that was closed meanwhile is opened anew."""
        fresh = self._streams is None
        try:
            return await self._request(method, path, body, headers or {})
        except (OSError, asyncio.IncompleteReadError):
            self.close()
            if fresh:
                raise
            return await self._request(method, path, body, headers or {})

    async def _request(self, method: str, path: str, body: bytes, headers: dict[str, str]) -> Reply:
        if self._streams is None:
            self._streams = await asyncio.open_connection(self._host, self._port)
        reader, writer = self._streams
        head = {"Host": f"{self._host}:{self._port}", "Content-Length": str(len(body)), **headers}
        lines = [f"{method} {path} HTTP/1.1", *(f"{name}: {value}" for name, value in head.items()), "", ""]
        writer.write("\r\n".join(lines).encode() + body)
        await writer.drain()
        first, *rest = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        received = {name.lower(): value for name, _, value in (line.partition(": ") for line in rest if line)}
        reply = Reply(int(first.split(" ")[1]), received, await _read_body(reader, received))
        if received.get("connection") == "close":
            self.close()
        return reply

    def close(self) -> None:
        """Closes the connection."""
        if self._streams is not None:
            self._streams[1].close()
            self._streams = None


async def _read_body(reader: asyncio.StreamReader, headers: dict[str, str]) -> bytes:
    if headers.get("transfer-encoding") != "chunked":
        return await reader.readexactly(int(headers.get("content-length", "0")))
    parts = []
    while True:
        size = int((await reader.readuntil(b"\r\n")).strip(), 16)
        parts.append((await reader.readexactly(size + 2))[:-2])
        if size == 0:
            return b"".join(parts)


async def ask_api(client: Client, tab: str, question: str) -> int:
    """The status of a question to /api/ask."""
    headers = _JSON | ({"X-Tenkyo-Tab": tab} if tab else {})
    return (await client.request("POST", "/api/ask", json.dumps({"question": question}).encode(), headers)).status


class ChatTab:
    """A chat page: asks through Gradio's queue, as the page does."""

    def __init__(self, client: Client, tab: str) -> None:
        self._client, self._tab = client, tab
        self._session = f"{random.getrandbits(50):x}"
        self._event = {"fn_index": 0, "trigger_id": 4}

    async def open(self) -> None:
        """Loads the page and finds its event for a question."""
        page = (await self._client.request("GET", "/chat")).body.decode()
        config = json.JSONDecoder().raw_decode(page, page.index("{", page.index("window.gradio_config =")))[0]
        for one in config["dependencies"]:
            if any(name == "submit" for _, name in one["targets"]):
                self._event = {"fn_index": one["id"], "trigger_id": one["targets"][0][0]}

    async def ask(self, question: str) -> int:
        """The status of joining the queue, or of the stream that brings the answer."""
        body = {"data": [question, [], []], "session_hash": self._session, **self._event}
        headers = _JSON | {"X-Tenkyo-Tab": self._tab}
        joined = await self._client.request("POST", "/chat/gradio_api/queue/join", json.dumps(body).encode(), headers)
        if joined.status != 200:
            return joined.status
        stream = await self._client.request("GET", f"/chat/gradio_api/queue/data?session_hash={self._session}")
        failed = b'"process_completed"' not in stream.body or b'"success":false' in stream.body
        return 503 if stream.status == 200 and failed else stream.status


async def student(address: str, through: str, every: float, end: float, result: Result) -> None:
    """Opens a page and asks every so many seconds until `end`, beginning at a moment of their own."""
    client = Client(address)
    tab = json.loads((await client.request("GET", "/api/tab")).body)["tab"]
    chat = ChatTab(client, tab)
    if through == "chat":
        await chat.open()
    else:
        await client.request("GET", "/widget")
    due = time.monotonic() + random.random() * every
    while due < end:
        await asyncio.sleep(max(0.0, due - time.monotonic()))
        question = random.choice(QUESTIONS)
        begin = result.clock()
        try:
            status = await (chat.ask(question) if through == "chat" else ask_api(client, tab, question))
        except (OSError, asyncio.IncompleteReadError):
            status = 0
            client.close()
        result.add(status, result.clock() - begin)
        due += every
    client.close()


async def run_class(
    address: str,
    students: int,
    seconds: float,
    every: float,
    through: str = "api",
    clock: Callable[[], float] = time.monotonic,
) -> Result:
    """A class for so many seconds; the answers are timed by `clock`."""
    result, end = Result(clock=clock), time.monotonic() + seconds
    await asyncio.gather(*(student(address, through, every, end, result) for _ in range(students)))
    return result


async def run_burst(address: str, count: int) -> Result:
    """So many questions at once, each over a connection of its own."""
    result = Result()

    async def one() -> None:
        client, begin = Client(address), time.monotonic()
        try:
            status = await ask_api(client, "", random.choice(QUESTIONS))
        except (OSError, asyncio.IncompleteReadError):
            status = 0
        result.add(status, time.monotonic() - begin)
        client.close()

    await asyncio.gather(*(one() for _ in range(count)))
    return result


def memory(process: int) -> tuple[float, list[float]]:
    """Memory in MB of a process and those that it started: of all, shared pages once, and of each what it alone has."""
    children = Path(f"/proc/{process}/task").glob("*/children")
    pids = [process, *(int(pid) for path in children for pid in path.read_text(encoding="ascii").split())]
    rollups = [Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii") for pid in pids]
    return sum(_megabytes(rollup, "Pss") for rollup in rollups), [_megabytes(rollup, "Pss_Anon") for rollup in rollups]


def _megabytes(rollup: str, field: str) -> float:
    return int(re.findall(rf"^{field}:\s+(\d+) kB", rollup, re.MULTILINE)[0]) / 1024


def start(command: Sequence[str]) -> tuple[subprocess.Popen[str], str]:
    """A server and its address, from what it prints; the benchmark ends with the server's error where there is one."""
    process = subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE, text=True, env={**os.environ})
    assert process.stderr
    for line in process.stderr:
        found = re.search(r"http://127\.0\.0\.1:\d+", line)
        if found:
            threading.Thread(target=_read_errors, args=(process,), daemon=True).start()
            return process, found.group()
        print(line, end="", file=sys.stderr)
    raise SystemExit(f"the server ended with {process.wait()}")


def _read_errors(process: subprocess.Popen[str]) -> None:
    """Show what the server writes; where it ends with an error of its own, so does the benchmark."""
    assert process.stderr
    for line in process.stderr:
        print(line, end="", file=sys.stderr, flush=True)
    while process.poll() is None:  # two threads cannot wait for one process
        time.sleep(0.05)
    if process.returncode not in (0, 130, -signal.SIGINT):
        os._exit(1)  # the requests under way would end in a traceback


async def until_ready(address: str, path: str) -> None:
    """Until the address answers 200."""
    while (await Client(address).request("GET", path)).status != 200:
        await asyncio.sleep(0.5)


async def measure(arguments: argparse.Namespace, address: str, process: int | None) -> None:
    """The class, then the burst, with the memory around each."""

    def told(name: str) -> None:
        if process is not None:
            total, own = memory(process)
            each = " + ".join(f"{megabytes:.0f}" for megabytes in own)
            print(f"memory {name}: {total:.0f} MB ({each} of its own each)", flush=True)

    async def tell_each_minute() -> None:
        for minute in itertools.count(1):
            await asyncio.sleep(60)
            told(f"after {minute} min")

    await until_ready(address, "/readyz")
    await until_ready(address, "/chat")
    await run_class(address, 2, 2, 0.2, arguments.through)
    told("before")
    minutes = asyncio.create_task(tell_each_minute())
    result = await run_class(address, arguments.students, arguments.seconds, arguments.every, arguments.through)
    minutes.cancel()
    print(result.line("class"), flush=True)
    told("after the class")
    if arguments.burst:
        print((await run_burst(address, arguments.burst)).line("burst"))
        await asyncio.sleep(5)
        told("after the burst")


def main() -> None:
    """Prints the report."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--students", type=int, default=40)
    parser.add_argument("--seconds", type=float, default=180)
    parser.add_argument("--every", type=float, default=5, help="seconds between a student's questions")
    parser.add_argument("--through", choices=["api", "chat"], default="api")
    parser.add_argument("--burst", type=int, default=200)
    parser.add_argument("--workers", type=int, default=1, help="processes that answer")
    parser.add_argument("--address", help="a server that runs already, such as http://127.0.0.1:7860")
    arguments = parser.parse_args()
    if arguments.address:
        asyncio.run(measure(arguments, arguments.address, None))
        return
    process, address = start(
        [sys.executable, "-m", "app.cli", "serve", "--port", "0", "--workers", str(arguments.workers)]
    )
    try:
        asyncio.run(measure(arguments, address, process.pid))
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(timeout=30)


if __name__ == "__main__":
    main()
