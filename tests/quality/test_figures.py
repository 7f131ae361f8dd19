"""The figures of the quality gate, computed by hand."""

from typing import Any

import pytest

from tests.quality.figures import Figure, measured_figures, shortfalls, table

ROW = {
    "id": "q1",
    "lang": "en",
    "type": "factoid",
    "question": "How many steps?",
    "answers": ["214"],
    "evidence": ["The tower has 214 steps"],
}
ABSENT = {**ROW, "type": "unanswerable", "answers": [], "evidence": [], "corrections": ["it is closed in February"]}


def made_answer(*sentences: str, hits: tuple[str, ...] = (), abstained: bool = False, **more: Any) -> dict[str, Any]:
    """An answer as JSON whose sentences quote themselves."""
    return {
        "abstained": abstained,
        "text": "Nothing was found." if abstained else " ".join(f"{text} [1]" for text in sentences),
        "sentences": [{"text": text} for text in sentences],
        "citations": [{"quote": text} for text in sentences],
        "hits": [{"text": text} for text in hits],
        **more,
    }


def test_evidence_counts_at_its_rank_whatever_the_spacing() -> None:
    answer = made_answer("It is high.", hits=("Elsewhere.", "the  tower has\n214 steps, and a lamp"))
    measured = measured_figures([(ROW, answer)])
    assert measured["evidence_first"] == Figure(0, 1)
    assert measured["evidence_in_five"] == Figure(1, 1)


def test_the_first_sentence_and_the_whole_answer_are_told_apart() -> None:
    measured = measured_figures([(ROW, made_answer("It is high.", "It has 214 steps."))])
    assert measured["answer"] == Figure(1, 1)
    assert measured["first_sentence"] == Figure(0, 1)
    assert measured["wrongly_refused"] == Figure(0, 1)
    assert "absent_refused" not in measured


def test_of_a_list_the_share_of_its_items_counts() -> None:
    row = {**ROW, "type": "list", "answers": ["oil", "gas", "coal", "wood"]}
    assert measured_figures([(row, made_answer("Oil and gas."))])["answer"] == Figure(0.5, 1)


def test_a_refusal_is_wrong_where_there_is_an_answer_and_right_where_there_is_none() -> None:
    refusal = made_answer(abstained=True)
    measured = measured_figures([(ROW, refusal), (ABSENT, refusal), (ABSENT, made_answer("It has 214 steps."))])
    assert measured["wrongly_refused"] == Figure(1, 1)
    assert measured["answer"] == Figure(0, 1)
    assert measured["absent_refused"] == Figure(0.5, 2)


def test_an_answer_that_quotes_what_denies_the_premise_counts_as_a_refusal() -> None:
    answer = made_answer("The tower has steps, and it is closed in February.")
    assert measured_figures([(ABSENT, answer)])["absent_refused"] == Figure(1, 1)


def test_a_computed_number_is_not_found_inside_a_longer_one() -> None:
    row = {**ROW, "answers": ["4"], "computed": True}
    assert measured_figures([(row, made_answer("Works of 2024."))])["answer"] == Figure(0, 1)
    assert measured_figures([(row, made_answer("There are 4 works."))])["answer"] == Figure(1, 1)


def test_only_vital_nuggets_count_and_any_wording_of_each() -> None:
    nuggets = [
        {"vital": True, "any": ["lamp", "light"]},
        {"vital": True, "any": ["oil"]},
        {"vital": False, "any": ["x"]},
    ]
    measured = measured_figures([({**ROW, "nuggets": nuggets}, made_answer("A light."))])
    assert measured["vital_nuggets"] == Figure(0.5, 1)


def test_a_question_about_the_content_is_not_to_be_taken_for_one_about_its_sources() -> None:
    row = {**ABSENT, "expects": "ordinary"}
    measured = measured_figures(
        [(row, made_answer("It is.", intent="passage")), (row, made_answer("No. 1.", intent="sources"))]
    )
    assert measured == {"ordinary": Figure(0.5, 2)}


@pytest.mark.parametrize(
    ("bounds", "missed"),
    [
        ({"answer": 0.5}, 0),
        ({"answer": 0.51}, 1),
        ({"wrongly_refused": 0.25}, 0),
        ({"wrongly_refused": 0.24}, 1),
    ],
)
def test_a_bound_holds_up_to_equality(bounds: dict[str, float], missed: int) -> None:
    measured = {"answer": Figure(0.5, 4), "wrongly_refused": Figure(0.25, 4)}
    assert len(shortfalls(measured, bounds)) == missed


def test_the_table_has_a_line_for_each_set_and_a_dash_where_nothing_is_measured() -> None:
    lines = table({"one": {"answer": Figure(0.5, 4)}}).splitlines()
    assert len(lines) == 2
    assert "0.500 ± 0.250 of    4" in lines[1]
    assert "-" in lines[1]
