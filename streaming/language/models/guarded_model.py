"""What stands between the house and a model: redaction, cache, budget."""

import hashlib
import os
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock

from streaming.language.models.model import Answer, LanguageModel, Prompt
from streaming.privacy.redaction import Redacted, redact

_CHARACTERS_PER_TOKEN = 2
"""A cautious estimate: English has four, Chinese one to two."""


@dataclass
class Budget:
    """Tokens that may still be spent by this process."""

    tokens: int
    lock: Lock = field(default_factory=Lock)

    def spend(self, prompt: Prompt) -> bool:
        """Take a prompt's tokens and those of its longest answer; False if too few are left."""
        length = len(prompt.system) + len(prompt.user)
        cost = length // _CHARACTERS_PER_TOKEN + prompt.max_tokens
        with self.lock:
            if cost > self.tokens:
                return False
            self.tokens -= cost
            return True


class GuardedModel:
    """A model that sees no personal data, answers equal prompts once, and has a budget."""

    def __init__(self, model: LanguageModel, cache: Path, budget_tokens: int) -> None:
        """Guard a model.

        Args:
            model: what answers.
            cache: folder of answers, by the hash of model and redacted prompt.
            budget_tokens: for the life of this object.
        """
        self._model, self._cache, self._budget = model, cache, Budget(budget_tokens)

    @property
    def name(self) -> str:
        """The model's name."""
        return self._model.name

    def complete(self, prompts: Sequence[Prompt]) -> list[Answer]:
        """Return one answer for each prompt, in order."""
        redacted = [redact(prompt.user, prompt.names) for prompt in prompts]
        asked = [
            Prompt(prompt.system, own.text, prompt.max_tokens)
            for prompt, own in zip(prompts, redacted, strict=True)
        ]
        answers = {prompt: found for prompt in asked if (found := self._cached(prompt))}
        missing = [prompt for prompt in dict.fromkeys(asked) if prompt not in answers]
        paid = [prompt for prompt in missing if self._budget.spend(prompt)]
        for prompt, answer in zip(paid, self._model.complete(paid), strict=True):
            answers[prompt] = answer
            if answer.text is not None:
                self._store(prompt, answer.text)
        spent = Answer(None, "the budget of language.budget_tokens is spent")
        return [
            _restored(answers.get(prompt, spent), own)
            for prompt, own in zip(asked, redacted, strict=True)
        ]

    def _file(self, prompt: Prompt) -> Path:
        parts = (self.name, prompt.system, prompt.user, str(prompt.max_tokens))
        digest = hashlib.sha256("\0".join(parts).encode(errors="replace")).hexdigest()
        return self._cache / f"{digest}.txt"

    def _cached(self, prompt: Prompt) -> Answer | None:
        try:
            return Answer(self._file(prompt).read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError):
            return None

    def _store(self, prompt: Prompt, text: str) -> None:
        """Write an answer as a whole: a crash leaves no half of one."""
        self._cache.mkdir(parents=True, exist_ok=True, mode=0o700)
        with tempfile.NamedTemporaryFile(
            "w", dir=self._cache, delete=False, encoding="utf-8", errors="replace"
        ) as file:
            file.write(text)
        os.replace(file.name, self._file(prompt))  # noqa: PTH105 - atomic, on both names


def _restored(answer: Answer, redacted: Redacted) -> Answer:
    if answer.text is None:
        return answer
    return Answer(redacted.restored(answer.text))
