"""From a question to the first sentence of its answer: python -m tests.benchmarks.students_at_once ADDRESS.

1, 5 and 20 students ask at the same moment, each over a connection of their own, in streams of /api/ask. Prints the
median and the 95th percentile of the seconds until the first sentence has arrived (of a refusal: until the answer),
and, with --process, the seconds of a processor that the server spent on each question.
"""

import argparse
import http.client
import json
import os
import random
import statistics
import threading
import time
from pathlib import Path
from urllib.parse import urlsplit

from tests.benchmarks.load import QUESTIONS

STUDENTS = (1, 5, 20)
_HEADERS = {"Content-Type": "application/json", "Accept": "text/event-stream"}


def first_sentence(address: str, question: str) -> float:
    """Seconds until the first sentence, or the answer without one, has arrived."""
    connection = http.client.HTTPConnection(urlsplit(address).netloc, timeout=120)
    begin = time.monotonic()
    connection.request("POST", "/api/ask", json.dumps({"question": question}), _HEADERS)
    response = connection.getresponse()
    if response.status != 200:
        raise SystemExit(f"{address} answered {response.status}: {response.read(200)!r}")
    for line in response:
        if line.strip() in (b"event: sentence", b"event: answer"):
            passed = time.monotonic() - begin
            response.read()
            connection.close()
            return passed
    raise SystemExit(f"the stream of {question!r} ended without an answer")


def at_once(address: str, count: int) -> list[float]:
    """The seconds of so many students who ask at the same moment."""
    seconds: list[float] = []
    barrier = threading.Barrier(count)

    def student(question: str) -> None:
        barrier.wait()
        seconds.append(first_sentence(address, question))

    threads = [threading.Thread(target=student, args=(random.choice(QUESTIONS),)) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return seconds


def processor_seconds(process: int) -> float:
    """What a process has spent of a processor so far."""
    fields = Path(f"/proc/{process}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("address", help="of a server that runs: http://127.0.0.1:7860")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--process", type=int, help="the server's process id")
    given = parser.parse_args()
    for question in QUESTIONS:
        first_sentence(given.address, question)  # warm
    for count in STUDENTS:
        before = processor_seconds(given.process) if given.process else 0.0
        seconds = [one for _ in range(given.rounds) for one in at_once(given.address, count)]
        seconds.sort()
        slow = seconds[int(0.95 * (len(seconds) - 1))]
        line = f"{count:2} at once: p50 {statistics.median(seconds):.2f} s, p95 {slow:.2f} s"
        if given.process:
            line += f", processor {(processor_seconds(given.process) - before) / len(seconds):.2f} s a question"
        print(f"{line} ({len(seconds)} questions)", flush=True)


if __name__ == "__main__":
    main()
