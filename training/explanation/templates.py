"""Templates of reasons, in English and in Chinese."""

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
    """An event: what the candidate did, the posting's title, `at` the employer."""
    at: str
    """The employer of that posting."""
    done: Mapping[str, str]
    """What the candidate did, by kind of event."""
    because: str
    """An event, and the facts that its posting shares with the listed one."""
    similar: str
    """An event whose posting is similar, with nothing nameable in common."""
    fits: str
    """Stated entries that the posting contains."""
    mentions: str
    """Words that a stated entry and the posting share."""
    close_to: str
    """A stated entry that is similar, with nothing nameable in common."""
    both_ask: str
    both_say: str
    same_employer: str
    same_place: str
    same_occupation: str
    popular: str
    newly_posted: str
    """The day of posting."""
    still_open: str
    """The day of posting, of a posting that is no longer new."""
    undated: str
    """For a posting without a date."""

    def name(self, sentence: str, words: Sequence[str]) -> str:
        """Put words into a sentence."""
        return sentence.format(self.comma.join(words))


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
    popular="popular with other candidates lately",
    newly_posted="new: posted on {}",
    still_open="posted on {}, still open",
    undated="open for applications",
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
    popular="近期有其他求职者关注该职位",
    newly_posted="{} 新发布",
    still_open="{} 发布, 仍在招聘",
    undated="正在招聘",
)


def phrases_for(language: str) -> Phrases:
    """Return the phrases of a language (ISO 639-1): Chinese for zh, English for any other."""
    return CHINESE if language.casefold().startswith("zh") else ENGLISH
