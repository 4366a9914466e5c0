"""The sentences of reasons, in English and in Chinese."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from streaming.contract.records import EventKind


@dataclass(frozen=True, kw_only=True)
class Phrases:
    """What a reason can say in one language; `{}` stands for what is named."""

    comma: str
    """Between named words."""
    event: str
    """A done thing: what was done, the title, where."""
    at: str
    """The employer of that posting."""
    done: Mapping[str, str]
    """What was done, by kind of event."""
    because: str
    """An event and the facts that it shares with the posting."""
    similar: str
    """An event whose posting is alike, with nothing nameable in common."""
    fits: str
    """Stated entries whose every word stands in the posting."""
    mentions: str
    """Words that stated part and posting share."""
    close_to: str
    """A stated entry that is alike, with nothing nameable in common."""
    both_ask: str
    both_say: str
    same_employer: str
    same_place: str
    same_occupation: str

    def name(self, sentence: str, words: Sequence[str]) -> str:
        """Put words into a sentence."""
        return sentence.format(self.comma.join(words))

    def tell(self, kind: str, title: str, employer: str | None) -> str:
        """Recall an event."""
        at = self.at.format(employer) if employer else ""
        return self.event.format(self.done[kind], title, at)


ENGLISH = Phrases(
    comma=", ",
    event="you {} '{}'{}",
    at=" at {}",
    done=MappingProxyType(
        {
            EventKind.VIEW: "viewed",
            EventKind.SAVE: "saved",
            EventKind.APPLY: "applied to",
            EventKind.DISMISS: "dismissed",
            EventKind.HIRE: "were hired for",
        }
    ),
    because="Since {}: {}",
    similar="Similar in content: {}",
    fits="Matches what you stated: {}",
    mentions="What you stated and this posting both mention {}",
    close_to="Close in content to what you stated: {}",
    both_ask="both ask for {}",
    both_say="both titles mention {}",
    same_employer="both at {}",
    same_place="both in {}",
    same_occupation="both are of the occupation {}",
)

CHINESE = Phrases(
    comma="、",
    event="您{}“{}”{}",
    at=" ({})",
    done=MappingProxyType(
        {
            EventKind.VIEW: "浏览过",
            EventKind.SAVE: "收藏过",
            EventKind.APPLY: "申请过",
            EventKind.DISMISS: "排除过",
            EventKind.HIRE: "受聘过",
        }
    ),
    because="{}: {}",
    similar="内容相近: {}",
    fits="您填写的 {} 与该职位相符",
    mentions="您填写的内容与该职位都提到 {}",
    close_to="内容与您填写的 {} 相近",
    both_ask="都要求 {}",
    both_say="职位名称都含有 {}",
    same_employer="同一雇主 {}",
    same_place="都在 {}",
    same_occupation="同属 {} 类职位",
)


def phrases(language: str) -> Phrases:
    """Return the sentences of a language (ISO 639-1); English for those not spoken here."""
    return CHINESE if language.casefold().startswith("zh") else ENGLISH
