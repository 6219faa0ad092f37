from __future__ import annotations

import pytest

from skvaal._files.alike import note_alike

SAME = "Classes that are counted apart, and look the same, in other characters: "


@pytest.mark.parametrize(
    ("labels", "said"),
    [
        (["caf\xe9", "cafe\u0301"], SAME + r"'cafe\u0301' and 'caf\xe9'."),
        (["cat", "cat\u200b"], SAME + r"'cat' and 'cat\u200b'."),
        (["New York", "New\xa0York"], SAME + r"'New York' and 'New\xa0York'."),
        (["a\nb", "c"], r"Classes with characters that cannot be seen: 'a\nb'."),
        (["x2", "x\xb2"], None),
        (["cat", "dog"], None),
    ],
    ids=ascii,
)
def test_what_a_reader_would_mix_up_is_told_apart(labels, said):
    assert note_alike(labels) == ([said] if said else [])


def test_what_was_there_before_is_not_noted_again():
    assert note_alike(["cat\u200b"], before=["cat", "cat\u200b"]) == []
    assert len(note_alike(["cat\u200b"], before=["cat"])) == 1


def test_many_are_counted():
    (said,) = note_alike([each + end for each in "abcdef" for end in ("", " ")])
    assert said.endswith("; 'c' and 'c '; and 3 more.")
