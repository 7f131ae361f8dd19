"""Answers to what backs a claim: the paper's sentence, the works that it cites, and what these say themselves."""

from collections.abc import Sequence

from app.answering.compose.frames import abstention_text, frame_of
from app.answering.compose.source_words import say
from app.answering.read.candidates import weigh_words
from app.answering.sources.claim import Said, find_said
from app.answering.sources.following import cited_by
from app.answering.sources.parts import abstained, cite, cite_entry, cite_nearest, finished, names_of
from app.answering.sources.works import Sources
from app.answering.types import Answer, Citation
from app.answering.understand.source_question import SourceQuestion
from ingest.references.cited_work import CitedWork
from retriever.index.open import Index
from retriever.text import words
from retriever.types import Encoder

_MOST = 4  # works that an answer gives
# A work is about the same as a claim where this share of its title's words stands in the sentence, or this share of
# the claim's words in the title; and at least so many words.
_OF_TITLE, _LEAST_OF_TITLE = 0.5, 3
_OF_CLAIM, _LEAST_OF_CLAIM = 0.6, 2


def about_claim(
    usual: Answer, asked: SourceQuestion, index: Index, encoder: Encoder, sources: Sources
) -> Answer | None:
    """The answer to what backs a claim; None where no document has a bibliography. `usual` has the question."""
    if not asked.words:
        return abstained(usual, say(usual.language, "which_claim"))
    if not sources.bibliographies():
        return None
    said = find_said(asked.words, on_topic=asked.on_topic, index=index, encoder=encoder, sources=sources)
    if said.sentence is None:
        # the entry that the claim names, where the text does not mark where it cites it
        return _by_title(usual, asked.words, None, said, index, sources, [])
    hit = said.sentence.hit
    quoted = cite(hit, said.sentence.start, said.sentence.end, 1, index)
    is_digest = bool(index.documents[quoted.document_id].digest_of)
    notes = [frame_of(usual.language).digest] if is_digest else []
    cites = cited_by(quoted, index, sources)
    if not cites:
        notes += [say(usual.language, "uncited"), *_nearby(usual.language, quoted, index, sources)]
        return _by_title(usual, asked.words, quoted, said, index, sources, notes)
    citations = [quoted]
    for cited in cites[:_MOST]:
        if cited.work.hit:
            citations.append(cite_entry(cited.work, len(citations) + 1, index))
        if cited.passage:
            citations.append(cite_nearest(cited.work, cited.passage, len(citations) + 1, index))
    return finished(usual, citations, [], notes, index, sources, confidence=said.confidence)


def _nearby(language: str, said: Citation, index: Index, sources: Sources) -> list[str]:
    """That the paragraph of a sentence cites works, where it does and the sentence does not."""
    row = sources.row(said.document_id, said.passage_id)
    numbers = dict.fromkeys(n for place in index.passage(row).cites for n in place.numbers) if row is not None else ()
    works = [work for number, work in sources.works(said.document_id).items() if number in numbers]
    return [say(language, "nearby", works=names_of(language, works))] if works else []


def _by_title(
    usual: Answer,
    claim: str,
    quoted: Citation | None,
    said: Said,
    index: Index,
    sources: Sources,
    notes: Sequence[str],
) -> Answer:
    """The sentence, where there is one, and the works whose titles are about the same; not that it cites them."""
    listing = quoted.document_id if quoted else sources.bibliographies()[0]
    works = _alike(claim, quoted.quote if quoted else "", list(sources.works(listing).values()), index)
    if said.work and said.work not in works:
        works.insert(0, said.work)
    citations = [quoted] if quoted else []
    citations += [cite_entry(work, number, index) for number, work in enumerate(works, len(citations) + 1) if work.hit]
    if not citations:
        return abstained(usual, abstention_text(usual.language, usual.hits, usual.document_titles))
    notes = [*notes, say(usual.language, "by_title", works=names_of(usual.language, works))] if works else notes
    return finished(usual, citations, [], notes, index, sources, confidence=said.confidence)


def _alike(claim: str, quote: str, works: Sequence[CitedWork], index: Index) -> list[CitedWork]:
    """At most two works whose titles share most with a claim or with the sentence that makes it."""
    asked, held = set(words(claim)), set(words(f"{claim} {quote}"))
    found = []
    for work in works:
        title = set(words(work.entry.title))
        of_title, of_claim = _share(title, held, index), _share(asked, title, index)
        about = (of_title >= _OF_TITLE and len(title & held) >= _LEAST_OF_TITLE) or (
            of_claim >= _OF_CLAIM and len(title & asked) >= _LEAST_OF_CLAIM
        )
        if work.hit and about:
            found.append((-max(of_title, of_claim), work.number, work))
    return [work for _, _, work in sorted(found, key=lambda one: one[:2])[:2]]


def _share(tokens: set[str], present: set[str], index: Index) -> float:
    """The share of the tokens, weighed by how rare they are, that is present."""
    return weigh_words(sorted(tokens), index).share(present)
