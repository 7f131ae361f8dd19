"""Answer questions about a document as a whole, in its own sentences, each cited; and small talk, without citations."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

from app.answering.compose.absence import refusal
from app.answering.compose.extractive import citation_of, digest_note, titles_of, with_sources
from app.answering.compose.messages import listed_titles, quoted, say, spaced
from app.answering.overview.outline import Outline, are_sections, outline_of, sections_of_name
from app.answering.overview.parts import Line, further_lines, lines_of
from app.answering.overview.tables import table_around, table_rows
from app.answering.overview.topic import topic_lines
from app.answering.types import LAST_SECTION, Answer, Aspect, Citation, OverviewRequest, Sentence, Smalltalk
from app.answering.understand.classifier import asks_limitations_alone, is_brief
from app.answering.understand.question import Question
from app.answering.works import RECORDS, Sources, names_of
from ingest.references.listing import KIND
from retriever.text import fold, is_named, letters
from retriever.types import DocumentRecord, Hit, Passage, Query

_ON_TOPIC = frozenset({"compare", "focus", "topic"})  # aspects that are answered by sentences on a topic
_NEAR = 3  # quotes shown as near passages of a refusal
_SHOWN_AS_NEAR: dict[Aspect, Aspect] = {"limits": "conclusion", "method": "purpose"}
_SEARCHED = 15  # passages in which sentences on a topic are looked for
_SEARCHED_ON_ONE = 40  # passages, for all that is said on one or two topics, and for a table without a number
_DECIDING = 7  # first hits; the document with most of them is the one that a topic is of
_CHOICES, _SUGGESTED = 5, 3  # documents named, and questions suggested, if it is unclear which is meant
_CONFIDENCE = 0.9  # of answers from a document's structure; answers from sentences on a topic get less
_CONFIDENCE_ON_TOPIC = 0.7
_BETWEEN_CELLS = " | "
_NAMED_IN_TALK = 3  # titles that small talk names
_TALK_ON_DOCUMENTS = frozenset({"greeting", "identity", "ability", "opinion"})
_THIS_PAPER = re.compile(
    r"(?:この|本)(?:論文|文書|資料|研究|文章)|本稿|\b(?:this|the) (?:paper|article|study|document|text)\b"
    r"|[这該该](?:篇|份|项)?(?:论文|文章|研究|资料)|本文|(?:이|본) ?(?:논문|글|문서|연구)",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class _Quote:
    """A span of a passage of the index, under a label."""

    passage: Passage
    row: int
    start: int
    end: int
    label: str = ""


def overview_answer(
    request: OverviewRequest, question: Question, query: Query, sources: Sources, *, k: int, more: int = 0
) -> Answer:
    """Answer a question's `request` about a document as a whole; ask back if several documents may be meant.

    `more`: how many answers to it were given before. None of their sentences is quoted again, unless no other is left:
    then the first answer is repeated with a note.
    """
    documents = _meant(question.text, sources)
    on_topic = request.aspect in _ON_TOPIC
    if len(documents) > 1 and on_topic:
        documents = _holding_the_topic(documents, query, sources)
    if len(documents) != 1:
        return _asked_back(question, documents, sources)
    outline = replace(outline_of(sources.index, documents[0].id), brief=is_brief(question.text))
    if request.aspect == "compare" and are_sections(outline, request.things):
        request, on_topic = replace(request, aspect="section"), False
    quotes = _quotes(request, question, query, outline, sources, more)
    told_again = bool(more) and not quotes
    if told_again:
        quotes = _quotes(request, question, query, outline, sources)
    if not quotes:
        reason, near = _reason(request, question, outline), _near(request, outline)
        return _refused(question, reason, sources, query, near, k=k)
    answer = _quoted(question, quotes, sources, k=k, confidence=_CONFIDENCE_ON_TOPIC if on_topic else _CONFIDENCE)
    notes = (say(question.language, "no_more"), *answer.notes) if told_again else answer.notes
    return replace(answer, notes=notes)


def _quotes(
    request: OverviewRequest, question: Question, query: Query, outline: Outline, sources: Sources, more: int = 0
) -> list[_Quote]:
    """The quotes for the answer or, after `more` earlier answers, for its continuation; empty if nothing is left."""
    if request.aspect == "table":
        return [] if more else _table(request, query, outline, sources)
    lines = _lines(request, question, query, outline, sources)
    told: list[int] = []
    for _ in range(more if lines and request.aspect in _ON_TOPIC else 0):
        told += [place for line in lines for place in line.places]
        lines = _lines(request, question, query, outline, sources, told)
    if lines and more and request.aspect not in _ON_TOPIC:
        lines = further_lines(request, question.text, outline, lines, more)
    return [quote for line in lines for quote in _joined(line, outline)]


def _reason(request: OverviewRequest, question: Question, outline: Outline) -> str:
    """The message that says why a document has no answer to a request about it as a whole."""
    language = question.language
    if request.aspect == "table" and request.number:
        return say(language, "no_such_table", number=request.number[0])
    if request.aspect == "limits" and outline.units:
        return say(language, "no_limitations" if asks_limitations_alone(question.text) else "no_limits")
    if request.aspect == "method" and outline.units:
        return say(language, "no_method")
    headings = [section.heading for section in outline.body if section.heading]
    named = say(language, "place_separator").join(quoted(language, heading) for heading in dict.fromkeys(headings))
    missing = [thing for thing in request.things if not sections_of_name(outline, thing)]
    if request.aspect == "section" and missing and named:
        names = say(language, "place_separator").join(quoted(language, thing) for thing in missing)
        return say(language, "no_section_named", names=names, headings=named)
    if request.aspect == "section" and request.number != LAST_SECTION and named:
        return say(language, "no_such_section", headings=named)
    return say(language, "not_found")


def _lines(
    request: OverviewRequest,
    question: Question,
    query: Query,
    outline: Outline,
    sources: Sources,
    told: Sequence[int] = (),
) -> list[Line]:
    """The lines that answer; empty if the document has no such section, or no sentence on the topic except `told`."""
    if request.aspect not in _ON_TOPIC:
        lines = lines_of(request, question.text, outline)
        if lines is not None or request.aspect != "section" or request.number or request.things:
            return lines or []
    count = _SEARCHED if request.aspect == "focus" else _SEARCHED_ON_ONE
    hits = sources.index.within([outline.record.id]).search(query, count)
    return topic_lines(request, query, hits, outline, told)


def _near(request: OverviewRequest, outline: Outline) -> list[_Quote]:
    """Quotes shown below a refusal: the conclusion if no limits are stated, the purpose if no method is."""
    if request.aspect not in _SHOWN_AS_NEAR:
        return []
    lines = lines_of(OverviewRequest(_SHOWN_AS_NEAR[request.aspect]), "", outline) or []
    return [quote for line in lines for quote in _joined(line, outline)][:_NEAR]


def _joined(line: Line, outline: Outline) -> list[_Quote]:
    """The quotes of a line: sentences that follow one another in a passage are one quote; the first has the label."""
    quotes: list[_Quote] = []
    for number, place in enumerate(line.places):
        unit = outline.units[place]
        if number and line.places[number - 1] == place - 1 and quotes[-1].row == unit.row:
            quotes[-1] = replace(quotes[-1], end=unit.end)
        else:
            quotes.append(_Quote(unit.passage, unit.row, unit.start, unit.end, "" if number else line.label))
    return quotes


def _table(request: OverviewRequest, query: Query, outline: Outline, sources: Sources) -> list[_Quote]:
    """The caption and rows of the table with the requested number, else of the table nearest to the query."""
    if request.number:
        rows = table_rows(outline.tables, request.number[0])
    else:
        hits = sources.index.within([outline.record.id]).search(query, _SEARCHED_ON_ONE)
        rows = table_around(outline.tables, [hit.row for hit in hits])
    return [_Quote(passage, row, 0, _end_of_row(passage)) for row, passage in rows]


def _end_of_row(passage: Passage) -> int:
    """End of the values in the text of a table's row; of a caption, the end of its text."""
    return passage.text.find("\n") if passage.kind == "table_row" and "\n" in passage.text else len(passage.text)


def _quoted(question: Question, quotes: Sequence[_Quote], sources: Sources, *, k: int, confidence: float) -> Answer:
    index = sources.index
    rows = dict.fromkeys(quote.row for quote in quotes)
    hits = {row: Hit(index.passage(row), 1.0, rank, row) for rank, row in enumerate(rows, 1)}
    citations: list[Citation] = []
    sentences: list[Sentence] = []
    for number, quote in enumerate(quotes, 1):
        citation = _cited(quote, number, sources)
        citations.append(citation)
        label = f"{quote.label}{'' if quote.label.endswith('.') else ':'} " if quote.label else ""
        sentences.append(Sentence(label + citation.quote.replace("\t", _BETWEEN_CELLS), (number,)))
    answer = Answer(
        question=question.text,
        language=question.language,
        abstained=False,
        confidence=confidence,
        method="extractive",
        text=_text(quotes, sentences),
        sentences=tuple(sentences),
        citations=tuple(citations),
        hits=tuple(hits.values())[:k],
        notes=digest_note(question.language, citations, index),
        document_titles=titles_of(tuple(hits.values()), index),
    )
    return with_sources(answer, sources, noted=False)


def _text(quotes: Sequence[_Quote], sentences: Sequence[Sentence]) -> str:
    """The sentences with their citation numbers; labelled sentences, captions and table rows begin a line."""
    text = ""
    for quote, sentence in zip(quotes, sentences, strict=True):
        begins = quote.label or quote.passage.kind in {"table_row", "caption"}
        text += ("\n" if begins else " ") + f"{sentence.text} [{sentence.citations[0]}]"
    return text.strip()


def _asked_back(question: Question, documents: Sequence[DocumentRecord], sources: Sources) -> Answer:
    """A refusal that asks which document is meant and suggests the question for the first of `documents`."""
    language = question.language
    titles = [record.title for record in documents[:_CHOICES]]
    named = say(language, "place_separator").join(quoted(language, title) for title in titles)
    text = say(language, "which_document", titles=named) if titles else say(language, "not_found")
    suggestions = [_put_for(question, title) for title in titles[:_SUGGESTED]]
    return refusal(question, text, (), sources.index, suggestions=suggestions)


def _put_for(question: Question, title: str) -> str:
    """The question with a title in place of "this paper", or before it."""
    named = quoted(question.language, title)
    if match := _THIS_PAPER.search(question.text):
        return question.text[: match.start()] + named + question.text[match.end() :]
    return say(question.language, "in_document", title=named, question=question.text)


def _refused(
    question: Question, text: str, sources: Sources, query: Query, near: Sequence[_Quote], *, k: int
) -> Answer:
    """The refusal with `near`, as citations, and the first `k` hits."""
    shown = tuple(_cited(quote, number, sources) for number, quote in enumerate(near, 1))
    return replace(refusal(question, text, sources.index.search(query, k), sources.index), near=shown)


def _cited(quote: _Quote, number: int, sources: Sources) -> Citation:
    title = sources.index.documents[quote.passage.document_id].title
    cited = citation_of(quote.passage, quote.start, quote.end, number=number, title=title, score=1.0)
    return replace(cited, origin=sources.origin(quote.passage))


def _meant(question: str, sources: Sources) -> list[DocumentRecord]:
    """The document that `question` is about: the named one, else the only one searched, else the paper.

    Several documents, in the order of the index, if this is not clear; none if it names one that is not searched.
    """
    searched = [record for record in sources.index.searched_documents() if record.kind != RECORDS and record.count]
    folded = fold(question)
    own = [record for record in searched if record.kind != KIND]
    for candidates in (own, searched):
        if named := _named(folded, candidates):
            return named
    if _named(folded, [record for record in sources.index.documents.values() if record.kind != RECORDS]):
        return []
    papers = [record for record in own if record.digest_of] or own
    return papers or searched


def _holding_the_topic(documents: Sequence[DocumentRecord], query: Query, sources: Sources) -> list[DocumentRecord]:
    """The document with the majority of the hits for the topic; all of `documents` if there is no majority."""
    hits = sources.index.within([record.id for record in documents]).search(query, _DECIDING)
    counts = Counter(hit.passage.document_id for hit in hits)
    return [record for record in documents if 2 * counts[record.id] > len(hits)] or list(documents)


def _named(folded_question: str, records: Sequence[DocumentRecord]) -> list[DocumentRecord]:
    """The documents with the longest name that the folded question contains; empty if it contains none."""
    lengths = [
        max((len(letters(name)) for title in (record.title, record.digest_of) if title
             for name in names_of(title) if is_named(name, folded_question)), default=0)
        for record in records
    ]  # fmt: skip
    longest = max(lengths, default=0)
    return [record for record, length in zip(records, lengths, strict=True) if longest and length == longest]


def smalltalk_answer(question: Question, kind: Smalltalk, sources: Sources) -> Answer:
    """The reply to small talk of this kind, which names some documents: no citations, and not an abstention."""
    language = question.language
    lines = [say(language, f"talk_{kind}")]
    titles = sources.searched_titles()[:_NAMED_IN_TALK]
    if titles and kind in _TALK_ON_DOCUMENTS:
        lines.append(say(language, "talk_documents", titles=listed_titles(language, titles)))
    return Answer(
        question=question.text,
        language=language,
        abstained=False,
        confidence=1.0,
        method="extractive",
        text=spaced(language).join(lines),
        sentences=tuple(Sentence(line, ()) for line in lines),
        citations=(),
        hits=(),
    )
