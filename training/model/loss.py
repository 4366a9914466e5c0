"""The loss of a batch: cross-entropy over the postings that competed at that time."""

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from training.model.examples import Batch
from training.model.network import EncoderDecoder, Steps, cross_entropy
from training.model.time_encoding import freshness


@dataclass(frozen=True, eq=False)
class BatchLoss:
    """Sums over a batch, so that parts of a batch add up."""

    loss: Tensor
    """In nats."""
    hits: Tensor
    """First targets with the highest score."""


def batch_loss(
    model: EncoderDecoder, batch: Batch, vectors: Tensor, opens: Tensor, expires: Tensor
) -> BatchLoss:
    """Compute the loss of a batch.

    `vectors`, (R, D), are those of the batch's rows; `opens` and `expires`, (C,) int64
    microseconds, are those of the postings that compete, as in `Catalogue`.
    """
    # The gradient of an embedding is summed by place: faster than that of an index, and repeatable.
    steps = functional.embedding(batch.steps, vectors)
    targets = functional.embedding(batch.targets, vectors)
    read = Steps(steps, batch.kinds, batch.time_features, batch.lengths)
    queries, weights = model(read, targets)  # (B, T, D), (B, T, 3)
    fresh = freshness(opens, batch.times)  # (B, C, 3)
    scores = queries @ vectors[: len(opens)].T + weights @ fresh.mT  # (B, T, C)
    allowed = _allowed(batch, opens, expires)
    scores = (scores + batch.log_q).masked_fill(~allowed, -torch.inf)
    loss, hits = cross_entropy(scores, batch.targets, batch.real)
    return BatchLoss(loss, hits)


def _allowed(batch: Batch, opens: Tensor, expires: Tensor) -> Tensor:
    """Return what each decoding step may emit, (B, T, C) bool.

    As in serving: postings that were open, are not in the history and were not emitted before. A
    target is always allowed, even where the data contradict themselves about its dates.
    """
    times, competing = batch.times[:, None], len(opens)
    is_open = (opens <= times) & (times <= expires)  # (B, C)
    spare = torch.ones_like(is_open[:, :1])  # the column of rows that do not compete
    allowed = torch.cat([is_open, spare], dim=1)  # (B, C + 1)
    valid = (torch.arange(batch.steps.shape[1]) < batch.lengths[:, None]).to(batch.steps.device)
    history = torch.where(valid, batch.steps, competing).clamp(max=competing)
    allowed = allowed.scatter(1, history, value=False)
    by_step = []
    for target in batch.targets.unbind(dim=1):
        by_step.append(allowed.scatter(1, target[:, None], value=True))
        allowed = allowed.scatter(1, target[:, None], value=False)
    return torch.stack(by_step, dim=1)[..., :-1]
