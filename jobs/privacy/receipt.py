"""The receipt of an erasure: what was found where, what became of it, and a signature (Ed25519).

It does not name the candidate. It holds a salted hash of the id, by which somebody who knows the id
can tell that the receipt is about them.
"""

import base64
import hashlib
import hmac
import secrets
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson

from streaming.errors import InputError, SettingsError
from streaming.settings import Settings

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

VERSION = 1
Receipt = dict[str, Any]


def hashed(candidate_id: str, salt: str) -> str:
    """Return the hash that stands for a candidate in a receipt with this salt (hexadecimal)."""
    return hashlib.blake2b(
        candidate_id.encode(), key=bytes.fromhex(salt), digest_size=16
    ).hexdigest()


def new_salt() -> str:
    """Return a random salt."""
    return secrets.token_hex(16)


def concerns(receipt: Mapping[str, Any], candidate_id: str) -> bool:
    """Return whether a receipt is about a candidate."""
    own = hashed(candidate_id, receipt["salt"])
    return any(hmac.compare_digest(own, each["candidate"]) for each in receipt["people"])


def sign(settings: Settings, receipt: Mapping[str, Any]) -> Receipt:
    """Return a receipt with its signature and the public key.

    The key is in `privacy.signing_key_file`, or is made there where that is not set.

    Raises:
        SettingsError: the key cannot be read.
    """
    key = _signing_key(settings)
    public = key.public_key().public_bytes_raw()
    return {
        "receipt": dict(receipt),
        "public_key": base64.b64encode(public).decode(),
        "signature": base64.b64encode(key.sign(canonical(receipt))).decode(),
    }


def read_receipt(file: Path, trusted: Path | None = None) -> Receipt:
    """Read a signed receipt and check its signature.

    Args:
        file: what `sign` returned, as JSON.
        trusted: a PEM file of the public key that must have signed it; without it, the receipt only
            proves to be unchanged since whoever holds the key that it names has signed it.

    Raises:
        InputError: it is no receipt, or the signature does not fit.
    """
    from cryptography.exceptions import InvalidSignature  # noqa: PLC0415 - rarely needed
    from cryptography.hazmat.primitives.asymmetric.ed25519 import (  # noqa: PLC0415
        Ed25519PublicKey,
    )

    try:
        signed = orjson.loads(file.read_bytes())
        receipt: Receipt = signed["receipt"]
        public = base64.b64decode(signed["public_key"], validate=True)
        signature = base64.b64decode(signed["signature"], validate=True)
        if trusted is not None and public != _public_key(trusted):
            raise InputError(f"{file} was signed with another key than that of {trusted}")
        Ed25519PublicKey.from_public_bytes(public).verify(signature, canonical(receipt))
    except OSError as error:
        raise InputError(f"the receipt {file} cannot be read: {error.strerror}") from error
    except (KeyError, TypeError, ValueError) as error:
        raise InputError(f"{file} is no receipt of `careerstream erase`: {error}") from error
    except InvalidSignature as error:
        raise InputError(
            f"the signature of {file} does not fit: it was changed after it was signed"
        ) from error
    return receipt


def canonical(receipt: Mapping[str, Any]) -> bytes:
    """Return the bytes that are signed: JSON with sorted keys."""
    return orjson.dumps(receipt, option=orjson.OPT_SORT_KEYS)


def write_receipt(file: Path, signed: Mapping[str, Any]) -> None:
    """Write a signed receipt, whole or not at all."""
    file.parent.mkdir(parents=True, exist_ok=True)
    unfinished = file.with_name(f".{file.name}-{secrets.token_hex(4)}")
    unfinished.write_bytes(orjson.dumps(signed, option=orjson.OPT_INDENT_2))
    unfinished.replace(file)


def place_rows(receipt: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    """Return the rows of a receipt, one for each place."""
    rows: Sequence[Mapping[str, Any]] = receipt["places"]
    return rows


def _signing_key(settings: Settings) -> "Ed25519PrivateKey":
    from cryptography.hazmat.primitives import serialization  # noqa: PLC0415 - rarely needed
    from cryptography.hazmat.primitives.asymmetric.ed25519 import (  # noqa: PLC0415
        Ed25519PrivateKey,
    )

    given = settings.privacy.signing_key_file
    file = given or settings.home.absolute() / "privacy" / "signing.pem"
    if given is None and not file.exists():
        _make_key(file)
    try:
        key = serialization.load_pem_private_key(file.read_bytes(), password=None)
    except OSError as error:
        raise SettingsError(
            f"privacy.signing_key_file {file} cannot be read: {error.strerror}"
        ) from error
    except (TypeError, ValueError) as error:
        raise SettingsError(
            f"privacy.signing_key_file {file} is no unencrypted private key in PEM; "
            "`openssl genpkey -algorithm ed25519` makes one"
        ) from error
    if not isinstance(key, Ed25519PrivateKey):
        raise SettingsError(
            f"privacy.signing_key_file {file} is no Ed25519 key; "
            "`openssl genpkey -algorithm ed25519` makes one"
        )
    return key


def _make_key(file: Path) -> None:
    from cryptography.hazmat.primitives import serialization as as_  # noqa: PLC0415
    from cryptography.hazmat.primitives.asymmetric.ed25519 import (  # noqa: PLC0415
        Ed25519PrivateKey,
    )

    key = Ed25519PrivateKey.generate()
    pem = key.private_bytes(as_.Encoding.PEM, as_.PrivateFormat.PKCS8, as_.NoEncryption())
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    staged = file.with_name(f".{file.name}-{secrets.token_hex(4)}")
    staged.touch(mode=0o600)
    staged.write_bytes(pem)
    staged.replace(file)


def _public_key(file: Path) -> bytes:
    from cryptography.hazmat.primitives import serialization  # noqa: PLC0415 - rarely needed
    from cryptography.hazmat.primitives.asymmetric.ed25519 import (  # noqa: PLC0415
        Ed25519PublicKey,
    )

    key = serialization.load_pem_public_key(file.read_bytes())
    if not isinstance(key, Ed25519PublicKey):
        raise InputError(f"{file} is no Ed25519 key")
    return key.public_bytes_raw()
