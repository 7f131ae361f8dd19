"""The outline of a document: its sections, the role of each (introduction, conclusion …), and their sentences."""

import operator
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby
from pathlib import Path

import numpy as np

from app.answering.types import LAST_SECTION
from app.answering.understand.words import read_words, section_name, section_number
from ingest.structure.headings import normalised_heading, numbering
from retriever.index.search import Index
from retriever.text import fold, letters
from retriever.types import DocumentRecord, Passage, Vectors

_WORDS = Path(__file__).with_name("words.toml")
_READ = frozenset({"paragraph", "list_item", "quote"})
# Least characters of a sentence, in ASCII and otherwise: a shorter text is a label or a stray line.
_SHORTEST_LATIN, _SHORTEST = 24, 8
_LONGEST_ABSTRACT = 40  # sentences
_FRAME = frozenset({"abstract", "introduction", "conclusion"})  # roles whose names can only mean a part of a paper


@dataclass(frozen=True, slots=True)
class Unit:
    """A sentence, `passage.text[start:end]`: its row, the place of its section, whether it opens its passage."""

    passage: Passage
    row: int
    start: int
    end: int
    section: int
    opens: bool

    @property
    def text(self) -> str:
        """The sentence, verbatim."""
        return self.passage.text[self.start : self.end]


@dataclass(frozen=True, slots=True)
class Section:
    """A section without its subsections: `path` of headings, `number` (1.2 → (1, 2)), its part in the paper (`role`).

    Its sentences are `units[first:end]` of the outline.
    """

    path: tuple[str, ...]
    number: tuple[int, ...]
    role: str
    first: int
    end: int

    @property
    def heading(self) -> str:
        """Its own heading, as it stands in the document; empty for text before the first heading."""
        return self.path[-1] if self.path else ""


@dataclass(frozen=True, slots=True)
class Outline:
    """A document's sections in order, its sentences with their vectors (one row each), its tables' (row, passage).

    `brief`: an overview should have half the usual length.
    """

    record: DocumentRecord
    sections: tuple[Section, ...]
    units: tuple[Unit, ...]
    vectors: Vectors
    tables: tuple[tuple[int, Passage], ...]
    brief: bool = False

    @property
    def body(self) -> list[Section]:
        """The sections that hold text of the paper itself: neither abstract nor references."""
        named = [section for section in self.sections if section.role not in {"abstract", "skipped"}]
        return [section for section in named if section.path] or named

    def of_roles(self, *roles: str) -> list[Section]:
        """The sections with one of these roles, in order."""
        return [section for section in self.sections if section.role in roles]


def outline_of(index: Index, document_id: str) -> Outline:
    """The outline of a document of the index."""
    record = index.documents[document_id]
    rows = list(enumerate(index.passages_of(document_id), record.first))
    units: list[Unit] = []
    vectors: list[Vectors] = []
    sections: list[Section] = []
    for path, group in _by_section(rows):
        first = len(units)
        for row, passage in group:
            if passage.kind in _READ:
                spans = list(enumerate(passage.quotable))
                kept = [(place, span) for place, span in spans if _says_something(passage.text[slice(*span)])]
                units += [Unit(passage, row, *span, len(sections), place == 0) for place, span in kept]
                vectors.append(index.sentences_of(row)[[place for place, _ in kept]])
        heading = path[-1] if path else ""
        number = numbering(heading)
        role = role_of(path)
        if role == "abstract" and len(units) - first > _LONGEST_ABSTRACT:
            role = "body"  # the headings after the abstract were not recognised
        sections.append(Section(path, number.numbers if number else (), role, first, len(units)))
    tables = tuple((row, passage) for row, passage in rows if passage.kind in {"caption", "table_row"})
    dimension = index.manifest["dimension"]
    stacked = np.concatenate(vectors) if vectors else np.zeros((0, dimension), np.float32)
    return Outline(record, tuple(sections), tuple(units), stacked, tables)


def _says_something(sentence: str) -> bool:
    """Whether a sentence can be quoted alone: it is no label, and no introduction to a list."""
    shortest = _SHORTEST_LATIN if sentence.isascii() else _SHORTEST
    return len(sentence) >= shortest and not sentence.endswith((":", "："))


def _by_section(rows: Sequence[tuple[int, Passage]]) -> Iterator[tuple[tuple[str, ...], list[tuple[int, Passage]]]]:
    """The (row, passage) pairs of each section in order, with the section's path."""
    for _, group in groupby(rows, key=lambda row: row[1].section):
        of_section = list(group)
        yield of_section[0][1].section_path, of_section


def role_of(path: Sequence[str]) -> str:
    """Role of a section by its own heading, else by its parents'; else "body", or "front" without any heading."""
    for heading in reversed(path):
        name = normalised_heading(heading)
        role = next((role for role, pattern in patterns_of("role").items() if pattern.search(name)), "")
        if role:
            return role
    return "body" if path else "front"


def sections_numbered(outline: Outline, wanted: tuple[int, ...]) -> list[Section]:
    """The section with this number, or the last one, with its subsections.

    If no heading has a number, the top sections of the body are counted from 1.
    """
    if wanted == LAST_SECTION:
        return last_section(outline)
    sections = [section for section in outline.sections if section.number[: len(wanted)] == wanted]
    if sections:
        paths = [section.path for section in sections]
        below = [section for section in outline.sections if any(section.path[: len(path)] == path for path in paths)]
        return [section for section in outline.sections if section in sections or section in below]
    if any(section.number for section in outline.body) or len(wanted) > 1:
        return []
    tops = list(dict.fromkeys(section.path[:1] for section in outline.body if section.path))
    if not 1 <= wanted[0] <= len(tops):
        return []
    return [section for section in outline.body if section.path[:1] == tops[wanted[0] - 1]]


def last_section(outline: Outline) -> list[Section]:
    """The last section of the body with its subsections."""
    return [section for section in outline.body if section.path[:1] == outline.body[-1].path[:1]]


def named(outline: Outline, question: str) -> list[Section]:
    """The section with the longest heading that the question contains, with its subsections.

    For a Latin heading, half of its words of over three letters suffice, if these are at least two.
    """
    question_letters = letters(question)
    question_words = set(_latin_words(question))
    best: tuple[str, ...] = ()
    length = 0.0
    for section in outline.sections:
        name = normalised_heading(section.heading)
        bare = letters(name)
        if not bare:
            continue
        heading_words = [word for word in _latin_words(name) if len(word) > 3]
        held = [word for word in heading_words if word in question_words]
        whole = bare in question_letters and (len(bare) > 1)
        partly = len(held) >= 2 and 2 * len(held) >= len(heading_words)
        weight = float(len(bare)) if whole else 0.9 * sum(map(len, held)) if partly else 0.0
        if weight > length:
            best, length = section.path, weight
    return _below(outline, best) if best else []


def _below(outline: Outline, path: tuple[str, ...]) -> list[Section]:
    """The section at a path, and its subsections."""
    return [section for section in outline.sections if section.path[: len(path)] == path]


def sections_of_name(outline: Outline, name: str) -> list[Section]:
    """The sections that the whole of a name means, with their subsections: by number, heading or role."""
    if number := section_number(name):
        return sections_numbered(outline, number)
    wanted = letters(section_name(name)[0])
    best = next(
        (section.path for section in outline.sections if wanted == letters(normalised_heading(section.heading))), ()
    )
    if wanted and best:
        return _below(outline, best)
    if not (role := role_of_name(name)):
        return []
    heads = patterns_of("role")[role]
    return outline.of_roles(role) or [
        section for section in outline.sections if any(heads.search(normalised_heading(part)) for part in section.path)
    ]


def role_of_name(name: str) -> str:
    """The role that the whole of a name means: "introduction" for はじめに; "" if it means none."""
    heading, _ = section_name(name)
    called = (role for role, names in role_names().items() if re.fullmatch(rf"(?:{names})[a-z]{{0,5}}", heading))
    return next(called, "")


@lru_cache(maxsize=1)
def role_names() -> dict[str, str]:
    """The heading patterns of each role without their anchors, to find a role's name inside a question."""
    return {role: heads.pattern.replace("^", "").replace("$", "") for role, heads in patterns_of("role").items()}


def are_sections(outline: Outline, things: Sequence[str]) -> bool:
    """Whether the things to compare are sections; the document may lack some of them.

    They are if each is named as a section or a role, and one of them beyond doubt (第2章, "conclusion"). They are, too,
    if at least one is named so and each means a section that the document has.
    """
    as_sections = [bool(section_number(thing)) or section_name(thing)[1] for thing in things]
    roles = [role_of_name(thing) for thing in things]
    if all(map(operator.or_, as_sections, map(bool, roles))) and (any(as_sections) or _FRAME & set(roles)):
        return True
    return (any(as_sections) or any(roles)) and all(sections_of_name(outline, thing) for thing in things)


def _latin_words(text: str) -> list[str]:
    return re.findall(r"[a-z]+", fold(text))


@lru_cache(maxsize=4)
def patterns_of(table: str) -> dict[str, re.Pattern[str]]:
    """The patterns of a table of words.toml by their names."""
    patterns: dict[str, str] = read_words(_WORDS)[table]
    return {name: re.compile(pattern.replace("\n", "")) for name, pattern in patterns.items()}
