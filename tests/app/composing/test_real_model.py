"""Composed answers by a real small language model, end to end over HTTP: whatever it writes, what is shown stands."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from app.answering.statements.statement import figures
from app.composing.composer import Composer
from app.composing.limits import Calls, DailyTokens
from app.composing.model import LanguageModel, ModelSettings
from app.library import Library
from tests.app.composing.real_model import real_model

pytestmark = pytest.mark.slow

QUESTIONS = ("鳴砂博物館の初代館長は誰か", "How many steps does the tower at Harrow Point have?")


MORE_QUESTIONS = (
    "鳴砂博物館は何年に開館したか",
    "来館者は何人でしたか",
    "When was the museum opened?",
    "Who was the first director of the museum?",
    "博物馆的第一任馆长是谁？",
    "박물관은 언제 문을 열었나요?",
    "Compare the museum and the tower",
    "鳴砂博物館について説明して",
)


def test_what_a_real_model_writes_is_shown_only_where_its_quotes_say_it(library_folder: Path, tmp_path: Path) -> None:
    _compose_and_check(QUESTIONS, library_folder, tmp_path)


@pytest.mark.thorough
def test_what_a_real_model_writes_stands_in_four_languages(library_folder: Path, tmp_path: Path) -> None:
    _compose_and_check(MORE_QUESTIONS, library_folder, tmp_path)


def _compose_and_check(questions: Sequence[str], library_folder: Path, tmp_path: Path) -> None:
    """Every figure of a sentence that is shown stands in its quotes; an answer that is as quoted is unchanged."""
    library = Library.open(library_folder)
    now = library._newest()
    with real_model(tmp_path) as address:
        settings = ModelSettings(address, "gemma", first_seconds=170.0, most_tokens=80)
        composer = Composer(LanguageModel(settings), Calls(1), DailyTokens(tmp_path / "tokens.json", 0), None)
        for question in questions:
            quoted = library.ask(question)
            answer = composer.compose(quoted, now.index, now.encoder)
            assert answer.method in {"extractive", "generative", "mixed"}
            assert answer.sentences or answer.abstained
            assert answer.method != "extractive" or answer.text == quoted.text
            by_number = {citation.number: citation for citation in answer.citations}
            for sentence in answer.sentences:
                said = " ".join(by_number[number].quote for number in sentence.citations)
                assert {one.value for one in figures(sentence.text)} <= {one.value for one in figures(said)}
