"""The sets of questions that the quality gate asks: documents, questions, where they lie."""

import json
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from app.training.data import HELD_OUT, PAPERS

Row = dict[str, Any]
ROOT = Path(__file__).resolve().parents[2]
SHARED = ROOT.parent / "shared"
_PAPER = SHARED / "corpus" / "paper.txt"
_FOLDERS = (SHARED / "corpus", SHARED / "data" / "papers")


@dataclass(frozen=True, slots=True)
class QuestionSet:
    """Questions with the path of the one document over which each is asked; `file` holds the questions.

    `in_context`: messages are asked as they were sent, follow-ups after their history; else made whole.
    """

    name: str
    file: Path
    document: Path | None = None
    in_context: bool = False

    @property
    def missing(self) -> Path | None:
        """A file that this set needs and that is not there, or None."""
        needed = [self.file, *([self.document] if self.document else _FOLDERS)]
        return next((path for path in needed if not path.exists()), None)

    def rows_by_document(self) -> dict[Path, list[Row]]:
        """The questions by the document that holds their answers, in the order of the file."""
        groups: dict[Path, list[Row]] = defaultdict(list)
        for line in self.file.read_text(encoding="utf-8").splitlines():
            row = json.loads(line)
            groups[self.document or _find(row["document"])].append(row if self.in_context else _made_whole(row))
        return dict(groups)


def _find(name: str) -> Path:
    return next(folder / name for folder in _FOLDERS if (folder / name).exists())


def _made_whole(row: Row) -> Row:
    """A question of a conversation as it would be asked alone."""
    return {**row, "question": row.get("standalone", row["question"]), "history": []}


MADE_UP = [
    QuestionSet(paper.name, paper.path.with_name(f"{paper.name}.questions.jsonl"), paper.path) for paper in PAPERS
]
FOLLOW_UPS = [
    QuestionSet(f"{paper.name}_follow_ups", paper.path.with_name(f"{paper.name}.dialogues.jsonl"), paper.path, True)
    for paper in PAPERS
]
# Short, misspelt and long-winded messages, and several questions in one; `standalone` is the question written well.
CLUMSY = [
    QuestionSet(f"{paper.name}_clumsy", paper.path.with_name(f"{paper.name}.clumsy.jsonl"), paper.path, True)
    for paper in PAPERS
]
# Written after the answering of overviews stood, and before any of them was asked.
OVERVIEWS = [
    QuestionSet(f"{paper.name}_overviews", paper.path.with_name(f"{paper.name}.overviews.jsonl"), paper.path)
    for paper in HELD_OUT
]
# Questions that miss their paper by a name or year, and others in new words; written before `named_things` was.
NEAR_MISSES = [
    QuestionSet(f"{paper.name}_near_misses", paper.path.with_name(f"{paper.name}.near_misses.jsonl"), paper.path)
    for paper in PAPERS
]
SHARED_SETS = [
    QuestionSet("paper_qa", SHARED / "data" / "paper_qa_dev.jsonl", _PAPER),
    QuestionSet("paper_qa_pdf", SHARED / "data" / "paper_qa_dev.jsonl", _PAPER.with_suffix(".pdf")),
    *(
        QuestionSet(name, SHARED / "data" / f"{name}_dev.jsonl")
        for name in ("hard_unanswerable", "short", "sources", "overviews", "dialogues")
    ),
    QuestionSet("dialogues_in_context", SHARED / "data" / "dialogues_dev.jsonl", in_context=True),
]
SETS = MADE_UP + FOLLOW_UPS + CLUMSY + OVERVIEWS + NEAR_MISSES + SHARED_SETS
