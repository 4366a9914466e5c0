"""The loss of a batch: cross-entropy over the postings that competed at that moment."""

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from training.model.examples import Batch
from training.model.network import EncoderDecoder, Steps, cross_entropy
from training.model.time_encoding import freshness
from training.model.training_tensors import Material


@dataclass(frozen=True, eq=False)
class Competitors:
    """The postings a softmax is over."""

    rows: Tensor
    """(C,) int64 rows of the material, ascending."""
    bonus: Tensor
    """(C,) float32 added to the scores: minus the logarithm of the chance to be drawn."""


@dataclass(frozen=True, eq=False)
class Outcome:
    """What a batch came to; all are sums, so that parts of a batch add up."""

    loss: Tensor
    hits: Tensor
    """First targets with the highest score."""
    targets: int
    examples: int


def everything(rows: Tensor) -> Competitors:
    """Take all of some postings: the full softmax."""
    return Competitors(rows, torch.zeros(len(rows), device=rows.device))


def sample(rows: Tensor, limit: int, batch: Batch) -> Competitors:
    """Take the targets of a batch and, where there are more postings than `limit`, a sample.

    The bonus is the logQ correction: it makes the sampled softmax estimate the full one.
    """
    if len(rows) <= limit:
        return everything(rows)
    drawn = rows[torch.randperm(len(rows))[:limit]]
    targets = _distinct(batch.targets[batch.real])
    chosen = _distinct(drawn, targets)
    bonus = torch.full((len(chosen),), math.log(len(rows) / limit), device=rows.device)
    bonus[torch.isin(chosen, targets)] = 0.0  # those were certain
    return Competitors(chosen, bonus)


def evaluate(
    model: EncoderDecoder, material: Material, batch: Batch, rivals: Competitors, ids: Tensor
) -> Outcome:
    """Compute the loss of a batch.

    Args:
        model: in training or in evaluation mode.
        material: where the features are.
        batch: the examples.
        rivals: what the targets are told from; must hold the targets.
        ids: (N + S,) int64 numbers of the id blocks, those to be dropped set to 0.
    """
    rows = _distinct(rivals.rows, batch.rows.flatten(), batch.targets.flatten())
    here = rows.device
    place = torch.zeros(len(material.text), dtype=torch.int64, device=here)
    place[rows] = torch.arange(len(rows), device=here)
    vectors = model.posting_vectors(
        material.text[rows], material.words[rows], material.fields[rows], ids[rows]
    )
    steps = Steps(vectors[place[batch.rows]], batch.kinds, batch.moments, batch.lengths)
    queries, tastes = model(steps, vectors[place[batch.targets]])  # (B, T, D), (B, T, 3)
    fresh = freshness(material.opens[rivals.rows], batch.times)  # (B, C, 3)
    scores = queries @ vectors[place[rivals.rows]].T + tastes @ fresh.mT  # (B, T, C)
    column = torch.full((len(material.text),), len(rivals.rows), device=here)
    column[rivals.rows] = torch.arange(len(rivals.rows), device=here)
    allowed = _allowed(material, batch, rivals, column)
    loss, hits = cross_entropy(
        (scores + rivals.bonus).masked_fill(~allowed, -torch.inf), column[batch.targets], batch.real
    )
    return Outcome(loss, hits, int(batch.real.sum()), len(batch.lengths))


def _distinct(*rows: Tensor) -> Tensor:
    distinct: Tensor = torch.unique(torch.cat(rows))
    return distinct


def _allowed(material: Material, batch: Batch, rivals: Competitors, column: Tensor) -> Tensor:
    """Tell what each step may emit, (B, T, C) bool.

    As in serving: what was open then, is not in the history and was not emitted before. A target
    is always allowed, also where the data contradict themselves about its dates.
    """
    steps = batch.targets.shape[1]
    opens, expires = material.opens[rivals.rows], material.expires[rivals.rows]
    moment = batch.times[:, None]
    is_open = (opens <= moment) & (moment <= expires)  # (B, C)
    spare = torch.ones_like(is_open[:, :1])  # takes the rows that do not compete
    allowed = torch.cat([is_open, spare], dim=1)  # (B, C + 1)
    valid = (torch.arange(batch.rows.shape[1]) < batch.lengths[:, None]).to(batch.rows.device)
    known = torch.where(valid, column[batch.rows], len(rivals.rows))
    allowed = allowed.scatter(1, known, value=False)
    targets = column[batch.targets]  # (B, T)
    by_step = []
    for step in range(steps):
        by_step.append(allowed.scatter(1, targets[:, step : step + 1], value=True))
        allowed = allowed.scatter(1, targets[:, step : step + 1], value=False)
    return torch.stack(by_step, dim=1)[..., :-1]
