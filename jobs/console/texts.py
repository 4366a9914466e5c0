"""The texts of the pages, in English and Chinese."""

from collections.abc import Mapping

LANGUAGES = {"en": "English", "zh": "中文"}

TEXTS: Mapping[str, tuple[str, str]] = {
    # Both pages
    "title": ("careerstream console", "careerstream 控制台"),
    "skip": ("Skip to the content", "跳到正文"),
    "candidate page": ("Candidate", "求职者"),
    "operator page": ("Operator", "运维"),
    "pages": ("Pages", "页面"),
    "language": ("Language", "语言"),
    "theme": ("Colours", "配色"),
    "theme auto": ("as the system", "跟随系统"),
    "theme light": ("light", "浅色"),
    "theme dark": ("dark", "深色"),
    "no script": ("This page needs JavaScript.", "本页需要 JavaScript。"),
    "connecting": ("Connecting", "正在连接"),
    "live": ("Live", "实时"),
    "lost": (
        "The console does not answer. The page connects again by itself.",
        "控制台没有响应。本页会自动重新连接。",
    ),
    "ended": (
        "This session has ended. Open the URL that careerstream console prints.",
        "会话已结束。请打开 careerstream console 打印的网址。",
    ),
    "failed": ("That did not work", "操作失败"),
    # Candidate
    "whose": ("Whose list", "谁的推荐"),
    "nobody": ("Nobody is chosen yet.", "尚未选择求职者。"),
    "shown": ("Shown: {id}", "当前：{id}"),
    "candidate id": ("Candidate id", "求职者编号"),
    "choose": ("Choose", "选择"),
    "recent": ("Active lately", "最近活跃"),
    "make up": ("Make up a candidate", "新建求职者"),
    "skills": ("Skills, with commas", "技能，用逗号分隔"),
    "wishes": ("Wishes: titles, fields", "期望职位或领域"),
    "places": ("Places", "期望地点"),
    "background": ("Education and experience", "教育与经历"),
    "blocked_employers": ("Employers never to show", "屏蔽的雇主"),
    "reasons in": ("Language of the reasons", "推荐理由的语言"),
    "send": ("Send", "提交"),
    "list": ("Recommendations", "推荐职位"),
    "no lists": (
        "No list stands on the topic yet. `careerstream up` makes lists.",
        "主题中还没有推荐列表。运行 `careerstream up` 生成。",
    ),
    "waiting": (
        "No list for this candidate yet. The first one comes moments after the first record.",
        "该求职者还没有推荐列表。第一条记录之后片刻即会出现。",
    ),
    "empty": ("This list is empty: nothing fits.", "列表为空：没有合适的职位。"),
    "no answer": (
        "No list has come for {seconds} s. Does `careerstream up` run?",
        "已有 {seconds} 秒没有新列表。`careerstream up` 在运行吗？",
    ),
    "catching up": ("Reading the topics: {count} messages to go", "正在读取主题：剩余 {count} 条"),
    "latency": ("From click to list: {ms} ms", "从点击到列表：{ms} 毫秒"),
    "latency median": ("median of {count}: {ms} ms", "{count} 次的中位数：{ms} 毫秒"),
    "no latency": ("From click to list: no click yet", "从点击到列表：尚无点击"),
    "versions": (
        "Profile version {profile} · model {model} · catalogue version {catalogue} · as of {as_of}",
        "画像版本 {profile} · 模型 {model} · 职位目录版本 {catalogue} · 截至 {as_of}",
    ),
    "view": ("View", "浏览"),
    "save": ("Save", "收藏"),
    "dismiss": ("Dismiss", "不感兴趣"),
    "apply": ("Applied", "申请"),
    "hire": ("Hired", "录用"),
    "action on": ("{action}: {title}", "{action}：{title}"),
    "sent": ("Sent: {action}, {title}", "已发送：{action}，{title}"),
    "why": ("Why", "推荐理由"),
    "open link": ("Open the posting (leaves this page)", "打开职位原文（离开本页）"),
    "unknown posting": ("Unknown posting {id}", "未知职位 {id}"),
    "probability": ("probability {share} %", "概率 {share} %"),
    "new": ("new", "新"),
    "up": ("up {places}", "上升 {places}"),
    "down": ("down {places}", "下降 {places}"),
    "announce": (
        "The list changed: {new} new, {moved} moved. First: {first}.",
        "列表已更新：{new} 个新职位，{moved} 个移动。第一位：{first}。",
    ),
    "announce same": ("The list came again, unchanged.", "列表已更新，内容不变。"),
    "keys": ("Keys", "快捷键"),
    "keys text": (
        "j and k move; v views, s saves, d dismisses the chosen posting; m shows its candidates.",
        "j、k 在列表中移动；v 浏览、s 收藏、d 表示对选中职位不感兴趣，m 显示其候选人。",
    ),
    "conversation": ("Conversation", "对话"),
    "say button": ("Say", "发送"),
    "say": ("Say something as this candidate", "以该求职者的身份说话"),
    "say examples": (
        "For example: remote only, in Hangzhou · why the first? · not the second · undo",
        "例如：只要杭州的远程工作 · 为什么推荐第一个？ · 不喜欢第二个 · 撤销",
    ),
    "speaker candidate": ("Candidate", "求职者"),
    "speaker careerstream": ("careerstream", "careerstream"),
    "nobody answers": (
        "No answer has come for {seconds} s. `careerstream --set converse.with_up=yes up` answers.",
        "已有 {seconds} 秒没有回答。运行 `careerstream --set converse.with_up=yes up` 才会回答。",
    ),
    "matches": ("Candidates", "候选人"),
    "matches of": ("Candidates for a posting", "职位的候选人"),
    "posting id": ("Posting id", "职位编号"),
    "no posting": (
        "No posting is chosen yet. Every posting of the list has a button for it.",
        "尚未选择职位。列表中的每个职位都有对应按钮。",
    ),
    "no matches": (
        "No match was published yet. `careerstream --set match.with_up=yes up` makes matches.",
        "尚未发布任何匹配。运行 `careerstream --set match.with_up=yes up` 生成。",
    ),
    "nobody fits": (
        "Nobody who agreed to be shown to employers has this posting within reach.",
        "同意向雇主展示的求职者中，没有人与该职位相近。",
    ),
    "match versions": (
        "Model {model} · catalogue version {catalogue} · as of {as_of}",
        "模型 {model} · 职位目录版本 {catalogue} · 截至 {as_of}",
    ),
    "halves": (
        "would turn to it: {probability} % · meets what it asks for: {requirement} %",
        "关注该职位的概率 {probability} % · 符合要求 {requirement} %",
    ),
    "why candidate": ("Why this candidate", "匹配理由"),
    "disclosed": ("has applied", "已申请"),
    "announce matches": ("Candidates for {title}: {count}.", "{title} 的候选人：{count} 位。"),
    "rewrite": ("The posting in plain words", "职位的平实表述"),
    "rewritten by": (
        "Written by {author}; {facts} facts checked.",
        "撰写：{author}；已核对 {facts} 项事实。",
    ),
    "rewritten by rules": ("rules", "规则"),
    "rewrite refused": (
        "No text stands, because it would not say what the posting says: {reason}",
        "没有可用文本，因为它与职位内容不符：{reason}",
    ),
    "remarks": ("Words that shut people out", "可能排斥他人的用语"),
    "replaced": (
        "{word}: {reason}; instead: {replacement}",
        "{word}：{reason}；改为：{replacement}",
    ),
    "kept": ("{word}: {reason}", "{word}：{reason}"),
    "plan": ("The way to a goal", "通往目标之路"),
    "goal": ("Goal: an occupation; empty takes it back", "目标职业，留空则取消"),
    "plan it": ("Plan", "规划"),
    "no goal": (
        "No plan yet: state a goal, or wish for an occupation.",
        "尚无规划：请填写目标，或期望一个职业。",
    ),
    "no plans": (
        "No plan was published yet. `careerstream --set plan.with_up=yes up` makes plans.",
        "尚未发布任何规划。运行 `careerstream --set plan.with_up=yes up` 生成。",
    ),
    "plan goal": (
        "{goal}: {had} of {all} skills, {in_reach} of {postings} open postings in reach",
        "{goal}：已有 {had}/{all} 项技能，{postings} 个开放职位中 {in_reach} 个可及",
    ),
    "trouble unknown_goal": (
        "The taxonomy has no occupation “{goal}”. Did you mean: {nearest}?",
        "分类中没有职业“{goal}”。您是否指：{nearest}？",
    ),
    "trouble goal_without_skills": (
        "The taxonomy names no skills of {goal}.",
        "分类中没有列出 {goal} 所需的技能。",
    ),
    "trouble reached": ("The goal is reached: nothing is missing.", "目标已达成：不缺任何技能。"),
    "trouble no_courses": (
        "There are no courses yet. `careerstream import courses` brings them in.",
        "尚无课程。运行 `careerstream import courses` 导入。",
    ),
    "trouble nothing_leads": (
        "No courses lead to any of the missing skills.",
        "没有课程通向所缺的技能。",
    ),
    "skills had": ("Skills that are had", "已有技能"),
    "skills missing": ("Skills that are missing", "所缺技能"),
    "steps": ("Steps", "步骤"),
    "missing skill": ("{skill}: {postings} postings ask for it", "{skill}：{postings} 个职位要求"),
    "not covered": ("no course leads to it", "没有课程通向它"),
    "not stated": ("by a position that was held", "由任职经历得出"),
    "gives": ("gives {skills}", "可获得 {skills}"),
    "more in reach": ("{more} more postings in reach", "新增 {more} 个可及职位"),
    "open course": ("Open the course (leaves this page)", "打开课程（离开本页）"),
    "hours": ("{hours} h", "{hours} 小时"),
    "needs itself": (
        "Left out, as only they give what they need: {courses}",
        "已略去（所需技能只有自身提供）：{courses}",
    ),
    "announce plan": ("The way to {goal}: {steps} steps.", "通往 {goal}：{steps} 个步骤。"),
    "profile": ("The profile, as it folds", "实时画像"),
    "no profile": ("No profile yet.", "尚无画像。"),
    "profile version": ("Version {version}, as of {as_of}", "版本 {version}，截至 {as_of}"),
    "marked": (
        "Applied to {applied}, dismissed {dismissed}",
        "已申请 {applied}，不感兴趣 {dismissed}",
    ),
    "stated": ("Stated", "本人陈述"),
    "stated skills": ("Skills", "技能"),
    "stated wishes": ("Wishes", "期望"),
    "stated places": ("Places", "地点"),
    "stated background": ("Background", "教育与经历"),
    "stated blocked_employers": ("Never shown", "屏蔽的雇主"),
    "stated language": ("Language", "语言"),
    "experience": ("Positions held", "工作经历"),
    "events": ("Newest events first", "最近的行为"),
    "no events": ("No events yet.", "尚无行为。"),
    "more events": ("and {count} older ones", "以及更早的 {count} 条"),
    # Operator
    "jobs": ("Jobs and health", "作业与健康"),
    "no jobs": (
        "No job runs in this home. `careerstream up` starts them.",
        "此目录下没有运行中的作业。运行 `careerstream up` 启动。",
    ),
    "job": ("Job", "作业"),
    "health": ("Health", "健康"),
    "ok": ("ok", "正常"),
    "lists made": ("Lists", "列表数"),
    "p50": ("p50", "p50"),
    "p99": ("p99", "p99"),
    "since": ("Since", "开始于"),
    "broker": ("Kafka", "Kafka"),
    "queries": ("Queries and lag", "查询与积压"),
    "query": ("Query", "查询"),
    "batch": ("Batch", "批次"),
    "in a second": ("Read a second", "每秒读取"),
    "batch time": ("Batch time", "批次耗时"),
    "lag": ("Lag", "积压"),
    "state rows": ("State rows", "状态行数"),
    "seen": ("Seen ago", "距上次"),
    "topics": ("Topics", "主题"),
    "topic": ("Topic", "主题"),
    "messages": ("Messages so far", "累计消息"),
    "dead letters": ("Dead letters", "死信"),
    "letters in all": ("{count} in all", "共 {count} 条"),
    "no letters": ("None: every message could be read.", "没有：所有消息都可读取。"),
    "refresh": ("Read again", "重新读取"),
    "replay": ("Replay", "重放"),
    "replay letter": ("Replay {key}", "重放 {key}"),
    "replay shown": ("Replay those shown", "重放所列死信"),
    "replayed": ("Replay: {outcomes}", "重放：{outcomes}"),
    "key": ("Key", "键"),
    "reason": ("Reason", "原因"),
    "text": ("What is wrong", "说明"),
    "at": ("Since", "时间"),
    "letters": ("Letters", "数量"),
    "models": ("Champion and challenger", "冠军与挑战者"),
    "no models": (
        "No model is registered. `careerstream models init` registers the baseline.",
        "尚未注册模型。运行 `careerstream models init` 注册基线。",
    ),
    "version": ("Version", "版本"),
    "kind": ("Kind", "类型"),
    "cut": ("Trained on events up to", "训练数据截至"),
    "alias": ("Alias", "别名"),
    "gate": ("The gate on version {version}", "准入评估：版本 {version}"),
    "no gate": (
        "The gate has measured nothing yet. `careerstream promote` asks it.",
        "准入评估尚未进行。运行 `careerstream promote`。",
    ),
    "passed": ("passed", "通过"),
    "refused": ("refused", "拒绝"),
    "forced": ("promoted by force", "强制晋升"),
    "segment": ("Turns", "评估段"),
    "number": ("Number", "数量"),
    "lead": ("lead {lead} [{low}, {high}]", "领先 {lead} [{low}, {high}]"),
    "past champions": ("Past champions", "历任冠军"),
}
"""Key → the text in each language, in the order of `LANGUAGES`."""


def texts(language: str) -> dict[str, str]:
    """Return all texts in a language."""
    place = list(LANGUAGES).index(language)
    return {key: both[place] for key, both in TEXTS.items()}


def preferred_language(accept_language: str) -> str:
    """Return the language that a browser prefers among ours, by its header Accept-Language."""
    weighted = []
    for part in accept_language.split(","):
        tag, _, weight = part.strip().partition(";q=")
        try:
            weighted.append((float(weight or 1), tag.partition("-")[0].lower()))
        except ValueError:
            continue
    for _, tag in sorted(weighted, key=lambda each: -each[0]):
        if tag in LANGUAGES:
            return tag
    return next(iter(LANGUAGES))
