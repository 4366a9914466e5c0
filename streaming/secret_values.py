"""Reads secrets from where the settings say: the setting itself, or a file."""

from pathlib import Path

from pydantic import SecretStr

from streaming.errors import SettingsError


def read_secret(setting: str, value: SecretStr | None, file: Path | None) -> str:
    """Return a secret, '' where there is none.

    Args:
        setting: its dotted name, such as `kafka.password`; that of the file ends in `_file`.
        value: the secret, as it stands in the environment or in the file of settings.
        file: a file that holds nothing else; the end of its line does not count.

    Raises:
        SettingsError: the file cannot be read, or is empty.
    """
    if file is None:
        return value.get_secret_value() if value else ""
    try:
        secret = file.read_text(encoding="utf-8").rstrip("\r\n")
    except (OSError, UnicodeDecodeError) as error:
        why = getattr(error, "strerror", None) or "it is not UTF-8"
        raise SettingsError(f"{setting}_file {file} cannot be read: {why}") from error
    if not secret:
        raise SettingsError(f"{setting}_file {file} is empty; it must hold the secret and no more")
    return secret
