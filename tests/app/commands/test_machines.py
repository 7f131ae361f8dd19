"""Several machines that write into one collection of Milvus at once, each its share of a folder, and their union."""

import os
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path

import pytest

from ingest.indexes.merging import merge
from ingest.pipeline import ingest, remove
from retriever.encoder import open_encoder
from retriever.index.milvus_client import connect
from retriever.index.open import open_index
from retriever.index.search import Index
from retriever.index.snapshots import store_address
from retriever.index.verify import verify
from retriever.types import Encoder
from tests.conftest import ROOT, TENKYO, tenkyo_environment
from tests.retriever.index.test_milvus_away import free_port, serving
from tests.retriever.letters import NoProgress

pytestmark = pytest.mark.slow

PLACES = ("Harrow", "Linden", "Osprey", "Calder", "Merrow", "Tarn", "Vesper", "Wyke", "Yarrow")
QUESTIONS = ("When was the mill of Osprey built?", "Who built the mill of Tarn?", "Where does the river of Wyke end?")


def mills(folder: Path, places: Sequence[str]) -> Path:
    """A folder with a file on each place."""
    folder.mkdir()
    for number, place in enumerate(places):
        text = f"The mill of {place} was built in {1700 + number} by a man from {places[number - 1]}."
        (folder / f"{place}.txt").write_text(text, encoding="utf-8")
    return folder


def scores(index: Index, encoder: Encoder) -> dict[tuple[str, str], float]:
    """The score of each passage for each question."""
    queries = [index.query(question, encoder) for question in QUESTIONS]
    return {(query.text, hit.passage.id): hit.score for query in queries for hit in index.search(query, 50)}


def rows_of(address: str) -> int:
    """How many rows the collection holds for an index, of whatever snapshot."""
    client = connect(address)
    engine = client._connected()  # no command of Tenkyo counts them
    counted = engine.query(client.collection, filter=f'course == "{client.course}"', output_fields=["count(*)"])
    return int(counted[0]["count(*)"])


def start_shards(source: Path, folder: Path, store: str, shards: int) -> list["subprocess.Popen[str]"]:
    """`tenkyo ingest --shard` for each share, all at once."""
    path = os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])
    return [
        subprocess.Popen(
            [*TENKYO, "ingest", str(source), *shard],
            env=tenkyo_environment(PYTHONPATH=path),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        for shard in (
            [f"--shard={number}/{shards}", f"--index={folder / f'shard-{number}'}", f"--store={store}"]
            for number in range(1, shards + 1)
        )
    ]


def test_machines_write_shards_into_one_collection_at_once_while_another_course_answers(tmp_path: Path) -> None:
    pytest.importorskip("milvus_lite", reason="milvus-lite is not installed: pip install 'tenkyo[milvus]'")
    port, encoder = free_port(), open_encoder()
    source, other = mills(tmp_path / "mills", PLACES), mills(tmp_path / "other", PLACES[:2])
    shards = [tmp_path / f"shard-{number}" for number in (1, 2, 3)]
    ingest(tmp_path / "whole", [str(source)], progress=NoProgress())
    with serving(tmp_path / "data", port):
        store = f"milvus://127.0.0.1:{port}/default"
        ingest(tmp_path / "course", [str(other)], store=store, progress=NoProgress())
        course = open_index(tmp_path / "course")
        before = scores(course, encoder)
        machines = start_shards(source, tmp_path, store, 3)
        while any(machine.poll() is None for machine in machines):
            assert scores(course, encoder) == before
            time.sleep(0.2)  # leave the machines the processor
        told = [machine.communicate()[0] for machine in machines]
        assert [machine.returncode for machine in machines] == [0, 0, 0], told
        merge(tmp_path / "union", shards, store=store, progress=NoProgress())
        union, whole = open_index(tmp_path / "union"), open_index(tmp_path / "whole")
        assert scores(union, encoder) == pytest.approx(scores(whole, encoder), abs=1e-4)
        named = [store_address(folder) or "" for folder in (*shards, tmp_path / "course", tmp_path / "union")]
        assert {address.partition("#")[2].partition("/")[0] for address in named} == {"tenkyo_384"}
        assert [rows_of(address) for address in named] == [*(len(open_index(s).documents) for s in shards), 2, 9]
        remove(shards[0], list(open_index(shards[0]).documents), progress=NoProgress())
        assert [verify(folder) for folder in (*shards, tmp_path / "course", tmp_path / "union")] == [[]] * 5
        assert scores(open_index(tmp_path / "union"), encoder) == scores(union, encoder)
