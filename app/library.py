"""An open index with its encoder and bibliographies; commands, pages and evaluations ask their questions here."""

import logging
import threading
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Self, TypeVar, Unpack

from app.answering.pipeline import RecentAnswers, answer, recent_answers
from app.answering.trace import Trace
from app.answering.types import Answer, AskOptions, Turn
from app.answering.understand.history.conversation import counted
from app.answering.works import Sources
from app.drafts.suggestions import CheckedDrafts, Offered
from ingest.document import Document
from ingest.passages import RULES
from ingest.pdf.facsimile.originals import Originals
from ingest.references.cited_work import CitedWork
from ingest.references.matching import with_fetch_records
from ingest.references.store import RECORDS_FOLDER, ReferenceStore
from retriever.embedded.reader import DeferredReader, Reader
from retriever.index.open import check_rules, open_index
from retriever.index.search import Index, IndexEncoder, encoder_of
from retriever.index.snapshots import POINTER, IndexFolderError, IndexMissingError, StoredManifest, current_snapshot
from retriever.reranker import Reranker
from retriever.store import SnapshotGoneError
from retriever.text import one_line
from retriever.types import UNLIMITED, DocumentRecord, Encoder, Hit, Passage, TenkyoError

if TYPE_CHECKING:
    from app.composing.composer import Composer
    from app.composing.events import Event

_log = logging.getLogger("tenkyo")
Returned = TypeVar("Returned")
Stamp = tuple[int, int]  # inode and time of change (nanoseconds) of a file, (0, 0) where there is none
# A text of tens of thousands of characters would take the encoder a minute, and is not a question.
_MOST_CHARACTERS = 2000
_MARGIN = 0.1  # of confidence, by which the answer to a question that a language model rewrote must be surer


def check_length(question: str) -> None:
    """Raise TenkyoError for a question of over 2,000 characters."""
    if len(question) > _MOST_CHARACTERS:
        raise TenkyoError(
            f"the question has {len(question):,} characters, at most {_MOST_CHARACTERS:,} are read; ask more briefly"
        )


def _on_one_line(turn: Turn) -> Turn:
    return Turn(one_line(turn.question), one_line(turn.answer))


def _check_documents(documents: Collection[str], index: Index) -> None:
    unknown = sorted(set(documents) - set(index.documents))
    if unknown:
        raise UnknownDocumentError(
            f"the index holds no document {unknown[0][:200]!r}; `tenkyo documents` lists those that it holds"
        )


class UnknownDocumentError(TenkyoError):
    """A question or search names a document that is not in the index."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """An index with its encoder and its cited works, replaced as a whole; a question uses one snapshot throughout.

    `index_stamp` changes when a writer publishes a new snapshot, `fetched_stamp` when a cited work is fetched.
    """

    index: Index
    encoder: Encoder
    sources: Sources
    index_stamp: Stamp
    fetched_stamp: Stamp
    recent: RecentAnswers = field(default_factory=recent_answers, repr=False)


class Library:
    """Questions and searches over the newest snapshot of an index. Safe to use from several threads."""

    def __init__(
        self,
        index: Index,
        encoder: Encoder,
        reranker: Reranker | None = None,
        reader: Reader | None = None,
        composer: "Composer | None" = None,
    ) -> None:
        self._reranker, self._reader, self._composer = reranker, reader, composer
        self._lock = threading.Lock()
        # The stamp (0, 0) makes the first question check whether the index is still the newest.
        kept = encoder if isinstance(encoder, IndexEncoder) else _remembering(encoder)
        self._snapshot = Snapshot(index, kept, _sources(index), (0, 0), _stamp(index.folder / RECORDS_FOLDER))
        self._drafts, self._offered = CheckedDrafts(), Offered()

    @classmethod
    def open(
        cls,
        folder: Path,
        reranker: str | None = None,
        composer: "Composer | None" = None,
        reader: Reader | None = None,
    ) -> Self:
        """Open the index in `folder` and, if it is named, the cross-encoder `reranker`, which takes seconds.

        A `reader` that is already being opened means that a question follows at once: then the encoder is opened in the
        background, too.
        Raises IndexFolderError if there is no usable index, TenkyoError if the reranker cannot load.
        """
        index = open_index(folder)
        opened = Reranker(reranker) if reranker else None
        check_rules(index, RULES)
        encoder = encoder_of(index)
        if reader is not None:
            encoder.open_ahead()
        return cls(index, encoder, opened, reader or DeferredReader(), composer)

    def ask(self, question: str, **options: Unpack[AskOptions]) -> Answer:
        """The answer to a question; raises TenkyoError for one of over 2,000 characters.

        Raises UnknownDocumentError where `documents` names one that the index does not hold.
        """
        return self.ask_with_trace(question, **options)[0]

    def ask_with_trace(self, question: str, **options: Unpack[AskOptions]) -> tuple[Answer, Trace]:
        """As `ask`, with the trace of how the answer was made."""
        check_length(question)
        return self._on_newest(lambda now: self._answered(now, question, options))

    def _answered(self, now: Snapshot, question: str, options: AskOptions) -> tuple[Answer, Trace]:
        sources, recent = now.sources, now.recent
        history, documents = options.get("history", ()), options.get("documents", ())
        if documents:
            _check_documents(documents, now.index)
            sources, recent = sources.within(documents), recent_answers()
        read, turns = one_line(question), [_on_one_line(turn) for turn in (counted(history) if history else ())]
        k, budget = options.get("k", 5), options.get("budget", UNLIMITED)
        response, trace = answer(
            read,
            sources,
            now.encoder,
            self._reranker,
            self._reader,
            k=k,
            budget=budget,
            history=turns,
            recent=recent,
        )
        standalone = question if response.standalone == read else response.standalone
        response = replace(response, question=question, standalone=standalone)
        drafts = self.drafts
        if drafts.drafts and not response.suggestions:
            offered = self._offered.before(turns)
            response = replace(response, suggestions=drafts.after(response, turns, documents, offered))
            self._offered.note(read, response.suggestions)
        return response, trace

    @property
    def composes(self) -> bool:
        """Whether a language model is set that composes answers."""
        return self._composer is not None

    def compose(
        self,
        answer: Answer,
        emit: "Callable[[Event], None]" = lambda _: None,
        stopped: threading.Event | None = None,
        **options: Unpack[AskOptions],
    ) -> Answer:
        """The answer composed by the language model, or unchanged if no model is set or it failed.

        `emit` receives an event for each sentence that passed its check or was withheld; setting `stopped` ends the
        work early. `options` are those with which the question was asked.
        """
        if self._composer is None:
            return answer
        now = self._newest()
        if (turns := options.get("history")) and self._composer.makes_whole:
            whole = self._composer.whole_question(answer, turns, now.index, emit)
            if whole not in {"", answer.question, answer.standalone}:
                other = self.ask(whole, k=max(1, len(answer.hits)), documents=options.get("documents", ()))
                answer = surer(answer, replace(other, question=answer.question, standalone=whole))
        return self._composer.compose(answer, now.index, now.encoder, emit, stopped)

    def warm_up(self) -> None:
        """Ask a question and drop its answer: the first one loads models and tables, which takes half a second."""
        for record in self.records()[:1]:
            self.ask(record.title[:_MOST_CHARACTERS])

    def search(self, query: str, k: int = 10) -> list[Hit]:
        """At most `k` passages, best first; raises TenkyoError for a query of over 2,000 characters."""
        check_length(query)
        read = one_line(query)
        return self._on_newest(lambda now: now.index.search(now.index.query(read, now.encoder), k, self._reranker))

    def records(self) -> list[DocumentRecord]:
        """The documents, without their texts, in the order in which they were added."""
        return list(self._newest().index.documents.values())

    def titles(self) -> dict[str, str]:
        """The titles of the documents by their ids."""
        return {record.id: record.title for record in self.records()}

    def documents(self) -> Iterator[Document]:
        """The documents with their texts, one after the other."""
        index = self._newest().index
        return (Document.from_json(index.body_of(document_id)) for document_id in index.documents)

    def document(self, document_id: str) -> Document | None:
        """A document with its text, or None for an unknown id."""
        index = self._newest().index
        return Document.from_json(index.body_of(document_id)) if document_id in index.documents else None

    def original(self, document_id: str) -> Path | None:
        """The PDF that a document, or the text of a fetched work, was read from.

        None for other formats, for an unknown id, and if the PDF was not kept.
        """
        index = self._newest().index
        record = index.documents.get(document_id)
        if record is None:
            return None
        return Originals(index.folder).find(record.content_hash) or ReferenceStore(index.folder).fetched_pdf(
            document_id
        )

    def passages(self, document_id: str) -> list[Passage]:
        """The passages of a document in their order; empty for an unknown id."""
        return self._on_newest(lambda now: now.index.passages_of(document_id))

    @property
    def snapshot_name(self) -> str:
        """The name of the snapshot that answers now; it changes when the index does."""
        return self._newest().index.snapshot_name

    @property
    def drafts(self) -> CheckedDrafts:
        """The checked drafts of the snapshot that answers now; without drafts where none were made yet."""
        index = self._newest().index
        if self._drafts.snapshot_name != index.snapshot_name:
            self._drafts = CheckedDrafts.load(index.folder, index.snapshot_name)
        return self._drafts

    def keep_drafts(self, drafts: CheckedDrafts) -> None:
        """Suggest from these drafts from now on, and save them beside the index for the next start."""
        self._drafts = drafts
        drafts.save(self._newest().index.folder)

    @property
    def manifest(self) -> StoredManifest:
        """What the index was made with: encoder, dimension, rules, numbers of documents and passages."""
        return self._newest().index.manifest

    def entry_targets(self, document_id: str) -> dict[int, tuple[str, str]]:
        """Where each work that a document cites has its entry: (document id, passage id), by the work's number."""
        return self._newest().sources.entry_targets(document_id)

    def texts_of_entries(self, document_id: str) -> dict[str, str]:
        """Id of the document that holds each work's text, by the passage id of the work's entry in this document."""
        return self._newest().sources.texts(document_id)

    def close(self) -> None:
        """Forget the answers that are remembered; the index is unmapped when the last question over it has ended."""
        self._snapshot.recent.clear()

    def _on_newest(self, work: Callable[[Snapshot], Returned]) -> Returned:
        """The result of `work` on the newest snapshot; it runs again if updates deleted the snapshot's rows meanwhile.

        Raises SnapshotGoneError if that happens twice, or if there is no newer snapshot.
        """
        now = self._newest()
        try:
            return _checked(work, now)
        except SnapshotGoneError:
            if (newer := self._newest()) is now:
                raise
        return _checked(work, newer)

    def _newest(self) -> Snapshot:
        """The current snapshot, opened anew when a writer has published another or something was fetched."""
        now = self._snapshot
        folder = now.index.folder
        index_stamp, fetched_stamp = _stamp(folder / POINTER), _stamp(folder / RECORDS_FOLDER)
        if (index_stamp, fetched_stamp) == (now.index_stamp, now.fetched_stamp):
            return now
        with self._lock:
            now = self._snapshot
            index, encoder = now.index, now.encoder
            if _current(index) not in {index.snapshot_name, None}:
                try:
                    index = open_index(folder)
                except IndexMissingError:  # removed since the check: keep serving the open snapshot
                    return now
                check_rules(index, RULES)
                if index.manifest["encoder"] != encoder.name:
                    encoder = encoder_of(index)
            if index is now.index and fetched_stamp == now.fetched_stamp:
                self._snapshot = replace(now, index_stamp=index_stamp)
            else:
                self._snapshot = Snapshot(index, encoder, _sources(index), index_stamp, fetched_stamp)
            return self._snapshot


def _checked(work: Callable[[Snapshot], Returned], now: Snapshot) -> Returned:
    """The result of `work` on a snapshot; raises SnapshotGoneError if rows of the snapshot were deleted meanwhile."""
    result = work(now)
    now.index.stored.check()
    return result


def _current(index: Index) -> str | None:
    """The name of the current snapshot; if the pointer to it cannot be read, that of the open one, which stays in use.

    The log says so once for each change of the pointer.
    """
    try:
        return current_snapshot(index.folder)
    except IndexFolderError as error:
        _log.warning("%s; questions are answered from %s, which is open", error, index.snapshot_name)
        return index.snapshot_name


def _remembering(encoder: Encoder) -> IndexEncoder:
    return IndexEncoder(encoder.name, encoder.dimension, lambda: encoder)


def _stamp(path: Path) -> Stamp:
    try:
        status = path.stat()
    except OSError:
        return 0, 0
    return status.st_ino, status.st_mtime_ns


def surer(answer: Answer, other: Answer) -> Answer:
    """The `other` answer, to the question as a language model rewrote it, if it is clearly surer; else `answer`."""
    if other.abstained or (not answer.abstained and other.confidence < answer.confidence + _MARGIN):
        return answer
    return other


def _sources(index: Index) -> Sources:
    store = ReferenceStore(index.folder)

    def fetched(works: list[CitedWork]) -> list[CitedWork]:
        return with_fetch_records(works, store, index.documents)

    return Sources(index, fetched)
