"""The sets of questions that the quality gate asks: documents, questions, where they lie, and samples of them."""

import json
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from app.training.data import FITTING, FOLDER, HELD_OUT, PAPERS, MadeUpPaper

Row = dict[str, Any]
ROOT = Path(__file__).resolve().parents[2]
SHARED = ROOT.parent / "shared"
_PAPER = SHARED / "corpus" / "paper.txt"
_FOLDERS = (SHARED / "corpus", SHARED / "data" / "papers")


@dataclass(frozen=True, slots=True)
class QuestionSet:
    """Questions with the path of the one document over which each is asked; `file` holds the questions.

    `in_context`: messages are asked as they were sent, follow-ups after their history; else made whole. Of a set that
    is `held_out` nobody looks at single questions.
    """

    name: str
    file: Path
    document: Path | None = None
    in_context: bool = False
    held_out: bool = False

    @property
    def missing(self) -> Path | None:
        """A file that this set needs and that is not there, or None."""
        needed = [self.file, *([self.document] if self.document else _FOLDERS)]
        return next((path for path in needed if not path.exists()), None)

    def rows_by_document(self) -> dict[Path, list[Row]]:
        """The questions by the document that holds their answers, in the order of the file."""
        groups: dict[Path, list[Row]] = defaultdict(list)
        for line in self.file.read_text(encoding="utf-8").splitlines():
            row = {"evidence": [], **json.loads(line)}
            groups[self.document or _find(row["document"])].append(row if self.in_context else _made_whole(row))
        return dict(groups)


def _find(name: str) -> Path:
    folders = (*_FOLDERS, *(paper.path.parent for paper in PAPERS))
    return next(folder / name for folder in folders if (folder / name).exists())


def _made_whole(row: Row) -> Row:
    """A question of a conversation as it would be asked alone."""
    return {**row, "question": row.get("standalone", row["question"]), "history": []}


@dataclass(frozen=True, slots=True)
class Sample:
    """Every `every`-th question of some sets, the same ones in each run. Their figures are pooled.

    The questions are taken in the order of their sets and kinds, so that each kind keeps its share.
    """

    name: str
    sets: Sequence[QuestionSet]
    every: int = 1

    @property
    def missing(self) -> Path | None:
        """A file that one of the sets needs and that is not there, or None."""
        return next((questions.missing for questions in self.sets if questions.missing), None)

    @property
    def held_out(self) -> bool:
        """Whether single questions may not be looked at."""
        return any(questions.held_out for questions in self.sets)

    def questions(self) -> list[tuple[Path, Row]]:
        """The questions of the sample, each with the document over which it is asked."""
        pairs = [pair for questions in self.sets for pair in sorted(_pairs(questions), key=_kind)]
        return pairs[self.every // 2 :: self.every]


def _pairs(questions: QuestionSet) -> list[tuple[Path, Row]]:
    return [(document, row) for document, rows in questions.rows_by_document().items() for row in rows]


def _kind(pair: tuple[Path, Row]) -> tuple[str, bool, str, str]:
    document, row = pair
    return document.name, bool(row["answers"] or row["evidence"]), row["type"], row["lang"]


def _of_papers(
    name: str, file: str, papers: Sequence[MadeUpPaper] = PAPERS, *, in_context: bool = False, held_out: bool = False
) -> list[QuestionSet]:
    """One of the files of each made-up paper, as a set; all `held_out`, or those of the papers that are."""
    return [
        QuestionSet(
            f"{paper.name}{name}",
            paper.path.with_name(f"{file}.jsonl"),
            paper.path,
            in_context,
            held_out or paper.held_out,
        )
        for paper in papers
    ]


MADE_UP = _of_papers("", "questions")
FOLLOW_UPS = _of_papers("_follow_ups", "dialogues", in_context=True)
# Follow-ups over the paper, SAMSum and the made-up papers, by a developer who had not read the code that makes them
# whole; one half was looked at while that was changed.
TALKS = [
    QuestionSet("conversations", FOLDER / "conversations" / "seen.jsonl", in_context=True),
    QuestionSet("conversations_held_out", FOLDER / "conversations" / "held_out.jsonl", in_context=True, held_out=True),
]
# Short, misspelt and long-winded messages, and several questions in one; `standalone` is the question written well.
CLUMSY = _of_papers("_clumsy", "clumsy", in_context=True)
# Written after the answering of overviews stood, and before any of them was asked.
OVERVIEWS = _of_papers("_overviews", "overviews", HELD_OUT)
# Questions that miss their paper by a name or year, and others in new words; written before `named_things` was.
NEAR_MISSES = _of_papers("_near_misses", "near_misses", held_out=True)
# Pairs of a question with an answer and one that nearly has one; written before `contradictions` was.
CONTRASTS = _of_papers("_contrasts", "contrasts", HELD_OUT)
# Questions about the bibliography and the sources of claims, and ordinary ones; in other words than the examples for
# the model of intents.
SOURCES = _of_papers("_sources", "sources", FITTING)
# Sources, whole documents, small talk, and ordinary questions that hold the same words; over several documents.
TOPICS = [
    QuestionSet(name, FOLDER / f"{name}.jsonl", held_out=name.endswith("held_out"))
    for name in ("topics", "topics_held_out")
]
# Messages on sources and content, with follow-ups; by a writer who knew no code, before the intent model of today.
MESSAGES = [QuestionSet("messages_held_out", FOLDER / "messages_held_out.jsonl", in_context=True, held_out=True)]
SHARED_SETS = [
    QuestionSet("paper_qa", SHARED / "data" / "paper_qa_dev.jsonl", _PAPER),
    QuestionSet("paper_qa_pdf", SHARED / "data" / "paper_qa_dev.jsonl", _PAPER.with_suffix(".pdf")),
    *(
        QuestionSet(name, SHARED / "data" / f"{name}_dev.jsonl")
        for name in ("hard_unanswerable", "short", "sources", "overviews", "dialogues")
    ),
    QuestionSet("dialogues_in_context", SHARED / "data" / "dialogues_dev.jsonl", in_context=True),
]
SETS = (
    MADE_UP
    + FOLLOW_UPS
    + TALKS
    + CLUMSY
    + OVERVIEWS
    + NEAR_MISSES
    + CONTRASTS
    + SOURCES
    + TOPICS
    + MESSAGES
    + SHARED_SETS
)
_BY_NAME = {questions.name: questions for questions in SETS}
# What the default run asks: about 230 questions in a minute of a processor's time, a third of it to encode documents.
SAMPLES = [
    Sample("made_up", MADE_UP + NEAR_MISSES, 5),
    Sample("follow_ups", FOLLOW_UPS, 8),
    Sample("conversations", TALKS, 6),
    Sample("clumsy", CLUMSY, 5),
    Sample("made_up_overviews", OVERVIEWS),
    Sample("made_up_sources", SOURCES, 4),
    Sample("paper_qa", [_BY_NAME["paper_qa"]], 2),
    Sample("hard_unanswerable", [_BY_NAME["hard_unanswerable"]], 2),
    Sample("by_others", [_BY_NAME[name] for name in ("short", "sources", "dialogues_in_context")], 3),
    Sample("overviews", [_BY_NAME["overviews"]]),
]
