"""Answers to questions about sources, from the bibliography and from what its works say themselves."""

import re
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

import numpy as np

from app.answering.frames import abstention_text, frame_of
from app.answering.source_question import LAST, SourceQuestion, source_question
from app.answering.source_words import say
from app.answering.sources import Sources, Work, cited_by, with_sources
from app.answering.types import Answer, Citation, CitedWork, Sentence
from retriever.index import Index
from retriever.text import fold, language_of, words
from retriever.types import Hit, Passage

_METHOD = "bibliography"
_MOST = 4  # works that an answer gives
_BY_TITLE, _SHARED = 0.5, 3  # share of a title's words, and how many of them, that a claim holds where it is about it
_OPENING = 200  # characters of a work's own text that say what it is about
_READ = 12  # passages at the beginning of a text among which its abstract is looked for
_ABSTRACT = re.compile(r"abstract|summary|要旨|概要|要約|摘要|초록|요약", re.IGNORECASE)
_WHO = re.compile(r"誰|著者|筆者|作者|編者|書いた|\bwho\b|\bauthors?\b|谁|누가|누구|저자")
_WHEN = re.compile(r"いつ|何年|年月日|日付|\bwhen\b|\b(?:year|date)\b|哪一?年|什么时候|언제|몇 ?년")

AnswerOf = Callable[[str], Answer]


def answer_with_sources(question: str, answer_of: AnswerOf, index: Index, sources: Sources) -> Answer:
    """The answer to a question, with its sources told apart and followed; `answer_of` answers in the ordinary way."""
    started = time.perf_counter()
    asked = source_question(question)
    about = _about_sources(question, asked, answer_of, index, sources) if asked else None
    found = about or with_sources(answer_of(question), index, sources)
    total = (time.perf_counter() - started) * 1000
    spent = max(total - found.timings_ms.get("total", 0.0), 0.0)
    return replace(found, timings_ms={**found.timings_ms, "sources": spent, "total": total})


def _about_sources(
    question: str, asked: SourceQuestion, answer_of: AnswerOf, index: Index, sources: Sources
) -> Answer | None:
    """The answer to a question about sources; None where it has to be answered as any other."""
    if asked.asks == "claim":
        return _about_claim(question, asked.words, answer_of, index, sources)
    listings = _listings(question, index, sources)
    if asked.asks == "name":
        works = [work for one in listings for work in sources.works(one).values() if _is_by(work, asked.words)]
        return _works_answer(answer_of(question), works[:_MOST], index, sources) if works else None
    usual = answer_of(question)
    if not listings:
        return _abstained(usual, say(usual.language, "no_bibliography"))
    if asked.asks == "count":
        return _counted(usual, listings, index, sources)
    return _numbered(usual, asked.numbers, listings, index, sources)


def _listings(question: str, index: Index, sources: Sources) -> list[str]:
    """The documents whose bibliographies are meant: those whose titles the question gives, else all."""
    found = sources.bibliographies()
    named = [one for one in found if fold(index.documents[one].title) in fold(question)]
    return named or found


def _numbered(usual: Answer, numbers: Sequence[int], listings: Sequence[str], index: Index, sources: Sources) -> Answer:
    lists = [sources.works(one) for one in listings]
    found = [
        works[_last(works) if number == LAST else number]
        for works in lists
        for number in numbers
        if number in works or number == LAST
    ]
    if not found:
        longest = max(lists, key=_last)
        return _abstained(usual, say(usual.language, "no_such_number", number=numbers[0], count=_last(longest)))
    notes = [say(usual.language, "several_lists", count=len(lists))] if len(lists) > 1 else []
    notes += [
        say(usual.language, "no_such_number", number=number, count=_last(lists[0]))
        for number in numbers
        if number != LAST and all(number not in works for works in lists)
    ]
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
        cited = [_entry(work, len(citations) + place, index) for place, work in enumerate(ends, 1) if work.hit]
        more = len(works) - last
        text = say(usual.language, "count_and_named" if more else "count", count=last, more=more)
        named = text if len(listings) == 1 else f"{index.documents[one].title}: {text}"
        sentences.append(Sentence(named, tuple(citation.number for citation in cited)))
        citations += cited
    return _finished(usual, citations, sentences, (), index, sources)


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
        entry = _entry(work, len(citations) + 1, index)
        citations.append(_marked(entry, work, usual.question))
        if more:
            for hit, start, end in _about(work, index):
                citations.append(_citation(hit, start, end, len(citations) + 1, index))
    unread = [work.cited() for work in works if work.document_id is None] if more else []
    return _finished(usual, citations, [], notes, index, sources, unread=unread)


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


def _about_claim(question: str, claim: str, answer_of: AnswerOf, index: Index, sources: Sources) -> Answer | None:
    language = language_of(question)
    usual = replace(answer_of(claim or question), question=question, language=language)
    if not claim:
        return _abstained(usual, say(language, "which_claim"))
    if not sources.bibliographies():
        return None
    if usual.abstained:
        return _abstained(usual, abstention_text(language, usual.hits, usual.document_titles))
    digest = (
        frame_of(language).digest if any(index.documents[one.document_id].digest_of for one in usual.citations) else ""
    )
    said = next((one for one in usual.citations if _says(one, index, sources)), None)
    if said is None:
        return _by_title(usual, claim, None, index, sources, [])
    said = replace(said, number=1)
    cites = cited_by(said, index, sources)
    if not cites:
        notes = [digest, say(language, "uncited"), _nearby(language, said, index, sources)]
        return _by_title(usual, claim, said, index, sources, [note for note in notes if note])
    citations = [said]
    for cited in cites[:_MOST]:
        work = sources.works(said.document_id)[cited.number]
        if work.hit:
            citations.append(_entry(work, len(citations) + 1, index))
        if cited.passage:
            citations.append(_nearest(cited, len(citations) + 1, index))
    return _finished(usual, citations, [], [digest] if digest else [], index, sources)


def _says(citation: Citation, index: Index, sources: Sources) -> bool:
    """Whether a citation quotes what the paper says, not its front matter nor an entry of its bibliography."""
    row = sources.row(citation.document_id, citation.passage_id)
    passage = index.passage(row) if row is not None else None
    if passage is None or passage.kind == "bibliographic":
        return False
    return sources.origin(passage)[0] in {"paper", "digest"}


def _nearby(language: str, said: Citation, index: Index, sources: Sources) -> str:
    """Which works the paragraph of a sentence cites that cites none itself."""
    row = sources.row(said.document_id, said.passage_id)
    numbers = dict.fromkeys(n for place in index.passage(row).cites for n in place.numbers) if row is not None else ()
    works = [work for number, work in sources.works(said.document_id).items() if number in numbers]
    return say(language, "nearby", works=_names(language, works)) if works else ""


def _by_title(
    usual: Answer, claim: str, said: Citation | None, index: Index, sources: Sources, notes: list[str]
) -> Answer:
    """The sentence, and the works whose titles are about the same; that it cites them is not said."""
    text = f"{claim} {said.quote if said else ''}"
    listing = said.document_id if said else sources.bibliographies()[0]
    works = _alike(text, list(sources.works(listing).values()), index)
    citations = [said] if said else []
    citations += [_entry(work, len(citations) + place, index) for place, work in enumerate(works, 1)]
    if works:
        notes.append(say(usual.language, "by_title", works=_names(usual.language, works)))
    if not citations:
        return _abstained(usual, abstention_text(usual.language, usual.hits, usual.document_titles))
    return _finished(usual, citations, [], notes, index, sources)


def _alike(text: str, works: Sequence[Work], index: Index) -> list[Work]:
    """At most two works most of whose title, weighed by how rare its words are, stands in a text."""
    held = set(words(text))
    found = []
    for work in works:
        tokens = list(dict.fromkeys(words(str(work.record["title"]))))
        weights = np.asarray(index.words.idf(tokens))
        shared = np.array([token in held for token in tokens], dtype=bool)
        share = float(weights[shared].sum() / weights.sum()) if tokens and weights.sum() else 0.0
        if work.hit and share >= _BY_TITLE and shared.sum() >= _SHARED:
            found.append((-share, work.number, work))
    return [work for _, _, work in sorted(found)[:2]]


def _names(language: str, works: Sequence[Work]) -> str:
    named = []
    for work in works:
        authors = ", ".join(work.record["authors"])
        title = f"{frame_of(language).quote_open}{work.record['title']}{frame_of(language).quote_close}"
        label = say(language, "reference", number=work.number)
        named.append(f"{label}{'' if language in {'ja', 'zh'} else ' '}{authors}{title}")
    return say(language, "separator").join(named)


def _is_by(work: Work, name: str) -> bool:
    """Whether a name is that of the work's first author, of its publisher or of what it appeared in."""
    wanted = _squeezed(name)
    names = (*work.record["authors"], work.record["container"], work.record["publisher"])
    known = [_squeezed(one) for one in names if one]
    return len(wanted) > 1 and any(one in wanted or wanted in one for one in known if len(one) > 1)


def _squeezed(name: str) -> str:
    return re.sub(r"[\W_]+", "", fold(name))


def _entry(work: Work, number: int, index: Index) -> Citation:
    """The entry of a work, without what a record made by hand says of it."""
    assert work.hit is not None  # noqa: S101 - callers have looked; mypy cannot know
    text = work.hit.passage.text
    has_more = (
        "\n" in text
        and work.record.get("description")
        and index.documents[work.hit.passage.document_id].kind == "references"
    )
    return _citation(work.hit, 0, text.index("\n") if has_more else len(text), number, index)


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


def _nearest(cited: CitedWork, number: int, index: Index) -> Citation:
    """What a cited work itself says, as a citation."""
    assert cited.passage is not None  # noqa: S101 - callers have looked; mypy cannot know
    one = cited.passage
    return Citation(
        number=number,
        passage_id=one.passage_id,
        document_id=one.document_id,
        document_title=one.document_title,
        section=one.section,
        page=one.page,
        quote=one.quote,
        text=one.text,
        quote_start=one.quote_start,
        quote_end=one.quote_end,
        score=one.score,
        url=index.documents[one.document_id].url,
    )


def _citation(hit: Hit, start: int, end: int, number: int, index: Index) -> Citation:
    passage: Passage = hit.passage
    return Citation(
        number=number,
        passage_id=passage.id,
        document_id=passage.document_id,
        document_title=index.documents[passage.document_id].title,
        section=passage.section,
        page=passage.page_at(start),
        quote=passage.text[start:end],
        text=passage.text,
        quote_start=start,
        quote_end=end,
        score=1.0,
        url=passage.url,
    )


def _abstained(usual: Answer, text: str) -> Answer:
    return replace(
        usual, abstained=True, confidence=0.0, method=_METHOD, text=text, sentences=(), citations=(), notes=()
    )


def _finished(
    usual: Answer,
    citations: Sequence[Citation],
    sentences: Sequence[Sentence],
    notes: Sequence[str],
    index: Index,
    sources: Sources,
    *,
    unread: Sequence[CitedWork] = (),
) -> Answer:
    """The answer that gives the citations as they stand, or in the sentences made of them."""
    said = tuple(sentences) or tuple(Sentence(one.quote, (one.number,)) for one in citations)
    text = " ".join(f"{one.text} {''.join(f'[{number}]' for number in one.citations)}" for one in said)
    titles = {one.document_id: one.document_title for one in citations}
    built = replace(
        usual,
        abstained=False,
        confidence=1.0 if usual.abstained else usual.confidence,
        method=_METHOD,
        text=text,
        sentences=said,
        citations=tuple(citations),
        hits=_hits(usual, citations, index, sources),
        notes=tuple(notes),
        document_titles={**usual.document_titles, **titles},
    )
    return with_sources(built, index, sources, unread=unread)


def _hits(usual: Answer, citations: Sequence[Citation], index: Index, sources: Sources) -> tuple[Hit, ...]:
    """The passages that the answer cites, then those found in the ordinary way, as many as were asked for."""
    rows = dict.fromkeys(sources.row(one.document_id, one.passage_id) for one in citations)
    first = [Hit(index.passage(row), 1.0, 0, row) for row in rows if row is not None]
    rest = [hit for hit in usual.hits if hit.row not in rows]
    merged = [*first, *rest][: max(len(usual.hits), 1)]
    return tuple(replace(hit, rank=rank) for rank, hit in enumerate(merged, 1))
