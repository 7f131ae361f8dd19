"""Starter questions: drafted from the documents that are served, and shown only if they are answered surely."""

import logging
import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, islice
from typing import Protocol

from app.answering.types import Answer, Citation
from app.evaluation.questions import GAP, draft
from ingest.document import Document
from retriever.text import without_space
from retriever.types import Budget

_log = logging.getLogger("tenkyo.web")
_SURE = 0.8  # confidence
_SHOWN = 3  # questions of a language: they fill the empty page, not more
_DOCUMENTS, _DRAFTED = 30, 80  # looked at, and asked at most
_SECONDS, _SECONDS_EACH = 60.0, 3.0  # for all of them, and for one


@dataclass(frozen=True, slots=True)
class Starter:
    """A question and its language (ja, en, zh, ko), fit for an index that holds all of `documents`."""

    language: str
    question: str
    documents: frozenset[str] = frozenset()


class Askable(Protocol):
    """What starter questions need of a library."""

    @property
    def snapshot_name(self) -> str:
        """Changes when the index does."""
        ...

    def ask(self, question: str, k: int = 5, budget: Budget = ...) -> Answer:
        """One answer."""
        ...

    def titles(self) -> dict[str, str]:
        """Document id → title."""
        ...

    def documents(self) -> Iterator[Document]:
        """The documents with their texts."""
        ...


class Starters:
    """Questions for the snapshot that answers, made by a thread of their own and kept until the index changes."""

    def __init__(self, written: Sequence[Starter] = ()) -> None:
        self._written = tuple(written)
        self._lock = threading.Lock()
        self._made: tuple[str, tuple[Starter, ...]] = ("", ())
        self._making = ""
        self._stopped = threading.Event()

    def prepare(self, library: Askable) -> None:
        """Begins to make the questions unless that was done for this snapshot; returns at once."""
        snapshot = library.snapshot_name
        with self._lock:
            if self._stopped.is_set() or snapshot in (self._made[0], self._making):
                return
            self._making = snapshot
        threading.Thread(target=self._make, args=(library, snapshot), name="tenkyo-starters", daemon=True).start()

    def shown(self, library: Askable, language: str) -> list[str]:
        """At most three questions, in `language`, else in that of most of them; none while they are being made."""
        self.prepare(library)
        snapshot, made = self._made
        if snapshot != library.snapshot_name:
            return []
        languages = Counter(starter.language for starter in made)
        chosen = language if language in languages or not made else languages.most_common(1)[0][0]
        return [starter.question for starter in made if starter.language == chosen]

    def stop(self) -> None:
        """Asks nothing more."""
        self._stopped.set()

    def _make(self, library: Askable, snapshot: str) -> None:
        sure: tuple[Starter, ...] = ()
        try:
            sure = tuple(self._sure(library))
        except Exception:  # the pages go on without starter questions
            _log.exception("no starter questions could be made")
        with self._lock:
            self._made, self._making = (snapshot, sure), ""

    def _sure(self, library: Askable) -> Iterator[Starter]:
        """The candidates that are answered surely, three a language, as far as the time suffices."""
        end = time.monotonic() + _SECONDS
        counts: Counter[str] = Counter()
        for candidate, evidence in self._candidates(library):
            if self._stopped.is_set() or time.monotonic() > end:
                return
            if counts[candidate.language] == _SHOWN:
                continue
            began = time.monotonic()
            if _is_sure(library.ask(candidate.question, budget=Budget.of(_SECONDS_EACH)), evidence):
                counts[candidate.language] += 1
                yield candidate
            self._stopped.wait(time.monotonic() - began)  # leaves half of the time to those who ask

    def _candidates(self, library: Askable) -> Iterator[tuple[Starter, tuple[str, str] | None]]:
        """Questions, each with the id of the document and the words that must be given as evidence, where known."""
        present = library.titles().keys()
        written = ((starter, None) for starter in self._written if starter.documents <= present)
        drafted = (
            (Starter(row["lang"], row["question"]), (row["document_id"], row["evidence"][0]))
            for row in draft(islice(library.documents(), _DOCUMENTS), _DRAFTED)
            if GAP not in row["question"]  # an exercise, no question that anyone asks
        )
        return chain(written, drafted)


def _is_sure(answer: Answer, evidence: tuple[str, str] | None) -> bool:
    """Whether the question is answered, surely, and by the words that it was drafted from."""
    if answer.abstained or answer.confidence < _SURE or not answer.citations:
        return False
    if evidence is None:
        return True
    document_id, words = evidence
    cited = (citation for citation in answer.citations if citation.document_id == document_id)
    return any(_shows(citation, without_space(words)) for citation in cited)


def _shows(citation: Citation, words: str) -> bool:
    """Whether the quote holds the words or is a part of them; a table's row is quoted in other words than it is cut."""
    quote = without_space(citation.quote)
    return words in quote or quote in words or ("\n" in citation.text and words in without_space(citation.text))
