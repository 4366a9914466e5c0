"""Benchmark reports: files, a page for people, MLflow."""
