"""Words around numbers: pay, years of experience, the month of a start. Regexes, in lower case."""

from streaming.importing.parsers.values import UNIT_NOUNS, UNIT_PHRASES
from streaming.language.lexicon.currencies import CODES, NAMES
from streaming.language.text_folding import CHINESE_NUMBER, ENGLISH_NUMBER

MONEY_NUMBER = rf"\d{{1,3}}(?:\.\d{{3}})+(?![.\d])|(?:\d{{1,3}}(?:[, ]\d{{3}})+(?!\d)|\d+)(?:\.\d+)?|{CHINESE_NUMBER}(?!个)"
MULTIPLIER = r"[kw千万](?![a-z])|(?:thousand|grand|million|lakhs?|lacs?|lpa)(?![a-z])|m(?![a-z])"
_CODES = "|".join(CODES)
SIGN = rf"[a-z]{{0,3}}\$|[£€¥₹₩₱₦₺₪]|(?:{_CODES}|rs\.?|ksh)(?![a-z])"
CURRENCY_WORD = rf"(?:{_CODES}|{'|'.join(NAMES.values())})(?![a-z])|[£€¥$]"
_NOUNS = "|".join(UNIT_NOUNS.values())
PERIOD_AFTER = (
    rf"(?:per|an?|each|every|/|p/) ?(?:calendar )?(?:{_NOUNS})(?![a-z])|(?<= )(?:month|year|hour|week|day)(?![a-z])|(?:{'|'.join(UNIT_PHRASES.values())})(?![a-z])|"
    r"(?:一个?|每个?|/|个|每)(?:小时|钟头|月|天|日|年|周|星期)"
)
PERIOD_BEFORE = (
    r"(?:年|月|日|时|周)(?:薪|收入|工资|入|结)(?:资)?(?:待遇)?|(?:每|一)个?(?:小时|月|天|日|年|周)|"
    r"(?:hourly|daily|weekly|monthly|annual|yearly)(?: (?:base )?(?:pay|salary|rate|income|wages?))?|"
    r"(?:hourly|day|daily) rate"
)
PAY = (
    r"(?:base )?(?:salar(?:y|ies)|pay(?:ing|s)?|paid|wages?|earn(?:ing|s)?|compensation|package|rate|income|budget|remuneration|"
    r"make|making)|薪资|薪水|薪酬|薪|工资|底薪|待遇|收入|月入|年包|年总包|总包|到手|税后|税前|年入|综合|报酬|期望薪资|薪资要求|开价"
)
AT_LEAST = (
    r"at (?:the very )?least|no(?:t)? less than|not (?:under|below)|no lower than|nothing (?:below|under|less than)|"
    r"(?:a )?minimum(?: of)?|min\.?|no smaller than|exceed(?:s|ing)?|(?:a )?floor of|in excess of|more than|over|above|from|upwards of|starting (?:at|from)|north of|"
    r"(?:don't|won't|can't|wouldn't)(?: \w+){1,3}? (?:below|under|less than|for less than)|"
    r"(?:不|别|勿|没|无法)[^，。；,;\d]{0,3}?(?:低于|少于|低过|少过|小于)|至少|起码|最低|最少|最起码|不下|再怎么也|怎么也|下限|大于|高于|超过|底线|低于(?=.{2,12}(?:不|免|勿|别))|少于(?=.{2,12}(?:不|免|勿|别))|>=?|≥"
)
AT_LEAST_AFTER = (
    r"\+|plus(?![a-z])|or more|or above|or over|or better|or upwards|(?:is|as) (?:my|the) (?:floor|minimum|bottom line|least)|(?:as a|at a|or) minimum|and over|and more|and higher|at the (?:very )?least|at the minimum|at minimum|floor(?![a-z])|bare minimum|for starters(?=$)|and above|and up|upwards|or higher|at least|minimum|min(?![a-z])|"
    r"(?:及|或)?(?:以上|之上)|起(?:步|薪|跳)?|往上|打底|保底|朝上|起跳|以下(?:的|就|都|一律)?(?:不|免|勿|别)|(?:是|为)?(?:底线|下限|最低)"
)
AT_MOST = (
    r"up to|at most|no(?:t)? more than|maximum(?: of)?|max\.?|below|under|less than|"
    r"不超过|不高于|最高|最多|低于|至多|小于|<=?|≤"
)
AT_MOST_AFTER = r"or less|or below|maximum|max(?![a-z])|at most|(?:及|或)?以[下内]|封顶"
ABOUT = r"(?:must|should|has to|have to|needs? to|ought to|would|will|to) be|be|between|somewhere|expect(?:ed|ing)?|around|about|roughly|approximately|approx\.?|circa|~|约|大概|大约|差不多|of|is|:|：|在|是|要|给|能|能有|有|达到|能到|到|能拿|拿|能给|不|能不能|为|开到|要求|期望|希望"
ABOUT_AFTER = r"之间|or so|左右|上下|的样子|-?ish"
LINK = r"-|~|—|–|to|and|到|至|--"
_EXPERIENCE = r"(?:experience|exp(?![a-z])|practice|expertise|track record|under my belt|behind me)"
YEARS = (
    rf"(?P<count>\d+(?:\.\d+)?|{ENGLISH_NUMBER}|half an?|an?|a couple of)(?P<half> and a half)?\+?[ -]?"
    r"(?P<unit>years?|yrs?|yoe|months?|decades?)(?P<more> and a half)?(?![a-z])"
    r"(?! (?:old|ago|contract|lease|later|from now|of age|in a row|fixed|younger|older|apart|course|"
    r"notice|max|to go|left|on the waiting)|-(?:old|long))(?:'s?)?"
    rf"(?P<experience> (?:or more |plus )?(?:of )?(?:[\w/+#.&-]+ ){{0,4}}?{_EXPERIENCE})?"
)
"""Years in English; `experience` where the words name it."""
NO_YEARS_BEFORE = (
    r"(?:\b(?:next|within|aged?|another|every|each|per|turn(?:ed|ing)?|in|coming)|[€£$]) $"
)
YEARS_CHINESE = (
    rf"(?P<count>\d+(?:\.\d+)?|{CHINESE_NUMBER}|半)\+?(?:多|来|余)?(?P<unit>年|个月)(?P<half>半)?"
    r"(?:多|以上|左右)?(?![前内级制底初薪终假合后]|以[内后]|[^，。；,;]{0,2}合同|\d{1,2}月)"
    r"(?P<experience>的?[^，。；,;！!？?、\d]{0,10}?(?:经验|工龄|教龄|资历|从业|阅历|驾龄|护龄|龄(?!段)))?"
)
NO_YEARS_BEFORE_CHINESE = (
    r"(?:[第每今明去后前大上下]|未来|月薪|[元块]|不到|再过|年薪.{0,6}|等了?|结婚|分手)$"
)
START_CUE = (
    r"(?:availab(?:le|ility)|start(?:ing|s)?|begin(?:ning)?|join(?:ing)?|free|ready|can start|able to start|earliest|on board|from)"
    r"(?: (?:to start|to join|work|working|date|is|be|as|soon|of|the|on|in|from|at|by|around|early|mid|late|next|sometime|beginning|start|end|middle|this|earliest))*[- :]*"
    r"|as of |from |after |since |not before |not until |no earlier than |onwards from |beginning |"
    r"(?:can't|cannot|can not|unable to|not able to) (?:start|begin|join|come)[a-z ]{0,16} (?:before|until|till) |"
    r"start(?:ing)?(?: date| month)?: ?"
)
NOT_BEFORE_START = (
    r"no earlier than|not before|not until|(?:can't|cannot|can not|unable|not able)[a-z ]*(?:before|until|till)|"
    r"only (?:from|after)|at the (?:very )?earliest|不早于|才[能可有]|至少(?:要|得)?等|最早也?[得要]|必须等"
)
"""What makes a start a condition."""
START_AFTER = r"(?: \d{4})?,? (?:onwards?|start\b|on\b)|(?:开始|起|入职|到岗|上岗|上班|后|以后|之后|能到|可以到|可到岗|可入职|就能|可以|能|才能|才可以|可|报到|就可以|就位|初|底|中旬|上旬|下旬|份)"
