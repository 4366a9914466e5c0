"""The lake: Delta tables, and how the messages of topics are merged into them."""
