"""Office documents that Chromium prints: python -m tests.benchmarks.printed_documents [SEED] [NAME]...

Ten layouts with made-up sentences, and what the reader makes of them: the title, sentences whole in a passage,
sentences of passages that the document does not hold, headings (false, missed), rows of tables with heads and values.
"""

import re
import subprocess
import sys
import tempfile
import unicodedata
from collections.abc import Callable
from pathlib import Path

from ingest.loaders import Limits, load
from ingest.passages import cut
from ingest.text import sentence_spans
from retriever.types import Passage
from tests.benchmarks.printed import letters, reports
from tests.benchmarks.printed.made import Made

LAYOUTS: tuple[Callable[[int], Made], ...] = (
    letters.notice, letters.memo, letters.press, letters.minutes, reports.white_paper, reports.study,
    reports.statistics, reports.plan, reports.slides, reports.answer,
)  # fmt: skip
_RAISED = re.compile("[⁰¹²³⁴-⁹]|<sup.*?</sup>")
_CHROMIUM = (
    "chromium --headless --no-sandbox --disable-gpu --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync --no-pdf-header-footer"
)


def printed(made: Made, folder: Path) -> Path:
    """The document as a PDF in `folder`."""
    page, path = folder / f"{made.name}.html", folder / f"{made.name}.pdf"
    page.write_text(made.html(), encoding="utf-8")
    profile = f"--user-data-dir={folder / 'profile'}"
    command = [*_CHROMIUM.split(), profile, f"--print-to-pdf={path}", page.as_uri()]
    subprocess.run(command, check=True, stderr=subprocess.DEVNULL, timeout=120)
    return path


def flat(text: str) -> str:
    """A text for comparison: without spaces, signs and marks of notes, one width."""
    return "".join(filter(str.isalnum, unicodedata.normalize("NFKC", _RAISED.sub("", text))))


def report(made: Made, path: Path) -> list[str]:
    """One line of figures, then what is wrong."""
    document = load(path, limits=Limits()).documents[0]
    passages = cut(document)
    texts = [flat(passage.text) for passage in passages]
    lost = [text for text in made.prose.sentences if not any(flat(text) in whole for whole in texts)]
    heads = [block.text for block in document.blocks if block.kind == "heading"]
    expected = {flat(text) for text in (*made.headings, made.title)}
    false = [text for text in heads if flat(text) not in expected]
    missed = [text for text in made.sections if flat(text) not in set(map(flat, heads))]
    rows = [flat(passage.text) for passage in passages if passage.kind == "table_row"]
    whole = [cells for cells in made.cells if any(all(flat(text) in row for text in _texts(cells)) for row in rows)]
    invented = _invented(made, passages)
    count = len(made.prose.sentences)
    is_titled = flat(document.title) == flat(made.title)
    figures = (
        f"{made.name:12} pages {document.page_count} passages {len(passages)} | title {is_titled} | sentences "
        f"{count - len(lost)}/{count} | invented {len(invented)} | headings {len(heads)}, false {len(false)}, missed "
        f"{len(missed)}/{len(made.sections)} | rows {len(whole)}/{len(made.cells)}"
    )
    return [
        figures,
        *([] if is_titled else [f"  title: {document.title}"]),
        *(f"  lost: {text}" for text in lost[:6]),
        *(f"  invented: {text}" for text in invented[:6]),
        *(f"  false heading: {text}" for text in false[:8]),
        *(f"  missed heading: {text}" for text in missed[:6]),
    ]


def _texts(cells: tuple[str, tuple[str, ...], tuple[str, ...]]) -> list[str]:
    name, heads, values = cells
    return [name, *heads, *values]


def _invented(made: Made, passages: list[Passage]) -> list[str]:
    """Sentences of passages, ended by 。, that are not in the document as it was written."""
    written = flat("".join(made.parts))
    sentences = [passage.text[a:b] for passage in passages for a, b in sentence_spans(passage.text)]
    return [text for text in sentences if text.endswith("。") and flat(text) not in written]


def main() -> None:
    """Prints the layouts named (all) with sentences of SEED (1), and the report of each."""
    seed = int(sys.argv[1]) if len(sys.argv) > 1 else 1
    folder = Path(tempfile.mkdtemp(prefix="printed-"))
    for layout in LAYOUTS:
        if sys.argv[2:] and layout.__name__ not in sys.argv[2:]:
            continue
        made = layout(seed)
        print("\n".join(report(made, printed(made, folder))), flush=True)
    print(folder)


if __name__ == "__main__":
    main()
