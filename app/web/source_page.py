"""The source page: a document as HTML, every passage an element with its id, the cited words marked."""

from collections.abc import Iterable, Sequence
from html import escape
from itertools import groupby

from app.web.labels import labels_for
from app.web.source_view import BlockView, Focus, Following, Run, is_web_address, view
from app.web.templates import page
from ingest.document import Document
from retriever.types import Passage

_CLASSES = {"caption": "caption", "entry": "entry", "footnote": "footnote", "list_item": "item"}


def source_page(
    document: Document,
    passages: Sequence[Passage],
    focus: Focus | None,
    language: str,
    following: Following | None = None,
) -> str:
    """The whole page. Without a focus the `#PASSAGE` in the address marks the passage (CSS `:target`).

    `following` tells where the document's citations and entries lead.
    """
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
        body=body(_without_title(view(document, passages, focus, following), document.title), labels["text"]),
    )


def _without_title(views: Iterable[BlockView], title: str) -> list[BlockView]:
    """The blocks after a heading that says the page's title once more."""
    blocks = list(views)
    repeats = blocks and blocks[0].block.kind == "heading" and blocks[0].block.text.strip() == title.strip()
    return blocks[1:] if repeats else blocks


def _original(url: str | None, label: str) -> str:
    """A link to where the document came from, if that is on the web."""
    if not is_web_address(url):
        return ""
    return f'<a class="original" href="{escape(url)}" rel="noopener noreferrer">{escape(label)}</a>'


def body(views: Iterable[BlockView], to_text: str) -> str:
    """The blocks as HTML; `to_text` are the words of the link from an entry to the work's text."""
    parts = []
    for (is_table, _, owner), group in groupby(views, _group):
        blocks = list(group)
        if is_table:
            parts.append(_table(blocks))
        elif owner and len(blocks) > 1 and owner in blocks[0].begins:
            inner = "".join(_block(one, to_text, wrapped=True) for one in blocks)
            parts.append(f"<div{_passage(owner, blocks[0].runs[0])}>{inner}</div>")
        else:
            parts += [_block(one, to_text) for one in blocks]
    return "\n".join(parts)


def _group(one: BlockView) -> tuple[bool, str, str | None]:
    """Rows of one table belong together, and so do neighbouring blocks of one passage."""
    is_row = one.block.kind == "table_row" and bool(one.cells)
    return (True, one.block.caption, None) if is_row else (False, "", one.sole_passage)


def _table(rows: Sequence[BlockView]) -> str:
    columns = [name for name, _ in rows[0].cells]
    head = "".join(f'<th scope="col">{escape(name)}</th>' for name in columns)
    lines = []
    for row in rows:
        owner = row.sole_passage
        own = owner if owner in row.begins else None
        attributes = _passage(own, row.runs[0]) if owner else ""
        cells = [_runs(cell) for _, cell in row.cells]
        others = "".join(_anchor(other) for other in row.begins if other != own)
        cells[0] = others + cells[0]
        lines.append(f"<tr{attributes}>" + "".join(f"<td>{cell}</td>" for cell in cells) + "</tr>")
    named = f"<thead><tr>{head}</tr></thead>" if any(columns) else ""
    return f'<div class="table"><table>{named}<tbody>{"".join(lines)}</tbody></table></div>'


def _block(one: BlockView, to_text: str, wrapped: bool = False) -> str:
    """One block; `wrapped` if the element around it already is the passage's."""
    block = one.block
    tag = f"h{min(max(block.level, 1) + 1, 6)}" if block.kind == "heading" else "p"
    name = _CLASSES.get(block.kind, "")
    owner = one.sole_passage
    if owner is None:
        attributes, inner = _attributes(classes=name), _passages(one.runs)
    else:
        others = "".join(_anchor(other) for other in one.begins if other != owner)
        own = owner if owner in one.begins and not wrapped else None
        attributes = _attributes(classes=name) if wrapped else _passage(own, one.runs[0], name)
        inner = others + _runs(one.runs)
    leads = _out(block.url) + _to_text(one.text, to_text) if block.kind == "entry" else ""
    return f"<{tag}{attributes}>{inner}{leads}</{tag}>"


def _to_text(address: str | None, words: str) -> str:
    """A link from an entry to the text of the work, where it was read; its words are drawn by the style sheet."""
    if not address:
        return ""
    return f' <a class="text" href="{escape(address)}" aria-label="{escape(words)}" data-words="{escape(words)}"></a>'


def _out(url: str | None) -> str:
    """A link to the work that an entry names; its arrow is drawn by the style sheet, the words stay the document's."""
    if not is_web_address(url):
        return ""
    return f'<a class="out" href="{escape(url)}" rel="noopener noreferrer" aria-label="{escape(url)}"></a>'


def _passage(identity: str | None, run: Run, name: str = "") -> str:
    """The attributes of an element that is a passage, or the part of one that begins with `run`."""
    return _attributes(identity, " ".join(filter(None, [name, "passage", "cited" if run.cited else ""])))


def _attributes(identity: str | None = None, classes: str = "") -> str:
    given = (("id", identity), ("class", classes))
    return "".join(f' {name}="{escape(value)}"' for name, value in given if value)


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
        parts.append(f"<span{_passage(owner if owner in begins else None, own_runs[0])}>{inner}</span>")
    return "".join(parts)


def _anchor(passage_id: str) -> str:
    """A place to scroll to, for a passage whose words another one, begun later, holds as well."""
    return f"<span{_attributes(passage_id, 'passage')}></span>"


def _runs(runs: Iterable[Run]) -> str:
    """Text, with quotes in <mark>, citations as links to their entries, and page numbers for the margin."""
    parts = []
    for (quoted, link), group in groupby(runs, lambda run: (run.quoted, run.link)):
        inner = "".join(f"{_page_mark(run.page)}{escape(run.text)}" for run in group)
        linked = f'<a class="mention" href="{escape(link)}">{inner}</a>' if link else inner
        parts.append(f"<mark>{linked}</mark>" if quoted else linked)
    return "".join(parts)


def _page_mark(number: int | None) -> str:
    # the number itself is drawn by the style sheet, so that copied text stays the document's
    return (
        f'<span class="page" role="doc-pagebreak" aria-label="{number}" data-page="{number}"></span>' if number else ""
    )
