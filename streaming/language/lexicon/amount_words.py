"""Words around numbers: pay, years of experience, the month of a start. Regexes, in lower case."""

from streaming.importing.parsers.values import UNIT_NOUNS, UNIT_PHRASES
from streaming.language.text_folding import CHINESE_NUMBER, ENGLISH_NUMBER

MONEY_NUMBER = rf"(?:\d{{1,3}}(?:[, ]\d{{3}})+(?!\d)|\d+)(?:\.\d+)?|{CHINESE_NUMBER}"
MULTIPLIER = r"[kw千万](?![a-z])|(?:thousand|grand|million|lakhs?|lpa)(?![a-z])|m(?![a-z])"
SIGN = r"[a-z]{0,3}\$|[£€¥₹₩]|(?:usd|gbp|eur|cny|rmb|hkd|sgd|aud|cad|chf|jpy|inr|sek|nok|dkk|pln|nzd)(?![a-z])"
CURRENCY_WORD = (
    r"(?:euros?|pounds?(?: sterling)?|dollars?|yuan|rmb|renminbi|us dollars?|swiss francs?|francs?|"
    r"yen|rupees?|zloty|kronor|kroner|usd|gbp|eur|cny|hkd|sgd|aud|cad|chf|jpy|inr|sek|nok|dkk|pln|nzd)"
    r"(?![a-z])|quid(?![a-z])|[£€¥$]|人民币|元|块钱?|圆|美元|美金|欧元|英镑|港币|港元|新币|日元|刀"
)
CURRENCY_SYNONYMS = {
    "quid": "£",
    "块钱": "元",
    "块": "元",
    "圆": "元",
    "美金": "美元",
    "刀": "美元",
    "新币": "SGD",
    "人民币": "元",
    "pounds": "£",
    "pound": "£",
    "francs": "CHF",
    "swiss francs": "CHF",
    "swiss franc": "CHF",
    "franc": "CHF",
    "kronor": "SEK",
}
_NOUNS = "|".join(UNIT_NOUNS.values())
PERIOD_AFTER = (
    rf"(?:per|an?|each|every|/|p/) ?(?:calendar )?(?:{_NOUNS})(?![a-z])|(?:{'|'.join(UNIT_PHRASES.values())})(?![a-z])|"
    r"(?:一个?|每个?|/|个|每)(?:小时|钟头|月|天|日|年|周|星期)"
)
PERIOD_BEFORE = (
    r"(?:年|月|日|时|周)(?:薪|收入|工资|入|结)(?:资)?(?:待遇)?|(?:每|一)个?(?:小时|月|天|日|年|周)|"
    r"(?:hourly|daily|weekly|monthly|annual|yearly)(?: (?:pay|salary|rate|income|wage))?|"
    r"(?:hourly|day|daily) rate"
)
PAY = (
    r"(?:base )?(?:salar(?:y|ies)|pay(?:ing|s)?|paid|wages?|earn(?:ing|s)?|compensation|package|rate|income|budget|remuneration|"
    r"make|making)|薪资|薪水|薪酬|薪|工资|底薪|待遇|收入|月入|年包|年总包|总包|到手|税后|税前|年入|综合|报酬|期望薪资|薪资要求|开价"
)
AT_LEAST = (
    r"at (?:the very )?least|no(?:t)? less than|not (?:under|below)|no lower than|nothing (?:below|under|less than)|"
    r"minimum(?: of)?|min\.?|more than|over|above|from|upwards of|starting (?:at|from)|north of|"
    r"(?:don't|won't|can't|wouldn't)(?: \w+){1,3}? (?:below|under|less than|for less than)|"
    r"不低于|不少于|不能低于|不能少于|不可低于|别低于|至少|起码|最低|最少|大于|高于|超过|底线|低于(?=.{2,12}(?:不|免|勿|别))|少于(?=.{2,12}(?:不|免|勿|别))|>=?|≥"
)
AT_LEAST_AFTER = (
    r"\+|plus(?![a-z])|or more|or above|or over|and above|and up|upwards|or higher|at least|minimum|min(?![a-z])|"
    r"(?:及|或)?以上|起步?|往上|打底|保底|朝上|起跳|以下(?:的|就)?(?:不|免|勿|别)"
)
AT_MOST = (
    r"up to|at most|no(?:t)? more than|maximum(?: of)?|max\.?|below|under|less than|"
    r"不超过|不高于|最高|最多|低于|至多|小于|<=?|≤"
)
AT_MOST_AFTER = r"or less|or below|maximum|max(?![a-z])|at most|(?:及|或)?以[下内]|封顶"
ABOUT = r"around|about|roughly|approximately|approx\.?|circa|~|约|大概|大约|差不多|of|is|:|：|在|是|要|给|能|能有|有|达到|能到|到|能拿|拿|能给|不|能不能|为|开到|要求|期望|希望"
ABOUT_AFTER = r"or so|左右|上下|的样子|-?ish"
LINK = r"-|~|—|–|to|and|到|至|--"
COUNT = rf"(?:\d+(?:\.\d+)?|{ENGLISH_NUMBER}|{CHINESE_NUMBER}|a(?= (?:year|decade)))"
YEARS = (
    rf"(?P<english>{COUNT})\+? ?(?:years?|yrs?)(?:'s?)?(?: or more| plus)?(?: of)?"
    r"(?P<middle>(?: [\w/+#.&-]+){0,4}?) (?:experience|exp\b|background|expertise|track record|practice|industry|under my belt|in the (?:field|industry|trade|business))|"
    rf"(?:experience|exp)(?: of|:| is)? (?P<after>{COUNT})\+? ?(?:years?|yrs?)|"
    rf"(?:with|have|having|got|had|bring|for|over|after|spent|been|done|did|worked|working) (?:about |around |over |nearly |almost |roughly |more than |at least |the (?:last|past) )?(?P<had>{COUNT})\+? ?(?:years?|yrs?)(?:'| in| as| of| with| doing| working| on| under| behind| at)\b|"
    rf"(?P<doing>{COUNT})\+? ?(?:years?|yrs?) (?:in|as|doing|of|working as|working in|working with|with|on)\b|"
    rf"(?P<chinese>{COUNT})\+?年(?:多|半|以上|左右)?的?(?P<between>[^，。；,;！!？?、\d]{{0,12}}?)(?:经验|工龄|资历|从业|阅历)|"
    rf"(?:做了|干了|工作了?|从事|从业|毕业|当了|写了|教了|开了|搞了|入行|工龄|经验|做过|干过|学了|有|过|了|快|满|近|将近)(?:[^，。；,;！!？?、\d]{{0,8}}?)(?P<done>{COUNT})\+?年"
)
START_CUE = (
    r"(?:available|start(?:ing|s)?|begin(?:ning)?|join(?:ing)?|free|ready|can start|able to start|earliest|on board|from)"
    r"(?: (?:to start|to join|work|working|date|is|be|as|soon|of|the|on|in|from|at|by|around|early|mid|late|next|sometime|beginning|start|end|middle|this|earliest))*[- :]*"
    r"|as of |from |after |since |not before |no earlier than |onwards from |beginning "
)
START_AFTER = r"(?: \d{4})?,? (?:onwards?|start\b|on\b)|(?:开始|起|入职|到岗|上岗|上班|后|以后|之后|能到|可以到|可到岗|可入职|就能|可以|能|才能|才可以|可|报到|就可以|就位|初|底|中旬|上旬|下旬|份)"
