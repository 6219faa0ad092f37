"""Labels that may have been meant otherwise: another order, a second pool, marks as classes."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression

from skvaal import (
    ActiveLearningClassifier,
    AmbiguousInputWarning,
    HerdingQuery,
    HerdingQueryStrategy,
)
from skvaal._pool.label_checks import check_class_labels, warn_of_marks
from skvaal.benchmark import Dataset

N = 40
FRAME = pd.DataFrame(np.random.default_rng(0).random((N, 3)), columns=["a", "b", "c"])
KINDS = pd.Series(np.arange(N) % 2)


def play(X, y):
    ActiveLearningClassifier(
        LogisticRegression(), HerdingQuery(), initial_size=4, batch_size=2, n_rounds=1
    ).fit(X, y)


def sample(X, y):
    pytest.importorskip("skactiveml")
    from skvaal.skactiveml import HerdingSampling

    HerdingSampling().query(X, y.where(np.arange(N) < 8))


def fit(X, y):
    HerdingQueryStrategy(missing_label=None).fit(X, y.astype(object).where(np.arange(N) < 8, None))


CALLS = {
    "fit": fit,
    "ActiveLearningClassifier": play,
    "HerdingSampling": sample,
    "Dataset": Dataset.from_arrays,
}


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
def test_the_same_index_in_another_order(call):
    with pytest.warns(AmbiguousInputWarning, match=r"y has the index of X .*pass y.loc\[X.index\]"):
        call(FRAME, KINDS.sample(frac=1, random_state=0))


def test_a_frame_of_labels_in_another_order():
    y = pd.DataFrame({"class": np.arange(N) % 3 - 1}).sample(frac=1, random_state=0)
    with pytest.warns(AmbiguousInputWarning, match="labels are taken by position"):
        HerdingQueryStrategy().fit(FRAME, y)


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
@pytest.mark.parametrize(
    "index",
    [
        range(N),
        np.arange(N) + 100,  # another one, as after a split
        np.zeros(N, int),  # names no rows
    ],
    ids=["equal", "another", "equal entries"],
)
def test_an_index_that_says_nothing_of_the_order(call, index):
    call(FRAME, KINDS.set_axis(index))


@pytest.mark.parametrize("make", [np.asarray, pd.DataFrame])
def test_two_pools_as_x_and_y(make):
    X = make(np.random.default_rng(0).random((N, 3)))
    with pytest.raises(ValueError, match=r"10 and 30, .*call fit_pools\(X_labeled, X_unlabeled\)"):
        HerdingQueryStrategy().fit(X[:10], X[10:])


def test_label_maps_of_a_wrong_length_are_no_pool():
    with pytest.raises(ValueError, match="pass one label"):
        HerdingQueryStrategy().fit(np.ones((9, 1)), np.ones((8, 1)))


@pytest.mark.parametrize(
    "labels",
    [[-1, 0, 1], [-1.0, 0.0, 2.0], ["-1", "0", "1"], ["", "cat"], ["cat", "nan"], ["<NA>", "dog"]],
    ids=repr,
)
def test_a_class_that_looks_like_a_mark(labels):
    message = f"y holds .* beside {len(labels) - 1} other classes"
    with pytest.warns(AmbiguousInputWarning, match=message):
        warn_of_marks(labels * 3)


@pytest.mark.parametrize(
    "labels", [[-1, 1], ["-1", "1"], [0, 1, 2], [-2, 0, 2], ["None", "some"], [True, False], []]
)
def test_classes_that_look_like_none(labels):
    warn_of_marks(labels * 3)


def test_marks_where_y_is_the_oracle():
    X, y = FRAME.to_numpy(), np.arange(N) % 3 - 1
    for call in (play, Dataset.from_arrays):
        with pytest.warns(AmbiguousInputWarning, match="y holds -1 beside 2 other classes"):
            call(X, y)
    Dataset.from_arrays(X, y, classes=[-1, 0, 1])  # said to be a class


@pytest.mark.parametrize(("name", "samples"), [("y", "X"), ("y_val", "X_val")])
def test_other_numbers_of_samples_and_labels(name, samples):
    with pytest.raises(ValueError, match=f"{name} cannot be used with {samples}: .*3, 2"):
        check_class_labels([0, 1], np.ones((3, 1)), name)
