"""Ranking: the trained encoder-decoder as the stream computes it."""
