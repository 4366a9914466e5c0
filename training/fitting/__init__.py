"""Fitting: one call that trains, its processes, loop, checkpoints."""
