"""Write a conversation as Markdown, Word or JSON, or the works that it cites as BibTeX or RIS."""

import io
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import groupby
from typing import Any

from app.answering.compose.messages import bare_origin_label
from app.pages.labels.texts import labels_for
from app.pages.source.view import heading_words
from app.web.export.conversation import ExportedConversation, ExportedSentence, Quoted
from app.web.export.styles import bibtex, line, ris
from app.web.export.works import Works
from app.web.service.service import AnswerSource

_MARKDOWN = re.compile(r"([\\`*_{}\[\]<>#|~])")
_AT_START = re.compile(r"^([ \t]*[0-9]{0,9})([-+.)])", re.MULTILINE)
_TYPES = {
    "markdown": ("md", "text/markdown; charset=utf-8"),
    "docx": ("docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
    "json": ("json", "application/json"),
    "bibtex": ("bib", "application/x-bibtex; charset=utf-8"),
    "ris": ("ris", "application/x-research-info-systems; charset=utf-8"),
}


@dataclass(frozen=True, slots=True)
class File:
    """The file to download."""

    name: str
    media_type: str
    content: bytes


def write_conversation(conversation: ExportedConversation, library: AnswerSource) -> File:
    """Write the conversation in the format that it asks for."""
    suffix, media_type = _TYPES[conversation.format]
    works = Works(library)
    makers = {
        "markdown": lambda: _markdown(conversation, works).encode(),
        "docx": lambda: _word(conversation, works),
        "json": lambda: _json(conversation, works).encode(),
        "bibtex": lambda: bibtex(works.all_of(conversation)).encode(),
        "ris": lambda: ris(works.all_of(conversation)).encode(),
    }
    return File(f"tenkyo.{suffix}", media_type, makers[conversation.format]())


def _today() -> str:
    return datetime.now(UTC).date().isoformat()


def _source(quoted: Quoted, conversation: ExportedConversation, works: Works) -> str:
    """The bibliography line of the quoted work, with a note in brackets if the quote is from a digest of it."""
    told = line(works.of(quoted), conversation.style, _today(), quoted.page)
    return f"{told} [{bare_origin_label(conversation.language, 'digest')}]" if works.is_digest(quoted) else told


def _parts(sentences: Sequence[ExportedSentence]) -> list[list[ExportedSentence]]:
    """Group the sentences: neighbouring rows of one table together, every other sentence alone."""
    groups = groupby(sentences, key=lambda sentence: (len(sentence.cells), sentence.columns))
    parts: list[list[ExportedSentence]] = []
    for (width, _), group in groups:
        parts += [list(group)] if width else ([sentence] for sentence in group)
    return parts


def _cites(sentence: ExportedSentence) -> str:
    """The citation numbers after a sentence, as in [1][2]."""
    return "".join(f"[{number}]" for number in sentence.numbers)


def _markdown(conversation: ExportedConversation, works: Works) -> str:
    labels = labels_for(conversation.language)
    parts = [f"# {_escaped(conversation.name or labels['title'])}"]
    for exchange in conversation.exchanges:
        parts.append(f"## {_escaped(' '.join(exchange.question.split()))}")
        parts += map(_markdown_part, _parts(exchange.sentences))
        if exchange.citations:
            parts.append(f"**{labels['sources']}**")
        for quoted in exchange.citations:
            section = f" ({_escaped(heading_words(quoted.section))})" if quoted.section else ""
            quote = _escaped(" ".join(quoted.quote.split()))
            parts.append(
                f"\\[{quoted.number}\\] {_escaped(_source(quoted, conversation, works))}{section}\n\n> {quote}"
            )
    return "\n\n".join(parts) + "\n"


def _markdown_part(part: Sequence[ExportedSentence]) -> str:
    """A sentence, or rows as a table."""
    if not part[0].cells:
        return f"{_escaped(part[0].text)} {_escaped(_cites(part[0]))}".rstrip()
    head = part[0].columns or ("",) * len(part[0].cells)
    rows = [head, *((f"{row.cells[0]} {_cites(row)}", *row.cells[1:]) for row in part)]
    lines = ["| " + " | ".join(_escaped(" ".join(cell.split())) for cell in row) + " |" for row in rows]
    return "\n".join([lines[0], "|" + " --- |" * len(head), *lines[1:]])


def _escaped(text: str) -> str:
    """Escape text so that Markdown shows it unchanged."""
    return _AT_START.sub(r"\1\\\2", _MARKDOWN.sub(r"\\\1", text))


def _json(conversation: ExportedConversation, works: Works) -> str:
    turns = [
        {
            "question": exchange.question,
            "asked": exchange.asked,
            "sentences": [
                {"text": sentence.text, "citations": list(sentence.numbers)} for sentence in exchange.sentences
            ],
            "citations": [
                {
                    "number": quoted.number,
                    "document_id": quoted.document_id,
                    "document_title": quoted.document_title,
                    "section": quoted.section,
                    "page": quoted.page,
                    "quote": quoted.quote,
                    "source": _source(quoted, conversation, works),
                }
                for quoted in exchange.citations
            ],
        }
        for exchange in conversation.exchanges
    ]
    body = {"name": conversation.name, "exported": _today(), "style": conversation.style, "turns": turns}
    return json.dumps(body, ensure_ascii=False, indent=2) + "\n"


def _word(conversation: ExportedConversation, works: Works) -> bytes:
    import docx

    labels = labels_for(conversation.language)
    document = docx.Document()
    document.core_properties.author, document.core_properties.title = "Tenkyo", conversation.name[:200]
    _paragraph(document, conversation.name or labels["title"], "Heading1")
    for exchange in conversation.exchanges:
        _paragraph(document, " ".join(exchange.question.split()), "Heading2")
        for part in _parts(exchange.sentences):
            _word_part(document, part)
        if exchange.citations:
            _paragraph(document, labels["sources"]).runs[0].bold = True
        for quoted in exchange.citations:
            section = f" ({heading_words(quoted.section)})" if quoted.section else ""
            _paragraph(document, f"[{quoted.number}] {_source(quoted, conversation, works)}{section}")
            _paragraph(document, quoted.quote, "Quote")
    content = io.BytesIO()
    document.save(content)
    return content.getvalue()


def _word_part(document: Any, part: Sequence[ExportedSentence]) -> None:
    """A sentence, or rows as a table."""
    if not part[0].cells:
        _paragraph(document, part[0].text).add_run(_cites(part[0])).font.superscript = True
        return
    head = [part[0].columns] if part[0].columns else []
    texts = [*head, *(row.cells for row in part)]
    grid = document.add_table(rows=len(texts), cols=len(part[0].cells), style="Table Grid")
    for row, cells in zip(grid.rows, texts, strict=True):
        for cell, text in zip(row.cells, cells, strict=True):
            cell.text = text
    for cell, sentence in zip(grid.columns[0].cells[len(head) :], part, strict=True):
        cell.paragraphs[0].add_run(_cites(sentence)).font.superscript = True
    document.add_paragraph()  # Word joins tables that touch


def _paragraph(document: Any, text: str, style_id: str = "") -> Any:
    """Append a paragraph. Its style is set by id, because looking up a name takes milliseconds each time."""
    paragraph = document.add_paragraph(text)
    if style_id:
        paragraph._p.style = style_id
    return paragraph
