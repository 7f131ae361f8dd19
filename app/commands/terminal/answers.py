"""Answers and passages as text for a terminal."""

import re
from collections.abc import Iterator

from app.answering.compose.messages import say
from app.answering.compose.shown import ShownSource, shown_certainty, shown_near, shown_sentences, shown_sources
from app.answering.types import Answer, Citation
from app.pages.labels.texts import labels_for
from retriever.text import one_line
from retriever.types import Hit

# Control characters in a fetched text could move the cursor or reverse the reading direction; they are removed.
_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


def answer_text(answer: Answer) -> str:
    """An answer as text: sentences with their source, notes, citations, the works that they cite, suggestions."""
    said = ""
    for made, sentence in zip(answer.sentences, shown_sentences(answer), strict=True):
        numbers = "".join(f"[{citation.number}]" for citation in sentence.citations)
        text = " ".join(f"{sentence.text} {numbers}{_spaced(sentence.origin)}".split())
        # a line of its own: a sentence without citations (one of several questions, or its refusal), and a work
        is_line = not numbers or made.origin == "record"
        said += f"\n{text}\n" if is_line else f"{text} "
    in_lines = answer.intent == "overview" or not said  # headings, points and rows of a table begin a line each
    said = answer.text if in_lines else re.sub(r" ?\n+", "\n", said).strip()
    sources = [line for source in shown_sources(answer) for line in _source_lines(answer.language, source)]
    more = [*_near_lines(answer), *_suggestion_lines(answer)]
    return _CONTROLS.sub(" ", "\n".join([*_doubt_lines(answer), said, *answer.notes, *sources, *more]))


def _doubt_lines(answer: Answer) -> list[str]:
    """The line above a weak answer, as the page has it: "Perhaps related"."""
    is_weak = answer.citations and shown_certainty(answer) == "weak"
    return [f"({labels_for(answer.language)['weak']})"] if is_weak else []


def shown_line(text: str) -> str:
    """Text on one line, without control characters."""
    return one_line(_CONTROLS.sub(" ", text))


def understood_text(answer: Answer) -> str:
    """How a question was understood, in its language; empty if it was taken as it is."""
    if answer.standalone in {"", answer.question}:
        return ""
    return shown_line(say(answer.language, "understood", question=answer.standalone))


def sources_text(answer: Answer) -> str:
    """The cited passages of an answer, else its near ones, in full with their places; or a line that there are none."""
    cited = [
        f"[{citation.number}] {place_text(citation.document_title, citation.section, citation.page)}\n"
        f"    {' '.join(_shown(citation).split())}"
        for citation in answer.citations or answer.near
    ]
    return _CONTROLS.sub(" ", "\n".join(cited)) if cited else "the last answer cites nothing"


def _shown(citation: Citation) -> str:
    """The passage of a citation; for a table's row, whose passage holds its values twice, only the quote."""
    is_row = "\t" in citation.text.partition("\n")[0]
    return citation.quote.replace("\t", " | ") if is_row else citation.text


def hit_text(hit: Hit, title: str) -> str:
    """A hit with its place and score; `title` is its document's. A table's row is shown as it is quoted, once."""
    passage = hit.passage
    text = passage.text[passage.quotable[0][0] :] if passage.kind == "table_row" else passage.text
    place = place_text(title, passage.place, passage.page)
    return f"{hit.rank}. {shown_line(place)}  ({hit.score:.3f})\n   {shown_line(text)}\n"


def place_text(title: str, section: str, page: int | None) -> str:
    """Where a passage stands: document, section, page."""
    return title + (f" – {section}" if section else "") + (f", p. {page}" if page else "")


def _source_lines(language: str, source: ShownSource) -> Iterator[str]:
    """A citation with its place and address, and the works that it cites with their nearest passages."""
    citation = source.citation
    place = place_text(citation.document_title, citation.section, citation.page)
    yield from ("", f"[{citation.number}] {_spaced(source.origin).lstrip()}{place}")
    if citation.url:
        yield f"    {citation.url}"
    for shown in source.works:
        yield f"    {shown.label}: {shown.entry}" + (f" ({shown.state})" if shown.state else "")
        if nearest := shown.cited.passage:
            yield f"        {say(language, 'nearest')}: {' '.join(nearest.quote.split())}"
            yield f"        {place_text(nearest.document_title, nearest.section, nearest.page)}"


def _near_lines(answer: Answer) -> Iterator[str]:
    """The near passages of an abstention, each with its place, under a line that says that they are not answers."""
    if answer.near:
        yield from ("", f"{say(answer.language, 'near')}:")
    for source in shown_near(answer):
        citation = source.citation
        place = place_text(citation.document_title, citation.section, citation.page)
        yield f"- {_spaced(source.origin).lstrip()}{place}"
        yield f"  {citation.quote}"


def _suggestion_lines(answer: Answer) -> Iterator[str]:
    """Questions that can be asked next."""
    if answer.suggestions:
        yield from ("", f"{say(answer.language, 'suggestions')}:")
        yield from (f"- {question}" for question in answer.suggestions)


def _spaced(origin: str) -> str:
    """An origin as it stands in a line: 〔論文〕 without spaces, (the paper) with one on each side."""
    return origin if origin[:1] in {"", "〔"} else f" {origin} "
