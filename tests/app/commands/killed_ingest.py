"""Ingests a source into one index after the other, each time in a process that is killed a little later than the last.

    killed_ingest.py SOURCE INDEX...     the ingest into the first index is not killed

Run by test_ingest_durability.py in a process of its own, which imports everything once: the killed ones are its forks.
Prints how each of them ended, as a JSON list: 0, or minus the signal.
"""

import json
import os
import signal
import sys
import time
from collections.abc import Sequence

import onnxruntime  # noqa: F401 - so that the forks need not

import ingest.pipeline  # noqa: F401
from app.cli import main as tenkyo


def ended(source: str, index: str, after: float | None) -> int:
    """How a process ends that ingests `source` into `index` and is killed `after` so many seconds (None: never)."""
    process = os.fork()
    if not process:
        sys.stdout = sys.stderr
        os._exit(tenkyo(["ingest", source, "--index", index]))
    if after is not None:
        time.sleep(after)
        os.kill(process, signal.SIGKILL)
    return os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])


def main(source: str, whole: str, killed: Sequence[str]) -> None:
    """Kill an ingest at moments that are spread evenly over the time that the first one took."""
    began = time.monotonic()
    ends = [ended(source, whole, None)]
    duration = time.monotonic() - began
    ends += [ended(source, index, duration * number / len(killed)) for number, index in enumerate(killed)]
    print(json.dumps(ends))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], sys.argv[3:])
