"""PPTX → Document: each slide becomes a section under its title; the slide number is its page."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from ingest.document import Block
from ingest.loaders.contained import check_archive
from ingest.loaders.source import Limits, Loaded, Skipped, SourceError
from ingest.structure.compose import compose
from ingest.structure.tables import table_blocks
from retriever.text import language_of

_DEEPEST = 20  # nesting levels of grouped shapes


def load(path: Path, limits: Limits) -> Loaded:
    """Read the visible slides of a PPTX file, without speaker notes. Raises SourceError if they have no text."""
    from pptx import Presentation

    check_archive(path, limits, "ppt/presentation.xml", "PPTX")
    presentation = Presentation(str(path))
    blocks: list[Block] = []
    skipped: list[Skipped] = []
    titles: list[str] = []
    for number, slide in enumerate(presentation.slides, 1):
        if slide.element.get("show") == "0":
            said = "the slide is hidden and was not read; unhide it in your presentation program to include it"
            skipped.append(Skipped(f"{path.name} slide {number}", "hidden", said))
            continue
        title = slide.shapes.title
        words = " ".join(title.text_frame.text.split()) if title is not None else ""
        titles.append(words)
        own = [block for shape in slide.shapes if not _is_same(shape, title) for block in _shape_blocks(shape, 0)]
        if words or own:
            heading = Block("heading", words or f"{number}", level=2)
            blocks += [replace(block, page_starts=((0, number),)) for block in (heading, *own)]
    if not any(block.kind != "heading" or not block.text.isdecimal() for block in blocks):
        raise SourceError("empty", f"{path.name} has no text; there is nothing to ingest")
    named = next(filter(None, titles), "") or (presentation.core_properties.title or "").strip()
    language = language_of("".join(block.text for block in blocks), "ja")
    document = compose(path, blocks, language, named, len(presentation.slides), by_typography=True)
    return Loaded((document,), tuple(skipped))


def _is_same(shape: Any, title: Any) -> bool:
    return title is not None and shape.shape_id == title.shape_id


def _shape_blocks(shape: Any, depth: int) -> Iterator[Block]:
    """The blocks of a shape: its lines, the rows of its table, or the blocks of the shapes in a group.

    Lines become list items, because a line on a slide does not continue in the next line.
    """
    if depth < _DEEPEST and hasattr(shape, "shapes"):
        for inner in shape.shapes:
            yield from _shape_blocks(inner, depth + 1)
    elif getattr(shape, "has_table", False):
        rows = [[" ".join(cell.text.split()) for cell in row.cells] for row in shape.table.rows]
        yield from table_blocks(rows, language=language_of("".join(map("".join, rows)), "ja"))
    elif getattr(shape, "has_text_frame", False):
        for paragraph in shape.text_frame.paragraphs:
            for line in paragraph.text.replace("\v", "\n").split("\n"):
                if line.strip():
                    yield Block("list_item", " ".join(line.split()))
