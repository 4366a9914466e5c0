"""Protocols of the quality benchmark: cases, candidates and exclusions."""
