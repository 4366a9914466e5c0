"""Commands on shuffled lists."""
