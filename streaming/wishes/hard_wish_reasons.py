"""The reasons that name a candidate's hard wishes, all of which an item of a list meets."""

from collections.abc import Iterable, Mapping
from typing import Any

from streaming.contract.records import MustField, ReasonKind, WorkMode

_SENTENCES = {
    "en": {
        MustField.PLACE: "It is in {}, as you ask.",
        MustField.WORK_MODE: "It is {}, as you ask.",
        MustField.SALARY: "It pays {} or more, as you ask.",
        MustField.CONTRACT: "It is {}, as you ask.",
        MustField.OCCUPATION: "It is work as {}, as you ask.",
        MustField.SKILL: "It asks for {}, as you wish.",
        MustField.INDUSTRY: "It is in the field {}, as you ask.",
    },
    "zh": {
        MustField.PLACE: "工作地点在{}，符合您的要求。",  # noqa: RUF001 - Chinese
        MustField.WORK_MODE: "工作方式为{}，符合您的要求。",  # noqa: RUF001 - Chinese
        MustField.SALARY: "薪资不低于{}，符合您的要求。",  # noqa: RUF001 - Chinese
        MustField.CONTRACT: "用工形式为{}，符合您的要求。",  # noqa: RUF001 - Chinese
        MustField.OCCUPATION: "职位是{}，符合您的要求。",  # noqa: RUF001 - Chinese
        MustField.SKILL: "需要{}，符合您的愿望。",  # noqa: RUF001 - Chinese
        MustField.INDUSTRY: "属于{}行业，符合您的要求。",  # noqa: RUF001 - Chinese
    },
}
_NAMES = {
    "en": {
        WorkMode.REMOTE.value: "remote",
        WorkMode.HYBRID.value: "hybrid",
        WorkMode.ON_SITE.value: "on site",
        "FULL_TIME": "full-time",
        "PART_TIME": "part-time",
        "CONTRACTOR": "contract work",
        "TEMPORARY": "temporary",
        "INTERN": "an internship",
        "HOUR": "an hour",
        "DAY": "a day",
        "WEEK": "a week",
        "MONTH": "a month",
        "YEAR": "a year",
    },
    "zh": {
        WorkMode.REMOTE.value: "远程",
        WorkMode.HYBRID.value: "混合办公",
        WorkMode.ON_SITE.value: "到岗",
        "FULL_TIME": "全职",
        "PART_TIME": "兼职",
        "CONTRACTOR": "合同工",
        "TEMPORARY": "临时",
        "INTERN": "实习",
        "HOUR": "每小时",
        "DAY": "每天",
        "WEEK": "每周",
        "MONTH": "每月",
        "YEAR": "每年",
    },
}


def wish_name(value: str, language: str) -> str:
    """Return the value of a hard wish in words."""
    names = _NAMES[_language(language)]
    return names.get(value) or " ".join(names.get(part, part) for part in value.split(" "))


def hard_wish_reasons(profile: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return a reason (`records.Reason`) for each hard wish of a profile, but for exclusions.

    Every item of its list meets all of them (`Catalogue.eligible`).
    """
    stated = profile.get("stated") or {}
    language = _language(stated.get("language"))
    return list(_reasons(stated.get("must") or (), language))


def _reasons(musts: Iterable[Mapping[str, Any]], language: str) -> Iterable[dict[str, Any]]:
    for must in musts:
        if not must.get("excluded"):
            sentence = _SENTENCES[language][MustField(must["field"])]
            name = wish_name(must["value"], language)
            yield {
                "kind": ReasonKind.STATED.value,
                "text": sentence.format(name),
                "words": [must["value"]],
            }


def _language(code: str | None) -> str:
    return "zh" if (code or "").startswith("zh") else "en"
