import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streaming.names import comparable


@pytest.mark.parametrize(
    ("name", "same"),
    [
        ("Café Zoë", unicodedata.normalize("NFD", "CAFÉ  ZOË")),
        ("ADA & Co", "ＡＤＡ　＆　Ｃｏ"),  # noqa: RUF001 - full width
        ("Straße AG", "STRASSE ag"),
        ("zero width", "zero\u200b width\ufeff"),
        ("İstanbul", "i̇stanbul"),
    ],
)
def test_spellings_of_one_name_are_equal(name, same):
    assert comparable(name) == comparable(same)


def test_names_that_differ_stay_apart():
    names = ["Ada, Ltd", "Ada Ltd", "Adá Ltd", "Ada", "Ada Ltd (Berlin)"]
    assert len({comparable(name) for name in names}) == len(names)
    assert comparable(None) == comparable(" \u200b") == ""


@given(st.text())
def test_the_normal_form_is_its_own_normal_form(name):
    assert comparable(comparable(name)) == comparable(name)
