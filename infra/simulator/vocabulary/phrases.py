"""Sentences that postings and candidates are made of; `{names}` are filled in."""

# ruff: noqa: RUF001 - Chinese text has Chinese punctuation

LEVELS: dict[str, tuple[tuple[str, ...], ...]] = {
    "zh": (("初级", "助理", "实习"), ("",), ("高级", "资深"), ("首席", "专家级")),
    "en": (("Junior", "Trainee", "Graduate"), ("",), ("Senior", "Experienced"), ("Lead", "Head")),
}
"""Words before a title, by level 0 to 3."""

TITLE_EXTRAS: dict[str, tuple[str, ...]] = {
    "zh": ("（{city}）", "（五险一金）", "（急聘）", "（双休）", "-{industry}方向", "（{skill}）"),
    "en": (
        " – {city}",
        " (m/f/d)",
        " – immediate start",
        " ({skill})",
        " – {industry}",
        ", hybrid",
    ),
}

OPENINGS: dict[str, tuple[str, ...]] = {
    "zh": (
        "{employer}是{city}的一家{sector}企业，现招聘{title}。",
        "因业务发展需要，{employer}{city}团队诚聘{title}。",
        "我们是{employer}，扎根{city}，正在寻找一位{title}加入团队。",
        "{employer}成立多年，专注{sector}领域，{city}岗位开放中。",
        "你想在{city}找一份稳定又有挑战的{term}工作吗？{employer}欢迎你。",
        "{sector}行业的{employer}正在扩大{city}团队，急需{title}。",
        "加入{employer}，和一群有趣的同事一起做好{term}。",
    ),
    "en": (
        "{employer} is looking for a new colleague in {city}: {title}.",
        "Our team in {city} is growing, and the post of {title} is open.",
        "{employer} stands for {sector} with a long view, and {city} is where you would join us.",
        "Do you want work in {term} that is steady and still asks something of you?",
        "We are {employer}, at home in {city}, and we need help in {term}.",
        "Come to {employer} and do {term} among people who like it.",
        "In {city}, {employer} has an opening: {title}.",
    ),
}

TASKS: dict[str, tuple[str, ...]] = {
    "zh": (
        "岗位职责：{first}；{second}。",
        "你将{first}，同时{second}。",
        "主要工作内容包括{first}，以及{second}。",
        "日常工作：1. {first}；2. {second}；3. 完成上级交办的其他事项。",
        "工作重点是{first}；也会参与{second}。",
    ),
    "en": (
        "You will {first}; you will also {second}.",
        "Your work: {first}, and {second}.",
        "What waits for you: {first}; {second}.",
        "On most days you {first}. On the others you {second}.",
        "First of all you {first}. Beyond that you {second}.",
    ),
}

REQUIREMENTS: dict[str, tuple[str, ...]] = {
    "zh": (
        "要求熟悉{skills}。",
        "任职要求：掌握{skills}，有团队合作精神。",
        "希望你具备{skills}等方面的经验。",
        "我们看重{skills}，有相关经验者优先。",
        "需要{skills}能力，责任心强。",
    ),
    "en": (
        "You know {skills}.",
        "You bring experience with {skills}, and you like to work in a team.",
        "What counts here: {skills}.",
        "Some knowledge of {skills} is needed; the rest can be learnt with us.",
        "We ask for {skills} and for reliability.",
    ),
}

OFFERS: dict[str, tuple[str, ...]] = {
    "zh": (
        "提供五险一金和带薪年假。",
        "周末双休，节日有福利。",
        "每年两次调薪机会，晋升通道清晰。",
        "包工作餐，有交通补贴。",
        "办公地点靠近地铁，弹性上下班。",
        "有完善的入职培训和导师带教。",
        "年终奖与绩效挂钩，定期团建。",
        "可申请每周一天远程办公。",
    ),
    "en": (
        "We offer thirty days of leave and a pension.",
        "Two days a week can be worked from home.",
        "There is a training budget, and it gets used.",
        "A colleague will look after you in the first months.",
        "Pay is reviewed every year, in the open.",
        "The office is five minutes from the station.",
        "Shifts are planned six weeks ahead.",
        "Part-time can be talked about.",
    ),
}

CLOSINGS: dict[str, tuple[str, ...]] = {
    "zh": (
        "欢迎投递简历。",
        "期待你的加入！",
        "有意者请在线申请。",
        "本岗位长期有效，面试从速。",
        "",
    ),
    "en": (
        "We look forward to hearing from you.",
        "Apply online; two pages are enough.",
        "Questions are welcome.",
        "Start when it suits you.",
        "",
    ),
}

EDUCATION: dict[str, tuple[str, ...]] = {
    "zh": ("学历不限", "大专", "本科", "硕士"),
    "en": (
        "No formal requirement",
        "Vocational qualification",
        "Bachelor's degree",
        "Master's degree",
    ),
}
"""Education that postings require, by `Occupation.education`."""

EXPERIENCE: dict[str, tuple[str, ...]] = {
    "zh": ("经验不限", "1-3年", "3-5年", "5-10年"),
    "en": ("No experience needed", "1 to 3 years", "3 to 5 years", "5 years or more"),
}
"""Required experience, by level 0 to 3."""

DEGREES: dict[str, tuple[str, ...]] = {
    "zh": ("高中", "大专", "本科", "硕士"),
    "en": ("Left school early", "Vocational training", "Bachelor's degree", "Master's degree"),
}
"""Education that candidates have, by `Occupation.education`."""

BACKGROUNDS: dict[str, tuple[str, ...]] = {
    "zh": (
        "{education}学历，{years}年{term}相关工作经验，现居{city}。",
        "做了{years}年{term}，希望换一个更大的平台。",
        "{years}年工作经验，{education}毕业，做事踏实，学习能力强。",
        "现居{city}，{education}学历，可随时到岗。",
        "曾在{sector}行业工作{years}年，熟悉{skill}。",
    ),
    "en": (
        "{years} years in {term}, living in {city}. {education}.",
        "After {years} years of {term} I am ready for something larger.",
        "{education}, {years} years of work, quick to learn.",
        "Based in {city}. {education}. Can start at once.",
        "{years} years in {sector}; at home with {skill}.",
    ),
}

BEGINNERS: dict[str, tuple[str, ...]] = {
    "zh": ("应届毕业生，{education}学历，想从事{term}。", "刚毕业，在{city}找第一份工作。"),
    "en": (
        "{education}, just now. Looking for a first post in {term}.",
        "New in {city} and in working life.",
    ),
}
"""Backgrounds of candidates of level 0."""

FIELDS: dict[str, tuple[str, ...]] = {
    "zh": ("双休", "远程办公", "大公司", "离家近", "稳定"),
    "en": ("remote work", "regular hours", "a larger company", "close to home", "part-time"),
}
"""Wishes that do not name an occupation."""
