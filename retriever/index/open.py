"""Open a snapshot of an index: its store, its documents, and the abbreviations and names that they define."""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import combinations, permutations
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from retriever import text
from retriever.files import load_array
from retriever.fusion import Fusion, background_of
from retriever.index.search import LATIN, Aliases, Index, Partner
from retriever.index.segment_files import ChainedLines, FaissStore, open_lines
from retriever.index.snapshots import (
    START_AGAIN,
    IndexFolderError,
    IndexMissingError,
    StoredManifest,
    current_snapshot,
    open_snapshot,
    snapshot_path,
    staged_snapshot,
)
from retriever.lexical.abbreviations import Definition
from retriever.lexical.bm25 import Bm25
from retriever.store import FAISS, LEXICAL, Segment, SnapshotGoneError, Store
from retriever.types import DocumentRecord, TenkyoError

DOCUMENTS, DEFINITIONS = "documents.jsonl", "definitions.jsonl"
_ALIKE = 0.5  # least share of letter pairs that two forms must have in common to be variants of each other
_MILVUS = re.compile(r"milvus://[A-Za-z0-9.\-]+:[0-9]{1,5}/[A-Za-z0-9_]+|milvus-lite:///[^#\x00]+\.db")


class RulesChangedError(IndexFolderError):
    """An index whose passages were cut or tokenised by another version's rules."""


def open_index(folder: Path, store: str | None = None) -> Index:
    """Open the current snapshot of the index in `folder`, whose rows are in its own store or at the address `store`.

    Raises IndexMissingError where there is none, IndexFolderError where it is damaged or of another format,
    StoreAwayError where its store does not answer.
    """
    while True:
        name = current_snapshot(folder)
        if name is None:
            raise IndexMissingError(f"no index in {folder}; make one with: tenkyo ingest SOURCE --index {folder}")
        try:
            return _open(folder, name, store)
        except (FileNotFoundError, IndexFolderError, SnapshotGoneError) as error:
            if current_snapshot(folder) != name:
                continue  # a writer has put a newer snapshot in force and swept this one away
            if isinstance(error, TenkyoError):
                raise
            raise IndexFolderError(f"index {folder}: {error.filename} is missing; {START_AGAIN}") from error
        except OSError as error:
            place, why = error.filename or "a file", error.strerror or error
            raise IndexFolderError(f"index {folder}: {place} cannot be read ({why})") from error


def open_if_there(folder: Path) -> Index | None:
    """Open the index in `folder`; None where there is none. Raises as `open_index` does."""
    try:
        return open_index(folder)
    except IndexMissingError:
        return None


def open_staged(folder: Path, run: str) -> Index | None:
    """Open what `run` has written so far; None where it must begin anew."""
    name = staged_snapshot(folder, run)
    try:
        return _open(folder, name, None) if name else None
    except (FileNotFoundError, IndexFolderError):
        return None


def _open(folder: Path, name: str, address: str | None) -> Index:
    manifest = open_snapshot(folder, name)
    path = snapshot_path(folder, name)
    store = store_of(folder, manifest, address)
    try:
        records = {record["id"]: DocumentRecord(**record) for record in open_lines(path / DOCUMENTS).all()}
        live = live_rows(records.values(), sum(segment["rows"] for segment in manifest["segments"]))
        segments = [snapshot_path(folder, segment["name"]) for segment in manifest["segments"]]
        bodies = ChainedLines([open_lines(segment / "bodies.jsonl") for segment in segments])
        body_rows = dict(zip(records, load_array(path / "bodies.npy").tolist(), strict=True))
        groups = load_array(path / "groups.npy")
        aliases = aliases_of(_definitions(folder, manifest, records), records)
        with_rows = [Segment(entry["name"], entry["rows"]) for entry in manifest["segments"] if entry["rows"]]
        stored = store.open(folder, with_rows, live)
        names = [(of, kind) for of, kind in manifest["groups"]]
        background = background_of(stored, names, groups, live)
    except (FileNotFoundError, TenkyoError):
        raise
    except (OSError, ValueError, KeyError, TypeError, RuntimeError) as error:
        raise IndexFolderError(f"index {folder}: {path} is damaged ({type(error).__name__}); {START_AGAIN}") from error
    words, pairs, cross_lingual = (
        Bm25(lexical.tokenizer, stored.postings[key], manifest["passages"]) for key, lexical in LEXICAL.items()
    )
    return Index(
        folder=folder,
        snapshot_name=name,
        manifest=manifest,
        documents=records,
        bodies=bodies,
        body_rows=body_rows,
        store=store,
        stored=stored,
        words=words,
        pairs=pairs,
        cross_lingual=cross_lingual,
        fusion=Fusion(stored, words, pairs, cross_lingual, background),
        aliases=aliases,
    )


def store_of(folder: Path, manifest: StoredManifest, address: str | None) -> Store:
    """The store of an index, or the one at `address`, which must be of the same kind (the same rows, moved).

    Raises IndexFolderError where it is of another kind.
    """
    own, _, course = manifest["store"].partition("#")
    address = address and address.partition("#")[0]
    if not address:
        return store_at(manifest["store"])
    if address.partition(":")[0] != own.partition(":")[0]:
        raise IndexFolderError(
            f"index {folder} keeps its passages in {own}, not in {address}; leave --store out, or name another folder "
            "with --index"
        )
    return store_at(f"{address}#{course}" if course else address)


def live_rows(records: Iterable[DocumentRecord], rows: int) -> NDArray[np.bool_]:
    """Which of `rows` belong to one of the documents, shape (rows,)."""
    live = np.zeros(rows, dtype=bool)
    for record in records:
        live[record.first : record.first + record.count] = True
    return live


def _definitions(
    folder: Path, manifest: StoredManifest, records: Mapping[str, DocumentRecord]
) -> Iterator[tuple[str, Definition]]:
    """The definitions in the documents' current texts, each with its document's id."""
    first = 0
    for segment in manifest["segments"]:
        last = first + segment["rows"]
        path = snapshot_path(folder, segment["name"]) / DEFINITIONS
        for stored in open_lines(path).all() if path.exists() else ():
            record = records.get(stored["document_id"])
            if record is not None and first <= record.first < last:
                yield record.id, Definition(tuple(stored["forms"]), stored["local"])
        first = last


def store_at(address: str, dimension: int = 0) -> Store:
    """The store that `address` names: "faiss", milvus://HOST:PORT/DATABASE or milvus-lite:///PATH.db.

    An address of Milvus may end with #COLLECTION/COURSE; without that, it is for a new index, whose vectors have
    `dimension` numbers. Raises TenkyoError for another address, and where the client library is not installed.
    """
    if address == FAISS:
        return FaissStore()
    shown, _, course = address.partition("#")
    if not _MILVUS.fullmatch(shown):
        raise TenkyoError(
            f"store {shown!r} is not faiss, milvus://HOST:PORT/DATABASE or milvus-lite:///PATH.db; "
            "name one of these with --store"
        )
    from retriever.index.milvus import MilvusStore, new_course
    from retriever.index.milvus_client import check_installed

    check_installed()
    return MilvusStore(f"{shown}#{course or new_course(dimension)}")


def check_store(address: str) -> None:
    """Raise TenkyoError where `address` names no store for a new index, StoreAwayError where that does not answer."""
    store = store_at(address)
    if store.address != FAISS:
        from retriever.index.milvus_client import Client

        Client(store.address).exists()


def check_encoder(index: Index, encoder_name: str) -> None:
    """Raise IndexFolderError unless the index was built with the encoder called `encoder_name`."""
    built_with = index.manifest["encoder"]
    if built_with != encoder_name:
        raise IndexFolderError(
            f"index {index.folder} was built with the encoder {built_with!r}, not {encoder_name!r}; "
            f"use --encoder {built_with}, or another folder with --index"
        )


def check_rules(index: Index, passage_rules: str) -> None:
    """Raise RulesChangedError unless the index was made with this version's rules."""
    if not has_rules(index, passage_rules):
        rules = f"{index.manifest['passage_rules']}, text {index.manifest['text_rules']}"
        raise RulesChangedError(
            f"index {index.folder} was made by another version, with the rules {rules!r}, "
            f"not {f'{passage_rules}, text {text.RULES}'!r}; ingest all its sources into a new folder with --index"
        )


def has_rules(index: Index, passage_rules: str) -> bool:
    """Whether the index was made with this version's rules for passages and tokens."""
    return (index.manifest["passage_rules"], index.manifest["text_rules"]) == (passage_rules, text.RULES)


def aliases_of(defined: Iterable[tuple[str, Definition]], documents: dict[str, DocumentRecord]) -> Aliases:
    """Combine definitions, each with its document's id, into aliases.

    An alias holds everywhere if no document defines the name differently; otherwise, and if it was defined as local,
    only in its own document. A name with two meanings in one document has no alias there.
    """
    meanings: dict[str, dict[str, dict[str, bool]]] = defaultdict(lambda: defaultdict(dict))
    for document_id, definition in defined:
        for name, other in permutations(definition.forms, 2):
            if name.lower() not in other.lower() and other.lower() not in name.lower():
                meanings[name][document_id].setdefault(other, definition.local)
    return Aliases({name: partners for name, by in meanings.items() if (partners := tuple(_partners(by, documents)))})


def _partners(by_document: dict[str, dict[str, bool]], documents: dict[str, DocumentRecord]) -> Iterator[Partner]:
    """The other forms of a name, from those that each document defines."""
    clear = {name: others for name, others in by_document.items() if not _differ(list(others))}
    everywhere = {other for others in by_document.values() for other in others}
    is_clear = not _differ(sorted(everywhere))
    places: dict[str, list[tuple[int, int]]] = defaultdict(list)
    is_local: dict[str, bool] = {}
    for document_id, others in clear.items():
        record = documents[document_id]
        for other, local in others.items():
            places[other].append((record.first, record.first + record.count))
            is_local[other] = is_local.get(other, True) and local
    for other, rows in places.items():
        yield Partner(other, None if is_clear and not is_local[other] else tuple(rows))


def _differ(forms: Sequence[str]) -> bool:
    """Whether two of the forms have the same script and kind but are not variants of each other."""
    return any(_kind(a) == _kind(b) and not _alike(a.lower(), b.lower()) for a, b in combinations(forms, 2))


def _kind(form: str) -> str:
    if not LATIN.match(form):
        return "other"
    return "short" if form.isupper() or " " not in form else "latin"


def _alike(a: str, b: str) -> bool:
    if a in b or b in a:
        return True
    first, second = ({text[i : i + 2] for i in range(len(text) - 1)} for text in (a, b))
    return len(first & second) >= _ALIKE * min(len(first), len(second))
