"""Labels of the words of entries: tokens, decoding, fields."""

from itertools import pairwise, product

import numpy as np
import pytest

from ingest.bibliography.labelled import fields_of, labelled
from ingest.bibliography.labels import (
    LABELS,
    LONGEST,
    WEIGHTS,
    _Network,
    best_labels,
    inside_phrases,
    label_entries,
    tokens_of,
)
from ingest.bibliography.parser import parse_entry

ENTRY = "Hill, J. K.; Moor, P. *Lamp Rev.* 2004, 12 (3), 45–51."


def test_tokens_keep_their_places_and_italics() -> None:
    tokens = tokens_of(ENTRY)
    assert all(ENTRY[token.start : token.end] == token.text for token in tokens)
    assert [token.text for token in tokens if token.italic] == ["Lamp", "Rev", "."]


def test_an_address_is_one_token_and_wide_digits_are_digits() -> None:
    texts = [token.text for token in tokens_of("灯台著『光』２００３年，https://example.org/a.b")]
    assert texts == ["灯台", "著", "『", "光", "』", "2003", "年", ",", "https://example.org/a.b"]


def test_a_long_entry_is_labelled_as_far_as_the_bound() -> None:
    tokens = tokens_of("word " * 1000)
    assert len(tokens) == LONGEST
    assert len(label_entries([tokens])[0]) == LONGEST


def test_entries_without_words_have_no_labels() -> None:
    assert label_entries([]) == []
    assert label_entries([tokens_of(""), tokens_of("A")])[0] == []


def test_the_best_labels_are_those_of_the_best_of_all_paths() -> None:
    chance = np.random.default_rng(5)
    scores, follows = chance.normal(size=(4, 3)), chance.normal(size=(3, 3))
    begins, ends = chance.normal(size=3), chance.normal(size=3)

    def value(path: tuple[int, ...]) -> float:
        steps = sum(follows[a, b] for a, b in pairwise(path))
        return float(begins[path[0]] + ends[path[-1]] + steps + sum(scores[i, label] for i, label in enumerate(path)))

    best = max(product(range(3), repeat=4), key=value)
    assert best_labels(scores, follows, begins, ends) == list(best)


def test_fields_are_the_words_under_their_labels() -> None:
    text = "Hill, J., Moor, P.: A *lamp* (new): of 1980; 2004."
    tokens = tokens_of(text)
    labels = _labels(text, {"Hill, J": "name", "Moor, P": "name", "A *lamp* (new": "title", "2004": "date"})
    fields = fields_of(text, tokens, labels)
    assert fields.authors == ("Hill, J.", "Moor, P.")
    assert (fields.title, fields.date) == ("A lamp (new)", "2004")


def _labels(text: str, stretches: dict[str, str]) -> list[str]:
    """Labels of the tokens of a text, from the label of each stretch of it; names begin with "first"."""
    labels = []
    for token in tokens_of(text):
        label = "none"
        for words, name in stretches.items():
            start = text.index(words)
            if start <= token.start < start + len(words):
                label = "first" if name == "name" and token.start == start else name
        labels.append(label)
    assert set(labels) <= set(LABELS)
    return labels


def test_the_style_of_a_list_is_read_from_all_of_its_entries() -> None:
    other = "Reed, A.; Light, B. *Coast. J.* 2011, 4 (1), 7–19."
    alone, together = labelled([ENTRY])[0], labelled([ENTRY, other])[0]
    assert alone.authors == together.authors == ("Hill, J. K.", "Moor, P.")
    assert together.date == "2004"


def test_the_weights_are_small() -> None:
    assert WEIGHTS.stat().st_size <= 1_000_000


def test_the_certainty_of_a_field_is_the_share_of_the_paths_that_agree() -> None:
    network = _Network(WEIGHTS)
    scores = np.random.default_rng(3).normal(size=(2, len(LABELS))).astype(np.float32)
    weights = {
        path: np.exp(
            sum(scores[i, label] for i, label in enumerate(path))
            + network.begins[path[0]] + network.follows[path] + network.ends[path[1]]
        )
        for path in product(range(len(LABELS)), repeat=2)
    }  # fmt: skip
    title, none = LABELS.index("title"), LABELS.index("none")
    right = sum(weight for path, weight in weights.items() if path[0] == title != path[1])
    assert network.certainties([scores], [[title, none]])[0, 1] == pytest.approx(
        right / sum(weights.values()), rel=1e-4
    )


def test_a_title_seldom_begins_inside_a_phrase() -> None:
    assert inside_phrases(tokens_of("A lamp, “in *the* fog”")) == [
        False,
        True,
        False,
        False,
        False,
        False,
        False,
        False,
    ]


@pytest.mark.parametrize(
    ("entry", "authors", "title"),
    [
        (
            "C Reed, V. Moor, and M. Light. lamp: An atlas of coastal light. Journal of Tides, 25(7), 2008.",
            ("C Reed", "V. Moor", "M. Light"),
            "lamp: An atlas of coastal light",
        ),
        (
            "Dai, J., Li, Y., He, K., Sun, J.: R-LAMP: Lamp detection on a western coast, http://a.example/16, (2016).",
            ("Dai, J.", "Li, Y.", "He, K.", "Sun, J."),
            "R-LAMP: Lamp detection on a western coast",
        ),
        (
            (
                "Markus Reed, Angad P. Moor, A. Rose Light, Kun Yu, and Boris C. Shore. LampKit: Lamps of the coast. "
                "Journal of Tides, 11:13, Dec 2016."
            ),
            ("Markus Reed", "Angad P. Moor", "A. Rose Light", "Kun Yu", "Boris C. Shore"),
            "LampKit: Lamps of the coast",
        ),
    ],
)
def test_two_names_labelled_as_one_are_apart_and_a_title_has_its_first_word(
    entry: str, authors: tuple[str, ...], title: str
) -> None:
    work = parse_entry(entry)
    assert (work.authors, work.title) == (authors, title)


def test_a_work_without_authors_has_none_where_the_labels_are_certain() -> None:
    work = parse_entry(
        "The lamp package. In: Proceedings of the tides. Leipzig: American Physical Society; 2007. p. 261–92."
    )
    assert (work.authors, work.title) == ((), "The lamp package")
