"""Folders from the wild: names of any bytes, links, faults of readers, files that come and go."""

import json
import os
from pathlib import Path

import pytest

from app.commands.documents import _lines
from ingest.document import Block, Document
from ingest.loaders import Limits, Loaded, load
from ingest.pipeline import ingest, remove
from ingest.runs.ingest_plan import Outcome, summary
from ingest.text import shown_name
from retriever.index.open import open_index
from retriever.types import TenkyoError
from tests.conftest import Tenkyo
from tests.retriever.letters import LetterEncoder, NoProgress

TEXT = "霧原町の製塩所の壁は石で築かれた。"


def take(folder: Path, *sources: Path, sync: bool = False) -> list[Outcome]:
    """Ingest with the letters encoder (the fixture `letters` puts it in place)."""
    return ingest(folder, [str(source) for source in sources], sync=sync, progress=NoProgress())


def put(folder: Path, name: bytes | str, text: str = TEXT) -> Path:
    """A file of any name; skips the test where the file system refuses the name."""
    folder.mkdir(exist_ok=True)
    path = folder / os.fsdecode(name)
    try:
        path.write_text(text, encoding="utf-8")
    except OSError:
        pytest.skip("this file system takes UTF-8 names only")
    return path


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("資料.txt".encode("cp932"), "資料.txt"),
        ("資料.txt".encode(), "資料.txt"),
        (b"caf\xe9.txt", "caf\\xe9.txt"),
        (b"\xff\xfe.txt", "\\xff\\xfe.txt"),
        (b"a\x1b[31m\nb.txt", "a\\x1b[31m\\nb.txt"),
        ("a\u202etxt.exe".encode(), "a\\u202etxt.exe"),
        ("全角　空白.txt".encode(), "全角　空白.txt"),
        ("/報告/資料.txt".encode("cp932").replace("報告".encode("cp932"), "報告".encode()), "/報告/資料.txt"),
    ],
)
def test_a_name_of_any_bytes_is_shown_as_text(name: bytes, shown: str) -> None:
    assert shown_name(name.decode("utf-8", "surrogateescape")) == shown
    shown_name(name.decode("utf-8", "surrogateescape")).encode()


def test_a_surrogate_that_stands_for_no_byte_is_shown_too() -> None:
    assert shown_name("a\ud800b") == "a?b"


@pytest.mark.usefixtures("letters")
def test_files_with_names_of_any_bytes_are_taken_under_names_that_can_be_typed(tmp_path: Path) -> None:
    folder, source = tmp_path / "index", tmp_path / "sources"
    put(source, "資料.txt".encode("cp932"))
    put(source, b"caf\xe9.md", "Coffee is drunk.")
    put(source, b"a\x1b[31mred\nline.txt", "Red text.")
    assert sorted(one.name for one in take(folder, source)) == [
        "a\\x1b[31mred\\nline.txt",
        "caf\\xe9.md",
        "資料.txt",
    ]
    assert {one.state for one in take(folder, source)} == {"unchanged"}
    records = open_index(folder).documents.values()
    assert sorted(record.title for record in records) == ["a\\x1b[31mred\\nline", "caf\\xe9", "資料"]


@pytest.mark.slow
def test_in_a_locale_without_unicode_every_name_is_taken_and_printed(tmp_path: Path, tenkyo: Tenkyo) -> None:
    source = tmp_path / "sources"
    put(source, "資料.txt".encode("cp932"))
    put(source, "別の資料.txt".encode(), "光は遠くまで届く。")
    ran = tenkyo(
        "ingest",
        str(source),
        "--index",
        str(tmp_path / "index"),
        LC_ALL="C",
        PYTHONCOERCECLOCALE="0",
        PYTHONUTF8="0",
    )
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout.splitlines() == [
        r"added     \u8cc7\u6599.txt  (17 characters)",
        r"added     \u5225\u306e\u8cc7\u6599.txt  (9 characters)",
        "2 added, 0 updated",
    ]


def test_links_are_named_with_what_they_lead_to(tmp_path: Path, letters: LetterEncoder) -> None:
    source = tmp_path / "sources"
    good = put(source, "good.txt")
    (tmp_path / "elsewhere").mkdir()
    (source / "twice.txt").symlink_to(good)
    (source / "nothing.txt").symlink_to(tmp_path / "gone.txt")
    (source / "folder").symlink_to(tmp_path / "elsewhere")
    outcomes = {Path(one.name).name: one for one in take(tmp_path / "index", source)}
    assert set(outcomes) == {"good.txt", "nothing.txt", "folder"}
    assert outcomes["nothing.txt"].detail == (
        f"nothing.txt is a link to {tmp_path}/gone.txt, which does not exist; correct or delete it"
    )
    assert outcomes["folder"].detail == (
        f"folder is a link to {tmp_path}/elsewhere, a folder; "
        "links to folders are not followed, so name that folder itself"
    )
    assert {outcomes[name].kind for name in ("nothing.txt", "folder")} == {"link"}
    assert letters.encoded


@pytest.mark.usefixtures("letters")
def test_links_in_a_circle_and_links_with_control_characters_are_one_clear_line_each(tmp_path: Path) -> None:
    source = tmp_path / "sources"
    put(source, "good.txt")
    (source / "round.txt").symlink_to(source / "round.txt")
    (source / "odd\x1b[2J.txt").symlink_to("gone\n\x07.txt")
    outcomes = {Path(one.name).name: one for one in take(tmp_path / "index", source)}
    assert outcomes["odd\x1b[2J.txt"].detail == (
        r"odd\x1b[2J.txt is a link to gone \x07.txt, which does not exist; correct or delete it"
    )
    assert "round.txt: cannot be read (Too many levels of symbolic links)" in outcomes["round.txt"].detail
    assert all(shown_name(line).isprintable() for line in _lines(list(outcomes.values())))


@pytest.mark.usefixtures("letters")
def test_a_fault_in_a_reader_costs_its_file_and_not_the_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = tmp_path / "sources"
    for name in ("a.txt", "b.txt", "c.txt"):
        put(source, name, f"Text of {name}.")

    def faulty(path: Path, **_: object) -> Loaded:
        if path.name == "b.txt":
            raise ZeroDivisionError("division\nby zero")
        return load(path, limits=Limits())

    monkeypatch.setattr("ingest.runs.gather.load", faulty)
    outcomes = take(tmp_path / "index", source)
    assert [one.state for one in outcomes] == ["added", "skipped", "added"]
    assert "an error in Tenkyo (ZeroDivisionError: division\\nby zero)" in outcomes[1].detail
    assert list(open_index(tmp_path / "index").documents) == ["a.txt", "c.txt"]


@pytest.mark.usefixtures("letters")
def test_texts_that_no_encoding_can_hold_cost_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = put(tmp_path / "sources", "a.txt")
    broken = Document("a.txt", "A \udcff title", str(source), (Block("paragraph", "鳴砂\ud83dの浜である。"),))
    monkeypatch.setattr("ingest.runs.gather.load", lambda *_, **__: Loaded((broken,)))
    assert [one.state for one in take(tmp_path / "index", source)] == ["added"]
    (passage,) = open_index(tmp_path / "index").passages_of("a.txt")
    assert passage.text == "鳴砂?の浜である。"


def test_a_table_of_two_hundred_thousand_rows_is_read_up_to_the_limit(tmp_path: Path) -> None:
    rows = "".join(f"<tr><td>県{number}</td><td>{number * 3}</td></tr>" for number in range(200_000))
    page = tmp_path / "big.html"
    page.write_text(f"<h1>県</h1><p>県の表である。</p><table>{rows}</table><p>終わりである。</p>", encoding="utf-8")
    loaded = load(page, limits=Limits(max_rows=1000))
    kinds = [block.kind for block in loaded.documents[0].blocks]
    assert kinds.count("table_row") == 1000
    assert kinds[-1] == "paragraph"  # the text after the table is read
    (skipped,) = loaded.skipped
    assert (skipped.place, skipped.reason) == ("big.html, table rows after the first 1,000", "too-large")
    assert skipped.detail == (
        "it has 200,000, and at most 1,000 rows are read; split the file, or delete rows that nobody will ask about"
    )


@pytest.mark.usefixtures("letters")
def test_what_is_no_longer_in_a_folder_is_reported_and_taken_out_with_sync(tmp_path: Path) -> None:
    folder, source = tmp_path / "index", tmp_path / "sources"
    put(source, "stays.txt", "This stays.")
    gone = put(source, "gone.txt", "This goes.")
    outside = put(tmp_path / "outside", "other.txt", "Elsewhere.")
    take(folder, source, outside)
    gone.unlink()
    outside.unlink()
    missing = [one for one in take(folder, source) if one.state == "missing"]
    assert [(one.name, one.detail) for one in missing] == [
        ("gone.txt", f"{gone} is no longer there; --sync takes it out")
    ]
    assert len(open_index(folder).documents) == 3
    states = {one.name: one.state for one in take(folder, source, sync=True)}
    assert states == {"stays.txt": "unchanged", "gone.txt": "removed"}
    assert set(open_index(folder).documents) == {"stays.txt", "other.txt"}


@pytest.mark.parametrize("sync", [True, False])
def test_a_renamed_file_keeps_its_document_and_costs_no_encoding(
    sync: bool, tmp_path: Path, letters: LetterEncoder
) -> None:
    folder, source = tmp_path / "index", tmp_path / "sources"
    old, titled = put(source, "draft.txt", "This is the text."), put(source, "paper.md", "# Salt\n\nSalt is made.")
    take(folder, source)
    before = [one.id for name in ("draft.txt", "paper.md") for one in open_index(folder).passages_of(name)]
    letters.encoded.clear()
    new, moved = old.rename(source / "final.txt"), source / "below" / "salt.md"
    moved.parent.mkdir()
    titled.rename(moved)
    outcomes = {one.name: (one.state, one.detail) for one in take(folder, source, sync=sync)}
    assert outcomes == {
        "draft.txt": ("updated", f"its file is now {new}; nothing was encoded"),
        "paper.md": ("updated", f"its file is now {moved}; nothing was encoded"),
    }
    assert not letters.encoded
    index = open_index(folder)
    assert [one.id for name in ("draft.txt", "paper.md") for one in index.passages_of(name)] == before
    assert [(one.title, one.source) for one in index.documents.values()] == [
        ("final", str(new)),
        ("Salt", str(moved)),
    ]
    assert {one.state for one in take(folder, source, sync=sync)} == {"unchanged"}


@pytest.mark.usefixtures("letters")
def test_a_file_that_replaced_another_one_takes_its_place_with_sync(tmp_path: Path) -> None:
    folder, source = tmp_path / "index", tmp_path / "sources"
    draft, final = put(source, "draft.txt", "The new text."), put(source, "final.txt", "The old text.")
    take(folder, source)
    draft.rename(final)
    synced = {one.name: (one.state, one.detail) for one in take(folder, source, sync=True)}
    assert synced["draft.txt"] == ("removed", f"its file is now {final}")
    assert synced["final.txt"][0] == "updated"
    assert [one.text for one in open_index(folder).passages_of("final.txt")] == ["The new text."]


@pytest.mark.usefixtures("letters")
def test_of_two_copies_of_a_renamed_file_one_is_its_document(tmp_path: Path) -> None:
    folder, source = tmp_path / "index", tmp_path / "sources"
    put(source, "a.txt").rename(put(source, "z.txt", "Other text.").with_name("y.txt"))
    take(folder, source)
    (source / "y.txt").rename(source / "b.txt")
    put(source, "c.txt")
    outcomes = [(one.state, Path(one.name).name, one.reason) for one in take(folder, source, sync=True)]
    assert outcomes == [("updated", "y.txt", ""), ("skipped", "c.txt", "duplicate"), ("unchanged", "z.txt", "")]


@pytest.mark.usefixtures("letters")
def test_sync_of_a_folder_that_lost_all_of_its_files_removes_nothing(tmp_path: Path) -> None:
    folder, source = tmp_path / "index", tmp_path / "sources"
    file = put(source, "a.txt")
    take(folder, source)
    file.unlink()
    with pytest.raises(TenkyoError, match=r"--sync found no file in .* and removed nothing; if its disk is there"):
        take(folder, source, sync=True)
    put(source, "b.txt", "Another.")
    with pytest.raises(TenkyoError, match="--sync takes folders, not all of"):
        take(folder, source, source / "b.txt", sync=True)
    assert list(open_index(folder).documents) == ["a.txt"]


@pytest.mark.usefixtures("letters")
def test_sync_does_not_take_out_what_it_cannot_see(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder, source = tmp_path / "index", tmp_path / "sources"
    put(source, "a.txt", "Open text.")
    (source / "closed").mkdir()
    closed = put(source / "closed", "b.txt", "Closed text.")
    hidden = put(source, ".hidden.txt", "Hidden text.")
    take(folder, source, hidden)
    real = Path.stat

    def stat(path: Path, **options: bool) -> os.stat_result:
        if path == closed:
            raise PermissionError(13, "Permission denied")
        return real(path, **options)

    monkeypatch.setattr(Path, "stat", stat)  # permissions do not bind root
    take(folder, source, sync=True)
    assert len(open_index(folder).documents) == 3


def test_skips_are_summed_up_by_kind_and_reason() -> None:
    outcomes = [Outcome("added", "a"), Outcome("skipped", "b.pdf", "…", "scanned", ".pdf")]
    assert summary(outcomes) == "1 added, 0 updated, 1 skipped"
    outcomes += [Outcome("skipped", f"{number}.jpg", "…", "unknown-type", ".jpg") for number in range(30)]
    outcomes += [Outcome("missing", "c")]
    assert summary(outcomes) == ("1 added, 0 updated, 1 missing, 31 skipped: 30 .jpg unknown-type, 1 .pdf scanned")


def test_many_skips_of_one_kind_and_reason_are_one_line() -> None:
    def skips(count: int, reason: str, kind: str) -> list[Outcome]:
        return [Outcome("skipped", f"{number}{kind}", "why", reason, kind) for number in range(count)]

    assert len(list(_lines(skips(3, "unknown-type", ".jpg")))) == 3
    assert list(_lines(skips(30, "unknown-type", ".jpg"))) == [
        "skipped   30 .jpg files, for example 0.jpg: why",
    ]
    damaged = list(_lines(skips(25, "damaged", ".pdf")))
    assert damaged[:2] == ["skipped   0.pdf  (why)", "skipped   1.pdf  (why)"]
    assert damaged[19:] == ["skipped   6 more .pdf files, for example 19.pdf: why"]


@pytest.mark.usefixtures("letters")
def test_a_renamed_file_is_removed_by_its_new_path_or_name(tmp_path: Path) -> None:
    folder = tmp_path / "in"
    for name in ("lamp.txt", "horn.txt"):
        path = put(folder, name, f"The {name} of the harbour is tested each Sunday.")
        take(tmp_path / "index", path)
        take(tmp_path / "index", path.rename(folder / f"new-{name}"))
    for named, document_id in (("new-lamp.txt", "lamp.txt"), (str(folder / "new-horn.txt"), "horn.txt")):
        assert remove(tmp_path / "index", [named], progress=NoProgress()) == [Outcome("removed", document_id)]


@pytest.mark.usefixtures("letters")
def test_a_file_of_several_documents_is_not_removed_by_its_path(tmp_path: Path) -> None:
    rows = [json.dumps({"id": f"n{number}", "title": "", "text": f"Lamp {number} is lit."}) for number in (1, 2)]
    path = put(tmp_path / "in", "notes.jsonl", "\n".join(rows))
    take(tmp_path / "index", path)
    with pytest.raises(TenkyoError, match="the file of 2 documents"):
        remove(tmp_path / "index", [str(path)], progress=NoProgress())


@pytest.mark.usefixtures("letters")
def test_a_file_in_the_index_folder_is_skipped_with_the_reason(tmp_path: Path) -> None:
    folder = tmp_path / "sources" / "index"
    own = put(tmp_path / "sources", "own.txt")
    take(folder, own)
    inside = put(folder, "note.txt", "The text of a note.")
    (skipped,) = take(folder, inside)
    assert (skipped.state, skipped.name, skipped.reason) == ("skipped", str(inside), "inside-index")
    assert "index folder" in skipped.detail
    assert [outcome.state for outcome in take(folder, inside, own)] == ["skipped", "unchanged"]
    assert [outcome.state for outcome in take(folder, tmp_path / "sources")] == ["unchanged"]
