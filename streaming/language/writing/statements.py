"""Says of each sentence what it is about: duties, must-haves, nice-to-haves, offer, employer."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from streaming.contract.rewrite import SectionKind
from streaming.language.writing.text_parts import Part, read_parts


@dataclass(frozen=True)
class Statement:
    """A sentence and what it is about."""

    kind: SectionKind
    text: str


_NICE = re.compile(
    r"\b(?:desirable|preferabl[ey]|preferred|ideally|nice to have|would be (?:an? )?(?:advantage|"
    r"advantageous|beneficial|bonus|plus|desirable|useful)|(?:is|are) (?:an? )?(?:advantage|bonus|"
    r"plus|beneficial)|an advantage|advantageous|not essential)\b|优先|加分|更佳|者佳|为佳|最好",
    re.IGNORECASE,
)
_CUES: tuple[tuple[SectionKind, re.Pattern[str]], ...] = tuple(
    (kind, re.compile(pattern, re.IGNORECASE))
    for kind, pattern in (
        (
            SectionKind.APPLICATION,
            (
                r"\bto apply\b|\bapply (?:now|online|today|via|by|directly)|application form|send "
                r"(?:us )?"
                r"(?:your|a) cv|closing date|interviews? (?:will|to) be|shortlist|for "
                r"(?:further|more"
                r"|an "
                r"informal)[^.]{0,40}(?:contact|information|discussion|visit|chat)|please "
                r"(?:contact|"
                r"call|email|visit|note that this (?:vacancy|post))|(?:投递|发送|发).{0,6}简历"
                r"|简历.{0,8}(?:至|到|发|投)"
                r"|面试(?:时间|地点)|联系(?:人|电话|方式)"
            ),
        ),
        (
            SectionKind.OFFER,
            (
                r"\bwe(?:'ll| will| can|'re able to)? (?:also )?(?:offer|provide|give) (?:you"
                r"|a|an|all|"
                r"excellent|competitive|our|full)|\bin return\b|\bpension|annual leave|\bperks?\b"
                r"|benefits?"
                r" (?:package|include)|competitive (?:salary|rates?|pay)|\bdiscount|\bsalary\b|pay "
                r"rate|"
                r"rates? of pay|\bholidays?\b|you(?:'ll| will) (?:receive|get|be paid|benefit|be "
                r"offered|"
                r"enjoy|be (?:fully )?supported)|free (?:parking|meals|uniform)|包吃|包住|五险|六险"
                r"|一金|年假|双休"
                r"|年终奖|奖金|带薪|薪资|薪酬|福利|餐补|补贴|补助|体检|下午茶|团建|期权"
                r"|提供.{0,12}(?:机会|培训|平台|空间)|底薪|调薪"
            ),
        ),
        (
            SectionKind.MUST,
            (
                r"\b(?:must|essential|required?|requirements?|mandatory)\b|\bexperience (?:of"
                r"|in|with|"
                r"working|as|within)|years?'? (?:of )?experience|you(?:'ll| will| should)? (?:also "
                r")?(?:"
                r"have|need|possess|hold|be (?:a |an )?(?:qualified|registered|experienced"
                r"|confident|"
                r"passionate|motivated|enthusiastic|able))|(?:we|we're|we are) (?:are )?(?:looking"
                r"|seeking"
                r")|knowledge of|ability to|able to|skills\b|qualifi(?:ed|cations?)"
                r"|registered (?:with|"
                r"nurse)|\bdegree\b|熟悉|精通|掌握|学历|以上经验|具备|具有|良好的|较强的|了解|能力"
                r"|责任心|经验"
                r"|熟练|热爱|善于|专业|工作认真|吃苦|团队|思维|沟通|擅长|有.{0,12}者"
            ),
        ),
        (
            SectionKind.DUTIES,
            (
                r"\byou(?:'ll| will| would)\b|responsible for|\bresponsibilit|the (?:role|post|job"
                r"|position)"
                r"\b|duties|\b(?:post|job) ?holder|successful (?:candidate|applicant)"
                r"|opportunity has "
                r"arisen"
                r"|(?:recruit|hir)ing|负责|参与|协助|配合|编写|制定|完成|维护|设计|开发|管理|执行"
                r"|跟踪|支持|解决"
            ),
        ),
        (
            SectionKind.EMPLOYER,
            (
                r"\bwe(?:'re| are|'ve| have)\b|\bour (?:company|team|organisation|trust"
                r"|mission|values|"
                r"vision|people|services?|hospital|home|clinic|practice|patients|residents|staff)"
                r"|founded|"
                r"established|the trust|is (?:a|an|the|one of)\b|成立于|公司(?:是|拥有|致力"
                r"|总部|专注"
                r"|在)|我们(?:是|的)"
                r"|集团|创立|致力于|有限公司"
            ),
        ),
    )
)
_BACK = re.compile(
    r"(?:this|these|those|it|they|such|he|she|however|additionally|as such|also|further)\b|(?:该"
    r"|此|其|这)",
    re.IGNORECASE,
)


def read_statements(text: str, employer: str | None = None) -> list[Statement]:
    """Split a text into statements, in its order; headings are left out, repetitions too.

    A heading counts for what follows it, except that a nice-to-have is one under every heading
    but those of the offer, of the employer and of the application.
    """
    return list(dict.fromkeys(_classified(read_parts(text), employer)))


def _classified(parts: Iterable[Part], employer: str | None) -> Iterator[Statement]:
    heading: SectionKind | None = None
    last: SectionKind | None = None
    for part in parts:
        if part.heading:
            heading, last = part.heading, None
            continue
        kind = _kind(part.text, heading, last, employer)
        if part.text.endswith((":", "：")):  # it leads to what follows it
            announced = _by_cues(part.text, employer)
            heading = kind = announced or kind
        last = kind
        yield Statement(kind, part.text)


_FIRM = (SectionKind.OFFER, SectionKind.EMPLOYER, SectionKind.APPLICATION, SectionKind.GLANCE)


def _kind(
    text: str, heading: SectionKind | None, last: SectionKind | None, employer: str | None
) -> SectionKind:
    if heading in _FIRM:
        return heading
    if last is not None and _BACK.match(text):
        return last
    if _NICE.search(text):
        return SectionKind.NICE
    found = _by_cues(text, employer)
    if heading in (SectionKind.MUST, SectionKind.NICE):
        # Benefits often follow requirements without a heading.
        return found if found is SectionKind.OFFER and not _is_demand(text) else heading
    if heading is SectionKind.DUTIES:
        # Pages put everything under "job description"; only clear signs lead away from it.
        leads_away = found in (SectionKind.APPLICATION, SectionKind.OFFER) or _is_demand(text)
        return found if found and leads_away else heading
    return found or heading or last or SectionKind.OTHER


def _is_demand(text: str) -> bool:
    return bool(_DEMAND.search(text))


_DEMAND = re.compile(
    r"\b(?:must|essential|required)\b|years?'? (?:of )?experience|(?:^|[，,])(?:熟悉|精通|掌握"
    r"|熟练|具备|具有|本科|大专"
    r"|硕士|有.{0,20}经验)|以上学历|学历|年以上|经验者|以上.{0,12}经验|良好的|责任心",
    re.IGNORECASE,
)


def _by_cues(text: str, employer: str | None) -> SectionKind | None:
    if employer and text.casefold().startswith((employer.casefold(), f"the {employer}".casefold())):
        return SectionKind.EMPLOYER
    return next((kind for kind, cue in _CUES if cue.search(text)), None)
