"""The cities of the simulated market, with their pay and currency."""

from typing import NamedTuple

from infra.simulator.vocabulary.occupation import Language


class City(NamedTuple):
    """A place of work."""

    language: Language
    locality: str
    region: str
    country: str
    """ISO 3166 code."""
    size: float
    """Its share of the postings, relative to the other cities of its language."""
    pay: float
    """Its pay, relative to the other cities of its language."""
    currency: str
    """ISO 4217 code."""
    rate: float
    """Exchange rate from the currency of the occupations' tables (CNY in China, else GBP)."""


_CHINA = (
    ("北京", "北京市", 10.0, 1.30),
    ("上海", "上海市", 10.0, 1.30),
    ("深圳", "广东省", 9.0, 1.25),
    ("广州", "广东省", 7.0, 1.10),
    ("杭州", "浙江省", 7.0, 1.15),
    ("成都", "四川省", 5.0, 0.90),
    ("南京", "江苏省", 4.0, 1.00),
    ("苏州", "江苏省", 4.0, 1.00),
    ("武汉", "湖北省", 4.0, 0.90),
    ("西安", "陕西省", 3.0, 0.80),
    ("重庆", "重庆市", 3.0, 0.85),
    ("天津", "天津市", 3.0, 0.90),
    ("长沙", "湖南省", 2.5, 0.85),
    ("青岛", "山东省", 2.0, 0.85),
    ("厦门", "福建省", 2.0, 0.90),
)
_ELSEWHERE = (
    ("London", "England", "GB", 10.0, 1.25, "GBP", 1.0),
    ("Manchester", "England", "GB", 6.0, 1.00, "GBP", 1.0),
    ("Edinburgh", "Scotland", "GB", 4.0, 1.00, "GBP", 1.0),
    ("Bristol", "England", "GB", 3.0, 0.95, "GBP", 1.0),
    ("Dublin", "Leinster", "IE", 5.0, 1.15, "EUR", 1.17),
    ("Berlin", "Berlin", "DE", 5.0, 1.05, "EUR", 1.17),
    ("Amsterdam", "North Holland", "NL", 4.0, 1.10, "EUR", 1.17),
    ("New York", "New York", "US", 7.0, 1.40, "USD", 1.3),
    ("Austin", "Texas", "US", 4.0, 1.25, "USD", 1.3),
)

CITIES: tuple[City, ...] = (
    *(
        City("zh", locality, region, "CN", size, pay, "CNY", 1.0)
        for locality, region, size, pay in _CHINA
    ),
    *(City("en", *row) for row in _ELSEWHERE),
)
"""All cities. The simulation refers to them by index."""
