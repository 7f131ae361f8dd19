"""Answer from the bibliographies: entries, counts, lists, states, and what works say in their own texts."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from app.answering.compose.extractive import digest_note, reading_notes, with_sources
from app.answering.compose.messages import say
from app.answering.read.sentences import Reading
from app.answering.sources.citing import citing_answer, uncited_answer
from app.answering.sources.parts import (
    MOST_LISTED,
    abstention,
    chosen_works,
    cite,
    cite_entry,
    cited_answer,
    first_of,
)
from app.answering.types import Answer, Citation, Kind, Sentence
from app.answering.understand.question import Question
from app.answering.understand.sources.lookup import last_listed
from app.answering.works import MOST_WORKS, Sources, texts_of
from ingest.references.cited_work import CitedWork
from retriever.index.search import Index
from retriever.types import Hit

_UNTRIED = frozenset({"not-tried", "no-address"})  # states of works that no fetch has tried to read
_OPENING = 200  # characters of a work's own text that say what it is about
_READ = 12  # first passages of a text, in which its abstract is looked for
_ABSTRACT = re.compile(r"abstract|summary|要旨|概要|要約|摘要|초록|요약", re.IGNORECASE)


def bibliography_answer(reading: Reading, sources: Sources, *, k: int) -> Answer:
    """The answer to a question about entries, or about the bibliographies as a whole."""
    question = reading.terms.question
    if problem := _problem(question, sources):
        return abstention(reading, problem, (), sources, k=k)
    if question.request and question.request.some:
        return chosen_works(reading, question.lookup.works, "were_chosen", sources, k=k)
    if question.asks == "entry":
        return _entries(reading, number_notes(reading, sources), sources, k=k)
    return _ANSWERS[question.asks](reading, sources, k=k)


def _problem(question: Question, sources: Sources) -> str | None:
    """A message that says why the bibliographies cannot answer, in the question's language; None if they can."""
    language, lookup = question.language, question.lookup
    if question.asks == "pointing":
        return say(language, "which_claim")
    if not lookup.listings:
        return say(language, "no_bibliography")
    if question.asks == "entry" and not lookup.works:
        longest = max(last_listed(sources.works(name)) for name in lookup.listings)
        return say(language, "no_such_number", number=lookup.missing[0], count=longest)
    return None


def number_notes(reading: Reading, sources: Sources) -> list[str]:
    """Notes on the numbers asked for: numbers that do not exist, or that several lists have."""
    question = reading.terms.question
    request, language = question.request, question.language
    if request is None or not request.numbers:
        return []
    lists = [sources.works(name) for name in question.lookup.listings]
    notes = [say(language, "several_lists", count=len(lists))] if len(lists) > 1 else []
    notes += [
        say(language, "no_such_number", number=number, count=last_listed(lists[0]))
        for number in question.lookup.missing
    ]
    return notes


def _counted(reading: Reading, sources: Sources, *, k: int) -> Answer:
    """The number of works in each of the first bibliographies, with its first and last entry."""
    index, question = sources.index, reading.terms.question
    listings, notes = first_of(question.lookup.listings, MOST_WORKS, question.language, "first_lists")
    citations: list[Citation] = []
    sentences = []
    for name in listings:
        works = sources.works(name)
        last = last_listed(works)
        ends = [works[number] for number in dict.fromkeys((1, last)) if number in works]
        cited = [cite_entry(work, len(citations) + place, index) for place, work in enumerate(ends, 1) if work.hit]
        more = len(works) - last
        text = say(question.language, "count_and_named" if more else "count", count=last, more=more)
        titled = text if len(listings) == 1 else f"{index.documents[name].title}: {text}"
        sentences.append(Sentence(titled, tuple(citation.number for citation in cited)))
        citations += cited
    return cited_answer(reading, citations, sentences, notes, sources, k=k, noted=False)


def _listed(reading: Reading, sources: Sources, *, k: int) -> Answer:
    """The entries of all works, at most `MOST_LISTED`."""
    question = reading.terms.question
    works = [work for name in question.lookup.listings for work in sources.works(name).values() if work.hit]
    shown, notes = first_of(works, MOST_LISTED, question.language)
    citations = [cite_entry(work, number, sources.index) for number, work in enumerate(shown, 1)]
    return cited_answer(reading, citations, [], notes, sources, k=k)


def _by_state(reading: Reading, sources: Sources, *, k: int) -> Answer:
    """The works whose texts were read, or those whose texts were not, with their number."""
    could_read = reading.terms.question.asks == "read"
    works = [work for name in reading.terms.question.lookup.listings for work in sources.works(name).values()]
    of_state = [work for work in works if (work.document_id is not None) == could_read]
    is_tried = any(work.state not in _UNTRIED for work in works)
    unread = "were_unread" if is_tried else "were_untried"
    return chosen_works(reading, of_state, "were_read" if could_read else unread, sources, k=k)


def _entries(reading: Reading, notes: Sequence[str], sources: Sources, *, k: int) -> Answer:
    """The entries of the works, each followed by the description in its record and the opening of its text, if any."""
    citations: list[Citation] = []
    question = reading.terms.question
    for work in question.lookup.works[:MOST_WORKS]:
        if work.hit is None:
            continue
        entry = cite_entry(work, len(citations) + 1, sources.index)
        citations.append(_marked(entry, work, question.kind))
        for hit, start, end in _about(work, sources.index):
            passage_citation = cite(hit, start, end, len(citations) + 1, sources.index)
            citations.append(replace(passage_citation, reference=work.number))
    return cited_answer(reading, citations, [], notes, sources, k=k)


def _about(work: CitedWork, index: Index) -> Iterator[tuple[Hit, int, int]]:
    """(hit, start, end) of the description in a handmade record of the work, and of the opening of its own text."""
    described = work.description or work.hit
    if described and "\n" in described.passage.text and (work.description or work.entry.description):
        yield described, described.passage.text.index("\n") + 1, len(described.passage.text)
    if work.document_id:
        opening = _opening(work.document_id, index)
        if opening:
            yield opening


def _opening(document_id: str, index: Index) -> tuple[Hit, int, int] | None:
    """The first sentences of a document's abstract, or of its text."""
    record = index.documents[document_id]
    rows = range(record.first, min(record.first + record.count, record.first + _READ))
    hits = [Hit(index.passage(row), 0.0, 0, row) for row in rows]
    texts = [hit for hit in hits if hit.passage.kind in {"paragraph", "list_item"}]
    best = next((hit for hit in texts if _ABSTRACT.search(hit.passage.section)), texts[0] if texts else None)
    if best is None:
        return None
    spans = [span for span in best.passage.quotable if span[1] - best.passage.quotable[0][0] <= _OPENING]
    start, end = best.passage.quotable[0]
    return best, start, spans[-1][1] if spans else end


def _marked(citation: Citation, work: CitedWork, kind: Kind) -> Citation:
    """The citation of an entry, with the requested part marked: author, date or title."""
    of_kind = {"person": work.entry.authors[0] if work.entry.authors else "", "date": work.entry.date_text}
    wanted = of_kind.get(kind) or work.entry.title
    start = citation.quote.find(wanted)
    if start < 0 or not wanted:
        return citation
    start += citation.quote_start
    return replace(citation, span=wanted, span_start=start, span_end=start + len(wanted))


def text_answer(quoted: Answer, reading: Reading, sources: Sources, *, k: int) -> Answer:
    """The answer to what works say: `quoted` from their own texts if these were read, else from the paper."""
    question = reading.terms.question
    works, language = question.lookup.works[:MOST_WORKS], question.language
    notes = number_notes(reading, sources)
    if not texts_of(works):
        return _answer_from_paper(quoted, reading, notes, sources, k=k)
    if quoted.abstained:
        numbers = say(language, "separator").join(map(str, sorted({work.number for work in works})))
        text = say(language, "not_in_text", number=numbers)
        unread = reading_notes(language, works)
        return abstention(reading, text, [*notes, *unread], sources, k=k)
    return with_sources(replace(quoted, notes=tuple(notes)), sources, named=works)


def _answer_from_paper(quoted: Answer, reading: Reading, notes: Sequence[str], sources: Sources, *, k: int) -> Answer:
    """Quotes of the paper where it cites the works, if these answer the question; then the works' entries."""
    question = reading.terms.question
    works, language = question.lookup.works[:MOST_WORKS], question.language
    wanted = {(work.listed_in, work.number) for work in works}
    answer = with_sources(quoted, sources)
    citing = [
        citation
        for citation in answer.citations
        if wanted & {(cited.work.listed_in, cited.work.number) for cited in citation.cites}
    ]
    citations = [replace(citation, number=number) for number, citation in enumerate(citing, 1)]
    for work in works:
        if work.hit:
            citations.append(cite_entry(work, len(citations) + 1, sources.index))
    notes = [*notes, say(language, "said_citing" if citing else "said_unread")]
    notes += digest_note(language, citing, sources.index)
    return cited_answer(reading, citations, [], notes, sources, k=k, confidence=answer.confidence if citing else 0.0)


_ANSWERS = {
    "count": _counted,
    "list": _listed,
    "read": _by_state,
    "unread": _by_state,
    "uncited": uncited_answer,
    "citing": citing_answer,
}
