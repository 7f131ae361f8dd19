"""The types of what ships: the manifest and its parts, and one record for each reference of the paper."""

from dataclasses import dataclass
from typing import Any, Literal, Self


@dataclass(frozen=True, slots=True)
class Author:
    """An author of the paper, in the paper's script and in Latin letters."""

    name: str
    name_latin: str
    affiliation: str


@dataclass(frozen=True, slots=True)
class Paper:
    """The paper that the corpus is about; its own text does not ship. `manuscript_date` is an ISO date."""

    title: str
    subtitle: str | None
    authors: tuple[Author, ...]
    year: int
    manuscript_date: str
    language: str


@dataclass(frozen=True, slots=True)
class BundledDocument:
    """A document that ships; a digest names in `digest_of` the title of the paper that it stands in for."""

    id: str
    file: str
    kind: Literal["digest", "references"]
    title: str
    language: str
    digest_of: str | None


@dataclass(frozen=True, slots=True)
class Example:
    """A question that the digest answers, for the chat page."""

    lang: str
    question: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """What ships, and what paper it is about. `licence` (an SPDX identifier) is that of the bundled text."""

    format: int
    licence: str
    paper: Paper
    documents: tuple[BundledDocument, ...]
    examples: tuple[Example, ...]

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Self:
        """The manifest as `manifest.json` holds it; an unknown or missing key is a TypeError."""
        paper = data["paper"]
        return cls(
            **{
                **data,
                "paper": Paper(**{**paper, "authors": tuple(Author(**one) for one in paper["authors"])}),
                "documents": tuple(BundledDocument(**one) for one in data["documents"]),
                "examples": tuple(Example(**one) for one in data["examples"]),
            }
        )


@dataclass(frozen=True, slots=True)
class ReferenceRecord:
    """A work that the paper cites, its data as printed.

    `date` is ISO 8601, as precise as the entry (a year, a month or a day); `date_text` is what is printed.
    `cited_in_text`: the running text names the work; `listed`: the bibliography has an entry for it.
    `note` says what is odd about the entry; `description` what the work is and which section it bears on.
    """

    key: str
    number: int
    authors: tuple[str, ...]
    title: str
    container: str | None
    publisher: str | None
    date: str | None
    date_text: str | None
    url: str | None
    language: str
    kind: str
    identifier: str | None
    cited_in_text: bool
    listed: bool
    note: str | None
    description: str

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Self:
        """The record as a line of `references.jsonl` holds it; an unknown or missing key is a TypeError."""
        return cls(**{**data, "authors": tuple(data["authors"])})

    def citation(self) -> str:
        """The entry in one line, in the style of the work's language: 著者「題」… or Author, “Title,” …."""
        # An author that is also the publisher (a ministry, a newspaper) is said once, as in the bibliography.
        places = [place for place in (self.container, self.publisher) if place and place not in self.authors]
        details = [part for part in (*dict.fromkeys(places), self.identifier, self.date_text) if part]
        if self.language == "ja":
            entry = f"{'・'.join(self.authors)}「{self.title}」{'、'.join(details)}。"
            return f"{entry}{self.url}" if self.url else entry
        rest = f",” {', '.join(details)}." if details else ".”"
        entry = f"{', '.join(self.authors)}, “{self.title}{rest}"
        return f"{entry} {self.url}" if self.url else entry
