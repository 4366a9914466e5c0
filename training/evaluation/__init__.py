"""Evaluation: ranking metrics, and rankers measured on later events."""
