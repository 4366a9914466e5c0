"""Explanation: which part of a profile carries a posting, and the words that say so."""
