"""Pages per second and peak memory of reading PDFs: python -m tests.benchmarks.pdf_speed [PDF]...

Without arguments: PDFs of 17 and 500 pages, typeset here. Memory is given for the reading process and for this one.
"""

import resource
import sys
import tempfile
import time
from pathlib import Path

from ingest.loaders import Limits, load
from ingest.passages import cut
from tests.ingest.made_pdfs import essay


def measure(path: Path) -> str:
    """One line: pages, seconds, pages a second, passages, peak memory in MB."""
    started = time.perf_counter()
    (document,) = load(path, limits=Limits()).documents
    seconds = time.perf_counter() - started
    passages = len(cut(document))
    reader, own = (resource.getrusage(who).ru_maxrss / 1024 for who in (resource.RUSAGE_CHILDREN, resource.RUSAGE_SELF))
    pages = document.page_count or 0
    return (
        f"{path.name}: {pages} pages in {seconds:.2f} s, {pages / seconds:.0f} pages/s, {passages} passages, "
        f"{reader:.0f} MB (reader), {own:.0f} MB (caller)"
    )


def main() -> None:
    """Measures the PDFs named, or those made here."""
    with tempfile.TemporaryDirectory() as folder:
        made = [essay(Path(folder) / f"{pages}.pdf", pages) for pages in (17, 500)] if len(sys.argv) < 2 else []
        for path in made or map(Path, sys.argv[1:]):
            print(measure(path), flush=True)


if __name__ == "__main__":
    main()
