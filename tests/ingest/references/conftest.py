"""An index with a paper in it, made with the encoder that counts letters."""

from pathlib import Path

import pytest

from ingest.pipeline import ingest
from tests.ingest.references.played import PAPER
from tests.retriever.letters import LetterEncoder, NoProgress


@pytest.fixture
def folder(tmp_path: Path, letters: LetterEncoder) -> Path:
    """The folder of an index that holds a paper and nothing else."""
    paper = tmp_path / PAPER
    paper.write_text("On lighthouses\n\nLighthouses stand where the coast is dangerous.\n", encoding="utf-8")
    ingest(tmp_path / "index", [str(paper)], progress=NoProgress())
    letters.encoded.clear()
    return tmp_path / "index"
