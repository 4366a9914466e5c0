"""Off-policy evaluation on simulated markets: what is estimated against what really happens.

Visitors see shuffled lists. From their clicks alone, each re-ranking policy is estimated. Then each
policy really orders the lists of other visits of the same market. What visitors like and how much a
place counts is known to the simulator alone.

Beside it, a model is trained by the clicks of lists in the site's order, once with equal weights
and once with clicks weighed by 1 / examination, as it is estimated from the shuffled lists.
"""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import torch
from scipy.stats import spearmanr

from infra.simulator import FEATURES, Market, MarketConfig, Visitors, Visits
from streaming.serving.exploration.shuffling import LENGTH, permutation
from training.content_ranker.conditional_logit import softmax_regression
from training.evaluation.off_policy import ClickModel, policy_value
from training.evaluation.position_bias import examination
from training.evaluation.shuffled_lists import ShuffledLists

POLICIES = 20
WEIGHTS = ("all alike", "1 / examination")
_LOGGED, _RUN, _CLICKED = 1, 2, 3
"""Seeds of visits, and of what visitors do."""
_L2 = 1e-3


@dataclass(frozen=True, kw_only=True)
class OffPolicyPlan:
    """How much is simulated."""

    lists: int
    """Shuffled lists of each market."""
    visits: int
    """Visits of each market in which each policy really runs."""
    markets: int
    candidates: int
    postings: int


def measure_off_policy(
    plan: OffPolicyPlan, on_progress: Callable[[str, float], None]
) -> dict[str, Any]:
    """Measure every market with every kind of visitors; return the report."""
    measured: list[dict[str, Any]] = []
    for seed in range(plan.markets):
        on_progress(f"markets: {seed + 1} of {plan.markets}", seed / plan.markets)
        config = MarketConfig(candidates=plan.candidates, postings=plan.postings, seed=seed)
        market = Market(config)
        logged, run = market.visits(plan.lists, _LOGGED), market.visits(plan.visits, _RUN)
        for visitors in Visitors:
            lists = shuffled_lists(logged, visitors, seed)
            true = true_values(run, visitors, seed)
            measured.append(
                {
                    "market": seed,
                    "visitors": str(visitors),
                    "true": true,
                    "shuffled": float(lists.clicks.sum(axis=1).mean()),
                    **{str(model): estimates(logged, lists, model, seed) for model in ClickModel},
                    "training": trained(market, plan, visitors, lists),
                }
            )
    return {
        "plan": asdict(plan),
        "policies": POLICIES,
        "ways": [_way(measured, visitors, model) for visitors in Visitors for model in ClickModel],
        "cost": [_cost(measured, visitors) for visitors in Visitors],
        "training": [
            _training(measured, visitors, weights) for visitors in Visitors for weights in WEIGHTS
        ],
        "markets": measured,
    }


def shuffled_lists(visits: Visits, visitors: Visitors, seed: int) -> ShuffledLists:
    """Show every visit a list in the order that the stream would give it."""
    ids = (f"{seed} {visitors} {number}" for number in range(len(visits)))
    order = np.array([permutation(one, LENGTH) for one in ids], dtype=np.int64)
    return ShuffledLists(visits.opened(order, visitors, _LOGGED), order, visits.candidates)


def true_values(visits: Visits, visitors: Visitors, seed: int) -> list[float]:
    """Run each policy; return the clicks a list. All see equal visits and equal luck."""
    orders = (np.argsort(places, axis=1) for places in policies(visits, seed))
    return [float(visits.opened(one, visitors, _RUN).sum(axis=1).mean()) for one in orders]


def estimates(
    visits: Visits, lists: ShuffledLists, model: ClickModel, seed: int
) -> list[dict[str, float]]:
    """Estimate each policy from shuffled lists."""
    placed = (np.take_along_axis(places, lists.order, axis=1) for places in policies(visits, seed))
    return [asdict(policy_value(lists, one, model, draws=200)) for one in placed]


def policies(visits: Visits, seed: int) -> list[np.ndarray]:
    """Return where each policy puts the items: (N, K), by place in the site's order.

    One keeps that order, one reverses it, six go by one feature, and the others by mixtures whose
    weights are drawn for each market.
    """
    single = np.eye(len(FEATURES))
    mixtures = np.random.default_rng(seed).normal(size=(POLICIES - len(single) - 1, len(single)))
    features = scaled_features(visits)[:, :LENGTH]
    every = np.concatenate([single, -single[:1], mixtures])
    orders = (np.argsort(-(features @ one), axis=1, kind="stable") for one in every)
    return [np.argsort(one, axis=1) for one in orders]


def scaled_features(visits: Visits) -> np.ndarray:
    """Return the features of pages with mean 0 on each page and deviation 1, (N, PAGE, F)."""
    centred = visits.features - visits.features.mean(axis=1, keepdims=True)
    return np.asarray(centred / centred.std(axis=(0, 1)))


def trained(
    market: Market, plan: OffPolicyPlan, visitors: Visitors, lists: ShuffledLists
) -> list[dict[str, float]]:
    """Train by clicks in the site's order, once for each of `WEIGHTS`; say how good it becomes."""
    shown, run = market.visits(plan.lists, _CLICKED), market.visits(plan.visits, _RUN)
    in_order = np.broadcast_to(np.arange(LENGTH), (len(shown), LENGTH))
    rows, places = np.nonzero(shown.opened(in_order, visitors, _CLICKED))
    looked_at = np.array([one.estimate for one in examination(lists, draws=1)])
    weights = (np.ones(len(places)), 1 / np.maximum(looked_at[places], 0.05))
    return [_quality(_fit(shown, rows, places, own), run, visitors) for own in weights]


def _fit(visits: Visits, rows: np.ndarray, places: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Fit what is opened against the rest of the page, by all features but the site's own rank."""
    features = scaled_features(visits)[:, :, 1:].astype(np.float32)
    others = np.arange(features.shape[1])[None, :] != places[:, None]
    chosen_first = np.argsort(others, axis=1, kind="stable")
    examples = torch.from_numpy(features[rows[:, None], chosen_first])
    shares = torch.from_numpy((weights / weights.sum()).astype(np.float32))
    start = torch.zeros(features.shape[2], dtype=torch.float64)
    return np.asarray(softmax_regression(examples, shares, _L2, start).numpy())


def _quality(weights: np.ndarray, visits: Visits, visitors: Visitors) -> dict[str, float]:
    """Return the mean rank correlation with what visitors like, and the clicks a list."""
    scores = scaled_features(visits)[:, :, 1:] @ weights
    ranks = [np.argsort(np.argsort(one, axis=1), axis=1) for one in (scores, visits.utility)]
    first, second = (own - own.mean(axis=1, keepdims=True) for own in ranks)
    order = np.argsort(-scores[:, :LENGTH], axis=1, kind="stable")
    return {
        "agreement": float(((first * second).mean(axis=1) / (first**2).mean(axis=1)).mean()),
        "clicks": float(visits.opened(order, visitors, _RUN).sum(axis=1).mean()),
    }


def _way(measured: list[dict[str, Any]], visitors: Visitors, model: ClickModel) -> dict[str, Any]:
    own = [one for one in measured if one["visitors"] == visitors]
    true = np.array([one["true"] for one in own])  # (markets, policies)
    found = np.array([[value["estimate"] for value in one[str(model)]] for one in own])
    correlations = [float(spearmanr(*pair).statistic) for pair in zip(found, true, strict=True)]
    return {
        "visitors": str(visitors),
        "click_model": str(model),
        "rank_correlation": float(np.mean(correlations)),
        "least": min(correlations),
        "error": float(np.abs(found - true).mean()),
        "true_range": [float(true.min(axis=1).mean()), float(true.max(axis=1).mean())],
        "estimated_range": [float(found.min(axis=1).mean()), float(found.max(axis=1).mean())],
    }


def _cost(measured: list[dict[str, Any]], visitors: Visitors) -> dict[str, Any]:
    """Return the clicks a list in the site's order, which is the first policy, and shuffled."""
    own = [one for one in measured if one["visitors"] == visitors]
    return {
        "visitors": str(visitors),
        "in_order": float(np.mean([one["true"][0] for one in own])),
        "shuffled": float(np.mean([one["shuffled"] for one in own])),
    }


def _training(
    measured: list[dict[str, Any]], visitors: Visitors, weights: str
) -> Mapping[str, Any]:
    rows = [one["training"] for one in measured if one["visitors"] == visitors]
    place = WEIGHTS.index(weights)
    return {
        "visitors": str(visitors),
        "weights": weights,
        **{
            name: float(np.mean([row[place][name] for row in rows]))
            for name in ("agreement", "clicks")
        },
    }
