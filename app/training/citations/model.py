"""The network of `ingest.bibliography.labels` in torch, with its training loss."""

from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from ingest.bibliography.labels import GAPS, LABELS, LEXICAL_ROWS, ROWS

WIDTH, FEATURES = 64, 40
_LEFT_OUT = 0.12  # share of tokens whose word is hidden in fitting, so that shapes and places count


class Labeller(nn.Module):
    """Features of tokens → scores of labels, with a linear-chain CRF over these."""

    def __init__(self) -> None:
        super().__init__()
        self.table = nn.Parameter(torch.randn(ROWS, FEATURES) * 0.1)
        self.layers = nn.ModuleList(nn.Linear(3 * (FEATURES if n == 0 else WIDTH), WIDTH) for n in range(len(GAPS)))
        self.own = nn.Linear(WIDTH, WIDTH, bias=False)
        self.style = nn.Linear(WIDTH, WIDTH, bias=False)
        self.out = nn.Linear(WIDTH, len(LABELS))
        self.follows = nn.Parameter(torch.zeros(len(LABELS), len(LABELS)))
        self.begins = nn.Parameter(torch.zeros(len(LABELS)))
        self.ends = nn.Parameter(torch.zeros(len(LABELS)))

    def forward(self, rows: Tensor, mask: Tensor, lists: Tensor) -> Tensor:
        """Rows (entries, tokens, features) → scores (entries, tokens, labels); `lists`: the list of each entry."""
        weights = mask[:, :, None].expand(rows.shape).clone()
        if self.training:
            hidden = (torch.rand(rows.shape[:2]) < _LEFT_OUT)[:, :, None] & (rows < LEXICAL_ROWS)
            hidden[:, :, 1] = False  # the shape stays
            weights = weights * ~hidden
        shape = rows.shape
        state = nn.functional.embedding_bag(
            rows.reshape(-1, shape[2]), self.table, mode="sum", per_sample_weights=weights.reshape(-1, shape[2])
        ).reshape(*shape[:2], -1)
        for gap, layer in zip(GAPS, self.layers, strict=True):
            padded = nn.functional.pad(state, (0, 0, gap, gap))
            near = torch.cat((padded[:, : -2 * gap], padded[:, gap:-gap], padded[:, 2 * gap :]), dim=2)
            new = torch.relu(layer(near)) * mask[:, :, None]
            state = new + state if new.shape == state.shape else new
        own = state.sum(1) / mask.sum(1, keepdim=True)
        count = int(lists.max()) + 1
        sizes = torch.zeros(count).index_add(0, lists, torch.ones(len(lists)))
        style = (torch.zeros(count, own.shape[1]).index_add(0, lists, own) / sizes[:, None])[lists]
        hidden_state = torch.relu(state + (self.own(own) + self.style(style))[:, None])
        if self.training:
            hidden_state = nn.functional.dropout(hidden_state, 0.1)
        scores: Tensor = self.out(hidden_state)
        return scores

    def loss(self, scores: Tensor, mask: Tensor, labels: Tensor) -> Tensor:
        """Negative log-likelihood of the labels, per token."""
        entries = torch.arange(len(labels))
        gold = self.begins[labels[:, 0]] + scores[:, 0].gather(1, labels[:, :1])[:, 0]
        total = self.begins + scores[:, 0]
        for place in range(1, labels.shape[1]):
            here = mask[:, place]
            step = self.follows[labels[:, place - 1], labels[:, place]]
            gold = gold + here * (step + scores[entries, place, labels[:, place]])
            new = torch.logsumexp(total[:, :, None] + self.follows, dim=1) + scores[:, place]
            total = torch.where(here[:, None] > 0, new, total)
        last = labels[entries, mask.sum(1).long() - 1]
        return (torch.logsumexp(total + self.ends, dim=1) - gold - self.ends[last]).sum() / mask.sum()

    def write(self, path: Path) -> None:
        """Write the weights for `ingest.bibliography.labels`: the table in 8 bits, the rest in 16."""
        table = self.table.detach().numpy()
        scale = np.abs(table).max(0) / 127
        arrays = {"table": np.round(table / scale).astype(np.int8), "table_scale": scale.astype(np.float32)}
        for n, layer in enumerate(self.layers):
            assert isinstance(layer, nn.Linear)  # noqa: S101
            arrays |= {f"layer{n}": layer.weight.detach().numpy().T, f"layer{n}_bias": layer.bias.detach().numpy()}
        arrays |= {"own": self.own.weight.detach().numpy().T, "style": self.style.weight.detach().numpy().T}
        arrays |= {"out": self.out.weight.detach().numpy().T, "out_bias": self.out.bias.detach().numpy()}
        arrays |= {name: getattr(self, name).detach().numpy() for name in ("follows", "begins", "ends")}
        small = {k: v if v.dtype == np.int8 or k == "table_scale" else v.astype(np.float16) for k, v in arrays.items()}
        np.savez_compressed(path, **small)
