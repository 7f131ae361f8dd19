"""The index as readers see it: what was saved comes back, in order, whole, while writers go on."""

from pathlib import Path

import pytest

from retriever import dense
from retriever.index import Index, open_index
from tests.retriever.letters import LetterEncoder, entry, write


def ids(index: Index, question: str, k: int = 10) -> list[str]:
    """The ids of the passages found for a question."""
    return [hit.passage.id for hit in index.search(index.query(question, LetterEncoder()), k)]


def test_a_reader_that_writers_overtake_while_it_opens_gets_the_newest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path, entry("first", "alpha"))
    real = dense.load
    overtaken: list[Path] = []

    def load_after_two_writers(path: Path) -> dense.Dense:
        if not overtaken:
            overtaken.append(path)
            second = write(tmp_path, entry("second", "beta"), old=open_index(tmp_path))
            write(tmp_path, entry("third", "gamma"), old=second)
            assert not path.exists()
        return real(path)

    monkeypatch.setattr(dense, "load", load_after_two_writers)
    assert list(open_index(tmp_path).documents) == ["first", "second", "third"]
