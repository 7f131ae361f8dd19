"""The reader: multilingual-e5-small as a cross-encoder, its weights frozen, with a trained low-rank adapter and heads.

Hu et al. (2021), LoRA: each weight matrix W becomes W + scale · B · A with A of shape (rank, in), B of (out, rank).
"""

import math
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812 (the name that torch's own documentation uses)
from torch import Tensor, nn

from retriever.embedded.adapter import SCALE
from retriever.embedded.encoder import Weights, decoded
from retriever.embedded.model_files import read_weights, weights_path

RANK = 16
FROZEN = 4  # lowest layers, without an adapter: no gradient goes through them, which saves a fifth of a step's time
# Half precision: this project's machines multiply float16 as fast as or faster than bfloat16 (tests/benchmarks/LOG.md).
DTYPE = torch.float16
_MASKED = -1e4  # within the range of float16, and 0 after a softmax


class _Adapted(torch.autograd.Function):
    """y = x·Wᵀ + b + scale · (x·Aᵀ)·Bᵀ for frozen W and b, without making a gradient of W."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, weight: Tensor, bias: Tensor, down: Tensor, up: Tensor) -> Tensor:
        inner = x @ down.t()
        y = torch.addmm(bias, x, weight.t())
        y.addmm_(inner, up.t(), alpha=SCALE)
        ctx.save_for_backward(x, weight, down, up, inner)
        return y

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor | None, ...]:
        (dy,) = gradients
        x, weight, down, up, inner = ctx.saved_tensors
        dinner = (dy @ up).mul_(SCALE)
        dx = dy @ weight
        dx.addmm_(dinner, down)
        return dx, None, None, dinner.t() @ x, (dy.t() @ inner).mul_(SCALE)


class AdaptedLinear(nn.Module):
    """A frozen linear map (in → out) with a low-rank adapter whose initial output is 0; rank 0 means no adapter."""

    weight: Tensor
    bias: Tensor

    def __init__(self, weight: Tensor, bias: Tensor, rank: int) -> None:
        super().__init__()
        self.register_buffer("weight", weight.to(DTYPE).contiguous(), persistent=False)
        self.register_buffer("bias", bias.to(DTYPE), persistent=False)
        self.rank = rank
        if rank:
            self.down = nn.Parameter(torch.randn(rank, weight.shape[1]) / math.sqrt(weight.shape[1]))
            self.up = nn.Parameter(torch.zeros(weight.shape[0], rank))

    def forward(self, x: Tensor) -> Tensor:
        """Shape (n, in) → (n, out)."""
        if not self.rank:
            return F.linear(x, self.weight, self.bias)
        down, up = self.down.to(x.dtype), self.up.to(x.dtype)
        y: Tensor = _Adapted.apply(x, self.weight, self.bias, down, up)  # type: ignore[no-untyped-call]
        return y


class _Norm(nn.Module):
    """A layer norm with trained weights, computed in the type of its input."""

    def __init__(self, weight: Tensor, bias: Tensor, epsilon: float, *, trained: bool) -> None:
        super().__init__()
        self.weight, self.bias = nn.Parameter(weight, requires_grad=trained), nn.Parameter(bias, requires_grad=trained)
        self.epsilon = epsilon

    def forward(self, x: Tensor) -> Tensor:
        return F.layer_norm(x, x.shape[-1:], self.weight.to(x.dtype), self.bias.to(x.dtype), self.epsilon)


class Layer(nn.Module):
    """One transformer layer; norms follow the sums, as in BERT."""

    def __init__(self, weights: Weights, number: int, rank: int) -> None:
        super().__init__()
        shape = weights.shape

        def part(name: str) -> tuple[Tensor, Tensor]:
            width = shape.inner if name == "fo" else shape.width
            matrix = decoded(weights.blocks(f"l{number}.{name}.w", width))
            return torch.from_numpy(matrix), _vector(weights, f"l{number}.{name}.b")

        self.heads = shape.heads
        thirds = [part(name) for name in ("q", "k", "v")]
        self.qkv = AdaptedLinear(
            torch.cat([matrix for matrix, _ in thirds]), torch.cat([bias for _, bias in thirds]), rank
        )
        self.attended = AdaptedLinear(*part("ao"), rank)
        self.inner = AdaptedLinear(*part("fi"), rank)
        self.outer = AdaptedLinear(*part("fo"), rank)
        self.first_norm = _norm(weights, f"l{number}.aln", trained=rank > 0)
        self.second_norm = _norm(weights, f"l{number}.oln", trained=rank > 0)

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        """`x` (batch, tokens, width), `mask` (batch, 1, 1, tokens), added to the attention's scores."""
        batch, tokens, width = x.shape
        flat = x.reshape(-1, width)
        split = self.qkv(flat).view(batch, tokens, 3, self.heads, width // self.heads)
        query, key, value = split.permute(2, 0, 3, 1, 4).unbind(0)
        scores = torch.matmul(query * (width // self.heads) ** -0.5, key.transpose(-1, -2)) + mask
        read = torch.matmul(torch.softmax(scores, -1), value).transpose(1, 2).reshape(-1, width)
        flat = self.first_norm(flat + self.attended(read))
        flat = self.second_norm(flat + self.outer(F.gelu(self.inner(flat))))
        output: Tensor = flat.view(batch, tokens, width)
        return output


class ReaderModel(nn.Module):
    """Finds, from the token ids of a question and a passage, whether the passage answers and where."""

    positions: Tensor
    words: Tensor

    def __init__(self, weights: Weights, rank: int = RANK, frozen: int = FROZEN) -> None:
        super().__init__()
        shape = weights.shape
        words = torch.from_numpy(decoded(weights.blocks("emb.word", shape.width))).to(DTYPE)
        places = _vector(weights, "emb.pos").view(-1, shape.width) + _vector(weights, "emb.type")[: shape.width]
        self.register_buffer("words", words, persistent=False)
        self.register_buffer("positions", places, persistent=False)
        self.norm = _norm(weights, "emb.ln", trained=False)
        self.layers = nn.ModuleList(
            Layer(weights, number, rank if number >= frozen else 0) for number in range(shape.layers)
        )
        self.span = nn.Linear(shape.width, 2)
        self.pooled = nn.Linear(shape.width, shape.width)
        self.relevance = nn.Linear(shape.width, 1)

    def forward(self, ids: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
        """`ids` (batch, tokens), padded, `lengths` (batch,) → span logits (batch, tokens, 2), relevance (batch,).

        Both are float32. A span's logits are those of its first and its last token; the first token of all stands for
        "no answer". Relevance is the log-odds that the passage answers.
        """
        padding = torch.arange(ids.shape[1]) >= lengths[:, None]
        mask = torch.zeros(padding.shape, dtype=DTYPE).masked_fill_(padding, _MASKED)[:, None, None]
        x = self.norm(self.words[ids].float() + self.positions[: ids.shape[1]]).to(DTYPE)
        for layer in self.layers:
            x = layer(x, mask)
        last = x.float()
        spans: Tensor = self.span(last)
        relevance: Tensor = self.relevance(torch.tanh(self.pooled(last[:, 0]))).squeeze(-1)
        return spans, relevance


def new_reader(seed: int = 0, rank: int = RANK) -> ReaderModel:
    """An untrained reader on the embedded weights, the same for the same `seed`."""
    torch.manual_seed(seed)
    return ReaderModel(read_weights(weights_path()), rank)


def _vector(weights: Weights, name: str) -> Tensor:
    return torch.from_numpy(np.array(weights.vector(name)))


def _norm(weights: Weights, name: str, *, trained: bool) -> _Norm:
    parts = _vector(weights, f"{name}.w"), _vector(weights, f"{name}.b")
    return _Norm(*parts, weights.shape.epsilon, trained=trained)
