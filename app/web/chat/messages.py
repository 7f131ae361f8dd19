"""What the chat shows: answers and questions as HTML in which every foreign word is escaped.

A message is one HTML block without a line break: Markdown (CommonMark 0.31, 4.6, kind 6) leaves such a block alone
up to the next blank line, so nothing in a passage is taken for Markdown, HTML or a formula.
"""

import re
from collections.abc import Sequence
from html import escape

from app.answering.compose.messages import say
from app.answering.compose.shown import ShownSentence, ShownWork, shown_sentences, shown_sources
from app.answering.types import Answer, Citation, SourcePassage
from app.web.labels import labels_for
from app.web.pages.source_view import is_web_address, source_address

_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]+")


def literal(text: str) -> str:
    """Text that shows as itself: escaped, on one line, without controls, those that turn its direction included."""
    return escape(_CONTROLS.sub(" ", text).strip())


def question_html(question: str) -> str:
    """What the person asked."""
    return f'<div class="tenkyo-question">{literal(question)}</div>'


def searching_html(text: str) -> str:
    """What stands in the answer's place until it comes."""
    return f'<div class="tenkyo-searching">{literal(text)}</div>'


def answer_html(answer: Answer, sentences: int | None = None) -> str:
    """The answer, or its first `sentences` while it is streamed; the sources follow when it is whole."""
    if answer.abstained or not answer.sentences:
        said = f"<p>{literal(answer.text)}</p>{_notes(answer)}"
        return f'<div class="tenkyo-absent">{_understood(answer)}{said}</div>'
    shown = shown_sentences(answer)
    parts = [
        f"<p>{_marked(sentence)}{''.join(map(_number_link, sentence.citations))}{_origin(sentence.origin)}</p>"
        for sentence in shown[:sentences]
    ]
    whole = sentences is None or sentences >= len(shown)
    parts = [_understood(answer), *parts, _sources(answer) + _notes(answer) if whole else ""]
    return f'<div class="tenkyo-answer">{"".join(parts)}</div>'


def _understood(answer: Answer) -> str:
    """The question as it was understood, where something was taken over from the conversation."""
    if answer.standalone in {"", answer.question}:
        return ""
    understood = say(answer.language, "understood", question=answer.standalone)
    return f'<p class="tenkyo-label">{literal(understood)}</p>'


def _marked(sentence: ShownSentence) -> str:
    """A sentence with the words that answer set off."""
    if not sentence.marked:
        return literal(sentence.text)
    before, marked, after = (
        escape(_CONTROLS.sub(" ", part)) for part in (sentence.before, sentence.marked, sentence.after)
    )
    return f"{before}<strong>{marked}</strong>{after}"


def _origin(label: str) -> str:
    """Whose words they are, where that is known."""
    return f'<span class="tenkyo-origin">{literal(label)}</span>' if label else ""


def _notes(answer: Answer) -> str:
    return "".join(f'<p class="tenkyo-label">{literal(note)}</p>' for note in answer.notes)


def _address(citation: Citation) -> str:
    return escape(source_address(citation.document_id, citation.passage_id, citation.quote_start, citation.quote_end))


def _number_link(citation: Citation) -> str:
    return f'<a class="tenkyo-cite" href="{_address(citation)}">[{citation.number}]</a>'


def _sources(answer: Answer) -> str:
    """The numbered list under an answer: title, section, page."""
    labels = labels_for(answer.language)
    items = []
    for source in shown_sources(answer):
        one = source.citation
        page = labels["page"].format(page=one.page) if one.page is not None else ""
        place = " · ".join(literal(part) for part in (one.section, page) if part)
        items.append(
            f'<li><a class="tenkyo-source" href="{_address(one)}"><span class="tenkyo-number">[{one.number}]</span>'
            f"{literal(one.document_title)}</a>{_origin(source.origin)}"
            f"{f' <span>{place}</span>' if place else ''}{_out(one.url)}{_works(answer.language, source.works)}</li>"
        )
    return f'<p class="tenkyo-label">{literal(labels["sources"])}</p><ul class="tenkyo-sources">{"".join(items)}</ul>'


def _works(language: str, works: Sequence[ShownWork]) -> str:
    """What a quote cites: each entry, the state of the work's text where it is not there whole, the nearest passage."""
    items = "".join(_work(language, shown) for shown in works)
    return f'<ul class="tenkyo-cites">{items}</ul>' if items else ""


def _work(language: str, shown: ShownWork) -> str:
    cited, entry = shown.cited, literal(shown.entry)
    if hit := cited.work.hit:
        address = escape(source_address(hit.passage.document_id, hit.passage.id))
        entry = f'<a class="tenkyo-entry" href="{address}">{entry}</a>'
    state = f" ({literal(shown.state)})" if shown.state else ""
    nearest = f"<br>{_nearest(language, cited.passage)}" if cited.passage else ""
    return f"<li>{literal(shown.label)}: {entry}{_out(cited.work.url)}{state}{nearest}</li>"


def _nearest(language: str, one: SourcePassage) -> str:
    address = escape(source_address(one.document_id, one.passage_id, one.quote_start, one.quote_end))
    return f'{literal(say(language, "nearest"))}: <a class="tenkyo-nearest" href="{address}">{literal(one.quote)}</a>'


def _out(url: str | None) -> str:
    """A link to where a source lies on the web."""
    if not is_web_address(url):
        return ""
    return f' <a class="tenkyo-out" href="{literal(url)}" target="_blank" rel="noopener noreferrer">↗</a>'


def header_html(titles: dict[str, str], language: str) -> str:
    """The head of the page: its name, what it does, and what is indexed: links to the documents, at most twelve."""
    labels = labels_for(language)
    links = [
        f'<a href="{escape(source_address(document_id))}" target="_blank">{literal(title)}</a>'
        for document_id, title in list(titles.items())[:12]
    ]
    more = f" … ({len(titles)})" if len(titles) > 12 else ""
    documents = f"<p>{literal(labels['documents'])}: {' · '.join(links)}{more}</p>" if links else ""
    return f"<h1>{literal(labels['title'])}</h1><p>{literal(labels['tagline'])}</p>{documents}"
