"""Four made-up papers with questions: two that weights may be fitted on, two that are held out (see README.md)."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class MadeUpPaper:
    """One invented paper and the file of its questions."""

    path: Path
    held_out: bool

    @property
    def name(self) -> str:
        """The file's name without its ending."""
        return self.path.stem

    def questions(self) -> list[dict[str, Any]]:
        """The questions in file order, in the fields of the evaluation command; see README.md for the others."""
        lines = self.path.with_name("questions.jsonl").read_text(encoding="utf-8").splitlines()
        return [json.loads(line) for line in lines]


FITTING = (
    MadeUpPaper(FOLDER / "rail_trail" / "rail_trail.txt", held_out=False),
    MadeUpPaper(FOLDER / "evening_quizzes" / "evening_quizzes.md", held_out=False),
)
HELD_OUT = (
    MadeUpPaper(FOLDER / "common_forest" / "common_forest.md", held_out=True),
    MadeUpPaper(FOLDER / "hedge_lights" / "hedge_lights.txt", held_out=True),
)
PAPERS = FITTING + HELD_OUT
# Our own questions on documents of JSQuAD and QASPER (README.md)
ON_PUBLIC_DOCUMENTS = FOLDER / "public_documents" / "questions.jsonl"
