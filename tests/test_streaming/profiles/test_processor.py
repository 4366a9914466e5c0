"""Profiles as the state holds them."""

import orjson
from hypothesis import example, given
from hypothesis import strategies as st

from streaming.profiles.profile_operator import to_ascii


@given(st.dictionaries(st.text(), st.text()))
@example({"skills": '数据库, Müller \U0001f600 \x7f\x00"\\'})
@example({})
def test_a_document_in_ascii_says_the_same(document):
    text = to_ascii(orjson.dumps(document).decode())
    assert text.isascii()
    assert orjson.loads(text) == document


def test_a_document_that_is_ascii_stays_as_it_is():
    assert to_ascii('{"a":"\\u00fc"}') == '{"a":"\\u00fc"}'
