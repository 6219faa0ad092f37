"""Seeds, and a start that holds every class."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from skvaal._utils.seeds import draw_seed, draw_with_every_class


def test_a_seed_is_drawn_as_scikit_learn_draws():
    assert draw_seed(3) == np.random.RandomState(3).randint(np.iinfo(np.int32).max)
    rng = np.random.RandomState(0)
    assert draw_seed(rng) != draw_seed(rng)


def test_no_random_state_leaves_numpys_generator_alone():
    before = np.random.get_state()[1].copy()  # noqa: NPY002
    draw_seed(None)
    np.testing.assert_array_equal(np.random.get_state()[1], before)  # noqa: NPY002


@given(st.integers(1, 6), st.integers(0, 30), st.integers(0, 100))
def test_a_start_has_every_class_and_no_row_twice(n_classes, n_more, seed):
    y = np.r_[np.zeros(50, int), np.arange(n_classes)]
    n = min(n_classes + n_more, len(y))
    for rng in (np.random.RandomState(seed), np.random.default_rng(seed)):
        rows = draw_with_every_class(y, n, rng)
        assert len(set(rows.tolist())) == n
        assert set(y[rows]) == set(range(n_classes))
