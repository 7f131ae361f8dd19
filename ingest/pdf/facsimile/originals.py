"""The PDFs that documents were read from, kept beside the index so that their pages can be shown.

    INDEX/originals/HASH.pdf     named by the content hash in the document's record

A file is written before the snapshot that names it, by one rename, and deleted once no document has its hash. It costs
its size on the disk. Readers do without a file that is missing.
"""

import re
from collections.abc import Collection, Iterator
from pathlib import Path

from ingest.document import hash_bytes, hash_with_ocr
from retriever.whole_files import write_whole

FOLDER = "originals"
_SUFFIX = ".pdf"
_HASH = re.compile(r"[0-9a-f]{32}")


class Originals:
    """The folder of original files in an index's folder. Whoever writes holds the writer's lock."""

    def __init__(self, index_folder: Path) -> None:
        self._folder = index_folder / FOLDER

    def keep(self, source: Path, content_hash: str) -> None:
        """Copy a PDF here, unless it is here; a file that has changed since it was hashed is left out.

        Raises OSError where the copy cannot be written.
        """
        target = self._target(content_hash)
        if target is None or target.exists() or source.suffix.lower() != _SUFFIX:
            return
        try:
            content = source.read_bytes()
        except OSError:  # gone since its text was read: its pages cannot be shown
            return
        if not _is_hash_of(content, content_hash):
            return
        self._folder.mkdir(parents=True, exist_ok=True)
        write_whole(target, content, durable=True)

    def find(self, content_hash: str) -> Path | None:
        """The file with this content hash, None where none was kept."""
        target = self._target(content_hash)
        return target if target is not None and target.is_file() else None

    def sweep(self, content_hashes: Collection[str]) -> None:
        """Delete every file that is none of these, and what a writer left that died."""
        for path in self.files() if self._folder.is_dir() else ():
            if path.suffix != _SUFFIX or path.stem not in content_hashes:
                path.unlink(missing_ok=True)

    def files(self) -> Iterator[Path]:
        """All files here, by their names."""
        yield from sorted(path for path in self._folder.glob("*") if path.is_file())

    def damaged(self) -> list[tuple[Path, str]]:
        """The files whose bytes are not those that their names say, each with the reason."""
        wrong = [path for path in self.files() if not _is_hash_of(path.read_bytes(), path.stem)]
        return [(path, "is damaged (its hash differs); ingest its source again") for path in wrong]

    def _target(self, content_hash: str) -> Path | None:
        return self._folder / f"{content_hash}{_SUFFIX}" if _HASH.fullmatch(content_hash) else None


def _is_hash_of(content: bytes, content_hash: str) -> bool:
    plain = hash_bytes(content)
    return content_hash in (plain, hash_with_ocr(plain))
