"""Italics tell a book's or a journal's title: in every format that has them, and as marks in plain text."""

import re
from pathlib import Path

import pytest

from ingest.bibliography.parser import parse_bibliography, parse_entry
from ingest.document import Document
from ingest.loaders import Limits, load

# Each entry with its authors, title and container; all are made up.
ENTRIES = {
    "Moss, R., & Vale, T. (2014). Lamps of the north. *Journal of Harbours, 12*(3), 4–19. <https://example.org/12/3>": (
        ("Moss, R.", "Vale, T."),
        "Lamps of the north",
        "Journal of Harbours",
    ),
    "Quill, A. (2011). The keeper at home. In B. Hart & C. Lowe (Eds.), *Lives on the rock* (pp. 3–20). Tern Press.": (
        ("Quill, A.",),
        "The keeper at home",
        "Lives on the rock",
    ),
    "Fenn, Ida. *The Lens: A History*. London: Tern Press, 2003.": (("Fenn, Ida",), "The Lens: A History", ""),
    "Arden K, Bell SM. Sight at sea in old age. *Acta Nautica*. 2018;7(2):90–8.": (
        ("Arden K", "Bell SM"),
        "Sight at sea in old age",
        "Acta Nautica",
    ),
}
LEAD = "A paper on lamps", "The lamps of the coast have burnt *for a long time*, as this paragraph says at some length."


def _markdown(path: Path) -> None:
    path.write_text("\n\n".join((f"# {LEAD[0]}", LEAD[1], "## References", *ENTRIES)), encoding="utf-8")


def _text(path: Path) -> None:
    path.write_text("\n\n".join((*LEAD, "References", *ENTRIES)), encoding="utf-8")


def _html(path: Path) -> None:
    marked = [
        re.sub(r"\*([^*]+)\*", r"<em>\1</em>", re.sub("<(http[^>]+)>", r"\1", entry)) for entry in (LEAD[1], *ENTRIES)
    ]
    body = "".join(f"<p>{entry}</p>" for entry in marked[1:])
    path.write_text(f"<h1>{LEAD[0]}</h1><p>{marked[0]}</p><h2>References</h2>{body}", encoding="utf-8")


def _word(path: Path) -> None:
    import docx

    document = docx.Document()
    document.add_heading(LEAD[0], 1)
    for text in (LEAD[1], "", *ENTRIES):
        paragraph = document.add_paragraph() if text else document.add_heading("References", 2)
        for number, part in enumerate(text.replace("<", "").replace(">", "").split("*")):
            paragraph.add_run(part).italic = bool(number % 2) or None
    document.save(str(path))


@pytest.mark.parametrize(
    ("name", "make"), [("a.md", _markdown), ("a.txt", _text), ("a.html", _html), ("a.docx", _word)]
)
def test_fields_are_the_same_in_every_format(name: str, make: object, tmp_path: Path) -> None:
    assert callable(make)
    make(tmp_path / name)
    document = load(tmp_path / name, limits=Limits()).documents[0]
    read = parse_bibliography(Document.from_json(document.to_json()))
    assert [(entry.authors, entry.title, entry.container) for entry in read] == list(ENTRIES.values())
    assert read[0].url == "https://example.org/12/3"
    assert all(not block.italics for block in document.blocks if block.kind != "entry")


def test_marks_of_markdown_stay_out_of_every_field() -> None:
    entry = parse_entry("Moss, Ruth. **1999**. _Lights and **Laws**_. Tern Press. <URL: https://example.org/laws >")
    assert (entry.authors, entry.title, entry.date) == (("Moss, Ruth",), "Lights and Laws", "1999")
    assert entry.url == "https://example.org/laws"


def test_a_star_or_underscore_within_words_is_not_a_mark() -> None:
    assert parse_entry("Moss, R. (2001). A* search and snake_case_names. Harbour Notes, 3, 1–9.").title == (
        "A* search and snake_case_names"
    )


TEXT = "Moss, R., et al. (2001). Lamps and laws. Harbour Notes, 12, 1–9."


@pytest.mark.parametrize("words", ["et al.", "12", TEXT[:-1]])
def test_italics_that_set_no_title_apart_change_nothing(words: str) -> None:
    assert parse_entry(TEXT, [words]) == parse_entry(TEXT)


def test_a_title_whose_first_word_is_set_in_another_font_is_whole() -> None:
    text = "Lamp Team (2005). L: A Language for Lamp Keepers. Harbor Foundation, Leeds."
    assert parse_entry(text, (": A Language for Lamp Keepers",)).title == "L: A Language for Lamp Keepers"
