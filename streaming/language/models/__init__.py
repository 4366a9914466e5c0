"""The one door to language models: an endpoint, a local file, or none."""
