"""Which device a process trains on."""

import logging
import os

import torch

from streaming.errors import SettingsError, one_line

CPU = torch.device("cpu")
_WORKSPACE = ":4096:8"
"""With it cuBLAS repeats itself bit for bit (NVIDIA, cuBLAS documentation, "Results
reproducibility")."""
log = logging.getLogger(__name__)


def require(named: str) -> None:
    """Make sure that there is what is named, without touching it.

    Raises:
        SettingsError: `cuda` is named, and PyTorch sees no GPU.
    """
    if named == "cuda" and not torch.cuda.is_available():
        raise SettingsError(
            "training.device=cuda, but PyTorch sees no GPU here (look at nvidia-smi and at "
            "CUDA_VISIBLE_DEVICES); use cpu or auto"
        )


def choose(named: str, local_rank: int) -> torch.device:
    """Return the device of one process, ready for repeatable work.

    Args:
        named: `cpu`, `cuda`, or `auto`: a GPU where PyTorch can use one.
        local_rank: of the process. The GPUs are dealt out in turn, so that more processes than
            GPUs share them.

    Raises:
        SettingsError: `cuda` is named, and there is no GPU that PyTorch can use.
    """
    require(named)
    if named == "cpu" or not torch.cuda.is_available():
        return CPU
    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", _WORKSPACE)
    device = torch.device("cuda", local_rank % torch.cuda.device_count())
    try:
        torch.cuda.set_device(device)
        torch.ones(1, device=device).add_(1)  # one that is too old, or taken, fails only when used
    except RuntimeError as error:
        if named == "cuda":
            raise SettingsError(
                f"training.device=cuda, but {device} cannot be used: {one_line(error)}; use cpu"
            ) from error
        log.warning("training on the CPU: %s cannot be used: %s", device, one_line(error))
        return CPU
    return device
