"""The error of a training that cannot go on."""

from streaming.errors import CareerstreamError


class TrainingError(CareerstreamError):
    """A training process died, or cannot go on."""
