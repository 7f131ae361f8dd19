"""The embedded model as a graph for ONNX Runtime: word vectors in, the mean of the last layer out.

The graph takes one text at a time: no padding, no mask, and a vector that depends on no other text.

Matrix products use 8-bit integers. ONNX Runtime quantises a whole input with one step size, and a few outliers (the
first and last token, some channels) make that step coarse. So each row is first divided by its greatest value, and
each channel by the square root of its greatest value, by which the matrix is multiplied in turn (SmoothQuant, Xiao et
al. 2023, alpha = 0.5). Without this, 1.4 % of questions lost their passage from the first place.
"""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from retriever.embedded.onnx_format import microsoft_node, model, node, tensor, value
from retriever.embedded.weights import Weights, decoded
from retriever.types import Vectors

INPUT, OUTPUT = "words", "mean"


class Channels(NamedTuple):
    """Observed input channels of a matrix product: greatest magnitude and mean of each, shape (channels,)."""

    greatest: Vectors
    mean: Vectors


class _Graph:
    """The graph while it is written; products without `known` channels stay in float32."""

    def __init__(self, weights: Weights, known: Mapping[str, Channels], greatest: int = 0) -> None:
        self.weights, self.known, self.greatest = weights, known, greatest
        self.nodes: list[bytes] = []
        self.constants: list[bytes] = []
        self.inputs: dict[str, str] = {}  # name of each product → name of its input

    def constant(self, name: str, values: NDArray[np.generic]) -> str:
        self.constants.append(tensor(name, values))
        return name

    def vector(self, name: str) -> str:
        return self.constant(name, self.weights.vector(name))


def encoder_graph(weights: Weights, known: Mapping[str, Channels], greatest: int) -> bytes:
    """The model file: `words`, shape (1, tokens, width), before its layer norm → `mean`, shape (1, width).

    Matrix products use 8-bit integers; weights lie in [-greatest, greatest].
    """
    graph = _written(_Graph(weights, known, greatest))
    width = weights.shape.width
    return model(graph.nodes, graph.constants, _source(weights), [value(OUTPUT, ["texts", width])])


def observed_graph(weights: Weights) -> tuple[bytes, dict[str, str]]:
    """The model in float32 that outputs the input of each product, and the names of these outputs by product."""
    graph = _written(_Graph(weights, {}))
    sizes = ["texts", "tokens", "channels"]
    results = [value(name, sizes) for name in dict.fromkeys(graph.inputs.values())]
    return model(graph.nodes, graph.constants, _source(weights), results), graph.inputs


def _source(weights: Weights) -> bytes:
    return value(INPUT, ["texts", "tokens", weights.shape.width])


def _written(graph: _Graph) -> _Graph:
    graph.constant("last", np.array([-1], np.int64))
    flow = _norm(graph, INPUT, "emb.ln")
    for layer in range(graph.weights.shape.layers):
        flow = _layer(graph, flow, f"l{layer}.")
    tokens = graph.constant("tokens", np.array([1], np.int64))
    graph.nodes.append(node("ReduceMean", [flow, tokens], OUTPUT, keepdims=0))
    return graph


def quantised(weights: Vectors, greatest: int) -> tuple[NDArray[np.int8], Vectors]:
    """`weights`, shape (outputs, inputs), as int8 of shape (inputs, outputs), with the scale of each output."""
    scales = np.abs(weights).max(axis=1) / np.float32(greatest)
    scales[scales == 0] = 1.0
    return np.rint(weights / scales[:, None]).astype(np.int8).T, scales


def _layer(graph: _Graph, flow: str, layer: str) -> str:
    """One layer of BERT: attention, then two matrices with a GELU between; after each, the sum and its norm."""
    width, heads, inner = graph.weights.shape.width, graph.weights.shape.heads, graph.weights.shape.inner
    joint = _product(graph, flow, layer + "qkv", [layer + name for name in ("q", "k", "v")], width)
    parts = [layer + name for name in ("queries", "keys", "values")]
    graph.nodes.append(node("Split", [joint], parts, axis=-1, num_outputs=3))
    graph.nodes.append(microsoft_node("MultiHeadAttention", parts, layer + "attended", num_heads=heads))
    flow = _sum(graph, flow, _product(graph, layer + "attended", layer + "ao", [layer + "ao"], width))
    flow = _norm(graph, flow, layer + "aln")
    between = _product(graph, flow, layer + "fi", [layer + "fi"], width)
    graph.nodes.append(microsoft_node("Gelu", [between], layer + "gelu"))
    flow = _sum(graph, flow, _product(graph, layer + "gelu", layer + "fo", [layer + "fo"], inner))
    return _norm(graph, flow, layer + "oln")


def _product(graph: _Graph, flow: str, name: str, tensors: list[str], width: int) -> str:
    """`flow` times the matrices `tensors` side by side, plus their biases."""
    matrix = np.concatenate([decoded(graph.weights.blocks(one + ".w", width)) for one in tensors])
    bias = np.concatenate([graph.weights.vector(one + ".b") for one in tensors])
    graph.inputs[name] = flow
    if name in graph.known:
        product, bias = _whole_product(graph, flow, name, matrix, bias)
    else:
        product = name + ".product"
        graph.nodes.append(node("MatMul", [flow, graph.constant(name + ".w", matrix.T)], product))
    graph.nodes.append(node("Add", [product, graph.constant(name + ".b", bias)], name))
    return name


def _whole_product(graph: _Graph, flow: str, name: str, matrix: Vectors, bias: Vectors) -> tuple[str, Vectors]:
    """`flow` times `matrix` in 8-bit integers, and `bias` corrected for the mean error of rounding the matrix."""
    known = graph.known[name]
    smooth = np.sqrt(known.greatest + np.float32(1e-3))
    whole, scales = quantised(matrix * smooth, graph.greatest)
    added = known.mean @ (whole * scales / smooth[:, None] - matrix.T)
    append = graph.nodes.append
    append(node("Mul", [flow, graph.constant(name + ".c", 1 / smooth)], name + ".smooth"))
    append(node("Abs", [name + ".smooth"], name + ".abs"))
    append(node("ReduceMax", [name + ".abs", "last"], name + ".row", keepdims=1))
    append(node("Div", [name + ".smooth", name + ".row"], name + ".even"))
    inputs = [name + ".even", graph.constant(name + ".w", whole), graph.constant(name + ".s", scales)]
    append(microsoft_node("DynamicQuantizeMatMul", inputs, name + ".product"))
    append(node("Mul", [name + ".product", name + ".row"], name + ".scaled"))
    return name + ".scaled", (bias - added).astype(np.float32)


def _sum(graph: _Graph, one: str, other: str) -> str:
    graph.nodes.append(node("Add", [one, other], other + ".sum"))
    return other + ".sum"


def _norm(graph: _Graph, flow: str, name: str) -> str:
    inputs = [flow, graph.vector(name + ".w"), graph.vector(name + ".b")]
    graph.nodes.append(node("LayerNormalization", inputs, name, axis=-1, epsilon=graph.weights.shape.epsilon))
    return name
