"""Scorers of bare ids: what comes next by the order of what came before, without any text."""
