"""Draw pictures of PDF pages on demand, one at a time, with a bounded cache in memory."""

import asyncio
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from app.web.errors import BusyError
from ingest.pdf.facsimile.pictures import PagePicture, PictureError, draw_page

_MOST_BYTES = 64_000_000  # of the cache; a page takes about 0.3 MB
_MOST_WAITING = 12  # pages
_BYTES_PER_CHARACTER = 120  # of a page's characters and their boxes
_BYTES_PER_FAILURE = 500

Key = tuple[int, int, int, int]  # the page, and the file's inode, modification time (ns) and size


class Pictures:
    """A cache of pictures, and of failures, by file version and page. For use in the event loop only."""

    def __init__(self, draw: Callable[[Path, int], PagePicture] = draw_page, most_bytes: int = _MOST_BYTES) -> None:
        self._draw, self._most_bytes = draw, most_bytes
        self._kept: OrderedDict[Key, PagePicture | PictureError] = OrderedDict()
        self._bytes = 0
        self._drawing: dict[Key, asyncio.Future[PagePicture]] = {}
        self._executor = ThreadPoolExecutor(1, thread_name_prefix="tenkyo-pictures")

    async def get(self, path: Path, number: int) -> PagePicture:
        """The picture of a page (1-based). Raises PictureError if it cannot be drawn, BusyError if too many wait."""
        try:
            key = _key(path, number)
        except OSError as error:
            raise PictureError(f"page {number} cannot be drawn ({error.strerror})") from error
        if (known := self._kept.get(key)) is not None:
            self._kept.move_to_end(key)
            if isinstance(known, PictureError):
                raise known
            return known
        if key not in self._drawing:
            if len(self._drawing) >= _MOST_WAITING:
                raise BusyError
            drawing = asyncio.get_running_loop().run_in_executor(self._executor, self._draw, path, number)
            self._drawing[key] = drawing
            drawing.add_done_callback(lambda done: self._done(key, done))
        # a client that disconnects does not stop the drawing
        return await asyncio.shield(self._drawing[key])

    def _done(self, key: Key, drawing: "asyncio.Future[PagePicture]") -> None:
        del self._drawing[key]
        if drawing.cancelled():
            return
        error = drawing.exception()
        if error is None:
            self._keep(key, drawing.result())
        elif isinstance(error, PictureError):
            self._keep(key, error)

    def _keep(self, key: Key, outcome: PagePicture | PictureError) -> None:
        self._kept[key] = outcome
        self._bytes += _size(outcome)
        while self._bytes > self._most_bytes and len(self._kept) > 1:
            _, oldest = self._kept.popitem(last=False)
            self._bytes -= _size(oldest)

    def close(self) -> None:
        """Drop the waiting pages and wait for the one that is being drawn."""
        self._executor.shutdown(wait=True, cancel_futures=True)


def _key(path: Path, number: int) -> Key:
    """The cache key. A replaced file is a new file, so its inode or modification time differs."""
    state = path.stat()
    return number, state.st_ino, state.st_mtime_ns, state.st_size


def _size(outcome: PagePicture | PictureError) -> int:
    if isinstance(outcome, PictureError):
        return _BYTES_PER_FAILURE
    return len(outcome.image) + _BYTES_PER_CHARACTER * len(outcome.text)
