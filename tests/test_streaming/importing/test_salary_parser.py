import math
import re
from time import process_time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streaming.contract.records import SalaryUnit
from streaming.importing.parsers.salary import parse_amount, parse_salary, parse_salary_text
from streaming.importing.parsers.values import find_salary_unit

HOUR, DAY, WEEK, MONTH, YEAR = SalaryUnit


@pytest.mark.parametrize(
    ("text", "minimum", "maximum", "currency", "unit"),
    [
        # separators
        ("38.500 €", 38500, 38500, "EUR", None),
        ("€ 2.750,00", 2750, 2750, "EUR", None),
        ("CHF 95\u2019500", 95500, 95500, "CHF", None),
        ("CHF 6'250.50", 6250.5, 6250.5, "CHF", None),
        ("CHF 72'000.- bis 84'000.-", 72000, 84000, "CHF", None),
        ("41 000 zł", 41000, 41000, "PLN", None),
        ("41\u202f000 €", 41000, 41000, "EUR", None),
        ("₹ 4,50,000", 450000, 450000, "INR", None),
        ("1.050.000,25 €", 1050000.25, 1050000.25, "EUR", None),
        ("£14,5 ph", 14.5, 14.5, "GBP", HOUR),
        ("£0.125", 0.125, 0.125, "GBP", None),
        ("USD 41250.0000", 41250, 41250, "USD", None),
        ("£41, 050 pa", 41050, 41050, "GBP", YEAR),
        ("€ 2.900,- bis € 3.100,-", 2900, 3100, "EUR", None),
        ("Rs 31,000/- per month", 31000, 31000, "INR", MONTH),
        # multipliers
        ("£42k", 42000, 42000, "GBP", None),
        ("35-45k", 35000, 45000, None, None),
        ("$7.5-8K", 7500, 8000, "USD", None),
        ("80k-95,000", 80000, 95000, None, None),
        ("600-1.2k", 600, 1200, None, None),
        ("€55 Tsd. im Jahr", 55000, 55000, "EUR", YEAR),
        ("60 T€", 60000, 60000, "EUR", None),
        ("€42 thousand", 42000, 42000, "EUR", None),
        ("$1.4M", 1400000, 1400000, "USD", None),
        ("1,3 Mio. €", 1300000, 1300000, "EUR", None),
        ("2-2.5万/月", 20000, 25000, None, MONTH),
        ("7千-1.1万", 7000, 11000, None, None),
        ("￥250万", 2500000, 2500000, "CNY", None),
        ("25-35万/年", 250000, 350000, None, YEAR),
        ("¥1.2亿", 120000000, 120000000, "CNY", None),
        ("4-6 LPA", 400000, 600000, "INR", YEAR),
        ("₹9L - ₹14L", 900000, 1400000, "INR", None),
        ("Rs 3.5 lakhs per annum", 350000, 350000, "INR", YEAR),
        ("2-3 lacs", 200000, 300000, None, None),
        ("INR 1.5 Cr", 15000000, 15000000, "INR", None),
        # currencies
        ("R$ 6.200,00 por mês", 6200, 6200, "BRL", MONTH),
        ("HK$24,000", 24000, 24000, "HKD", None),
        ("HK $24,000", 24000, 24000, "HKD", None),
        ("A$70k - A$85k", 70000, 85000, "AUD", None),
        ("AU$70,000", 70000, 70000, "AUD", None),
        ("C$66,000", 66000, 66000, "CAD", None),
        ("S$4,200", 4200, 4200, "SGD", None),
        ("NZ$61,000", 61000, 61000, "NZD", None),
        ("NT$52,000", 52000, 52000, "TWD", None),
        ("US$ 51,000", 51000, 51000, "USD", None),
        ("MX$18,000", 18000, 18000, "MXN", None),
        ("CAD$ 70,000", 70000, 70000, "CAD", None),
        ("$71,000 CAD", 71000, 71000, "CAD", None),
        ("$71,000 - $82,000 a year (AUD)", 71000, 82000, "AUD", YEAR),
        ("$71,000", 71000, 71000, "USD", None),
        ("X$ 700", 700, 700, None, None),
        ("c$45k", 45000, 45000, None, None),
        ("A $45k job", 45000, 45000, None, None),
        ("70,000 Canadian dollars", 70000, 70000, "CAD", None),
        ("64,000 EUR", 64000, 64000, "EUR", None),
        ("EUR64k", 64000, 64000, "EUR", None),
        ("64k usd", 64000, 64000, "USD", None),
        ("31 000 kr", 31000, 31000, None, None),
        ("SEK 31 000 kr", 31000, 31000, "SEK", None),
        ("Fr. 81'000", 81000, 81000, "CHF", None),
        ("9000元/月", 9000, 9000, "CNY", MONTH),
        ("RMB 9,000", 9000, 9000, "CNY", None),
        ("3万港币", 30000, 30000, "HKD", None),
        ("月給28万円", 280000, 280000, "JPY", MONTH),
        ("¥280,000 JPY", 280000, 280000, "JPY", None),
        ("60 000 ₽", 60000, 60000, "RUB", None),
        ("₩42,000,000", 42000000, 42000000, "KRW", None),
        # periods
        ("Salary per annum: £32,400", 32400, 32400, "GBP", YEAR),
        ("$48,000/yr - $58,000/yr", 48000, 58000, "USD", YEAR),
        ("£11 p/h to £13 p/h", 11, 13, "GBP", HOUR),
        ("£32,400 P.A.", 32400, 32400, "GBP", YEAR),
        ("$48,000 a year", 48000, 48000, "USD", YEAR),
        ("2.100 € par mois", 2100, 2100, "EUR", MONTH),
        ("33 000 € brut/an", 33000, 33000, "EUR", YEAR),
        ("1.900 € al mes", 1900, 1900, "EUR", MONTH),
        ("3.300 € brutto im Monat", 3300, 3300, "EUR", MONTH),
        ("14,20 €/Std.", 14.2, 14.2, "EUR", HOUR),
        ("每月7000元", 7000, 7000, "CNY", MONTH),
        ("月薪7000-9000元", 7000, 9000, "CNY", MONTH),
        ("年薪25万", 250000, 250000, None, YEAR),
        ("日薪260元", 260, 260, "CNY", DAY),
        ("22元/小时", 22, 22, "CNY", HOUR),
        ("260元/天", 260, 260, "CNY", DAY),
        ("£560 weekly", 560, 560, "GBP", WEEK),
        ("12-18K·15薪", 12000, 18000, None, None),
        ("$1,900 bi-weekly", 1900, 1900, "USD", None),
        ("£32,400 paid monthly", 32400, 32400, "GBP", None),
        ("36 hours per week, £13.10 per hour", 13.1, 13.1, "GBP", HOUR),
        ("36 hours per week £32,400", 32400, 32400, "GBP", None),
        ("£45,000 per annum (£23 per hour)", 45000, 45000, "GBP", YEAR),
        # ranges and limits
        ("between 28k and 33k", 28000, 33000, None, None),
        ("38.000 € - 46.000 €", 38000, 46000, "EUR", None),
        ("£35ph - £41ph", 35, 41, "GBP", HOUR),
        ("£24,100. - £29,800. pa", 24100, 29800, "GBP", YEAR),
        ("(£) 24,100 - 29,800", 24100, 29800, "GBP", None),
        ("7000至9000元", 7000, 9000, "CNY", None),
        ("15k到20k", 15000, 20000, None, None),
        ("zwischen 38.000 und 46.000 €", 38000, 46000, "EUR", None),
        ("de 1.800 a 2.200 €", 1800, 2200, "EUR", None),
        ("30k€ à 36k€", 30000, 36000, "EUR", None),
        ("£30,000&nbsp;-&nbsp;£36,000", 30000, 36000, "GBP", None),
        ("upto £27,500", None, 27500, "GBP", None),
        ("bis 52.000 €", None, 52000, "EUR", None),
        ("bis zu 52.000 €", None, 52000, "EUR", None),
        ("max. 52.000 €", None, 52000, "EUR", None),
        ("up to an excellent £52k", None, 52000, "GBP", None),
        ("9000元以下", None, 9000, "CNY", None),
        ("not more than £52k", None, 52000, "GBP", None),
        ("ab 2.800 €", 2800, None, "EUR", None),
        ("starting at $19/hr", 19, None, "USD", HOUR),
        ("$55k+", 55000, None, "USD", None),
        ("9000元/月起", 9000, None, "CNY", MONTH),
        ("8k以上", 8000, None, None, None),
        # what is paid in addition, and other numbers
        ("£16 per hour + £3,000 bonus", 16, 16, "GBP", HOUR),
        ("Band 5 (£26,100 - £31,700)", 26100, 31700, "GBP", None),
        ("£19 - 28 days holiday", 19, 19, "GBP", None),
        ("$68,000 with 401k", 68000, 68000, "USD", None),
        ("22 per hour", 22, 22, None, HOUR),
        ("Salary: 7000", 7000, 7000, None, None),
        ("14250", 14250, 14250, None, None),
    ],
)
def test_money_in_words(text, minimum, maximum, currency, unit):
    found = parse_salary_text(text)
    assert found is not None
    assert (found.minimum, found.maximum) == (minimum, maximum)
    assert (found.currency, found.unit) == (currency, unit)


@pytest.mark.parametrize(
    "text",
    [
        *("面议", "Competitive", "DOE", "negotiable", "Band 4", "Band 6 per annum", "£ TBC"),
        *("35 hours", "28 days holiday", "401k", "401(k)", "3-4 years", "24/7", "9am - 5pm", "10%"),
        *("Hours per month: 150", "4500-6000 people", "10,000 - 12,000 hours", "9000"),
        *("2025-2026", "2026-03-31", "31.03.2026", "31/03/2026", "20260331", "March 2026 - 2027"),
        *("01632 960123", "+44 1632 960123", "555-010-1234", "555 010 1234", "SW17 0QT"),
        *("ref 130417", "Salary 2026", "£1.23.45", "£1234.567", "£12,345.678", "£1,23,45"),
        *(
            "1.2E+05",
            "£30½",
            "¥25万5000",
            "$1.2 mil",
            "12L - 18L",
            "$12L",
            "45-50.000 €",
            "$30k-20",
        ),
        *(
            "$50 - €60",
            "£50,000 - $60,000",
            "$100 - EUR 200",
            "£20/hr - £40,000/yr",
            "£20 - £4,000",
        ),
        *("-£500", "£-500", "£ -500", "£0", "£0 - £0", "£" + "9" * 400),
        *("Competitive + £2,500 bonus", "£2,500 welcome bonus", "bonus of £2,500"),
    ],
)
def test_what_is_no_single_salary_is_none(text):
    assert parse_salary_text(text) is None


@pytest.mark.parametrize(
    ("fields", "minimum", "maximum"),
    [
        ({"minValue": "38.500", "maxValue": "46.000"}, 38500, 46000),
        ({"minValue": "12,75"}, 12.75, None),
        ({"minValue": "14.250"}, 14250, None),
        ({"maxValue": "€41k"}, None, 41000),
        ({"value": "38.500 - 46.000"}, 38500, 46000),
        ({"value": "38.5"}, 38.5, 38.5),
        ({"value": 38.5}, 38.5, 38.5),
        ({"value": "15 - 19", "unitText": "HOUR"}, 15, 19),
        ({"minValue": "30k to 36k"}, 30000, 36000),
        ({"minValue": "Competitive", "maxValue": 41000}, None, 41000),
        ({"minValue": "Competitive", "value": "€41k"}, 41000, 41000),
        ({"minValue": ["36000"], "maxValue": {"@value": 41000}}, 36000, 41000),
        ({"minValue": 9, "maxValue": 5}, 5, 9),
        ({"minValue": 10**400, "maxValue": 41000}, None, 41000),
        ({"minValue": "30", "maxValue": "40k", "value": "30-40k"}, 30000, 40000),
    ],
)
def test_fields_are_read_like_texts(fields, minimum, maximum):
    salary = parse_salary({"currency": "EUR", "value": {"@type": "QuantitativeValue", **fields}})
    assert (salary.get("minimum"), salary.get("maximum")) == (minimum, maximum)
    assert salary["currency"] == "EUR"


@pytest.mark.parametrize(
    "fields",
    [
        {"value": True},
        {"value": "nan"},
        {"value": "1e400"},
        {"value": "Band 6", "unitText": "HOUR"},
        {"value": "15 - 19", "unitText": "YEAR"},
        {"minValue": "30", "maxValue": "40k"},
        {"minValue": "£30k", "maxValue": "€40k"},
        {"minValue": "£12 per hour", "maxValue": "£30,000 per year"},
    ],
)
def test_fields_that_are_no_salary(fields):
    assert parse_salary(fields) is None


@pytest.mark.parametrize(
    ("currency", "code"),
    [
        *(("EUR", "EUR"), ("eur", "EUR"), (" Eur ", "EUR"), ("€", "EUR"), ("Euro", "EUR")),
        *(("US Dollar", "USD"), ("$", "USD"), ("RMB", "CNY"), ("GBP (£)", "GBP"), (["EUR"], "EUR")),
        *(({"@type": "Text", "name": "EUR"}, "EUR"), ({"@value": "EUR"}, "EUR")),
        *((None, None), ("kr", None), ("N/A", None), ("XYZ", None), ("EUR, USD", None), (5, None)),
    ],
)
def test_a_currency_is_a_code_or_none(currency, code):
    assert parse_salary({"value": 900, "currency": currency}).get("currency") == code
    assert parse_salary(900, currency).get("currency") == code


@pytest.mark.parametrize(
    ("text", "given", "code"),
    [
        *(("$40k", "CAD", "CAD"), ("$40k", "EUR", "USD"), ("¥400,000", "JPY", "JPY")),
        *(("40 000 kr", "NOK", "NOK"), ("40 000 kr", "EUR", None), ("£40k", "EUR", "GBP")),
        *(("X$ 900", "FJD", "FJD"), ("X$ 900", "EUR", None), ("8L", "INR", "INR")),
    ],
)
def test_a_given_currency_decides_what_a_sign_means(text, given, code):
    assert parse_salary(text, given).get("currency") == code


@pytest.mark.parametrize(
    ("text", "unit"),
    [
        *(("HUR", HOUR), ("PT1H", HOUR), ("per hour", HOUR), ("Stunde", HOUR), ("每小时", HOUR)),
        *(("Day", DAY), ("p1d", DAY), ("天", DAY), ("WEE", WEEK), ("semaine", WEEK)),
        *(("P1M", MONTH), ("por mês", MONTH), ("每月", MONTH), ("monthly", MONTH)),
        *(("P1Y", YEAR), ("Year(s)", YEAR), ("pro Jahr", YEAR), ("par an", YEAR), ("年薪", YEAR)),
        *(("an hour", HOUR), ("bi-weekly", None), ("fortnight", None)),
    ],
)
def test_a_period_in_any_language(text, unit):
    assert find_salary_unit(text) == unit
    assert parse_salary({"value": 900, "unitText": text}).get("unit") == unit


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        *(("38.500", 38500), ("12,75", 12.75), ("€38k", 38000), ("1,350.50", 1350.5), ("7", 7)),
        *(("0.125", 0.125), ("38 500", 38500), ("2'750.-", 2750), ("1.2万", 12000), ("20.0", 20)),
    ],
)
def test_one_amount(text, amount):
    assert parse_amount(text) == amount


@pytest.mark.parametrize(
    "text",
    [
        *("", "ten", "-5", "0", "30k - 36k", "30k 36k", "up to 36k", "36k+", "Band 6", "1.23.45"),
        *("£30k (20 per hour)", "nan", "1e400", "2026-03-31"),
    ],
)
def test_what_is_no_amount_is_quoted_back(text):
    with pytest.raises(ValueError, match=re.escape(repr(text)) + ".*write it like 1200.50"):
        parse_amount(text)


PIECES = st.sampled_from(
    [
        *("£", "$", "€", "¥", "A$", "X$", "kr", "元", "EUR", "CAD", "30", "1.5", "45.000", "1,2,3"),
        *("0", "9" * 400, "k", "M", "万", "L", "LPA", " ", "-", "~", " to ", "bis", "+", "%", "("),
        *(" per hour", "/yr", "月薪", "/月", "up to ", "from ", "Band ", "plus", "hours", "mil"),
        *("\u00a0", "\u2013", "\u017f", "\u212a"),  # the last two fold to s and k
    ]
)
TEXTS = st.text(max_size=20) | st.lists(PIECES, max_size=12).map("".join)
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | TEXTS
    | st.just(-(10**400))
    | st.just(10**400)
)
NAMES = st.sampled_from(
    ["value", "@value", "minValue", "maxValue", "unitText", "unitCode", "currency", "name", "x"]
)
JSON = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=5),
    max_leaves=12,
)


@settings(deadline=None)
@given(JSON, JSON)
def test_no_json_gives_a_wrong_kind_of_salary(value, currency):
    salary = parse_salary(value, currency)
    if salary is None:
        return
    ends = [salary[name] for name in ("minimum", "maximum") if name in salary]
    assert ends
    assert ends == sorted(ends)
    assert all(isinstance(end, float) and 0 < end < math.inf for end in ends)
    assert re.fullmatch("[A-Z]{3}", salary.get("currency", "EUR"))
    assert salary.keys() <= {"minimum", "maximum", "currency", "unit"}


@settings(deadline=None)
@given(TEXTS)
def test_an_amount_is_positive_or_an_error(text):
    try:
        assert 0 < parse_amount(text) < math.inf
    except ValueError as error:
        assert "no amount of money" in str(error)  # noqa: PT017 - both outcomes are right


def seconds(value):
    """Return the shortest processor time of five readings."""
    runs = []
    for _ in range(5):
        start = process_time()
        parse_salary(value)
        runs.append(process_time() - start)
    return min(runs)


@pytest.mark.parametrize(
    "piece", [" ", "a", "1", "1 ", "1,", "1-", "£1 - ", "bi", "paid ", "月", "(", "$"]
)
def test_time_is_linear_in_the_length(piece):
    def text(length):
        return "Salary: " + piece * (length // len(piece))

    assert seconds(text(2_000)) < 32 * seconds(text(250)) + 0.001
    assert seconds(text(800_000)) < 20 * seconds(text(100_000))


def test_a_long_text_is_cut_between_amounts():
    long = " and more" * 300
    assert parse_salary_text(f"£30,000 to £36,000{long}").maximum == 36000
    assert parse_salary_text(f"{long} £30,000 to £36,000") is None
    for end in range(1970, 2010):
        found = parse_salary_text("x" * end + " £30,000 to £36,000" + long)
        assert found is None or (found.minimum, found.maximum) == (30000, 36000)


def test_lists_of_many_parts_take_linear_time():
    def wrong(length):
        return {name: ["?"] * length for name in ("currency", "minValue", "value")}

    assert seconds(wrong(160)) < 20 * seconds(wrong(20))


@pytest.mark.parametrize(
    "text",
    ["$1.125M", "2.016 LPA", "€1,125 Mio.", "1.234万/月", "1.125-1.5万/月", "E13", "A 13", "$.75"],
)
def test_what_has_two_readings_is_no_salary(text):
    assert parse_salary(text) is None


def test_a_dutch_range_has_two_ends():
    found = parse_salary_text("€ 2.500 tot € 3.200 per maand")
    assert (found.minimum, found.maximum, found.unit) == (2500, 3200, "MONTH")
    assert parse_salary_text("mind. 45.000 €").maximum is None
