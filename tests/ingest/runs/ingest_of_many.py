"""Ingests a folder in small batches with vectors of letters: run by test_batches.py in a process of its own.

    ingest_of_many.py FOLDER INDEX [BATCHES]     dies like a killed process after so many batches

Prints the most memory that the process has held for itself, in kilobytes.
"""

import os
import resource
import signal
import sys
from pathlib import Path

import pytest

from ingest.pipeline import ingest
from retriever.index.build import StagedRun
from tests.retriever.letters import LetterEncoder, NoProgress


class _Dying(StagedRun):
    """A run whose process is killed when it has written some batches."""

    left = 0

    def write(self, *arguments: object, **options: object) -> None:
        """Write a batch, and die after the last."""
        super().write(*arguments, **options)  # type: ignore[arg-type]
        _Dying.left -= 1
        if not _Dying.left:
            os.kill(os.getpid(), signal.SIGKILL)


def main(folder: str, index: str, batches_left: int) -> None:
    """Ingest, in batches of about 40 passages, and of 200 at most in a segment that is merged."""
    patch = pytest.MonkeyPatch()
    patch.setattr("ingest.pipeline.open_encoder", lambda _name: LetterEncoder())
    patch.setattr("ingest.pipeline.encoder_of", lambda _index: LetterEncoder())
    patch.setattr("ingest.pipeline.StagedRun", _Dying)
    patch.setattr("ingest.runs.batches._CHARACTERS", 10_000)
    patch.setattr("retriever.index.changes._MOST_MERGED", 200)
    patch.setattr("retriever.index.changes._SMALL", 0)
    _Dying.left = batches_left
    ingest(Path(index), [folder], progress=NoProgress())
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]) if len(sys.argv) > 3 else 0)
