"""What is answered, in English and Chinese."""

# ruff: noqa: RUF001 - Chinese punctuation

SENTENCES: dict[str, dict[str, str]] = {
    "en": {
        "noted": "Noted: {}.",
        "added": "{field}: {entry}",
        "removed": "{field} no longer: {entry}",
        "must": "required: {entry}",
        "must not": "never: {entry}",
        "dismissed": "I will not show “{title}” again.",
        "saved": "I will look for more like “{title}”.",
        "applied": "I have noted that you applied for “{title}”.",
        "blocked": "I will show nothing from {employer} any more.",
        "no employer": "The posting “{title}” does not say who its employer is.",
        "why": "“{title}” is in your list because: {reasons}",
        "why not": "“{title}” is not in your newest list.",
        "what if": "With {skill}, {count} of the first {size} places would change; new: {titles}.",
        "what if same": "With {skill}, your list would stay the same.",
        "which": "I do not know which posting you mean. Say its place, for example “the second”.",
        "undone": "Taken back: {}.",
        "nothing to undo": "There is nothing to take back.",
        "profile": "I know: {}.",
        "profile empty": "I know nothing about you yet.",
        "skipped": "Fine.",
        "not understood": "I did not understand that. Tell me what you look for, or say “why the "
        "first?”, “not the second”, “I applied for the third”, “undo”.",
        "ask wishes": "Which work suits you best: {}, or something else?",
        "ask places": "Where would you like to work: {}, or somewhere else?",
        "ask skills": "Which of these can you do: {}?",
        "or": "{} or {}",
        "events": "{} things that you did with postings",
        "comma": ", ",
        "semicolon": "; ",
    },
    "zh": {
        "noted": "已记下：{}。",
        "added": "{field}：{entry}",
        "removed": "{field}不再包括：{entry}",
        "must": "必须：{entry}",
        "must not": "排除：{entry}",
        "dismissed": "不再推荐“{title}”。",
        "saved": "会多推荐类似“{title}”的职位。",
        "applied": "已记下您申请了“{title}”。",
        "blocked": "不再推荐{employer}的职位。",
        "no employer": "职位“{title}”没有写明雇主。",
        "why": "推荐“{title}”的原因：{reasons}",
        "why not": "“{title}”不在您最新的列表中。",
        "what if": "如果会{skill}，前{size}个职位中有{count}个会变化，新增：{titles}。",
        "what if same": "即使会{skill}，列表也不变。",
        "which": "不清楚您指的是哪个职位，请说出它的位置，例如“第二个”。",
        "undone": "已撤销：{}。",
        "nothing to undo": "没有可以撤销的内容。",
        "profile": "我了解的情况：{}。",
        "profile empty": "我还不了解您的情况。",
        "skipped": "好的。",
        "not understood": "没有理解您的意思。请说说想找什么工作，"
        "或者说“为什么推荐第一个”、“不喜欢第二个”、“撤销”。",
        "ask wishes": "哪种工作最适合您：{}，还是别的？",
        "ask places": "您想在哪里工作：{}，还是别处？",
        "ask skills": "下面哪些您会：{}？",
        "or": "{}或{}",
        "events": "您对职位的{}次操作",
        "comma": "、",
        "semicolon": "；",
    },
}
FIELDS: dict[str, dict[str, str]] = {
    "en": {
        "skills": "skill",
        "wishes": "wish",
        "places": "place",
        "blocked_employers": "employer never shown",
        "must": "required",
        "experience": "position held",
    },
    "zh": {
        "skills": "技能",
        "wishes": "愿望",
        "places": "地点",
        "blocked_employers": "屏蔽的雇主",
        "must": "必须",
        "experience": "任职经历",
    },
}


def language_of(text: str, chosen: str | None = None) -> str:
    """Return the language of an answer: the chosen one, or that of a text; 'en' or 'zh'."""
    if chosen:
        return "zh" if chosen.startswith("zh") else "en"
    return "zh" if any("\u3400" <= character <= "\u9fff" for character in text) else "en"


def choice(texts: list[str], language: str) -> str:
    """Return some texts as a choice: a, b or c."""
    words = SENTENCES[language]
    *most, last = texts
    return words["or"].format(words["comma"].join(most), last) if most else last
