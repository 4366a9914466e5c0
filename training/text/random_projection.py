"""Random projection: fixed random vectors, the same for a key on every machine."""

import hashlib
import math
from functools import lru_cache

import numpy as np


@lru_cache(maxsize=65_536)
def random_signs(key: str, width: int) -> np.ndarray:
    """Return a unit vector of random signs, drawn from a hash of a key (Achlioptas 2003).

    The width is a multiple of 8 up to 512. Returns (width,) float32, read-only; vectors of
    different keys are nearly orthogonal.
    """
    digest = hashlib.blake2b(key.encode(), digest_size=width // 8).digest()
    bits = np.unpackbits(np.frombuffer(digest, dtype=np.uint8))
    vector = (bits.astype(np.float32) * 2 - 1) / np.float32(math.sqrt(width))
    vector.setflags(write=False)
    return vector
