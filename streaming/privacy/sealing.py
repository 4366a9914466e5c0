"""Sealed bytes: dead letters and rejected rows that only the holder of the key can read.

AES-SIV of the library cryptography, with a key that is derived from that of the pseudonyms. It is
deterministic: a letter that is written again has the same bytes. Where a letter stands is part of
what is authenticated, so that equal letters do not look alike, and none can be put in place of
another.
"""

import hmac
from typing import TYPE_CHECKING

from streaming.errors import SettingsError
from streaming.privacy.pseudonyms import Pseudonyms

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.ciphers.aead import AESSIV

_MARK = b"\x00careerstream-sealed-1\x00"
"""Begins what is sealed; no text begins so. The fingerprint of the key follows."""
_FINGERPRINT = 16


def seal(pseudonyms: Pseudonyms, content: bytes, place: str) -> bytes:
    """Return sealed bytes; `place` says where they stand and must be known to open them."""
    sealed = _cipher(pseudonyms).encrypt(b"\x01" + content, [place.encode()])
    return _MARK + pseudonyms.fingerprint.encode() + sealed


def is_sealed(content: bytes | None) -> bool:
    """Return whether bytes are sealed."""
    return content is not None and content.startswith(_MARK)


def unseal(pseudonyms: Pseudonyms | None, content: bytes, place: str) -> bytes:
    """Open sealed bytes; what is not sealed is returned as it is.

    Raises:
        SettingsError: there is no key, or another one than it was sealed with; or the bytes were
            changed or moved.
    """
    if not is_sealed(content):
        return content
    own = content[len(_MARK) : len(_MARK) + _FINGERPRINT].decode(errors="replace")
    if pseudonyms is None:
        raise SettingsError(
            f"{place} is sealed with the key {own}; set privacy.pseudonyms and where that key is"
        )
    if own != pseudonyms.fingerprint:
        raise SettingsError(
            f"{place} is sealed with the key {own}, and the settings give {pseudonyms.fingerprint}"
        )
    from cryptography.exceptions import InvalidTag  # noqa: PLC0415 - as in `_cipher`

    try:
        opened = _cipher(pseudonyms).decrypt(content[len(_MARK) + _FINGERPRINT :], [place.encode()])
    except InvalidTag as error:
        raise SettingsError(f"{place} was changed or moved after it was sealed") from error
    return opened[1:]


def _cipher(pseudonyms: Pseudonyms) -> "AESSIV":
    from cryptography.hazmat.primitives.ciphers.aead import AESSIV  # noqa: PLC0415 - of an extra

    return AESSIV(hmac.digest(pseudonyms.key, b"seal", "sha512"))
