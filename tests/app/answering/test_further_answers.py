"""A question that follows another: more of what was told is never the same again, and reasons stand near the answer."""

from itertools import pairwise

import pytest

from app.answering.types import Answer, Turn
from app.library import Library
from app.training.data import FITTING
from retriever.embedded.reader import DeferredReader
from tests.conftest import IndexOf

RAIL_TRAIL = FITTING[0].path


@pytest.fixture(scope="module")
def trail(index_of: IndexOf) -> Library:
    """The paper on a cycle path."""
    return Library.open(index_of(RAIL_TRAIL))


def quoted(answer: Answer) -> set[tuple[str, int]]:
    """The places that an answer quotes."""
    return {(citation.passage_id, citation.quote_start) for citation in answer.citations}


@pytest.mark.parametrize(
    ("question", "more"),
    [
        ("舗装の傷みはどうなっていますか", "もっと詳しく教えて"),
        ("調査はどのように行われましたか", "他には？"),
        ("How was the traffic counted?", "Tell me more"),
    ],
)
def test_more_is_not_the_same_again(trail: Library, question: str, more: str) -> None:
    turns = [Turn(question)]
    answers = [trail.ask(question)]
    for _ in range(2):
        answers.append(trail.ask(more, history=turns))
        turns.append(Turn(more))
    assert not any(answer.abstained for answer in answers[:2])
    for before, after in pairwise(answers):
        assert quoted(before).isdisjoint(quoted(after))


def test_details_of_what_was_told_to_the_end_of_its_passage_are_read_on_in_the_document(trail: Library) -> None:
    question = "調査ではどのような方法が組み合わされましたか"
    told, more = trail.ask(question), trail.ask("もっと詳しく", history=[Turn(question)])
    order = [passage.id for passage in trail.passages(told.citations[0].document_id)]
    first, further = (
        {(order.index(cited.passage_id), cited.quote_start) for cited in each.citations} for each in (told, more)
    )
    assert first.isdisjoint(further)
    last = max(place for place, _ in first)
    assert last + 1 in {place for place, _ in further}


def test_a_reason_is_looked_for_near_what_was_answered(trail: Library) -> None:
    before = Turn("町は観光利用者を年間何人と見込んでいましたか")
    answer = trail.ask("なぜそんなに多く見積もったの", history=[before])
    assert "別の自転車道の実績" in answer.text


@pytest.mark.parametrize(
    "question", ["この数字の出典は？", "この主張の根拠となる文献は？", "What is the source of this number?"]
)
def test_the_source_of_this_figure_is_that_of_what_was_answered(trail: Library, question: str) -> None:
    answer = trail.ask(question, history=[Turn("町は観光利用者を年間何人と見込んでいましたか")])
    assert not answer.abstained
    assert answer.intent == "sources"
    assert "8万人" in answer.text


def test_a_figure_is_not_told_again_as_its_own_reason(trail: Library) -> None:
    question = "観光目的の利用者は年間およそ何人ですか"
    told = trail.ask(question)
    span = told.citations[0].span or ""
    assert any(letter.isdigit() for letter in span)
    assert span not in trail.ask("なぜ？", history=[Turn(question)]).text


@pytest.mark.parametrize("question", ["いつ？", "どこで？", "When?", "who?", "什么时候", "언제?"])
def test_question_words_alone_ask_nothing(trail: Library, question: str) -> None:
    assert trail.ask(question).abstained


def test_a_follow_up_does_not_read_again_what_was_just_answered(
    trail: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    question, follow_up = "町議会はバス専用道案をどうしましたか", "どうして？"
    trail.ask(question)
    asked: list[str] = []
    read = DeferredReader.read

    def counting(self: DeferredReader, asked_: str, *rest: object) -> object:
        asked.append(asked_)
        return read(self, asked_, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(DeferredReader, "read", counting)
    trail.ask(follow_up, history=[Turn(question)])
    assert asked
    assert question not in asked


def test_more_of_an_answer_is_judged_by_the_reader_too(trail: Library) -> None:
    question = "舗装の傷みはどうなっていますか"
    _, told = trail.ask_with_trace(question)
    _, more = trail.ask_with_trace("もっと詳しく教えて", history=[Turn(question)])
    assert more.decision.features["reader"] == told.decision.features["reader"]
    assert {"rules", "present"} <= more.decision.features.keys()
