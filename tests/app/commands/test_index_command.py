"""`tenkyo index`, as a teacher uses it."""

import json
from pathlib import Path

import pytest

from app.cli import main
from app.settings import read_settings
from corpus.bundle import has_room_for_bundle
from ingest.references.fetch_record import FetchRecord
from ingest.references.store import RECORDS_FOLDER, ReferenceStore
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
    shards = [path for number in (1, 2) if (path := tmp_path / f"shard-{number}").exists()]
    assert main(["index", "merge", *map(str, shards), "--index", whole]) == 0
    assert capsys.readouterr().out.splitlines()[-1] == "5 added, 0 updated"
    assert main(["ask", "初代館長は誰か", "--index", whole]) == 0
    assert "戸倉静江" in capsys.readouterr().out
    assert main(["index", "verify", "--index", whole]) == 0


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
