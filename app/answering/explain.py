"""Why an answer is what it is: what each ranker found, and what spoke for each sentence."""

from dataclasses import asdict
from typing import Any

from app.answering.decide.confidence import evidence, judge
from app.answering.read.candidates import Candidate, asked, candidates, is_foreign
from app.answering.read.order import fitting_first
from retriever.index.open import Index
from retriever.reranker import Reranker
from retriever.types import Encoder, Hit, Retriever, Run

_SHOWN = 5  # hits and sentences
_DEPTH = 50  # of each ranker


def explain(question: str, index: Index, encoder: Encoder, reranker: Reranker | None = None) -> dict[str, Any]:
    """The question as understood, the ranks that each ranker gave the best hits, the sentences and the confidence.

    A JSON-able object. Ranks are 1-based and None beyond a ranker's first 50. `reranked` of a hit is what the reranker
    said of it: its chance, and the rank and score of before; None without a reranker, or beyond what it reads. `read`
    of a sentence is the log-odds that it holds the answer, as reading it told, and `span` the words that would be it;
    None where it was not read, or none stand out.
    """
    query = index.query(question, encoder)
    wanted = asked(query, index)
    hits = fitting_first(wanted, index.search(query, 10, reranker))
    ranked = candidates(wanted, hits, index)
    confidence, abstained = judge(wanted, hits, ranked, index)
    rankers: dict[str, Retriever | None] = {"dense": index.dense, "words": index.words, "pairs": index.pairs}
    runs = {name: ranker.retrieve(query, _DEPTH) for name, ranker in rankers.items() if ranker is not None}
    return {
        "question": question,
        "language": query.language,
        "foreign": is_foreign(query, ranked),
        "asks_for": wanted.kind,
        "words": dict(zip(wanted.words.tokens, (round(float(idf), 2) for idf in wanted.words.idf), strict=True)),
        "aliases": [[one.name, one.other] for one in query.aliases],
        "hits": [_hit(hit, runs) for hit in hits[:_SHOWN]],
        "sentences": [_sentence(one) for one in ranked[:_SHOWN]],
        "evidence": {name: round(value, 3) for name, value in evidence(wanted, hits, ranked, index).items()}
        if ranked
        else {},
        "confidence": round(confidence, 4),
        "abstained": abstained,
    }


def _hit(hit: Hit, runs: dict[str, Run]) -> dict[str, Any]:
    ranks = {name: _rank(run, hit.row) for name, run in runs.items()}
    return {
        "passage_id": hit.passage.id,
        "score": round(hit.score, 4),
        "ranks": ranks,
        "reranked": asdict(hit.reranked) if hit.reranked else None,
        "text": hit.passage.text[:80],
    }


def _rank(run: Run, row: int) -> int | None:
    found = (run.rows == row).nonzero()[0]
    return int(found[0]) + 1 if len(found) else None


def _sentence(one: Candidate) -> dict[str, Any]:
    signs = {name: round(value, 3) for name, value in asdict(one.signs).items()}
    return {
        "text": one.text,
        "passage_id": one.hit.passage.id,
        "score": round(one.score, 3),
        "signs": signs,
        "read": None if one.read is None else round(one.read, 3),
        "span": one.hit.passage.text[slice(*one.span)] if one.span else None,
    }


def explanation_text(explanation: dict[str, Any]) -> str:
    """An explanation for people."""
    renamed = ", ".join(f"{name} = {other}" for name, other in explanation["aliases"])
    words = ", ".join(f"{word} {idf}" for word, idf in explanation["words"].items())
    lines = [
        f"language {explanation['language']}, asks for {explanation['asks_for']}",
        f"words with their idf: {words or 'none'}",
        f"names searched by another form: {renamed or 'none'}",
        "passages (rank by each ranker):",
    ]
    for hit in explanation["hits"]:
        ranks = ", ".join(f"{name} {rank or '–'}" for name, rank in hit["ranks"].items())
        if one := hit["reranked"]:
            ranks += f"; reranker {one['chance']:.3f}, before it {one['rank']} with {one['score']:.3f}"
        lines.append(f"  {hit['score']:.3f}  {hit['passage_id']}  ({ranks})  {_one_line(hit['text'])}")
    lines.append("sentences (log-odds, and what speaks for each):")
    for one in explanation["sentences"]:
        signs = ", ".join(f"{name} {value}" for name, value in one["signs"].items())
        if one["read"] is not None:
            signs += f"; read {one['read']}" + (f": {_one_line(one['span'])}" if one["span"] else "")
        lines.append(f"  {one['score']:.2f}  {_one_line(one['text'][:60])}  ({signs})")
    evidence_shown = ", ".join(f"{name} {value}" for name, value in explanation["evidence"].items())
    verdict = "abstains" if explanation["abstained"] else "answers"
    lines.append(f"confidence {explanation['confidence']:.2f}, {verdict}: {evidence_shown or 'no passage'}")
    return "\n".join(lines)


def _one_line(text: str) -> str:
    return " ".join(text.split())
