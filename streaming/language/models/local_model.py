"""A language model in this process: a folder or a GGUF file, read by transformers (extra llm)."""

import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from streaming.errors import MissingDependencyError, one_line
from streaming.language.models.model import Answer, Prompt


class LocalModel:
    """Loads the model with the first prompt and keeps it."""

    def __init__(self, path: Path, *, timeout: float) -> None:
        """Prepare a model; nothing is loaded yet.

        Args:
            path: a folder with a model, or a file that ends in .gguf.
            timeout: seconds for the answer to one prompt; what is written by then counts.
        """
        self._path, self._timeout = path, timeout
        self._loaded: tuple[Any, Any] | None = None
        self._lock = threading.Lock()

    @property
    def name(self) -> str:
        """The file's or folder's name."""
        return self._path.stem if self._path.is_file() else self._path.name

    def complete(self, prompts: Sequence[Prompt]) -> list[Answer]:
        """Return one answer for each prompt, in order.

        Raises:
            MissingDependencyError: the extra llm is not installed.
        """
        with self._lock:
            return [self._answer(prompt) for prompt in prompts]

    def _answer(self, prompt: Prompt) -> Answer:
        try:
            tokenizer, model = self._load()
            messages = [
                {"role": "system", "content": prompt.system},
                {"role": "user", "content": prompt.user},
            ]
            asked = tokenizer.apply_chat_template(
                messages, add_generation_prompt=True, return_tensors="pt", return_dict=True
            )
            length = asked["input_ids"].shape[1]
            limit = getattr(model.config, "max_position_embeddings", length + prompt.max_tokens)
            if length >= limit:
                return Answer(
                    None, f"the prompt has {length:,} tokens, {self.name} reads {limit:,}"
                )
            written = model.generate(
                **asked,
                max_new_tokens=min(prompt.max_tokens, limit - length),
                do_sample=False,
                max_time=self._timeout,
            )
            text = str(tokenizer.decode(written[0, length:], skip_special_tokens=True)).strip()
        except MissingDependencyError:
            raise
        except Exception as error:  # noqa: BLE001 - whatever a foreign model does wrong
            return Answer(None, f"language model {self.name} failed: {one_line(error)}")
        return Answer(text) if text else Answer(None, f"language model {self.name} wrote nothing")

    def _load(self) -> tuple[Any, Any]:
        if self._loaded is None:
            try:
                from transformers import AutoModelForCausalLM, AutoTokenizer  # noqa: PLC0415
            except ImportError as error:
                raise MissingDependencyError(
                    "language.model is a local one, which takes transformers, gguf and accelerate;"
                    " install careerstream[llm], or set language.model=none"
                ) from error
            folder, file = self._path, {}
            if self._path.is_file():
                folder, file = self._path.parent, {"gguf_file": self._path.name}
            options: dict[str, Any] = {"local_files_only": True, **file}
            tokenizer = AutoTokenizer.from_pretrained(str(folder), **options)
            model = AutoModelForCausalLM.from_pretrained(str(folder), **options)
            self._loaded = tokenizer, model  # from_pretrained leaves it in evaluation mode
        return self._loaded
