"""Markdown (CommonMark with tables) → Document."""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ingest.document import Block, BlockKind
from ingest.loaders.source import Limits, Loaded, SourceError, read_bytes
from ingest.loaders.text import decode
from ingest.structure.compose import compose
from ingest.structure.tables import is_caption, table_blocks
from ingest.text import join_texts
from retriever.text import language_of

if TYPE_CHECKING:
    from markdown_it.token import Token

_FRONT_MATTER = re.compile(r"\A---\n(.*?)\n(?:---|\.\.\.)\n", re.DOTALL)
# Consecutive lines that begin with a number in brackets: bibliography entries, though CommonMark sees one paragraph.
_ENTRY_LINE = re.compile(r"^(?=\[\d{1,3}\]\s*\S)", re.MULTILINE)
_FOOTNOTE = re.compile(r"^\[\^[^\]]+\]:\s*")


def load(path: Path, _limits: Limits) -> Loaded:
    """Read a Markdown file. Raises SourceError if it is empty or not text."""
    text = decode(read_bytes(path), path.name)
    front = _FRONT_MATTER.match(text)
    language = language_of(text, "ja")
    blocks = markdown_blocks(text[front.end() :] if front else text, language)
    if not blocks:
        raise SourceError("empty", f"{path.name} has no text; there is nothing to ingest")
    named = re.search(r"^title:(.*)$", front.group(1), re.MULTILINE) if front else None
    title = named.group(1).strip().strip("\"'") if named else ""
    title = title or next((block.text for block in blocks if block.kind == "heading" and block.level == 1), "")
    document = compose(path, blocks, language, title, by_typography=True)
    return Loaded((document,))


def markdown_blocks(text: str, language: str) -> list[Block]:
    """The blocks of a Markdown text: headings, paragraphs, list items, table rows, and code with its line breaks."""
    from markdown_it import MarkdownIt

    tokens = MarkdownIt("commonmark", {"html": True}).enable("table").parse(text)
    blocks: list[Block] = []
    rows: list[list[str]] = []
    heading, lists = 0, 0
    for token in tokens:
        if token.type == "heading_open":
            heading = int(token.tag[1])
        elif token.type == "heading_close":
            heading = 0
        elif token.type in ("bullet_list_open", "ordered_list_open"):
            lists += 1
        elif token.type in ("bullet_list_close", "ordered_list_close"):
            lists -= 1
        elif token.type == "tr_open":
            rows.append([])
        elif token.type in ("th_close", "td_close") and len(rows[-1]) == 0:
            rows[-1].append("")
        elif token.type == "inline":
            written = _written(token.children or [])
            if rows:
                rows[-1].append(_unwrapped(written))
            else:
                blocks.extend(_inline(written, _italics(token.children or []), heading, lists))
        elif token.type == "table_close":
            caption = blocks.pop().text if blocks and is_caption(blocks[-1].text) else ""
            blocks.extend(table_blocks(rows, caption, header=True, language=language))
            rows = []
        elif token.type in ("fence", "code_block") and token.content.strip():
            blocks.append(Block("code", token.content.strip("\n")))
    return blocks


def _inline(written: str, italics: Sequence[str], heading: int, lists: int) -> list[Block]:
    """The block of a piece of inline Markdown, or several if it consists of bibliography entries."""
    text = _unwrapped(written)
    if not text:
        return []
    if heading:
        return [Block("heading", text, level=heading)]
    if match := _FOOTNOTE.match(text):
        return [Block("footnote", text[match.end() :])]
    kind: BlockKind = "list_item" if lists else "paragraph"
    entries = _ENTRY_LINE.split(written)
    texts = [text] if len(entries) <= 2 else [_unwrapped(entry) for entry in entries if entry.strip()]
    return [Block(kind, each, italics=tuple(phrase for phrase in italics if phrase in each)) for each in texts]


def _italics(children: "Sequence[Token]") -> list[str]:
    """The phrases in italics."""
    phrases: list[str] = []
    starts: list[int] = []
    for place, child in enumerate(children):
        if child.type == "em_open":
            starts.append(place)
        elif child.type == "em_close" and starts:
            phrases.append(_unwrapped(_written(children[starts.pop() : place])))
    return phrases


def _written(children: "Sequence[Token]") -> str:
    """The text of inline Markdown without markup, with its line breaks; for an image, its description."""
    pieces: list[str] = []
    for child in children:
        if child.type in ("text", "code_inline"):
            pieces.append(child.content)
        elif child.type == "softbreak":
            pieces.append("\n")
        elif child.type == "hardbreak":
            pieces.append("\n\n")
        elif child.type == "image":
            pieces.append(_unwrapped(_written(child.children or [])))
    return "".join(pieces)


def _unwrapped(text: str) -> str:
    parts = [part for part in text.split("\n\n") if part.strip()]
    joined = []
    for part in parts:
        whole = ""
        for line in part.split("\n"):
            whole = join_texts(whole, line)
        joined.append(whole)
    return "\n".join(joined).strip()
