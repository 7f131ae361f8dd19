"""The build fails when answers get worse: figures over sets of questions, each against its floor in floors.toml.

`python -m pytest tests/quality -rP` prints the figures of each set.
"""

import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest

from app.answering.types import Turn
from app.library import Library
from app.training.data import HELD_OUT
from ingest.pipeline import ingest
from tests.quality.figures import FIGURES, figures, shortfalls, table, wrong_answers
from tests.quality.question_sets import MADE_UP, NEAR_MISSES, SETS, QuestionSet, Row
from tests.retriever.letters import NoProgress

FLOORS: dict[str, dict[str, float]] = tomllib.loads(Path(__file__).with_name("floors.toml").read_text(encoding="utf-8"))
_HELD_OUT = {f"{paper.name}{of}" for paper in HELD_OUT for of in ("", "_follow_ups", "_overviews", "_clumsy")}
_HELD_OUT |= {questions.name for questions in NEAR_MISSES}
LibraryOf = Callable[[Path], Library]


@pytest.fixture(scope="module")
def library_of(tmp_path_factory: pytest.TempPathFactory) -> LibraryOf:
    """The library over an index of one document alone, made once for each document."""
    libraries: dict[Path, Library] = {}

    def open_library(document: Path) -> Library:
        if document not in libraries:
            folder = tmp_path_factory.mktemp("quality") / "index"
            ingest(folder, [str(document)], progress=NoProgress())
            libraries[document] = Library.open(folder)
        return libraries[document]

    return open_library


@pytest.mark.parametrize("questions", SETS, ids=lambda questions: questions.name)
def test_answers_are_no_worse_than_the_floors(questions: QuestionSet, library_of: LibraryOf) -> None:
    if questions.missing:
        pytest.skip(f"{questions.missing} is not on this machine; the made-up papers are asked all the same")
    answered = [
        (row, library_of(document).ask(row["question"], history=_turns(row)).to_json())
        for document, rows in questions.rows_by_document().items()
        for row in rows
    ]
    found = figures(answered)
    print(table({questions.name: found}))
    missed = shortfalls(found, FLOORS[questions.name])
    # the single questions of a held-out paper are not shown, so that nobody mends an answer by looking at them
    shown = [] if questions.name in _HELD_OUT else wrong_answers(answered)
    assert not missed, "\n".join(
        [f"{questions.name}: answers got worse", *missed, table({questions.name: found}), *shown]
    )


def _turns(row: Row) -> list[Turn]:
    return [Turn(question) for question in row.get("history", [])]


def test_every_set_has_floors_for_figures_that_exist() -> None:
    assert set(FLOORS) == {questions.name for questions in SETS}
    assert {name for floors in FLOORS.values() for name in floors} <= set(FIGURES)
    for questions in MADE_UP:
        assert len(FLOORS[questions.name]) == 6
