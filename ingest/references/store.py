"""The store of cited works beside an index: fetched pages, a record for each work, texts that wait to be indexed.

    INDEX/references/pages/      bytes as fetched, each with a .json of its address, time and HTTP validators
    INDEX/references/holdings/   a FetchRecord for each requested work
    INDEX/references/texts/      documents that were read, but are not indexed yet
    INDEX/references/fetch.lock  held by the process that fetches

Files are written atomically: a run that is killed loses nothing already stored. A damaged record or text is never
overwritten: it is renamed to NAME.damaged, and `damaged` lists it until somebody deletes it. Pages are a cache: a
damaged page is fetched again.
"""

import hashlib
import json
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

from ingest.document import Document
from ingest.fetching import Fetched, save
from ingest.fetching.content import charset_of
from ingest.fetching.files import name_of
from ingest.references.fetch_record import FetchRecord
from retriever.files import write_whole
from retriever.index.snapshots import IndexFolderError, write_error

_KEPT_OF_PAGE = ("url", "status", "content_type", "charset", "etag", "last_modified")
_DAMAGED = ".damaged"
T = TypeVar("T")


# Folder of the records in an index folder; its modification time changes when a record is written or deleted.
RECORDS_FOLDER = Path("references", "holdings")


class DamagedFileError(Exception):
    """A file of the store is damaged; the message says how."""


class UnreadableFileError(DamagedFileError):
    """A file of the store cannot be opened or read, whatever it contains."""


class ReferenceStore:
    """The store in an index folder. Thread-safe."""

    def __init__(self, index_folder: Path) -> None:
        self._index = index_folder
        self._pages, self._texts = (index_folder / "references" / name for name in ("pages", "texts"))
        self._holdings = index_folder / RECORDS_FOLDER

    @contextmanager
    def fetching(self) -> Iterator[None]:
        """Hold the fetch lock. Raises TenkyoError if another process holds it."""
        from filelock import FileLock, Timeout

        folder = self._index / "references"
        try:
            for path in (folder, self._pages, self._holdings, self._texts):
                path.mkdir(parents=True, exist_ok=True)
            with FileLock(folder / "fetch.lock", timeout=0):
                yield
        except Timeout as error:
            raise IndexFolderError(
                f"another tenkyo process is fetching references into {self._index}; run this again when it has finished"
            ) from error
        except OSError as error:
            raise write_error(self._index, error) from error

    def records(self) -> list[FetchRecord]:
        """The records of all requested works, in file name order, except damaged ones (see `damaged`)."""
        records: list[FetchRecord] = []
        for path in sorted(self._holdings.glob("*.json")):
            try:
                record = _read(path, FetchRecord.from_json)
            except DamagedFileError:
                continue
            if record is not None:
                records.append(replace(record, place=path.stem))
        return records

    def damaged(self) -> list[tuple[Path, str]]:
        """The damaged records and texts, each with the reason; includes files that were set aside."""
        damaged = []
        readers: tuple[tuple[Path, Callable[[Any], object]], ...] = (
            (self._holdings, FetchRecord.from_json),
            (self._texts, _document),
        )
        for folder, reader in readers:
            for path in sorted((*folder.glob("*.json"), *folder.glob(f"*{_DAMAGED}"))):
                try:
                    _read(path, reader)
                except DamagedFileError as error:
                    damaged.append((path, str(error)))
                else:
                    if path.suffix == _DAMAGED:
                        damaged.append((path, "was set aside by another version of Tenkyo"))
        return damaged

    def keep(self, record: FetchRecord, document: Document | None = None) -> None:
        """Write the record of a work, to its existing place or a new one.

        `document` is its text, which then waits to be indexed.
        """
        path = self._holdings / f"{_place(record)}.json"
        _set_aside_if_damaged(path, FetchRecord.from_json)
        if document is not None:
            _set_aside_if_damaged(self._text_path(record), _document)
            _write_json(self._text_path(record), document.to_json())
        _write_json(path, record.to_json())

    def waiting_text(self, record: FetchRecord) -> Document | None:
        """The waiting text of a work, None without one; a damaged text is set aside."""
        path = self._text_path(record)
        _set_aside_if_damaged(path, _document)
        return _read(path, _document)

    def has_waiting_text(self, record: FetchRecord) -> bool:
        """Whether the work has a text that waits to be indexed."""
        return self._text_path(record).exists()

    def text_is_indexed(self, record: FetchRecord) -> None:
        """Delete the waiting text after it was indexed."""
        self._text_path(record).unlink(missing_ok=True)

    def keep_page(self, fetched: Fetched, fetched_at: str) -> Path:
        """Store a page's bytes and its origin; returns the path of the bytes."""
        path = save(fetched, self._pages)
        sheet = self._sheet(fetched.requested_url)
        earlier = (self._page_data(sheet) or {}).get("file", path.name)
        data = {"asked": fetched.requested_url} | {name: getattr(fetched, name) for name in _KEPT_OF_PAGE}
        _write_json(sheet, {**data, "file": path.name, "fetched_at": fetched_at})
        if earlier != path.name:
            (self._pages / Path(earlier).name).unlink(missing_ok=True)
        return path

    def page(self, address: str) -> tuple[Fetched, Path] | None:
        """The stored page of an address, None without one. Raises IndexFolderError if its files cannot be read."""
        data = self._page_data(self._sheet(address))
        if data is None or data["asked"] != address:
            return None
        path = self._pages / Path(data["file"]).name
        try:
            content = path.read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise _unreadable_page(path, f"cannot be read ({error.strerror})") from error
        kept = {name: data[name] for name in _KEPT_OF_PAGE}
        # if only the HTTP header declared the encoding, `save` has converted the text to UTF-8
        charset = charset_of(content, "", kept["content_type"]) or kept["charset"]
        return Fetched(requested_url=address, **{**kept, "charset": charset}, content=content), path

    def fetched_pdf(self, document_id: str) -> Path | None:
        """The fetched PDF of the work whose text is this document; None if it was no PDF or is gone."""
        for record in self.records():
            path = self._pages / Path(record.file).name
            is_its_file = record.document_id == document_id and not record.supplied and path.suffix == ".pdf"
            if is_its_file and path.is_file():
                return path
        return None

    def _page_data(self, sheet: Path) -> Mapping[str, Any] | None:
        """The stored data of a page; None if missing or damaged, so that the page is fetched again.

        Raises IndexFolderError if the file cannot be read.
        """
        try:
            return _read(sheet, lambda data: data if {*_KEPT_OF_PAGE, "asked", "file"} <= data.keys() else None)
        except UnreadableFileError as error:
            raise _unreadable_page(sheet, str(error)) from error
        except DamagedFileError:
            return None

    def _sheet(self, address: str) -> Path:
        return self._pages / f"{name_of(address)}.json"

    def _text_path(self, record: FetchRecord) -> Path:
        return self._texts / f"{_place(record)}.json"


def _place(record: FetchRecord) -> str:
    """The file name of a work: the ASCII letters and digits of its key, and a hash.

    The key alone is not enough: when a bibliography changes, another work may get the same key.
    """
    if record.place:
        return record.place
    said = (record.listed_in, record.key, record.url, record.cited_title, record.cited_date)
    digest = hashlib.blake2b("\0".join(said).encode("utf-8", "replace"), digest_size=8).hexdigest()
    slug = re.sub(r"[^a-z0-9]+", "-", record.key.lower()).strip("-")[:40]
    return f"{slug}-{digest}" if slug else digest


def _unreadable_page(path: Path, reason: str) -> IndexFolderError:
    return IndexFolderError(
        f"stored page {path} {reason}; make it readable, or delete it and its page is fetched again"
    )


def _document(data: Any) -> Document:
    if "metadata" in data:  # written by an earlier version, which did not store the references
        data = {name: value for name, value in data.items() if name != "metadata"} | {"references": []}
    return Document.from_json(data)


def _read(path: Path, reader: Callable[[Any], T]) -> T | None:
    """Read a JSON file, None if it does not exist. Raises DamagedFileError if its content is invalid."""
    try:
        return reader(json.loads(path.read_text(encoding="utf-8")))
    except FileNotFoundError:
        return None
    except OSError as error:
        raise UnreadableFileError(f"cannot be read ({error.strerror})") from error
    except json.JSONDecodeError as error:
        raise DamagedFileError(f"is not JSON ({error})") from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise DamagedFileError(f"has missing or wrong fields ({type(error).__name__}: {error})") from error


def _set_aside_if_damaged(path: Path, reader: Callable[[Any], object]) -> None:
    """Rename a damaged file, so that the next write does not overwrite it."""
    try:
        _read(path, reader)
    except DamagedFileError:
        aside = path.with_name(path.name + _DAMAGED)
        count = 1
        while aside.exists():
            count += 1
            aside = path.with_name(f"{path.name}.{count}{_DAMAGED}")
        path.rename(aside)


def _write_json(path: Path, data: Any) -> None:
    write_whole(path, json.dumps(data, ensure_ascii=False, indent=1).encode("utf-8", "replace"), durable=True)
