"""The reader's trained weights (reader.npz): the embedded model with a low-rank adapter merged in, and heads.

Hu et al. (2021), LoRA: each weight matrix W becomes W + SCALE · B · A with A of shape (rank, in), B of (out, rank).
"""

import io
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from retriever.embedded.encoder import Shape, Weights
from retriever.files import load_arrays
from retriever.types import TenkyoError, Vectors

ADAPTER = Path(__file__).with_name("reader.npz")
SCALE = 2.0
# For each matrix: the name of its adapter in training, the index of its part there, and the number of parts.
_ADAPTED = {"q": ("qkv", 0, 3), "k": ("qkv", 1, 3), "v": ("qkv", 2, 3)} | {
    name: (trained, 0, 1) for name, trained in (("ao", "attended"), ("fi", "inner"), ("fo", "outer"))
}
_NORMS = {"aln": "first_norm", "oln": "second_norm"}
_KINDS = {"w": "weight", "b": "bias"}


@dataclass(frozen=True, slots=True)
class AdaptedWeights:
    """The embedded weights, overridden by the trained ones, which include heads ("span.w")."""

    base: Weights
    trained: Mapping[str, Vectors]

    @property
    def shape(self) -> Shape:
        """The sizes of the model."""
        return self.base.shape

    def vector(self, name: str) -> Vectors:
        """The flat float32 tensor `name`, the trained one if it exists."""
        part, kind = name.rsplit(".", 1)
        layer, _, norm = part.partition(".")
        own = f"layers.{layer[1:]}.{_NORMS.get(norm, norm)}" if norm else part
        trained = self.trained.get(f"{own}.{_KINDS[kind]}")
        return self.base.vector(name) if trained is None else trained

    def matrix(self, name: str, width: int) -> Vectors:
        """The matrix `name`, shape (outputs, width), with its adapter merged in."""
        part = name.removesuffix(".w")
        head = self.trained.get(f"{part}.weight")
        if head is not None:
            return head
        plain = self.base.matrix(name, width)
        layer, _, short = part.partition(".")
        trained, number, parts = _ADAPTED[short]
        down = self.trained.get(f"layers.{layer[1:]}.{trained}.down")
        if down is None:  # the lowest layers have no adapter
            return plain
        up = self.trained[f"layers.{layer[1:]}.{trained}.up"].reshape(parts, len(plain), -1)[number]
        merged: Vectors = plain + np.float32(SCALE) * (up @ down)
        return merged


def adapted(base: Weights, path: Path = ADAPTER) -> AdaptedWeights:
    """The embedded weights with the trained ones at `path`. Raises TenkyoError if damaged, OSError if missing."""
    try:
        stored = load_arrays(io.BytesIO(path.read_bytes()))  # numpy would leave a damaged file open
        trained = {name: values.astype(np.float32) for name, values in stored.items() if values.dtype.kind == "f"}
    except (ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
        raise TenkyoError(f"{path} does not hold the reader's weights ({error}); install tenkyo again") from error
    return AdaptedWeights(base, trained)
