"""Simulated records as values of the contract, and as files."""
