import numpy as np
import pytest

from skvaal._utils.pages import in_words


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (None, "none"),
        (0.1 + 0.2, "0.3"),
        (np.float64(5e-4), "0.0005"),
        ("text", "text"),
        ([], "none"),
        ({}, "defaults"),
        ({"a": 1, "b": [2, 3]}, "a 1; b 2, 3"),
        (True, "True"),
    ],
)
def test_settings_in_words(value, words):
    assert in_words(value) == words


def test_a_long_list_is_cut():
    assert in_words(list(range(40))).endswith("28, 29 and 10 more")
