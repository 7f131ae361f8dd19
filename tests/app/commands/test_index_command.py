"""`tenkyo index`, as a teacher uses it."""

import json
from pathlib import Path

import pytest

from app.cli import build_parser, main
from app.settings import read_settings
from corpus.bundle import has_room_for_bundle
from ingest.references.fetch_record import FetchRecord
from ingest.references.store import RECORDS_FOLDER, ReferenceStore
from ingest.runs.gather import Shard
from retriever.index.open import open_index
from tests.conftest import write_sources


def test_stats_count_what_the_index_holds(library_folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["index", "stats", "--json", "--index", str(library_folder)]) == 0
    stats = json.loads(capsys.readouterr().out)
    assert (stats["documents"], stats["languages"]) == (5, {"en": 1, "ja": 2, "ko": 1, "zh": 1})
    assert stats["kinds"] == {"document": 5}
    assert stats["passages"] >= 5
    assert (stats["encoder"], stats["dimension"]) == ("multilingual-e5-small", 384)
    assert 0 < stats["snapshot_bytes"] <= stats["total_bytes"]
    assert main(["index", "stats", "--index", str(library_folder)]) == 0
    assert "languages         en 1, ja 2, ko 1, zh 1\n" in capsys.readouterr().out


def test_verify_says_whether_the_index_is_whole(own_library_folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    command = ["index", "verify", "--index", str(own_library_folder)]
    assert main(command) == 0
    assert "is whole" in capsys.readouterr().out
    (own_library_folder / "references" / "holdings").mkdir(parents=True)
    (own_library_folder / "references" / "holdings" / "work.json").write_text("{", encoding="utf-8")
    assert main([*command, "--json"]) == 1
    out, err = capsys.readouterr()
    report = json.loads(out)
    assert (report["whole"], len(report["faults"])) == (False, 1)
    assert err.startswith("error: the index in ")
    assert err.count("\n") == 1


def test_verify_says_as_json_what_keeps_the_index_from_being_opened(
    own_library_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (vectors,) = own_library_folder.glob("generations/*/vectors.faiss")
    vectors.write_bytes(vectors.read_bytes()[:-1])
    assert main(["index", "verify", "--json", "--index", str(own_library_folder)]) == 1
    out, err = capsys.readouterr()
    report = json.loads(out)
    assert (report["whole"], len(report["faults"])) == (False, 1)
    assert report["faults"][0].startswith(f"index {own_library_folder}: {vectors} is damaged")
    assert err == f"error: {report['faults'][0]}\n"


def test_an_index_is_carried_away_and_back(
    library_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    archive, back = str(tmp_path / "class.zip"), str(tmp_path / "back")
    assert main(["index", "export", archive, "--index", str(library_folder)]) == 0
    assert main(["index", "import", archive, "--index", back]) == 0
    capsys.readouterr()
    assert main(["ask", "初代館長は誰か", "--index", back]) == 0
    assert "戸倉静江" in capsys.readouterr().out


def test_indexes_of_two_machines_are_united(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source = write_sources(tmp_path / "s")
    for number in (1, 2):
        shard = ["--shard", f"{number}/2", "--index", str(tmp_path / f"shard-{number}")]
        assert main(["ingest", str(source), *shard]) == 0
    whole = str(tmp_path / "whole")
    assert main(["index", "merge", str(tmp_path / "shard-1"), str(tmp_path / "shard-2"), "--index", whole]) == 0
    assert capsys.readouterr().out.splitlines()[-1] == "5 added, 0 updated"
    assert main(["ask", "初代館長は誰か", "--index", whole]) == 0
    assert "戸倉静江" in capsys.readouterr().out
    assert main(["index", "verify", "--index", whole]) == 0


def test_a_shard_without_a_file_is_an_empty_index_that_is_merged_like_others(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source = tmp_path / "s"
    source.mkdir()
    (source / "mill.txt").write_text("The mill of Osprey was built in 1702.", encoding="utf-8")
    shards = [str(tmp_path / f"shard-{number}") for number in (1, 2)]
    ends = [main(["ingest", str(source), f"--shard={n}/2", f"--index={shard}"]) for n, shard in enumerate(shards, 1)]
    assert ends == [0, 0]
    assert sorted(capsys.readouterr().out.splitlines())[:2] == ["0 added, 0 updated", "1 added, 0 updated"]
    assert sorted(len(open_index(Path(shard)).documents) for shard in shards) == [0, 1]
    whole = str(tmp_path / "whole")
    for order in (shards, shards[::-1]):
        assert main(["index", "merge", *order, "--index", whole]) == 0
    for folder in (*shards, whole):
        assert main(["index", "verify", "--index", folder]) == 0
    assert main(["index", "stats", "--index", whole]) == 0
    assert "documents         1\n" in capsys.readouterr().out


def test_shards_that_are_all_empty_make_an_empty_index(tmp_path: Path) -> None:
    source = tmp_path / "s"
    source.mkdir()
    (source / "mill.txt").write_text("The mill of Osprey was built in 1702.", encoding="utf-8")
    (empty,) = (number for number in (1, 2) if not Shard(number, 2).takes("mill.txt"))
    shard, whole = tmp_path / "shard", tmp_path / "whole"
    assert main(["ingest", str(source), f"--shard={empty}/2", f"--index={shard}"]) == 0
    assert main(["index", "merge", str(shard), "--index", str(whole)]) == 0
    assert open_index(whole).documents == {}


def test_a_shard_that_has_lost_its_files_is_emptied_by_sync(tmp_path: Path) -> None:
    source, shard = tmp_path / "s", tmp_path / "shard"
    source.mkdir()
    for name in ("mill.txt", "weir.txt", "lock.txt", "ford.txt"):
        (source / name).write_text(f"The {name[:4]} of Osprey was built in 1702.", encoding="utf-8")
    own = [path for path in source.iterdir() if Shard(1, 2).takes(path.name)]
    assert 0 < len(own) < 4
    command = ["ingest", str(source), "--shard=1/2", f"--index={shard}"]
    assert main(command) == 0
    for path in own:
        path.unlink()
    assert main(command) == 0
    assert len(open_index(shard).documents) == len(own)
    assert main([*command, "--sync"]) == 0
    assert open_index(shard).documents == {}


def test_a_shard_of_no_folder_or_of_one_without_files_is_an_error(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "bare").mkdir()
    for name, said in (("typo", "no such file or folder"), ("bare", "there is no file in")):
        shard = tmp_path / f"shard-of-{name}"
        assert main(["ingest", str(tmp_path / name), "--shard=1/2", f"--index={shard}"]) == 1
        assert said in capsys.readouterr().err
        assert main(["index", "merge", str(shard), f"--index={tmp_path / 'whole'}"]) == 1
        assert f"no index in {shard}" in capsys.readouterr().err


def test_a_merge_names_damaged_records_and_takes_the_others_along(
    own_library_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    store = ReferenceStore(own_library_folder)
    with store.fetching():
        store.keep(FetchRecord("museum.txt", "1", "dead"))
        (own_library_folder / RECORDS_FOLDER / "torn.json").write_bytes(b"{")
    assert main(["index", "merge", str(own_library_folder), "--index", str(tmp_path / "whole")]) == 0
    assert f"skipped   {own_library_folder / RECORDS_FOLDER / 'torn.json'}  (is not JSON" in capsys.readouterr().out
    assert [record.key for record in ReferenceStore(tmp_path / "whole").records()] == ["1"]


def test_no_bundled_paper_is_put_where_a_merge_has_failed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    monkeypatch.delenv("TENKYO_INDEX", raising=False)
    folder = read_settings({}).index
    assert has_room_for_bundle(folder)
    assert main(["index", "merge", str(tmp_path / "none")]) == 1
    assert not has_room_for_bundle(folder)


@pytest.mark.parametrize(
    "arguments",
    [
        ["index", "--index", "X", "export", "a.zip"],
        ["index", "export", "--index", "X", "a.zip"],
        ["index", "export", "a.zip", "--index", "X"],
        ["index", "import", "--index", "X", "a.zip"],
        ["index", "stats", "--index", "X", "--json"],
        ["index", "verify", "--json", "--index", "X"],
        ["index", "merge", "--index", "X", "a", "b"],
        ["index", "merge", "a", "--index", "X", "b"],
        ["references", "--index", "X", "fetch"],
        ["references", "fetch", "--index", "X"],
        ["ingest", "a", "--index", "X", "b"],
        ["remove", "a", "--index", "X", "b"],
        ["ask", "-k", "3", "why", "--index", "X"],
        ["ask", "--index", "X", "--", "why"],
        ["evaluate", "--index", "X", "questions.jsonl", "--out", "o"],
    ],
)
def test_flags_stand_before_between_or_after_the_names(arguments: list[str]) -> None:
    args = build_parser().parse_args(arguments)
    names = [word for word in arguments[1:] if word[0] != "-" and word not in {"X", "3", "o"}]
    of_args = vars(args)
    taken = [of_args.get(key) for key in ("action", "question", "questions", "sources", "document_ids", "files")]
    flat = [value for part in taken if part for value in (part if isinstance(part, list) else [part])]
    assert (args.index, list(map(str, flat))) == ("X", names)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--shard", "0/3"], "'0/3': shards are counted from 1 to N"),
        (["--shard", "4/3"], "'4/3': shards are counted from 1 to N"),
        (["--shard", "3"], "'3' is not I/N, such as 3/16"),
        (["--shard", "-1/3"], "expected one argument"),
        (["--shard", "１/３"], "is not I/N, such as 3/16"),
        (["--workers", "0"], "'0' is not a whole number from 1 to 64"),
        (["--workers", "many"], "'many' is not a whole number from 1 to 64"),
    ],
)
def test_wrong_shares_and_workers_end_with_2(
    arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["ingest", "x", *arguments])
    assert ended.value.code == 2
    assert said in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["export"], "export needs one FILE"),
        (["stats", "x.zip"], "stats takes no FILE"),
        (["export", "x.zip", "--json"], "--json goes with stats and verify"),
        (["export", "x.zip", "y.zip"], "export needs one FILE"),
        (["merge"], "merge needs the folder of another index"),
        (["mend"], "invalid choice"),
    ],
)
def test_wrong_usage_ends_with_2(arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["index", *arguments])
    assert ended.value.code == 2
    assert said in capsys.readouterr().err


def test_no_index_is_one_clear_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for action in (["stats"], ["verify"], ["export", str(tmp_path / "a.zip")]):
        assert main(["index", *action, "--index", str(tmp_path / "none")]) == 1
        assert capsys.readouterr().err.startswith("error: no index in ")
