"""Numpy's files, read safely from several threads."""

import threading
from pathlib import Path
from typing import IO, Any

import numpy as np

# numpy reads a file's header with ast.literal_eval, which Python 3.11 cannot run in two threads at once: the second may
# raise "SystemError: AST constructor recursion depth mismatch" (github.com/python/cpython/issues/106905).
_READING_HEADER = threading.Lock()


def load_array(file: Path | IO[bytes], *, mapped: bool = False) -> Any:
    """The array of a .npy file; memory-mapped, its values stay on disk until they are used."""
    with _READING_HEADER:
        array = np.load(file, mmap_mode="r" if mapped else None)
    return array.view(np.ndarray)  # slicing a plain array takes a third of the time of slicing a memmap


def load_arrays(file: Path | IO[bytes]) -> dict[str, Any]:
    """All arrays of a .npz file, by their names."""
    with _READING_HEADER, np.load(file) as stored:
        return dict(stored)
