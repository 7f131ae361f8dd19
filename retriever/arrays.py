"""Numpy's files read from several threads, and rows of different lengths in one flat array."""

import threading
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

# numpy reads a file's header with ast.literal_eval, which Python 3.11 cannot run in two threads at once: the second may
# raise "SystemError: AST constructor recursion depth mismatch" (github.com/python/cpython/issues/106905).
_READING_HEADER = threading.Lock()


def load_array(file: Path | IO[bytes], *, mapped: bool = False) -> Any:
    """The array of a .npy file; memory-mapped, its values stay on disk until they are used."""
    with _READING_HEADER:
        array = np.load(file, mmap_mode="r" if mapped else None)
    return array.view(np.ndarray)  # whose slices cost a third of a memmap's


def load_arrays(file: Path | IO[bytes]) -> dict[str, Any]:
    """All arrays of a .npz file, by their names."""
    with _READING_HEADER, np.load(file) as stored:
        return dict(stored)


def spans(starts: NDArray[np.int64], lengths: NDArray[np.int64]) -> NDArray[np.int64]:
    """The numbers from each start on, as many as its length says, one after the other."""
    before = np.cumsum(lengths) - lengths
    return np.asarray(np.arange(int(lengths.sum())) + np.repeat(starts - before, lengths), dtype=np.int64)


def split_rows(flat: NDArray[Any], lengths: NDArray[np.int64]) -> list[NDArray[Any]]:
    """The rows of a flat array, each as long as `lengths` says."""
    ends = np.cumsum(lengths).tolist()
    return [flat[end - length : end] for end, length in zip(ends, lengths.tolist(), strict=True)]
