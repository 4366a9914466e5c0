"""Baselines that every report of the benchmark holds, each chosen on the validation part."""
