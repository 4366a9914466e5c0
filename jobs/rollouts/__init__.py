"""Rollouts judged by what people do with the lists."""
