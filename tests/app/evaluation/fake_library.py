"""A library that answers by counting shared character pairs: fast, and computable on paper."""

import re
import time
from collections import Counter, defaultdict
from collections.abc import Iterable
from typing import Any, Unpack

from app.answering.types import Answer, AskOptions, Citation, Sentence
from retriever.types import Hit, Passage


class PairLibrary:
    """Passages ranked by how many of the question's character pairs they hold, the rarer the more.

    The best passage's best sentence is the answer; below `least` shared pairs it abstains.
    """

    def __init__(self, passages: Iterable[Passage], least: int = 2) -> None:
        self.searched = list(passages)
        self.least = least
        self.manifest: dict[str, Any] = {"encoder": "pairs", "passages": len(self.searched), "generation": 1}
        self._holders: dict[str, set[int]] = defaultdict(set)
        for number, passage in enumerate(self.searched):
            for pair in pairs(passage.text):
                self._holders[pair].add(number)

    def titles(self) -> dict[str, str]:
        """The documents of its passages, titled by their ids."""
        return {passage.document_id: passage.document_id for passage in self.searched}

    def passages(self, document_id: str) -> list[Passage]:
        """The passages of a document."""
        return [passage for passage in self.searched if passage.document_id == document_id]

    def compose(self, answer: Answer, **options: Unpack[AskOptions]) -> Answer:
        """The answer as it is: there is no language model."""
        del options
        return answer

    def ask(self, question: str, **options: Unpack[AskOptions]) -> Answer:
        """The best sentence of the best passage, cited; an abstention where too little is shared.

        The pairs of the questions before count too.
        """
        begun = time.perf_counter()
        history, documents = options.get("history", ()), options.get("documents", ())
        shared: Counter[int] = Counter()
        for pair in pairs("".join([*(turn.question for turn in history), question])):
            for number in self._holders.get(pair, ()):
                if documents and self.searched[number].document_id not in documents:
                    continue
                shared[number] += 1
        ranked = sorted(shared.items(), key=lambda item: (-item[1], item[0]))[: options.get("k", 5)]
        hits = tuple(Hit(self.searched[number], float(count), rank) for rank, (number, count) in enumerate(ranked, 1))
        abstained = not hits or hits[0].score < self.least
        citations = [] if abstained else [cite(hits[0].passage, question)]
        text = "文書には見つかりません。" if abstained else f"{citations[0].quote} [1]"
        return Answer(
            question=question,
            language="ja",
            abstained=abstained,
            confidence=min(1.0, (hits[0].score if hits else 0.0) / max(len(pairs(question)), 1)),
            method="extractive",
            text=text,
            sentences=() if abstained else (Sentence(citations[0].quote, (1,)),),
            citations=tuple(citations),
            hits=hits,
            document_titles={passage.document_id: passage.document_id for passage in (hit.passage for hit in hits)},
            timings_ms={"total": 1000 * (time.perf_counter() - begun)},
            near=tuple(cite(hit.passage, question) for hit in hits[:1]) if abstained else (),
        )


def pairs(text: str) -> set[str]:
    """Every two neighbouring characters of a text, white space aside."""
    bare = re.sub(r"\s", "", text)
    return {bare[i : i + 2] for i in range(len(bare) - 1)}


def cite(passage: Passage, question: str) -> Citation:
    """The passage's sentence that shares most pairs with the question, as citation 1."""
    wanted = pairs(question)
    best = max(
        re.finditer(r"[^。]+。?", passage.text), key=lambda match: (len(pairs(match.group()) & wanted), -match.start())
    )
    return Citation(
        number=1,
        passage_id=passage.id,
        document_id=passage.document_id,
        document_title=passage.document_id,
        section=passage.section,
        page=passage.page,
        quote=best.group(),
        text=passage.text,
        quote_start=best.start(),
        quote_end=best.end(),
        score=1.0,
        url=None,
    )


def passage(document_id: str, text: str, number: int = 0) -> Passage:
    """A passage that is its whole document."""
    return Passage(id=f"{document_id}-{number}", document_id=document_id, text=text, start=0, end=len(text), page=1)
