"""The loss of a batch: relevance of each passage, choice among a question's passages, and place of the answer."""

from dataclasses import dataclass

import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor

from app.training.reader.course.examples import Batch, Example
from app.training.reader.model import ReaderModel
from app.training.reader.pairs import padded

_AMONG = 0.5  # the weight of the choice among a question's passages
_MASKED = -1e4


@dataclass(frozen=True, slots=True)
class Losses:
    """The parts of a batch's loss; `right` is the share of its passages whose relevance is on the right side of 0."""

    relevance: Tensor
    among: Tensor
    span: Tensor
    right: float

    @property
    def total(self) -> Tensor:
        """What is minimised."""
        return self.relevance + _AMONG * self.among + self.span


def losses(reader: ReaderModel, batch: Batch) -> Losses:
    """Run the reader on a batch and compute the losses."""
    examples = [example for group in batch for example in group]
    ids, lengths = padded([example.pair for example in examples])
    spans, relevance = reader(ids, lengths)
    wanted = torch.tensor([float(example.answers) for example in examples])
    return Losses(
        relevance=F.binary_cross_entropy_with_logits(relevance, wanted),
        among=_among(relevance, batch),
        span=_span_loss(spans, examples),
        right=float(((relevance > 0) == (wanted > 0)).float().mean()),
    )


def _among(relevance: Tensor, batch: Batch) -> Tensor:
    """Cross-entropy of the answering passage within its group; "none of them" takes part with score 0."""
    costs = []
    start = 0
    for group in batch:
        scores = torch.cat([relevance[start : start + len(group)], relevance.new_zeros(1)])
        answering = [place for place, example in enumerate(group) if example.answers]
        costs.append(-torch.log_softmax(scores, 0)[answering[0] if answering else len(group)])
        start += len(group)
    return torch.stack(costs).mean()


def _span_loss(spans: Tensor, examples: list[Example]) -> Tensor:
    """Cross-entropy of the answer's first and last token; a passage that does not answer points at token 0.

    Answers that do not occur verbatim are left out.
    """
    mask = torch.full(spans.shape[:2], _MASKED)
    mask[:, 0] = 0.0
    for row, example in enumerate(examples):
        mask[row, example.pair.first : example.pair.first + len(example.pair.offsets)] = 0.0
    rows = [row for row, example in enumerate(examples) if example.span or not example.answers]
    if not rows:
        return spans.sum() * 0.0
    wanted = torch.tensor([examples[row].span or (0, 0) for row in rows])
    starts = F.cross_entropy((spans[..., 0] + mask)[rows], wanted[:, 0])
    ends = F.cross_entropy((spans[..., 1] + mask)[rows], wanted[:, 1])
    return (starts + ends) / 2
