"""The bundled corpus as documents, and its index, which is built on the first start."""

from collections.abc import Iterable
from dataclasses import replace
from importlib.resources import as_file
from pathlib import Path

import corpus
from corpus import BundledDocument
from ingest.bibliography.mentions import find_mentions
from ingest.document import Block, Document, Publication, Reference
from ingest.loaders import Limits, load
from ingest.pipeline import ingest_documents
from retriever.index.build import Progress
from retriever.index.open import open_index
from retriever.index.snapshots import write_error
from retriever.types import DocumentRecord

_SOURCE = "corpus/"


def build_bundle_index(folder: Path, *, encoder_name: str | None, store: str | None = None, progress: Progress) -> None:
    """Build an index of the bundled corpus in `folder`, with its passages in `store`. Raises TenkyoError."""
    mark = _unfinished(folder)
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        mark.touch()
        ingest_documents(folder, bundled_documents(), encoder_name=encoder_name, store=store, progress=progress)
        mark.unlink(missing_ok=True)
    except OSError as error:
        raise write_error(folder, error) from error


def has_room_for_bundle(folder: Path) -> bool:
    """Whether the bundle may be built in `folder`: it does not exist, or a build of the bundle was interrupted.

    A folder without a usable index is left by a failed first ingest or is damaged: the bundle is not put there.
    """
    return _unfinished(folder).exists() or not folder.exists()


def keep_for_own_documents(folder: Path) -> None:
    """Mark `folder` as being for the user's own documents: no bundle is built there, even if their ingest fails."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        _unfinished(folder).unlink(missing_ok=True)
    except OSError as error:
        raise write_error(folder, error) from error


def _unfinished(folder: Path) -> Path:
    """The file beside the folder that marks a build of the bundle in progress; it is made before the folder."""
    return folder.with_name(f"{folder.name}.bundle")


def is_bundle(folder: Path) -> bool:
    """Whether the index in `folder` holds nothing but the bundled corpus."""
    return holds_bundle_alone(open_index(folder).documents.values())


def holds_bundle_alone(records: Iterable[DocumentRecord]) -> bool:
    """Whether all documents are of the bundled corpus. The first document of the user's own takes its place."""
    return all(record.source.startswith(_SOURCE) for record in records)


def bundled_documents() -> list[Document]:
    """The digest of the paper and the records of its references, as the manifest names them."""
    return [_digest(entry) if entry.digest_of else _references(entry) for entry in corpus.manifest().documents]


def _digest(bundled: BundledDocument) -> Document:
    with as_file(corpus.folder().joinpath(bundled.file)) as path:
        document = load(path, limits=Limits()).documents[0]
    paper = corpus.manifest().paper
    cites = find_mentions(document, [replace(entry, raw=corpus.citation(entry)) for entry in corpus.references()])
    return replace(
        document,
        id=bundled.id,
        title=bundled.title,
        source=_source(bundled),
        kind=bundled.kind,
        digest_of=bundled.digest_of or "",
        cites=tuple(cites),
        publication=Publication(paper.manuscript_date, tuple(author.name for author in paper.authors)),
    )


def _references(bundled: BundledDocument) -> Document:
    entries = tuple(Block("entry", _entry_text(entry), url=entry.url or None) for entry in corpus.references())
    return Document(
        id=bundled.id,
        title=bundled.title,
        source=_source(bundled),
        blocks=(Block("heading", bundled.title, level=1), *entries),
        language=bundled.language,
        references=corpus.references(),
        kind=bundled.kind,
    )


def _entry_text(record: Reference) -> str:
    return "\n".join(part for part in (corpus.citation(record), record.description, record.note) if part)


def _source(bundled: BundledDocument) -> str:
    return f"{_SOURCE}{bundled.file}"
