"""Words that say how a value is meant: as a condition, as an exclusion, or softly.

Regexes, matched in lower case. A cue before values reaches to the end of its clause; one after a
value belongs to the value right before it.
"""

CLAUSE_END = (
    r"[.;!?\n。；！？]+(?!\d)|,|，|\bbut\b|\bhowever\b|\bideally\b|\bpreferably\b|\bthough\b|"
    r"但是?|不过|最好|希望|可以?的话|\bplus\b|\balso\b|另外|\bwould (?:like|prefer|love)\b"
)
NOT_BEFORE = (
    r"\b(?:not|no|never|without|except(?: for)?|excluding|exclude|avoid(?:ing)?|anything but|nothing"
    r"|neither|nor|don't|dont|do not|doesn't|won't|wouldn't|can't|cannot|rather not|hate|dislike|"
    r"stay away from|keep away from|steer clear of|other than|apart from|anywhere but|isn't|ruling out|"
    r"rule out|skip|refuse|tired of|sick of|done with|leave out|outside(?: of)?|out of the question)\b|"
    r"不要|不想|不去|不做|不考虑|不接受|不进|不当|不干|不愿意?|不喜欢|不在|不能|不是|不碰|不搞|"
    r"不投|不看|不来|不招|不希望|不找|不加|别|勿|拒绝?|排除|除了|除开|除|避开|避免|远离|讨厌|谢绝|非(?=外包|中介)"
)
NOT_AFTER = (
    r"(?:的|类|行业|公司|岗位?|工作|岗)?(?:除外|不要|不考虑|勿扰|免谈|不去|不做|不行|不接受|就算了|算了|一律不|都不)|"
    r"\bexcluded\b|\bneed not apply\b|\bis out\b|\bare out\b|\bis a no\b|\bis a deal-?breaker\b"
)
NOT_A_NEGATION = (
    r"not only|no less than|not less than|no fewer than|not under|not below|no more than|"
    r"not more than|no matter|not necessarily|no problem|don't mind|do not mind|why not|not sure|"
    r"nothing (?:below|under|less)|not bothered|no later than|not later than|no experience|"
    r"don't (?:have|want to earn|care)|not looking|won't (?:go|work|take|accept)(?: for)? "
    r"(?:below|under|less)|can't (?:go|work|accept) (?:below|under|less)|not fluent|"
    r"不低于|不少于|不超过|不高于|不限|不介意|不一定|不挑|不错|不仅|不只|差不多|除了.{1,12}(?:以外)?[，,]?(?:还|也)"
)
"""What begins as a negation, and is none."""
MUST_BEFORE = (
    r"\b(?:must(?: (?:be|have|offer|include|pay|use|involve))?|only|has to|have to|needs? to|"
    r"strictly|exclusively|solely|essential|requires?|required|nothing but|definitely|absolutely|"
    r"non-negotiable|insist on|at the very least|no compromise on)\b|"
    r"必须|必需|务必|一定要?|只要(?!是)|只要|只考虑|只接受|只想|只看|只找|只做|只去|只能|只在|只愿意?|仅限于?|仅考虑|仅接受|"
    r"仅|限定|限(?!制)|非.{1,8}不可|坚持|硬性要求|硬性条件|前提是|得是|就要|只投|只会去|死守|不可妥协|唯一要求"
)
MUST_AFTER = (
    r"\bonly\b|\b(?:is|are) (?:a must|essential|required|non-negotiable|mandatory|necessary)\b|"
    r"\bis the only\b|\ba must\b|\brequired\b|\bmandatory\b|\bnon-negotiable\b|\bor nothing\b|\bor bust\b|"
    r"(?:是|为)?(?:必须的?|必要条件|硬性要求|硬性条件|硬要求|底线|前提|必备|刚需)|不可(?!以)|才行|才可以|才考虑|才去|"
    r"(?:是)?必须"
)
SOFT_BEFORE = (
    r"\b(?:ideally|preferably|prefer|would like|would love|nice to have|if possible|hopefully|"
    r"open to|happy with|could|or maybe|bonus if|a plus if)\b|最好是?|优先考虑|希望|想|愿意|可以|偏好|倾向于?|更喜欢"
)
SOFT_AFTER = r"\b(?:preferred|would be (?:nice|great|ideal|good|a plus|a bonus)|if possible|is a plus)\b|优先|更好|最好|加分|也行|也可以|都可以|都行"
