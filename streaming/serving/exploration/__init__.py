"""Lists in a random order, from which it is learned how much a place counts."""
