"""The document model that all loaders produce: blocks of text in reading order, with bibliographic data."""

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal, Self

from retriever.types import Cites

BlockKind = Literal["heading", "paragraph", "list_item", "caption", "table_row", "entry", "footnote", "code", "formula"]
# The role of a document: a source of the user's, a digest in place of a paper, hand-made records of the works that a
# paper cites, or the text of a cited work.
DocumentKind = Literal["document", "digest", "references", "reference"]
PageStarts = tuple[tuple[int, int], ...]
SEPARATOR = "\n\n"
_EMPTY = ("", 0, (), None)  # field values omitted from the stored JSON of blocks and bibliographic data


@dataclass(frozen=True, slots=True)
class Block:
    """One heading, paragraph, list item, caption, table row, bibliography entry, footnote, or lines of code.

    A displayed formula is a block as well, but belongs to no passage: its symbols do not form a sentence.

    `text` is as the author wrote it; only extraction damage is repaired (line breaks inside sentences, radicals in
    place of ideographs, ligatures). `level` is 1–6 for headings, else 0.
    `page_starts` holds (offset in `text`, 1-based page), ascending, first offset 0; empty without pages.
    A table row carries its `cells` as (column name, value) and its table's `caption`; `row` is its number in the sheet
    of a spreadsheet (1-based, 0 elsewhere).
    `italics` holds the italic phrases of a bibliography entry, since italics mark titles; empty for other blocks and
    for formats that do not say.
    """

    kind: BlockKind
    text: str
    level: int = 0
    page_starts: PageStarts = ()
    cells: tuple[tuple[str, str], ...] = ()
    caption: str = ""
    url: str | None = None
    row: int = 0
    italics: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Author:
    """An author's name, its Latin spelling and its reading in kana; "" for forms that the paper does not give."""

    name: str
    roman: str = ""
    reading: str = ""


@dataclass(frozen=True, slots=True)
class FrontMatter:
    """A paper's bibliographic data about itself, found in the first `block_count` blocks of the document.

    `dates` holds (label, ISO 8601 date as precise as printed), in the order of the lines: ("脱稿日", "2025-02-10").
    `places` holds, for each of these blocks, its index in printed order: names and dates may be printed on the last
    page. In a document without front matter, `block_count` is 0 and all other fields are empty.
    """

    block_count: int = 0
    places: tuple[int, ...] = ()
    title: str = ""
    subtitle: str = ""
    authors: tuple[Author, ...] = ()
    affiliations: tuple[str, ...] = ()
    dates: tuple[tuple[str, str], ...] = ()
    abstract: str = ""


@dataclass(frozen=True, slots=True)
class Reference:
    """A cited work: a parsed bibliography entry, or a record made by hand.

    `number` is its 1-based position, `key` its citation key ("12", "Smith 2019"). `date` is ISO 8601, as precise as
    the entry ("2025-02-04", "2024-12", "1971"); `date_text` is its wording. `kind` is one of book, article, chapter,
    conference, thesis, report, news, web, other; records may also have government. `raw` is the entry as printed.
    Fields that the entry does not give are "".

    A record made by hand (`by_hand`) has no `raw`, but more fields: `identifier` (a report number), `listed` (whether
    the bibliography has an entry for the work), `cited_in_text` (whether the running text names it), `note` (anything
    unusual about the entry) and `description` (of the work).
    """

    number: int
    key: str
    authors: tuple[str, ...]
    title: str
    container: str = ""
    publisher: str = ""
    date: str = ""
    date_text: str = ""
    url: str = ""
    language: str = ""
    kind: str = ""
    raw: str = ""
    by_hand: bool = False
    identifier: str = ""
    cited_in_text: bool = False
    listed: bool = True
    note: str = ""
    description: str = ""

    def to_json(self) -> dict[str, Any]:
        """The reference as the index stores it."""
        return _fields_of(self)

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Self:
        """The reference from the output of `to_json`."""
        return cls(**{**data, "authors": tuple(data["authors"])})


@dataclass(frozen=True, slots=True)
class Publication:
    """Publication date (ISO 8601), authors and site of a cited work, as its page or file states them, or of a paper."""

    date: str = ""
    authors: tuple[str, ...] = ()
    site: str = ""


@dataclass(frozen=True, slots=True)
class CitedIn:
    """The citing document, and the key of the cited work in its bibliography."""

    document_id: str
    key: str


@dataclass(frozen=True, slots=True)
class Document:
    """A document as loaded. `source` is the absolute path or URL that it was read from.

    `references` has one work for each block of the kind "entry", in the same order. They are parsed at ingest
    (`with_references`), unless the document brings hand-made records. For a digest, `digest_of` is the title of the
    paper that it replaces, `publication` that paper's, and `cites` its citations of that paper's bibliography (None:
    still to be found). The text of a cited work has its `publication` and the documents that it is `cited_in`.
    """

    id: str
    title: str
    source: str
    blocks: tuple[Block, ...]
    language: str = "ja"
    page_count: int | None = None
    url: str | None = None
    references: tuple[Reference, ...] = ()
    kind: DocumentKind = "document"
    digest_of: str = ""
    cites: tuple[Cites, ...] | None = None
    front_matter: FrontMatter = FrontMatter()
    publication: Publication = Publication()
    cited_in: tuple[CitedIn, ...] = ()

    @property
    def text(self) -> str:
        """The full text: all blocks joined by `SEPARATOR`. Passages are spans of it."""
        return SEPARATOR.join(block.text for block in self.blocks)

    def spans(self) -> Iterator[tuple[Block, int, int]]:
        """Each block with its start and end in `text`."""
        start = 0
        for block in self.blocks:
            yield block, start, start + len(block.text)
            start += len(block.text) + len(SEPARATOR)

    def printed_order(self) -> list[int]:
        """Block indices in printed order."""
        places = dict(zip(self.front_matter.places, range(self.front_matter.block_count), strict=False))
        others = iter(range(len(places), len(self.blocks)))
        return [places[place] if place in places else next(others) for place in range(len(self.blocks))]

    def to_json(self) -> dict[str, Any]:
        """The document as JSON for the index, so that its page can be shown without the source file."""
        front_matter = _fields_of(self.front_matter) | {"authors": tuple(map(_fields_of, self.front_matter.authors))}
        return _fields_of(self) | {
            "blocks": [_without_empty(_fields_of(block)) for block in self.blocks],
            "references": tuple(map(_fields_of, self.references)),
            "cites": None if self.cites is None else tuple(map(_fields_of, self.cites)),
            "front_matter": _without_empty(front_matter),
            "publication": _without_empty(_fields_of(self.publication)),
            "cited_in": tuple(map(_fields_of, self.cited_in)),
        }

    @classmethod
    def from_json(cls, body: Mapping[str, Any]) -> Self:
        """The document from the output of `to_json`, read back from JSON."""
        read = {
            **body,
            "blocks": tuple(map(_block, body["blocks"])),
            "references": tuple(map(Reference.from_json, body["references"])),
        }
        if body.get("cites") is not None:
            read["cites"] = tuple(Cites(**{**place, "numbers": tuple(place["numbers"])}) for place in body["cites"])
        read["front_matter"] = _front_matter(body.get("front_matter", {}))
        publication = body.get("publication", {})
        read["publication"] = Publication(**{**publication, "authors": tuple(publication.get("authors", ()))})
        read["cited_in"] = tuple(CitedIn(**place) for place in body.get("cited_in", ()))
        return cls(**read)


def hash_bytes(content: bytes) -> str:
    """Content hash in hexadecimal (BLAKE2b, 16 bytes)."""
    return hashlib.blake2b(content, digest_size=16).hexdigest()


def hash_with_ocr(content_hash: str) -> str:
    """Content hash of a PDF read with text recognition, derived from the hash of its bytes."""
    return hash_bytes(f"{content_hash} ocr".encode())


def hash_document(document: Document) -> str:
    """Hash of all fields of a document except its source and its parsed references."""
    body = {name: value for name, value in document.to_json().items() if name not in {"source", "references"}}
    return hash_bytes(json.dumps(body, ensure_ascii=False, sort_keys=True).encode("utf-8", "replace"))


def _fields_of(value: Any) -> dict[str, Any]:
    """The fields of a dataclass by name; quicker than `asdict`, which copies their values."""
    return {name: getattr(value, name) for name in value.__slots__}


def _without_empty(fields: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value not in _EMPTY}


def _block(fields: Mapping[str, Any]) -> Block:
    pairs = {name: tuple(map(tuple, fields.get(name, ()))) for name in ("page_starts", "cells")}
    return Block(**{"text": "", **fields, **pairs, "italics": tuple(fields.get("italics", ()))})


def _front_matter(fields: Mapping[str, Any]) -> FrontMatter:
    return FrontMatter(
        **{
            **fields,
            "authors": tuple(Author(**author) for author in fields.get("authors", ())),
            "affiliations": tuple(fields.get("affiliations", ())),
            "places": tuple(fields.get("places", ())),
            "dates": tuple((label, date) for label, date in fields.get("dates", ())),
        }
    )
