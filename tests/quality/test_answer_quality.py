"""The build fails when answers get worse: figures over questions, each against its floor in floors.toml.

`python -m pytest tests/quality -rP` asks the samples (a minute) and prints their figures with standard errors;
`python -m pytest tests/quality -rP -m thorough` asks all questions of all sets (four minutes).
"""

import tomllib
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest

from app.answering.types import Turn
from app.library import Library
from tests.conftest import IndexOf
from tests.quality.figures import FIGURES, measured_figures, shortfalls, table, wrong_answers
from tests.quality.question_sets import MADE_UP, SAMPLES, SETS, QuestionSet, Row, Sample

FLOORS: dict[str, dict[str, dict[str, float]]] = tomllib.loads(
    Path(__file__).with_name("floors.toml").read_text(encoding="utf-8")
)
LibraryOf = Callable[[Path], Library]


@pytest.fixture(scope="module")
def library_of(index_of: IndexOf) -> LibraryOf:
    """The library over an index of one document alone, opened once for each document."""
    return cache(lambda document: Library.open(index_of(document)))


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample.name)
def test_answers_to_a_sample_are_no_worse_than_the_floors(sample: Sample, library_of: LibraryOf) -> None:
    check(sample, FLOORS["sample"][sample.name], library_of)


@pytest.mark.thorough
@pytest.mark.parametrize("questions", SETS, ids=lambda questions: questions.name)
def test_answers_to_all_questions_are_no_worse_than_the_floors(questions: QuestionSet, library_of: LibraryOf) -> None:
    check(Sample(questions.name, [questions]), FLOORS["all"][questions.name], library_of)


def check(sample: Sample, floors: dict[str, float], library_of: LibraryOf) -> None:
    """Ask the questions, print the figures, and fail where one of them is worse than its floor."""
    if sample.missing:
        pytest.skip(f"{sample.missing} is not on this machine; the made-up papers are asked all the same")
    answered = [
        (row, library_of(document).ask(row["question"], history=_turns(row)).to_json())
        for document, row in sample.questions()
    ]
    measured = measured_figures(answered)
    print(table({sample.name: measured}))
    missed = shortfalls(measured, floors)
    # the single questions of a held-out set are not shown, so that nobody mends an answer by looking at them
    shown = [] if sample.held_out else wrong_answers(answered)
    assert not missed, "\n".join([f"{sample.name}: answers got worse", *missed, table({sample.name: measured}), *shown])


def _turns(row: Row) -> list[Turn]:
    return [Turn(question) for question in row.get("history", [])]


def test_every_set_and_sample_has_floors_for_figures_that_exist() -> None:
    assert set(FLOORS["all"]) == {questions.name for questions in SETS}
    assert set(FLOORS["sample"]) == {sample.name for sample in SAMPLES}
    assert {name for part in FLOORS.values() for floors in part.values() for name in floors} <= set(FIGURES)
    for questions in MADE_UP:
        assert len(FLOORS["all"][questions.name]) == 6
