"""The pages' view of a library when several processes answer."""

import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Unpack

from app.answering.types import Answer, AskOptions
from app.composing.events import Event
from app.drafts.suggestions import CheckedDrafts
from app.web.service.processes import AnswerProcesses
from app.web.service.service import AnswerSource
from ingest.document import Document
from retriever.types import DocumentRecord, Hit, Passage


class SharedLibrary:
    """A course's library whose questions and searches are answered in processes; the rest is read here."""

    def __init__(self, library: AnswerSource, course: str, processes: AnswerProcesses) -> None:
        self._library, self._course, self._processes = library, course, processes
        processes.start()

    def warm_up(self) -> None:
        """Load, in each process, what the first question would otherwise wait for."""
        self._processes.warm_up(self._course)

    def ask(self, question: str, **options: Unpack[AskOptions]) -> Answer:
        """One answer, within about the time of its budget."""
        answer: Answer = self._processes.call(self._course, "ask", question, **options)
        return answer

    def search(self, query: str, k: int = 10) -> list[Hit]:
        """Ranked passages."""
        hits: list[Hit] = self._processes.call(self._course, "search", query, k)
        return hits

    def close(self) -> None:
        """Close its files, and the processes where nobody else uses them."""
        self._processes.close()
        self._library.close()

    @property
    def snapshot_name(self) -> str:
        """Changes when the index does."""
        return self._library.snapshot_name

    @property
    def composes(self) -> bool:
        """Whether a language model composes answers: in this process, so that its limits count for all questions."""
        return self._library.composes

    def compose(
        self,
        answer: Answer,
        emit: Callable[[Event], None] = lambda _: None,
        stopped: threading.Event | None = None,
        **asked: Unpack[AskOptions],
    ) -> Answer:
        """The answer composed."""
        return self._library.compose(answer, emit, stopped, **asked)

    @property
    def drafts(self) -> CheckedDrafts:
        """The checked drafts of the snapshot that answers now."""
        return self._library.drafts

    def keep_drafts(self, drafts: CheckedDrafts) -> None:
        """Suggest from these drafts from now on."""
        self._library.keep_drafts(drafts)
        self._processes.keep_drafts(self._course, drafts)

    def titles(self) -> dict[str, str]:
        """Document id → title."""
        return self._library.titles()

    def records(self) -> list[DocumentRecord]:
        """The documents without their texts."""
        return self._library.records()

    def documents(self) -> Iterator[Document]:
        """The documents with their texts."""
        return self._library.documents()

    def document(self, document_id: str) -> Document | None:
        """A document."""
        return self._library.document(document_id)

    def original(self, document_id: str) -> Path | None:
        """The PDF that a document was read from."""
        return self._library.original(document_id)

    def passages(self, document_id: str) -> list[Passage]:
        """The document's passages in order."""
        return self._library.passages(document_id)

    def entry_targets(self, document_id: str) -> dict[int, tuple[str, str]]:
        """Where each work that the document cites has its entry."""
        return self._library.entry_targets(document_id)

    def texts_of_entries(self, document_id: str) -> dict[str, str]:
        """The texts of the works whose entries stand in the document."""
        return self._library.texts_of_entries(document_id)
