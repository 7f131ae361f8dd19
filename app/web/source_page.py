"""The source page: a document as HTML, every passage an element with its id, the cited words marked."""

from collections.abc import Iterable, Sequence
from html import escape
from itertools import groupby

from app.web.labels import labels_for
from app.web.source_view import BlockView, Focus, Run, view
from app.web.templates import page
from ingest.document import Document
from retriever.types import Passage

_CLASSES = {"caption": "caption", "entry": "entry", "footnote": "footnote"}


def source_page(document: Document, passages: Sequence[Passage], focus: Focus | None, language: str) -> str:
    """The whole page. Without a focus the `#PASSAGE` in the address marks the passage (CSS `:target`)."""
    labels = labels_for(language)
    notice = ""
    if focus is not None and all(passage.id != focus.passage_id for passage in passages):
        notice = f'<p class="notice" role="status">{escape(labels["gone"])}</p>'
    return page(
        "source",
        language=escape(document.language),
        title=escape(document.title),
        original=_original(document.url, labels["original"]),
        notice=notice,
        body=body(view(document, passages, focus)),
    )


def _original(url: str | None, label: str) -> str:
    """A link to where the document came from, if that is on the web."""
    if not url or not url.startswith(("http://", "https://")):
        return ""
    return f'<a class="original" href="{escape(url)}" rel="noopener noreferrer">{escape(label)}</a>'


def body(views: Iterable[BlockView]) -> str:
    """The blocks as HTML."""
    parts = []
    for (is_table, caption, owner), group in groupby(views, _group):
        blocks = list(group)
        if is_table:
            parts.append(_table(blocks))
        elif owner and len(blocks) > 1 and owner in blocks[0].begins:
            inner = "".join(_block(one, anchored=False) for one in blocks)
            parts.append(f"<div{_passage_attributes(owner, blocks[0].runs[0])}>{inner}</div>")
        else:
            parts += [_block(one, anchored=True) for one in blocks]
        _ = caption
    return "\n".join(parts)


def _group(one: BlockView) -> tuple[bool, str, str | None]:
    """Rows of one table belong together, and so do neighbouring blocks of one passage."""
    is_row = one.block.kind == "table_row" and bool(one.cells)
    return (True, one.block.caption, None) if is_row else (False, "", one.sole_passage)


def _passage_attributes(passage_id: str, run: Run) -> str:
    cited = " cited" if run.cited else ""
    return f' id="{escape(passage_id)}" class="passage{cited}"'


def _table(rows: Sequence[BlockView]) -> str:
    columns = [name for name, _ in rows[0].cells]
    head = "".join(f'<th scope="col">{escape(name)}</th>' for name in columns)
    lines = []
    for row in rows:
        owner = row.sole_passage
        own = owner if owner in row.begins else None
        attributes = _passage_attributes(own, row.runs[0]) if own else ""
        cells = [_runs(cell) for _, cell in row.cells]
        others = "".join(_anchor(other) for other in row.begins if other != own)
        cells[0] = others + cells[0]
        lines.append(f"<tr{attributes}>" + "".join(f"<td>{cell}</td>" for cell in cells) + "</tr>")
    named = f"<thead><tr>{head}</tr></thead>" if any(columns) else ""
    return f'<div class="table"><table>{named}<tbody>{"".join(lines)}</tbody></table></div>'


def _block(one: BlockView, anchored: bool) -> str:
    """One block; `anchored` puts the passages' ids in it (not where an element around it has them)."""
    block = one.block
    tag = f"h{min(max(block.level, 1) + 1, 6)}" if block.kind == "heading" else "p"
    name = _CLASSES.get(block.kind, "item" if block.kind == "list_item" else "")
    owner = one.sole_passage
    if not anchored or not owner:
        inner = _runs(one.runs) if not anchored else _passages(one.runs)
        return f"<{tag}{f' class={chr(34)}{name}{chr(34)}' if name else ''}>{inner}</{tag}>"
    own = owner if owner in one.begins else None
    others = "".join(_anchor(other) for other in one.begins if other != own)
    identity = f' id="{escape(own)}"' if own else ""
    classes = " ".join(filter(None, [name, "passage", "cited" if one.runs[0].cited else ""]))
    return f'<{tag}{identity} class="{classes}">{others}{_runs(one.runs)}</{tag}>'


def _passages(runs: Sequence[Run]) -> str:
    """Runs of several passages in one block: a span for each passage."""
    parts = []
    for owner, group in groupby(runs, lambda run: run.passage_id):
        own_runs = list(group)
        begins = [passage for run in own_runs for passage in run.begins]
        others = "".join(_anchor(other) for other in begins if other != owner)
        inner = others + _runs(own_runs)
        if owner is None:
            parts.append(inner)
            continue
        identity = f' id="{escape(owner)}"' if owner in begins else ""
        cited = " cited" if own_runs[0].cited else ""
        parts.append(f'<span{identity} class="passage{cited}">{inner}</span>')
    return "".join(parts)


def _anchor(passage_id: str) -> str:
    """A place to scroll to, for a passage whose words another one, begun later, holds as well."""
    return f'<span id="{escape(passage_id)}" class="passage"></span>'


def _runs(runs: Iterable[Run]) -> str:
    """Text, with quotes in <mark> and page numbers for the margin."""
    parts = []
    for quoted, group in groupby(runs, lambda run: run.quoted):
        inner = "".join(f"{_page_mark(run.page)}{escape(run.text)}" for run in group)
        parts.append(f"<mark>{inner}</mark>" if quoted else inner)
    return "".join(parts)


def _page_mark(number: int | None) -> str:
    # the number itself is drawn by the style sheet, so that copied text stays the document's
    return (
        f'<span class="page" role="doc-pagebreak" aria-label="{number}" data-page="{number}"></span>' if number else ""
    )
