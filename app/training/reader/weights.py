"""The trained weights on disk: checkpoints of a run, and the compact file that ships."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from app.training.reader.model import ReaderModel
from retriever.files import whole_file
from retriever.types import TenkyoError

LICENCE = (
    "CC BY-SA 4.0. Trained on JaQuAD (SkelterLabs, CC BY-SA 3.0), JSQuAD v1.3 of JGLUE (Yahoo Japan Corporation and "
    "Waseda University, CC BY-SA 4.0), SQuAD 2.0 (Rajpurkar et al., CC BY-SA 4.0), QASPER (Allen Institute for AI, "
    "CC BY 4.0), COVID-QA (deepset, Apache-2.0), DRCD (DRC Knowledge Team, CC BY-SA 3.0), CMRC 2018 (HFL, "
    "CC BY-SA 4.0) and word pairs of JMdict (EDRDG, CC BY-SA 4.0); base model multilingual-e5-small (MIT)"
)
_LICENCE = "licence"


def trained_state(reader: ReaderModel) -> dict[str, Tensor]:
    """The weights that are trained, by name."""
    return {name: parameter.detach() for name, parameter in reader.named_parameters() if parameter.requires_grad}


def load_state(reader: ReaderModel, state: Mapping[str, Tensor]) -> None:
    """Put trained weights into a reader. Raises TenkyoError where one is missing or of another shape."""
    with torch.no_grad():
        for name, parameter in reader.named_parameters():
            if parameter.requires_grad:
                if name not in state or state[name].shape != parameter.shape:
                    raise TenkyoError(
                        f"no weights {name!r} of shape {tuple(parameter.shape)}; they are of another model"
                    )
                parameter.copy_(state[name])


def read_weights(path: Path) -> dict[str, Tensor]:
    """The weights in a checkpoint (.pt) or in a compact file (.npz)."""
    if path.suffix == ".npz":
        with np.load(path) as stored:
            return {name: torch.from_numpy(stored[name]).float() for name in stored.files if name != _LICENCE}
    state: dict[str, Tensor] = torch.load(path, weights_only=True)
    return state.get("reader", state)  # type: ignore[return-value]


def write_weights(path: Path, state: Mapping[str, Tensor]) -> None:
    """Write the compact file: float16, with the licence in it."""
    arrays = {name: tensor.to(torch.float16).numpy() for name, tensor in state.items()}
    with whole_file(path) as file:
        np.savez_compressed(file, **arrays, **{_LICENCE: np.array(LICENCE)})  # type: ignore[arg-type]
