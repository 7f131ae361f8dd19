"""Damaged copies of files of each kind, read under limits: python -m tests.benchmarks.damaged_copies [COUNT] [FILE]...

Without files: one of each kind, made here. Each copy must be read, or refused with a reason that fits, in a few
seconds; what is wrong is printed with the copy's path, and the exit code is 1.
"""

import random
import sys
import tempfile
import time
from pathlib import Path

from tests.ingest.loaders.damage import damaged, fault_of, sources


def main() -> None:
    """Reads COUNT (200) damaged copies of each file, and says of each how long the longest took."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 200
    folder = Path(tempfile.mkdtemp(prefix="damaged-"))
    files = list(map(Path, sys.argv[2:])) or list(sources(folder).values())
    faults = 0
    for whole in files:
        chance = random.Random(whole.name)
        data = whole.read_bytes()
        longest = 0.0
        for number in range(count):
            path = folder / f"copy-{number}-{whole.name}"
            path.write_bytes(damaged(data, whole.suffix, chance))
            begun = time.perf_counter()
            fault = fault_of(path)
            longest = max(longest, time.perf_counter() - begun)
            if fault:
                faults += 1
                print(f"{path}: {fault}", flush=True)
            else:
                path.unlink()
        print(f"{whole.name}: {count} copies, the longest {longest:.2f} s", flush=True)
    sys.exit(faults > 0)


if __name__ == "__main__":
    main()
