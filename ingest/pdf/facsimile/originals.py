"""Copies of ingested PDFs, kept beside the index so that their pages can be shown.

    INDEX/originals/HASH.pdf     named by the content hash in the document's record

A copy is written atomically before the snapshot that refers to it, and deleted once no document has its hash. If a
copy is missing, readers work without it.
"""

import re
from collections.abc import Collection, Iterator
from pathlib import Path

from ingest.document import hash_bytes, hash_with_ocr
from retriever.files import write_whole

FOLDER = "originals"
_SUFFIX = ".pdf"
_HASH = re.compile(r"[0-9a-f]{32}")


class Originals:
    """The folder of PDF copies in an index folder. Writers must hold the index's writer lock."""

    def __init__(self, index_folder: Path) -> None:
        self._folder = index_folder / FOLDER

    def keep(self, source: Path, content_hash: str) -> None:
        """Copy a PDF into this folder, unless it is there or has changed since it was hashed.

        Raises OSError if the copy cannot be written.
        """
        target = self._target(content_hash)
        if target is None or target.exists() or source.suffix.lower() != _SUFFIX:
            return
        try:
            content = source.read_bytes()
        except OSError:  # the file has disappeared since its text was read: its pages cannot be shown
            return
        if not _is_hash_of(content, content_hash):
            return
        self._folder.mkdir(parents=True, exist_ok=True)
        write_whole(target, content, durable=True)

    def find(self, content_hash: str) -> Path | None:
        """The copy with this content hash, None if there is none."""
        target = self._target(content_hash)
        return target if target is not None and target.is_file() else None

    def sweep(self, content_hashes: Collection[str]) -> None:
        """Delete all files but the copies with these hashes; also deletes temporary files of a killed writer."""
        for path in self.files() if self._folder.is_dir() else ():
            if path.suffix != _SUFFIX or path.stem not in content_hashes:
                path.unlink(missing_ok=True)

    def files(self) -> Iterator[Path]:
        """All files in this folder, sorted by name."""
        yield from sorted(path for path in self._folder.glob("*") if path.is_file())

    def damaged(self) -> list[tuple[Path, str]]:
        """The files whose content does not match the hash in their name, each with the reason."""
        wrong = [path for path in self.files() if not _is_hash_of(path.read_bytes(), path.stem)]
        return [(path, "is damaged (its hash differs); ingest its source again") for path in wrong]

    def _target(self, content_hash: str) -> Path | None:
        return self._folder / f"{content_hash}{_SUFFIX}" if _HASH.fullmatch(content_hash) else None


def _is_hash_of(content: bytes, content_hash: str) -> bool:
    plain = hash_bytes(content)
    return content_hash in (plain, hash_with_ocr(plain))
