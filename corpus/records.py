"""The types of what ships: the manifest and its parts; and how the paper's references are read and written."""

from dataclasses import dataclass, fields
from typing import Any, Literal, Self

from ingest.document import Reference


@dataclass(frozen=True, slots=True)
class PaperAuthor:
    """An author of the paper, in the paper's script and in Latin letters."""

    name: str
    name_latin: str
    affiliation: str


@dataclass(frozen=True, slots=True)
class Paper:
    """The paper that the corpus is about; its own text does not ship. `manuscript_date` is an ISO date."""

    title: str
    subtitle: str | None
    authors: tuple[PaperAuthor, ...]
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
class ExampleQuestion:
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
    examples: tuple[ExampleQuestion, ...]

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Self:
        """The manifest as `manifest.json` holds it; an unknown or missing key is a TypeError."""
        paper = data["paper"]
        return cls(
            **{
                **data,
                "paper": Paper(**{**paper, "authors": tuple(PaperAuthor(**one) for one in paper["authors"])}),
                "documents": tuple(BundledDocument(**one) for one in data["documents"]),
                "examples": tuple(ExampleQuestion(**one) for one in data["examples"]),
            }
        )


def reference_from_json(data: dict[str, Any]) -> Reference:
    """A reference from a line of `references.jsonl`; an unknown or missing key is a TypeError."""
    known = {field.name for field in fields(Reference)} - {"raw", "by_hand"}
    if data.keys() != known:
        raise TypeError(f"reference {data.get('key')!r}: unknown or missing keys {sorted(data.keys() ^ known)}")
    given: dict[str, Any] = {name: "" if value is None else value for name, value in data.items()}
    return Reference(**{**given, "authors": tuple(data["authors"])}, by_hand=True)


def citation(entry: Reference) -> str:
    """An entry in one line, in the style of the work's language: 著者「題」… or Author, “Title,” …."""
    # An author that is also the publisher (a ministry, a newspaper) is said once, as in the bibliography.
    places = [place for place in (entry.container, entry.publisher) if place and place not in entry.authors]
    details = [part for part in (*dict.fromkeys(places), entry.identifier, entry.date_text) if part]
    if entry.language == "ja":
        return f"{'・'.join(entry.authors)}「{entry.title}」{'、'.join(details)}。{entry.url}"
    rest = f",” {', '.join(details)}." if details else ".”"
    return f"{', '.join(entry.authors)}, “{entry.title}{rest} {entry.url}".rstrip()
