"""How many of our files a PDF runs through on its way into the index: each is a hop for a reader of the code."""

import sys
from pathlib import Path
from types import FrameType

import pytest

from ingest.pdf import reading_process
from ingest.pipeline import ingest
from tests.ingest import made_pdfs
from tests.retriever.letters import NoProgress

ROOT = Path(__file__).resolve().parents[3]
PAPER = ROOT.parent / "shared" / "corpus" / "paper.pdf"
MOST = 47
# The reading process is told to write the files of the functions that it runs to a file, before it exits.
COUNTING = """
import os, sys
files = set()
def note(frame, event, _):
    if event == "call" and frame.f_code.co_name != "<module>":
        files.add(frame.f_code.co_filename)
leave = os._exit
def write_and_leave(code):
    sys.setprofile(None)
    with open({out!r}, "w") as file:
        file.write("\\n".join(files))
    leave(code)
os._exit = write_and_leave
sys.setprofile(note)
main()
"""


@pytest.mark.parametrize("source", ["made", "paper"])
def test_a_pdf_runs_through_few_files(source: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = PAPER if source == "paper" else made_pdfs.essay(tmp_path / "a.pdf")
    if not path.exists():
        pytest.skip("../shared/corpus, which holds the paper, is not here")
    out = tmp_path / "files of the reading process"
    start = reading_process._START.replace("main()", COUNTING.format(out=str(out)))
    monkeypatch.setattr(reading_process, "_START", start)
    files: set[str] = set()

    def note(frame: FrameType, event: str, _: object) -> None:
        if event == "call" and frame.f_code.co_name != "<module>":
            files.add(frame.f_code.co_filename)

    sys.setprofile(note)
    try:
        outcomes = ingest(tmp_path / "index", [str(path)], progress=NoProgress())
    finally:
        sys.setprofile(None)
    assert [outcome.state for outcome in outcomes] == ["added"]
    files.update(out.read_text(encoding="utf-8").split("\n"))
    ours = sorted(
        name for file in files if (name := _ours(Path(file))) and name.startswith(("app/", "ingest/", "retriever/"))
    )
    assert "ingest/pdf/layout/worker.py" in ours, "the reading process did not say what it runs"
    assert len(ours) <= MOST, f"{len(ours)} files, more than {MOST}:\n" + "\n".join(ours)


def _ours(path: Path) -> str:
    """The path of a file below the checkout; "" for others."""
    return path.relative_to(ROOT).as_posix() if path.is_relative_to(ROOT) else ""
