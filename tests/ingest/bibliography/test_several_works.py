"""Several works in one entry: parts of a number, works after a semicolon, two entries that became one."""

import pytest

from ingest.bibliography.mentions import find_mentions
from ingest.bibliography.parser import with_references
from ingest.document import Block, Document, Reference
from ingest.structure.compose import with_works_apart

_PARTS = (
    "[1] Ada Reed. Lamps of the coast. Tern Press, 1990.\n"
    "[2] (a) Bea Moor. “A ledger of lamps.” In: Tide Lett. 22 (1961), pp. 579–588; (b) Cora Light. “A model of lamps.” "
    "In: Tide Rev. 19 (1967), pp. 1264–1266; (c) Dan Shore. “Weak lamps.” In: Lamps. Tern, 1968, pp. 367–377."
)
_SEMICOLON = (
    "[Her+06] Wolf A. Herman et al. “A catalyst of lamps.” In: Tide Chem. 45.23 (2006), pp. 3859–3862; Oz Aksin et al. "
    "“Effects on lamps.” In: Organ. Tides 691.13 (2006), pp. 3027–3036."
)


def works_of(*entries: str) -> tuple[Document, tuple[Reference, ...]]:
    text = "The lamps were lit [2], or not [2b]."
    blocks = (Block("paragraph", text), *with_works_apart([Block("entry", entry) for entry in entries]))
    document = with_references(Document("a", "A", "a", blocks, "en"))
    return document, document.references


def test_parts_of_a_number_are_works_of_their_own() -> None:
    _, works = works_of(*_PARTS.splitlines())
    assert [(work.key, work.authors, work.title, work.date) for work in works[1:]] == [
        ("2", ("Bea Moor",), "A ledger of lamps", "1961"),
        ("2b", ("Cora Light",), "A model of lamps", "1967"),
        ("2c", ("Dan Shore",), "Weak lamps", "1968"),
    ]


def test_a_number_cites_all_of_its_parts_and_a_letter_one() -> None:
    document, works = works_of(*_PARTS.splitlines())
    assert [cite.numbers for cite in find_mentions(document, works)] == [(2, 3, 4), (3,)]


def test_a_work_after_a_semicolon_is_an_entry_of_its_own() -> None:
    _, works = works_of(_SEMICOLON)
    assert [work.authors[0] for work in works] == ["Wolf A. Herman", "Oz Aksin"]


def test_two_numbered_entries_in_one_block_are_divided() -> None:
    _, works = works_of(
        "4. Reed, A. L. F. Purity of lamps 5th ed. (Tern, London, 2003). 5. Moor, R. L. Lamps (Tern, Paris, 1995).",
        "6. Light, C. Tides of lamps (Tern, Berlin, 2001).",
    )
    assert [work.key for work in works] == ["4", "5", "6"]


@pytest.mark.parametrize(
    "entry",
    [
        "[1] Reed, A.; Moor, B.; Light, C. Lamps of the coast. Tide Lett. 1990, 12, 34–56.",
        "[1] Reed, A., Lamps of the coast (London, 1949; Paris, 1950); repr. as Lamps (London, 1987).",
        "1. Reed, A. Version 2. 5. Lamps of the coast (Tern, Paris, 1995).",
    ],
)
def test_an_entry_of_one_work_stays_whole(entry: str) -> None:
    assert len(with_works_apart([Block("entry", entry), Block("entry", "2. Moor, B. Tides. Tern, 1990.")])) == 2
