"""Similarity: nearest neighbours and clusters in the space of the serving model."""
