import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from training.text.tokenizer import clean, is_chinese, tokens


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Java开发", ["java", "开发"]),
        ("软件开发", ["软件", "开发", "软件开发"]),
        ("Spring框架", ["spring", "框架"]),
        ("C++, C# and .NET / Node.js", ["c++", "c#", ".net", "node.js"]),
        ("R or C", ["r", "c"]),
        ("<p>Front-end&nbsp;developer</p>", ["front", "end", "developer"]),
        ("the driver's 2024 of", ["driver"]),
        ("\uff2a\uff21\uff36\uff21", ["java"]),
        ("", []),
        (None, []),
        ("的 和 <br/> &amp;amp; 12", []),
    ],
)
def test_words_of_both_languages(text, expected):
    assert tokens(text) == expected


def test_less_than_is_no_markup():
    assert clean("1 < 2 and 3 > 2") == "1 < 2 and 3 > 2"


@given(st.text(max_size=200))
def test_tokens_of_tokens_lose_nothing_latin(text):
    words = tokens(text)
    assert words == tokens(text)
    latin = [word for word in words if not is_chinese(word)]
    assert all(word == word.casefold() and " " not in word for word in latin)


def test_a_huge_text_is_read():
    assert len(tokens("java 开发 " * 100_000)) == 200_000


def test_jieba_is_quiet_and_leaves_no_cache(tmp_path):
    code = "from training.text.tokenizer import tokens; print(tokens('软件开发'))"
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code],
        env={"TMPDIR": str(tmp_path), "PYTHONPYCACHEPREFIX": str(tmp_path / "compiled")},
        capture_output=True,
        text=True,
        check=True,
    )
    assert "软件开发" in done.stdout
    assert done.stderr == ""
    assert [path.name for path in tmp_path.iterdir()] == ["compiled"]
