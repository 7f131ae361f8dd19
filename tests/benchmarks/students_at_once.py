"""From a question to the first sentence of its answer: python -m tests.benchmarks.students_at_once ADDRESS QUESTIONS.

1, 5 and 20 students ask at the same moment, each over a connection of their own, in streams of /api/ask. QUESTIONS has
them as `tenkyo evaluate` takes them; none is asked twice, as the server knows answers that it has given. Prints the
median and the 95th percentile of the seconds until the first sentence has arrived (of a refusal: until the answer),
and, with --process, the seconds of a processor that the server spent on each question.
"""

import argparse
import http.client
import json
import math
import os
import random
import statistics
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import urlsplit

from app.evaluation.question_files.question_file import QuestionRow, read_questions
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


def at_once(address: str, questions: Sequence[str]) -> list[float]:
    """The seconds of as many students as there are questions, who ask at the same moment."""
    seconds: list[float] = []
    barrier = threading.Barrier(len(questions))

    def student(question: str) -> None:
        barrier.wait()
        seconds.append(first_sentence(address, question))

    threads = [threading.Thread(target=student, args=(question,)) for question in questions]
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
    parser.add_argument("questions", type=Path)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--process", type=int, help="the server's process id")
    given = parser.parse_args()
    for question in QUESTIONS:
        first_sentence(given.address, question)  # warm
    questions = [row.text for row in read_questions(given.questions) if isinstance(row, QuestionRow)]
    random.Random(7).shuffle(questions)
    if len(questions) < given.rounds * sum(STUDENTS):
        raise SystemExit(
            f"{given.questions} has {len(questions)} questions: fewer than are asked, so give fewer --rounds"
        )
    for count in STUDENTS:
        before = processor_seconds(given.process) if given.process else 0.0
        rounds = [[questions.pop() for _ in range(count)] for _ in range(given.rounds)]
        seconds = [one for asked in rounds for one in at_once(given.address, asked)]
        seconds.sort()
        slow = seconds[math.ceil(0.95 * len(seconds)) - 1]
        line = f"{count:2} at once: p50 {statistics.median(seconds):.2f} s, p95 {slow:.2f} s"
        if given.process:
            line += f", processor {(processor_seconds(given.process) - before) / len(seconds):.2f} s a question"
        print(f"{line} ({len(seconds)} questions)", flush=True)


if __name__ == "__main__":
    main()
