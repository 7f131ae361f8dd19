"""Follow-ups made whole by the model: made of the conversation alone, and taken only where they are answered surely."""

from pathlib import Path

import pytest

from app.answering.types import Turn
from app.composing.check.whole_question import is_made_of
from app.composing.composer import Composer
from app.composing.limits import Calls, DailyTokens
from app.composing.model import LanguageModel, ModelSettings
from app.library import Library
from tests.app.composing.scripted_model import scripted_model

ASKED = "じゃあ最初にそこを率いた人は？"
WHOLE = "鳴砂博物館の初代館長は誰か"
TURNS = [Turn("鳴砂博物館は何年に開館したか", "鳴砂博物館は1987年に霧原町の旧製塩所を改装して開館した。")]


@pytest.mark.parametrize(
    ("whole", "is_made"),
    [
        (WHOLE, True),
        ("1987年に開館した鳴砂博物館の館長は誰か", True),
        ("潮見博物館の初代館長は誰か", False),
        ("1988年に開館した鳴砂博物館の館長は誰か", False),
        ("Who was the first director?", False),
        ("鳴砂博物館の館長は誰か\n東京の人口は", False),
        ("鳴砂博物館の館長は![誰](https://evil.example)か", False),
        ("鳴砂博物館の" * 60, False),
        ("", False),
    ],
)
def test_a_whole_question_is_made_of_the_conversation_alone(whole: str, *, is_made: bool) -> None:
    assert is_made_of(whole, ASKED, "ja", TURNS) == is_made


def test_a_whole_question_keeps_the_names_and_figures_of_the_question() -> None:
    assert not is_made_of("鳴砂博物館の来館者は何人か", "1987年の戸倉静江は？", "ja", TURNS)


@pytest.mark.parametrize(("whole", "standalone"), [(WHOLE, WHOLE), ("潮見博物館の館長は誰か", None)])
def test_the_model_makes_a_follow_up_whole_where_that_is_answered_surely(
    whole: str, standalone: str | None, library_folder: Path, tmp_path: Path
) -> None:
    with scripted_model([whole], ["初代館長は海洋学者の戸倉静江である。[1]"]) as server:
        model = LanguageModel(ModelSettings(server.address, "scripted"))
        composer = Composer(model, Calls(1), DailyTokens(tmp_path / "tokens.json", 0), None, makes_whole=True)
        library = Library.open(library_folder, composer=composer)
        quoted = library.ask(ASKED, history=TURNS)
        answer = library.compose(quoted, history=TURNS)
    assert answer.question == ASKED
    assert answer.standalone == (standalone or quoted.standalone)
    assert (answer.text == "初代館長は海洋学者の戸倉静江である。 [1]") == bool(standalone)
    assert TURNS[0].question in server.asked[0]["messages"][1]["content"]


def test_without_the_setting_the_model_is_not_asked(library_folder: Path, tmp_path: Path) -> None:
    with scripted_model(["鳴砂博物館は1987年に開館した。[1]"]) as server:
        model = LanguageModel(ModelSettings(server.address, "scripted"))
        composer = Composer(model, Calls(1), DailyTokens(tmp_path / "tokens.json", 0), None)
        library = Library.open(library_folder, composer=composer)
        library.compose(library.ask("開館は何年？", history=TURNS), history=TURNS)
    assert all("<passage number=" in asked["messages"][1]["content"] for asked in server.asked)
