"""Sources → index: read what has changed, cut it into passages, write one new snapshot."""

import stat
import tempfile
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from ingest.document import Document
from ingest.ingest_plan import IngestPlan, Outcome, hash_bytes, hash_document
from ingest.loaders import SUFFIXES, load
from ingest.loaders.source import Limits, SourceError
from ingest.passages import RULES
from ingest.sources import Fetching, Source, gather
from retriever.encoder import DEFAULT_ENCODER, DeferredEncoder, canonical_name, open_encoder
from retriever.index.build import Progress, check_rules, has_rules, update
from retriever.index.open import Index, check_encoder, open_index
from retriever.index.snapshots import IndexMissingError, writing
from retriever.types import Encoder, TenkyoError

# How long a process waits for another one that writes the same index: two may start at once.
_WAIT_SECONDS = 1800
_MANY = ".jsonl"  # the format whose files hold many documents


def ingest(
    folder: Path,
    sources: Sequence[str],
    *,
    encoder_name: str | None = None,
    password: str | None = None,
    fetching: Fetching | None = None,
    limits: Limits | None = None,
    progress: Progress,
) -> list[Outcome]:
    """Add or update `sources` in the index in `folder`; makes the index if there is none.

    Returns an outcome for each document and for each source or part of one that was skipped, in the order of the
    sources; addresses that could not be fetched come first.
    Raises TenkyoError if the index cannot be written or has another encoder; the index is unchanged then.
    """
    with _scratch() as scratch:
        files, skipped = gather(sources, Path(scratch), fetching or Fetching(), progress)
        files = [source for source in files if not source.path.is_relative_to(folder.resolve())]
        if not files:
            return skipped
        return skipped + _ingest(folder, files, encoder_name, password, limits or Limits(), progress)


def _scratch() -> tempfile.TemporaryDirectory[str]:
    try:
        return tempfile.TemporaryDirectory(prefix="tenkyo-")
    except OSError as error:
        raise TenkyoError(
            f"no temporary folder can be made ({error.strerror}); set TMPDIR to a folder of yours"
        ) from error


def _ingest(
    folder: Path,
    files: Sequence[Source],
    encoder_name: str | None,
    password: str | None,
    limits: Limits,
    progress: Progress,
) -> list[Outcome]:
    with writing(folder):
        old = _open_or_none(folder)
        encoder = encoder_for(old, encoder_name)
        hashes = {source.name: _file_hash(source.path, limits) for source in files}
        plan = IngestPlan(dict(old.documents) if old else {}, hashes)
        outcomes: list[Outcome] = []
        progress.start("reading", len(files), "files")
        for source in files:
            outcomes += _read(source, plan, password, limits)
            progress.advance(1)
        progress.finish()
        listings = [_body(old, one.id) for one in old.documents.values() if one.kind == "references"] if old else []
        aside = plan.stepping_aside(listings)
        aside |= _texts_of_works(old, aside) if old else {}
        outcomes += [Outcome("removed", name, why) for name, why in aside.items()]
        removed = {outcome.name for outcome in outcomes if outcome.state == "removed"}
        if plan.incoming or removed:
            _write(folder, old, encoder, plan, removed, progress)
    return outcomes


def remove(folder: Path, document_ids: Sequence[str], *, progress: Progress) -> list[Outcome]:
    """Take documents out of the index; raises TenkyoError, and removes nothing, if an id is not in it."""
    open_index(folder)  # raises where there is none, before the lock makes the folder
    with writing(folder):
        old = open_index(folder)
        unknown = [name for name in document_ids if name not in old.documents]
        if unknown:
            raise TenkyoError(f"document {unknown[0]!r} is not in {folder}; tenkyo documents lists the ids")
        _write(folder, old, encoder_for(old, None), IngestPlan({}), set(document_ids), progress)
    return [Outcome("removed", name) for name in dict.fromkeys(document_ids)]


def ingest_documents(
    folder: Path, documents: Iterable[Document], *, encoder_name: str | None = None, progress: Progress
) -> None:
    """Make a new index of documents made in memory, or replace one that was made by other rules.

    Does nothing if another process has done it meanwhile.
    """
    with writing(folder, wait_seconds=_WAIT_SECONDS):
        old = _open_or_none(folder)
        if old is None or not has_rules(old, RULES):
            plan = IngestPlan({})
            for document in documents:
                plan.take(document, hash_document(document), own_id=True)
            _write(folder, None, encoder_for(None, encoder_name), plan, set(), progress)


@dataclass(frozen=True, slots=True)
class ReadDocument:
    """A document that was read already, and the hash of its content."""

    document: Document
    content_hash: str


def ingest_read(
    folder: Path, documents: Iterable[ReadDocument], *, leaving: Collection[str] = (), progress: Progress
) -> list[str]:
    """Put documents that were read already into the index in `folder`; returns their ids, in order.

    Each replaces the document of the same source or content. The ids in `leaving` are removed, unless one of the
    documents gets them.
    """
    with writing(folder, wait_seconds=_WAIT_SECONDS):
        old = open_index(folder)
        encoder = encoder_for(old, None)
        plan = IngestPlan(dict(old.documents))
        places = {record.content_hash: (record.id, record.source) for record in old.documents.values()}
        ids = [_take_read(read, old, plan, places) for read in documents]
        removed = {name for name in leaving if name in old.documents and name not in ids}
        if plan.incoming or removed:
            _write(folder, old, encoder, plan, removed, progress)
    return ids


def _take_read(read: ReadDocument, old: Index, plan: IngestPlan, places: dict[str, tuple[str, str]]) -> str:
    """Decide on a document; `places` has the (id, source) of each content hash. Returns its id."""
    document = read.document
    known = {record.source: (record.id, record.source) for record in plan.records.values()}
    document_id, source = known.get(document.source) or places.get(read.content_hash) or ("", document.source)
    if document_id in plan.seen:
        return document_id
    record = old.documents.get(document_id)
    if record:
        kept = _body(old, document_id).cited_in
        if record.content_hash == read.content_hash and kept == document.cited_in:
            return document_id
        del plan.records[document_id]  # so that the document is written again, with its new `cited_in`
    named = replace(document, id=document_id or document.id, source=source)
    document_id = plan.take(named, read.content_hash, own_id=bool(document_id)).name
    places[read.content_hash] = document_id, source
    return document_id


def encoder_for(old: Index | None, name: str | None) -> Encoder:
    """The encoder of an index, opened when it is first used, or the one called `name` for a new index.

    Raises IndexFolderError if the index was built with another encoder than `name`, or by other rules.
    """
    if old is None:
        return open_encoder(name or DEFAULT_ENCODER)
    check_rules(old, RULES)
    if name is not None:
        check_encoder(old, canonical_name(name))
    return DeferredEncoder(old.manifest["encoder"], old.manifest["dimension"])


def _texts_of_works(old: Index, aside: Mapping[str, str]) -> dict[str, str]:
    """The texts of works that only documents in `aside` cite: they leave with these, for the same reason."""
    leaving: dict[str, str] = {}
    for record in old.documents.values() if aside else ():
        citing = (
            {place.document_id for place in _body(old, record.id).cited_in} if record.kind == "reference" else set()
        )
        if citing and citing <= aside.keys():
            leaving[record.id] = aside[min(citing)]
    return leaving


def _body(index: Index, document_id: str) -> Document:
    return Document.from_json(index.body_of(document_id))


def _open_or_none(folder: Path) -> Index | None:
    try:
        return open_index(folder)
    except IndexMissingError:
        return None


def _read(source: Source, plan: IngestPlan, password: str | None, limits: Limits) -> list[Outcome]:
    """Read one file into `plan`, unless it is unchanged since it was indexed."""
    name = source.name
    content_hash = plan.hashes[name]
    known = [record for record in plan.of_source(name) if record.content_hash == content_hash]
    if known:
        return [Outcome("unchanged", record.id) for record in known]
    try:
        _check_regular(source.path)
        loaded = load(source.path, limits=limits, password=password)
    except SourceError as error:
        return [Outcome("skipped", name, str(error), error.reason)]
    outcomes = [Outcome("skipped", f"{name}, {part.place}", part.detail, part.reason) for part in loaded.skipped]
    many = source.path.suffix.lower() == _MANY
    for document in loaded.documents:
        named = replace(document, source=name, url=source.url or document.url)
        outcomes.append(plan.take(named, content_hash or hash_document(document), own_id=many))
    return outcomes + [Outcome("removed", gone, f"no longer in {name}") for gone in plan.vanished(name)]


def _file_hash(path: Path, limits: Limits) -> str:
    """The hash of a file's bytes, by which an unchanged file is recognised.

    It is "" for files of many documents, each of which has its own hash, and for files that `_read` will refuse.
    """
    suffix = path.suffix.lower()
    try:
        if suffix == _MANY or suffix not in SUFFIXES or not path.is_file() or path.stat().st_size > limits.max_bytes:
            return ""
        return hash_bytes(path.read_bytes())
    except OSError:
        return ""


def _check_regular(path: Path) -> None:
    """Raise SourceError for pipes and devices, links to folders, and folders that cannot be listed."""
    try:
        mode = path.stat().st_mode
    except OSError as error:
        raise SourceError("unreadable", f"{path}: cannot be read ({error.strerror}); check its permissions") from error
    if not stat.S_ISREG(mode):
        raise SourceError(
            "unreadable", f"{path}: is neither a regular file nor a folder that can be listed; check what it is"
        )


def _write(
    folder: Path, old: Index | None, encoder: Encoder, plan: IngestPlan, removed: Collection[str], progress: Progress
) -> None:
    update(folder, old, encoder, entries=plan.entries(), removed=removed, passage_rules=RULES, progress=progress)
