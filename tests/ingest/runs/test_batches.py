"""Large ingests: in batches that readers see at the end, with bounded memory, resumed, and in several processes."""

import errno
import json
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from ingest.pipeline import ingest, remove
from ingest.runs import batches
from ingest.runs.batches import _OfRun
from ingest.runs.gather import Shard, Source
from ingest.runs.ingest_plan import Outcome
from ingest.runs.processes import Processes
from retriever.encoder import open_encoder
from retriever.index.open import open_index
from retriever.index.segment_files import FaissStore
from retriever.index.snapshots import IndexFolderError, IndexMissingError
from retriever.index.verify import verify
from retriever.types import TenkyoError
from tests.conftest import ROOT, TENKYO, tenkyo_environment
from tests.retriever.index.test_milvus_away import free_port
from tests.retriever.letters import LetterEncoder, NoProgress

pytestmark = pytest.mark.slow

WORDS = "salt sand sea wind sky bird sun dust stone tide".split()


def many(folder: Path, count: int) -> Path:
    """A folder of text files of four passages each."""
    folder.mkdir(exist_ok=True)
    for number in range(count):
        paragraphs = (
            f"File {number}, part {part}: {WORDS[(number + part) % 10]} and {WORDS[(number * 3 + part) % 10]} "
            + f"are what the {number * 7 + part} people there wrote about. " * 12
            for part in range(4)
        )
        (folder / f"{number:04}.txt").write_text("\n\n".join(paragraphs), encoding="utf-8")
    return folder


def take(folder: Path, source: Path, **options: object) -> list[Outcome]:
    """Ingest with the letters encoder."""
    return ingest(folder, [str(source)], progress=NoProgress(), **options)  # type: ignore[arg-type]


def interrupt(letters: LetterEncoder, folder: Path, source: Path, after: int = 40, **options: object) -> None:
    """An ingest that is interrupted when `after` more texts are encoded."""
    letters.stop_after = len(letters.encoded) + after
    with pytest.raises(KeyboardInterrupt):
        take(folder, source, **options)
    letters.stop_after = None


@pytest.fixture
def _small_batches(letters: LetterEncoder, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: ARG001
    monkeypatch.setattr(batches, "_DOCUMENTS", 3)


def states(outcomes: list[Outcome]) -> set[str]:
    """The states of all outcomes."""
    return {outcome.state for outcome in outcomes}


class _Looking(NoProgress):
    """Notes which documents readers see whenever a batch is to be encoded."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self.folder, self.seen = folder, list[list[str]]()

    def start(self, label: str, total: int, unit: str) -> None:
        """A step begins."""
        super().start(label, total, unit)
        if label == "encoding":
            try:
                self.seen.append(list(open_index(self.folder).documents))
            except IndexMissingError:
                self.seen.append([])


@pytest.mark.usefixtures("_small_batches")
def test_readers_see_all_batches_at_once_at_the_end(tmp_path: Path) -> None:
    folder, looking = tmp_path / "index", _Looking(tmp_path / "index")
    ingest(folder, [str(many(tmp_path / "first", 8))], progress=looking)
    assert looking.seen == [[], [], []]
    assert len(open_index(folder).documents) == 8
    looking.seen.clear()
    ingest(folder, [str(many(tmp_path / "first", 12))], progress=looking)
    assert [len(seen) for seen in looking.seen] == [8, 8]
    assert len(open_index(folder).documents) == 12
    assert verify(folder) == []
    assert not (folder / "STAGED").exists()


def test_a_store_that_is_none_or_does_not_answer_is_told_before_anything_is_encoded(
    tmp_path: Path, letters: LetterEncoder
) -> None:
    pytest.importorskip("pymilvus", reason="pymilvus is not installed: pip install 'tenkyo[milvus]'")
    away = f"milvus://127.0.0.1:{free_port()}/default"
    for store, said in (("redis://here", "store 'redis://here' is not faiss"), (away, f"store {away} does not answer")):
        with pytest.raises(TenkyoError, match=said):
            take(tmp_path / "index", many(tmp_path / "s", 1), store=store)
    assert letters.encoded == []


@pytest.mark.usefixtures("_small_batches")
def test_an_interrupted_run_goes_on_where_it_stopped(
    tmp_path: Path, letters: LetterEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, source = tmp_path / "index", many(tmp_path / "s", 9)
    interrupt(letters, folder, source)
    with pytest.raises(IndexMissingError):
        open_index(folder)
    before = len(letters.encoded)
    outcomes = take(folder, source)
    assert states(outcomes) == {"added"}
    assert {outcome.detail for outcome in outcomes[:3]} == {"before the run was interrupted"}
    encoded = len(letters.encoded)
    monkeypatch.setattr(batches, "_DOCUMENTS", 2000)
    take(tmp_path / "whole", source)
    assert encoded == len(letters.encoded) - encoded
    assert before > 0
    assert sorted(path.name for path in folder.iterdir()) == ["CURRENT", "generations", "writer.lock"]


@pytest.mark.usefixtures("_small_batches")
def test_an_interrupted_run_begins_anew_where_the_index_was_changed_meanwhile(
    tmp_path: Path, letters: LetterEncoder
) -> None:
    folder, source = tmp_path / "index", many(tmp_path / "s", 2)
    take(folder, source)
    many(source, 9)
    interrupt(letters, folder, source)
    assert list(open_index(folder).documents) == ["0000.txt", "0001.txt"]
    remove(folder, ["0000.txt"], progress=NoProgress())
    assert not (folder / "STAGED").exists()
    take(folder, source)
    assert sorted(open_index(folder).documents) == [f"{number:04}.txt" for number in range(9)]


@pytest.mark.usefixtures("_small_batches")
def test_another_run_does_not_publish_what_an_interrupted_one_has_staged(
    tmp_path: Path, letters: LetterEncoder
) -> None:
    folder, source = tmp_path / "index", many(tmp_path / "s", 9)
    interrupt(letters, folder, source)
    take(folder, source / "0008.txt")
    assert list(open_index(folder).documents) == ["0008.txt"]


@pytest.mark.usefixtures("_small_batches")
def test_a_run_that_does_not_go_on_leaves_nothing_behind_but_what_another_run_has_staged(
    tmp_path: Path, letters: LetterEncoder
) -> None:
    folder, source = tmp_path / "index", many(tmp_path / "s", 9)
    interrupt(letters, folder, source, goes_on=False)
    assert not (folder / "STAGED").exists()
    assert list((folder / "generations").iterdir()) == []
    interrupt(letters, folder, source)
    staged = (folder / "STAGED").read_bytes()
    interrupt(letters, folder, many(tmp_path / "other", 1), after=0, goes_on=False)
    assert (folder / "STAGED").read_bytes() == staged


@pytest.mark.usefixtures("_small_batches")
def test_a_run_that_does_not_go_on_begins_anew_after_one_that_was_killed(
    tmp_path: Path, letters: LetterEncoder
) -> None:
    folder, source = tmp_path / "index", many(tmp_path / "s", 9)
    interrupt(letters, folder, source)  # a killed process leaves what an interrupted run leaves
    for path in source.iterdir():
        path.write_bytes(b"")
    assert states(take(folder, source, goes_on=False)) == {"skipped"}
    assert not (folder / "STAGED").exists(), "what the killed one has prepared is not in force, nor in the way"


@pytest.mark.usefixtures("_small_batches")
def test_a_file_of_many_documents_is_written_in_batches_and_goes_on(tmp_path: Path, letters: LetterEncoder) -> None:
    folder, source = tmp_path / "index", tmp_path / "s.jsonl"
    rows = [{"id": f"r{number}", "title": f"R{number}", "text": f"Salt and sand {number}."} for number in range(11)]
    source.write_text("".join(f"{json.dumps(row)}\n" for row in rows), encoding="utf-8")
    interrupt(letters, folder, source, after=14)
    outcomes = take(folder, source)
    assert [outcome.name for outcome in outcomes] == [row["id"] for row in rows]
    assert sum(outcome.detail == "before the run was interrupted" for outcome in outcomes) in {3, 6, 9}
    source.write_text("".join(f"{json.dumps(row)}\n" for row in rows[2:]), encoding="utf-8")
    assert [outcome.name for outcome in take(folder, source) if outcome.state == "removed"] == ["r0", "r1"]
    assert list(open_index(folder).documents) == [row["id"] for row in rows[2:]]


@pytest.mark.usefixtures("_small_batches")
@pytest.mark.parametrize("has_index", [True, False])
def test_a_run_that_writes_nothing_drops_what_an_interrupted_one_has_staged(
    tmp_path: Path, letters: LetterEncoder, has_index: bool
) -> None:
    folder, source, other = tmp_path / "index", many(tmp_path / "s", 9), tmp_path / "b.txt"
    other.write_text("Salt." if has_index else "", encoding="utf-8")
    before = {outcome.name for outcome in take(folder, other) if outcome.state == "added"}
    interrupt(letters, folder, source)
    assert (folder / "STAGED").exists()
    assert states(take(folder, other)) == ({"unchanged"} if has_index else {"skipped"})
    assert not (folder / "STAGED").exists()
    if has_index:
        assert open_index(folder).documents.keys() == before
        assert verify(folder) == []
    else:
        with pytest.raises(IndexMissingError):
            open_index(folder)
    take(folder, source)
    assert len(open_index(folder).documents) == 9 + has_index


@pytest.mark.usefixtures("_small_batches")
@pytest.mark.parametrize("damage", [b"", b"{}", b'{"snapshot": 3, "base": "", "run": ""}', b"\xff"])
def test_a_damaged_pointer_to_what_is_staged_begins_anew(tmp_path: Path, letters: LetterEncoder, damage: bytes) -> None:
    folder, source = tmp_path / "index", many(tmp_path / "s", 2)
    take(folder, source)
    many(source, 9)
    interrupt(letters, folder, source)
    (folder / "STAGED").write_bytes(damage)
    take(folder, source)
    assert len(open_index(folder).documents) == 9


@pytest.mark.usefixtures("_small_batches")
def test_batches_and_sync_leave_what_one_update_would(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = many(tmp_path / "s", 10)
    take(tmp_path / "index", source)
    for number in (0, 5):
        (source / f"{number:04}.txt").unlink()
    (source / "0003.txt").rename(source / "renamed.txt")
    many(tmp_path / "more", 14)
    for number in range(10, 14):
        shutil.move(tmp_path / "more" / f"{number:04}.txt", source)
    outcomes = take(tmp_path / "index", source, sync=True)
    assert [outcome.name for outcome in outcomes if outcome.state == "removed"] == ["0000.txt", "0005.txt"]
    monkeypatch.setattr(batches, "_DOCUMENTS", 2000)
    take(tmp_path / "whole", source)
    index, whole = open_index(tmp_path / "index"), open_index(tmp_path / "whole")
    texts = {index.documents[name].source: [one.text for one in index.passages_of(name)] for name in index.documents}
    assert texts == {
        whole.documents[name].source: [one.text for one in whole.passages_of(name)] for name in whole.documents
    }


@pytest.mark.usefixtures("_small_batches")
def test_a_disk_that_fills_up_between_batches_costs_nothing_that_was_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, source = tmp_path / "index", many(tmp_path / "s", 2)
    take(folder, source)
    many(source, 12)
    written = 0
    write = FaissStore.write

    def full(*arguments: object) -> None:
        nonlocal written
        written += 1
        if written == 3:
            raise OSError(errno.ENOSPC, "No space left on device")
        write(*arguments)  # type: ignore[arg-type]

    with monkeypatch.context() as patch:
        patch.setattr(FaissStore, "write", full)
        with pytest.raises(IndexFolderError, match="no space left on the disk; free some and run this again"):
            take(folder, source)
    assert list(open_index(folder).documents) == ["0000.txt", "0001.txt"]
    assert verify(folder) == []
    outcomes = take(folder, source)
    assert sum(outcome.detail == "before the run was interrupted" for outcome in outcomes) == 6
    assert len(open_index(folder).documents) == 12
    assert verify(folder) == []


def in_own_process(*arguments: object) -> subprocess.CompletedProcess[str]:
    """Run ingest_of_many.py."""
    command = [sys.executable, "-m", "tests.ingest.runs.ingest_of_many", *map(str, arguments)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


def test_memory_does_not_grow_with_the_folder(tmp_path: Path) -> None:
    small, large = many(tmp_path / "small", 60), many(tmp_path / "large", 300)
    kilobytes = {}
    for source in (small, large):
        done = in_own_process(source, tmp_path / f"index of {source.name}")
        assert done.returncode == 0, done.stderr
        kilobytes[source.name] = int(done.stdout)
    # 600 files took 11 MB more than 60 in batches, and 84 MB more when they were written at once
    assert kilobytes["large"] - kilobytes["small"] < 20_000
    assert len(open_index(tmp_path / "index of large").documents) == 300


def test_a_killed_run_leaves_the_old_index_and_goes_on(tmp_path: Path) -> None:
    source, folder = many(tmp_path / "s", 40), tmp_path / "index"
    first = source / "0000.txt"
    assert in_own_process(first, folder).returncode == 0
    for _ in range(2):
        assert in_own_process(source, folder, 1).returncode == -signal.SIGKILL
        assert list(open_index(folder).documents) == ["0000.txt"]
        assert verify(folder) == []
    assert in_own_process(source, folder).returncode == 0
    assert len(open_index(folder).documents) == 40
    assert verify(folder) == []


@pytest.mark.parametrize("count", [1, 3, 16])
def test_each_file_belongs_to_one_shard_wherever_the_folder_lies(
    tmp_path: Path, letters: LetterEncoder, count: int
) -> None:
    source = many(tmp_path / "s", 20)
    elsewhere = Path(shutil.copytree(source, tmp_path / "mounted" / "elsewhere"))
    shares = []
    for number in range(1, count + 1):
        share = [Path(one.name).name for one in take(tmp_path / f"{number}", source, shard=Shard(number, count))]
        assert share == [
            Path(one.name).name for one in take(tmp_path / f"e{number}", elsewhere, shard=Shard(number, count))
        ]
        shares += share
    assert sorted(shares) == [f"{number:04}.txt" for number in range(20)]
    assert letters.encoded


def test_the_progress_of_a_long_run_counts_bytes_of_files(tmp_path: Path) -> None:
    paths = [tmp_path / name for name in "abc"]
    for path in paths:
        path.write_bytes(bytes(100))
    told = NoProgress()
    run = _OfRun(told, 300)
    for path in paths[:2]:
        run.read(Source(path, str(path)))
    run.start("encoding", 50, "characters")
    run.advance(25)
    assert told.done == {"ingesting": 100}
    run.finish()
    assert told.done == {"ingesting": 200}
    run.read(Source(paths[2], str(paths[2])))
    run.start("encoding", 0, "characters")
    run.finish()
    run.end()
    assert (told.done, told.totals, told.finished) == ({"ingesting": 300}, {"ingesting": 300}, ["ingesting"])


def test_results_of_processes_come_in_order_and_a_process_that_ends_is_one_error() -> None:
    with Processes(2) as processes:
        assert list(processes.map(abs, range(-9, 0))) == list(range(9, 0, -1))
    with Processes(2) as processes, pytest.raises(TenkyoError, match="a worker process ended in its task"):
        list(processes.map(signal.raise_signal, [signal.SIGKILL]))


def processes_of(group: int) -> list[str]:
    """The processes of a process group that are not dead."""
    listed = subprocess.run(["ps", "-eo", "pgid=,stat=,args="], capture_output=True, text=True, check=True).stdout
    rows = (line.split(None, 2) for line in listed.splitlines())
    return [row[2] for row in rows if row[0] == str(group) and not row[1].startswith("Z")]


@pytest.mark.parametrize(("ended_by", "code"), [(signal.SIGKILL, -9), (signal.SIGINT, 130)])
def test_workers_end_with_the_run_and_the_next_run_goes_on(tmp_path: Path, ended_by: signal.Signals, code: int) -> None:
    source, folder = many(tmp_path / "s", 6), tmp_path / "index"
    command = [*TENKYO, "ingest", str(source), "--index", str(folder)]
    with subprocess.Popen(
        [*command, "--workers", "2"],
        env=tenkyo_environment(),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        start_new_session=True,
    ) as process:
        spool, end = folder / "encoded.spool", time.monotonic() + 120
        while not (spool.exists() and spool.stat().st_size > 1000):
            assert process.poll() is None
            assert time.monotonic() < end
            time.sleep(0.02)
        process.send_signal(ended_by)
        _, err = process.communicate()
        assert process.returncode == code
        assert b"Traceback" not in err
        end = time.monotonic() + 20
        while processes_of(process.pid) and time.monotonic() < end:
            time.sleep(0.1)
        assert processes_of(process.pid) == []
    if ended_by == signal.SIGKILL:
        subprocess.run(command, env=tenkyo_environment(), capture_output=True, check=True)
        assert len(open_index(folder).documents) == 6
        assert not spool.exists()


def test_processes_encode_like_this_one() -> None:
    texts = ["鳴砂博物館は1987年に開館した。", "Its lamp burned whale oil until 1901.", ""]
    encoder = open_encoder()
    with Processes(2) as processes:
        vectors = processes.encoder(encoder).encode_passages(texts)
    assert vectors == pytest.approx(encoder.encode_passages(texts), abs=1e-6)
