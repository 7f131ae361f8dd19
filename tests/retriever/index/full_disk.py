"""Writes an index on a disk that fills up at many points: run by test_full_disk.py in a mount namespace of its own.

    full_disk.py FOLDER     FOLDER lies on a small file system that nobody else uses

Prints one line for each amount of free space: the amount, and "written" or the error's message.
"""

import shutil
import sys
from pathlib import Path

from retriever.index.open import open_index
from retriever.index.snapshots import IndexFolderError
from tests.retriever.letters import entry, write

TEXTS = tuple(f"passage number {number} of a document that does not fit" for number in range(60))


def main(disk: Path) -> None:
    """Fill the disk but for a little, write, and look whether the old index still stands."""
    folder = disk / "index"
    old = write(folder, entry("old", "alpha"))
    ballast = disk / "ballast"
    for free in range(0, 300_000, 9_000):
        (folder / "encoded.spool").unlink(missing_ok=True)
        ballast.unlink(missing_ok=True)
        ballast.write_bytes(bytes(shutil.disk_usage(disk).free - free))
        try:
            write(folder, entry("new", *TEXTS), old=old)
        except IndexFolderError as error:
            assert list(open_index(folder).documents) == ["old"]
            assert [path.name for path in (folder / "generations").iterdir()] == [old.snapshot_name]
            print(free, error)
        else:
            assert list(open_index(folder).documents) == ["old", "new"]
            print(free, "written")
            return


if __name__ == "__main__":
    main(Path(sys.argv[1]))
