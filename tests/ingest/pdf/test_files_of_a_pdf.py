"""How many of our files a PDF runs through on its way into the index: each is a hop for a reader of the code."""

from cProfile import Profile
from pathlib import Path

import pytest

from ingest.pdf import reading_process
from ingest.pipeline import ingest
from tests.files_run import ROOT, files_of, ours
from tests.ingest import made_pdfs
from tests.retriever.letters import NoProgress

PAPER = ROOT.parent / "shared" / "corpus" / "paper.pdf"
MOST = 45
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


@pytest.mark.parametrize("source", ["made", "paper"])
def test_a_pdf_runs_through_few_files(source: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = PAPER if source == "paper" else made_pdfs.essay(tmp_path / "a.pdf")
    if not path.exists():
        pytest.skip("../shared/corpus, which holds the paper, is not here")
    out = tmp_path / "files of the reading process"
    start = reading_process._START.replace("main()", COUNTING.format(out=str(out)))
    monkeypatch.setattr(reading_process, "_START", start)
    with Profile(builtins=False) as profile:
        outcomes = ingest(tmp_path / "index", [str(path)], progress=NoProgress())
    assert [outcome.state for outcome in outcomes] == ["added"]
    files = sorted({*files_of(profile), *ours(out.read_text(encoding="utf-8").split("\n"))})
    assert "ingest/pdf/layout/worker.py" in files, "the reading process did not say what it runs"
    assert len(files) <= MOST, f"{len(files)} files, more than {MOST}:\n" + "\n".join(files)
