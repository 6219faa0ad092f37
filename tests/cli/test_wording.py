"""Errors and notes in the words of a command."""

from __future__ import annotations

import pytest

pytest.importorskip("typer")

from skvaal.cli.query import query
from skvaal.cli.rounds import tell
from skvaal.cli.wording import Words, options_named


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("n_jobs=0 must be 1 or more", "--jobs 0 must be 1 or more"),
        ("more than max_pixels=50000000", "more than --max-pixels 50000000"),
        ("image_size=2, or n=3; say by path_column", "--size 2, or -n 3; say by --path-column"),
        ("The 'n' parameter of choose must be an int", "-n must be an int"),
        ("or read with strict=False, which", "or read without --strict, which"),
        ("leave out strategy='margin'", "leave out --strategy 'margin'"),
        ("it is there (labels=...)", "it is there (--labels ...)"),
        ("there is no preset name='x'", "there is no preset --preset 'x'"),
        ("the model is none; n is large", "the model is none; n is large"),
        ("'n=3.png' and \"seed=1\"", "'n=3.png' and \"seed=1\""),
        ("data/n=3.png, a/path_column.csv", "data/n=3.png, a/path_column.csv"),
        ("vae__n=3 and own_n_jobs=2", "vae__n=3 and own_n_jobs=2"),
    ],
)
def test_arguments_of_the_library_get_the_names_of_options(text, told):
    assert Words(query, {})(text) == told


def test_what_the_user_wrote_stays_as_it_is():
    words = Words(query, {"pool": "my n=3 path_column", "seed": 0})
    assert words("my n=3 path_column: n=4") == "my n=3 path_column: -n 4"


def test_a_command_has_its_own_options():
    words = Words(tell, {})
    assert words("say unasked=True; n=3; file='x'") == "say --unasked; n=3; FILE 'x'"


@pytest.mark.parametrize("error", [ValueError, TypeError, OSError, ImportError])
def test_an_error_keeps_its_kind(error):
    @options_named
    def fails(pool: str) -> None:
        raise error("pool='x' is bad", "more")

    with pytest.raises(error) as caught:
        fails(pool="y")
    assert caught.value.args == ("pool='x' is bad", "more")  # it has no option of that name
