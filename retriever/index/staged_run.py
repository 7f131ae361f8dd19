"""A run of several updates that readers see as one."""

from collections.abc import Collection, Sequence
from pathlib import Path

from retriever.index.build import PENDING, Progress, update
from retriever.index.changes import Entry
from retriever.index.open import Index, open_index, open_staged
from retriever.index.snapshots import IndexFolderError, IndexMissingError, put_staged_in_force
from retriever.store import FAISS
from retriever.types import DocumentRecord, Encoder


class StagedRun:
    """The updates of one run, staged one after the other. The writer's lock must be held as long as it is used.

    `base` is the index in force; `documents` are those of what the run has written on top of it, by id. A run with the
    same `key` goes on where an interrupted one stopped (`is_resumed`), unless `base` was replaced meanwhile.
    """

    def __init__(self, folder: Path, key: str, passage_rules: str, store: str | None) -> None:
        """Begin a run, or go on with one. `store` is where a new index keeps its rows (None: in its files)."""
        self.folder, self._key, self._passage_rules, self._store = folder, key, passage_rules, store
        self.base = _open_or_none(folder)
        staged = open_staged(folder, key)
        self.is_resumed = staged is not None
        self._index: Index | None = staged or self.base
        self._is_stale = False
        self.documents: dict[str, DocumentRecord] = self._index.documents if self._index else {}

    @property
    def index(self) -> Index | None:
        """What is written so far, opened; None before the first update of a new index."""
        if self._is_stale:
            self._index = open_staged(self.folder, self._key)
            if self._index is None:
                raise IndexFolderError(f"index {self.folder}: what was just written cannot be read; check the disk")
            self._is_stale = False
        return self._index

    def write(
        self,
        encoder: Encoder,
        entries: Sequence[Entry],
        removed: Collection[str],
        progress: Progress,
        *,
        at_once: int | None = None,
    ) -> None:
        """Stage the next update (retriever.index.build)."""
        self.documents = update(
            self.folder,
            self.index,
            encoder,
            entries=entries,
            removed=removed,
            passage_rules=self._passage_rules,
            progress=progress,
            store=self._store or FAISS,
            run=self._key,
            at_once=at_once,
        )
        self._is_stale = True

    def finish(self) -> None:
        """Put what was written in force, in one step."""
        put_staged_in_force(self.folder)
        if self.is_resumed:  # the interrupted run may have ended before it deleted these
            (self.folder / PENDING).unlink(missing_ok=True)


def _open_or_none(folder: Path) -> Index | None:
    try:
        return open_index(folder)
    except IndexMissingError:
        return None
