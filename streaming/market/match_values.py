"""Makes values of the topic `matches`: ranked candidates with reasons in words.

To the employer's side a candidate is an id that stands for them beside one posting alone. Their own
id is shown once they have applied to that posting.
"""

# ruff: noqa: RUF001 - Chinese text has Chinese punctuation

import hashlib
import hmac
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import orjson

from streaming.contract.reaches import ReachedPosting
from streaming.contract.records import Match, MatchedCandidate, Reason, ReasonKind, to_json
from streaming.errors import SettingsError
from streaming.market.activity import activity_at
from streaming.market.match_index import Entry
from streaming.serving.champion import ServingVersions
from streaming.settings import Settings

_KEY_BYTES = 32
_TEXTS: Mapping[str, Mapping[str, str]] = {
    "en": {
        "event": "has turned to similar positions",
        "stated": "states {words}",
        "other": "may turn to this position",
        "all": "has all of the skills asked for: {met}",
        "some": "has {count} of the {total} skills asked for: {met}; does not state {missing}",
        "none": "states none of the skills asked for: {missing}",
        "comma": ", ",
    },
    "zh": {
        "event": "关注过类似的职位",
        "stated": "自述：{words}",
        "other": "可能关注这个职位",
        "all": "具备要求的全部技能：{met}",
        "some": "具备要求的{total}项技能中的{count}项：{met}；未提及{missing}",
        "none": "未提及要求的技能：{missing}",
        "comma": "、",
    },
}


@dataclass(frozen=True)
class MatchWriter:
    """Makes matches over one catalogue by one model."""

    key: bytes
    """Of the ids that stand for candidates."""
    versions: ServingVersions
    languages: Mapping[str, str]
    """By posting."""
    half_life_days: float
    """Of a candidate's activity."""

    def value(self, posting_id: str, entries: Iterable[Entry]) -> tuple[str, bytes] | None:
        """Return the id and the JSON of a posting's match; None where nobody fits."""
        texts = _TEXTS["zh" if self.languages.get(posting_id, "").startswith("zh") else "en"]
        listed = list(entries)
        if not listed:
            return None
        as_of = max(entry.reach.as_of for entry in listed)
        candidates = [
            self._candidate(rank, entry, texts, as_of) for rank, entry in enumerate(listed, start=1)
        ]
        match = Match(
            match_id=self._match_id(posting_id, candidates),
            posting_id=posting_id,
            model_name=self.versions.model_name,
            model_version=self.versions.model_version,
            catalogue_version=self.versions.catalogue_version,
            as_of=as_of,
            candidates=candidates,
        )
        return match.match_id, to_json(match)

    def _candidate(
        self, rank: int, entry: Entry, texts: Mapping[str, str], as_of: datetime
    ) -> MatchedCandidate:
        reach, posting = entry.reach, entry.posting
        activity = activity_at(reach.activity, as_of, self.half_life_days)
        disclosed = posting.posting_id in reach.applied
        own = reach.candidate_id if disclosed else self._opaque(entry)
        return MatchedCandidate(
            rank=rank,
            candidate=own,
            disclosed=disclosed,
            score=posting.score * activity,
            activity=activity,
            probability=posting.probability,
            requirement=posting.requirement,
            met=posting.met,
            missing=posting.missing,
            reasons=_reasons(posting, texts),
            profile_version=reach.profile_version,
            as_of=reach.as_of,
        )

    def _opaque(self, entry: Entry) -> str:
        return opaque_id(self.key, entry.posting.posting_id, entry.reach.candidate_id)

    def _match_id(self, posting_id: str, candidates: list[MatchedCandidate]) -> str:
        digest = hashlib.sha256(orjson.dumps([posting_id, str(self.versions)]))
        for candidate in candidates:
            digest.update(to_json(candidate))
        return digest.hexdigest()[:32]


def opaque_id(key: bytes, posting_id: str, candidate_id: str) -> str:
    """Return the id that stands for a candidate beside one posting."""
    text = f"{posting_id}\0{candidate_id}"
    return hmac.new(key, text.encode(), hashlib.sha256).hexdigest()[:24]


def existing_key(settings: Settings) -> bytes | None:
    """Return the key of the ids that stand for candidates; None where none was ever made."""
    file = settings.match.key_file or settings.home / "match.key"
    return opaque_key(settings) if file.exists() else None


def opaque_key(settings: Settings) -> bytes:
    """Return the key of the ids that stand for candidates, made at the first call.

    Raises:
        SettingsError: the file `match.key_file` cannot be read, or is too short.
    """
    file = settings.match.key_file or settings.home / "match.key"
    if settings.match.key_file is None and not file.exists():
        _create(file)
    try:
        key = file.read_bytes()
    except OSError as error:
        raise SettingsError(f"match.key_file {file} cannot be read: {error.strerror}") from error
    if len(key) < _KEY_BYTES:
        raise SettingsError(
            f"match.key_file {file} has {len(key)} bytes; give at least {_KEY_BYTES} random ones"
        )
    return key


def _create(file: Path) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    staged = file.with_name(f".{file.name}-{secrets.token_hex(4)}")
    staged.touch(mode=0o600)
    staged.write_bytes(secrets.token_bytes(_KEY_BYTES))
    try:
        file.hardlink_to(staged)  # fails where another process was faster
    except FileExistsError:
        pass
    finally:
        staged.unlink()


def _reasons(posting: ReachedPosting, texts: Mapping[str, str]) -> list[Reason]:
    kind = ReasonKind(posting.kind)
    name = kind.value if kind.value in texts and (posting.words or kind != "stated") else "other"
    words = texts["comma"].join(posting.words)
    reasons = [Reason(kind=kind, text=texts[name].format(words=words), words=posting.words)]
    if posting.met or posting.missing:
        reasons.append(
            Reason(kind=ReasonKind.STATED, text=_required(posting, texts), words=posting.met)
        )
    return reasons


def _required(posting: ReachedPosting, texts: Mapping[str, str]) -> str:
    name = "none" if not posting.met else "some" if posting.missing else "all"
    return texts[name].format(
        met=texts["comma"].join(posting.met),
        missing=texts["comma"].join(posting.missing),
        count=len(posting.met),
        total=len(posting.met) + len(posting.missing),
    )
