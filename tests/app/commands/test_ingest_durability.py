"""Ingesting in a process of its own that is killed, interrupted, run twice, or may not write."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from app.cli import main
from retriever.index.open import open_index
from retriever.index.snapshots import writing
from tests.conftest import TENKYO, Mounted, Tenkyo, tenkyo_environment

pytestmark = pytest.mark.slow

KILLS = 10
OLD = ["lighthouse.md", "museum.txt", "bridge", "market", "kiln"]


def start(*arguments: str) -> subprocess.Popen[str]:
    """The command, running."""
    return subprocess.Popen(
        [*TENKYO, *arguments],
        env=tenkyo_environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
    )


def long_text(path: Path, paragraphs: int) -> Path:
    """A source that takes the encoder a while."""
    path.write_text(
        "\n\n".join(
            f"第{number}の井戸は深さ{number + 3}メートルで、村の{number}番目の家が守ってきた。水は春に最も澄む。"
            for number in range(paragraphs)
        ),
        encoding="utf-8",
    )
    return path


def wait_for_encoding(folder: Path, process: subprocess.Popen[str]) -> None:
    """Returns when the process has encoded its first passages."""
    spool = folder / "encoded.spool"
    end = time.monotonic() + 60
    while not (spool.exists() and spool.stat().st_size > 1000):
        assert process.poll() is None, process.stderr and process.stderr.read()
        assert time.monotonic() < end, "nothing was encoded"
        time.sleep(0.005)


def states_of(folder: Path) -> tuple[list[str], list[str]]:
    """The documents of the index and the first line of each of its passages, after reading all of it."""
    index = open_index(folder)
    passages = [passage.text for name in index.documents for passage in index.passages_of(name)]
    return list(index.documents), passages


def test_an_ingest_that_is_killed_at_any_moment_leaves_the_old_or_the_new_index(
    library_folder: Path, tmp_path: Path
) -> None:
    source = long_text(tmp_path / "wells.txt", 12)
    old = states_of(library_folder)
    folders = [Path(shutil.copytree(library_folder, tmp_path / f"index-{number}")) for number in range(KILLS + 1)]
    command = [sys.executable, "-m", "tests.app.commands.killed_ingest", str(source), *map(str, folders)]
    ran = subprocess.run(command, env=tenkyo_environment(), capture_output=True, encoding="utf-8", check=False)
    assert ran.returncode == 0, ran.stderr
    first, *others = json.loads(ran.stdout)
    assert first == 0
    assert others.count(-signal.SIGKILL) > KILLS / 2
    new, *found = map(states_of, folders)
    assert new[0] == [*OLD, "wells.txt"]
    assert found[0] == old
    assert all(state in (old, new) for state in found)
    assert main(["ingest", str(source), "--index", str(folders[-1])]) == 0
    assert states_of(folders[-1]) == new
    assert sorted(path.name for path in folders[-1].iterdir()) == ["CURRENT", "generations", "writer.lock"]


def test_a_second_writer_is_told_to_wait_and_an_interrupted_first_one_leaves_the_old_index(
    own_library_folder: Path, tmp_path: Path, tenkyo: Tenkyo
) -> None:
    source = long_text(tmp_path / "wells.txt", 300)
    with start("ingest", str(source), "--index", str(own_library_folder)) as process:
        wait_for_encoding(own_library_folder, process)
        second = tenkyo("remove", "museum.txt", "--index", str(own_library_folder))
        answered = tenkyo("search", "whale oil", "--index", str(own_library_folder))
        process.send_signal(signal.SIGINT)
        out, err = process.communicate()
    assert (second.returncode, second.stdout) == (1, "")
    assert second.stderr == (
        f"error: index {own_library_folder} is being written by another tenkyo; "
        "wait until it has finished, then run this again\n"
    )
    assert (answered.returncode, answered.stderr) == (0, "")
    assert (process.returncode, out) == (130, "")
    assert err.splitlines()[-1] == "interrupted: the index is unchanged"
    assert "Traceback" not in err
    assert states_of(own_library_folder)[0] == OLD
    assert (own_library_folder / "encoded.spool").stat().st_size > 1000
    removed = tenkyo("remove", "museum.txt", "--index", str(own_library_folder))
    assert (removed.returncode, removed.stdout) == (0, "removed   museum.txt\n")


def test_the_lock_of_a_writer_that_died_is_free(own_library_folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    script = (
        "import os, sys\nfrom pathlib import Path\nfrom retriever.index.snapshots import writing\n"
        "with writing(Path(sys.argv[1])):\n    os._exit(9)"
    )
    command = [sys.executable, "-c", script, str(own_library_folder)]
    assert subprocess.run(command, env=tenkyo_environment(), check=False).returncode == 9
    assert main(["remove", "museum.txt", "--index", str(own_library_folder)]) == 0
    capsys.readouterr()
    with writing(own_library_folder):
        assert main(["remove", "kiln", "--index", str(own_library_folder)]) == 1
    assert "is being written by another tenkyo" in capsys.readouterr().err


def test_an_index_on_a_read_only_disk_answers_and_says_that_it_cannot_be_written(
    own_library_folder: Path, tmp_path: Path, mounted: Mounted
) -> None:
    source = long_text(tmp_path / "wells.txt", 2)
    folder = own_library_folder
    read_only = f"mount --bind {folder} {folder}; mount -o remount,ro,bind {folder}"
    refused = mounted(read_only, [*TENKYO, "ingest", str(source), "--index", str(folder)])
    assert (refused.returncode, refused.stdout) == (1, "")
    assert refused.stderr.splitlines()[-1] == (
        f"error: index {folder} cannot be written (Read-only file system); "
        "name a folder of yours with --index or TENKYO_INDEX"
    )
    answered = mounted(read_only, [*TENKYO, "search", "whale oil", "--index", str(folder)])
    assert (answered.returncode, answered.stderr) == (0, "")
    report = str(folder / "health.html")
    health = mounted(read_only, [*TENKYO, "references", "list", "--html", report, "--index", str(folder)])
    assert (health.returncode, health.stdout) == (1, "")
    assert health.stderr == f"error: report {report}: cannot be written (Read-only file system); name another file\n"
    fresh = mounted(f"export XDG_DATA_HOME={folder}; {read_only}", [*TENKYO, "ask", "whale oil"])
    assert fresh.returncode == 1
    assert "cannot be written (Read-only file system)" in fresh.stderr.splitlines()[-1]


@pytest.mark.skipif(os.geteuid() == 0, reason="permissions do not bind root")
def test_a_folder_without_permission_to_write_is_named(
    own_library_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source = long_text(tmp_path / "wells.txt", 2)
    own_library_folder.chmod(0o555)
    try:
        assert main(["ingest", str(source), "--index", str(own_library_folder)]) == 1
    finally:
        own_library_folder.chmod(0o755)
    assert "cannot be written (Permission denied)" in capsys.readouterr().err
    assert states_of(own_library_folder)[0] == OLD


def test_a_disk_without_room_for_the_index_is_named(library_folder: Path, tmp_path: Path, mounted: Mounted) -> None:
    source = long_text(tmp_path / "wells.txt", 4)
    disk = tmp_path / "disk"
    disk.mkdir()
    size = sum(path.stat().st_size for path in library_folder.rglob("*") if path.is_file()) + 150_000
    full = f"mount -t tmpfs -o size={size} none {disk}; cp -r {library_folder} {disk}/index"
    refused = mounted(full, [*TENKYO, "ingest", str(source), "--index", str(disk / "index")])
    assert refused.returncode == 1
    assert refused.stderr.splitlines()[-1] == (
        f"error: index {disk}/index: no space left on the disk; free some and run this again"
    )
    assert "Traceback" not in refused.stderr
