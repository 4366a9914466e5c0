"""The loss of a batch: cross-entropy over the postings that competed at that time."""

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from training.model.examples import Batch
from training.model.network import EncoderDecoder, Steps, cross_entropy
from training.model.time_encoding import freshness
from training.model.training_tensors import TrainingTensors


@dataclass(frozen=True, eq=False)
class Competitors:
    """The postings that a softmax is over."""

    rows: Tensor
    """(C,) int64 rows of the tensors, ascending."""
    log_q: Tensor
    """(C,) float32 added to the scores: minus the logarithm of the probability to be sampled."""


@dataclass(frozen=True, eq=False)
class BatchLoss:
    """Sums over a batch, so that parts of a batch add up."""

    loss: Tensor
    """In nats."""
    hits: Tensor
    """First targets with the highest score."""
    targets: int
    examples: int


def full_softmax(rows: Tensor) -> Competitors:
    """Let all of some postings compete."""
    return Competitors(rows, torch.zeros(len(rows), device=rows.device))


def sampled_softmax(rows: Tensor, size: int, batch: Batch) -> Competitors:
    """Let the targets of a batch compete with `size` sampled postings, less than there are.

    `log_q` is the logQ correction of sampled softmax (Bengio and Senécal 2008): with it the loss
    estimates that of the full softmax.
    """
    sampled = rows[torch.randperm(len(rows))[:size]]
    targets = _distinct(batch.targets[batch.real])
    competing = _distinct(sampled, targets)
    log_q = torch.full((len(competing),), math.log(len(rows) / size), device=rows.device)
    log_q[torch.isin(competing, targets)] = 0.0  # targets always compete
    return Competitors(competing, log_q)


def batch_loss(
    model: EncoderDecoder,
    tensors: TrainingTensors,
    batch: Batch,
    competitors: Competitors,
    ids: Tensor,
) -> BatchLoss:
    """Compute the loss of a batch.

    The competitors must hold the targets. `ids`, (N + S,) int64, are numbers of the id blocks, 0
    for those to be dropped.
    """
    rows = _distinct(competitors.rows, batch.rows.flatten(), batch.targets.flatten())
    device = rows.device
    index = torch.zeros(len(tensors.text), dtype=torch.int64, device=device)
    index[rows] = torch.arange(len(rows), device=device)
    vectors = model.posting_vectors(
        tensors.text[rows], tensors.words[rows], tensors.fields[rows], ids[rows]
    )
    steps = Steps(vectors[index[batch.rows]], batch.kinds, batch.time_features, batch.lengths)
    queries, weights = model(steps, vectors[index[batch.targets]])  # (B, T, D), (B, T, 3)
    fresh = freshness(tensors.opens[competitors.rows], batch.times)  # (B, C, 3)
    scores = queries @ vectors[index[competitors.rows]].T + weights @ fresh.mT  # (B, T, C)
    column = torch.full((len(tensors.text),), len(competitors.rows), device=device)
    column[competitors.rows] = torch.arange(len(competitors.rows), device=device)
    allowed = _allowed(tensors, batch, competitors, column)
    scores = (scores + competitors.log_q).masked_fill(~allowed, -torch.inf)
    loss, hits = cross_entropy(scores, column[batch.targets], batch.real)
    return BatchLoss(loss, hits, int(batch.real.sum()), len(batch.lengths))


def _distinct(*rows: Tensor) -> Tensor:
    distinct: Tensor = torch.unique(torch.cat(rows))
    return distinct


def _allowed(
    tensors: TrainingTensors, batch: Batch, competitors: Competitors, column: Tensor
) -> Tensor:
    """Return what each decoding step may emit, (B, T, C) bool.

    As in serving: postings that were open, are not in the history and were not emitted before. A
    target is always allowed, even where the data contradict themselves about its dates. `column`,
    (N + S,) int64, is that of each row, C for rows that do not compete.
    """
    opens, expires = tensors.opens[competitors.rows], tensors.expires[competitors.rows]
    times = batch.times[:, None]
    is_open = (opens <= times) & (times <= expires)  # (B, C)
    spare = torch.ones_like(is_open[:, :1])  # the column of rows that do not compete
    allowed = torch.cat([is_open, spare], dim=1)  # (B, C + 1)
    valid = (torch.arange(batch.rows.shape[1]) < batch.lengths[:, None]).to(batch.rows.device)
    history = torch.where(valid, column[batch.rows], len(competitors.rows))
    allowed = allowed.scatter(1, history, value=False)
    by_step = []
    for target in column[batch.targets].unbind(dim=1):
        by_step.append(allowed.scatter(1, target[:, None], value=True))
        allowed = allowed.scatter(1, target[:, None], value=False)
    return torch.stack(by_step, dim=1)[..., :-1]
