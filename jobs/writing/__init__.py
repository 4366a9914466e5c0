"""Rewriting postings: read from files or from their topic; how well it goes."""
