"""Inference: the trained network in NumPy, over a catalogue prepared for it."""
