"""Answer without a language model: quote the sentences that answer, or say that the documents have no answer.

Each quote is labelled with its source. The works that it cites are followed to the nearest sentence in each of them.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from app.answering.compose.messages import say, state_word
from app.answering.decide.confidence import Decision
from app.answering.read.enumeration import enumerated
from app.answering.read.sentences import OF_TABLES, Candidate, Reading
from app.answering.read.table_answer import asked_cell, names_cell, without_unit
from app.answering.types import SURE, Answer, Citation, CitedSource, Sentence
from app.answering.understand.question import QuestionTerms
from app.answering.works import Sources, likeliest
from ingest.references.cited_work import CitedWork
from ingest.references.fetch_record import State
from retriever.cross_lingual.terms import share_words
from retriever.index.search import Index
from retriever.text import content_words, fold, morphemes, without_space, words
from retriever.types import Hit, Passage, Vectors

# Limits on the total characters of the quotes and on the number of sentences, so that answers stay short.
_CHARACTERS, _SENTENCES = 300, 4
# A further sentence is quoted if its log-odds are at most `_WITHIN` below those of the first; at most `_WITHIN_SURE` if
# the first surely tells what is asked for (a figure, a date, a person).
_WITHIN, _WITHIN_SURE = 5.4, 3.5
_READ = 20  # nearest sentences of a cited work, by vector, whose figures are compared
_FIGURE, _MOST_FIGURES = 0.02, 2  # added to the cosine for each figure that both sentences give, at most twice
_FIGURES = re.compile(r"\d+(?:\.\d+)?(?:%|(?<=\d\d))")  # a single digit is not distinctive
_ROW_AMONG, _MOST_ROWS = 3, 12  # first sentences among which a row is looked for; rows of a table that are quoted
_UNQUOTED = frozenset({"entry", "bibliographic", "caption"})
# Openings of sentences whose subject is in the previous sentence.
_POINTS_BACK = re.compile(
    r"(?:これ|それ|この|その|同(?:じ|氏|社|政権|調査|年|国)|彼|彼女|This|That|These|Those|It|They|He|She)(?![A-Za-z])"
)
# Openings of sentences that explain the previous sentence.
_GOES_ON = re.compile(
    r"(?:それは|これは|すなわち|つまり|というのは|なぜなら|具体的には"
    r"|That is|This is because|This means|Namely|In other words)"
)


def quoted_answer(reading: Reading, decision: Decision, index: Index, *, k: int) -> Answer:
    """The sentences that answer, verbatim and cited, or an abstention; with the first `k` hits."""
    question, ranked = reading.terms.question, reading.sentences
    titles = titles_of(reading.hits, index)
    chosen: list[Candidate] = []
    if not decision.abstained:
        items = enumerated(ranked, index) if question.wants_list else []
        is_sure = decision.confidence >= SURE and question.needed_form is not None
        chosen = choose(ranked, items, within=_WITHIN_SURE if is_sure else _WITHIN)
        chosen = all_rows(reading.terms, ranked, index) or _of_cell(reading, chosen) or with_referents(chosen)
    citations = tuple(_citation(number, sentence, reading, titles) for number, sentence in enumerate(chosen, 1))
    sentences = tuple(Sentence(sentence.text, (number,)) for number, sentence in enumerate(chosen, 1))
    return Answer(
        question=question.text,
        language=question.language,
        abstained=decision.abstained,
        confidence=decision.confidence,
        method="extractive",
        text=text_of(sentences) if chosen else say(question.language, "not_found"),
        sentences=sentences,
        citations=citations,
        hits=reading.hits[:k],
        notes=digest_note(question.language, citations, index),
        document_titles=titles,
    )


def _of_cell(reading: Reading, chosen: Sequence[Candidate]) -> list[Candidate]:
    """If the question names a cell of a chosen row: this row and the chosen sentences with its value; else none."""
    for row in (sentence for sentence in chosen if sentence.hit.passage.kind == "table_row"):
        place = row.hit.passage, (row.start, row.end)
        cell = asked_cell(reading.terms, *place) if names_cell(reading.terms, *place) else None
        if cell:
            value = rf"(?<![\d.,]){re.escape(row.hit.passage.text[slice(*cell)])}(?![\d.,]*\d)"
            return [row, *(other for other in chosen if other is not row and re.search(value, other.text))]
    return []


def all_rows(terms: QuestionTerms, ranked: Sequence[Candidate], index: Index) -> list[Candidate]:
    """All rows of the best sentence's table, at most twelve, if the question asks for a whole column; else none.

    It does if all of its content words stand in the row's context (column names, caption), all words of a column's name
    are among them, and it holds no cell's value.
    """
    if ranked[0].hit.passage.kind not in OF_TABLES:
        return []
    rows = [sentence for sentence in ranked[:_ROW_AMONG] if sentence.hit.passage.kind == "table_row"]
    if not rows or not share_words(terms.query.language, rows[0].hit.passage.language):
        return []
    best, passage, question = rows[0], rows[0].hit.passage, fold(terms.question.searched)
    asking = {morpheme.surface for morpheme in morphemes(question) if morpheme.pos[0] == "代名詞"}
    asked = set(content_words(question)) - asking
    columns = [set(words(without_unit(cell.column))) for cell in passage.cells]
    if not any(column and column <= asked for column in columns) or not asked <= set(words(passage.context)):
        return []
    if any(fold(passage.text[cell.start : cell.end]) in question for cell in passage.cells):
        return []
    record, table_rows = index.documents[passage.document_id], [best]
    for step in (-1, 1):
        row = best.hit.row + step
        while record.first <= row < record.first + record.count and len(table_rows) < _MOST_ROWS:
            near = index.passage(row)
            if near.kind != "table_row" or near.context != passage.context:
                break
            hit = Hit(near, best.hit.score, best.hit.rank, row)
            table_rows += [replace(best, hit=hit, start=start, end=end, span=None) for start, end in near.quotable]
            row += step
    return sorted(table_rows, key=lambda sentence: (sentence.hit.row, sentence.start))


def titles_of(hits: Sequence[Hit], index: Index) -> dict[str, str]:
    """The titles of the documents of hits, by their ids."""
    return {hit.passage.document_id: index.documents[hit.passage.document_id].title for hit in hits}


def text_of(sentences: Sequence[Sentence]) -> str:
    """The sentences on one line, each followed by its citation numbers."""
    return " ".join(
        f"{sentence.text} {''.join(f'[{number}]' for number in sentence.citations)}".strip() for sentence in sentences
    )


def digest_note(language: str, citations: Sequence[Citation], index: Index) -> tuple[str, ...]:
    """A note that quotes come from a digest of the paper; empty if none does."""
    cites_digest = any(index.documents[citation.document_id].digest_of for citation in citations)
    return (say(language, "from_digest"),) if cites_digest else ()


def choose(ranked: Sequence[Candidate], items: Sequence[Candidate] = (), within: float = _WITHIN) -> list[Candidate]:
    """The best sentence and those whose log-odds lie `within` of it, up to a total length.

    All `items` of an enumeration come first, if one was asked for; a sentence that explains the best one
    (それは…, That is …) follows it directly. Front matter is never added as a further sentence.
    """
    chosen = list(items) or [ranked[0], *_going_on(ranked)]
    texts = {without_space(sentence.text) for sentence in chosen}
    length = sum(len(sentence.text) for sentence in chosen)
    for sentence in ranked:
        if len(chosen) >= _SENTENCES or sentence.score < ranked[0].score - within:
            break
        bare = without_space(sentence.text)
        if sentence.hit.passage.kind == "bibliographic" and sentence is not ranked[0]:
            continue
        if length + len(sentence.text) <= _CHARACTERS and bare not in texts:
            chosen.append(sentence)
            texts.add(bare)
            length += len(sentence.text)
    return chosen


def _going_on(ranked: Sequence[Candidate]) -> list[Candidate]:
    """The sentence after the best one, if it explains the best one and both are short; else nothing."""
    best = ranked[0]
    behind = [
        sentence for sentence in ranked if sentence.hit.passage.id == best.hit.passage.id and sentence.start >= best.end
    ]
    following = min(behind, key=lambda sentence: sentence.start, default=None)
    if following is None or not _GOES_ON.match(following.text):
        return []
    return [following] if len(best.text) + len(following.text) <= _CHARACTERS else []


def with_referents(chosen: Sequence[Candidate]) -> list[Candidate]:
    """The sentences; before each that refers back (これは…, This …), the previous sentence is added if it is short."""
    length = sum(len(sentence.text) for sentence in chosen)
    extended: list[Candidate] = []
    for sentence in chosen:
        start = _referent(sentence, [other for other in chosen if other is not sentence])
        added = sentence.start - start
        if added and length + added <= _CHARACTERS:
            length += added
            extended.append(replace(sentence, start=start))
        else:
            extended.append(sentence)
    return extended


def _referent(sentence: Candidate, others: Sequence[Candidate]) -> int:
    """Start of the previous sentence, if `sentence` refers back to it and it is not given yet; else its own start."""
    earlier = [start for start, end in sentence.hit.passage.quotable if end <= sentence.start]
    if not earlier or not _POINTS_BACK.match(sentence.text):
        return sentence.start
    is_quoted = any(
        other.hit.passage.id == sentence.hit.passage.id and other.start <= earlier[-1] < other.end for other in others
    )
    return sentence.start if is_quoted else earlier[-1]


def _citation(number: int, sentence: Candidate, reading: Reading, titles: Mapping[str, str]) -> Citation:
    hit = sentence.hit
    citation = citation_of(
        hit.passage,
        sentence.start,
        sentence.end,
        number=number,
        title=titles[hit.passage.document_id],
        score=hit.score,
    )
    marked = _mark(reading, sentence)
    if marked is None:
        return citation
    read = None if hit.passage.kind == "table_row" else reading.evidence.readings.get(hit.row)
    return replace(
        citation,
        span=hit.passage.text[slice(*marked)],
        span_start=marked[0],
        span_end=marked[1],
        span_share=read.share(*marked) if read else None,
    )


def citation_of(passage: Passage, start: int, end: int, *, number: int, title: str, score: float) -> Citation:
    """The span of a passage as citation `number`; `title` is its document's."""
    return Citation(
        number=number,
        passage_id=passage.id,
        document_id=passage.document_id,
        document_title=title,
        section=passage.place,
        page=passage.page_at(start),
        quote=passage.text[start:end],
        text=passage.text,
        quote_start=start,
        quote_end=end,
        score=score,
        url=passage.url,
        cells=passage.cells,
    )


def _mark(reading: Reading, sentence: Candidate) -> tuple[int, int] | None:
    """The (start, end) in the passage's text of the answering words; None if no span is likely enough."""
    passage = sentence.hit.passage
    if passage.kind == "table_row":
        return asked_cell(reading.terms, passage, (sentence.start, sentence.end))
    return sentence.span


def with_sources(answer: Answer, sources: Sources, *, named: Sequence[CitedWork] = (), noted: bool = True) -> Answer:
    """The answer with the origin of each quote, what the quotes cite, and notes on works that were not fully read.

    `named` are works that the question names. `noted`: notes say which of the works that are named, cited or quoted
    were not read, and of which only an abstract was.
    """
    rows = [sources.row(citation.document_id, citation.passage_id) for citation in answer.citations]
    passages = [None if row is None else sources.index.passage(row) for row in rows]
    cites = [cited_by(citation, sources) for citation in answer.citations]
    works = [sources.works_of(passage) if passage else () for passage in passages]
    entries = [quoted[0] for quoted in works if len(quoted) == 1]
    known = [*named, *(source.work for cited in cites for source in cited), *entries]
    chosen = [
        likeliest(quoted, citation.reference, known) for citation, quoted in zip(answer.citations, works, strict=True)
    ]
    citations = tuple(
        replace(citation, cites=cited, origin=sources.origin(passage), reference=work.entry.number if work else None)
        if passage
        else replace(citation, cites=cited)
        for citation, cited, passage, work in zip(answer.citations, cites, passages, chosen, strict=True)
    )
    origins = {citation.number: citation.origin for citation in citations}
    sentences = tuple(
        replace(sentence, origin=origins.get(sentence.citations[0], sentence.origin))
        if sentence.citations
        else sentence
        for sentence in answer.sentences
    )
    mentioned = [*known, *(work for work in chosen if work)] if noted else []
    return replace(
        answer,
        citations=citations,
        sentences=sentences,
        notes=(*answer.notes, *reading_notes(answer.language, mentioned)),
    )


def cited_by(citation: Citation, sources: Sources) -> tuple[CitedSource, ...]:
    """The works that the quote of a citation cites, each once, in its order."""
    row = sources.row(citation.document_id, citation.passage_id)
    return tuple(_cites(citation, row, sources)) if row is not None else ()


def _cites(citation: Citation, row: int, sources: Sources) -> Iterator[CitedSource]:
    """The works that the passage of a row cites within the citation's quote."""
    index, seen = sources.index, set[int]()
    passage = index.passage(row)
    for place in passage.cites:
        if not citation.quote_start <= place.start < citation.quote_end:
            continue
        sentence = next((i for i, (start, end) in enumerate(passage.quotable) if start <= place.start < end), None)
        for number in place.numbers:
            work = sources.works(passage.document_id).get(number)
            if work is None or number in seen:
                continue
            seen.add(number)
            nearest = None
            if work.fetched.document_id and sentence is not None:
                words = passage.text[slice(*passage.quotable[sentence])]
                nearest = _nearest(work.fetched.document_id, index.sentences_of(row)[sentence], words, index)
            yield CitedSource(work, nearest, place.certain)


def _nearest(document_id: str, vector: Vectors, words: str, index: Index) -> Citation | None:
    """The sentence of a document nearest to a sentence with this vector and these words; None where it has none.

    By cosine, plus a bonus for figures that both sentences give: these are the same in every language.
    """
    wanted = _figures(words)
    near = [
        (
            cosine + _FIGURE * min(len(wanted & _figures(passage.text[start:end])), _MOST_FIGURES),
            cosine,
            passage,
            start,
            end,
        )
        for passage, start, end, cosine in index.sentences_near(document_id, vector, _READ)
        if passage.kind not in _UNQUOTED
    ]
    if not near:
        return None
    _, cosine, passage, start, end = max(near, key=lambda candidate: candidate[0])
    title = index.documents[document_id].title
    return citation_of(passage, start, end, number=0, title=title, score=round(cosine, 4))


def _figures(text: str) -> set[str]:
    return set(_FIGURES.findall(fold(text)))


def reading_notes(language: str, works: Sequence[CitedWork]) -> Iterator[str]:
    """Notes: which works were not read, and why, and of which only the abstract was read."""
    unread: dict[State, set[int]] = {}
    for work in sorted(works, key=lambda work: work.entry.number):
        if not work.fetched.document_id:
            unread.setdefault(work.fetched.state, set()).add(work.entry.number)
    if unread:
        named = [
            say(language, "unread_one", number=_numbers(language, numbers), state=state_word(language, state))
            for state, numbers in unread.items()
        ]
        yield say(language, "unread", works=say(language, "separator").join(named))
    read = (work for work in works if work.fetched.document_id)
    abstracts = {work.entry.number for work in read if work.fetched.state == "abstract-only"}
    if abstracts:
        yield say(language, "abstract", number=_numbers(language, abstracts))


def _numbers(language: str, numbers: set[int]) -> str:
    return say(language, "separator").join(map(str, sorted(numbers)))
