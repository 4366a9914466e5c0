"""Headings and labels of résumés in English and Chinese, and what stands under them."""

# ruff: noqa: RUF001 - Chinese signs and dashes stand in texts

import re
import unicodedata
from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum

from streaming.importing.resumes.slices import Slice


class SectionKind(StrEnum):
    """What a part of a résumé is about."""

    PREAMBLE = "preamble"
    """What stands before the first heading."""
    EXPERIENCE = "experience"
    SKILLS = "skills"
    WISHES = "wishes"
    PLACES = "places"
    """Where somebody would like to work."""
    HOME = "home"
    """Where somebody lives."""
    SUMMARY = "summary"
    EDUCATION = "education"
    LANGUAGES = "languages"
    OTHER = "other"
    """Projects, certificates, awards."""
    PERSONAL = "personal"
    """What is not taken over."""


_HEADINGS = {
    SectionKind.EXPERIENCE: "experience|work experience|professional experience|work history|"
    "employment|employment history|career history|career|professional background|"
    "relevant experience|work|positions held|internships|internship experience|"
    "volunteer experience|volunteering|工作经历|工作经验|工作履历|职业经历|任职经历|从业经历|"
    "实习经历|实习经验|工作背景|工作情况|志愿者经历",
    SectionKind.SKILLS: "skills|technical skills|key skills|core skills|professional skills|"
    "soft skills|hard skills|other skills|additional skills|computer skills|it skills|"
    "core competencies|competencies|key competencies|expertise|areas of expertise|technologies|"
    "tech stack|technology stack|tools|tools and technologies|technical expertise|"
    "technical proficiencies|skill set|skills summary|技能|专业技能|技能特长|职业技能|技术栈|"
    "技能清单|技能标签|掌握技能|技术能力|专业能力|核心技能|个人技能|技能证书|技能与证书|技能专长|"
    "技术技能|办公技能|it技能|计算机技能|相关技能",
    SectionKind.WISHES: "objective|career objective|job objective|professional objective|"
    "employment objective|desired position|desired role|desired job|target role|target position|"
    "position sought|position desired|looking for|seeking|career goal|career goals|job interests|"
    "求职意向|求职目标|期望职位|意向职位|意向岗位|期望岗位|应聘职位|应聘岗位|求职岗位|职业目标|"
    "期望工作|目标职位|期望行业|意向行业|职业意向|就业意向",
    SectionKind.PLACES: "desired location|preferred location|preferred locations|"
    "desired locations|location preference|expected location|expected locations|desired city|"
    "preferred city|target location|expected city|willing to work in|期望城市|意向城市|期望地点|"
    "期望工作地|期望工作地点|期望工作城市|目标城市|意向地区|期望地区|工作地点",
    SectionKind.HOME: "location|current location|based in|city|residence|现居地|现居住地|"
    "现居城市|所在地|所在城市|居住地|现居|目前所在地|当前城市|所在地区|现所在地|城市",
    SectionKind.SUMMARY: "summary|professional summary|career summary|executive summary|profile|"
    "professional profile|personal profile|personal statement|about|about me|overview|"
    "summary of qualifications|qualifications summary|career profile|highlights|introduction|"
    "自我评价|个人评价|个人简介|个人总结|自我介绍|个人优势|个人概述|自我描述|职业概述|个人综述|"
    "优势亮点|个人陈述|自我鉴定|综合评价",
    SectionKind.EDUCATION: "education|education and training|academic background|"
    "educational background|academic qualifications|qualifications|training|studies|"
    "academic history|courses|coursework|relevant coursework|教育经历|教育背景|学历|教育|"
    "教育情况|学习经历|培训经历|教育培训|受教育经历|学历背景|主修课程|培训",
    SectionKind.LANGUAGES: "languages|language|language skills|foreign languages|"
    "spoken languages|语言|语言能力|外语|外语水平|语言水平|外语能力|语言技能",
    SectionKind.OTHER: "projects|project experience|personal projects|selected projects|"
    "key projects|side projects|certifications|certificates|certification|licenses|licences|"
    "licenses and certifications|awards|honors|honours|awards and honors|achievements|"
    "accomplishments|publications|patents|professional development|memberships|"
    "professional memberships|activities|extracurricular activities|leadership|"
    "项目经历|项目经验|项目|证书|资格证书|获奖情况|获奖经历|荣誉奖项|荣誉证书|荣誉|奖项|专利|论文|"
    "发表论文|校园经历|校园经验|社会实践|实践经历|在校经历|职业资格|所获证书|所获荣誉|主要成就",
    SectionKind.PERSONAL: "personal|personal information|personal details|personal data|contact|"
    "contact information|contact details|contacts|references|referees|interests|hobbies|"
    "hobbies and interests|interests and hobbies|additional information|other information|"
    "curriculum vitae|resume|cv|name|full name|first name|last name|surname|gender|sex|age|"
    "date of birth|birth date|dob|born|place of birth|birthday|nationality|citizenship|"
    "marital status|phone|phone number|telephone|tel|mobile|cell|fax|email|e-mail|mail|address|"
    "home address|street|postcode|zip|zip code|website|homepage|url|linkedin|github|twitter|skype|"
    "wechat|whatsapp|passport|id number|visa|visa status|work permit|religion|ethnicity|race|"
    "health|height|weight|children|driving licence|driving license|salary|expected salary|"
    "desired salary|current salary|availability|available|notice period|photo|"
    "个人信息|基本信息|个人资料|基本资料|联系方式|联系我|个人简历|简历|兴趣爱好|兴趣|爱好|推荐人|"
    "证明人|其他信息|其他|姓名|性别|年龄|出生|出生日期|出生年月|出生地|生日|国籍|民族|籍贯|户口|户籍|"
    "户口所在地|政治面貌|婚姻状况|婚姻|婚否|健康状况|身高|体重|身份证|身份证号|证件号码|电话|"
    "联系电话|手机|手机号|手机号码|邮箱|电子邮箱|电子邮件|微信|微信号|qq|地址|家庭住址|住址|通讯地址|"
    "联系地址|详细地址|邮编|个人主页|主页|博客|照片|宗教|期望薪资|期望薪水|期望月薪|薪资要求|"
    "目前薪资|到岗时间|求职状态|目前状态|工作性质|求职类型|工作年限|驾照|可到岗时间",
}
HEADINGS = {name: kind for kind, names in _HEADINGS.items() for name in names.split("|")}
"""What each heading or label says, in lower case."""

_WITHOUT_SPACES = {name.replace(" ", ""): kind for name, kind in HEADINGS.items()}
"""For letters that are all spaced, which leaves no space between words."""

_LONGEST_HEADING = 60
"""Characters."""
_HAN = "\u3400-\u4dbf\u4e00-\u9fff"
_MARKS = re.compile(
    r"^[\W_]*(?:(?:[ivx]{1,4}|\d{1,2}|[一二三四五六七八九十]{1,3})[.、)]\s*)?|[\W_]*$"
)
_SPACED_LETTERS = re.compile(r"(?:\w )+\w")
_SPACED_HAN = re.compile(rf"(?<=[{_HAN}])\s+(?=[{_HAN}])")
_WIDE_GAP = re.compile(r"\s{2,}")
_SCRIPTS = re.compile(rf"[{_HAN}]+|[^{_HAN}]+")
_JOINTS = re.compile(r" (?:and|und) |\s*[/、与和及]\s*|, ")


def heading_kind(text: str) -> SectionKind | None:
    """Return what a heading is about; None for a text that is none.

    Signs around it, a number before it and spaces between its letters are ignored. It may be in two
    languages, and may join two names ("Education and Training").
    """
    if not text or len(text) > _LONGEST_HEADING:
        return None
    name = _name(text)
    if kind := HEADINGS.get(name) or _WITHOUT_SPACES.get(name):
        return kind
    for parts in (_JOINTS.split(name), [_name(part) for part in _SCRIPTS.findall(name)]):
        kinds = [HEADINGS.get(part) for part in parts if part]
        if len(kinds) > 1 and all(kinds):
            return kinds[0]
    return None


def _name(text: str) -> str:
    """Return a heading as the table has it."""
    text = _MARKS.sub("", unicodedata.normalize("NFKC", text).strip().casefold())
    text = _SPACED_HAN.sub("", text)
    words = (
        word.replace(" ", "") if _SPACED_LETTERS.fullmatch(word) else word
        for word in _WIDE_GAP.split(text)
    )
    return " ".join(" ".join(words).replace("&", " and ").replace("é", "e").split())


@dataclass(frozen=True)
class Labelled:
    """A label and what stands behind it: "Location: Leeds"."""

    label: str
    """In lower case."""
    content: Slice
    """Up to the next label or the end of the line; it may be empty."""
    start: int
    """Where the label begins in its line."""


def label_pattern(names: Collection[str]) -> re.Pattern[str]:
    """Return a pattern that finds labels, which a colon, a tab or a wide gap ends."""
    alternatives = "|".join(re.escape(name) for name in sorted(names, key=len, reverse=True))
    return re.compile(
        rf"(?<![^\W_])(?P<label>{alternatives})(?:[*_ ]{{0,3}}[:：]|[ ]?\t|[ ]{{2}})",
        re.IGNORECASE,
    )


def find_labels(line: Slice, pattern: re.Pattern[str]) -> list[Labelled]:
    """Return the labels of a line with what stands behind each."""
    text = line.text
    matches = list(pattern.finditer(text))
    ends = [*(match.start() for match in matches), len(text)][1:]
    return [
        Labelled(
            match["label"].casefold(),
            line.cut(match.end(), end).stripped(" \t|｜;；,，/*_·•"),
            match.start(),
        )
        for match, end in zip(matches, ends, strict=True)
    ]
