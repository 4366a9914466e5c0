"""Fairness: for whom lists and matches are worse, measured for audit groups."""
