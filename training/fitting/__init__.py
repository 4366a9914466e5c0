"""Fitting: training in one or several processes, checkpoints, and the choice of the decoding."""
