"""The bundled corpus: its index is made where nobody named or used one; it makes room for documents of one's own."""

import json
from collections.abc import Mapping
from pathlib import Path

import pytest

import corpus
from app.cli import main
from corpus.bundle import bundled_documents
from ingest.document import Block, CitedIn, Document
from ingest.pipeline import ReadDocument, ingest_read
from retriever.index.open import open_index
from tests.retriever.letters import LetterEncoder, NoProgress

TITLE = corpus.manifest().paper.title
ASKING = ["ask", "who wrote this paper?"]
COMMANDS: Mapping[str, list[str]] = {
    "ask": ASKING,
    "search": ["search", "関税"],
    "chat": ["chat"],
    "questions": ["questions"],
    "evaluate": ["evaluate", "questions.jsonl"],
}


@pytest.fixture
def default_index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder that holds the index where the user names none; it does not exist yet."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.delenv("TENKYO_INDEX", raising=False)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "questions.jsonl").write_text('{"question": "関税とは何か"}\n', encoding="utf-8")
    return tmp_path / "data" / "tenkyo" / "index"


def own(tmp_path: Path, text: str = "塩と砂について述べる。") -> str:
    """The path of a document of the user's own."""
    path = tmp_path / "own.txt"
    path.write_text(text * 30, encoding="utf-8")
    return str(path)


def test_the_first_question_builds_the_index_of_the_bundled_corpus(
    default_index: Path, letters: LetterEncoder, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["search", "関税", "--json"]) == 0
    out, err = capsys.readouterr()
    assert out.startswith("{")
    assert err.splitlines()[0] == f"no index yet: building one of the bundled corpus in {default_index}"
    encoded = len(letters.encoded)
    assert main(["ask", "関税とは何か"]) == 0
    assert capsys.readouterr().err == ""
    assert len(letters.encoded) == encoded


@pytest.mark.parametrize("named_by", ["--index", "TENKYO_INDEX"])
@pytest.mark.parametrize("command", COMMANDS)
def test_in_a_folder_that_is_named_the_bundle_is_never_built(
    command: str,
    named_by: str,
    default_index: Path,
    tmp_path: Path,
    letters: LetterEncoder,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    typo = tmp_path / "typo"
    if named_by == "TENKYO_INDEX":
        monkeypatch.setenv("TENKYO_INDEX", str(typo))
    assert main([*COMMANDS[command], *(["--index", str(typo)] if named_by == "--index" else [])]) == 1
    out, err = capsys.readouterr()
    assert (out, err) == ("", f"error: no index in {typo}; make one with: tenkyo ingest SOURCE --index {typo}\n")
    assert not typo.exists()
    assert not default_index.exists()
    assert not list(tmp_path.glob("*-evaluation"))
    assert not letters.encoded


@pytest.mark.parametrize("source", ["missing.txt", "empty.txt"])
def test_after_a_first_ingest_that_failed_no_question_is_answered_from_the_bundle(
    source: str, default_index: Path, tmp_path: Path, letters: LetterEncoder, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "empty.txt").touch()
    assert main(["ingest", source]) == 1
    assert main(ASKING) == 1
    assert capsys.readouterr().err.splitlines()[-1] == (
        f"error: no index in {default_index}, a folder for your own documents; "
        "ingest them again, or delete the folder to start with the bundled paper"
    )
    assert not letters.encoded


def test_an_index_that_lost_its_pointer_is_not_replaced_by_the_bundle(
    default_index: Path, tmp_path: Path, letters: LetterEncoder, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["ingest", own(tmp_path)]) == 0
    (default_index / "CURRENT").unlink()
    letters.encoded.clear()
    assert main(ASKING) == 1
    assert f"no index in {default_index}, a folder for your own documents" in capsys.readouterr().err
    assert not letters.encoded


def test_a_build_of_the_bundle_that_was_cut_off_is_done_again(
    default_index: Path, letters: LetterEncoder, capsys: pytest.CaptureFixture[str]
) -> None:
    letters.stop_after = 5
    assert main(["search", "関税"]) == 130
    assert not (default_index / "CURRENT").exists()
    letters.stop_after = None
    assert main(["search", "関税"]) == 0
    assert list(open_index(default_index).documents) == ["digest", "references"]
    (default_index / "CURRENT").unlink()  # it was built, so that this is a loss, not a build that was cut off
    assert main(["search", "関税"]) == 1
    assert capsys.readouterr().err.startswith("no index yet: building one of the bundled corpus")


def test_an_own_document_takes_the_place_of_a_bundle_that_was_cut_off(
    default_index: Path, tmp_path: Path, letters: LetterEncoder
) -> None:
    letters.stop_after = 5
    assert main(["search", "関税"]) == 130
    letters.stop_after = None
    assert main(["ingest", str(tmp_path / "missing.txt")]) == 1
    assert main(ASKING) == 1
    assert main(["ingest", own(tmp_path)]) == 0
    assert list(open_index(default_index).documents) == ["own.txt"]


def test_the_bundle_makes_room_for_the_first_document_of_ones_own_and_the_command_says_so(
    default_index: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["ask", "論文の著者は誰ですか", "--json"]) == 0
    assert "中林" in json.loads(capsys.readouterr().out)["text"]
    assert main(["ingest", own(tmp_path, "霧原町の製塩所の壁は石で築かれた。")]) == 0
    assert capsys.readouterr().out.splitlines()[1:] == [
        "removed   digest  (the bundled paper was removed, because you added documents of your own)",
        "removed   references  (the bundled paper was removed, because you added documents of your own)",
        "1 added, 0 updated, 2 removed",
    ]
    assert list(open_index(default_index).documents) == ["own.txt"]
    for question in ("論文の著者は誰ですか", "who wrote this paper?"):
        assert main(["ask", question, "--json"]) == 0
        answer = capsys.readouterr().out
        assert "中林" not in answer
        assert "Nakabayashi" not in answer


@pytest.mark.usefixtures("letters")
def test_texts_of_works_that_only_the_bundle_cites_leave_with_it(default_index: Path, tmp_path: Path) -> None:
    assert main(["search", "関税"]) == 0
    text = Document(
        "work",
        "A Work",
        "https://lamps.example/a",
        (Block("paragraph", "The lamp burned oil."),),
        kind="reference",
        cited_in=(CitedIn("references", "key"),),
    )
    ingest_read(default_index, [ReadDocument(text, "hash")], progress=NoProgress())
    assert main(["ingest", own(tmp_path)]) == 0
    assert list(open_index(default_index).documents) == ["own.txt"]


@pytest.mark.usefixtures("letters")
def test_a_source_that_is_skipped_leaves_the_bundle_where_it_is(default_index: Path, tmp_path: Path) -> None:
    assert main(["search", "関税"]) == 0
    (tmp_path / "empty.txt").touch()
    assert main(["ingest", str(tmp_path / "empty.txt")]) == 1
    assert list(open_index(default_index).documents) == ["digest", "references"]


def test_the_bundled_documents_are_the_digest_and_the_records_of_the_references() -> None:
    digest, references = bundled_documents()
    assert digest.digest_of == TITLE
    assert (digest.publication.authors, digest.publication.date) == (("中林美恵子",), "2025-02-10")
    entries = [block for block in references.blocks if block.kind == "entry"]
    assert len(entries) == len(corpus.references())
    assert all(record.title in block.text for record, block in zip(corpus.references(), entries, strict=True))


@pytest.mark.usefixtures("letters")
def test_when_the_paper_comes_in_the_digest_steps_aside_and_the_command_says_so(
    default_index: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["search", "関税"]) == 0
    capsys.readouterr()
    paper = tmp_path / "paper.txt"
    paper.write_text(f"{TITLE}\n\n本文の一段落である。" + "塩と砂について述べる。" * 30, encoding="utf-8")
    assert main(["ingest", str(paper)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[1] == "removed   digest  (replaced by the paper itself)"
    assert lines[2] == "1 added, 0 updated, 1 removed"
    assert list(open_index(default_index).documents) == ["references", "paper.txt"]
    assert main(["ingest", own(tmp_path)]) == 0  # the records are the paper's, which is in the index
    assert list(open_index(default_index).documents) == ["references", "paper.txt", "own.txt"]


@pytest.mark.parametrize("is_named", [False, True])
def test_an_index_of_the_bundle_that_another_version_made_is_made_anew_where_it_is_the_default(
    is_named: bool, default_index: Path, tmp_path: Path, letters: LetterEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("retriever.text.RULES", "an older one")
    assert main(["search", "関税"]) == 0
    monkeypatch.setattr("retriever.text.RULES", "today's")
    if is_named:
        default_index.rename(tmp_path / "named")
        assert main(["search", "関税", "--index", str(tmp_path / "named")]) == 1
        assert open_index(tmp_path / "named").manifest["text_rules"] == "an older one"
        return
    assert main(["search", "関税"]) == 0
    assert open_index(default_index).manifest["text_rules"] == "today's"
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
