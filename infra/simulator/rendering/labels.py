"""How simulated records are labelled: ids, times, the source, and skills in words."""

from datetime import UTC, datetime

import numpy as np

from infra.simulator.landscape import NOTHING
from infra.simulator.scene import Scene
from infra.simulator.vocabulary.occupation import Language
from streaming.timestamps import to_text

SOURCE = "simulator"
"""The label that every simulated record carries."""

_MICROS = 1_000_000


def posting_id(number: int) -> str:
    """Name a posting."""
    return f"p{number:06d}"


def candidate_id(number: int) -> str:
    """Name a candidate."""
    return f"c{number:06d}"


def event_id(number: int) -> str:
    """Name an event."""
    return f"e{number:09d}"


def time_text(micros: int) -> str:
    """Write microseconds since 1970 in the canonical format."""
    seconds, rest = divmod(int(micros), _MICROS)
    return to_text(datetime.fromtimestamp(seconds, UTC).replace(microsecond=rest))


def skill_words(scene: Scene, skills: np.ndarray, language: Language) -> list[str]:
    """Write a row of skills in a language."""
    return [scene.land.skill(skill, language) for skill in skills.tolist() if skill != NOTHING]
