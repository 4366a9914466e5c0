"""Alerts for Prometheus."""
