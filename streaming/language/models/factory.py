"""Opens the language model that the settings name."""

from pathlib import Path

from streaming.errors import SettingsError
from streaming.language.models.guarded_model import GuardedModel
from streaming.language.models.http_model import HttpModel
from streaming.language.models.local_model import LocalModel
from streaming.language.models.model import LanguageModel
from streaming.settings import Settings

NONE = "none"


def open_model(settings: Settings) -> LanguageModel | None:
    """Return the model of `language.model`; None for none.

    Raises:
        SettingsError: it is neither a URL nor a model on this machine, or its name is missing.
    """
    own = settings.language
    if own.model == NONE:
        return None
    if own.model.startswith(("http://", "https://")):
        if not own.name:
            raise SettingsError(
                "language.model is an endpoint, which needs language.name: the model's name there"
            )
        key = own.api_key.get_secret_value() if own.api_key else None
        model: LanguageModel = HttpModel(
            own.model,
            own.name,
            api_key=key,
            timeout=own.timeout_seconds,
            retries=own.retries,
            parallel=own.parallel,
        )
    elif (path := Path(own.model)).is_dir() or (path.is_file() and path.suffix == ".gguf"):
        model = LocalModel(path, timeout=own.timeout_seconds)
    else:
        raise SettingsError(
            f"language.model {own.model!r} is no endpoint (http://…/v1), folder or GGUF file; give"
            " one of these, or none"
        )
    return GuardedModel(model, settings.home / "language" / "answers", own.budget_tokens)
