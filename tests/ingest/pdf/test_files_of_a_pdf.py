"""How many of our files a PDF runs through on its way into the index: each is a hop for a reader of the code."""

from collections.abc import Callable
from cProfile import Profile
from pathlib import Path

import pytest
from pypdf import PdfReader, PdfWriter

from ingest.pdf import reading_process
from ingest.pipeline import ingest
from tests.files_run import ROOT, files_of, ours
from tests.ingest import made_pdfs
from tests.retriever.letters import NoProgress

PAPER = ROOT.parent / "shared" / "corpus" / "paper.pdf"
MOST = 49
# The reading process is told to write the files of the functions that it runs to a file, before it exits.
COUNTING = """
import os
from cProfile import Profile
profile, leave = Profile(builtins=False), os._exit
def write_and_leave(code):
    profile.disable()
    codes = [entry.code for entry in profile.getstats()]
    files = set(code.co_filename for code in codes if not isinstance(code, str) and code.co_name != "<module>")
    with open({out!r}, "w") as file:
        file.write("\\n".join(files))
    leave(code)
os._exit = write_and_leave
profile.enable()
main()
"""


def _some_pages(out: Path) -> Path:
    """The first pages of the paper, and the last ones with its bibliography."""
    pages, writer = PdfReader(PAPER).pages, PdfWriter()
    for place in (0, 1, -2, -1):
        writer.add_page(pages[place])
    writer.write(out)
    return out


@pytest.mark.parametrize("source", ["made", "pages of the paper", pytest.param("paper", marks=pytest.mark.thorough)])
def test_a_pdf_runs_through_few_files(source: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if source != "made" and not PAPER.exists():
        pytest.skip("../shared/corpus, which holds the paper, is not here")
    made: dict[str, Callable[[Path], Path]] = {"made": made_pdfs.essay, "pages of the paper": _some_pages}
    path = made[source](tmp_path / "a.pdf") if source in made else PAPER
    out = tmp_path / "files of the reading process"
    start = reading_process._START.replace("main()", COUNTING.format(out=str(out)))
    monkeypatch.setattr(reading_process, "_START", start)
    with Profile(builtins=False) as profile:
        outcomes = ingest(tmp_path / "index", [str(path)], progress=NoProgress())
    assert [outcome.state for outcome in outcomes] == ["added"]
    files = sorted({*files_of(profile), *ours(out.read_text(encoding="utf-8").split("\n"))})
    assert "ingest/pdf/layout/worker.py" in files, "the reading process did not say what it runs"
    assert len(files) <= MOST, f"{len(files)} files, more than {MOST}:\n" + "\n".join(files)
