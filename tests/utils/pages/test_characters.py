import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from skvaal._utils.pages import visible


@pytest.mark.parametrize("text", ["p_1.jpg", "café 日本", "👩\u200d🔧", "\u06cc\u200c\u062e", ""])
def test_what_can_be_seen_stays(text):
    assert visible(text, in_one_line=True) == text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("cat\u202egpj.exe", r"cat\u202egpj.exe"),
        ("\u2066a\u2069", r"\u2066a\u2069"),
        ("caf\udce9", r"caf\xe9"),
        ("\ud800", r"\ud800"),
        ("a\x00\x1b", r"a\x00\x1b"),
        ("a\u2028b", r"a\u2028b"),
        ("\ufeffa", r"\ufeffa"),
    ],
)
def test_what_cannot_is_written_out(text, shown):
    assert visible(text) == shown


def test_ends_of_lines_are_written_out_in_a_name_only():
    assert visible("a\n\tb") == "a\n\tb"
    assert visible("a\n\tb", in_one_line=True) == r"a\n\tb"


@given(st.text(st.characters()))
def test_all_that_comes_out_can_be_written_and_seen(text):
    shown = visible(text, in_one_line=True)

    shown.encode()
    categories = {unicodedata.category(c) for c in shown if c not in "\u200c\u200d"}
    assert not categories & {"Cc", "Cf", "Cs", "Zl", "Zp"}
