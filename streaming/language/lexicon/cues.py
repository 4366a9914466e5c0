"""Words that say how a value is meant: as a condition, as an exclusion, or softly.

Regexes, matched in lower case. A cue before values governs the first one after it, and those that
continue a list with that one; a cue after a value belongs to the value right before it.
"""

CLAUSE_END = (
    r"[.;!?\n。；！？]+(?!\d)|,|，|:|：| - |\bhowever\b|\bideally\b|\bpreferably\b|\bthough\b|"
    r"(?<!anyone )(?<!anything )(?<!anywhere )(?<!nothing )(?<!everywhere )(?<!everything )(?<!anybody )(?<!no one )(?<!any company )\bbut\b|"
    r"但是?|不过|最好|希望|可以?的话|\bplus\b|\balso\b|另外|其[他它余]|\bwould (?:like|prefer|love)\b|"
    r"\b(?:so|because|since|while|otherwise) "
)
NOT_BEFORE = (
    r"\b(?:not|no|never|without|except(?:ing)?(?: for)?|excepted|excluding|exclude|excl|minus|avoid(?:ing)?|"
    r"(?:any(?:thing|one|where|body| company| employer)|every(?:thing|one|where|body)) but|nothing|none of"
    r"|neither|nor|don't|dont|do not|does not|doesn't|didn't|won't|wouldn't|can't|cant|cannot|couldn't|rather not|"
    r"hate|dislike|detest|loathe|dread|allergic to|bored of|"
    r"stay(?:ing)? (?:away|clear) (?:from|of)|keep (?:me )?(?:away|out|clear) (?:from|of)|steer(?:ing)? clear of|"
    r"other than|apart from|aside from|bar|barring|save for|isn't|aren't|ain't|ruling out|rule out|skip(?:ping)?|"
    r"refuse|tired of|sick of|fed up with|done (?:with|being)|finished with|through with|had (?:it|enough) (?:with|of)|"
    r"had my fill of|leave out|leaving out|filter out|block|hide|omit|drop|outside(?: of)?|"
    r"blacklist(?:ed)?|against|anti|ban)\b|"
    r"不要|不想|不去|不做|不考虑|不接受|不进|不当|不干|不愿意?|不喜欢|不在|不能|不是|不碰|不搞|不打算|"
    r"不投|不看|不来|不招|不希望|不找|不加|不跑|不沾|不写|不教|不送|不开|不予|不准备|不含|不包括|不回|不用|"
    r"别(?=[再给推让发送找来把介安])|别(?![的人处])|勿|拒绝?|排除|除了|除开|除去|除(?![外非])|避开|避免|避雷|远离|讨厌|谢绝|屏蔽|"
    r"过滤掉?|拉黑|剔除|剔掉|去掉|非(?=外包|中介)|受够了?|再也不|死也不|打死不|千万别|坚决不|厌倦了?|无意"
)
_NOT_NOUN = (
    r"(?:行业|领域|圈子?|公司|企业|单位|集团|类型?|类的|岗位?|工作|活儿?|方向|相关|这种|这类|这行|这块|那边|那种|"
    r"那家|这家|之类|什么|的|性质|形式|职位)*"
)
_NOT_ADVERB = r"(?:我|就|都|也|坚决|绝对|一律|一概|全部?|统统|千万|请|可|实在|真的|是|是真|暂|暂时|通通|再也|完全|直接|还是|请都)*"
NOT_AFTER = (
    rf"{_NOT_NOUN}{_NOT_ADVERB}(?:"
    r"(?:不[去做要行干投看碰进来搞]|不考虑|不接受|不想[去做干碰进]?|不感兴趣|没兴趣|不合适|不喜欢|不愿意?[去做干]?|免谈|"
    r"拒绝?|pass|退散|排除|除外|不予考虑|敬谢不敏)(?=[，。；,;!！、)）\s]|$|了|哈|啊|吧|的|哦|推|谢)|"
    r"别(?:再)?(?:推|给|找|发|来|投|提|让|联系|介绍|安排|考虑|烦)|勿扰|勿推|勿投|免了|算了|不用推|不用给|不必推|"
    r"不要(?:再)?(?:推|给|找|发|来)|以外|之外|除外)|"
    r"(?: (?:jobs?|roles?|work|companies|firms|positions?|industry|sector))? ?"
    r"(?:\bexcluded\b|\bexcepted\b|\bneed not apply\b|\b(?:is|are)(?: strictly| definitely)? out\b|"
    r"\b(?:is|are) (?:a|an|an absolute|a definite|a firm|a hard) (?:no\b|deal-?breaker)|\b(?:is|are) no good\b|"
    r"\b(?:is|are) (?:off the table|off limits|not for me|not an option|not my thing|not welcome|ruled out|no longer)|"
    r"\baside\b|- no\b(?! )|\bno thanks\b|\bno thank you\b)"
)
NOT_A_NEGATION = (
    r"not only|no less than|not less than|no fewer than|not under|not below|no more than|"
    r"not more than|no matter|not necessarily|no problem|(?:don't|dont|do not|wouldn't|won't|not) mind|why not|not sure|"
    r"nothing (?:below|under|less)|not bothered|no (?:later|earlier|sooner) than|not (?:later|before)(?: than)?|no (?:prior |previous )?experience|"
    r"don't (?:have|want to earn|care)|not looking|(?:don't|do not) need|won't (?:go|work|take|accept)(?: for)? "
    r"(?:below|under|less)|can't (?:go|work|accept) (?:below|under|less)|not fluent|can't wait|cannot wait|"
    r"can't (?:start|begin|join)|cannot (?:start|begin|join)|never (?:been|too late|worked|had)|no longer|nothing but|"
    r"no rush|no hurry|no preference|no idea|not picky|not fussy|not afraid|not new|not long|not much|no degree|no one|nobody|"
    r"by the bar|behind (?:a|the) bar|bar (?:work|staff|manager|tender)|(?:it|that|this) (?:does not|doesn't) matter|if (?:that's|it's|it is) not|"
    r"不低于|不少于|不超过|不高于|不限|不介意|不一定|不挑|不错|不仅|不只|差不多|不管|不论|不怕|不得不|不用说|不在乎|不嫌|不至于|不图|不求|"
    r"不要低于|不能低于|不要少于|不能少于|别低于|别少于|要不|好不好|是不是|能不能|有没有|可不可以|行不行|做不做|招不招|特别|分别|性别|级别|类别|"
    r"不太会|不太|除了.{1,12}(?:以外)?[，,]?(?:还|也)"
)
"""What begins as a negation, and is none."""
LIST_OF_MUST = r"(?:\b(?:required?|requirements?|must[- ]haves?|musts?|essentials?|non[- ]?negotiables?|conditions?|dealbreakers? if missing)\b|必须|必备|硬性(?:要求|条件)|硬要求|刚需|必要条件|底线要求) ?[:：]"
LIST_OF_NOT = r"(?:\b(?:exclud(?:e|ed|ing)|avoid|no[- ]gos?|not wanted|unwanted|deal-?breakers?|blacklist|hard no|no thanks)\b|排除|不要|拒绝|不考虑|不接受|黑名单|屏蔽|避雷) ?[:：]"
"""What heads a list that ends with its sentence."""
MUST_BEFORE = (
    r"\b(?:must(?: (?:be|have|offer|include|pay|use|involve))?|only|has to|have to|has got to|needs? to be|"
    r"strictly|exclusively|solely|purely|essential|requires?|required|nothing but|absolutely|no exceptions?|"
    r"non-negotiable|insist(?:ing)? on|at the very least|no compromise on|nothing else than|nowhere but|restricted to|limited to)\b|"
    r"必须|必需|务必|一定要?|只要(?!是)|只要|只考虑|只接受|只想|只看|只找|只做|只去|只能|只在|只愿意?|只收|只认|只限|只留|只求|仅限于?|仅考虑|仅接受|"
    r"仅|限定|限(?!制)|非.{1,8}不可|坚持|硬性要求|硬性条件|前提是|得是|就要|只投|只会去|死守|不可妥协|唯一要求|唯一的?条件|非得"
)
MUST_AFTER = (
    r"\bonly\b(?! (?:in|for|from|with|at|if|as|near|around|to)\b)|"
    r"\b(?:is|are) (?:a must|essential|required|non-negotiable|not negotiable|mandatory|necessary|my only condition|a requirement|a condition|the one condition)\b|"
    r"\bis the only\b|\ba must\b|\brequired\b|\bmandatory\b|\bnon-negotiable\b|\bor nothing\b|\bor bust\b|\bexclusively\b|\bno exceptions\b|\bstrictly\b|"
    r"(?:是|为)?(?:必须的?|必要条件|硬性要求|硬性条件|硬要求|硬条件|底线|前提|必备|刚需)|不可(?!以)|才行|才可以|才考虑|才去|才[做干来接]|"
    r"(?:是)?必须|限定|一个条件|没得商量|没商量|免议|是唯一"
)
SOFT_BEFORE = (
    r"\b(?:ideally|preferably|prefer|would like|would love|nice to have|if possible|hopefully|"
    r"open to|happy with|could|or maybe|bonus if|a plus if)\b|最好是?|优先考虑|希望|想|愿意|可以|偏好|倾向于?|更喜欢"
)
SOFT_AFTER = r"\b(?:preferred|would be (?:nice|great|ideal|good|a plus|a bonus)|if possible|is a plus)\b|优先|更好|最好|加分|也行|也可以|都可以|都行"
NEW_TOPIC = r"\b(?:for|as) (?:an?|the)\b|\b(?:who|which)\b|的(?:工作|岗位|职位)|的话"
"""What ends the reach of a cue within its clause, unless it stands right after the cue or a verb of work."""
WORK_VERB = r"(?:work(?:ing)?|jobs?|roles?|positions?|apply(?:ing)?|hired?|employed|want(?:ed)?|looking|go|interested) ?$"

PAST_BEFORE = (
    r"\b(?:was|were|used to(?: be| work as| work in| do| sell)?|i've been|i have been|had been|stopped(?: being| working as)?|"
    r"quit(?:ting)?(?: being| my| as)?|former(?:ly)?|previous(?:ly)?|ex|retired|worked as|worked in|leaving|left|got out of|"
    r"gave up|giving up|hung up|background (?:is|in)|laid off|made redundant|my (?:old|last|former|previous) (?:job|role|boss|position)|"
    r"trained as|degree in|studied|graduated|(?:years?|decades?|months?|life|career) (?:as|in|of|being|behind|on)|once|no longer|"
    r"career changer from|(?:switch(?:ing)?|mov(?:e|ing)|chang(?:e|ing)|transition(?:ing)?|pivot(?:ing)?|com(?:e|ing)|go(?:ing)?|jump(?:ing)?|career) (?:over |away |out )?(?:from|of)|away from|out of|"
    r"ended|my (?:wife|husband|mother|father|mum|mom|dad|sister|brother|son|daughter|friend|boss|neighbou?r|partner|cousin|uncle|aunt)(?:'s| is| was)?)\b|"
    r"以前|之前|原来|原先|曾经?|过去|早年|从前|前几年|上一份|[当做干]过|[当做干开教](?:了|过)[^，。；,;]{0,6}(?:年|辈子|载)|辞(?:掉|去|了)|离开|告别|"
    r"不想再[做当干]?|裸辞|毕业于|专业是?|学的是?|读的是?|从(?=[^，。；,;]{1,12}(?:转|跳|改|换))|退伍|退役|退休"
)
PRESENT_BEFORE = (
    r"\b(?:i'm|i am|im|currently|presently|at present|now (?:an?|in)|working as|work as|my job (?:is|as)|employed as|today)\b|"
    r"现在|目前|眼下|如今|在职|本职|我是|本人是|身为|作为|现为|正在"
)
"""A present work is past where the text wishes for another one."""
PAST_AFTER = (
    r"^ ?(?:turned|by (?:training|trade|profession)|-turned-|in a past life|for (?:the )?(?:last|past)|until|till|"
    r"looking to (?:become|switch|retrain|move into|change)|wanting to (?:become|switch|retrain)|who (?:wants|would like|hopes|is looking) to (?:become|be|switch|retrain|move)|"
    r"(?:to|into|->|→) )|^(?:出身|转(?:行|岗|做|型|职|到)?(?!正)|改行|跳槽|想转|干(?:腻|够|累|烦)了|做(?:腻|够|累|烦)了|当(?:腻|够|累)了|[^，。；,;]{0,3}待够|的经历|[^，。；,;]{0,2}干了|[^，。；,;]{0,2}做了)"
)
EMPLOYED_BEFORE = (
    r"\b(?:i'm (?:at|with)|i am (?:at|with)|i work (?:at|for)|work(?:ed|ing) (?:at|for)|currently (?:at|with|in)|now (?:at|with)|employed (?:by|at)|"
    r"years (?:at|with)|left|leaving|from|laid off (?:by|from)|fired (?:by|from))\b|(?:现在|目前|之前|以前|刚从|曾经?|人)在?|在职于?|离开|离职"
)
"""Where somebody works or worked is no wish."""
WISH_SENTENCE = (
    r"\b(?:want(?:ed|ing)?|would (?:like|love|prefer)|i'd|like to|love to|look(?:ing|in)|searching|seek(?:ing)?|need|find me|find|"
    r"hop(?:e|ing)|wish|job|jobs|role|position|work as|working as|work in|salary|pay|paid|earn|a month|a year|an hour|per (?:hour|month|year)|available|"
    r"start|begin|remote|hybrid|full[- ]time|part[- ]time|speak|experience|skilled|no |not |except|avoid|nothing|years|something|ideally|"
    r"prefer(?:ably|red)?|must|at least|only|anything|anywhere|somewhere|dream|could (?:you|i|do)|can (?:you|do|start)|apply|hire|hiring|know|good (?:at|with)|as an?)\b|"
    r"想[要找做当去在求从应学用应试转干回进]|[要]找|找[个份一]|求[职个一推]|应聘|希望|打算|有没有|[招]|月薪|年薪|时薪|工资|薪|岗|职位|工作经|经验|到岗|入职|上班|远程|全职|兼职|"
    r"不要|不去|不做|不考虑|不想|不接受|除了|拒绝|别推|别给|会(?:用|说|讲|做|点|一)|擅长|熟悉|熟练|精通|懂|最好|必须|只[要想考]|优先|推荐|有.{1,3}年"
)
"""A sentence of a chatty text without one of these tells something else."""
