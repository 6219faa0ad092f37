"""Warnings point at the user's line."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.model_selection import GridSearchCV

from skvaal import EmptyPoolWarning, HerdingQueryStrategy, PrecisionWarning
from skvaal._utils.exceptions import warn_user

X = np.random.RandomState(0).rand(20, 3)


def test_the_line_that_calls_skvaal_is_named():
    with pytest.warns(UserWarning, match="hello") as warned:
        warn_user("hello", UserWarning)
    assert warned[0].filename == __file__


@pytest.mark.parametrize("method", ["query", "choose"])
def test_however_deep_it_was_found(method):
    strategy = HerdingQueryStrategy().fit(X)
    with pytest.warns(EmptyPoolWarning) as warned:
        getattr(strategy, method)(X)
    assert [each.filename for each in warned] == [__file__]


def test_or_the_line_of_the_library_that_calls_skvaal():
    search = GridSearchCV(
        HerdingQueryStrategy(), {"bandwidth": [1.0]}, scoring=lambda *args: 0.0, cv=2, refit=False
    )
    with pytest.warns(EmptyPoolWarning) as warned:
        search.fit(X, np.zeros(20))
    assert all("sklearn" in each.filename for each in warned)


def test_code_without_a_name_is_warned_too():
    with pytest.warns(UserWarning, match="hello"):
        exec('warn("hello", UserWarning)', {"warn": warn_user})


def test_a_warning_cannot_steer_the_terminal():
    with pytest.warns(PrecisionWarning) as caught:
        warn_user("a\x1b[31mb\udcff.png", PrecisionWarning)
    assert str(caught[0].message) == r"a\x1b[31mb\xff.png"
