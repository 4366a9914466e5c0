"""The stream: contract, fold, scoring and sinks. Knows nothing of the other packages."""
