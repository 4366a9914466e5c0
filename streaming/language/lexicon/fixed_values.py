"""Words that stand for one value of a closed list: work modes, contracts, languages, months.

Each table maps a value to a regex, matched in lower case. Chinese has no gaps between words, so
only the Latin parts of the regexes are held to whole words (`streaming.language.pattern_finder`).
"""

from streaming.contract.records import EmploymentType, WorkMode

WORK_MODES: dict[str, str] = {
    WorkMode.HYBRID: (
        r"hybrid|混合办公|一半时间在家[、，]?一半时间[在去]?公司|混合(?:模式|制|式)?(?:办公|工作)?|(?:部分|半)远程|"
        r"(?:partly|partially|part) remote|"
        r"(?:one|two|three|four|a few|\d)(?:(?: or | to |-)(?:one|two|three|four|\d))? days?"
        r"(?: (?:a|per|each|every) week)? (?:in the office|at home|from home|remote|on-?site|"
        r"in office|working from home)|"
        r"(?:每周|一周)[一二两三四\d](?:[到至-][一二两三四\d])?天(?:在家|远程|居家|坐班|到岗|去公司|到公司)(?:办公|上班)?"
    ),
    WorkMode.REMOTE: (
        r"(?:fully |100% |completely |all-)?remot(?:e(?:ly)?)?(?:[- ](?:first|friendly))?|"
        r"(?:work(?:ing)? )?from home|home[- ](?:based|office|working)|wfh|work from anywhere|"
        r"telecommut(?:e|ing)|telework(?:ing)?|(?:全程|完全|纯|长期|可以?|支持)?远程(?:办公|工作|上班|岗位?)?|"
        r"居家(?:办公|工作|上班)?|在家(?:办公|工作|上班|里?就?能做)|家里办公|线上办公|异地办公"
    ),
    WorkMode.ON_SITE: (
        r"on[- ]?site|in[- ]office|office[- ]based|in the office|at the office|in[- ]person|"
        r"on location|现场(?:办公|工作|上班)?|坐班|线下(?:办公|工作|上班)?|到岗(?:办公|上班)?|"
        r"(?:去|到|在)(?:公司|办公室|现场)(?:里)?(?:上班|办公|坐班|工作)|驻场|办公室办公"
    ),
}
CONTRACTS: dict[str, str] = {
    EmploymentType.FULL_TIME: (
        r"full[- ]?time|permanent(?: (?:contract|position|role|job))?|perm|正式工|正式员工|"
        r"长期工|全职(?:工作|岗位)?"
    ),
    EmploymentType.PART_TIME: (
        r"part[- ]?ti(?:me|em)|half[- ]time|兼职(?:工作|岗位)?|半职|非全日制|周末兼职|小时工|钟点工"
    ),
    EmploymentType.CONTRACTOR: (
        r"(?<!my )contract(?:or|ing)?(?! (?:draft|manag|law|negot|review|end|admin|ran|was|as))(?: (?:work|role|roles|position|job|basis))?|freelanc(?:e|er|ing)|"
        r"self[- ]employed|自由职业者?|合同工|项目制|接单|独立承包商?|外包合同|外包(?!公司|行业|企业)|合同制|按项目(?:合作|结算)?"
    ),
    EmploymentType.TEMPORARY: (
        r"(?<!as a )temp(?:orary)?(?: (?:work|job|jobs|role|contract|position))?|fixed[- ]term|seasonal|"
        r"maternity cover|summer job|临时工?|劳务派遣工?|派遣工|短期工?|暑假工|寒假工|假期工|季节工|日结工?|短工|固定期限"
    ),
    EmploymentType.INTERN: (
        r"intern(?:ship)?s?|placement(?: year)?|work placement|traineeship|"
        r"(?:暑期|寒假|日常|带薪)?实习(?:生|岗|岗位|机会)?"
    ),
}
LANGUAGES = {
    "en": "english|英语|英文",
    "zh": "chinese|mandarin|putonghua|中文|普通话|国语|汉语",
    "de": "german|德语|德文",
    "fr": "french|法语|法文",
    "sl": "sloven(?:e|ian)|斯洛文尼亚语",
    "es": "spanish|西班牙语|西语",
    "it": "italian|意大利语|意语",
    "pt": "portuguese|葡萄牙语|葡语",
    "nl": "dutch|flemish|荷兰语",
    "ja": "japanese|日语|日文",
    "ko": "korean|韩语|韩文|韩国语|朝鲜语",
    "ru": "russian|俄语|俄文",
    "ar": "arabic|阿拉伯语|阿语",
    "hi": "hindi|印地语",
    "pl": "polish|波兰语",
    "tr": "turkish|土耳其语",
    "sv": "swedish|瑞典语",
    "da": "danish|丹麦语",
    "no": "norwegian|挪威语",
    "fi": "finnish|芬兰语",
    "cs": "czech|捷克语",
    "el": "greek|希腊语",
    "he": "hebrew|希伯来语",
    "hu": "hungarian|匈牙利语",
    "ro": "romanian|罗马尼亚语",
    "uk": "ukrainian|乌克兰语",
    "vi": "vietnamese|越南语",
    "th": "thai|泰语|泰文",
    "id": "indonesian|印尼语|印度尼西亚语",
    "ms": "malay|马来语",
    "ur": "urdu|乌尔都语",
    "bn": "bengali|孟加拉语",
    "ta": "tamil|泰米尔语",
    "fa": "persian|farsi|波斯语",
    "sw": "swahili|斯瓦希里语",
    "cy": "welsh|威尔士语",
    "ga": "irish gaelic|爱尔兰语",
    "ca": "catalan|加泰罗尼亚语",
    "bg": "bulgarian|保加利亚语",
    "sk": "slovak|斯洛伐克语",
    "hr": "croatian|克罗地亚语",
    "sr": "serbian|塞尔维亚语",
    "lt": "lithuanian|立陶宛语",
    "lv": "latvian|拉脱维亚语",
    "et": "estonian|爱沙尼亚语",
    "tl": "tagalog|filipino|他加禄语|菲律宾语",
}
"""By ISO 639-1; Cantonese has no code there."""
MONTHS = {
    "01": "january|jan",
    "02": "february|feb",
    "03": "march|mar",
    "04": "april|apr",
    "05": "may",
    "06": "june|jun",
    "07": "july|jul",
    "08": "august|aug",
    "09": "september|sept?",
    "10": "october|oct",
    "11": "november|nov",
    "12": "december|dec",
}
