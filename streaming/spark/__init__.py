"""Spark sessions, as every job makes them."""
