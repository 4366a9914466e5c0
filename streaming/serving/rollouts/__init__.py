"""Rollouts: the challenger for a share of the candidates, what ends it, what is made again."""
