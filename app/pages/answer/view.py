"""An answer as pages show it: the lead, the sentences, the folded sentences, and the sources by document."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby

from app.answering.compose.messages import bare_origin_label
from app.answering.compose.shown import (
    Certainty,
    ShownSentence,
    ShownSource,
    ShownWork,
    shown_certainty,
    shown_sentences,
    shown_sources,
)
from app.answering.types import Answer, AskedFor, Citation
from app.answering.understand.answer_forms import holds_form
from app.pages.labels.texts import html_language
from retriever.text import fold, squeeze

_LONGEST_LEAD = 40  # characters
# The least share of the reader model's probability for words whose form cannot be checked: to be marked, and to lead.
_MARKED, _LEADING = 0.3, 0.8
_PARTICLE = re.compile(r"(?<=[年月日時分頃])に$")  # 2月7日に: the date without its particle
_COLUMNS = " | "  # between the cells of a row in an overview
_SENTENCE_END = re.compile(r"[。?？!！\n]")


@dataclass(frozen=True, slots=True)
class MarkedWords:
    """A paragraph in three parts; `marked` are the words that answer the question ("": none)."""

    before: str
    marked: str = ""
    after: str = ""


@dataclass(frozen=True, slots=True)
class Said:
    """A sentence of the answer with its citations; of a table's row also the `cells`, as (column, value, is marked)."""

    paragraphs: tuple[MarkedWords, ...]
    citations: tuple[Citation, ...]
    language: str
    cells: tuple[tuple[str, str, bool], ...] = ()
    kind: str = (
        "text"  # "heading" for one of several questions, "entry" for a work of a bibliography, "row", "composed"
    )


@dataclass(frozen=True, slots=True)
class AnswerPiece:
    """Neighbouring sentences of one kind: a text each, entries as a list, rows as a table with its `columns`."""

    kind: str
    said: tuple[Said, ...]
    columns: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class QuotePlace:
    """Where quotes stand in a document. `label` says whose words they are if that differs from the group's first."""

    section: str
    page: int | None
    label: str
    citations: tuple[Citation, ...]


@dataclass(frozen=True, slots=True)
class SourceGroup:
    """The citations of one document, which is named once, with the works that their quotes cite."""

    first: Citation
    label: str
    places: tuple[QuotePlace, ...]
    works: tuple[ShownWork, ...]


@dataclass(frozen=True, slots=True)
class AnswerView:
    """The answer in display order: `lead`, `said`, `sides`, `more` (folded), and the sources in `groups`.

    `sides` are the two headed parts of an overview, shown side by side.
    """

    lead: MarkedWords | None
    said: tuple[AnswerPiece, ...]
    sides: tuple[tuple[AnswerPiece, ...], ...]
    more: tuple[AnswerPiece, ...]
    folded: int  # sentences in `more`
    groups: tuple[SourceGroup, ...]
    certainty: Certainty


def view_of(answer: Answer) -> AnswerView:
    """The answer as it is shown."""
    said = list(_said(answer, shown_sentences(answer)))
    main = _main(answer, said)
    lead = next((words for sentence in said[:1] for words in sentence.paragraphs if words.marked), None)
    marked = (
        lead.marked if lead else next((value for sentence in said[:1] for _, value, on in sentence.cells if on), "")
    )
    is_one = sum(any(on for _, _, on in sentence.cells) for sentence in said) < 2  # a column marks many
    leads = (
        is_one and marked and answer.confidence_label == "sure" and len(marked) <= _LONGEST_LEAD and _may_lead(answer)
    )
    pieces = _pieces(said[:main])
    sides = _sides(pieces) if answer.intent == "overview" else ()
    return AnswerView(
        lead=MarkedWords("", marked) if leads else None,
        said=pieces[: len(pieces) - sum(map(len, sides))],
        sides=sides,
        more=_pieces(said[main:]),
        folded=len(said) - main,
        groups=tuple(_groups(answer)),
        certainty=shown_certainty(answer),
    )


def _sides(pieces: tuple[AnswerPiece, ...]) -> tuple[tuple[AnswerPiece, ...], ...]:
    """The pieces under each heading if there are exactly two headings, else none."""
    headings = [place for place, piece in enumerate(pieces) if piece.kind == "heading"]
    if len(headings) != 2:
        return ()
    first, second = headings
    return pieces[first:second], pieces[second:]


def _may_lead(answer: Answer) -> bool:
    """Whether the marked words may stand alone as the answer: a value of the needed form, or an almost certain span.

    Purposes, reasons and manners need a clause; lists and definitions need more than one word, too.
    """
    asked = _sole(answer)
    if asked is None:
        return False
    if asked.is_one_value and asked.needed_form:
        return True
    is_one = asked.kind == "any" and sum(map(bool, _SENTENCE_END.split(asked.question))) < 2
    if asked.is_clause or not (asked.is_one_value or is_one):
        return False
    share = answer.citations[0].span_share
    return asked.is_one_value if share is None else share >= _LEADING


def _sole(answer: Answer) -> AskedFor | None:
    """What the only ordinary question of the message asks for; None for other messages."""
    return answer.asked[0] if answer.intent == "passage" and len(answer.asked) == 1 else None


def _main(answer: Answer, said: Sequence[Said]) -> int:
    """How many sentences are the answer itself; those after them are folded.

    One sentence suffices for a question that asks for one value, and for a weak answer. Composed sentences are the
    answer; the quotes after them are folded.
    """
    composed = sum(sentence.kind == "composed" for sentence in said)
    if composed:
        return composed
    if answer.intent != "passage" or any(sentence.kind == "heading" for sentence in said):
        return len(said)
    asked = _sole(answer) or AskedFor(answer.question)
    if asked.is_one_value or (answer.confidence_label == "weak" and asked.kind != "list"):
        return next((i for i, sentence in enumerate(said, 1) if sentence.kind != "row" or i == len(said)), 0)
    return len(said)


def _said(answer: Answer, sentences: Sequence[ShownSentence]) -> Iterator[Said]:
    """The sentences with their kinds; in each part of an answer only the first sentence has words marked."""
    parts = iter(answer.asked)
    asked, is_first = next(parts, AskedFor(answer.question)) if len(answer.asked) < 2 else AskedFor(""), True
    message = squeeze(answer.question)
    for i, shown in enumerate(sentences):
        sentence, label = _apart(shown)
        language = html_language(sentence.text)
        if not sentence.citations and len(sentences) > 1 and squeeze(sentence.text) in message:
            asked, is_first = next(parts, AskedFor(sentence.text)), True
            yield Said((MarkedWords(sentence.text),), (), language, kind="heading")
            continue
        if label:
            yield Said((MarkedWords(label),), (), html_language(label), kind="heading")
        span = _sure_span(answer, asked, sentence) if is_first or _is_row(sentence) else None
        is_first = False
        cells = _cells(sentence)
        if cells:
            marked = sentence.text[slice(*span)] if span else ""
            row = tuple((name, value, bool(marked) and value == marked) for name, value in cells)
            yield Said((MarkedWords(sentence.text),), sentence.citations, language, row, "row")
            continue
        yield Said(_paragraphs(sentence.text, span), sentence.citations, language, kind=_kind(answer, i, sentence))


def _apart(sentence: ShownSentence) -> tuple[ShownSentence, str]:
    """(sentence, heading): splits "heading: quote"; the heading is "" if the sentence has none."""
    if len(sentence.citations) != 1:
        return sentence, ""
    quote = sentence.citations[0].quote
    before, quoted, after = sentence.text.partition(quote)
    if not quoted or after or not before.endswith(": "):
        return sentence, ""
    return replace(sentence, text=quote), before.removesuffix(": ")


def _kind(answer: Answer, place: int, sentence: ShownSentence) -> str:
    if answer.sentences[place].origin == "composed":
        return "composed"
    is_entry = answer.sentences[place].origin == "record" and len(sentence.citations) == 1
    return "entry" if is_entry else "text"


def _paragraphs(text: str, span: tuple[int, int] | None) -> tuple[MarkedWords, ...]:
    if span:
        return (MarkedWords(text[: span[0]], text[slice(*span)], text[span[1] :]),)
    lines = [line for line in text.split("\n") if line.strip()]
    lines = lines[:1] + [line for line in lines[1:] if "\t" not in line]  # the columns' names below a caption
    head = lines[:1] if _COLUMNS in text else []  # under a table's caption stand the names of its columns
    return tuple(map(MarkedWords, head or lines)) or (MarkedWords(text),)


def _sure_span(answer: Answer, asked: AskedFor, sentence: ShownSentence) -> tuple[int, int] | None:
    """The (start, end) of the answering words in the sentence; None if they may not be marked.

    Words with a checkable form must have that form. Others (a reason, a definition) are marked only in sure answers
    whose span has at least _MARKED of the reader model's probability, or in a table row for a question for one value.
    Nothing is marked in weak answers, nor words of the question.
    """
    for citation in sentence.citations:
        if citation.span_start is None or citation.span_end is None or citation.quote != sentence.text:
            continue
        span = citation.span or ""
        if answer.confidence_label == "weak" or fold(span) in fold(asked.question):
            return None
        if asked.needed_form:
            fits = holds_form(asked.needed_form, span, asked.question)
        else:
            is_cell = asked.is_one_value and _is_row(sentence)
            is_only = citation.span_share is None or citation.span_share >= _MARKED
            fits = is_cell or (answer.confidence_label == "sure" and is_only)
        if fits:
            end = citation.span_end - len(_PARTICLE.findall(span))
            return citation.span_start - citation.quote_start, end - citation.quote_start
    return None


def _is_row(sentence: ShownSentence) -> bool:
    return bool(sentence.citations and sentence.citations[0].cells)


def _cells(sentence: ShownSentence) -> tuple[tuple[str, str], ...]:
    """(column, value) of each cell if the sentence quotes a whole table row, as printed or with column names."""
    if len(sentence.citations) != 1 or not _is_row(sentence):
        return ()
    citation = sentence.citations[0]
    printed, _, labelled = citation.text.partition("\n")
    if sentence.text not in (printed, labelled, printed.replace("\t", _COLUMNS)):
        return ()
    return tuple((cell.column, citation.text[cell.start : cell.end]) for cell in citation.cells)


def _pieces(said: Iterable[Said]) -> tuple[AnswerPiece, ...]:
    """Neighbouring entries as one list, neighbouring rows with the same columns as one table under its caption."""

    def key(sentence: Said) -> tuple[str, tuple[str, ...]]:
        return sentence.kind, tuple(name for name, _, _ in sentence.cells)

    pieces: list[AnswerPiece] = []
    for (kind, columns), group in groupby(said, key):
        if kind in {"entry", "row"}:
            pieces.append(AnswerPiece(kind, tuple(group), columns if any(columns) else ()))
            continue
        for sentence in group:
            is_caption = bool(pieces) and _is_caption(sentence, pieces[-1].columns)
            pieces.insert(len(pieces) - is_caption, AnswerPiece(kind, (sentence,)))
    return tuple(pieces)


def _is_caption(sentence: Said, columns: Sequence[str]) -> bool:
    """Whether the sentence quotes the caption of a table with these columns: their names stand below it."""
    names = "\t".join(columns)
    return bool(names) and any(names in citation.quote.split("\n") for citation in sentence.citations)


def _groups(answer: Answer) -> Iterator[SourceGroup]:
    """The sources in the order of their first citation, each document once."""
    by_document: dict[str, list[ShownSource]] = {}
    for source in shown_sources(answer):
        by_document.setdefault(source.citation.document_id, []).append(source)
    for sources in by_document.values():
        by_origin: dict[str, list[ShownSource]] = {}
        for source in sources:
            by_origin.setdefault(source.citation.origin, []).append(source)
        labels = {origin: _label(answer.language, alike) for origin, alike in by_origin.items()}
        first, places = sources[0].citation, dict[tuple[str, int | None, str], list[Citation]]()
        for source in sources:
            label = "" if source.citation.origin == first.origin else labels[source.citation.origin]
            places.setdefault((source.citation.section, source.citation.page, label), []).append(source.citation)
        works = {(work.label, work.entry): work for source in sources for work in source.works}
        yield SourceGroup(
            first,
            labels[first.origin],
            tuple(QuotePlace(*place, tuple(cited)) for place, cited in places.items()),
            tuple(works.values()),
        )


def _label(language: str, sources: Sequence[ShownSource]) -> str:
    """The label for quotes of one origin, without brackets; it names the work's number if all are from one work."""
    numbers = {source.citation.reference for source in sources}
    return bare_origin_label(language, sources[0].citation.origin, numbers.pop() if len(numbers) == 1 else None)
