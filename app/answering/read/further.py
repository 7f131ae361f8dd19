"""Sentences for a follow-up: prefer those near the last answer, and leave out those it already quotes."""

import re
from collections.abc import Sequence
from dataclasses import replace

from app.answering.read.sentences import Candidate, Reading, far_behind
from app.answering.types import Answer, Citation
from app.answering.understand.question import cross_lingual_words
from retriever.cross_lingual.terms import terms_of
from retriever.index.search import Index
from retriever.text import content_words, language_of, words

# Log-odds added to the sentence after the first quotation, to the one before it (sentences further away get a half, a
# third, …), and to the quoted sentence itself. Chosen on follow-ups over the papers for fitting.
_AFTER, _BEFORE, _QUOTED = 2.0, 1.0, -1.0
_FIGURE = re.compile(r"\d\s?[%％]|\d\s?(?:人|円|ドル|ポイント|percent|people|points)")
_CAUSE = re.compile(
    r"ため(?!に)|ので|から(?:だ|で|と)|理由|原因|として"
    r"|\bbecause|\bdue to\b|\bsince\b|\breasons?\b|\bowing to\b|\bcaused? by\b|\bin order to\b|\bso that\b"
)
_FIRST = 2  # first quotes of an answer, in which `tells_of` looks for a word
_MOST_FOLLOWING = 6  # sentences after a quotation that are returned


def near_answer(ranked: Sequence[Candidate], before: Answer) -> list[Candidate]:
    """Re-rank the sentences with a bonus near the first quotation of `before`, the last answer."""
    if not before.citations:
        return list(ranked)
    raised = [replace(sentence, score=sentence.score + _raise(sentence, before.citations[0])) for sentence in ranked]
    return sorted(raised, key=lambda sentence: (-sentence.score, sentence.hit.passage.id, sentence.start))


def _raise(sentence: Candidate, quoted: Citation) -> float:
    if sentence.hit.passage.id != quoted.passage_id:
        return 0.0
    if _holds(quoted, sentence):
        return _QUOTED
    start, end = min(sentence.end, quoted.quote_end), max(sentence.start, quoted.quote_start)
    distance = 1 + sum(start <= begin < end for begin, _ in sentence.hit.passage.quotable)
    return (_AFTER if sentence.start >= quoted.quote_end else _BEFORE) / distance


def reasons(ranked: Sequence[Candidate], before: Answer) -> list[Candidate]:
    """The sentences that may give the reason for what `before` answered.

    Sentences that contain a figure, or that `before` quotes, are left out unless they name a cause.
    """
    return [
        sentence
        for sentence in ranked
        if _names_cause(sentence) or not (_FIGURE.search(sentence.text) or _is_quoted(sentence, before))
    ]


def tells_reason(left: Sequence[Candidate], ranked: Sequence[Candidate], before: Answer) -> bool:
    """Whether the best of `left` names a cause in the passage that `before` quotes first, and is not far behind."""
    if far_behind(left, ranked) or not before.citations:
        return False
    return _names_cause(left[0]) and left[0].hit.passage.id == before.citations[0].passage_id


def _names_cause(sentence: Candidate) -> bool:
    return bool(_CAUSE.search(sentence.text))


def tells_of(quotes: Sequence[str], own: str) -> bool:
    """Whether one of the first quotes contains a content word of `own`, in any language; True if `own` has none."""
    wanted = set(content_words(own))
    spellings = [spelling for term in terms_of(own, language_of(own)) for spelling in term.spellings] if wanted else []
    for quote in quotes[:_FIRST] if wanted else ():
        present = cross_lingual_words(quote)
        if not wanted.isdisjoint(words(quote)) or any(map(present.issuperset, spellings)):
            return True
    return not wanted


def left_over(reading: Reading, answer: Answer) -> Reading:
    """The reading without the sentences that the answer quotes; the others re-ranked by `near_answer`."""
    left = [sentence for sentence in reading.sentences if not _is_quoted(sentence, answer)]
    return replace(reading, sentences=tuple(near_answer(left, answer)))


def going_on(reading: Reading, answer: Answer, index: Index) -> Reading:
    """The reading with only the sentences that follow the last quotation in its document, at most six."""
    last = answer.citations[-1] if answer.citations else None
    lead = next(
        (sentence for sentence in reading.sentences if last and sentence.hit.passage.id == last.passage_id), None
    )
    if not last or not lead:
        return replace(reading, sentences=())
    row, record = lead.hit.row, index.documents[last.document_id]
    sentences: list[Candidate] = []
    for following in range(row, record.first + record.count):
        if len(sentences) >= _MOST_FOLLOWING:
            break
        passage = index.passage(following)
        if passage.kind != lead.hit.passage.kind:
            continue
        hit = replace(lead.hit, passage=passage, row=following)
        sentences += [
            replace(lead, hit=hit, start=start, end=end, span=None)
            for start, end in passage.quotable
            if following > row or start >= last.quote_end
        ]
    return replace(reading, sentences=tuple(sentences[:_MOST_FOLLOWING]))


def _is_quoted(sentence: Candidate, answer: Answer) -> bool:
    passage_id = sentence.hit.passage.id
    return any(citation.passage_id == passage_id and _holds(citation, sentence) for citation in answer.citations)


def _holds(quoted: Citation, sentence: Candidate) -> bool:
    return sentence.start < quoted.quote_end and quoted.quote_start < sentence.end
