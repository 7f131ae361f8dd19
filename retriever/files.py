"""Write files under a temporary name and then rename them, so that none is seen half written; read numpy's arrays.

This module must not import numpy at its top: processes that read one file start without it.
"""

import contextlib
import os
import secrets
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, BinaryIO

PART = ".part"  # the ending of the temporary name; a writer that is killed leaves such a file
_BINARY = getattr(os, "O_BINARY", 0)  # Windows would translate the ends of lines
# numpy reads a file's header with ast.literal_eval, which Python 3.11 cannot run in two threads at once: the second may
# raise "SystemError: AST constructor recursion depth mismatch" (github.com/python/cpython/issues/106905).
_READING_HEADER = threading.Lock()


@contextmanager
def whole_file(path: Path, *, durable: bool = False, mode: int = 0o666) -> Iterator[BinaryIO]:
    """Open a temporary file for writing; it replaces `path` when the block ends, and is deleted if the block raises.

    `durable`: after a power failure, `path` has either its old or its new content; this takes milliseconds.
    `mode`: permissions before the umask. Readers with the old file open keep reading it. Raises OSError.
    """
    part = path.with_name(f"{path.name}.{secrets.token_hex(4)}{PART}")
    try:
        with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | _BINARY, mode), "wb") as file:
            yield file
            if durable:
                file.flush()
                os.fsync(file.fileno())
        part.replace(path)
    except BaseException:
        with contextlib.suppress(OSError):  # on a disk that has become read-only, nothing can be deleted
            part.unlink()
        raise
    if durable:
        sync(path.parent)


def write_whole(path: Path, content: bytes, *, durable: bool = False, mode: int = 0o666) -> None:
    """Write `content` to `path` in one step, as `whole_file` does. Raises OSError."""
    with whole_file(path, durable=durable, mode=mode) as file:
        file.write(content)


def sync(path: Path) -> None:
    """Wait until a file or the entries of a folder are on the disk. Raises OSError."""
    if path.is_dir() and os.name == "nt":
        return  # Windows has no handle for a folder
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def load_array(file: Path | IO[bytes], *, mapped: bool = False) -> Any:
    """The array of a .npy file; memory-mapped, its values stay on disk until they are used."""
    import numpy as np

    with _READING_HEADER:
        array = np.load(file, mmap_mode="r" if mapped else None)
    return array.view(np.ndarray)  # slicing a plain array takes a third of the time of slicing a memmap


def load_arrays(file: Path | IO[bytes]) -> dict[str, Any]:
    """All arrays of a .npz file, by their names."""
    import numpy as np

    with _READING_HEADER, np.load(file) as stored:
        return dict(stored)
