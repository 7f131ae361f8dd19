"""A document as read: blocks of text in reading order, whatever the format it came in."""

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal, Self

from retriever.types import Cites

BlockKind = Literal["heading", "paragraph", "list_item", "caption", "table_row", "entry", "footnote", "code", "formula"]
# What a document is: a source of its own, the digest that stands in for a paper, the records of works that a paper
# cites, or the text of a cited work.
DocumentKind = Literal["document", "digest", "references", "reference"]
PageStarts = tuple[tuple[int, int], ...]
SEPARATOR = "\n\n"
_EMPTY = ("", 0, (), None)  # values that the stored JSON leaves out of blocks and bibliographic data


@dataclass(frozen=True, slots=True)
class Block:
    """One heading, paragraph, list item, caption, table row, bibliography entry, footnote, or lines of code.

    A formula that is set apart from the text is a block too, but not in any passage: its signs make no sentence.

    `text` is as the author wrote it; only damage by extraction is repaired (line breaks inside sentences, radicals in
    place of ideographs, ligatures). `level` is 1–6 for headings, else 0.
    `page_starts` holds (offset in `text`, 1-based page), ascending, first offset 0; empty without pages.
    A table row carries its `cells` as (column name, value) and its table's `caption`; `row` is its number in the sheet
    of a spreadsheet (1-based, 0 elsewhere).
    A bibliography entry keeps in `italics` its words in italics, as they set titles apart; empty where the format or
    the file does not tell.
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
    """An author's name, the same name in Latin letters, and its reading in kana, as far as a paper gives them."""

    name: str
    roman: str = ""
    reading: str = ""


@dataclass(frozen=True, slots=True)
class FrontMatter:
    """Bibliographic data that a paper gives of itself, in the first `block_count` blocks of the document.

    `dates` holds (label, ISO 8601 date as precise as printed), in the order of the lines: ("脱稿日", "2025-02-10").
    `places` has the index that each of these blocks has among all blocks where the document prints it: names and dates
    may stand on its last page. `block_count` is 0, and all else empty, where a document has no front matter.
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
    """An entry of a bibliography as parsed, or a record of a work that was made by hand.

    `number` is its 1-based place, `key` the label it is cited by ("12", "Smith 2019"). `date` is ISO 8601 as precise as
    the entry ("2025-02-04", "2024-12", "1971"), `date_text` its wording. `kind` is one of book, article, chapter,
    conference, thesis, report, news, web, other, and of records government besides. `raw` is the entry as printed. What
    the entry does not give is "".

    A record made by hand (`by_hand`) has no `raw`, and says more: an `identifier` (a report's number), whether the
    bibliography has an entry for the work (`listed`) and the running text names it (`cited_in_text`), a `note` on what
    is odd about the entry, and a `description` of the work.
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
        return asdict(self)

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Self:
        """The reference from what `to_json` made."""
        return cls(**{**data, "authors": tuple(data["authors"])})


@dataclass(frozen=True, slots=True)
class Publication:
    """When (ISO 8601), by whom and on which site a cited work was published, as its page or file says."""

    date: str = ""
    authors: tuple[str, ...] = ()
    site: str = ""


@dataclass(frozen=True, slots=True)
class CitedIn:
    """A document that cites a work, and the work's key in that document's bibliography."""

    document_id: str
    key: str


@dataclass(frozen=True, slots=True)
class Document:
    """What a loader returns. `source` is the absolute path or address that it was read from.

    `references` are the works of its bibliography, one for each block of the kind "entry", in their order: parsed when
    the document is ingested (`with_references`), unless they come with it as records made by hand. A digest names in
    `digest_of` the title of the paper that it stands in for, and `cites` are the places in its text that cite works of
    that paper's bibliography (None: they are still to be found in the text). The text of a cited work has its
    `publication` and the documents that it is `cited_in`.
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
        """The whole text: the blocks joined by `SEPARATOR`. Passages are spans of it."""
        return SEPARATOR.join(block.text for block in self.blocks)

    def spans(self) -> Iterator[tuple[Block, int, int]]:
        """Each block with its start and end in `text`."""
        start = 0
        for block in self.blocks:
            yield block, start, start + len(block.text)
            start += len(block.text) + len(SEPARATOR)

    def printed_order(self) -> list[int]:
        """The indices of the blocks in the order in which the document prints them."""
        places = dict(zip(self.front_matter.places, range(self.front_matter.block_count), strict=False))
        others = iter(range(len(places), len(self.blocks)))
        return [places[place] if place in places else next(others) for place in range(len(self.blocks))]

    def to_json(self) -> dict[str, Any]:
        """The document as a JSON object that the index stores, so that its page can be shown without the source."""
        body = asdict(self)
        for name in ("front_matter", "publication"):
            body[name] = _without_empty(body[name])
        body["blocks"] = [_without_empty(block) for block in body["blocks"]]
        return body

    @classmethod
    def from_json(cls, body: Mapping[str, Any]) -> Self:
        """The document from what `to_json` made, read back from JSON."""
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
    """The hash of content, in hexadecimal (BLAKE2b, 16 bytes)."""
    return hashlib.blake2b(content, digest_size=16).hexdigest()


def hash_with_ocr(content_hash: str) -> str:
    """The hash of a PDF that is read with text recognition, made of the hash of its bytes."""
    return hash_bytes(f"{content_hash} ocr".encode())


def hash_document(document: Document) -> str:
    """The hash of everything about a document but its source and the references parsed from its entries."""
    body = {name: value for name, value in document.to_json().items() if name not in {"source", "references"}}
    return hash_bytes(json.dumps(body, ensure_ascii=False, sort_keys=True).encode("utf-8", "replace"))


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
