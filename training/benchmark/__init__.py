"""Offline benchmarks of recommendation quality: data, presets, baselines, metrics, reports."""
