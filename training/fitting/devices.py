"""The device that a process trains on."""

import logging
import os

import torch

from streaming.errors import SettingsError, one_line

CPU = torch.device("cpu")
_WORKSPACE = ":4096:8"
"""Makes cuBLAS repeat itself bit for bit (NVIDIA, cuBLAS documentation, "Results
reproducibility")."""
log = logging.getLogger(__name__)


def require_device(setting: str) -> None:
    """Check that there is a GPU where the setting `training.device` requires one.

    Raises:
        SettingsError: the setting is `cuda`, and PyTorch sees no GPU.
    """
    if setting == "cuda" and not torch.cuda.is_available():
        raise SettingsError(
            "training.device=cuda, but PyTorch sees no GPU here (look at nvidia-smi and at "
            "CUDA_VISIBLE_DEVICES); use cpu or auto"
        )


def device_type(setting: str) -> str:
    """Return `cuda` or `cpu`: on what the setting asks to train, as far as PyTorch can."""
    return "cuda" if setting != "cpu" and torch.cuda.is_available() else "cpu"


def choose_device(setting: str, local_rank: int) -> torch.device:
    """Return the device of one process, ready for repeatable work.

    The setting is `cpu`, `cuda`, or `auto`: a GPU where PyTorch can use one. The GPUs are dealt out
    by local rank in turn; where processes outnumber them, processes share one.

    Raises:
        SettingsError: the setting is `cuda`, and PyTorch can use no GPU.
    """
    require_device(setting)
    if setting == "cpu" or not torch.cuda.is_available():
        return CPU
    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", _WORKSPACE)
    device = torch.device("cuda", local_rank % torch.cuda.device_count())
    try:
        torch.cuda.set_device(device)
        torch.ones(1, device=device).add_(1)  # an unusable GPU fails only here
    except RuntimeError as error:
        if setting == "cuda":
            raise SettingsError(
                f"training.device=cuda, but {device} cannot be used: {one_line(error)}; use cpu"
            ) from error
        log.warning("training on the CPU: %s cannot be used: %s", device, one_line(error))
        return CPU
    return device
