"""How much later than the model's own first sentence the first verified one is there.

    python -m tests.benchmarks.first_sentence INDEX QUESTION SENTENCE [--rounds 10]

A scripted server on loopback streams SENTENCE, with its citation, in pieces, and then writes on or pauses. Prints
the milliseconds from its last piece to the moment at which the composer shows the sentence, or withholds it.
"""

import argparse
import statistics
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from app.answering.types import Answer
from app.composing.composer import Composer
from app.composing.events import Event
from app.composing.limits import Calls, DailyTokens
from app.composing.model import LanguageModel, ModelSettings, Usage
from app.composing.prompt import Messages
from app.library import Library
from tests.app.composing.scripted_model import scripted_model

_GOES_ON = [" This", " goes", " on", " for", " a", " while", "."]


class _Timed(LanguageModel):
    """Notes when the piece with the citation has arrived."""

    ended = 0.0

    def stream(self, messages: Messages, usage: Usage) -> Iterator[str]:
        """The pieces of the model's text."""
        text = ""
        for piece in super().stream(messages, usage):
            text += piece
            if not self.ended and text.endswith("]"):
                self.ended = time.perf_counter()
            yield piece


def _told(composer: Composer, quoted: Answer, library: Library) -> list[tuple[float, Event]]:
    """What is told while an answer is composed, each with its time."""
    told: list[tuple[float, Event]] = []

    def tell(event: Event) -> None:
        told.append((time.perf_counter(), event))

    now = library._newest()
    composer.compose(quoted, now.index, now.encoder, tell)
    return told


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("index", type=Path)
    parser.add_argument("question")
    parser.add_argument("sentence", help="with its citation: It was built in 1862. [1]")
    parser.add_argument("--rounds", type=int, default=10)
    given = parser.parse_args()
    library = Library.open(given.index)
    quoted = library.ask(given.question)
    pieces = [given.sentence[start : start + 4] for start in range(0, len(given.sentence), 4)]
    scripts: dict[str, list[Any]] = {"goes on": [*pieces, *_GOES_ON, 0.5], "pauses": [*pieces, 0.5]}
    with tempfile.TemporaryDirectory() as folder:
        for name, script in scripts.items():
            took = []
            for _ in range(given.rounds):
                with scripted_model(script) as server:
                    model = _Timed(ModelSettings(server.address, "scripted"))
                    composer = Composer(model, Calls(1), DailyTokens(Path(folder) / "tokens.json", 0), None)
                    told = _told(composer, quoted, library)
                    took.append(1000 * (told[0][0] - model.ended))
            took.sort()
            shown = "shown" if told[0][1].sentence else f"withheld ({told[0][1].withheld})"
            print(f"{name}: {shown}, median {statistics.median(took):.0f} ms, slowest {took[-1]:.0f} ms of {len(took)}")


if __name__ == "__main__":
    main()
