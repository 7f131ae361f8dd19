"""More of what was answered: what the documents say next, or the next-best sentences."""

from collections.abc import Iterator
from dataclasses import replace

from app.answering.read.sentences import Candidate, Reading
from app.answering.types import Answer
from retriever.index.open import Index
from retriever.types import Hit

_BESIDE = 2.0  # log-odds added to further sentences of the passage that was quoted first
_MOST_FOLLOWING = 6  # sentences behind a quotation that are looked at


def going_on(reading: Reading, given: Answer, index: Index) -> Reading:
    """The reading led by what follows the first quotation in its section, in the order of the text."""
    [lead, *_] = [*_quoted(reading, given), None]
    others = left_over(reading, given).sentences
    if lead is None:
        return replace(reading, sentences=others)
    behind = [(hit, span) for hit, span in _following(lead, index) if not _is_quoted(hit, span, given)]
    score = reading.sentences[0].score
    told = [
        replace(lead, hit=hit, start=start, end=end, score=score, read=None, span=None)
        for hit, (start, end) in behind[:_MOST_FOLLOWING]
    ]
    places = {(one.hit.row, one.start) for one in told}
    rest = [one for one in others if (one.hit.row, one.start) not in places]
    question = replace(reading.terms.question, wants_list=False)  # a list was answered as a list
    return replace(reading, terms=replace(reading.terms, question=question), sentences=(*told, *rest))


def left_over(reading: Reading, given: Answer) -> Reading:
    """The reading without the sentences that the answer quotes; those of the passage that was quoted first lead."""
    beside = {citation.passage_id for citation in given.citations[:1]}
    left = [
        replace(one, score=one.score + _BESIDE * (one.hit.passage.id in beside))
        for one in reading.sentences
        if not _is_quoted(one.hit, (one.start, one.end), given)
    ]
    left.sort(key=lambda one: -one.score)
    return replace(reading, sentences=tuple(left))


def _quoted(reading: Reading, given: Answer) -> Iterator[Candidate]:
    """The sentences of the reading that the answer quotes first."""
    for citation in given.citations[:1]:
        for one in reading.sentences:
            if one.hit.passage.id == citation.passage_id and one.start < citation.quote_end <= one.end:
                yield one


def _following(lead: Candidate, index: Index) -> Iterator[tuple[Hit, tuple[int, int]]]:
    """The sentences behind one, to the end of its section."""
    hit = lead.hit
    record = index.documents[hit.passage.document_id]
    yield from ((hit, span) for span in hit.passage.quotable if span[0] >= lead.end)
    for row in range(hit.row + 1, record.first + record.count):
        passage = index.passage(row)
        if (passage.section, passage.kind) != (hit.passage.section, hit.passage.kind):
            return
        yield from ((replace(hit, passage=passage, row=row), span) for span in passage.quotable)


def _is_quoted(hit: Hit, span: tuple[int, int], given: Answer) -> bool:
    return any(
        hit.passage.id == citation.passage_id and span[0] < citation.quote_end and citation.quote_start < span[1]
        for citation in given.citations
    )
