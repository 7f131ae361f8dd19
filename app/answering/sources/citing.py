"""Where the text cites works of its bibliography, and which of them it cites nowhere."""

from collections.abc import Collection, Iterator

from app.answering.compose.messages import say
from app.answering.read.sentences import Reading
from app.answering.sources.parts import abstention, chosen_works, cite, cite_entry, cited_answer
from app.answering.types import Answer, Sentence
from app.answering.works import MOST_WORKS, Sources
from ingest.references.cited_work import CitedWork
from retriever.index.search import Index
from retriever.types import Hit

_MOST_PLACES = 6  # sentences that are quoted


def citing_answer(reading: Reading, sources: Sources, *, k: int) -> Answer:
    """The sentences that cite the works meant, then the works' entries."""
    question = reading.terms.question
    works = question.lookup.works[:MOST_WORKS]
    places = [place for work in works for place in sentences_citing(work, sources.index)]
    places.sort(key=lambda place: (place[0].row, place[1]))
    citations = [
        cite(hit, start, end, number, sources.index)
        for number, (hit, start, end) in enumerate(dict.fromkeys(places[:_MOST_PLACES]), 1)
    ]
    for work in works:
        if work.hit:
            citations.append(cite_entry(work, len(citations) + 1, sources.index))
    if places:
        return cited_answer(reading, citations, [], (), sources, k=k)
    sentences = [Sentence(say(question.language, "cited_nowhere"), ())]
    sentences += [Sentence(citation.quote, (citation.number,)) for citation in citations]
    return cited_answer(reading, citations, sentences, (), sources, k=k)


def uncited_answer(reading: Reading, sources: Sources, *, k: int) -> Answer:
    """The works that the text cites nowhere; an abstention if it marks no citations at all."""
    question = reading.terms.question
    uncited: list[CitedWork] = []
    for listing in question.lookup.listings:
        cited = {number for hit in _passages(listing, sources.index) for place in hit.passage.cites
                 for number in place.numbers}  # fmt: skip
        if cited:
            uncited += [work for number, work in sources.works(listing).items() if number not in cited]
        elif len(question.lookup.listings) == 1:
            return abstention(reading, say(question.language, "no_citations"), (), sources, k=k)
    return chosen_works(reading, uncited, "were_uncited", sources, k=k)


def sentences_citing(work: CitedWork, index: Index) -> Iterator[tuple[Hit, int, int]]:
    """(hit, start, end) of the sentences that cite a work, in the order of the documents."""
    for hit in _passages(work.listed_in, index):
        places = _starts(hit, {work.number})
        for start, end in hit.passage.quotable if places else ():
            if any(start <= place < end for place in places):
                yield hit, start, end


def _starts(hit: Hit, numbers: Collection[int]) -> list[int]:
    return [place.start for place in hit.passage.cites if not set(place.numbers).isdisjoint(numbers)]


def _passages(listing: str, index: Index) -> Iterator[Hit]:
    """The passages of the documents that may cite the list of `listing`: that document, and all digests."""
    for record in index.searched_documents():
        if record.id == listing or record.digest_of:
            for row in range(record.first, record.first + record.count):
                yield Hit(index.passage(row), 0.0, 0, row)
