"""Files → index in batches, which readers see in one step at the end.

Memory is bounded by the batch, and by the largest file: a file is read whole, even one of many documents.
"""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from ingest.document import Document
from ingest.pdf.facsimile.originals import Originals
from ingest.runs.gather import (
    ReadOptions,
    Source,
    file_hash,
    hashes_of_unchanged,
    is_address,
    is_gone,
    load_source,
    take_source,
    unchanged,
)
from ingest.runs.ingest_plan import IngestPlan, Outcome, stepping_aside
from ingest.runs.processes import Processes, Result, Task
from ingest.text import shown_name
from retriever.index.build import Progress, StagedRun
from retriever.index.search import Index
from retriever.types import DocumentRecord, Encoder

# A batch is written when it has this many characters (about 2,000 passages) or documents.
_CHARACTERS, _DOCUMENTS = 500_000, 2000
_MANY_FILES = 100  # from here on, progress is that of the whole run, not of each step
# Passages that go to the encoder together for each worker process: a process then rarely waits for the others.
_AT_ONCE = 4


@dataclass(frozen=True, slots=True)
class BatchedIngest:
    """One ingest of `files` into the index of `run`."""

    run: StagedRun
    files: Sequence[Source]
    encoder: Encoder
    options: ReadOptions
    processes: Processes | None
    progress: Progress

    def ingest(self, folders: Sequence[Path], *, sync: bool) -> list[Outcome]:
        """Read what has changed and write it; returns an outcome for each document, in the order of the files.

        With `sync`, documents whose files are no longer in `folders` are removed.
        """
        index = self.run.index
        paths = [source.path for source in self.files]
        found_hashes = self._map(partial(file_hash, options=self.options), paths)
        hashes = dict(zip((source.name for source in self.files), found_hashes, strict=True))
        moved = _moved(index, hashes, self.options) if index else {}
        moved_ids = {record.id for record in moved.values()}
        gone = {name: why for name, why in _gone(self.run, folders, hashes).items() if name not in moved_ids}
        plan = IngestPlan(
            {name: record for name, record in self.run.documents.items() if not (sync and name in gone)}, hashes
        )
        known = {source.name: outcomes for source in self.files if (outcomes := unchanged(source, plan, self.options))}
        to_load = [source for source in self.files if source.name not in moved and source.name not in known]
        progress = _progress_of(self.progress, to_load)
        outcomes = self._read(plan, moved, known, to_load, progress)
        outcomes += [
            Outcome("removed", name, why) if sync else Outcome("missing", name, f"{why}; --sync takes it out")
            for name, why in gone.items()
            if name not in plan.seen
        ]
        removed = {outcome.name for outcome in outcomes if outcome.state == "removed"} - plan.seen
        if plan.incoming or removed:
            self._write(plan, removed, progress)
        progress.end()
        outcomes += make_room(self.run, self.encoder, self.progress)
        self.run.finish()
        Originals(self.run.folder).sweep({record.content_hash for record in self.run.documents.values()})
        return [self._since_base(outcome) for outcome in outcomes]

    def _read(
        self,
        plan: IngestPlan,
        moved: Mapping[str, DocumentRecord],
        known: Mapping[str, Sequence[Outcome]],
        to_load: Sequence[Source],
        progress: "_ByStep | _OfRun",
    ) -> list[Outcome]:
        """Read the files into `plan`, which is written whenever it is a whole batch.

        A renamed file keeps its document and is not read.
        """
        loaded = self._map(partial(load_source, options=self.options), to_load)
        outcomes: list[Outcome] = []
        for source in self.files:
            if source.name in moved:
                of_source = self._move(plan, moved[source.name], source)
            elif source.name in known:
                of_source = iter(known[source.name])
            else:
                read = next(loaded)
                progress.read(source)
                of_source = take_source(source, read, plan)
            for outcome in of_source:
                outcomes.append(outcome)
                if plan.holds(hashed := plan.hashes[source.name]):
                    Originals(self.run.folder).keep(source.path, hashed)
                if len(plan.incoming) >= _DOCUMENTS or plan.characters >= _CHARACTERS:
                    self._write(plan, (), progress)
        return outcomes

    def _move(self, plan: IngestPlan, record: DocumentRecord, source: Source) -> Iterator[Outcome]:
        if index := self.run.index:
            yield plan.move(record, body_of(index, record.id), index.passages_of(record.id), source.name)

    def _map(self, work: Callable[[Task], Result], tasks: Sequence[Task]) -> Iterator[Result]:
        """The results in order, from the processes if there are any."""
        return self.processes.map(work, tasks) if self.processes else map(work, tasks)

    def _write(self, plan: IngestPlan, removed: Collection[str], progress: Progress) -> None:
        at_once = _AT_ONCE * self.processes.count if self.processes else None
        self.run.write(self.encoder, plan.entries(), removed, progress, at_once=at_once)
        plan.written(self.run.documents)

    def _since_base(self, outcome: Outcome) -> Outcome:
        """The outcome compared with the index in force: what interrupted runs wrote counts as written by this one."""
        record = self.run.documents.get(outcome.name)
        if outcome.state != "unchanged" or record is None or not _is_new(self.run, record):
            return outcome
        is_there = self.run.base is not None and outcome.name in self.run.base.documents
        return replace(outcome, state="updated" if is_there else "added", detail="before the run was interrupted")


def make_room(run: StagedRun, encoder: Encoder, progress: Progress) -> list[Outcome]:
    """Remove the bundled documents that a run's new ones replace, and the texts of works that only the former cite."""
    records = run.documents.values()
    digests = [record for record in records if record.digest_of]
    if not digests or (index := run.index) is None:
        return []
    # A merge can bring the digest into an index of the user's documents; these then count as new.
    comes_late = any(_is_new(run, digest) for digest in digests)
    own = [record.id for record in records if record.kind == "document" and (comes_late or _is_new(run, record))]
    listings = [body_of(index, record.id) for record in records if record.kind == "references"]
    aside = stepping_aside(records, (body_of(index, document_id) for document_id in own), listings)
    aside |= _texts_of_works(index, aside)
    if aside:
        run.write(encoder, (), aside, progress)
    return [Outcome("removed", name, why) for name, why in aside.items()]


def _is_new(run: StagedRun, record: DocumentRecord) -> bool:
    """Whether the index in force lacks this document, or has another content of it."""
    before = run.base.documents.get(record.id) if run.base else None
    return before is None or before.content_hash != record.content_hash


def _moved(index: Index, hashes: Mapping[str, str], options: ReadOptions) -> dict[str, DocumentRecord]:
    """The documents whose file was renamed, by its new name: the old file is gone, a new one has its content."""
    lost = {
        record.content_hash: record
        for record in index.documents.values()
        if record.kind == "document" and not is_address(record.source) and is_gone(record.source, [Path(record.source)])
    }
    known = {record.source for record in index.documents.values()}
    moved: dict[str, DocumentRecord] = {}
    for name, content_hash in hashes.items():
        if content_hash and name not in known:
            for unchanged_hash in lost.keys() & hashes_of_unchanged(content_hash, options):
                moved[name] = lost.pop(unchanged_hash)
    return moved


def _gone(run: StagedRun, folders: Sequence[Path], hashes: Mapping[str, str]) -> dict[str, str]:
    """The user's documents whose files are no longer in these folders: document id → what happened to the file."""
    names = {content_hash: name for name, content_hash in hashes.items() if content_hash}
    return {
        record.id: f"its file is now {shown_name(names[record.content_hash])}"
        if record.content_hash in names
        else f"{shown_name(record.source)} is no longer there"
        for record in run.documents.values()
        if record.kind == "document" and is_gone(record.source, folders)
    }


def _texts_of_works(index: Index, aside: Mapping[str, str]) -> dict[str, str]:
    """The texts of works that only documents in `aside` cite, to be removed with these: document id → reason."""
    leaving: dict[str, str] = {}
    for record in index.documents.values() if aside else ():
        cited_in = body_of(index, record.id).cited_in if record.kind == "reference" else ()
        citing = {place.document_id for place in cited_in}
        if citing and citing <= aside.keys():
            leaving[record.id] = aside[min(citing)]
    return leaving


def body_of(index: Index, document_id: str) -> Document:
    """A document of the index as it was read."""
    return Document.from_json(index.body_of(document_id))


class _ByStep:
    """The progress of a run of few files: of reading them, and of encoding each batch."""

    def __init__(self, progress: Progress, files: int) -> None:
        self._progress, self._files, self._read = progress, files, 0
        self._is_open = False
        self._begin_reading()

    def read(self, _: Source) -> None:
        """A file was read."""
        self._read += 1
        self._progress.advance(1)

    def start(self, label: str, total: int, unit: str) -> None:
        """The encoding of a batch begins."""
        self.end()
        self._progress.start(label, total, unit)
        self._is_open = True

    def advance(self, count: int) -> None:
        """`count` characters are encoded."""
        self._progress.advance(count)

    def finish(self) -> None:
        """The batch is encoded; reading goes on."""
        self.end()
        if self._read < self._files:
            self._begin_reading()

    def end(self) -> None:
        """The run has ended."""
        if self._is_open:
            self._progress.finish()
        self._is_open = False

    def _begin_reading(self) -> None:
        self._progress.start("reading", self._files, "files")
        self._progress.advance(self._read)
        self._is_open = True


class _OfRun:
    """The progress of a run of many files as one task: how many of their bytes are encoded."""

    def __init__(self, progress: Progress, total: int) -> None:
        self._progress = progress
        self._batch = self._shown = self._done = 0  # bytes of the batch, those reported; characters encoded
        self._total = 1  # characters to be encoded
        progress.start("ingesting", total, "bytes")

    def read(self, source: Source) -> None:
        """A file was read, and belongs to the batch."""
        self._batch += _size(source)

    def start(self, _label: str, total: int, _unit: str) -> None:
        """The encoding of the batch begins."""
        self._done, self._total = 0, max(total, 1)

    def advance(self, count: int) -> None:
        """`count` characters of the batch are encoded."""
        self._done += count
        self._tell(self._batch * self._done // self._total)

    def finish(self) -> None:
        """The batch is encoded."""
        self._tell(self._batch)
        self._batch = self._shown = 0

    def _tell(self, shown: int) -> None:
        self._progress.advance(shown - self._shown)
        self._shown = shown

    def end(self) -> None:
        """The run has ended."""
        self._progress.finish()


def _progress_of(progress: Progress, to_load: Sequence[Source]) -> _ByStep | _OfRun:
    if len(to_load) <= _MANY_FILES:
        return _ByStep(progress, len(to_load))
    return _OfRun(progress, sum(map(_size, to_load)))


def _size(source: Source) -> int:
    try:
        return source.path.stat().st_size
    except OSError:  # a link that leads nowhere
        return 0
