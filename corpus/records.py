"""Types of the bundled corpus: the manifest and its parts; reading and citing the paper's references."""

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
    """The paper that the corpus is about; its full text is not bundled. `manuscript_date` is an ISO 8601 date."""

    title: str
    subtitle: str | None
    authors: tuple[PaperAuthor, ...]
    year: int
    manuscript_date: str
    language: str


@dataclass(frozen=True, slots=True)
class BundledDocument:
    """A bundled document. `digest_of` is the title of the paper that a digest summarises; None for other documents."""

    id: str
    file: str
    kind: Literal["digest", "references"]
    title: str
    language: str
    digest_of: str | None


@dataclass(frozen=True, slots=True)
class ExampleQuestion:
    """An example question for the chat page; the digest answers it."""

    lang: str
    question: str


@dataclass(frozen=True, slots=True)
class CorpusManifest:
    """The bundled documents and the paper they are about. `licence` is the SPDX identifier of the bundled text."""

    format: int
    licence: str
    paper: Paper
    documents: tuple[BundledDocument, ...]
    examples: tuple[ExampleQuestion, ...]

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Self:
        """The manifest from the contents of `manifest.json`. Raises TypeError for an unknown or missing key."""
        paper = data["paper"]
        return cls(
            **{
                **data,
                "paper": Paper(**{**paper, "authors": tuple(PaperAuthor(**author) for author in paper["authors"])}),
                "documents": tuple(BundledDocument(**document) for document in data["documents"]),
                "examples": tuple(ExampleQuestion(**example) for example in data["examples"]),
            }
        )


def reference_from_json(data: dict[str, Any]) -> Reference:
    """A reference from a line of `references.jsonl`. Raises TypeError for an unknown or missing key."""
    known = {field.name for field in fields(Reference)} - {"raw", "by_hand"}
    if data.keys() != known:
        raise TypeError(f"reference {data.get('key')!r}: unknown or missing keys {sorted(data.keys() ^ known)}")
    values: dict[str, Any] = {name: "" if value is None else value for name, value in data.items()}
    return Reference(**{**values, "authors": tuple(data["authors"])}, by_hand=True)


def citation(entry: Reference) -> str:
    """An entry in one line, in the style of the work's language: 著者「題」… or Author, “Title,” …."""
    # A publisher that is also the author (a ministry, a newspaper) is printed once, as in the bibliography.
    places = [place for place in (entry.container, entry.publisher) if place and place not in entry.authors]
    details = [part for part in (*dict.fromkeys(places), entry.identifier, entry.date_text) if part]
    if entry.language == "ja":
        return f"{'・'.join(entry.authors)}「{entry.title}」{'、'.join(details)}。{entry.url}"
    rest = f",” {', '.join(details)}." if details else ".”"
    return f"{', '.join(entry.authors)}, “{entry.title}{rest} {entry.url}".rstrip()
