"""The lake: Delta tables, how rows are merged into them, and their maintenance."""
