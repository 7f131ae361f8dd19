"""Make a file that the user provides the text of a cited work."""

import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from ingest.document import hash_bytes
from ingest.loaders import Limits
from ingest.pdf.facsimile.originals import Originals
from ingest.references.cited_work import CitedWork
from ingest.references.fetch_record import FetchRecord, not_fetched, now
from ingest.references.index_pending import index_pending, text_fields
from ingest.references.matching import with_fetch_records
from ingest.references.reading import read_user_file
from ingest.references.store import ReferenceStore
from retriever.index.build import Progress
from retriever.index.open import open_index
from retriever.index.search import Index
from retriever.types import TenkyoError


def attach_file(
    folder: Path,
    works: Sequence[CitedWork],
    work: CitedWork,
    source: str,
    *,
    password: str | None = None,
    limits: Limits | None = None,
    progress: Progress,
) -> FetchRecord:
    """Make a file the text of `work`, one of the cited `works`, replacing any earlier text; returns its fetch record.

    Raises TenkyoError if the file cannot be read, or is not the text of a single work.
    """
    path = _file(source)
    content_hash = hash_bytes(_bytes(path))
    index = open_index(folder)
    _check_other(path, content_hash, work, index)
    reading = read_user_file(path, entry=work.entry, limits=limits or Limits(), password=password)
    document = reading.document
    assert document is not None  # noqa: S101 - `read_user_file` always gives one; mypy cannot know
    store = ReferenceStore(folder)
    with store.fetching():
        number = [listed.names[0] for listed in works].index(work.names[0])
        before = with_fetch_records(works, store, index.documents)[number].fetched
        record = replace(
            not_fetched(work.listed_in, work.entry),
            state="fetched",
            outcomes=reading.outcomes,
            place=before.place,
            fetched_at=now(),
            file=str(path),
            document_id=before.document_id,
            supplied=True,
            **{**text_fields(document), "content_hash": content_hash},
        )
        store.keep(record, document)
        index_pending(folder, store, progress)
        Originals(folder).keep(path, content_hash)
        return with_fetch_records(works, store, open_index(folder).documents)[number].fetched


def _check_other(path: Path, content_hash: str, work: CitedWork, index: Index) -> None:
    """Raises TenkyoError if the file is the paper that cites the work."""
    paper = index.documents.get(work.listed_in)
    if paper and (paper.source == str(path) or paper.content_hash == content_hash):
        raise TenkyoError(f"{path}: this is {paper.id}, which cites {work.key!r}; name the file of the cited work")


def _file(source: str) -> Path:
    for path in (source, os.path.expanduser(source)):  # noqa: PTH111 (pathlib's raises for an unknown user)
        if os.path.isfile(path):  # noqa: PTH113
            return Path(os.path.realpath(path))
    what = "a folder" if os.path.isdir(os.path.expanduser(source)) else "no such file"  # noqa: PTH111, PTH112
    raise TenkyoError(f"source {source!r}: {what}; --as takes one file, the text of the cited work")


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise TenkyoError(f"{path}: cannot be read ({error.strerror}); check its permissions") from error
