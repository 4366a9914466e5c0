"""The sections of a posting and the headings that announce them, in Chinese and English."""

import re
from typing import Literal

from streaming.contract.rewrite import SectionKind

Language = Literal["en", "zh"]
LANGUAGES: tuple[Language, ...] = ("en", "zh")

HEADINGS: dict[Language, dict[SectionKind, str]] = {
    "en": {
        SectionKind.GLANCE: "At a glance",
        SectionKind.DUTIES: "What you do",
        SectionKind.MUST: "What you need",
        SectionKind.NICE: "Nice to have",
        SectionKind.OFFER: "What you get",
        SectionKind.EMPLOYER: "About the employer",
        SectionKind.APPLICATION: "How to apply",
        SectionKind.OTHER: "More about it",
    },
    "zh": {
        SectionKind.GLANCE: "要点",
        SectionKind.DUTIES: "工作内容",
        SectionKind.MUST: "必备条件",
        SectionKind.NICE: "加分条件",
        SectionKind.OFFER: "待遇福利",
        SectionKind.EMPLOYER: "关于雇主",
        SectionKind.APPLICATION: "申请方式",
        SectionKind.OTHER: "其他信息",
    },
}
"""The headings of rewritten texts."""

_WORDS: dict[SectionKind, tuple[str, str]] = {
    SectionKind.NICE: (
        (
            r"nice to have|desirable(?: (?:criteria|skills|requirements))?|preferred(?: "
            r"(?:qualifications|skills|experience))?|bonus points?|(?:it's |it is )?a plus"
            r"|advantageous"
        ),
        r"加分项目?|加分条件|优先条件|优先考虑|优先录用条件|优先",
    ),
    SectionKind.MUST: (
        (
            r"(?:key |job |main |minimum |essential )?(?:requirements?|qualifications|criteria)"
            r"|essential(?: skills)?|must haves?|what you(?:'ll| will)? need|(?:required |key "
            r")?skills"
            r"(?: (?:and|&) (?:experience|qualifications|knowledge))?|person specification"
            r"|about you"
            r"|the person|what we(?:'re| are) looking for|who we(?:'re| are) looking for|who "
            r"you are"
            r"|the (?:ideal|successful) candidate|experience(?: required)?|your profile"
            r"|(?:experience|qualifications) (?:and|&) (?:qualifications|skills|experience"
            r"|training)"
            r"|you(?:'ll| will)? (?:have|need)|what you(?:'ll| will) bring|what you bring"
            r"|applicants?"
        ),
        (
            r"(?:任职|岗位|职位|能力|基本|技能|技术|应聘|招聘|入职|经验|学历|岗位任职|任职资格|专业"
            r"|必备"
            r"|素质|人员|工作|职责|硬性|岗位和技术能力|技术能力|软件|硬件)(?:的)?(?:要求|条件|资格"
            r"|技能)"
            r"(?:要求|与要求)?|任职资格[和与及]要求|要求|我们希望你|我们需要你|希望你|你需要"
            r"|任职资格"
            r"|任职素质|我们要求你|专业技能|必备"
        ),
    ),
    SectionKind.DUTIES: (
        (
            r"(?:key |main |your |job |core |principal )?(?:responsibilities|duties|tasks"
            r"|accountabilities)"
            r"|(?:duties|roles?) (?:and|&) responsibilities|(?:about )?the role|about the job"
            r"|the (?:job|position|opportunity)|your role|what you(?:'ll| will) do|what you do"
            r"|what you(?:'ll| will) be doing|role overview|job (?:description|summary"
            r"|purpose|role)"
            r"|main duties of the job|role (?:description|summary|purpose)|the day to day|overview"
            r"|(?:duties|responsibilities) include|in this role you(?:'ll| will)|you will"
        ),
        (
            r"(?:岗位|工作|职位|主要|职务|具体|核心|基本)(?:工作)?(?:职责|内容|描述|责任|任务|说明"
            r"|信息|介绍)"
            r"(?:描述|要求)?|职责(?:描述|范围)?|职能|你将负责|你的工作|工作职责[和与及]内容"
            r"|主要工作"
            r"|你要做什么|岗位简介|项目介绍|工作"
        ),
    ),
    SectionKind.OFFER: (
        (
            r"(?:the |our |your |company |employee |key |staff )?(?:benefits|rewards?|perks|package"
            r"|salary)"
            r"(?: (?:include|(?:and|&) (?:benefits|salary|rewards?|package)))?|what "
            r"we(?:'ll)? offer"
            r"|we offer|what's in it for you|what you(?:'ll| will) get|in return|why (?:join us|us)"
            r"|pay (?:and|&) benefits|what's on offer|we can offer(?: you)?|what you get"
        ),
        (
            r"(?:薪资|薪酬|薪水|工资|公司|福利|员工|岗位|职位|我们的)?(?:福利|待遇|薪资"
            r"|薪酬)(?:待遇"
            r"|福利|体系"
            r"|范围|说明)?|职位亮点|岗位亮点|我们提供|我们为您提供|我们能提供|你将获得|公司提供"
            r"|职位诱惑"
            r"|薪资及福利|福利及待遇|工资待遇|我们的优势|待遇福利|薪资福利待遇"
        ),
    ),
    SectionKind.EMPLOYER: (
        (
            r"about (?:us|the (?:company|trust|team|employer|organisation|practice|service))"
            r"|(?:the |our )?(?:company|organisation|team)|who we are|our (?:values|story|vision)"
        ),
        r"(?:公司|企业|团队|关于|部门)(?:介绍|简介|概况|我们|描述|公司)|关于雇主|我们是谁",
    ),
    SectionKind.APPLICATION: (
        (
            r"how to apply|to apply|apply|application(?: process)?|contact(?: details| us)?"
            r"|closing date|further (?:information|details)|next steps"
        ),
        r"申请方式|联系方式|联系人|应聘方式|投递方式|简历投递|面试流程|招聘流程",
    ),
    SectionKind.OTHER: (
        (
            r"(?:further|additional|other|important) (?:information|details)|please note|notes?"
            r"|more about it|more information"
        ),
        r"其他|其它|备注|注|其他信息|其他说明|补充说明|说明",
    ),
    SectionKind.GLANCE: (r"at a glance|key facts", r"要点|基本信息"),
}
_OWN = {text.casefold(): kind for own in HEADINGS.values() for kind, text in own.items()}
_PATTERNS = {
    kind: re.compile(rf"(?:{english}|(?:{chinese}))", re.IGNORECASE)
    for kind, (english, chinese) in _WORDS.items()
}
_EDGES = re.compile(r"^[\s#*【\[(（<《—–-]+|[\s:：】\])）>》…—–*.;-]+$")
_LONGEST_HEADING = 48
_HAN_FROM = "\u3400"


def heading_kind(line: str) -> SectionKind | None:
    """Return what a line announces that is nothing but a known heading; None for any other line."""
    if len(line) > _LONGEST_HEADING:
        return None
    bare = _EDGES.sub("", line).replace("’", "'").casefold()
    bare = " ".join(bare.split())
    if bare in _OWN:
        return _OWN[bare]
    found = _known(bare)
    if found is None and bare and bare[0] > _HAN_FROM:
        # Two headings without a blank: "职位描述任职要求".
        cuts = range(2, len(bare) - 1)
        found = next((_known(bare[cut:]) for cut in cuts if _known(bare[:cut])), None)
    return found


def _known(bare: str) -> SectionKind | None:
    return next((kind for kind, own in _PATTERNS.items() if own.fullmatch(bare)), None)
