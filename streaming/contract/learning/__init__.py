"""Records about learning: courses, and plans that are made of them."""
