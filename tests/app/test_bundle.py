"""The bundled corpus: its index is made on a first start, and its digest steps aside for the paper."""

from pathlib import Path

import pytest

import corpus
from app.bundle import bundled_documents
from app.cli import main
from retriever.index import open_index
from tests.retriever.letters import LetterEncoder

TITLE = corpus.manifest().paper.title


def test_the_first_question_builds_the_index_of_the_bundled_corpus(
    tmp_path: Path, letters: LetterEncoder, capsys: pytest.CaptureFixture[str]
) -> None:
    index = ("--index", str(tmp_path / "data" / "index"))
    assert main(["search", "関税", "--json", *index]) == 0
    out, err = capsys.readouterr()
    assert out.startswith("{")
    assert err.splitlines()[0] == f"no index yet: building one of the bundled corpus in {tmp_path}/data/index"
    encoded = len(letters.encoded)
    assert main(["ask", "関税とは何か", *index]) == 0
    assert capsys.readouterr().err == ""
    assert len(letters.encoded) == encoded


def test_the_bundled_documents_are_the_digest_and_the_records_of_the_references() -> None:
    digest, references = bundled_documents()
    assert digest.metadata["digest_of"] == TITLE
    entries = [block for block in references.blocks if block.kind == "entry"]
    assert len(entries) == len(corpus.references())
    assert all(record.title in block.text for record, block in zip(corpus.references(), entries, strict=True))


@pytest.mark.usefixtures("letters")
def test_when_the_paper_comes_in_the_digest_steps_aside_and_the_command_says_so(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "index"
    assert main(["search", "関税", "--index", str(folder)]) == 0
    capsys.readouterr()
    paper = tmp_path / "paper.txt"
    paper.write_text(f"{TITLE}\n\n本文の一段落である。" + "塩と砂について述べる。" * 30, encoding="utf-8")
    assert main(["ingest", str(paper), "--index", str(folder)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[1] == "removed   digest  (the paper itself is here now: its digest steps aside)"
    assert lines[2] == "1 added, 0 updated, 1 removed"
    assert list(open_index(folder).documents) == ["references", "paper.txt"]
