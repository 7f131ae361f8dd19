"""The PDFs kept beside the index: with their document, for as long as it is there, and in its archive."""

from pathlib import Path

from ingest.document import hash_bytes
from ingest.indexes.archive import export_index, import_index
from ingest.pdf.facsimile.originals import Originals
from ingest.pipeline import ingest, remove
from tests.ingest.made_pdfs import essay
from tests.retriever.letters import LetterEncoder, NoProgress


def kept(folder: Path) -> list[str]:
    """The names of the files."""
    return [path.stem for path in Originals(folder).files()]


def test_a_pdf_is_kept_while_its_document_is_in_the_index(letters: LetterEncoder, tmp_path: Path) -> None:
    del letters
    sources, folder = tmp_path / "sources", tmp_path / "index"
    sources.mkdir()
    first = essay(sources / "a.pdf")
    (sources / "b.txt").write_text("灯台は岬に立つ。", encoding="utf-8")
    ingest(folder, [str(sources)], progress=NoProgress())
    assert kept(folder) == [hash_bytes(first.read_bytes())]
    before = hash_bytes(first.read_bytes())
    essay(first, pages=3)
    ingest(folder, [str(sources)], progress=NoProgress())
    assert kept(folder) == [hash_bytes(first.read_bytes())] != [before]
    remove(folder, ["a.pdf"], progress=NoProgress())
    assert kept(folder) == []


def test_an_unchanged_pdf_is_kept_where_an_earlier_index_lacks_it(letters: LetterEncoder, tmp_path: Path) -> None:
    del letters
    path, folder = essay(tmp_path / "a.pdf"), tmp_path / "index"
    ingest(folder, [str(path)], progress=NoProgress())
    [file] = Originals(folder).files()
    file.unlink()
    outcomes = ingest(folder, [str(path)], progress=NoProgress())
    assert [one.state for one in outcomes] == ["unchanged"]
    assert kept(folder) == [file.stem]


def test_an_archive_carries_the_originals(letters: LetterEncoder, tmp_path: Path) -> None:
    del letters
    path, folder = essay(tmp_path / "a.pdf"), tmp_path / "index"
    ingest(folder, [str(path)], progress=NoProgress())
    export_index(folder, tmp_path / "class.zip")
    import_index(tmp_path / "class.zip", tmp_path / "there")
    [file] = Originals(tmp_path / "there").files()
    assert file.read_bytes() == path.read_bytes()


def test_a_file_that_is_not_what_its_name_says_is_named(tmp_path: Path) -> None:
    originals, path = Originals(tmp_path), essay(tmp_path / "a.pdf")
    name = hash_bytes(path.read_bytes())
    originals.keep(path, "0" * 32)
    assert originals.find("0" * 32) is None
    originals.keep(path, name)
    found = originals.find(name)
    assert found is not None
    assert originals.damaged() == []
    found.write_bytes(b"%PDF-1.7")
    assert [faulty for faulty, _ in originals.damaged()] == [found]
    assert originals.find("../a") is None
