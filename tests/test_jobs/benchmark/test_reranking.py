"""Policies that are estimated, and really run, on a small simulated market."""

import json

import numpy as np
from typer.testing import CliRunner

from infra.simulator import Market, MarketConfig, Visitors
from jobs.benchmark.reranking import POLICIES, policies
from jobs.cli.app import app


def test_estimates_order_twenty_policies_as_running_them_does(tmp_path):
    out = tmp_path / "off-policy.json"
    options = ["--lists", "2000", "--visits", "10000", "--markets", "1", "--candidates", "300"]
    result = CliRunner().invoke(
        app, ["benchmark", "off-policy", *options, "--out", str(out), "--json"],
        catch_exceptions=False,
    )  # fmt: skip
    report = json.loads(result.stdout)
    assert report == json.loads(out.read_text("utf-8"))
    assert report["policies"] == len(report["markets"][0]["true"]) == POLICIES
    found = {(way["visitors"], way["click_model"]): way for way in report["ways"]}
    assert found["compare", "position-based"]["rank_correlation"] >= 0.8
    assert found["judge", "position-based"]["rank_correlation"] >= 0.95


def test_visits_are_repeatable_and_policies_see_no_clicks():
    config = MarketConfig(candidates=50, postings=800, seed=3)
    first, second = (Market(config).visits(200, seed=1) for _ in range(2))
    assert np.array_equal(first.utility, second.utility)
    orders = policies(first, seed=5)
    for places in orders:
        assert np.array_equal(np.sort(places, axis=1), np.tile(np.arange(10), (200, 1)))
    assert np.array_equal(orders[0], np.tile(np.arange(10), (200, 1)))
    for visitors in Visitors:
        shown = [one.opened(orders[3], visitors, seed=2) for one in (first, second)]
        assert np.array_equal(*shown)
        top, bottom = shown[0][:, :3].mean(), shown[0][:, -3:].mean()
        assert top > bottom
