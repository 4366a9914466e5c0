"""Words that shut people out, words that are harder than needed, and what to write instead.

A word that carries a condition ("35岁以下", "native speaker") is never taken out, because the text
would then lose a fact. It gets a remark with the reason, for the employer to decide.
"""

import re
from dataclasses import dataclass
from functools import partial


@dataclass(frozen=True)
class Remark:
    """A word in a posting that shuts people out, and why."""

    word: str
    reason: str
    replacement: str | None
    """What the text says instead; None where the word carries a condition and stays."""


@dataclass(frozen=True)
class _Rule:
    pattern: re.Pattern[str]
    reason: str
    replacement: str | None


_CODED_MALE = "coded masculine, it keeps women from applying (Gaucher, Friesen and Kay 2011)"
_GENDERED = "names one sex for a position that is open to all"
_AGE = "refers to age; experience or the task says what is needed"
_HEALTH = "refers to health or the body; name the task instead"
_ORIGIN = "refers to origin; name the level of the language or the right to work"
_JARGON = "is jargon that says nothing about the work and sounds like an in-group"
_AGE_ZH = "年龄与能否胜任无关，可能构成年龄歧视；写明经验或任务"
_SEX_ZH = "限定或偏好性别，违反平等就业的原则（就业促进法第二十七条）"
_FAMILY_ZH = "婚育状况与工作无关，不得作为条件"
_LOOK_ZH = "外貌与身高多与工作无关；写明任务"
_ORIGIN_ZH = "户籍或地域与工作无关"
_SCHOOL_ZH = "限定院校层次会排除同样胜任的人；写明所需的知识"
_TOUGH_ZH = "暗示超时或高压的工作；写明实际的工作时间"
_SIGN_ZH = "与工作无关"

_EXCLUSIVE: tuple[tuple[str, str, str | None], ...] = (
    (r"rock ?stars?", _JARGON, "skilled person"),
    (r"(?:coding |code |sales |tech )?ninjas?", _JARGON, "skilled person"),
    (r"gurus?", _JARGON, "expert"),
    (r"wizards?", _JARGON, "expert"),
    (r"superstars?", _JARGON, "skilled person"),
    (r"hackers?(?= who| with| to join)", _JARGON, "developer"),
    (r"aggressive(?= (?:targets?|goals?|growth|sales))", _CODED_MALE, "ambitious"),
    (r"dominant(?= (?:personality|leader))", _CODED_MALE, "confident"),
    (r"competitive(?= (?:nature|spirit|personality|person))", _CODED_MALE, None),
    (r"fearless", _CODED_MALE, "confident"),
    (r"man ?power", _GENDERED, "staff"),
    (r"man[- ]hours?", _GENDERED, "working hours"),
    (r"manning(?= (?:the|levels?|of))", _GENDERED, "staffing"),
    (r"chairman", _GENDERED, "chair"),
    (r"salesm[ae]n", _GENDERED, "salesperson"),
    (r"foreman", _GENDERED, "supervisor"),
    (r"craftsm[ae]n", _GENDERED, "craftsperson"),
    (r"handym[ae]n", _GENDERED, "maintenance worker"),
    (r"tradesm[ae]n", _GENDERED, "tradesperson"),
    (r"waitress(?:es)?", _GENDERED, "waiting staff"),
    (r"he/she|she/he|s/he|\(s\)he", "leaves out those who are neither; write they", None),
    (r"his/her|her/his|his or her|her or his", "leaves out those who are neither", "their"),
    (r"him/her|her/him|himself/herself", "leaves out those who are neither", "them"),
    (
        r"(?:young|youthful)(?= (?:and |, )?(?:dynamic|vibrant|energetic|team|company|talent))",
        _AGE,
        None,
    ),
    (r"digital natives?", _AGE, None),
    (r"recent graduates?|recent school leavers?", _AGE, None),
    (r"(?:aged?|age range) \d{2}(?: ?(?:-|to) ?\d{2})?|under \d{2} years(?: old)?", _AGE, None),
    (r"mature(?= (?:person|individual|candidate|lady|woman|man))", _AGE, None),
    (r"able[- ]bodied", _HEALTH, None),
    (r"physically fit|good physical health|in good health", _HEALTH, None),
    (r"sane|crazy(?= (?:busy|about|hours))|insane(?:ly)?", _HEALTH, None),
    (r"native(?: english| level)? speakers?|mother tongue|native[- ]level", _ORIGIN, None),
    (r"british (?:citizens?|nationals?)(?: only)?", _ORIGIN, None),
    (r"(?:fe)?males? only|(?:ladies|gentlemen) only", _GENDERED, None),
    (r"work hard,? (?:and )?play hard", _JARGON, None),
    (r"thick[- ]skinned", _CODED_MALE, None),
    (
        r"own (?:car|vehicle)|means to travel independently",
        "shuts out those who cannot drive; ask whether the work needs it",
        None,
    ),
    (
        (
            r"\d{2}\s?(?:周?岁)?\s?(?:-|–|—|~|到|至)\s?\d{2}\s?周?岁"
            r"|\d{2}\s?周?岁\s?(?:及?以[下上内]"
            r"|左右)?"
        ),
        _AGE_ZH,
        None,
    ),
    (r"年龄(?=[^不]{0,4}\d)", _AGE_ZH, None),
    (
        r"(?:仅限|只限|限)?(?:男|女)(?:性|士|生)?(?:优先|者优先|为佳)|限(?:男|女)(?:性|士|生)?",
        _SEX_ZH,
        None,
    ),
    (r"已婚(?:已育)?(?:优先|者优先)?|未婚(?:未育)?|已育(?:优先)?", _FAMILY_ZH, None),
    (r"形象(?:气质)?(?:佳|好|良好|端正|优秀)|五官端正|相貌(?:端正|佳)|气质佳|颜值", _LOOK_ZH, None),
    (r"身高[^，。；;,]{0,12}", _LOOK_ZH, None),
    (r"(?:本地|当地|本市|沪籍|京籍|北京|上海|深圳)(?:户口|户籍|人)(?:优先)?", _ORIGIN_ZH, None),
    (
        (
            r"985(?:[/、和或 ]*211)?(?:院校|高校|大学)?|211(?:院校|高校|大学)?(?!\d)|双一流"
            r"|名校(?:毕业)?|统招"
        ),
        _SCHOOL_ZH,
        None,
    ),
    (
        (
            r"狼性|996|单休|吃苦耐劳|能吃苦|抗压能?力?强?|承受[^，。；;]{0,6}压力|适应加班|接受加班"
            r"|愿意加班"
        ),
        _TOUGH_ZH,
        None,
    ),
    (r"星座|属相|血型", _SIGN_ZH, None),
    (r"乙肝|无传染病|身体健康", "健康状况多与工作无关；写明任务", None),
    (r"美女|帅哥|小哥哥|小姐姐", _SEX_ZH, None),
    (r"空姐", _SEX_ZH, "空乘人员"),
    (r"保姆", "称谓带贬义", "家政服务员"),
    (r"程序猿|码农|攻城狮", "戏称，可能让人觉得被排除在外", "程序员"),
    (r"大牛|大神", "圈内用语，没有说明工作", "资深专家"),
)
_PLAIN: tuple[tuple[str, str], ...] = (
    (
        (
            r"(?:the )?(?:successful|ideal) (?:candidates?|applicants?) (?=(?:will|would|must"
            r"|should"
            r"|can|"
            r"may)\b)"
        ),
        "you ",
    ),
    (r"(?:the )?(?:post|job|role) ?holder (?=(?:will|would|must|should|can|may)\b)", "you "),
    (r"utili[sz]e(?=s?\b)", "use"),
    (r"utili[sz]ing", "using"),
    (r"in order to", "to"),
    (r"prior to", "before"),
    (r"with regards? to|in relation to|pertaining to", "about"),
    (r"in the event (?:of|that)", "if"),
    (r"due to the fact that", "because"),
    (r"on a (daily|weekly|monthly) basis", r"\1"),
    (r"a (?:wide )?(?:range|variety) of", "many"),
    (r"commence(?=s?\b)", "start"),
    (r"endeavou?r(?=s?\b)", "try"),
    (r"facilitate(?=s?\b)", "help"),
    (r"ascertain", "find out"),
    (r"subsequent to", "after"),
    (r"as well as", "and"),
    (r"is able to", "can"),
    (r"a number of", "several"),
    (r"at all times", "always"),
    (r"per annum", "a year"),
)


def _compiled(english: str) -> re.Pattern[str]:
    """Latin words count whole; Chinese has no blanks."""
    edge = r"\b" if english.isascii() and english[:2] != r"\d" else ""
    return re.compile(rf"{edge}(?:{english}){edge}", re.IGNORECASE)


_RULES = tuple(_Rule(_compiled(words), reason, put) for words, reason, put in _EXCLUSIVE)
_ANY_EXCLUSIVE = re.compile("|".join(f"(?:{words})" for words, _, _ in _EXCLUSIVE), re.IGNORECASE)
_EASIER = tuple((_compiled(words), put) for words, put in _PLAIN)


def remarks_on(text: str) -> list[Remark]:
    """Return the words of a text that shut people out, in the order of the list, each once."""
    if not _ANY_EXCLUSIVE.search(text):
        return []
    found = {
        match[0].casefold(): Remark(match[0], rule.reason, rule.replacement)
        for rule in _RULES
        for match in rule.pattern.finditer(text)
    }
    return list(found.values())


def reworded(sentence: str) -> str:
    """Return a sentence in plain and inclusive words."""
    for pattern, replacement in _EASIER:
        sentence = pattern.sub(partial(_put, replacement), sentence)
    if _ANY_EXCLUSIVE.search(sentence):
        for rule in _RULES:
            if rule.replacement is not None:
                sentence = rule.pattern.sub(partial(_put, rule.replacement), sentence)
    return sentence


def _put(replacement: str, found: re.Match[str]) -> str:
    """Return a replacement, with a capital where the word had one."""
    text = found.expand(replacement)
    return text[:1].upper() + text[1:] if found[0][:1].isupper() else text
