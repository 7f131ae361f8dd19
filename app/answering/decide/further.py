"""What more there is to what was answered: its context in detail, and what was read beside it."""

from dataclasses import replace

from app.answering.decide.confidence import Decision, decide
from app.answering.read.sentences import Reading
from app.answering.types import Answer
from retriever.index.open import Index

_BEHIND = 6.0  # log-odds by which what more there is may be less likely to answer than what was quoted


def in_detail(reading: Reading, given: Answer) -> Reading:
    """What was read, led by the sentence that an answer quotes first and those around it, as likely as that."""
    if not given.citations or not reading.sentences:
        return reading
    first, score = given.citations[0], reading.sentences[0].score
    around = sorted(
        (one for one in reading.sentences if one.hit.passage.id == first.passage_id),
        key=lambda one: (one.end <= first.quote_start, one.start),
    )
    others = [one for one in reading.sentences if one.hit.passage.id != first.passage_id]
    return replace(reading, sentences=(*(replace(one, score=score) for one in around), *others))


def unquoted(reading: Reading, given: Answer, index: Index) -> tuple[Reading, Decision]:
    """What was read without the sentences that an answer quotes, and whether the best of the others answers."""
    quoted = [(one.passage_id, one.quote_start, one.quote_end) for one in given.citations]
    left = [
        sentence
        for sentence in reading.sentences
        if not any(
            sentence.hit.passage.id == passage_id and sentence.start < end and start < sentence.end
            for passage_id, start, end in quoted
        )
    ]
    decision = decide(reading.terms, reading.hits, left, index)
    # What more there is to an answer answers less well; it is none where it falls far behind.
    near = bool(left) and left[0].score > reading.sentences[0].score - _BEHIND
    return replace(reading, sentences=tuple(left)), replace(decision, abstained=given.abstained or not near)
