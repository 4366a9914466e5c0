"""Training data: read from the lake, split by time, counted."""
