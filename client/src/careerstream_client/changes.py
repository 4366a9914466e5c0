"""Messages of the topic `recommendations`, by the rules of the contract, without a connection."""

from collections import OrderedDict

from careerstream_client.errors import ContractError
from careerstream_client.records import SCHEMA_VERSION, Recommendation
from careerstream_client.wire import parse_object, read_int, read_text, required, version_reader

REMEMBERED = 100_000
"""How many candidates' versions are remembered where nothing else is said."""

_VERSION = version_reader(SCHEMA_VERSION)


class Change:
    """A candidate has a new list, or none any more."""

    __slots__ = ("_read", "candidate_id", "profile_version", "value")

    def __init__(self, candidate_id: str, profile_version: int, value: bytes | None) -> None:
        self.candidate_id = candidate_id
        """Whose list it is; `*` for anonymous visitors."""
        self.profile_version = profile_version
        """Of the profile that it was made for; -1 where the list is gone."""
        self.value = value
        """The list as JSON; None where it is gone."""
        self._read: Recommendation | None = None

    @property
    def recommendation(self) -> Recommendation | None:
        """The list, None where it is gone. It is decoded when it is first read.

        Raises:
            ContractError: a part of it is missing or wrong.
        """
        if self._read is None and self.value is not None:
            self._read = Recommendation.from_json(self.value)
        return self._read

    def __repr__(self) -> str:
        return f"Change(candidate_id={self.candidate_id!r}, profile_version={self.profile_version})"


class NewestVersions:
    """Lets each change through once: an older version is ignored, and a null forgets.

    It remembers the newest version of so many candidates, those with the latest changes. An older
    message comes soon after the newer one, after a restart of a job or a broker. So a candidate who
    is no longer remembered costs nothing but a list that is shown for a moment.
    """

    def __init__(self, remember: int = REMEMBERED) -> None:
        if remember < 1:
            raise ValueError(f"remember is {remember}, must be at least 1")
        self._remember = remember
        self._newest: OrderedDict[str, int] = OrderedDict()
        self.ignored = 0
        """How many older versions came."""

    def __len__(self) -> int:
        return len(self._newest)

    def read(self, key: bytes | None, value: bytes | None) -> Change | None:
        """Read a message; None if it is older than what is known.

        Only what these rules need is checked. The list is checked when it is read.

        Raises:
            ContractError: the message is no recommendation, or its key is not the candidate.
        """
        change = read_change(key, value)
        candidate, version = change.candidate_id, change.profile_version
        if value is None:
            self._newest.pop(candidate, None)
            return change
        newest = self._newest.get(candidate)
        if newest is not None and version < newest:
            self.ignored += 1
            return None
        self._newest[candidate] = version
        if newest is not None:
            self._newest.move_to_end(candidate)
        elif len(self._newest) > self._remember:
            self._newest.popitem(last=False)
        return change


def read_change(key: bytes | None, value: bytes | None) -> Change:
    """Read a message, whether it is old or new; a ContractError where it is none."""
    try:
        candidate = (key or b"").decode()
    except UnicodeDecodeError as error:
        raise ContractError("the key is not UTF-8") from error
    if not candidate:
        raise ContractError("the message has no key")
    if value is None:
        return Change(candidate, -1, None)
    document = parse_object(value)
    required(document, "schema_version", _VERSION)
    version = required(document, "profile_version", read_int)
    if document.get("candidate_id") != candidate:
        named = required(document, "candidate_id", read_text)
        raise ContractError(f"is {named[:60]!r}, and the key is {candidate[:60]!r}", "candidate_id")
    # The change does not keep the document: a thousand of them at once would occupy Python's
    # garbage collector for longer than it takes to parse those again that somebody reads.
    return Change(candidate, version, value)
