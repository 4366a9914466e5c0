import html
import re
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streaming.importing.html_text import guess_language, plain_text, single_line

PIECES = st.lists(
    st.one_of(
        st.sampled_from(
            [
                *("<p>", "</p>", "<br>", "<br/>", "<ul>", "<li>", "</li>", "<b>", "</div>", "<td>"),
                *("&amp;", "&lt;", "&gt;", "&nbsp;", "&#39;", "&amp;lt;", "amp;", "&", "<", ">"),
                *("\n", "- ", "\u200b", "\u00a0", "<script>x</script>", "<!--", "-->", "List<int>"),
            ]
        ),
        st.text(max_size=8),
    ),
    max_size=30,
).map("".join)


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        ("<p>One</p><p>Two<br>Three</p>", "One\n\nTwo\nThree"),
        ("Wanted:<ul>\n<li>Java</li>\n<li><p>SQL</p></li></ul>", "Wanted:\n\n- Java\n- SQL"),
        ("&lt;p&gt;R&amp;amp;D &lt;b&gt;now&lt;/b&gt;&lt;/p&gt;", "R&D now"),
        ("Script,&amp;amp;amp;nbsp;Html5", "Script, Html5"),
        ("<table><tr><td>Pay</td><td>10</td></tr><tr><td>Day</td></tr></table>", "Pay 10\nDay"),
        ("<style>p{}</style><o:p>a</o:p><!-- no --><script>1</script>", "a"),
        ("C++ and List<String>, a<b && 2 <5", "C++ and List<String>, a<b && 2 <5"),
        ("first\nsecond <b>bold</b>\r\n\r\n\r\n\r\nlast", "first\nsecond bold\n\nlast"),
        ("see ?a=1&copy=2, AT&T", "see ?a=1&copy=2, AT&T"),
        ("岗位职责：1、负责&nbsp;Java", "岗位职责：1、负责 Java"),  # noqa: RUF001
        ("zero\u200bwidth\ufeff \x00and\u00a0space", "zerowidth and space"),
        ("", ""),
    ],
)
def test_markup_becomes_text(markup, text):
    assert plain_text(markup) == text


@given(PIECES)
def test_cleaning_twice_changes_nothing(markup):
    once = plain_text(markup)
    assert plain_text(once) == once


@given(PIECES)
def test_no_tag_no_entity_and_no_loose_space_is_left(markup):
    text = plain_text(markup)
    assert not re.search(r"</?(p|br|ul|li|b|div|td|script)[\s/>][^<>]*>|<(p|br|li|b)>", text)
    assert not re.search(r"&(amp|lt|gt|nbsp|#39);", text)
    lines = text.split("\n")
    assert all(line == line.strip() and "  " not in line for line in lines)
    assert all(any(pair) for pair in pairwise(lines))


@given(
    st.text(alphabet=st.characters(whitelist_categories=["L", "N"]), min_size=1), st.integers(0, 4)
)
def test_any_number_of_escapings_is_undone(word, times):
    markup = f"<p>{word} &amp; co</p><p>end</p>"
    for _ in range(times):
        markup = html.escape(markup)
    assert plain_text(markup) == f"{word} & co\n\nend"


@pytest.mark.parametrize(
    "attack",
    ["<div>" * 50_000, "<!--" * 50_000, "<p " * 50_000, "&lt;" * 50_000, "&" + "amp;" * 50_000],
)
def test_hostile_markup_ends(attack):
    assert len(plain_text(attack + "x")) <= len(attack) + 1


def test_one_line():
    assert single_line(" Nurse\n<br>(Band&nbsp;6) ") == "Nurse (Band 6)"


@pytest.mark.parametrize(
    ("texts", "language"),
    [
        (("Java开发工程师", "熟悉Spring, MySQL, Redis"), "zh"),
        (("Nurse", None), "en"),
        (("Engineer 张", "A long English description of the work to be done by us"), "en"),
        (("软件工程师・赴日ビ", "负责系统设计以及开发任务、工作地点在东京及近郊"), "zh"),
        (("エンジニア募集", None), None),
        (("Инженер", None), None),
        ((None, "123"), None),
    ],
)
def test_language_by_script(texts, language):
    assert guess_language(*texts) == language
