"""Updating an index: what is encoded, what is kept, what an interrupted update leaves for the next."""

from pathlib import Path

import numpy as np
import pytest

from retriever.index.build import update
from retriever.index.open import open_index
from retriever.index.segment_files import PendingVectors
from retriever.index.snapshots import IndexFolderError, writing
from tests.retriever.letters import LetterEncoder, NoProgress, entry, letter_vectors, write

MANY = tuple(f"passage {number}" for number in range(30))


def test_kept_passages_have_the_same_vectors_and_are_not_encoded(tmp_path: Path) -> None:
    old = write(tmp_path, entry("a", "salt", "sand"), entry("b", "sea"))
    encoder = LetterEncoder()
    new = write(tmp_path, entry("a", "sand", "dust"), old=old, encoder=encoder)
    assert set(encoder.encoded) == {"dust"}
    assert list(new.documents) == ["a", "b"]
    assert new.stored.vectors(np.arange(3)) == pytest.approx(letter_vectors(["sand", "dust", "sea"]))


def test_a_passage_under_another_heading_is_encoded_anew(tmp_path: Path) -> None:
    old = write(tmp_path, entry("a", "salt", context="Title / 1"))
    encoder = LetterEncoder()
    write(tmp_path, entry("a", "salt", context="Title / 2"), old=old, encoder=encoder)
    assert "Title / 2\nsalt" in encoder.encoded


def test_texts_that_stand_twice_in_a_batch_are_encoded_once(tmp_path: Path) -> None:
    encoder = LetterEncoder()
    write(tmp_path, entry("a", "salt", "salt"), encoder=encoder)
    assert encoder.encoded == ["salt"]


def test_an_interrupted_update_is_taken_up_where_it_stopped(tmp_path: Path) -> None:
    old = write(tmp_path, entry("a", "salt"))
    first = LetterEncoder(stop_after=10)
    with pytest.raises(KeyboardInterrupt):
        write(tmp_path, entry("b", *MANY), old=old, encoder=first)
    assert list(open_index(tmp_path).documents) == ["a"]
    assert 10 <= len(first.encoded) < len(MANY)
    second = LetterEncoder()
    new = write(tmp_path, entry("b", *MANY), old=old, encoder=second)
    assert first.encoded + second.encoded == list(MANY)
    assert new.stored.vectors(np.arange(1, 31)) == pytest.approx(letter_vectors(MANY))
    assert not (tmp_path / "encoded.spool").exists()


def test_progress_counts_the_characters_that_are_encoded(tmp_path: Path) -> None:
    progress = NoProgress()
    old = write(tmp_path, entry("a", "salt"))
    with writing(tmp_path):
        update(
            tmp_path, old, LetterEncoder(), entries=[entry("b", "12345", "123", context="67")], removed=[],
            passage_rules="made", progress=progress,
        )  # fmt: skip
    whole_and_alone = len("67\n12345" + "12345" + "67\n123" + "123")
    assert progress.totals == progress.done == {"encoding": whole_and_alone}


def test_other_rules_are_refused(tmp_path: Path) -> None:
    old = write(tmp_path, entry("a", "salt"))
    with writing(tmp_path), pytest.raises(IndexFolderError, match="was made by another version"):
        update(tmp_path, old, LetterEncoder(), entries=[], removed=["a"], passage_rules="other", progress=NoProgress())


def test_a_spool_of_another_encoder_begins_anew(tmp_path: Path) -> None:
    spool = PendingVectors(tmp_path / "s", LetterEncoder())
    spool.add(["salt"], letter_vectors(["salt"]))
    again = PendingVectors(tmp_path / "s", LetterEncoder()).find("salt")
    assert again is not None
    assert again.tolist() == letter_vectors(["salt"])[0].tolist()
    assert PendingVectors(tmp_path / "s", LetterEncoder("other")).find("salt") is None


@pytest.mark.parametrize("cut", [1, 100, 272])
def test_a_spool_that_was_torn_keeps_its_whole_records(tmp_path: Path, cut: int) -> None:
    path = tmp_path / "s"
    spool = PendingVectors(path, LetterEncoder())
    spool.add(["salt", "sand"], letter_vectors(["salt", "sand"]))
    path.write_bytes(path.read_bytes()[:-cut])
    torn = PendingVectors(path, LetterEncoder())
    assert torn.find("salt") is not None
    assert torn.find("sand") is None
    torn.add(["sand"], letter_vectors(["sand"]))
    healed = PendingVectors(path, LetterEncoder())
    assert all(healed.find(text) is not None for text in ("salt", "sand"))


def test_a_damaged_head_of_the_spool_begins_anew(tmp_path: Path) -> None:
    path = tmp_path / "s"
    path.write_bytes(b"\x00\x01")
    assert PendingVectors(path, LetterEncoder()).find("salt") is None


def test_the_progress_of_an_interrupted_update_is_finished(tmp_path: Path) -> None:
    progress = NoProgress()
    with writing(tmp_path), pytest.raises(KeyboardInterrupt):
        update(
            tmp_path, None, LetterEncoder(stop_after=10), entries=[entry("b", *MANY)], removed=[],
            passage_rules="made", progress=progress,
        )  # fmt: skip
    assert progress.finished == ["encoding"]
