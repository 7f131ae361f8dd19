"""Apply the reader to the first hits: re-order the hits, choose the best sentence, mark the answering words.

Each of the three can be switched off (`Uses`). It is on only if it is at least as good as the rules on data that the
reader was not trained on (tests/benchmarks/LOG.md).
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise

from app.answering.read.sentences import Candidate
from app.answering.understand.question import asks_front_matter
from retriever.embedded.reader import PassageReading, Reader
from retriever.index.search import Index
from retriever.types import UNLIMITED, Budget, Hit, Passage, Query


@dataclass(frozen=True, slots=True)
class Uses:
    """What the reader decides besides the confidence: passage order, best sentence, marked words."""

    order: bool = False
    sentences: bool = False
    spans: bool = False


USED = Uses(order=True, sentences=True, spans=True)

# All weights were chosen on JSQuAD's even articles, JaQuAD's dev part, the questions on the paper and the made-up
# papers for fitting; the reader was trained on none of these.
# The log-odds that a passage answers are its relevance, plus CERTAINTY times the log-odds of its likeliest span. For
# the order of the passages, RETRIEVER times the retriever's score is added.
CERTAINTY, RETRIEVER = 0.25, 40.0
# Weights in the log-odds that a sentence answers: of the log-odds of its passage; of the log-probability that the
# answer stands in this sentence of the passage.
_PASSAGE, _SHARE, _LEAST_SHARE = 0.3, 0.3, 1e-3
_CERTAIN = -4.0  # from these log-odds (against no answer) the reader's span is marked, not that of the rules
# Of a passage that is no body text, for a question that does not ask for such data, in log-odds that it answers.
_ASIDE = -2.0
# Batches: the first 3 passages are read, then 2 and 5 more, until one is likely enough to answer.
_READ = (0, 3, 5, 10)
_ENOUGH = 1.0  # log-odds
_LONGEST_QUESTION = 300  # characters; of longer ones the reader would see a beginning only
# Of a passage, the sentence most similar to the question is read with its neighbours, up to this many characters; a
# Latin letter counts less, as a token holds more of them. Better than whole passages on all figures, and a third less
# to read.
_LONGEST_PART, _LATIN = 170.0, 0.4


@dataclass(frozen=True, slots=True)
class Evidence:
    """The readings of hits, and the log-odds that each of them answers, by their rows of the index; may be empty.

    `aside` has the log-odds, not among these, that a passage loses in the order because it is no body text.
    """

    readings: Mapping[int, PassageReading] = field(default_factory=dict)
    odds: Mapping[int, float] = field(default_factory=dict)
    aside: Mapping[int, float] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.readings)

    @property
    def best(self) -> float:
        """Log-odds that any passage answers: the maximum over the passages."""
        return max(self.odds.values())


def log_odds(reading: PassageReading) -> float:
    """Log-odds that a passage answers, from its relevance and the certainty of its best span."""
    span = reading.span(0, reading.offsets[-1][1]) if reading.offsets else None
    return reading.relevance + CERTAINTY * (span[2] if span else 0.0)


def read_hits(
    reader: Reader | None, query: Query, hits: Sequence[Hit], index: Index, budget: Budget = UNLIMITED
) -> Evidence:
    """Read the hits in batches; stop as soon as one is likely to answer."""
    if reader is None or budget.hurried or len(query.text) > _LONGEST_QUESTION:
        return Evidence()
    aside = {hit.row: _ASIDE for hit in hits if _is_aside(query, hit.passage)}
    readings: dict[int, PassageReading] = {}
    odds: dict[int, float] = {}
    for start, end in pairwise(_READ):
        batch = hits[start:end]
        if budget.spent or not batch or max(odds.values(), default=-math.inf) >= _ENOUGH:
            break
        parts = [most_similar_part(query, hit, index) for hit in batch]
        read = reader.read(query.text, [part for part, _ in parts])
        if not read:  # the reader cannot run
            break
        readings |= {hit.row: reading.moved(start) for hit, (_, start), reading in zip(batch, parts, read, strict=True)}
        odds = {row: log_odds(reading) for row, reading in readings.items()}
    return Evidence(readings, odds, aside)


def _is_aside(query: Query, passage: Passage) -> bool:
    """Whether a passage is a bibliography entry, or front matter that the question does not ask for."""
    is_front = passage.kind == "bibliographic"
    return passage.kind == "entry" or (is_front and not asks_front_matter(query.text, query.language))


def most_similar_part(query: Query, hit: Hit, index: Index) -> tuple[Passage, int]:
    """The passage cut down to the part that is most similar to the question, and where this part begins."""
    sentences, cosines = hit.passage.quotable, index.sentences_of(hit.row) @ query.vector
    if not len(cosines) or len(cosines) != len(sentences):
        return hit.passage, 0
    start, end = part_around(hit.passage.text, sentences, int(cosines.argmax()))
    return replace(hit.passage, text=hit.passage.text[start:end]), start


def part_around(text: str, sentences: Sequence[tuple[int, int]], place: int) -> tuple[int, int]:
    """The (start, end) in a text of sentence number `place` with its neighbours that are read together."""
    first = last = place
    for distance in range(1, len(sentences)):
        if 0 <= place - distance == first - 1 and _is_short(text[sentences[first - 1][0] : sentences[last][1]]):
            first -= 1
        if place + distance == last + 1 < len(sentences) and _is_short(
            text[sentences[first][0] : sentences[last + 1][1]]
        ):
            last += 1
    return sentences[first][0], sentences[last][1]


def _is_short(text: str) -> bool:
    return len(text) <= _LONGEST_PART or sum(_LATIN if letter.isascii() else 1.0 for letter in text) <= _LONGEST_PART


def in_order(hits: Sequence[Hit], evidence: Evidence, used: Uses = USED) -> list[Hit]:
    """Order the hits by the retriever's and the reader's scores; each keeps the retriever's as its own score.

    Its `score` is that of its new place, by which its sentences are compared. Hits that were not read come last. Hits
    that a reranker has put in order stay as they are.
    """
    if not (used.order and evidence) or any(hit.reranked for hit in hits):
        return list(hits)
    read = [hit for hit in hits if hit.row in evidence.readings]
    unread = [hit for hit in hits if hit.row not in evidence.readings]
    total = {hit.row: RETRIEVER * hit.score + evidence.odds[hit.row] + evidence.aside.get(hit.row, 0.0) for hit in read}
    ordered = sorted(read, key=lambda hit: (-total[hit.row], hit.passage.id)) + unread
    scores = sorted((hit.score for hit in hits), reverse=True)
    return [
        replace(hit, score=score, rank=rank, found_score=hit.score)
        for rank, (hit, score) in enumerate(zip(ordered, scores, strict=True), 1)
    ]


def with_evidence(ranked: Sequence[Candidate], evidence: Evidence, used: Uses = USED) -> list[Candidate]:
    """The sentences, best first, scored and marked by the reader's result on their passages."""
    if not evidence or not (used.sentences or used.spans):
        return list(ranked)
    rescored = [_with_reading(sentence, evidence, used) for sentence in ranked]
    return sorted(rescored, key=lambda sentence: (-sentence.score, sentence.hit.passage.id, sentence.start))


def _with_reading(sentence: Candidate, evidence: Evidence, used: Uses) -> Candidate:
    reading = evidence.readings.get(sentence.hit.row)
    if used.sentences:
        share = reading.share(sentence.start, sentence.end) if reading else 0.0
        odds = evidence.odds.get(sentence.hit.row, min(evidence.odds.values()))
        added = _PASSAGE * (odds - evidence.best) + _SHARE * math.log(max(share, _LEAST_SHARE))
        added += evidence.aside.get(sentence.hit.row, 0.0)
        sentence = replace(sentence, score=sentence.score + added)
    span = reading.span(sentence.start, sentence.end) if reading and used.spans else None
    return replace(sentence, read=span[2], span=span[:2]) if span and span[2] >= _CERTAIN else sentence
