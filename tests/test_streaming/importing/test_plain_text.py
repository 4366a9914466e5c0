import html
import re
from itertools import pairwise
from time import process_time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streaming.importing.parsers.html_text import guess_language, plain_text, single_line

PIECES = st.lists(
    st.one_of(
        st.sampled_from(
            [
                *("<p>", "</p>", "<br>", "<br/>", "<ul>", "<li>", "</li>", "<b>", "</div>", "<td>"),
                *("&amp;", "&lt;", "&gt;", "&nbsp;", "&#39;", "&amp;lt;", "amp;", "&", "<", ">"),
                *("\n", "- ", "\u200b", "\u00a0", "<script>x</script>", "<!--", "-->", "List<int>"),
                *("<select>", "</select>", "<svg>", "</svg>", "<my-card>", "</my-card>", "<hr"),
                *("<a x='", "<a x=", "'", "=", "<![CDATA[", "]]>", "&nbsp", "\u200c", "\r", " "),
                *("&#xD800;", "&#0;", "&#1114112;", "&#8205;", "&#38;", "&#10;", "&micros;"),
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
def test_no_markup_no_entity_and_no_loose_space_is_left(markup):
    text = plain_text(markup)
    assert not re.search(r"</(p|ul|li|b|div|td|script|select|svg|my-card)>|<br/?>", text)
    assert not re.match(r"<(p|ul|li|td)>", text)
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
    ("markup", "text"),
    [
        ("<p>Write &lt;style&gt; sheets.</p><p>Paid.</p>", "Write <style> sheets.\n\nPaid."),
        ("&lt;p&gt;No &amp;lt;svg&amp;gt; here.&lt;/p&gt;Pay", "No <svg> here.\n\nPay"),
        ("A <video> is cut. Weekends are free.", "A <video> is cut. Weekends are free."),
        ("<p>Fill the <template>.</p>Paid", "Fill the <template>.\n\nPaid"),
        ("<p>A <select> tag.</p><select><option>1</select>", "A <select> tag."),
        ("Set<Object>, Box<Label> and <input>", "Set<Object>, Box<Label> and <input>"),
        ("Dear <title of person>, see <link to us>", "Dear <title of person>, see <link to us>"),
        ("<p>Mail <last-name>@example.org</p>", "Mail <last-name>@example.org"),
        ("<int>, <me@example.org>, <https://a.example>, a < b > c",) * 2,
        ("m[i[0]]>0", "m[i[0]]>0"),
    ],
)
def test_tags_in_a_text_that_is_no_markup_are_text(markup, text):
    assert plain_text(markup) == text


@pytest.mark.parametrize(
    "evidence",
    ["</i>", "<br>", "<hr/>", "<wbr />", "<i class=x>", "<o:p>", "</my-card>", "<my-card a='>'>"],
)
def test_one_piece_of_markup_makes_the_other_tags_markup(evidence):
    assert plain_text(f"Good <b>pay{evidence}") == "Good pay"
    assert plain_text(html.escape(f"Good <b>pay{evidence}")) == "Good pay"


def test_a_block_at_the_start_shows_markup():
    assert plain_text("<!doctype html><!-- cut off --> <div><b>Good pay") == "Good pay"
    assert plain_text("<b>Good pay") == "<b>Good pay"


@pytest.mark.parametrize(
    "name",
    [
        *("applet", "audio", "canvas", "datalist", "head", "iframe", "math", "noembed", "noscript"),
        *("object", "script", "select", "style", "svg", "template", "title", "video"),
    ],
)
def test_content_that_is_not_shown_goes_if_its_element_is_closed(name):
    assert plain_text(f"<p>One <{name}>no <b>no</b></{name}>two") == "One two"
    assert plain_text(f"<p>One <{name} id=x>two") == "One two"
    assert plain_text(f"<p>One <{name} id=x />two <{name} id=x>no</{name}>") == "One two"
    assert plain_text(f"<p>One <{name}>two</p>three") == f"One <{name}>two\n\nthree"


def test_an_element_that_a_dropped_one_contains_does_not_outlive_it():
    assert plain_text("<p>a <svg><title></svg>b <i>c</i> d</title> e") == "a b c d e"


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        ("<details><summary>Pay</summary>good</details>end", "Pay\ngood\nend"),
        ("<dialog>One</dialog><menu>two</menu><search>three</search>", "One\ntwo\nthree"),
        ("<fieldset><legend>Pay</legend>10</fieldset>", "Pay\n10"),
        ("<ruby>漢<rb>字</rb><rp>(</rp><rt>kanji</rt><rp>)</rp></ruby>", "漢字(kanji)"),
        ("<bdi>a</bdi><data value=1>b</data><meter>c</meter><nobr>d</nobr>", "abcd"),
        ("<job-list><job-card>One</job-card><job-card>two</job-card></job-list>", "One two"),
        ("a</br>b<br></br>c", "a\nb\nc"),
        ("<ul><li></li><li>One</li><li><ul><li>two</li></ul></li></ul>", "- One\n- two"),
        ('<a title=\'a > b\' href="x>y">One</a> <b title="x>two</b>', "One two"),
        ("<![if !supportLists]>a<![endif]><!--[if !mso]><!-->b<!--<![endif]-->", "ab"),
        ("<!-->a<!--->b<!-- -->c<!-- d", "abc<!-- d"),
        ("<![CDATA[<p>a</p>]]>b", "a\n\nb"),
    ],
)
def test_elements_old_and_new(markup, text):
    assert plain_text(markup) == text


@pytest.mark.parametrize(
    "text",
    ["می\u200cروم", "क्\u200dष", "\U0001f469\u200d\U0001f4bb", "\u2764\ufe0f \u2764\ufe0e"],
)
def test_joiners_and_variation_selectors_stay(text):
    assert plain_text(text) == plain_text(f"<b>{text}</b>") == text


def test_invisible_characters_go():
    invisible = "\u00ad\u061c\u200b\u200e\u200f\u202a\u202e\u2060\u2066\u2069\ufeff"
    assert plain_text(f"a{invisible}b \u200c \u200d\n\u200c") == "ab"


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        ("&#0;&#xD800;&#x110000;", "\ufffd" * 3),
        ("&#99999999; &#xfffffff; &#; &#x; &;", "&#99999999; &#xfffffff; &#; &#x; &;"),
        ("&" + "#9" + "9" * 5000 + ";",) * 2,
        ("a&#1;b&#x1d;c", "abc"),
        ("R&amp D, 3&nbsp年, &quot.", 'R& D, 3 年, ".'),
        (
            "<p>?a&lt=1&copy=2&amplitude &sectors; &micro;</p>",
            "?a&lt=1&copy=2&amplitude &sectors; µ",
        ),
        ("\ud800<b>&#xdc00;</b>", "\ud800\ufffd"),
    ],
)
def test_entities_that_are_no_characters(markup, text):
    assert plain_text(markup) == text


@given(PIECES)
def test_the_text_can_be_encoded(markup):
    plain_text(markup).encode()


def test_markup_without_end_loses_its_signs():
    text = plain_text("<" * 20 + "hr>" * 20 + "&" + "amp;" * 20 + "lt;")
    assert "<" not in text
    assert "&" not in text
    assert plain_text(text) == text


@pytest.mark.parametrize(
    "fragment",
    [
        *("&nbsp;", " ", "<", "<!--", "-->", "<!-->", "<!", "<p", "<p ", "</", "&", "&#", "&#38;"),
        *(
            "- \n",
            "- ",
            "\u00a0\n",
            "\r",
            "\u200d",
            "\u200d ",
            "<![CDATA[",
            "]]>",
            "<![if",
            "<?xml",
        ),
        *("<script>", "<script>x</script>", "<select>", "<svg><title></svg>", "</title>", "<b>"),
        *("</b>", "<p>", "<li>", "<td> ", "<br>", "<b> </b> ", "<my-card>", "<a-", "a-", "<o:"),
        *("<a href='", '<a href="', "='", '="', "= ", " a=''", "'", '"', "<<hr>", "hr>"),
        *("&lt;", "&amp;lt;", "amp;", "&#60;hr>"),
    ],
)
def test_time_grows_with_the_length(fragment):
    def seconds(times):
        start = process_time()
        plain_text(f"<p>x{fragment * times}y</p>")
        return process_time() - start

    # Eight times the text takes 64 times as long if the time is quadratic.
    assert any(seconds(8_000) < 20 * seconds(1_000) for _ in range(5))


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
