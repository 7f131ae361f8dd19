"""The trace of an answer: the result of each step, as it was when the answer was made."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from app.answering.decide.confidence import Decision
from app.answering.read.sentences import Candidate, Reading, is_foreign
from app.answering.types import Sentence
from ingest.references.cited_work import CitedWork
from retriever.embedded.reader import PassageReading
from retriever.text import one_line
from retriever.types import SCORE_PARTS, Hit

_SHOWN = 5  # hits and sentences


@dataclass(frozen=True, slots=True)
class Trace:
    """How an answer was made: the question and what was read, the decision, and the milliseconds of each step.

    `composed`, `confidence` and `abstained` are those of the answer; `decision` is the one that followed from the
    reading alone. If a message held several questions, this is the trace of the first; `others` are those of the rest.
    `tried` are the attempts whose answer was not given; their time counts.
    """

    reading: Reading
    decision: Decision
    confidence: float
    abstained: bool
    composed: Sequence[Sentence]
    timings_ms: Mapping[str, float]
    tried: tuple["Trace", ...] = ()
    others: tuple["Trace", ...] = ()

    def to_json(self) -> dict[str, Any]:
        """The trace as `ask --json --explain` prints it.

        - `intent`: "sources" for a question about sources, with what it asks in `sources`; "overview" for one about a
          document as a whole, with what it asks in `overview`
        - of a hit, `parts`: the summands of the retriever's score, without the bonus for the answer's form or a named
          table; `reranked`: the probability that it answers, by the reader or the `--reranker`, with its score and rank
          before; `reader`: the log-odds that it answers (`relevance`), the likeliest answer in it (`span`), and the
          log-odds of that answer against none (`certainty`)
        - of a sentence, `score`: the log-odds that it answers; `features`: what they were computed from; `span`: the
          words that answer
        - `tried`: what else was asked in search of an answer
        - of a composed sentence, `citations`: the numbers of the answer's citations

        A value is None if its step did not run.
        """
        terms = self.reading.terms
        question, ranked = terms.question, self.reading.sentences
        request = question.request
        return {
            "question": question.text,
            "language": question.language,
            "intent": question.intent,
            "sources": {**asdict(request), "works": _works(question.lookup.works)} if request else None,
            "overview": asdict(question.overview) if question.overview else None,
            "searched": question.searched,
            "foreign": is_foreign(terms.query, ranked),
            "asks_for": question.kind,
            "words": dict(zip(terms.words.tokens, (round(float(idf), 2) for idf in terms.words.idf), strict=True)),
            "aliases": [[alias.name, alias.other] for alias in terms.query.aliases],
            "hits": [_hit(hit, self.reading.evidence.readings.get(hit.row)) for hit in self.reading.hits[:_SHOWN]],
            "sentences": [_sentence(sentence) for sentence in ranked[:_SHOWN]],
            "evidence": {name: round(value, 3) for name, value in self.decision.features.items()},
            "composed": [{"text": each.text, "citations": list(each.citations)} for each in self.composed],
            "confidence": round(self.confidence, 4),
            "abstained": self.abstained,
            "tried": [
                {
                    "searched": each.reading.terms.question.searched,
                    "intent": each.reading.terms.question.intent,
                    "confidence": round(each.confidence, 4),
                    "abstained": each.abstained,
                }
                for each in self.tried
            ],
            "timings_ms": {name: round(value, 2) for name, value in self.timings_ms.items()},
            "others": [other.to_json() for other in self.others],
        }

    def to_text(self) -> str:
        """The trace for people."""
        return "\n\n".join([self._own_text(), *(other.to_text() for other in self.others)])

    def _own_text(self) -> str:
        shown = self.to_json()
        renamed = ", ".join(f"{name} = {other}" for name, other in shown["aliases"])
        terms = ", ".join(f"{word} {idf}" for word, idf in shown["words"].items())
        lines = [
            f"language {shown['language']}, asks for {shown['asks_for']}",
            *_request_lines(shown),
            f"words with their idf: {terms or 'none'}",
            f"names searched by another form: {renamed or 'none'}",
        ]
        if shown["hits"]:
            lines.append("passages (score, and what it is the sum of):")
        for hit in shown["hits"]:
            parts = ", ".join(f"{name} {value:.3f}" for name, value in hit["parts"].items())
            parts += f"; {_reranked(hit['reranked'])}" if hit["reranked"] else ""
            parts += f"; {_read(hit['reader'])}" if hit["reader"] else ""
            lines.append(f"  {hit['score']:.3f}  {hit['passage_id']}  ({parts})  {one_line(hit['text'])}")
        if shown["sentences"]:
            lines.append("sentences (log-odds, and the features of each):")
        lines += [_sentence_line(sentence) for sentence in shown["sentences"]]
        features = ", ".join(f"{name} {value}" for name, value in shown["evidence"].items())
        verdict = "abstains" if shown["abstained"] else "answers"
        lines.append(f"confidence {shown['confidence']:.2f}, {verdict}: {features or 'looked up, nothing was read'}")
        if shown["composed"]:
            lines.append("composed (citations, and the sentence):")
        lines += [f"  {each['citations']}  {one_line(each['text'])}" for each in shown["composed"]]
        lines += [_tried_line(attempt) for attempt in shown["tried"]]
        lines.append("milliseconds: " + ", ".join(f"{name} {value}" for name, value in shown["timings_ms"].items()))
        return "\n".join(lines)


def _tried_line(attempt: Mapping[str, Any]) -> str:
    verdict = "abstains" if attempt["abstained"] else "answers"
    searched = one_line(attempt["searched"])
    return f"also tried, as {attempt['intent']}: “{searched}”, confidence {attempt['confidence']:.2f}, {verdict}"


def _works(works: Sequence[CitedWork]) -> list[str]:
    return [f"{work.number}. {work.line}" for work in works]


def _hit(hit: Hit, reading: PassageReading | None) -> dict[str, Any]:
    return {
        "passage_id": hit.passage.id,
        "score": round(hit.own_score, 4),
        "parts": {name: round(value, 4) for name, value in zip(SCORE_PARTS, hit.parts, strict=False)},
        "reranked": asdict(hit.reranked) if hit.reranked else None,
        "reader": _reader(hit, reading) if reading else None,
        "text": hit.passage.text[:80],
    }


def _reader(hit: Hit, reading: PassageReading) -> dict[str, Any]:
    span = reading.span(0, len(hit.passage.text))
    words = hit.passage.text[span[0] : span[1]] if span else None
    return {"relevance": round(reading.relevance, 2), "span": words, "certainty": round(span[2], 2) if span else None}


def _sentence(sentence: Candidate) -> dict[str, Any]:
    return {
        "text": sentence.text,
        "passage_id": sentence.hit.passage.id,
        "score": round(sentence.score, 3),
        "features": {name: round(value, 3) for name, value in asdict(sentence.features).items()},
        "span": sentence.hit.passage.text[slice(*sentence.span)] if sentence.span else None,
    }


def _request_lines(shown: dict[str, Any]) -> list[str]:
    request, overview = shown["sources"], shown["overview"]
    if overview:
        return [f"a question about a document as a whole: {overview['aspect']}"]
    if not request:
        return []
    words = f" “{request['words']}”" if request["words"] else ""
    works = [f"  {one_line(work)}" for work in request["works"]]
    return [f"a question about sources: {request['asks']}{words}; searched: {one_line(shown['searched'])}", *works]


def _read(reading: Mapping[str, Any]) -> str:
    words = f", {one_line(reading['span'])} {reading['certainty']}" if reading["span"] else ""
    return f"reader {reading['relevance']}{words}"


def _reranked(reranked: Mapping[str, Any]) -> str:
    return f"reranker {reranked['chance']:.3f}, before it {reranked['rank']} with {reranked['score']:.3f}"


def _sentence_line(sentence: dict[str, Any]) -> str:
    features = ", ".join(f"{name} {value}" for name, value in sentence["features"].items())
    if sentence["span"]:
        features += f"; {one_line(sentence['span'])}"
    return f"  {sentence['score']:.2f}  {one_line(sentence['text'][:60])}  ({features})"
