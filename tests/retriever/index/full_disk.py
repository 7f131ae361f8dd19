"""Writes an index on a disk that fills up at many points: run by test_full_disk.py in a mount namespace of its own.

    full_disk.py KIND FOLDER     FOLDER lies on a small file system that nobody else uses

KIND is what is written: "update" (a small index anew), "milvus-lite" (the same, of which only the passages lie on that
disk), "segments" (one that is merged from all segments), or "indexes" (the union of indexes of other machines).
Prints one line for each amount of free space: the amount, and "written" or the error's message.
"""

import shutil
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import ingest.pipeline
from ingest.document import Block, Document
from ingest.indexes.merging import merge
from ingest.pipeline import ingest_documents
from retriever.index import changes
from retriever.index.open import open_index
from retriever.index.snapshots import IndexFolderError
from retriever.index.verify import verify
from retriever.store import StoreAwayError
from tests.retriever.letters import LetterEncoder, NoProgress, entry, write

TEXTS = tuple(f"passage number {number} of a document that does not fit" for number in range(60))


def prepared(kind: str, folder: Path, disk: Path, others: Path) -> tuple[list[str], Callable[[], object]]:
    """The documents of an index made in `folder`, and what adds the document "new" to it."""
    if kind in {"update", "milvus-lite"}:
        store = "faiss" if kind == "update" else f"milvus-lite://{disk}/rows.db"
        old = write(folder, entry("old", "alpha"), store=store)
        return ["old"], lambda: write(folder, entry("new", *TEXTS), old=old)
    if kind == "segments":
        changes._SMALL = 0  # or the whole index would be written anew
        old = write(folder, entry("old", *TEXTS[:40]))
        old = write(folder, entry("older", "beta"), old=old)
        assert len(old.manifest["segments"]) == 2
        return ["old", "older"], lambda: write(folder, entry("new", *TEXTS), old=old)
    vars(ingest.pipeline)["open_encoder"] = lambda _name: LetterEncoder()
    blocks = tuple(Block("paragraph", text) for text in TEXTS * 2)
    for place, name, of_document in ((folder, "old", blocks[:1]), (others / "1", "new", blocks)):
        document = Document(name, name, f"/made/{name}", of_document, language="en")
        ingest_documents(place, [document], encoder_name=None, progress=NoProgress())
    return ["old"], lambda: merge(folder, [others / "1"], progress=NoProgress())


def main(kind: str, disk: Path, others: Path) -> None:
    """Fill the disk but for a little, write, and look whether the old index still stands."""
    folder, ballast = (others if kind == "milvus-lite" else disk) / "index", disk / "ballast"
    documents, add = prepared(kind, folder, disk, others)
    for free in range(0, 600_000, 12_000):
        (folder / "encoded.spool").unlink(missing_ok=True)
        ballast.unlink(missing_ok=True)
        ballast.write_bytes(bytes(shutil.disk_usage(disk).free - free))
        before = {path.name for path in (folder / "generations").iterdir()}
        try:
            add()
        except (IndexFolderError, StoreAwayError) as error:
            assert list(open_index(folder).documents) == documents
            assert {path.name for path in (folder / "generations").iterdir()} <= before
            print(free, error)
        else:
            written = open_index(folder)
            assert list(written.documents) == [*documents, "new"]
            assert len(written.manifest["segments"]) == 1
            assert verify(folder) == []
            print(free, "written")
            return


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as elsewhere:
        main(sys.argv[1], Path(sys.argv[2]), Path(elsewhere))
