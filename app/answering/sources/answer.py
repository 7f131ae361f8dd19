"""Answers to questions about sources, from the bibliography and from what its works say themselves."""

import re
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace

from app.answering.budget import UNLIMITED, Budget
from app.answering.compose.source_words import say
from app.answering.sources.claim_answer import about_claim
from app.answering.sources.following import with_sources
from app.answering.sources.parts import abstained, cite, cite_entry, finished
from app.answering.sources.said import AnswerOf, said_by
from app.answering.sources.works import Sources, Work
from app.answering.types import Answer, Citation, Sentence
from app.answering.understand.source_dated import dated
from app.answering.understand.source_mention import LAST
from app.answering.understand.source_question import SourceQuestion, source_question
from retriever.index.open import Index
from retriever.text import fold
from retriever.types import Encoder, Hit

_MOST = 4  # works that an answer gives
_MOST_LISTED = 40  # where all are asked for
_OPENING = 200  # characters of a work's own text that say what it is about
_READ = 12  # passages at the beginning of a text among which its abstract is looked for
_ABSTRACT = re.compile(r"abstract|summary|要旨|概要|要約|摘要|초록|요약", re.IGNORECASE)
_WHO = re.compile(r"誰|著者|筆者|作者|編者|書いた|\bwho\b|\bauthors?\b|谁|누가|누구|저자")
_WHEN = re.compile(r"いつ|何年|年月日|日付|\bwhen\b|\b(?:year|date)\b|哪一?年|什么时候|언제|몇 ?년")


def answer_with_sources(
    question: str,
    answer_of: AnswerOf,
    index: Index,
    encoder: Encoder,
    sources: Sources,
    *,
    budget: Budget = UNLIMITED,
) -> Answer:
    """The answer to a question, with its sources told apart and, while `budget` lasts, followed.

    `answer_of` answers in the ordinary way, over an index.
    """
    started = time.perf_counter()
    asked = source_question(question)
    about = _about_sources(question, asked, answer_of, index, encoder, sources) if asked else None
    found = (
        about
        or _by_date(question, answer_of, index, sources)
        or _followed(answer_of(question, index), index, sources, budget)
    )
    total = (time.perf_counter() - started) * 1000
    spent = max(total - found.timings_ms.get("total", 0.0), 0.0)
    making = found.timings_ms.get("answer", 0.0) + spent
    return replace(found, timings_ms={**found.timings_ms, "answer": making, "total": total})


def _followed(usual: Answer, index: Index, sources: Sources, budget: Budget) -> Answer:
    """The answer with what its quotes cite; as it is when the time is spent."""
    return usual if budget.spent else with_sources(usual, index, sources)


def _about_sources(
    question: str, asked: SourceQuestion, answer_of: AnswerOf, index: Index, encoder: Encoder, sources: Sources
) -> Answer | None:
    """The answer to a question about sources; None where it has to be answered as any other."""
    if asked.asks == "claim":
        return about_claim(answer_of(question, index), asked, index, encoder, sources)
    listings = _listings(question, index, sources)
    if asked.asks == "name":
        works = [work for one in listings for work in sources.works(one).values() if _is_by(work, asked.words)]
        return _works_answer(answer_of(question, index), works[:_MOST], index, sources) if works else None
    usual = answer_of(question, index)
    if not listings:
        return abstained(usual, say(usual.language, "no_bibliography"))
    if asked.asks in {"count", "all"}:
        return (_counted if asked.asks == "count" else _listed)(usual, listings, index, sources)
    if asked.asks in {"read", "unread"}:
        return _by_state(usual, asked.asks == "read", listings, index, sources)
    return _numbered(usual, asked, answer_of, listings, index, sources)


def _by_date(question: str, answer_of: AnswerOf, index: Index, sources: Sources) -> Answer | None:
    """The answer to a question about works that it names by author and year; None where it names none."""
    listed = (work for one in _listings(question, index, sources) for work in sources.works(one).values())
    works, words = dated(question, listed)
    if not works:
        return None
    usual = answer_of(question, index)
    if not words:
        return _works_answer(usual, works[:_MOST], index, sources, more=True)
    said = said_by(usual, words, works[:_MOST], answer_of, index, sources)
    if said.confidence and not said.abstained:
        return said
    # other than a number, the author and the year may stand in what the paper itself says
    return said if usual.abstained else with_sources(usual, index, sources, asked=[work.cited() for work in works])


def _listings(question: str, index: Index, sources: Sources) -> list[str]:
    """The documents whose bibliographies are meant: those whose titles the question gives, else all."""
    found = sources.bibliographies()
    named = [one for one in found if fold(index.documents[one].title) in fold(question)]
    return named or found


def _numbered(
    usual: Answer,
    asked: SourceQuestion,
    answer_of: AnswerOf,
    listings: Sequence[str],
    index: Index,
    sources: Sources,
) -> Answer:
    numbers = asked.numbers
    lists = [sources.works(one) for one in listings]
    found = [
        works[_last(works) if number == LAST else number]
        for works in lists
        for number in numbers
        if number in works or number == LAST
    ]
    if not found:
        longest = max(lists, key=_last)
        return abstained(usual, say(usual.language, "no_such_number", number=numbers[0], count=_last(longest)))
    notes = [say(usual.language, "several_lists", count=len(lists))] if len(lists) > 1 else []
    notes += [
        say(usual.language, "no_such_number", number=number, count=_last(lists[0]))
        for number in numbers
        if number != LAST and all(number not in works for works in lists)
    ]
    if asked.words:
        return said_by(usual, asked.words, found[:_MOST], answer_of, index, sources, notes=notes)
    return _works_answer(usual, found[:_MOST], index, sources, notes=notes, more=True)


def _last(works: dict[int, Work]) -> int:
    """The number of the last entry of the bibliography; works that only the text names come after it."""
    return max((number for number, work in works.items() if work.record.get("listed", True)), default=0)


def _counted(usual: Answer, listings: Sequence[str], index: Index, sources: Sources) -> Answer:
    citations: list[Citation] = []
    sentences = []
    for one in listings[:_MOST]:
        works = sources.works(one)
        last = _last(works)
        ends = [works[number] for number in dict.fromkeys((1, last)) if number in works]
        cited = [cite_entry(work, len(citations) + place, index) for place, work in enumerate(ends, 1) if work.hit]
        more = len(works) - last
        text = say(usual.language, "count_and_named" if more else "count", count=last, more=more)
        named = text if len(listings) == 1 else f"{index.documents[one].title}: {text}"
        sentences.append(Sentence(named, tuple(citation.number for citation in cited)))
        citations += cited
    return finished(usual, citations, sentences, (), index, sources, noted=False)


def _listed(usual: Answer, listings: Sequence[str], index: Index, sources: Sources) -> Answer:
    works = [work for one in listings for work in sources.works(one).values() if work.hit]
    shown = works[:_MOST_LISTED]
    notes = [say(usual.language, "first_of", shown=len(shown), count=len(works))] if len(works) > len(shown) else []
    citations = [cite_entry(work, number, index) for number, work in enumerate(shown, 1)]
    return finished(usual, citations, [], notes, index, sources)


def _by_state(usual: Answer, read: bool, listings: Sequence[str], index: Index, sources: Sources) -> Answer:
    """The works whose texts were read, or those whose were not, with how many they are."""
    works = [work for one in listings for work in sources.works(one).values()]
    found = [work for work in works if (work.document_id is not None) == read]
    shown = [work for work in found if work.hit][:_MOST_LISTED]
    citations = [cite_entry(work, number, index) for number, work in enumerate(shown, 1)]
    count = say(usual.language, "were_read" if read else "were_unread", shown=len(found), count=len(works))
    entries = [Sentence(one.quote, (one.number,)) for one in citations]
    return finished(usual, citations, [Sentence(count, ()), *entries], (), index, sources)


def _works_answer(
    usual: Answer,
    works: Sequence[Work],
    index: Index,
    sources: Sources,
    *,
    notes: Sequence[str] = (),
    more: bool = False,
) -> Answer:
    """The entries of the works; with `more`, what a record says of each, and the opening of its text where read."""
    citations: list[Citation] = []
    for work in works:
        if work.hit is None:
            continue
        entry = cite_entry(work, len(citations) + 1, index)
        citations.append(_marked(entry, work, usual.question))
        if more:
            for hit, start, end in _about(work, index):
                said = cite(hit, start, end, len(citations) + 1, index)
                citations.append(replace(said, reference=work.number))
    return finished(usual, citations, [], notes, index, sources)


def _about(work: Work, index: Index) -> Iterator[tuple[Hit, int, int]]:
    """(hit, start, end) of what a record made by hand says of the work, and of the opening of its own text."""
    described = work.description or work.hit
    if described and "\n" in described.passage.text and (work.description or work.record.get("description")):
        yield described, described.passage.text.index("\n") + 1, len(described.passage.text)
    if work.document_id:
        opening = _opening(work.document_id, index)
        if opening:
            yield opening


def _opening(document_id: str, index: Index) -> tuple[Hit, int, int] | None:
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


def _is_by(work: Work, name: str) -> bool:
    """Whether a name is that of the work's first author, of its publisher or of what it appeared in."""
    wanted = _squeezed(name)
    names = (*work.record["authors"], work.record["container"], work.record["publisher"])
    known = [_squeezed(one) for one in names if one]
    return len(wanted) > 1 and any(one in wanted or wanted in one for one in known if len(one) > 1)


def _squeezed(name: str) -> str:
    return re.sub(r"[\W_]+", "", fold(name))


def _marked(citation: Citation, work: Work, question: str) -> Citation:
    """The citation of an entry with what is asked of it marked: who, when, or what it is called."""
    folded = fold(question)
    wanted = work.record["title"]
    if _WHO.search(folded) and work.record["authors"]:
        wanted = work.record["authors"][0]
    elif _WHEN.search(folded) and work.record["date_text"]:
        wanted = work.record["date_text"]
    start = citation.quote.find(str(wanted))
    if start < 0 or not wanted:
        return citation
    start += citation.quote_start
    return replace(citation, span=str(wanted), span_start=start, span_end=start + len(str(wanted)))
