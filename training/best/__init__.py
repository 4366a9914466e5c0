"""The preset `best()`: whatever measures best, chosen by what the data hold."""

from training.best.preset import fit

__all__ = ["fit"]
