"""Memory-mapped JSON Lines files, and passages as JSON objects."""

import json
import mmap
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from retriever.arrays import load_array
from retriever.types import Cell, Cites, Passage


@dataclass(frozen=True, slots=True)
class JsonLines:
    """Records of a memory-mapped JSON Lines file, parsed on access: a file of any length opens in constant time."""

    data: mmap.mmap | bytes
    offsets: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.offsets) - 1

    def __getitem__(self, row: int) -> Any:
        """The record at 0-based line `row`."""
        return json.loads(self.data[int(self.offsets[row]) : int(self.offsets[row + 1])])

    def __iter__(self) -> Iterator[Any]:
        return (self[row] for row in range(len(self)))


@dataclass(frozen=True, slots=True)
class ChainedLines:
    """Several files as one: the lines of the first, then those of the next."""

    files: Sequence[JsonLines]

    def __len__(self) -> int:
        return sum(map(len, self.files))

    def __getitem__(self, row: int) -> Any:
        """The record at 0-based line `row` of all files."""
        for lines in self.files:
            if row < len(lines):
                return lines[row]
            row -= len(lines)
        raise IndexError(row)


def write_lines(path: Path, records: Iterable[Any]) -> None:
    """Write `records` to `path`, and the offsets of their lines beside it."""
    offsets = [0]
    with path.open("wb") as file:
        for record in records:
            # file names may contain surrogates: bytes that are not UTF-8
            line = json.dumps(record, ensure_ascii=False).encode("utf-8", "surrogatepass") + b"\n"
            offsets.append(offsets[-1] + file.write(line))
    np.save(path.with_suffix(".offsets.npy"), np.array(offsets, dtype=np.int64))


def open_lines(path: Path) -> JsonLines:
    """Open what `write_lines` wrote."""
    with path.open("rb") as file:
        empty = path.stat().st_size == 0  # an empty file cannot be mapped
        data = b"" if empty else mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    return JsonLines(data, load_array(path.with_suffix(".offsets.npy")))


def passage_from_json(record: dict[str, Any]) -> Passage:
    """A passage from what `passage_to_json` made."""
    for name in ("page_starts", "sentences"):
        record[name] = tuple((int(first), int(second)) for first, second in record.get(name, ()))
    if "cites" in record:
        record["cites"] = tuple(Cites(**{**cite, "numbers": tuple(cite["numbers"])}) for cite in record["cites"])
    record["cells"] = tuple(Cell(**cell) for cell in record.get("cells", ()))
    return Passage(**record)


def passage_to_json(passage: Passage) -> dict[str, Any]:
    """A passage as a JSON object, without the fields that are empty."""
    empty = ("", None, ())
    return {key: value for key, value in asdict(passage).items() if value not in empty}
