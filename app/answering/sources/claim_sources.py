"""Find what backs a claim: the paper's sentence, the works that it cites there, and what these say themselves."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from app.answering.compose.extractive import cited_by, digest_note
from app.answering.compose.messages import say
from app.answering.decide.confidence import Decision
from app.answering.read.sentences import Candidate, Features, Reading
from app.answering.sources.citing import sentences_citing
from app.answering.sources.parts import abstention, cite, cite_entry, cite_nearest, cited_answer, names_of
from app.answering.types import Answer, Citation
from app.answering.understand.question import QuestionTerms, cross_lingual_words, weigh_words
from app.answering.understand.source_signs import made_by_named
from app.answering.works import MOST_WORKS, Sources
from ingest.references.cited_work import CitedWork
from retriever.cross_lingual.terms import share_of_known
from retriever.index.search import Index
from retriever.text import fold, japanese_forms, words
from retriever.types import Hit

# Bonuses in log-odds for a sentence with all words, and with all figures, of the claim: unlike a question, a claim
# mostly uses the paper's own words. All weights here are set by hand.
_WORDS, _FIGURES = 4.0, 3.0
_WITHIN = 3.5  # log-odds: how far a citing sentence may score below the best sentence on the topic
_STATED = 0.9  # a sentence with this share of the words of a topic states it, as it would state a claim
_COVERED = 0.5  # least share of a claim's words in the sentence or entry that it refers to
_MOST_MADE = 2  # works of an author or publisher whom the question names
_FIGURE = re.compile(r"\d+(?:\.\d+)?%?")
_SHARE_OF_ALL = re.compile(r"(?<![\d.])\d++(?:\.\d++)?%")  # a title with the claim's own percentage is about it
# A work is similar to a claim if this share of its title's words is in the sentence, or this share of the claim's
# words is in the title, and at least this number of words.
_OF_TITLE, _LEAST_OF_TITLE = 0.5, 3
_OF_CLAIM, _LEAST_OF_CLAIM = 0.6, 2


@dataclass(frozen=True, slots=True)
class _Meant:
    """What a claim refers to: a `sentence` of the paper, or a `work` by its entry, with a sentence that cites it."""

    sentence: Candidate | None
    work: CitedWork | None = None


def claim_answer(reading: Reading, decision: Decision, sources: Sources, *, k: int) -> Answer:
    """The answer to what backs a claim, or what is cited on a topic."""
    question, index = reading.terms.question, sources.index
    language = question.language
    on_topic = question.request is not None and question.request.on_topic
    meant = _meant(question.searched, reading, decision, sources, on_topic=on_topic)
    if meant.sentence is None:
        # no sentence makes the claim; if an entry does, the text does not mark where it cites that entry
        return _by_title(reading, decision, None, meant.work, (), sources, k=k)
    quoted = cite(meant.sentence.hit, meant.sentence.start, meant.sentence.end, 1, index)
    notes = [*digest_note(language, [quoted], index)]
    cites = cited_by(quoted, sources)
    if not cites and question.request and not question.request.sure:
        return abstention(reading, say(language, "uncited"), (), sources, k=k)
    if not cites:
        notes += [say(language, "uncited"), *_cited_nearby(language, quoted, sources)]
        return _by_title(reading, decision, quoted, meant.work, notes, sources, k=k)
    citations = [quoted]
    for cited in cites[:MOST_WORKS]:
        if cited.work.hit:
            citations.append(cite_entry(cited.work, len(citations) + 1, index))
        if cited.passage:
            citations.append(cite_nearest(cited.work, cited.passage, len(citations) + 1, index))
    return cited_answer(reading, citations, [], notes, sources, k=k, confidence=decision.confidence)


def body_hits(hits: Sequence[Hit], sources: Sources) -> list[Hit]:
    """The hits in the paper's own text, without front matter and bibliography entries."""
    return [
        hit
        for hit in hits
        if hit.passage.kind != "bibliographic" and sources.origin(hit.passage) in {"paper", "digest"}
    ]


def _meant(claim: str, reading: Reading, decision: Decision, sources: Sources, *, on_topic: bool) -> _Meant:
    """Find the sentence that a claim refers to; `on_topic`: prefer a sentence on the topic that cites a work."""
    terms = reading.terms
    scored = [
        replace(sentence, score=sentence.score + _held(terms, claim, _with_entries(sentence, sources, on_topic)))
        for sentence in reading.sentences
    ]
    scored.sort(key=lambda sentence: (-sentence.score, sentence.hit.passage.id, sentence.start))
    best = scored[0] if scored else None
    covered = best is not None and _held(terms, claim, best.text) >= _COVERED * _WORDS
    meant = best if best is not None and (covered or not decision.abstained) else None
    is_stated = covered and best is not None and _held(terms, claim, best.text) >= _STATED * _WORDS
    if on_topic and best is not None and meant and not (is_stated and len(terms.words.tokens) >= _LEAST_OF_TITLE):
        near = [sentence for sentence in scored if sentence.score >= best.score - _WITHIN and _cites(sentence)]
        least = _COVERED * _held(terms, claim, _with_entries(best, sources, on_topic))
        on_it = (
            sentence for sentence in near if _held(terms, claim, _with_entries(sentence, sources, on_topic)) >= least
        )
        meant = next(on_it, meant)
    if meant is None or (on_topic and not _cites(meant)):
        work = _work_named(terms, reading.hits, sources)
        if work is not None:
            return _Meant(_sentence_citing(work, terms, sources.index), work)
    return _Meant(meant)


def _held(terms: QuestionTerms, claim: str, text: str) -> float:
    """Bonus, in log-odds, for words and figures of the claim in a text."""
    figures = set(_FIGURE.findall(fold(claim)))
    shared = len(figures & set(_FIGURE.findall(fold(text)))) / len(figures) if figures else 0.0
    in_words = max(terms.words.share(set(words(text))), terms.cross_lingual_topic(text))
    return _WORDS * in_words + _FIGURES * shared


def _with_entries(sentence: Candidate, sources: Sources, on_topic: bool) -> str:
    """The text of a sentence; on a topic, with the entries that it cites: titles may be in the question's language."""
    if not on_topic:
        return sentence.text
    passage = sentence.hit.passage
    numbers = {n for place in passage.cites if sentence.start <= place.start < sentence.end for n in place.numbers}
    works = sources.works(passage.document_id)
    return "\n".join([sentence.text, *(works[number].line for number in sorted(numbers & works.keys()))])


def _cites(sentence: Candidate) -> bool:
    return any(sentence.start <= place.start < sentence.end for place in sentence.hit.passage.cites)


def _work_named(terms: QuestionTerms, hits: Sequence[Hit], sources: Sources) -> CitedWork | None:
    """The work of the best-ranked bibliography entry, if that entry has most of the claim's words; else None."""
    entry = next((hit for hit in hits if hit.passage.kind == "entry"), None)
    if entry is None or terms.words.share(set(words(entry.passage.text))) < _COVERED:
        return None
    return next(iter(sources.works_of(entry.passage)), None)


def _sentence_citing(work: CitedWork, terms: QuestionTerms, index: Index) -> Candidate | None:
    """Of the sentences that cite a work, the one nearest to the claim."""
    citing = []
    for hit, start, end in sentences_citing(work, index):
        place = hit.passage.quotable.index((start, end))
        cosine = float(index.sentences_of(hit.row)[place] @ terms.query.vector)
        citing.append(Candidate(replace(hit, score=cosine), start, end, Features(0.0, 0.0, 0.5, cosine, 0.0), cosine))
    return max(citing, key=lambda sentence: sentence.score, default=None)


def _cited_nearby(language: str, quoted: Citation, sources: Sources) -> list[str]:
    """A note that the paragraph cites works, where the sentence itself cites none."""
    row = sources.row(quoted.document_id, quoted.passage_id)
    cites = sources.index.passage(row).cites if row is not None else ()
    numbers = {number for place in cites for number in place.numbers}
    works = [work for number, work in sources.works(quoted.document_id).items() if number in numbers]
    return [say(language, "nearby", works=names_of(language, works))] if works else []


def _by_title(
    reading: Reading,
    decision: Decision,
    quoted: Citation | None,
    named: CitedWork | None,
    notes: Sequence[str],
    sources: Sources,
    *,
    k: int,
) -> Answer:
    """The sentence, if any, and works with similar titles, with a note that the paper does not cite them there."""
    index, question = sources.index, reading.terms.question
    listing = quoted.document_id if quoted else sources.bibliographies()[0]
    listed = list(sources.works(listing).values())
    works = _alike(reading.terms, quoted.quote if quoted else "", listed, index)
    first = [*([named] if named else []), *made_by_named(question.text, listed)[:_MOST_MADE]]
    works = list({work.number: work for work in [*first, *works]}.values())
    citations = [quoted] if quoted else []
    citations += [cite_entry(work, number, index) for number, work in enumerate(works, len(citations) + 1) if work.hit]
    if not citations:
        return abstention(reading, say(question.language, "not_found"), (), sources, k=k)
    title_notes = [say(question.language, "by_title", works=names_of(question.language, works))] if works else []
    return cited_answer(reading, citations, [], [*notes, *title_notes], sources, k=k, confidence=decision.confidence)


def _alike(terms: QuestionTerms, quote: str, works: Sequence[CitedWork], index: Index) -> list[CitedWork]:
    """At most two works whose titles share most with a claim, in any language, or with the sentence that makes it."""
    claim_words = _claim_words(terms, index)
    held = claim_words | set(words(quote))
    shares_of_claim = set(_SHARE_OF_ALL.findall(fold(terms.question.searched)))
    alike = []
    for work in works:
        title = set(words(work.entry.title))
        of_title, of_claim = _share(title, held, index), _share(claim_words, title, index)
        about = (of_title >= _OF_TITLE and len(title & held) >= _LEAST_OF_TITLE) or (
            of_claim >= _OF_CLAIM and len(title & claim_words) >= _LEAST_OF_CLAIM
        )
        present = cross_lingual_words(work.entry.title)
        across = share_of_known(terms.terms, present)
        translated = sum(bool(share_of_known([term], present)) for term in terms.terms)
        about = about or (across >= _OF_CLAIM and translated >= _LEAST_OF_CLAIM)
        about = about or not shares_of_claim.isdisjoint(_SHARE_OF_ALL.findall(fold(work.entry.title)))
        if work.hit and about:
            alike.append((-max(of_title, of_claim, across), work.number, work))
    return [work for _, _, work in sorted(alike, key=lambda ranked: ranked[:2])[:2]]


def _claim_words(terms: QuestionTerms, index: Index) -> set[str]:
    """The words of a claim; of a Chinese one, those of two characters or more that the index holds."""
    claim = terms.question.searched
    if terms.query.language != "zh":
        return set(words(claim))
    written = [word for word in words(japanese_forms(claim)) if len(word) > 1]  # a single character says little
    return {word for word, is_known in zip(written, index.words.knows(written), strict=True) if is_known}


def _share(tokens: set[str], present: set[str], index: Index) -> float:
    """Share of the tokens, weighted by IDF, that is in `present`."""
    return weigh_words(sorted(tokens), index).share(present)
