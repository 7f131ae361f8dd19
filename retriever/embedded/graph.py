"""The embedded model as a graph for ONNX Runtime: word vectors in, the mean of the last layer out.

The graph takes one text at a time: no padding, no mask, and a vector that does not depend on the other texts.

Matrices are multiplied in whole numbers of 8 bits. ONNX Runtime rounds a whole input by one step, which a few great
values make coarse: those of the first and last token, and of some channels. So each row is divided by its greatest
value first, and each channel by the root of its usual one (Xiao et al. 2023, SmoothQuant, with alpha = 0.5), the
matrix being multiplied by it. Without that, 1.4 questions in a hundred lost their passage from the first place.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from retriever.embedded.onnx_format import microsoft_node, model, node, tensor, value
from retriever.embedded.weights import Weights, decoded
from retriever.types import Vectors

INPUT, OUTPUT = "words", "mean"


class Channels(NamedTuple):
    """What is known of the channels that a matrix is multiplied with: their `greatest` magnitude and their `mean`."""

    greatest: Vectors
    mean: Vectors


class _Graph:
    """What has been written of the graph so far; without `known` channels its matrices are of float32."""

    def __init__(self, weights: Weights, known: Mapping[str, Channels]) -> None:
        self.weights, self.known = weights, known
        self.nodes: list[bytes] = []
        self.constants: list[bytes] = []
        self.inputs: dict[str, str] = {}  # what each matrix is multiplied with, by the name of the product

    def constant(self, name: str, values: NDArray[np.generic]) -> str:
        self.constants.append(tensor(name, values))
        return name

    def vector(self, name: str) -> str:
        return self.constant(name, self.weights.vector(name))


def greatest_weight() -> int:
    """The greatest whole number of a weight: 127, or 63 on a processor that would overflow when it adds in 16 bits."""
    try:
        known = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return 63
    return 127 if "avx512_vnni" in known or "avx_vnni" in known else 63


def encoder_graph(weights: Weights, known: Mapping[str, Channels]) -> bytes:
    """The model file: `words` of shape (1, tokens, width), its norm not yet taken, to `mean` of shape (1, width)."""
    graph = _written(weights, known)
    width = weights.shape.width
    return model(graph.nodes, graph.constants, _source(weights), [value(OUTPUT, ["texts", width])])


def observed_graph(weights: Weights) -> tuple[bytes, dict[str, str]]:
    """The model in float32, and the names of its outputs: what each matrix is multiplied with, by product."""
    graph = _written(weights, {})
    sizes = ["texts", "tokens", "channels"]
    results = [value(name, sizes) for name in dict.fromkeys(graph.inputs.values())]
    return model(graph.nodes, graph.constants, _source(weights), results), graph.inputs


def _source(weights: Weights) -> bytes:
    return value(INPUT, ["texts", "tokens", weights.shape.width])


def _written(weights: Weights, known: Mapping[str, Channels]) -> _Graph:
    graph = _Graph(weights, known)
    graph.constant("last", np.array([-1], np.int64))
    flow = _norm(graph, INPUT, "emb.ln")
    for layer in range(weights.shape.layers):
        flow = _layer(graph, flow, f"l{layer}.")
    tokens = graph.constant("tokens", np.array([1], np.int64))
    graph.nodes.append(node("ReduceMean", [flow, tokens], OUTPUT, keepdims=0))
    return graph


def quantised(weights: Vectors, greatest: int) -> tuple[NDArray[np.int8], Vectors]:
    """The matrix `weights` (outputs, inputs) as whole numbers (inputs, outputs), and the scale of each output."""
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
    """`flow` times `matrix` in whole numbers, and the `bias` less what rounding the matrix adds to the mean."""
    known = graph.known[name]
    smooth = np.sqrt(known.greatest + np.float32(1e-3))
    whole, scales = quantised(matrix * smooth, greatest_weight())
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
