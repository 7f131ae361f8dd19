"""Sentences that stand for a text, on vectors that can be computed by hand."""

import numpy as np
import pytest

from app.answering.overview.outline import Outline, Section, Unit
from app.answering.overview.selection import centrality, centred, chosen, cost
from retriever.types import DocumentRecord, Passage

# Two sentences on one thing, a third between them and a fourth on another thing.
VECTORS = np.array([[1, 0], [1, 0], [0.8, 0.6], [0, 1]], dtype=np.float32)
TEXT = "aaaaaaaaaa. bbbbbbbbbb. cccccccccc. dddddddddd."


def outline(vectors: np.ndarray = VECTORS) -> Outline:
    passage = Passage("p", "d", TEXT, 0, len(TEXT), language="en")
    units = tuple(Unit(passage, 0, 12 * place, 12 * place + 11, 0, place == 0) for place in range(len(vectors)))
    record = DocumentRecord("d", "D", "d.txt", "0", language="en")
    return Outline(record, (Section(("One",), (), "body", 0, len(units)),), units, vectors, ())


def test_the_sentence_most_like_the_others_is_most_central() -> None:
    ranks = centrality(VECTORS)
    assert ranks.argmax() == 2
    assert ranks.argmin() == 3
    assert ranks.max() == 1


def test_centred_vectors_are_unit_vectors_without_what_all_share() -> None:
    apart = centred(np.array([[1, 0], [0, 1]], dtype=np.float32))
    assert apart == pytest.approx(np.array([[1, -1], [-1, 1]]) / np.sqrt(2))


def test_a_repeated_sentence_gives_way_to_another_and_the_order_is_that_of_the_text() -> None:
    places, scores = [0, 1, 2, 3], np.array([1.0, 0.99, 0.2, 0.7])
    assert chosen(outline(), places, scores, 1000, most=2) == [0, 3]


def test_chosen_sentences_keep_to_the_characters_allowed() -> None:
    budget = 2 * cost(outline().units[0]) + 1
    taken = chosen(outline(), [0, 1, 2, 3], np.array([0.1, 0.2, 0.9, 0.8]), budget)
    assert taken == [2, 3]
    assert chosen(outline(), [0, 1, 2, 3], np.ones(4), 5) == []


def test_what_was_given_is_not_given_again() -> None:
    assert 0 not in chosen(outline(), [0, 1, 2, 3], np.ones(4), 1000, already_chosen=[0])
