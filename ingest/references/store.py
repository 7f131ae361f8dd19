"""What is stored of cited works beside an index: pages as fetched, a record of each work, texts not in the index yet.

    INDEX/references/pages/      bytes as fetched, and beside each a .json with its address, time and version
    INDEX/references/holdings/   a FetchRecord for each work that was asked for
    INDEX/references/texts/      documents that were read and are not in the index yet
    INDEX/references/fetch.lock  held while somebody fetches

Each file is replaced by one rename, so a run that dies at any moment loses nothing that it had. A record or text that
cannot be read is never overwritten: it is renamed to NAME.damaged, and `damaged` lists it until somebody deletes it.
Pages are a cache: one that cannot be read is fetched again.
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
from retriever.index.snapshots import IndexFolderError, write_error
from retriever.whole_files import write_whole

_KEPT_OF_PAGE = ("asked", "url", "status", "content_type", "charset", "etag", "last_modified")
_DAMAGED = ".damaged"
T = TypeVar("T")


# The folder of the records within an index's folder; its time tells when one was last written or deleted.
RECORDS = Path("references", "holdings")


class DamagedFileError(Exception):
    """A file of the store that does not hold what it should; the message says why."""


class Store:
    """The folder of cited works in an index's folder. Its files may be written by several threads."""

    def __init__(self, index_folder: Path) -> None:
        self._index = index_folder
        self._pages, self._texts = (index_folder / "references" / name for name in ("pages", "texts"))
        self._holdings = index_folder / RECORDS

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
        """What is known of each work that was asked for, in the order of the files' names; `damaged` has the rest."""
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
        """The records and texts that cannot be read, each with the reason, those that were set aside among them."""
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
        """Write the record of a work, in the place that it has or in a new one.

        `document` is its text, to be put into the index.
        """
        path = self._holdings / f"{_place(record)}.json"
        _set_aside_if_damaged(path, FetchRecord.from_json)
        if document is not None:
            _set_aside_if_damaged(self._text_path(record), _document)
            _write_json(self._text_path(record), document.to_json())
        _write_json(path, record.to_json())

    def waiting_text(self, record: FetchRecord) -> Document | None:
        """The text of a work that was read and is not in the index yet; one that is damaged is set aside."""
        path = self._text_path(record)
        _set_aside_if_damaged(path, _document)
        return _read(path, _document)

    def has_waiting_text(self, record: FetchRecord) -> bool:
        """Whether a text waits to be put into the index."""
        return self._text_path(record).exists()

    def text_is_indexed(self, record: FetchRecord) -> None:
        """Delete the stored text, once it is in the index."""
        self._text_path(record).unlink(missing_ok=True)

    def keep_page(self, fetched: Fetched, fetched_at: str) -> Path:
        """Write a page's bytes and where they are from; returns the path of the bytes."""
        path = save(fetched, self._pages)
        sheet = self._sheet(fetched.asked)
        earlier = (self._page_data(sheet) or {}).get("file", path.name)
        data = {name: getattr(fetched, name) for name in _KEPT_OF_PAGE}
        _write_json(sheet, {**data, "file": path.name, "fetched_at": fetched_at})
        if earlier != path.name:
            (self._pages / Path(earlier).name).unlink(missing_ok=True)
        return path

    def page(self, address: str) -> tuple[Fetched, Path] | None:
        """The page that an address gave when it was last asked, if it was."""
        data = self._page_data(self._sheet(address))
        if data is None or data["asked"] != address:
            return None
        path = self._pages / Path(data["file"]).name
        try:
            content = path.read_bytes()
        except OSError:
            return None
        kept = {name: data[name] for name in _KEPT_OF_PAGE}
        # where only the server's header named the encoding, `save` has written it into the file
        charset = charset_of(content, "", kept["content_type"]) or kept["charset"]
        return Fetched(**{**kept, "charset": charset}, content=content), path

    def fetched_pdf(self, document_id: str) -> Path | None:
        """The PDF, as it was fetched, of a work whose text is this document; None where it was no PDF or is gone."""
        for record in self.records():
            path = self._pages / Path(record.file).name
            is_its_file = record.document_id == document_id and not record.supplied and path.suffix == ".pdf"
            if is_its_file and path.is_file():
                return path
        return None

    def _page_data(self, sheet: Path) -> Mapping[str, Any] | None:
        """What is known of a page; None where nothing is or it cannot be read, so that the page is fetched again."""
        try:
            return _read(sheet, lambda data: data if {*_KEPT_OF_PAGE, "file"} <= data.keys() else None)
        except DamagedFileError:
            return None

    def _sheet(self, address: str) -> Path:
        return self._pages / f"{name_of(address)}.json"

    def _text_path(self, record: FetchRecord) -> Path:
        return self._texts / f"{_place(record)}.json"


def _place(record: FetchRecord) -> str:
    """The name of a work's files: what its key has of ASCII letters and digits, and a hash.

    The key alone would not do: when a bibliography changes, another work may get it.
    """
    if record.place:
        return record.place
    said = (record.listed_in, record.key, record.url, record.cited_title, record.cited_date)
    digest = hashlib.blake2b("\0".join(said).encode("utf-8", "replace"), digest_size=8).hexdigest()
    slug = re.sub(r"[^a-z0-9]+", "-", record.key.lower()).strip("-")[:40]
    return f"{slug}-{digest}" if slug else digest


def _document(data: Any) -> Document:
    if "metadata" in data:  # written by an earlier version, which did not store the references
        data = {name: value for name, value in data.items() if name != "metadata"} | {"references": []}
    return Document.from_json(data)


def _read(path: Path, reader: Callable[[Any], T]) -> T | None:
    """What a JSON file holds, None where there is none; raises DamagedFileError where it holds something else."""
    try:
        return reader(json.loads(path.read_text(encoding="utf-8")))
    except FileNotFoundError:
        return None
    except OSError as error:
        raise DamagedFileError(f"cannot be read ({error.strerror})") from error
    except json.JSONDecodeError as error:
        raise DamagedFileError(f"is no JSON ({error})") from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise DamagedFileError(f"lacks what belongs there ({type(error).__name__}: {error})") from error


def _set_aside_if_damaged(path: Path, reader: Callable[[Any], object]) -> None:
    """Rename a file that cannot be read, so that what is written there next does not replace it."""
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
