"""What an index of a million passages costs: one of made passages, whose segments are copied so many times.

    python -m tests.benchmarks.grown INDEX TIMES FOLDER

INDEX is one in FAISS files, such as `tests.benchmarks.stores` makes. Each copy has random vectors and documents of its
own under other ids, but the texts and tokens of INDEX, as to cut a million passages takes an hour of a processor.
Prints what `tests.benchmarks.stores` prints of an index, and the cost of adding a document of 20 passages.
"""

import json
import re
import secrets
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from ingest.document import Document
from retriever.index.open import DOCUMENTS, open_index
from retriever.index.search import Index
from retriever.index.segment_files import record_to_json, to_line, write_raw_lines, write_vectors
from retriever.index.snapshots import Manifest, SegmentEntry, _write_manifest, put_in_force, snapshot_path
from retriever.types import DocumentRecord
from tests.benchmarks.retrieval import PASSAGES_A_DOCUMENT, REPEATS, ROOT, made_documents, unit
from tests.benchmarks.stores import added, resident_megabytes

_PARTS = ("words", "pairs", "abroad", "sentences")
_ID = re.compile(rb'("(?:id|document_id)": ")')


def grow(index: Index, times: int, folder: Path) -> None:
    """Write an index whose segments are those of `index`, so many times."""
    random, entries, records = np.random.default_rng(2), list[SegmentEntry](), list[DocumentRecord]()
    for copy in range(times):
        first = sum(entry["rows"] for entry in entries)
        records += [
            replace(record, id=f"{copy}-{record.id}", source=f"/{copy}{record.source}", first=first + record.first)
            for record in index.documents.values()
        ]
        for entry in index.manifest["segments"]:
            name = f"{len(entries) + 1:06d}-{secrets.token_hex(3)}"
            target = snapshot_path(folder, name)
            _copy_segment(snapshot_path(index.folder, entry["name"]), target, f"{copy}-".encode())
            vectors = random.standard_normal((entry["rows"], index.manifest["dimension"]), np.float32)
            write_vectors(target / "vectors.faiss", unit(vectors))
            entries.append({**entry, "name": name})
            if len(entries) < times * len(index.manifest["segments"]):
                _write_manifest(target, _manifest(index, entries, records), name)
        print(f"{first:,} passages", file=sys.stderr, flush=True)
    write_raw_lines(target / DOCUMENTS, (to_line(record_to_json(record)) for record in records))
    bodies = np.concatenate(
        [copy * len(index.bodies) + np.array(list(index.body_rows.values())) for copy in range(times)]
    )
    np.save(target / "bodies.npy", bodies)
    np.save(target / "groups.npy", np.tile(index.fusion.background.groups, times))
    _write_manifest(target, _manifest(index, entries, records), name)
    put_in_force(folder, name)


def _copy_segment(source: Path, target: Path, mark: bytes) -> None:
    """Copy the files of a segment but its vectors; ids of documents and passages begin with `mark`."""
    for part in _PARTS:
        shutil.copytree(source / part, target / part)
    for name in ("passages.jsonl", "bodies.jsonl"):
        write_raw_lines(target / name, _renamed(source / name, mark))


def _renamed(path: Path, mark: bytes) -> Iterator[bytes]:
    with path.open("rb") as lines:
        for line in lines:
            yield _ID.sub(rb"\g<1>" + mark, line, count=2)


def _manifest(index: Index, entries: Sequence[SegmentEntry], records: Sequence[DocumentRecord]) -> Manifest:
    return {
        "encoder": index.manifest["encoder"],
        "dimension": index.manifest["dimension"],
        "passage_rules": index.manifest["passage_rules"],
        "text_rules": index.manifest["text_rules"],
        "documents": len(records),
        "passages": sum(entry["rows"] for entry in entries),
        "groups": index.manifest["groups"],
        "store": index.manifest["store"],
        "segments": list(entries),
    }


def add(folder: Path) -> dict[str, float]:
    """Adding one document at a time: processor time and time on the clock, medians."""
    index = open_index(folder)
    passages, wall, processor = index.manifest["passages"], list[float](), list[float]()
    for made in made_documents(REPEATS * PASSAGES_A_DOCUMENT):
        document = _renewed(made, index.snapshot_name)
        begun, begun_cpu = time.perf_counter(), time.process_time()
        index = added(folder, index, [document], "faiss")
        wall.append(time.perf_counter() - begun)
        processor.append(time.process_time() - begun_cpu)
    assert index.manifest["passages"] == passages + REPEATS * PASSAGES_A_DOCUMENT
    return {
        "adding a document, ms": 1000 * statistics.median(wall),
        "adding a document, CPU ms": 1000 * statistics.median(processor),
        "memory of its own while adding, MB": resident_megabytes("RssAnon"),
    }


def _renewed(document: Document, mark: str) -> Document:
    """The document under another id and with another text: content that the index has already would be left out."""
    first, *others = document.blocks
    blocks = (replace(first, text=f"{mark} {first.text}"), *others)
    return replace(document, id=f"{mark}-{document.id}", source=f"/{mark}{document.source}", blocks=blocks)


def main(source: Path, times: int, folder: Path) -> None:
    """Make the index unless it is there, and print its costs."""
    if not (folder / "index").exists():
        grow(open_index(source), times, folder / "index")
    for module, step in (("stores", "--ask"), ("grown", "--add")):
        command = [sys.executable, "-m", f"tests.benchmarks.{module}", step, str(folder)]
        done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, cwd=ROOT)
        for name, value in json.loads(done.stdout).items():
            print(f"{name:36}{value:>14,.1f}", flush=True)


if __name__ == "__main__":
    if sys.argv[1] == "--add":
        print(json.dumps(add(Path(sys.argv[2]) / "index")))
    else:
        main(Path(sys.argv[1]), int(sys.argv[2]), Path(sys.argv[3]))
