"""Text: tokens, and vectors of texts."""
