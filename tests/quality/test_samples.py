"""Which questions a sample holds: the same in each run, of each kind its share."""

import json
from collections import Counter
from pathlib import Path

import pytest

from tests.quality.question_sets import MADE_UP, SAMPLES, QuestionSet, Sample


def made_set(folder: Path, name: str, **numbers: int) -> QuestionSet:
    """A set of so many questions of each type, over a document of its name."""
    rows = [
        {"id": f"{name}-{kind}{number}", "type": kind, "lang": "en", "question": "?", "answers": [], "evidence": []}
        for kind, count in numbers.items()
        for number in range(count)
    ]
    file = folder / f"{name}.jsonl"
    file.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return QuestionSet(name, file, folder / f"{name}.txt")


def test_each_set_and_kind_has_its_share(tmp_path: Path) -> None:
    sets = [made_set(tmp_path, "one", list=12, factoid=24), made_set(tmp_path, "two", list=6)]
    questions = Sample("both", sets, 6).questions()
    assert Counter((document.stem, row["type"]) for document, row in questions) == {
        ("one", "list"): 2,
        ("one", "factoid"): 4,
        ("two", "list"): 1,
    }
    assert questions == Sample("both", sets, 6).questions()


def test_a_sample_of_every_question_holds_all(tmp_path: Path) -> None:
    questions = made_set(tmp_path, "one", list=3, factoid=4)
    assert len({row["id"] for _, row in Sample("all", [questions]).questions()}) == 7


def test_a_sample_of_a_held_out_set_is_held_out_and_needs_all_files(tmp_path: Path) -> None:
    open_set, held_out = (
        next(paper_set for paper_set in MADE_UP if paper_set.held_out is is_held) for is_held in (False, True)
    )
    assert not Sample("open", [open_set]).held_out
    assert Sample("both", [open_set, held_out]).held_out
    absent = QuestionSet("absent", tmp_path / "absent.jsonl", tmp_path / "absent.txt")
    assert Sample("both", [open_set, absent]).missing == absent.file


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample.name)
def test_every_sample_of_the_gate_says_something(sample: Sample) -> None:
    if sample.missing:
        pytest.skip(f"{sample.missing} is not on this machine")
    assert len(sample.questions()) >= 12
