"""The opened index with its encoder: what commands, pages and evaluation ask."""

import threading
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Self

from app.answering.budget import UNLIMITED, Budget
from app.answering.compose.extractive import answer
from app.answering.sources.answer import answer_with_sources
from app.answering.sources.works import Sources
from app.answering.types import Answer
from ingest import stored
from ingest.document import Document
from ingest.passages import RULES
from ingest.pipeline import encoder_for
from ingest.references.cited import cited_of, standing
from ingest.references.listing import Record
from ingest.references.state import Holding
from ingest.references.store import Store
from retriever.index.build import check_rules
from retriever.index.open import Index, open_index
from retriever.index.snapshots import current_generation
from retriever.reranker import Reranker
from retriever.types import DocumentRecord, Encoder, Hit, Passage, TenkyoError

# A text of tens of thousands of characters would take the encoder a minute, and is no question.
_MOST_CHARACTERS = 2000


def check_length(question: str) -> None:
    """Raise TenkyoError for a question that is too long to be one."""
    if len(question) > _MOST_CHARACTERS:
        raise TenkyoError(
            f"the question has {len(question):,} characters, at most {_MOST_CHARACTERS:,} are read; ask more briefly"
        )


def on_one_line(question: str) -> str:
    """The question with one space wherever it has white space: nothing behind this reads runs of blanks."""
    return " ".join(question.split())


class Library:
    """Questions and searches over the newest generation of an index. Safe to use from several threads."""

    def __init__(self, index: Index, encoder: Encoder, reranker: Reranker | None = None) -> None:
        self._index = index
        self._encoder = encoder
        self._reranker = reranker
        self._lock = threading.Lock()
        self._sources: tuple[tuple[str, int], Sources] | None = None

    @classmethod
    def open(cls, folder: Path, reranker: str | None = None) -> Self:
        """Open the index in `folder`, and the cross-encoder called `reranker` with it, which takes seconds.

        Raises IndexFolderError where there is no index or it cannot be used, TenkyoError for such a reranker.
        """
        index = open_index(folder)
        return cls(index, encoder_for(index, None), Reranker(reranker) if reranker else None)

    def ask(self, question: str, k: int = 5, budget: Budget = UNLIMITED) -> Answer:
        """The answer to a question, with its first `k` hits, within about the time of `budget`.

        When that is spent, the answer is given with what there is. Raises TenkyoError for a question of over 2,000
        characters.
        """
        check_length(question)
        index = self._newest()

        def usual(text: str, over: Index) -> Answer:
            return answer(text, over, self._encoder, k=k, reranker=self._reranker, budget=budget)

        read = on_one_line(question)
        found = answer_with_sources(read, usual, index, self._encoder, self._sources_of(index), budget=budget)
        return replace(found, question=question)

    def explain(self, question: str) -> dict[str, Any]:
        """Why the answer to a question is what it is (app.answering.explain)."""
        from app.answering.explain import explain

        check_length(question)
        found = explain(on_one_line(question), self._newest(), self._encoder, self._reranker)
        return {**found, "question": question}

    def search(self, query: str, k: int = 10) -> list[Hit]:
        """At most `k` passages, best first; raises TenkyoError for a query of over 2,000 characters."""
        check_length(query)
        index = self._newest()
        return index.search(index.query(on_one_line(query), self._encoder), k, self._reranker)

    def records(self) -> list[DocumentRecord]:
        """The documents, without their texts, in the order in which they were added."""
        return list(self._newest().documents.values())

    def titles(self) -> dict[str, str]:
        """The titles of the documents by their ids."""
        return {record.id: record.title for record in self.records()}

    def documents(self) -> Iterator[Document]:
        """The documents with their texts, one after the other."""
        index = self._newest()
        return (stored.from_json(index.bodies[position]) for position in range(len(index.documents)))

    def document(self, document_id: str) -> Document | None:
        """A document with its text, or None for an unknown id."""
        index = self._newest()
        return stored.from_json(index.body_of(document_id)) if document_id in index.documents else None

    def passages(self, document_id: str) -> list[Passage]:
        """The passages of a document in their order; empty for an unknown id."""
        return self._newest().passages_of(document_id)

    @property
    def generation(self) -> str:
        """The name of the generation that answers now; it changes when the index does."""
        return self._newest().generation

    @property
    def manifest(self) -> dict[str, Any]:
        """What the index was made with: encoder, dimension, rules, numbers of documents and passages."""
        return self._newest().manifest

    def entry_targets(self, document_id: str) -> dict[int, tuple[str, str]]:
        """Where each work that a document cites has its entry: (document id, passage id), by the work's number."""
        return self._sources_of(self._newest()).entry_targets(document_id)

    def texts_of_entries(self, document_id: str) -> dict[str, str]:
        """The documents that hold the texts of the works whose entries stand in a document, by the entry's passage."""
        return self._sources_of(self._newest()).texts(document_id)

    def close(self) -> None:
        """Let go of the index; its files are unmapped when the last question over it has ended."""

    def _sources_of(self, index: Index) -> Sources:
        """The bibliographies of this generation, read anew when something was fetched."""
        store = Store(index.folder)
        state = (index.generation, store.changed_at())
        known = self._sources
        if known is None or known[0] != state:

            def holdings_of(records: Sequence[Record]) -> Sequence[Holding]:
                return standing([cited_of(record) for record in records], store, index.documents)

            known = self._sources = state, Sources(index, holdings_of)
        return known[1]

    def _newest(self) -> Index:
        """The index in force, opened anew when a writer has put another generation there."""
        name = current_generation(self._index.folder)
        if name != self._index.generation and name is not None:
            with self._lock:
                if name != self._index.generation:
                    index = open_index(self._index.folder)
                    check_rules(index, RULES)
                    if index.manifest["encoder"] != self._encoder.name:
                        self._encoder = encoder_for(index, None)
                    self._index = index
        return self._index
