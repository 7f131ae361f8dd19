"""Memory-mapped JSON Lines with an offset table: opened in constant time, records parsed on access."""

import json
import mmap
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Lines:
    """Records of a memory-mapped file, parsed on access."""

    data: mmap.mmap | bytes
    offsets: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.offsets) - 1

    def __getitem__(self, row: int) -> Any:
        """The record at 0-based line `row`."""
        return json.loads(self.data[int(self.offsets[row]) : int(self.offsets[row + 1])])


def write_lines(path: Path, records: Iterable[Any]) -> None:
    """Write `records` to `path`, and the offsets of their lines beside it."""
    offsets = [0]
    with path.open("wb") as file:
        for record in records:
            # file names may contain surrogates: bytes that are not UTF-8
            line = json.dumps(record, ensure_ascii=False).encode("utf-8", "surrogatepass") + b"\n"
            offsets.append(offsets[-1] + file.write(line))
    np.save(path.with_suffix(".offsets.npy"), np.array(offsets, dtype=np.int64))


def open_lines(path: Path) -> Lines:
    """Open what `write_lines` wrote."""
    with path.open("rb") as file:
        empty = path.stat().st_size == 0  # an empty file cannot be mapped
        data = b"" if empty else mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    return Lines(data, np.load(path.with_suffix(".offsets.npy")))
