"""Lines that say what a posting's fields say: employer, place, pay, contract, deadline."""

from collections.abc import Iterator
from datetime import datetime

from streaming.contract.records import Posting, Salary, SalaryUnit
from streaming.language.writing.section_kind import Language

_LABELS: dict[Language, dict[str, str]] = {
    "en": {
        "employer": "Employer",
        "place": "Place",
        "salary": "Pay",
        "employment_type": "Contract",
        "education": "Education",
        "experience": "Experience",
        "skills": "Skills",
        "valid_through": "Apply by",
    },
    "zh": {
        "employer": "雇主",
        "place": "地点",
        "salary": "薪资",
        "employment_type": "合同",
        "education": "学历",
        "experience": "经验",
        "skills": "技能",
        "valid_through": "申请截止",
    },
}
_CONTRACTS = {
    "FULL_TIME": ("full time", "全职"),
    "PART_TIME": ("part time", "兼职"),
    "TEMPORARY": ("temporary", "短期合同"),
    "CONTRACTOR": ("contractor", "合同工"),
    "INTERN": ("internship", "实习"),
    "VOLUNTEER": ("volunteer", "志愿者"),
    "PER_DIEM": ("paid per day", "按日计酬"),
    "OTHER": ("other", "其他"),
}
_UNITS = {
    SalaryUnit.HOUR: ("an hour", "每小时"),
    SalaryUnit.DAY: ("a day", "每天"),
    SalaryUnit.WEEK: ("a week", "每周"),
    SalaryUnit.MONTH: ("a month", "每月"),
    SalaryUnit.YEAR: ("a year", "每年"),
}
_MONTH_NAMES = (
    "January February March April May June July August September October November December"
)
_MONTHS = _MONTH_NAMES.split()


def field_lines(posting: Posting, language: Language) -> list[str]:
    """Return what the fields say, one line each; fields that are absent have none."""
    labels = _LABELS[language]
    colon, comma = (": ", ", ") if language == "en" else ("：", "、")
    place = posting.place
    texts = {
        "employer": posting.employer,
        "place": comma.join(
            filter(None, (place.locality, place.region, place.country)) if place else ()
        ),
        "salary": salary_text(posting.salary, language) if posting.salary else None,
        "employment_type": comma.join(_contracts(posting.employment_type or "", language)),
        "education": posting.education,
        "experience": posting.experience,
        "skills": comma.join(posting.skills),
        "valid_through": date_text(posting.valid_through, language)
        if posting.valid_through
        else None,
    }
    return [
        f"{labels[name]}{colon}{' '.join(text.split())}" for name, text in texts.items() if text
    ]


def salary_text(salary: Salary, language: Language) -> str | None:
    """Return pay in words, such as "25,000 to 30,000 GBP a year"; None without an amount."""
    low, high = salary.minimum, salary.maximum
    if low is None and high is None:
        return None
    if low is not None and high is not None and low != high:
        amount = (
            f"{_money(low)} to {_money(high)}"
            if language == "en"
            else (f"{_money(low)}至{_money(high)}")
        )
    elif low is None:
        amount = f"up to {_money(high)}" if language == "en" else f"最高{_money(high)}"
    elif high is None:
        amount = f"at least {_money(low)}" if language == "en" else f"至少{_money(low)}"
    else:
        amount = _money(low)
    unit = _UNITS[salary.unit][language == "zh"] if salary.unit else ""
    return " ".join(filter(None, (amount, salary.currency, unit)))


def date_text(time: datetime, language: Language) -> str:
    """Return a day in words."""
    if language == "zh":
        return f"{time.year}年{time.month}月{time.day}日"
    return f"{time.day} {_MONTHS[time.month - 1]} {time.year}"


def _money(amount: float | None) -> str:
    if amount is None:
        return ""
    return f"{amount:,.0f}" if amount == round(amount) else f"{amount:,.2f}"


def _contracts(text: str, language: Language) -> Iterator[str]:
    """schema.org's values come alone or as a list with commas or blanks; others stay."""
    for part in text.replace(",", " ").split() if text.upper() == text else [text]:
        known = _CONTRACTS.get(part.upper())
        yield known[language == "zh"] if known else part
