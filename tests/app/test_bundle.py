"""The bundled corpus: its index is made on a first start, and its digest steps aside for the paper."""

from pathlib import Path

import pytest

import corpus
from app.bundle import bundled_documents
from app.cli import main
from retriever.index.open import open_index
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
    assert digest.digest_of == TITLE
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
    assert lines[1] == "removed   digest  (replaced by the paper itself)"
    assert lines[2] == "1 added, 0 updated, 1 removed"
    assert list(open_index(folder).documents) == ["references", "paper.txt"]


def test_an_index_of_the_bundle_that_another_version_made_is_made_anew(
    tmp_path: Path, letters: LetterEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    arguments = ["search", "関税", "--json", "--index", str(tmp_path)]
    monkeypatch.setattr("retriever.text.RULES", "an older one")
    assert main(arguments) == 0
    monkeypatch.setattr("retriever.text.RULES", "today's")
    assert main(arguments) == 0
    assert open_index(tmp_path).manifest["text_rules"] == "today's"
    assert len(set(letters.encoded)) < len(letters.encoded)  # it was encoded again


def test_an_index_of_ones_own_that_another_version_made_is_left_alone(
    tmp_path: Path, letters: LetterEncoder, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    source = tmp_path / "mine.txt"
    source.write_text("自分の文書である。", encoding="utf-8")
    index = ("--index", str(tmp_path / "index"))
    monkeypatch.setattr("retriever.text.RULES", "an older one")
    assert main(["ingest", str(source), *index]) == 0
    monkeypatch.setattr("retriever.text.RULES", "today's")
    assert main(["search", "文書", *index]) == 1
    assert "made by another version" in capsys.readouterr().err
    assert letters.encoded
