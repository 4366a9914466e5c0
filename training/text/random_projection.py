"""Fixed random vectors: the same key has the same one everywhere and always."""

import hashlib
import math
from functools import lru_cache

import numpy as np


@lru_cache(maxsize=65_536)
def random_signs(key: str, width: int) -> np.ndarray:
    """Return a unit vector of signs drawn from a key's hash.

    Args:
        key: any text.
        width: dimensions, a multiple of 8 up to 512.

    Returns:
        (width,) float32, read-only. Those of different keys are nearly orthogonal.
    """
    digest = hashlib.blake2b(key.encode(), digest_size=width // 8).digest()
    bits = np.unpackbits(np.frombuffer(digest, dtype=np.uint8))
    drawn = (bits.astype(np.float32) * 2 - 1) / np.float32(math.sqrt(width))
    drawn.setflags(write=False)
    return drawn
