"""The embedded model as a graph for ONNX Runtime: word vectors in, the mean of the last layer out.

The graph takes one text at a time: no padding, no mask, and a vector that does not depend on the other texts.
"""

import numpy as np
from numpy.typing import NDArray

from retriever.embedded_weights import Shape, Weights, decoded
from retriever.onnx_format import microsoft_node, model, node, tensor, value
from retriever.types import Vectors

INPUT, OUTPUT = "words", "mean"
# Whole numbers of 7 bits: 8-bit ones overflow the 16-bit sums of processors without VNNI, and are no closer here.
_GREATEST = 63


class _Graph:
    """What has been written of the graph so far."""

    def __init__(self, weights: Weights) -> None:
        self.weights = weights
        self.nodes: list[bytes] = []
        self.constants: list[bytes] = []

    def constant(self, name: str, values: NDArray[np.generic]) -> str:
        self.constants.append(tensor(name, values))
        return name

    def vector(self, name: str) -> str:
        return self.constant(name, self.weights.vector(name))


def encoder_graph(weights: Weights) -> bytes:
    """The model file: `words` of shape (1, tokens, width), its norm not yet taken, to `mean` of shape (1, width)."""
    graph, shape = _Graph(weights), weights.shape
    flow = _norm(graph, INPUT, "emb.ln", shape)
    for layer in range(shape.layers):
        flow = _layer(graph, flow, f"l{layer}.", shape)
    axis = graph.constant("axis", np.array([1], np.int64))
    graph.nodes.append(node("ReduceMean", [flow, axis], OUTPUT, keepdims=0))
    source = value(INPUT, ["texts", "tokens", shape.width])
    return model(graph.nodes, graph.constants, source, value(OUTPUT, ["texts", shape.width]))


def quantised(weights: Vectors) -> tuple[NDArray[np.int8], Vectors]:
    """The matrix `weights` (outputs, inputs) as whole numbers (inputs, outputs), and the scale of each output."""
    scales = np.abs(weights).max(axis=1) / _GREATEST
    scales[scales == 0] = 1.0
    return np.rint(weights / scales[:, None]).astype(np.int8).T, scales


def _layer(graph: _Graph, flow: str, layer: str, shape: Shape) -> str:
    """One layer of BERT: attention, then two matrices with a GELU between; after each, the sum and its norm."""
    joint = _product(graph, flow, layer + "qkv", [layer + name for name in ("q", "k", "v")], shape.width)
    parts = [layer + name for name in ("queries", "keys", "values")]
    graph.nodes.append(node("Split", [joint], parts, axis=-1, num_outputs=3))
    graph.nodes.append(microsoft_node("MultiHeadAttention", parts, layer + "attended", num_heads=shape.heads))
    flow = _sum(graph, flow, _product(graph, layer + "attended", layer + "ao", [layer + "ao"], shape.width))
    flow = _norm(graph, flow, layer + "aln", shape)
    inner = _product(graph, flow, layer + "fi", [layer + "fi"], shape.width)
    graph.nodes.append(microsoft_node("Gelu", [inner], layer + "gelu"))
    flow = _sum(graph, flow, _product(graph, layer + "gelu", layer + "fo", [layer + "fo"], shape.inner))
    return _norm(graph, flow, layer + "oln", shape)


def _product(graph: _Graph, flow: str, name: str, tensors: list[str], width: int) -> str:
    """`flow` times the matrices `tensors` side by side, plus their biases, in whole numbers of 8 bits."""
    matrix = np.concatenate([decoded(graph.weights.blocks(one + ".w", width)) for one in tensors])
    bias = np.concatenate([graph.weights.vector(one + ".b") for one in tensors])
    whole, scales = quantised(matrix)
    inputs = [graph.constant(name + ".w", whole), graph.constant(name + ".s", scales)]
    inputs += ["", graph.constant(name + ".b", bias)]
    graph.nodes.append(microsoft_node("DynamicQuantizeMatMul", [flow, *inputs], name))
    return name


def _sum(graph: _Graph, one: str, other: str) -> str:
    graph.nodes.append(node("Add", [one, other], other + ".sum"))
    return other + ".sum"


def _norm(graph: _Graph, flow: str, name: str, shape: Shape) -> str:
    inputs = [flow, graph.vector(name + ".w"), graph.vector(name + ".b")]
    graph.nodes.append(node("LayerNormalization", inputs, name, axis=-1, epsilon=shape.epsilon))
    return name
