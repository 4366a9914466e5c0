"""Which device a process trains on."""

import os

import torch

from streaming.errors import SettingsError

_WORKSPACE = ":4096:8"
"""With it cuBLAS repeats itself bit for bit (NVIDIA, cuBLAS documentation, "Results
reproducibility")."""


def choose(named: str, local_rank: int) -> torch.device:
    """Return the device of one process, ready for repeatable work.

    Args:
        named: `cpu`, `cuda`, or `auto`: a GPU where PyTorch sees one.
        local_rank: of the process. The GPUs are dealt out in turn, so that more processes than
            GPUs share them.

    Raises:
        SettingsError: `cuda` is named, and PyTorch sees no GPU.
    """
    gpus = torch.cuda.device_count() if named != "cpu" else 0
    if named == "cuda" and not gpus:
        raise SettingsError(
            "training.device=cuda, but PyTorch sees no GPU here (look at nvidia-smi and at "
            "CUDA_VISIBLE_DEVICES); use cpu or auto"
        )
    if not gpus:
        return torch.device("cpu")
    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", _WORKSPACE)
    device = torch.device("cuda", local_rank % gpus)
    torch.cuda.set_device(device)
    return device
