"""Pseudonyms: what stands for a candidate's id behind `events` and `candidates`.

    "p-" + tag + body
    body = HMAC-SHA256(key, "pseudonym:" + id), its first 128 bits, 32 hexadecimal digits
    tag  = SHA-256(shard key + id), its first 12 bits, 3 hexadecimal digits
    shard key = HMAC-SHA256(key, "shard")

The id is UTF-8. Two ids of a billion share a body with a probability of 1 in 10^21. The tag says in
which shard of a state the candidate is. Spark computes it of the id before Python reads a message,
and reads it off a pseudonym, so that both lead to one shard. For that Spark's plans hold the shard
key: whoever learns it learns 12 bits of each id's hash, and not the key.

Only readers hash: producers, erasures and the effects of a conversation write the id itself to
`events` and `candidates`. So all messages of a candidate have one Kafka key, one partition and one
order of offsets, by which profiles are folded.
"""

import hmac
import os
import re
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from hashlib import sha256
from importlib.util import find_spec
from pathlib import Path

from streaming.contract.records import ANONYMOUS
from streaming.errors import SettingsError
from streaming.settings import PrivacySettings

PATTERN = "p-[0-9a-f]{35}"
"""A regular expression of Python and of Java for a whole pseudonym."""
PREFIX, TAG_DIGITS, BODY_DIGITS = "p-", 3, 32
KEY_BYTES = 32
"""The fewest bytes of a key."""
_PSEUDONYM = re.compile(PATTERN)


def is_pseudonym(text: str) -> bool:
    """Return whether a text has the form of a pseudonym."""
    return _PSEUDONYM.fullmatch(text) is not None


@dataclass(frozen=True)
class Pseudonyms:
    """Makes pseudonyms with one key; equal ids have equal pseudonyms."""

    key: bytes = field(repr=False)

    @cached_property
    def shard_key(self) -> bytes:
        """The key of the tags."""
        return hmac.digest(self.key, b"shard", "sha256")

    @cached_property
    def fingerprint(self) -> str:
        """What tells this key from others without giving it away: 16 hexadecimal digits."""
        return hmac.digest(self.key, b"fingerprint", "sha256").hex()[:16]

    def of(self, candidate_id: str) -> str:
        """Return the pseudonym of an id; visitors without an id stay what they are."""
        if candidate_id == ANONYMOUS:
            return candidate_id
        own = candidate_id.encode()
        tag = sha256(self.shard_key + own).hexdigest()[:TAG_DIGITS]
        body = hmac.digest(self.key, b"pseudonym:" + own, "sha256").hex()[:BODY_DIGITS]
        return f"{PREFIX}{tag}{body}"


@lru_cache(maxsize=8)
def pseudonyms_of(privacy: PrivacySettings) -> Pseudonyms | None:
    """Return what makes pseudonyms; None where ids stay as they are.

    Raises:
        SettingsError: the key cannot be read or is too short, or what seals is not installed.
    """
    if privacy.pseudonyms == "no":
        return None
    if find_spec("cryptography") is None:  # it seals dead letters
        raise SettingsError(
            'privacy.pseudonyms needs the library cryptography; install "careerstream[privacy]"'
        )
    name, key = _key_of(privacy)
    if len(key) < KEY_BYTES:
        raise SettingsError(
            f"{name} has a key of {len(key)} bytes; give at least {KEY_BYTES} random ones, such as "
            "those of `openssl rand -hex 32`"
        )
    return Pseudonyms(key)


def known_as(privacy: PrivacySettings, candidate_id: str) -> str:
    """Return under what topics and tables know a candidate, given by id or by pseudonym.

    Raises:
        SettingsError: as `pseudonyms_of`.
    """
    pseudonyms = pseudonyms_of(privacy)
    if pseudonyms is None or is_pseudonym(candidate_id):
        return candidate_id
    return pseudonyms.of(candidate_id)


def _key_of(privacy: PrivacySettings) -> tuple[str, bytes]:
    """Return where the key is from, in words, and the key without the end of its line."""
    if privacy.key_variable is not None:
        name = f"the environment variable {privacy.key_variable} (privacy.key_variable)"
        value = os.environ.get(privacy.key_variable)
        if value is None:
            raise SettingsError(f"{name} is not set; it must hold the key of pseudonyms")
        return name, value.rstrip("\r\n").encode()
    file = Path(str(privacy.key_file))
    try:
        return f"privacy.key_file {file}", file.read_bytes().rstrip(b"\r\n")
    except OSError as error:
        raise SettingsError(f"privacy.key_file {file} cannot be read: {error.strerror}") from error
