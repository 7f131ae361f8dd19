"""The text of a page as blocks: from trafilatura or, if that loses text, from the HTML loader."""

import logging
import re
from collections.abc import Sequence
from copy import deepcopy
from typing import Any

from ingest.document import Block
from ingest.loaders.html import collapsed, main_element, read_blocks
from ingest.references.pages.page import WebPage, weight
from ingest.structure.tables import table_blocks
from retriever.text import language_of, without_space

_MOST_ELEMENTS = 15_000  # larger pages go to the HTML loader, as trafilatura would take minutes
_LOST = 1.4  # ratio above which the HTML loader's text in the same range shows that trafilatura lost text
_LITTLE = 600  # text weight below which the HTML loader is tried, too
_LINKED = 0.6  # share of text in links above which an element is navigation
_BLOCKS = {"p", "head", "item", "list", "quote", "table", "code", "div", "main", "body", "ab", "fw"}
# Removed: line breaks between wide characters, which are not spaces, and control characters, which lxml rejects.
_CLEANED = re.compile(
    "(?<=[\u3000-\u9fff\uff00-\uffef])[ \t\r]*\n\\s*(?=[\u3000-\u9fff\uff00-\uffef])|[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]"
)


def page_blocks(page: WebPage) -> tuple[list[Block], Any]:
    """The blocks of a page's own text, and trafilatura's metadata (None if it finds none)."""
    own = read_blocks(_without_link_lists(main_element(deepcopy(page.root))))
    extracted, metadata = _by_trafilatura(page)
    if _weight(extracted) < _LITTLE:
        return (own if _weight(own) > _weight(extracted) else extracted), metadata
    middle = _between(own, extracted)
    return (middle if _weight(middle) > _LOST * _weight(extracted) else extracted), metadata


def link_share(element: Any) -> float:
    """The share of an element's text that is in links (0–1)."""
    whole = weight(element.text_content())
    return sum(weight(link.text_content()) for link in element.iter("a")) / whole if whole else 0.0


def _by_trafilatura(page: WebPage) -> tuple[list[Block], Any]:
    from trafilatura import bare_extraction

    logging.getLogger("trafilatura").setLevel(logging.CRITICAL)  # trafilatura logs an error for each page without text
    logging.getLogger("htmldate").setLevel(logging.CRITICAL)
    if _is_huge(page.root):
        return [], None
    tree = deepcopy(page.root)
    for element in tree.iter():
        element.text = _CLEANED.sub("", element.text) if element.text else element.text
        element.tail = _CLEANED.sub("", element.tail) if element.tail else element.tail
    result = bare_extraction(
        tree,
        url=page.url,
        include_comments=False,
        include_tables=True,
        include_formatting=True,
        with_metadata=True,
        fast=True,
        date_extraction_params={"extensive_search": False, "original_date": True},
    )
    if result is None or isinstance(result, dict):  # a dict is returned only with an option that is not used here
        return [], None
    walk = _Walk(language_of(result.text or "", "ja"))
    walk.children(result.body, "paragraph", 0)
    walk.flush("paragraph", 0)
    return walk.blocks, result


class _Walk:
    """Converts trafilatura's tree to blocks; collects inline text until the next block begins."""

    def __init__(self, language: str) -> None:
        self.language = language
        self.blocks: list[Block] = []
        self.inline: list[str] = []

    def children(self, element: Any, kind: str, level: int) -> None:
        """Process the contents of an element."""
        self.inline.append(element.text or "")
        for child in element:
            self._child(child, kind, level)
            self.inline.append(child.tail or "")

    def flush(self, kind: Any, level: int) -> None:
        """End the current block."""
        text = collapsed("".join(self.inline))
        self.inline = []
        if text:
            self.blocks.append(Block(kind, text.replace("\n", " ") if kind == "heading" else text, level=level))

    def _child(self, child: Any, kind: str, level: int) -> None:
        if child.tag == "lb":
            self.inline.append("\r")
        elif child.tag == "table":
            self.flush(kind, level)
            self.blocks.extend(_table(child, self.language))
        elif child.tag in _BLOCKS:
            self.flush(kind, level)
            inner, inner_level = _kind(child, kind, level)
            self.children(child, inner, inner_level)
            self.flush(inner, inner_level)
        elif child.tag != "graphic":
            self.children(child, kind, level)


def _table(element: Any, language: str) -> list[Block]:
    lines = [list(row.iter("cell")) for row in element.iter("row")]
    rows = [[" ".join("".join(cell.itertext()).split()) for cell in line] for line in lines]
    header = bool(lines and lines[0]) and all(cell.get("role") == "head" for cell in lines[0])
    return table_blocks(rows, header=header or None, language=language)


def _kind(element: Any, kind: str, level: int) -> tuple[str, int]:
    if element.tag == "head":
        rend = re.fullmatch(r"h([1-6])", element.get("rend") or "")
        return "heading", int(rend.group(1)) if rend else 2
    if element.tag == "item":
        return "list_item", 0
    return (kind, level) if kind in ("list_item", "heading") else ("paragraph", 0)


def _between(own: Sequence[Block], extracted: Sequence[Block]) -> list[Block]:
    """The blocks of `own` from the first to the last one whose text is in `extracted`."""
    text = "".join(without_space(block.text) for block in extracted)
    places = [
        place for place, block in enumerate(own) if weight(block.text) >= 20 and without_space(block.text) in text
    ]
    return list(own[places[0] : places[-1] + 1]) if places else []


def _without_link_lists(root: Any) -> Any:
    """The tree without navigation: lists, boxes and tables with at least three links and little other text."""
    if _is_huge(root):
        return root
    for element in list(root.iter("ul", "ol", "div", "section", "table", "dl", "p")):
        inside = element is not root and element.getparent() is not None
        if inside and sum(1 for _ in element.iter("a")) >= 3 and link_share(element) > _LINKED:
            element.drop_tree()
    return root


def _is_huge(root: Any) -> bool:
    return sum(1 for _ in root.iter()) > _MOST_ELEMENTS


def _weight(blocks: Sequence[Block]) -> int:
    return sum(weight(block.text) for block in blocks)
