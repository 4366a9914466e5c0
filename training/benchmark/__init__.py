"""Offline quality of recommendations: protocols, baselines, the registered model, reports."""
