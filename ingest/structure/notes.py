"""Footnotes and endnotes: which blocks are notes, and the sentence that each belongs to."""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import replace

from ingest.document import Block, Document
from ingest.structure.headings import is_notes
from ingest.structure.sentences import spans

_SUPERSCRIPTS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁽⁾", "0123456789()")
_LABEL = re.compile(
    r"^\s*+(?:[\[［(（]\s*+)?(?:(?:注|註|\*|＊|※)\s*+)?([0-9０-９⁰¹²³⁴-⁹]{1,3}|[*＊†‡※])\s*[\])）］.．:：]?"
)
_MARK = re.compile(
    r"[⁽]?([⁰¹²³⁴-⁹]{1,3})[⁾]?|[\[［(（〔]\s*(?:注|註)\s*([0-9０-９]{1,3})\s*[)）\]］〕]|(?:注|註)\s*([0-9０-９]{1,3})\s*[)）]"
    r"|(?<=[。、」』）])[(（]([0-9０-９]{1,3})[)）]|\[\^([\w-]+)\]|(?<=[^\s*＊†‡※])([*＊†‡※])"
)


def mark_notes(blocks: Sequence[Block]) -> list[Block]:
    """The paragraphs under a heading such as 注 or Notes as footnotes, one for each label; unlabelled ones carry on."""
    marked: list[Block] = []
    inside = False
    for block in blocks:
        if block.kind == "heading":
            inside = is_notes(block.text)
        if inside and block.kind in ("paragraph", "list_item"):
            block = replace(block, kind="footnote")  # noqa: PLW2901
        marked.append(block)
    return marked


def label(text: str) -> str:
    """The label a note opens with ("1", "*"); empty where it has none."""
    match = _LABEL.match(text)
    return unicodedata.normalize("NFKC", match.group(1).translate(_SUPERSCRIPTS)) if match else ""


def note_places(document: Document) -> dict[int, tuple[int, int]]:
    """For each note, by the index of its block: the span in the document's text of the sentence that bears its mark.

    Footnotes count anew on each page in many papers, so a mark on the note's own page comes first.
    """
    notes = [
        (index, block) for index, block in enumerate(document.blocks) if block.kind == "footnote" and label(block.text)
    ]
    if not notes:
        return {}
    marks: list[tuple[str, int | None, tuple[int, int]]] = []
    for block, start, _ in document.spans():
        if block.kind in ("footnote", "entry", "heading"):
            continue
        for begin, end in spans(block.text):
            for match in _MARK.finditer(block.text, begin, end):
                name = next(group for group in match.groups() if group)
                name = unicodedata.normalize("NFKC", name.translate(_SUPERSCRIPTS))
                marks.append((name, _page(block, match.start()), (start + begin, start + end)))
    found: dict[int, tuple[int, int]] = {}
    for index, block in notes:
        name, page = label(block.text), _page(block, 0)
        fitting = [(other, span) for mark, other, span in marks if mark == name]
        near = [span for other, span in fitting if other == page] or [span for _, span in fitting]
        if near:
            found[index] = near[0]
    return found


def _page(block: Block, offset: int) -> int | None:
    page = None
    for start, number in block.page_starts:
        if start <= offset:
            page = number
    return page
