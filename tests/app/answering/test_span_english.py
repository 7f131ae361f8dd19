"""The words of an English sentence that are marked as the answer."""

import pytest

from app.answering.read.span_ranker import mark

TREATY = "The treaty was signed in Lake City on September 8, 1951, by Marie Dupont, and took effect the next year."
AGENCY = "The agency employs 3,400 people in 12 countries, and 46% of its staff is hired abroad."


@pytest.mark.parametrize(
    ("question", "sentence", "answer"),
    [
        ("When was the treaty signed?", TREATY, "September 8, 1951"),
        ("Where was the treaty signed?", TREATY, "Lake City"),
        ("Who signed the treaty?", TREATY, "Marie Dupont"),
        ("条約はいつ結ばれたか", TREATY, "September 8, 1951"),
        ("How many people does the agency employ?", AGENCY, "3,400 people"),
        ("What percentage of the staff is hired abroad?", AGENCY, "46%"),
        (
            "Why was the bridge closed?",
            "The bridge was closed because of heavy corrosion, they said.",
            "heavy corrosion",
        ),
        ("What is the policy called?", "Critics called the policy “quiet patience” for years.", "quiet patience"),
        ("関税は何%か", "A 25% tariff on imports was imposed in February 2025.", "25%"),
    ],
)
def test_names_numbers_dates_and_clauses_are_marked_by_their_kind(question: str, sentence: str, answer: str) -> None:
    found = mark(question, sentence, "en")
    assert found is not None
    assert sentence[slice(*found)] == answer


def test_nothing_is_marked_where_no_form_fits() -> None:
    assert mark("When was it signed?", "They never said so.", "en") is None
