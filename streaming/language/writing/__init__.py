"""Rewrites postings: structure, plain and inclusive words, and facts that are checked."""
