"""Both sides of the market: which candidates fit a posting, kept fresh as people act."""
