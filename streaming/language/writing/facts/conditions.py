"""Finds conditions: degrees, hours, contracts, licences, checks, and what is not needed.

A condition is a name of ours and, where the sentence denies it, the word not: "no experience
needed" and "经验不限" are one fact, and "experience needed" is another one.
"""

import re
from collections.abc import Iterator

_TABLE: dict[str, tuple[str, str]] = {
    "degree: secondary": (r"gcses?|a[- ]levels?|high school", r"高中|中专|中技"),
    "degree: college": (r"foundation degree|associate(?:'s)? degree|college diploma", r"大专|专科"),
    "degree: bachelor": (r"bachelor(?:'?s)?|undergraduate degree|\bbsc\b|\bba\b", r"本科|学士"),
    "degree: master": (r"master'?s|\bmsc\b|\bmba\b", r"硕士|研究生"),
    "degree: doctor": (r"ph\.?d|doctorate|doctoral", r"博士"),
    "degree": (r"degree", r"学历|学位"),
    "full-time study": (r"full[- ]time degree", r"全日制|统招"),
    "elite university": (r"(?:russell group|top)[- ]universit(?:y|ies)", r"985|211|双一流"),
    "full time": (r"full[- ]?time(?! degree)", r"全职"),
    "part time": (r"part[- ]?time", r"兼职"),
    "permanent": (r"permanent(?:ly)?", r"长期合同|无固定期限"),
    "fixed term": (r"fixed[- ]?term|temporary|maternity cover", r"临时工|短期合同"),
    "internship": (r"internships?|\binterns?\b|work placement", r"实习"),
    "probation": (r"probation(?:ary)?", r"试用期"),
    "shifts": (r"\bshifts?\b|\brotas?\b|\brota'd", r"轮班|倒班|排班|三班|两班"),
    "nights": (r"\bnights?\b", r"夜班|晚班|夜间"),
    "weekends": (r"weekends?|saturdays?|sundays?", r"周末(?!双休|休)|周六"),
    "two days off": (r"two[- ]day weekends?", r"双休"),
    "overtime": (r"overtime", r"加班"),
    "travel": (r"\btravel(?:ling)?\b", r"出差"),
    "on call": (r"\bon[- ]call\b|standby", r"值班|待命"),
    "remote": (
        r"\bremote(?:ly)?\b|home[- ]?(?:based|office|working)|work(?:ing)? from home",
        r"远程|在家办公|居家办公",
    ),
    "flexible hours": (r"flexible (?:working|hours)|flexitime", r"弹性(?:工作|上班|时间)"),
    "driving licence": (r"driving licen[cs]e|driver'?s licen[cs]e", r"驾照|驾驶证"),
    "criminal record check": (
        r"\bdbs\b|disclosure (?:and|&) barring|criminal records?",
        r"无犯罪记录|背景调查",
    ),
    "registration": (
        r"\bnmc\b|\bhcpc\b|\bgmc\b|registered with|professional registration",
        r"执业资格|注册证",
    ),
    "certificate": (r"certificates?|certifications?", r"证书|资格证"),
    "right to work": (r"right to work|work permit|\bvisas?\b|sponsorship", r"工作签证|工作许可"),
    "age": (r"\baged?\b|years old", r"年龄"),
    "gender": (r"\b(?:male|female)s? only\b", r"男女|男性|女性|男士|女士|限男|限女|性别"),
    "marriage": (r"\bmarried\b|\bunmarried\b", r"已婚|未婚|已育"),
    "health": (r"occupational health|health check|medical examination", r"身体健康|体检"),
    "experience": (r"experienced?", r"经验|经历"),
    "fresh graduates": (r"(?:fresh|recent|new) graduates?|graduates? welcome", r"应届"),
    "English": (r"\benglish\b|\bielts\b|\btoefl\b", r"英语|英文|四级|六级|CET"),
    "Japanese": (r"\bjapanese\b", r"日语|日文"),
    "Mandarin": (r"\bmandarin\b|\bchinese\b", r"普通话|中文"),
    "Cantonese": (r"\bcantonese\b", r"粤语"),
    "references": (r"\breferences\b", r"推荐信"),
    "bonus": (r"\bbonus(?:es)?\b", r"奖金|年终奖|绩效奖|全勤奖"),
    "allowance": (r"allowances?", r"补贴|补助|餐补|房补|车补"),
    "stock": (r"stock options?|share options?|equity", r"期权|股票|股权"),
    "pension": (r"pensions?", r"养老"),
    "social insurance": (r"social insurance", r"五险|六险|社保|社会保险"),
    "housing fund": (r"housing fund", r"一金|公积金"),
    "annual leave": (
        r"annual leave|paid (?:leave|holidays?)|holiday entitlement",
        r"年假|带薪休假|带薪假",
    ),
    "training": (r"\btraining\b|\bcpd\b", r"培训"),
    "health insurance": (
        r"(?:health|medical) insurance|private medical",
        r"商业保险|医疗保险|补充医疗",
    ),
    "negotiable pay": (r"negotiable|competitive salary", r"面议|薪资可谈"),
    "paid per hour": (r"(?:per|an|a|/) ?hour\b|hourly", r"时薪|每小时|/小时|元/时"),
    "paid per day": (r"(?:per|a|/) ?day\b|daily rate", r"日薪|每天|元/天|/天"),
    "paid per week": (r"(?:per|a|/) ?week\b|weekly", r"周薪|每周|/周"),
    "paid per month": (r"(?:per|a|/) ?month\b|monthly", r"月薪|每月|/月|元/月"),
    "paid per year": (
        r"(?:per|a|/) ?(?:year|annum)\b|annually|\bp\.?a\b\.?",
        r"年薪|每年|/年|元/年",
    ),
    "relocation": (r"relocat(?:e|ion)", r"落户|户口"),
    "meals and housing": (r"accommodation|free meals?", r"包吃|包住|食宿|宿舍"),
    "pressure": (r"(?:under|handle) pressure", r"抗压|承受.{0,6}压力|工作压力"),
}
_ENGLISH = {name: re.compile(rf"(?:{own[0]})", re.IGNORECASE) for name, own in _TABLE.items()}
_CHINESE = {name: re.compile(own[1]) for name, own in _TABLE.items()}
_ANY_ENGLISH = re.compile("|".join(own[0] for own in _TABLE.values()), re.IGNORECASE)
_ANY_CHINESE = re.compile("|".join(own[1] for own in _TABLE.values()))
_CLAUSE = re.compile(r"[,，;；。.!！?？()（）]| but |但")
_NOT_BEFORE = re.compile(
    r"(?:\b(?:no|not|without|never|isn't|aren't|don't|doesn't|cannot|non)\b[^,;]{0,24}"
    r"|(?:无需|不需要?|不用|不要求|不接受|不限|不必|没有|无须|免|零|0)[^，；]{0,6}"
    r"|不(?![少低超断仅同])[^，；]?)$",
    re.IGNORECASE,
)
_NOT_AFTER = re.compile(
    r"^(?:[^,;]{0,24}\b(?:not|isn't|aren't)\b(?! only)"
    r"|[^，；]{0,6}(?:不限|不要求|不需要?|不是必须|不作要求|无要求|非必须))",
    re.IGNORECASE,
)


def conditions_in(sentence: str) -> Iterator[str]:
    """Yield the conditions of a sentence: a name, and "not" where it is denied."""
    sentence = sentence.replace("’", "'")
    for clause in _CLAUSE.split(sentence):
        for any_of, table in ((_ANY_ENGLISH, _ENGLISH), (_ANY_CHINESE, _CHINESE)):
            if any_of.search(clause):
                yield from _conditions(clause, table)


def _conditions(clause: str, table: dict[str, re.Pattern[str]]) -> Iterator[str]:
    for name, pattern in table.items():
        found = pattern.search(clause)
        if found:
            denied = _NOT_BEFORE.search(clause[: found.start()]) or _NOT_AFTER.match(
                clause[found.end() :]
            )
            yield f"{name}: not" if denied else name
