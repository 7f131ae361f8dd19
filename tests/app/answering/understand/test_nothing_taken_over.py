"""What is taken over from earlier questions where nothing should be: words, and the language."""

import json
from itertools import pairwise

import pytest

from app.answering.types import Turn
from app.answering.understand.history.conversation import interpretations
from app.training.data import FITTING, MadeUpPaper
from retriever.text import language_of
from tests.app.answering.understand.test_conversation import first
from tests.opened_once import open_encoder
from tests.quality.question_sets import SHARED

JSQUAD = SHARED / "data" / "jsquad-valid-v1.3.json"


@pytest.mark.parametrize("paper", FITTING, ids=lambda paper: paper.name)
def test_questions_that_stand_alone_hardly_ever_take_anything_over(paper: MadeUpPaper) -> None:
    questions = [row["question"] for row in paper.questions()]
    pairs = [(one, questions[(place * 7 + 3) % len(questions)]) for place, one in enumerate(questions)]
    carried = [after for before, after in pairs if first(after, before) != after and before != after]
    assert len(carried) <= len(pairs) / 50


def test_questions_on_wikipedia_hardly_ever_take_anything_over() -> None:
    if not JSQUAD.exists():
        pytest.skip(f"{JSQUAD} is not on this machine")
    articles = json.loads(JSQUAD.read_text(encoding="utf-8"))["data"]
    questions = [item["question"] for one in articles for part in one["paragraphs"] for item in part["qas"]][::40]
    pairs = list(pairwise(questions))
    assert len(pairs) > 100
    assert sum(first(after, before) != after for before, after in pairs) <= len(pairs) / 50


@pytest.mark.parametrize("before", ["日本の人口は何人ですか", "日本的人口是多少？", "일본의 인구는 몇 명입니까?"])
def test_an_acronym_is_asked_in_the_language_of_the_conversation(before: str) -> None:
    understood = interpretations("NATO?", [Turn(before)], open_encoder())
    assert {possible.language or language_of(possible.text) for possible in understood} == {language_of(before)}
