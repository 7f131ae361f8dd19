"""Parse the conversation in an export's body; its size and shape are checked first."""

from dataclasses import dataclass
from typing import Any, Literal, get_args

from app.pages.labels.texts import LANGUAGES
from app.web.errors import RefusedError
from app.web.guard.bodies import parse_object

Format = Literal["markdown", "docx", "json", "bibtex", "ris"]
Style = Literal["sist02", "apa"]
_MOST_TURNS, _MOST_OF_A_TURN = 500, 80
_MOST_PARTS = 5000  # sentences, cells and citations in all turns; 200 turns have about 2,000
_MOST_COLUMNS = 40
_MOST_CHARACTERS = 20_000  # of one text


@dataclass(frozen=True, slots=True)
class Quoted:
    """A citation: the quote and its place. `cites`: the works that the quote cites, as (listing document, number).

    `reference` is the number of the quoted work, if its text or record is quoted.
    """

    number: int
    document_id: str
    document_title: str
    quote: str
    section: str = ""
    page: int | None = None
    reference: int | None = None
    cites: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True, slots=True)
class ExportedSentence:
    """A sentence of an answer, with its citation numbers; for a table's row, its `cells` and its `columns`' names."""

    text: str
    numbers: tuple[int, ...] = ()
    cells: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Exchange:
    """A question with its answer's sentences and citations, and the time it was asked ("": unknown)."""

    question: str
    sentences: tuple[ExportedSentence, ...] = ()
    citations: tuple[Quoted, ...] = ()
    asked: str = ""


@dataclass(frozen=True, slots=True)
class ExportedConversation:
    """The conversation to export: `style` is for the bibliographic lines, `language` for headings and labels."""

    format: Format
    style: Style
    language: str
    name: str
    exchanges: tuple[Exchange, ...]


def parse_conversation(body: bytes) -> ExportedConversation:
    """Parse the conversation in a body; raises RefusedError (400, 422) if it does not fit."""
    fields = _fields(parse_object(body), {"format", "style", "language", "name", "turns"}, "the export")
    exchanges = tuple(map(_exchange, _list(fields.get("turns"), _MOST_TURNS, "turns")))
    if sum(map(_size, exchanges)) > _MOST_PARTS:
        raise _wrong(f"the turns have over {_MOST_PARTS} sentences, cells and citations: send fewer")
    return ExportedConversation(
        format=_one_of(fields.get("format"), get_args(Format), "format"),
        style=_one_of(fields.get("style", "sist02"), get_args(Style), "style"),
        language=_one_of(fields.get("language", "en"), LANGUAGES, "language"),
        name=_text(fields.get("name", ""), "name"),
        exchanges=exchanges,
    )


def _size(exchange: Exchange) -> int:
    return len(exchange.citations) + sum(1 + len(sentence.cells) for sentence in exchange.sentences)


def _exchange(value: Any) -> Exchange:
    fields = _fields(value, {"question", "sentences", "citations", "asked"}, "a turn")
    return Exchange(
        _text(fields.get("question"), "question"),
        tuple(map(_sentence, _list(fields.get("sentences", []), _MOST_OF_A_TURN, "sentences"))),
        tuple(map(_quoted, _list(fields.get("citations", []), _MOST_OF_A_TURN, "citations"))),
        _text(fields.get("asked", ""), "asked"),
    )


def _sentence(value: Any) -> ExportedSentence:
    fields = _fields(value, {"text", "citations", "cells", "columns"}, "a sentence")
    numbers = _list(fields.get("citations", []), _MOST_OF_A_TURN, "citations")
    cells, columns = (
        tuple(_text(text, name) for text in _list(fields.get(name, []), _MOST_COLUMNS, name))
        for name in ("cells", "columns")
    )
    if columns and len(columns) != len(cells):
        raise _wrong("a row has not as many cells as columns")
    text = _text(fields.get("text"), "text")
    return ExportedSentence(text, tuple(_number(number, "a citation's number") for number in numbers), cells, columns)


def _quoted(value: Any) -> Quoted:
    names = {"number", "document_id", "document_title", "quote", "section", "page", "reference", "cites"}
    fields = _fields(value, names, "a citation")
    cites = [
        _fields(work, {"listed_in", "number"}, "a cited work") for work in _list(fields.get("cites", []), 80, "cites")
    ]
    return Quoted(
        _number(fields.get("number"), "number"),
        document_id=_text(fields.get("document_id", ""), "document_id"),
        document_title=_text(fields.get("document_title", ""), "document_title"),
        quote=_text(fields.get("quote", ""), "quote"),
        section=_text(fields.get("section", ""), "section"),
        page=_number_or_none(fields.get("page"), "page"),
        reference=_number_or_none(fields.get("reference"), "reference"),
        cites=tuple(
            (_text(work.get("listed_in"), "listed_in"), _number(work.get("number"), "number")) for work in cites
        ),
    )


def _fields(value: Any, names: set[str], what: str) -> dict[str, Any]:
    if not isinstance(value, dict) or set(value) - names:
        raise _wrong(f"{what} is not an object of {', '.join(sorted(names))}")
    return value


def _list(value: Any, most: int, name: str) -> list[Any]:
    if not isinstance(value, list) or len(value) > most:
        raise _wrong(f"{name} is not a list of at most {most}")
    return value


def _text(value: Any, name: str) -> str:
    """Drop the characters that no file may hold: lone surrogates, and controls except tabs and line feeds."""
    if not isinstance(value, str) or len(value) > _MOST_CHARACTERS:
        raise _wrong(f"{name} is not a text of at most {_MOST_CHARACTERS:,} characters")
    return "".join(character for character in value if character in "\t\n" or _is_in_files(character))


def _is_in_files(character: str) -> bool:
    """Whether a character is kept: one that XML 1.0 allows and that is no control."""
    code = ord(character)
    return 0x20 <= code < 0x7F or 0xA0 <= code < 0xD800 or 0xE000 <= code < 0xFFFE or code >= 0x10000


def _number(value: Any, name: str) -> int:
    """A whole number, which JSON may write as 5 or 5.0."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < 1_000_000 or value % 1:
        raise _wrong(f"{name} is not a whole number from 0 to 999999")
    return int(value)


def _number_or_none(value: Any, name: str) -> int | None:
    return None if value is None else _number(value, name)


def _one_of(value: Any, known: tuple[Any, ...], name: str) -> Any:
    if value not in known:
        raise _wrong(f"{name} is none of {', '.join(known)}")
    return value


def _wrong(message: str) -> RefusedError:
    return RefusedError(422, "bad_conversation", message)
