"""The sentence of the paper that a claim or a topic means, when its source is asked for."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from app.answering.decide.confidence import judge
from app.answering.read.candidates import Asked, Candidate, Signs, asked, candidates
from app.answering.sources.works import Sources
from ingest.references.cited_work import CitedWork
from retriever.index.open import Index
from retriever.text import fold, words
from retriever.types import Encoder, Hit

_SEARCHED = 20
# What a sentence gains, in log-odds, by holding all of a claim's words, and all of its figures: other than a question,
# a claim is mostly given in the paper's own words.
_WORDS, _FIGURES = 4.0, 3.0
_WITHIN = 3.5  # in log-odds: a sentence that cites, on the topic, may stand so far behind the best on the topic
_COVERED = 0.5  # share of a claim's words that single out an entry of the bibliography, or a sentence
_FIGURE = re.compile(r"\d+(?:\.\d+)?%?")


@dataclass(frozen=True, slots=True)
class Said:
    """What the paper says that a claim means: `sentence`, or None; `confidence` in [0, 1]; the `hits` that were read.

    `work` is the entry of the bibliography that the claim names rather than any sentence.
    """

    sentence: Candidate | None
    confidence: float
    hits: tuple[Hit, ...]
    work: CitedWork | None = None


def find_said(claim: str, *, on_topic: bool, index: Index, encoder: Encoder, sources: Sources) -> Said:
    """The sentence that a claim means; `on_topic`: of the sentences about it, one that cites is wanted."""
    query = index.query(claim, encoder)
    hits = index.search(query, _SEARCHED)
    wanted = asked(query, index)
    said = [hit for hit in hits if is_said(hit, sources)]
    ranked = candidates(wanted, said, index)
    confidence, unsure = judge(wanted, said, ranked, index)
    scored = sorted(
        (replace(one, score=one.score + _held(wanted, claim, _told(one, sources, on_topic))) for one in ranked),
        key=lambda one: (-one.score, one.hit.passage.id, one.start),
    )
    best = scored[0] if scored else None
    covered = best is not None and _held(wanted, claim, best.text) >= _COVERED * _WORDS
    found = best if best is not None and (covered or not unsure) else None
    if on_topic and best is not None:
        near = [one for one in scored if one.score >= best.score - _WITHIN]
        found = next((one for one in near if found and _cites(one)), found)
    if found is None or (on_topic and not _cites(found)):
        work = _work_named(wanted, hits, sources)
        if work is not None:
            return Said(_sentence_citing(work, wanted, index), confidence, tuple(hits), work)
    return Said(found, confidence, tuple(hits))


def is_said(hit: Hit, sources: Sources) -> bool:
    """Whether a passage is what the paper says, not its front matter nor an entry of its bibliography."""
    return hit.passage.kind != "bibliographic" and sources.origin(hit.passage) in {"paper", "digest"}


def _held(wanted: Asked, claim: str, text: str) -> float:
    figures = set(_FIGURE.findall(fold(claim)))
    shared = len(figures & set(_FIGURE.findall(fold(text)))) / len(figures) if figures else 0.0
    in_words = max(wanted.words.share(set(words(text))), wanted.topic_abroad(text))
    return _WORDS * in_words + _FIGURES * shared


def _told(one: Candidate, sources: Sources, on_topic: bool) -> str:
    """The sentence, and on a topic the entries that it cites: a title may be in the question's language."""
    if not on_topic:
        return one.text
    numbers = {n for place in one.hit.passage.cites if one.start <= place.start < one.end for n in place.numbers}
    works = sources.works(one.hit.passage.document_id)
    return "\n".join([one.text, *(works[number].line for number in sorted(numbers & works.keys()))])


def _cites(one: Candidate) -> bool:
    return any(one.start <= place.start < one.end for place in one.hit.passage.cites)


def _work_named(wanted: Asked, hits: Sequence[Hit], sources: Sources) -> CitedWork | None:
    """The work whose entry is the first hit on an entry, where it holds most of the claim's words."""
    entry = next((hit for hit in hits if hit.passage.kind == "entry"), None)
    if entry is None or wanted.words.share(set(words(entry.passage.text))) < _COVERED:
        return None
    return next(iter(sources.works_of(entry.passage)), None)


def _sentence_citing(work: CitedWork, wanted: Asked, index: Index) -> Candidate | None:
    """Of the sentences that cite a work, the one nearest to the claim."""
    found = []
    for record in index.documents.values():
        if record.id != work.listed_in and not record.digest_of:
            continue
        for row in range(record.first, record.first + record.count):
            passage = index.passage(row)
            if not any(work.number in place.numbers for place in passage.cites):
                continue
            cosines = index.sentences.of(row) @ wanted.query.vector
            for (start, end), cosine in zip(passage.quotable, cosines.tolist(), strict=True):
                if any(work.number in place.numbers and start <= place.start < end for place in passage.cites):
                    signs = Signs(0.0, 0.0, 0.5, cosine, 0.0)
                    found.append(Candidate(Hit(passage, cosine, 0, row), start, end, signs, cosine))
    return max(found, key=lambda one: one.score, default=None)
