"""Exact products of int8 matrices in PyTorch.

What: calls `torch._int_mm`.
Why: `torch.mm` returns int8 for int8 matrices, so its sums overflow; no public function returns
int32. Processors with VNNI or AMX multiply bytes several times as fast as floats.
Guard: `training.inference.quantisation` times it against a float product, and uses it only where it
exists and is faster. Both are exact.
Tried on: PyTorch 2.13.0. Goes when: `torch.mm` accepts `out_dtype` on the CPU.
"""

import torch
from torch import Tensor


def multiply_int8(left: Tensor, right: Tensor) -> Tensor:
    """Multiply (N, D) by (D, B), both int8, to (N, B) int32.

    Raises:
        AttributeError: this PyTorch has no such function.
        RuntimeError: this PyTorch cannot multiply these shapes on this processor.
    """
    return torch._int_mm(left, right)
