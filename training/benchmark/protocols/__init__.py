"""Protocols of the quality benchmark: which cases, which candidates, how lists are scored."""
