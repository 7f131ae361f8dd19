"""`--store`: the same answers from an index whose passages are in another store, with the same commands."""

import json
import shutil
from pathlib import Path

import pytest

from app.cli import main
from retriever.index.open import open_index
from retriever.index.snapshots import store_address

TEXT = """鳴砂博物館は1987年に旧製塩所を改装して開館した。初代館長は海洋学者の戸倉静江である。

灯台の塔には214段の階段がある。"""
QUESTION = "鳴砂博物館の初代館長は誰か"


def asked(folder: Path, capsys: pytest.CaptureFixture[str], *flags: str) -> dict[str, object]:
    """The answer without the times that it took."""
    assert main(["ask", QUESTION, "--json", "--index", str(folder), *flags]) == 0
    answer: dict[str, object] = json.loads(capsys.readouterr().out)
    answer.pop("timings_ms")
    return answer


def test_commands_answer_alike_whatever_the_store(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("milvus_lite", reason="milvus-lite is not installed: pip install 'tenkyo[milvus]'")
    source = tmp_path / "museum.txt"
    source.write_text(TEXT, encoding="utf-8")
    files, lite, store = tmp_path / "files", tmp_path / "lite", f"milvus-lite://{tmp_path}/rows.db"
    assert main(["ingest", str(source), "--index", str(files)]) == 0
    assert main(["ingest", str(source), "--index", str(lite), "--store", store]) == 0
    capsys.readouterr()
    from_files, from_lite = asked(files, capsys), asked(lite, capsys, "--store", store)
    assert "戸倉静江" in str(from_files["text"])
    assert {key: from_lite[key] for key in ("text", "abstained", "confidence_label", "sentences")} == {
        key: from_files[key] for key in ("text", "abstained", "confidence_label", "sentences")
    }
    assert main(["index", "verify", "--index", str(lite)]) == 0
    assert main(["index", "stats", "--json", "--index", str(lite)]) == 0
    assert '"store": "milvus-lite://' in capsys.readouterr().out
    assert main(["index", "export", str(tmp_path / "out.zip"), "--index", str(lite)]) == 1
    assert "back that up with its own tools" in capsys.readouterr().err
    assert main(["remove", "museum.txt", "--index", str(lite)]) == 0


def test_all_commands_follow_a_store_that_moved(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("milvus_lite", reason="milvus-lite is not installed: pip install 'tenkyo[milvus]'")
    source, folder, moved = tmp_path / "s", str(tmp_path / "index"), f"milvus-lite://{tmp_path}/moved.db"
    source.mkdir()
    (source / "museum.txt").write_text(TEXT, encoding="utf-8")
    (source / "well.txt").write_text("井戸の深さは12メートルである。", encoding="utf-8")
    assert main(["ingest", str(source), "--index", folder, "--store", f"milvus-lite://{tmp_path}/first.db"]) == 0
    shutil.copytree(tmp_path / "first.db", tmp_path / "moved.db")
    assert main(["remove", "well.txt", "--index", folder, "--store", moved]) == 0
    # from now on the index knows
    for command in (["documents"], ["references"], ["index", "verify"], ["index", "stats"], ["ask", QUESTION]):
        assert main([*command, "--index", folder]) == 0
    assert f"{moved}#" in capsys.readouterr().out
    assert store_address(Path(folder)) == open_index(Path(folder)).store.address


def test_a_store_without_the_rows_of_the_index_is_refused_and_changes_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("milvus_lite", reason="milvus-lite is not installed: pip install 'tenkyo[milvus]'")
    source, folder = tmp_path / "museum.txt", str(tmp_path / "index")
    source.write_text(TEXT, encoding="utf-8")
    assert main(["ingest", str(source), "--index", folder, "--store", f"milvus-lite://{tmp_path}/first.db"]) == 0
    capsys.readouterr()
    assert main(["documents", "--index", folder, "--store", f"milvus-lite://{tmp_path}/empty.db"]) == 1
    assert capsys.readouterr().err.startswith(f"error: store milvus-lite://{tmp_path}/empty.db does not answer")
    assert main(["documents", "--index", folder]) == 0


def test_a_store_of_another_kind_than_the_indexs_is_one_line(
    library_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["ask", QUESTION, "--index", str(library_folder), "--store", "milvus://127.0.0.1:1/x"]) == 1
    assert "keeps its passages in faiss, not in milvus://127.0.0.1:1/x" in capsys.readouterr().err
