"""Serving: the ranker protocol, catalogues, the bundles that workers load, scoring."""
