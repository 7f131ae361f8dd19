"""Sources → index: read what has changed, cut it into passages, put one new snapshot in force."""

import tempfile
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, replace
from pathlib import Path, PurePath

from ingest.document import Document, hash_bytes, hash_document
from ingest.loaders import Limits
from ingest.loaders.ocr import Ocr
from ingest.passages import RULES
from ingest.pdf.facsimile.originals import Originals
from ingest.runs.batches import BatchedIngest, body_of
from ingest.runs.gather import Fetching, ReadOptions, Shard, Source, expand, folders_of, gather, has_files, is_address
from ingest.runs.ingest_plan import IngestPlan, Outcome
from ingest.runs.processes import Processes
from ingest.text import shown_name
from retriever.encoder import DEFAULT_ENCODER, canonical_name, open_encoder
from retriever.index.build import Progress, StagedRun, update
from retriever.index.open import check_encoder, check_rules, has_rules, open_if_there, open_index
from retriever.index.search import Index, encoder_of
from retriever.index.snapshots import discard_staged, writing
from retriever.store import FAISS
from retriever.types import Encoder, TenkyoError

# How long a process waits for another one that writes the same index: two may start at once.
_WAIT_SECONDS = 1800


def ingest(
    folder: Path,
    sources: Sequence[str],
    *,
    encoder_name: str | None = None,
    store: str | None = None,
    password: str | None = None,
    fetching: Fetching | None = None,
    limits: Limits | None = None,
    ocr: Ocr | None = None,
    sync: bool = False,
    shard: Shard | None = None,
    workers: int = 0,
    goes_on: bool = True,
    progress: Progress,
) -> list[Outcome]:
    """Add or update `sources` in the index in `folder`; makes the index if there is none.

    Works in batches (ingest.runs.batches). Readers see the result in one step; a run that was interrupted goes on where
    it stopped if it is started again with the same sources. Without `goes_on`, a run begins anew, and one that fails or
    is stopped leaves nothing behind. `workers` processes read and encode (0: this one). With `shard`, only its share of
    the files is taken; a share without documents makes an empty index, so that it can be merged like the others.

    `store` is where a new index keeps its passages. `ocr` recognises the text of scanned pages. With `sync`, documents
    whose files are no longer in the folders among the sources are removed; without it, they are reported as missing.
    Returns an outcome for each document and for each source or part of one that was skipped, in the order of the
    sources; addresses that could not be fetched come first.
    Raises TenkyoError if the index cannot be written or has another encoder; the index is unchanged then.
    """
    folders = folders_of(sources)
    if sync:
        _check_sync(sources, folders)
    with _scratch() as scratch:
        files, skipped = gather(sources, Path(scratch), fetching or Fetching(), progress, shard)
        files, inside = _outside(files, sources, folder.resolve())
        skipped += inside
        is_share = shard is not None and (bool(files) or has_files(sources))
        if not files and not is_share:
            return skipped
        options = ReadOptions(password, limits or Limits(), ocr)
        with writing(folder), Processes(workers) if workers else nullcontext() as processes:
            key = _key(sources, options, shard, sync=sync)
            if not goes_on:
                discard_staged(folder, key)  # of a process that was killed
            run = StagedRun(folder, key, RULES, store)
            with nullcontext() if goes_on else _undone(run, key):
                encoder = encoder_for(run.index, encoder_name)
                encoder = processes.encoder(encoder) if processes else encoder
                batched = BatchedIngest(run, files, encoder, options, processes, progress)
                outcomes = skipped + batched.ingest(folders, sync=sync)
                if is_share:
                    run.make_if_missing(encoder, progress)
                return outcomes


def _outside(files: Sequence[Source], names: Sequence[str], index: Path) -> tuple[list[Source], list[Outcome]]:
    """The files outside the index folder, and an outcome for each file inside that was named, itself or by its folder.

    If a source contains the index folder, the index's own files are left out without an outcome.
    """
    named = [path for name in names if not is_address(name) and (path := Path(name).resolve()).is_relative_to(index)]
    inside = [source for source in files if any(source.path.is_relative_to(path) for path in named)]
    detail = f"it lies in the index folder {index}, whose files are Tenkyo's own; move it elsewhere"
    skipped = [Outcome("skipped", source.name, detail, "inside-index", source.path.suffix.lower()) for source in inside]
    return [source for source in files if not source.path.is_relative_to(index)], skipped


@contextmanager
def _undone(run: StagedRun, key: str) -> Iterator[None]:
    """Delete what the run has staged, and the PDFs that it has kept, if the block fails."""
    try:
        yield
    except BaseException:
        discard_staged(run.folder, key)
        records = run.base.documents.values() if run.base else ()
        Originals(run.folder).sweep({record.content_hash for record in records})
        raise


def _check_sync(sources: Sequence[str], folders: Sequence[Path]) -> None:
    """Raises TenkyoError for a source that is no folder, and for a folder that has lost all of its files."""
    if len(folders) < len(sources):
        raise TenkyoError(f"--sync takes folders, not all of {', '.join(map(repr, sources))}; leave out the others")
    for folder in folders:
        if not expand([str(folder)]):
            remedy = "if its disk is there and it is meant to be empty, use tenkyo remove"
            raise TenkyoError(f"--sync found no file in {folder} and removed nothing; {remedy}")


def _scratch() -> tempfile.TemporaryDirectory[str]:
    try:
        return tempfile.TemporaryDirectory(prefix="tenkyo-")
    except OSError as error:
        raise TenkyoError(
            f"no temporary folder can be made ({error.strerror}); set TMPDIR to a folder of yours"
        ) from error


def _key(sources: Sequence[str], options: ReadOptions, shard: Shard | None, *, sync: bool) -> str:
    """The key of a run, by which the same command resumes where it was interrupted."""
    places = [source if is_address(source) else str(Path(source).resolve()) for source in sources]
    return hash_bytes(repr((places, options.ocr is not None, shard, sync)).encode("utf-8", "replace"))


def remove(folder: Path, names: Sequence[str], *, progress: Progress) -> list[Outcome]:
    """Take out the documents of these ids, paths or file names.

    Raises TenkyoError, and removes nothing, if one of the names does not stand for exactly one document.
    """
    open_index(folder)  # raises where there is none, before the lock makes the folder
    with writing(folder):
        old = open_index(folder)
        document_ids = list(dict.fromkeys(_named_document(old, folder, name) for name in names))
        _write(folder, old, encoder_for(old, None), IngestPlan({}), set(document_ids), progress)
    return [Outcome("removed", document_id) for document_id in document_ids]


def _named_document(index: Index, folder: Path, name: str) -> str:
    """The id of the document with this id, or else of the only document whose file has this path or name."""
    if name in index.documents:
        return name
    path = str(Path(name).resolve())
    files = ((record.id, record.source) for record in index.documents.values() if "://" not in record.source)
    from_file = [
        document_id
        for document_id, source in files
        if source == path or name in (shown_name(source), PurePath(shown_name(source)).name)
    ]
    if len(from_file) == 1:
        return from_file[0]
    if from_file:
        raise TenkyoError(f"{name!r} is the file of {len(from_file)} documents in {folder}; name one by its id")
    raise TenkyoError(f"document {name!r} is not in {folder}; tenkyo documents lists the ids")


def ingest_documents(
    folder: Path,
    documents: Iterable[Document],
    *,
    encoder_name: str | None = None,
    store: str | None = None,
    progress: Progress,
) -> None:
    """Make a new index of documents made in memory, or replace one that was made by other rules.

    `store` is where it keeps its passages. Does nothing if another process has done it meanwhile.
    """
    with writing(folder, wait_seconds=_WAIT_SECONDS):
        old = open_if_there(folder)
        if old is None or not has_rules(old, RULES):
            plan = IngestPlan({})
            for document in documents:
                plan.take(document, hash_document(document), own_id=True)
            _write(folder, None, encoder_for(None, encoder_name), plan, set(), progress, store or FAISS)


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
        kept = body_of(old, document_id).cited_in
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
    return encoder_of(old)


def _write(
    folder: Path,
    old: Index | None,
    encoder: Encoder,
    plan: IngestPlan,
    removed: Collection[str],
    progress: Progress,
    store: str = FAISS,
) -> None:
    entries = plan.entries()
    update(folder, old, encoder, entries=entries, removed=removed, passage_rules=RULES, progress=progress, store=store)
    replaced = {*removed, *plan.incoming}
    staying = [record for record in old.documents.values() if record.id not in replaced] if old else []
    records = [*staying, *(entry.record for entry in entries)]
    Originals(folder).sweep({record.content_hash for record in records})
