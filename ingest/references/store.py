"""What is kept of cited works beside an index: pages as they came, what is known of each work, texts on their way.

    INDEX/references/pages/      bytes as fetched, and beside each a .json with where from, when, and their version
    INDEX/references/holdings/   a FetchRecord for each work that was asked for
    INDEX/references/texts/      documents that were read and are not in the index yet
    INDEX/references/fetch.lock  held while somebody fetches

Each file is replaced by one rename, so a run that dies at any moment loses nothing that it had.
"""

import hashlib
import json
import os
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from ingest.document import Document
from ingest.fetching import Fetched, save
from ingest.fetching.content import charset_of
from ingest.fetching.files import name_of
from ingest.references.fetch_record import FetchRecord
from retriever.index.snapshots import IndexFolderError, write_error

_KEPT_OF_PAGE = ("asked", "url", "status", "content_type", "charset", "etag", "last_modified")


class Store:
    """The folder of cited works in an index's folder. Its files may be written by several threads."""

    def __init__(self, index_folder: Path) -> None:
        self._index = index_folder
        self._pages, self._holdings, self._texts = (
            index_folder / "references" / name for name in ("pages", "holdings", "texts")
        )

    @contextmanager
    def fetching(self) -> Iterator[None]:
        """Hold the lock of those who fetch; raises TenkyoError where another one does."""
        from filelock import FileLock, Timeout

        folder = self._index / "references"
        try:
            for path in (folder, self._pages, self._holdings, self._texts):
                path.mkdir(parents=True, exist_ok=True)
            with FileLock(folder / "fetch.lock", timeout=0):
                yield
        except Timeout as error:
            raise IndexFolderError(
                f"another tenkyo fetches references into {self._index}; wait until it has finished, then run this again"
            ) from error
        except OSError as error:
            raise write_error(self._index, error) from error

    def records(self) -> list[FetchRecord]:
        """What is known of each work that was asked for, in the order of the files' names."""
        found = ((path.stem, _read_json(path)) for path in sorted(self._holdings.glob("*.json")))
        return [replace(FetchRecord.from_json(data), place=place) for place, data in found if data is not None]

    def changed_at(self) -> int:
        """When a holding was last written or deleted, in nanoseconds; 0 where there are none."""
        try:
            return self._holdings.stat().st_mtime_ns
        except OSError:
            return 0

    def keep(self, record: FetchRecord, document: Document | None = None) -> None:
        """Write what is known of a work, in the place that it has or in a new one.

        `document` is its text, to be put into the index.
        """
        if document is not None:
            _write_json(self._text_path(record), document.to_json())
        _write_json(self._holdings / f"{_place(record)}.json", record.to_json())

    def waiting_text(self, record: FetchRecord) -> Document | None:
        """The text of a work that was read and did not reach the index yet."""
        data = _read_json(self._text_path(record))
        return Document.from_json(data) if data is not None else None

    def has_waiting_text(self, record: FetchRecord) -> bool:
        """Whether a text waits for the index."""
        return self._text_path(record).exists()

    def text_has_arrived(self, record: FetchRecord) -> None:
        """Delete the text that waits for the index: it stands there now, or is wanted no more."""
        self._text_path(record).unlink(missing_ok=True)

    def keep_page(self, fetched: Fetched, fetched_at: str) -> Path:
        """Write a page's bytes and where they are from; returns the path of the bytes."""
        path = save(fetched, self._pages)
        sheet = self._sheet(fetched.asked)
        earlier = (_read_json(sheet) or {}).get("file", path.name)
        data = {name: getattr(fetched, name) for name in _KEPT_OF_PAGE}
        _write_json(sheet, {**data, "file": path.name, "fetched_at": fetched_at})
        if earlier != path.name:
            (self._pages / Path(earlier).name).unlink(missing_ok=True)
        return path

    def page(self, address: str) -> tuple[Fetched, Path] | None:
        """The page that an address gave when it was last asked, if it was."""
        data = _read_json(self._sheet(address))
        if data is None or data["asked"] != address:
            return None
        path = self._pages / Path(data["file"]).name
        try:
            content = path.read_bytes()
        except OSError:
            return None
        kept = {name: data[name] for name in _KEPT_OF_PAGE}
        # a file says its own encoding where the server's header alone did: `save` wrote that into it
        charset = charset_of(content, "", kept["content_type"]) or kept["charset"]
        return Fetched(**{**kept, "charset": charset}, content=content), path

    def _sheet(self, address: str) -> Path:
        return self._pages / f"{name_of(address)}.json"

    def _text_path(self, record: FetchRecord) -> Path:
        return self._texts / f"{_place(record)}.json"


def _place(record: FetchRecord) -> str:
    """The name of a work's files: what its key has of Latin letters and digits, and a hash that tells the work apart.

    The key alone does not: when a bibliography changes, another work may get it.
    """
    if record.place:
        return record.place
    said = (record.listed_in, record.key, record.url, record.cited_title, record.cited_date)
    digest = hashlib.blake2b("\0".join(said).encode("utf-8", "replace"), digest_size=8).hexdigest()
    slug = re.sub(r"[^a-z0-9]+", "-", record.key.lower()).strip("-")[:40]
    return f"{slug}-{digest}" if slug else digest


def _read_json(path: Path) -> Any:
    """A file's object; None where there is none, or it is damaged: what it said is asked for again."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None


def _write_json(path: Path, data: Any) -> None:
    part = path.with_name(f"{path.name}.{os.getpid()}-{threading.get_ident()}.part")
    with part.open("w", encoding="utf-8", errors="replace") as file:
        json.dump(data, file, ensure_ascii=False, indent=1)
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)
